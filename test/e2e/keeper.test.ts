import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeFunctionData, type Hex, parseAbi, parseTransaction, type TransactionSerialized, zeroAddress } from 'viem'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TillerError } from '../../src/errors/base.ts'
import type { Journal } from '../../src/journal/journal.ts'
import type { CreateKeeperParameters, Keeper } from '../../src/keeper/create-keeper.ts'
import type { TickEffects } from '../../src/keeper/effects.ts'
import { explainDecision } from '../../src/keeper/explain-decision.ts'
import { reconcile } from '../../src/keeper/reconcile.ts'
import type { TickReport } from '../../src/keeper/run-tick.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { gasShareE12 } from '../../src/observe/observe.ts'
import type { Refusal } from '../../src/plan/plan.ts'
import type { PolicyDecision } from '../../src/policy/policy.ts'
import { createSigner } from '../../src/send/signer.ts'
import { checkBooks } from '../faults/check-books.ts'
import { devnetKey, type Rig, startRig, toldPolicy } from './keeper-rig.ts'

let rig: Rig
let journal: Journal
let keeper: Keeper
let effects: TickEffects
/** What the policy answers; by default it goes back and forth by what is held, so that every slot has a plan. */
let answer: (observation: Observation) => PolicyDecision
const backAndForth = ({ venues }: Observation): PolicyDecision => ({
  kind: 'weights',
  weightsBps: (venues[2]?.ownSteps ?? 0) > 0 ? [3000, 3000, 0, 2000] : [2000, 2000, 2000, 2000],
})
const policy = toldPolicy((observation) => answer(observation))

async function open(change: Partial<CreateKeeperParameters> = {}): Promise<Keeper> {
  await keeper?.close()
  keeper = await rig.keeper(journal, policy, {
    ...change,
    wrapEffects: (own) => {
      effects = change.wrapEffects?.(own) ?? own
      return effects
    },
  })
  await keeper.start()
  return keeper
}

/** One second into the next slot. */
async function nextSlot(): Promise<void> {
  const head = (await rig.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
  await rig.pass(3601 - (Number(head.timestamp) % 3600))
}

/** A pass in a new slot. */
async function move(): Promise<TickReport> {
  await nextSlot()
  return keeper.tick()
}

/** Resolves once the node has the receipt; anvil mines a moment after it has taken a transaction. */
async function mined(hash: Hex): Promise<void> {
  for (let tries = 0; (await rig.rpc('eth_getTransactionReceipt', [hash])) === null; tries += 1) {
    if (tries === 500) throw new Error(`No receipt of ${hash} after five seconds`)
    await sleep(10)
  }
}

const codes = (report: TickReport): string[] => report.refusals.map(({ code }) => code)
/** The next pass in the same slot: nothing was signed in it, so it is not lost. */
async function settles(): Promise<[string, Refusal[]]> {
  const { outcome, refusals } = await keeper.tick()
  return [outcome, [...refusals]]
}
const nonce = async (): Promise<number> =>
  Number((await rig.rpc('eth_getTransactionCount', [rig.keeperAddress, 'latest'])) as Hex)

beforeAll(async () => {
  rig = await startRig()
  journal = await rig.openStore()
  answer = backAndForth
  await open()
  await keeper.warm()
  await nextSlot()
  await keeper.tick()
})
beforeEach(() => {
  answer = backAndForth
})
afterAll(async () => {
  await keeper?.close()
  await journal?.close()
  await rig?.stop()
})

describe('a pass', () => {
  test('observes, decides, simulates twice, signs, stores, sends and settles', async () => {
    const before = await nonce()
    const report = await move()
    expect(report.refusals).toEqual([])
    expect(report.outcome).toBe('settled')
    expect(await nonce()).toBe(before + 1)
    expect(report.gates.map(({ gate, ranOn, ok }) => [gate, ranOn, ok])).toEqual([
      ['first', 'node', true],
      ['fork', 'fork', true],
    ])
    const explained = await explainDecision(journal, report.decisionId)
    expect(explained.decision).toMatchObject({ outcome: 'settled', policyName: 'told', mode: 'live' })
    expect(explained.gates).toMatchObject({ first: { ok: true }, fork: { ok: true } })
    expect(explained.intent).toMatchObject({ status: 'settled', claims: 1 })
    expect(explained.attempts).toHaveLength(1)
    expect(explained.attempts[0]).not.toHaveProperty('raw')
    expect(explained.answer).toMatchObject({ kind: 'weights' })
    expect(explained.observation).toMatchObject({ gridSteps: 10 })

    // What was mined is what the fork executed.
    const [attempt] = await journal.attempts({ limit: 1 })
    const sent = parseTransaction(attempt?.raw as TransactionSerialized)
    expect(sent.data).toBe((await journal.intent(attempt?.intentId ?? 0))?.data)
    expect(attempt?.receipt?.gasUsed).toBe(report.gates[1]?.gasUsed)
    // One second of interest may lie between the forecast and the real block.
    const difference = report.realised?.differenceMilliBps ?? 10_000n
    expect(difference >= -10n && difference <= 10n).toBe(true)
  })

  test('sees what a leg costs with its share of the plan, as planning charges it', async () => {
    const { limits } = rig.config().keeper
    let observed: Observation | undefined
    answer = (observation) => {
      observed = observation
      return { kind: 'hold' }
    }
    const { reading } = await keeper.tick()
    const gas = BigInt(limits.gasPerLeg) + BigInt(limits.gasPerPlan) / 2n
    const { baseFeePerGas } = reading.market.block
    expect(observed?.gasPerLegE12).toBe(
      gasShareE12(gas, baseFeePerGas, reading.ethPriceUsdE8 ?? 0n, observed?.capitalQ6 ?? 0n),
    )
  })

  test('finds everything on its fork, also after the price feed has gone on', async () => {
    const { feeds, accounts } = rig.devnet.deployment
    await move()
    const setAnswer = parseAbi(['function setAnswer(int256 answer)'])
    for (const answer of [2000_00000000n, 2001_00000000n]) {
      await rig.send(accounts.anyone, feeds.ethUsd, encodeFunctionData({ abi: setAnswer, args: [answer] }))
      await move()
    }
    expect((await move()).outcome).toBe('settled')
    expect(keeper.forkFigures()).toMatchObject({ missed: 0, missedMethods: {} })
  })

  test('moves once in a slot', async () => {
    await rig.pass(700)
    const report = await keeper.tick()
    expect(codes(report)).toEqual(['slot_taken'])
    expect(report.outcome).toBe('refused')
  })

  test('holds, and remembers every slot, where the policy holds', async () => {
    answer = () => ({ kind: 'hold' })
    await nextSlot()
    const report = await keeper.tick()
    expect(codes(report)).toEqual(['hold'])
    const venueIds = rig.vault.venues.map(({ id }) => id)
    const memories = await journal.latestMemories(rig.vault.vault, venueIds)
    expect([...memories.values()].map(({ slot }) => slot)).toEqual(venueIds.map(() => report.slot))
    const again = await keeper.tick()
    expect(await journal.latestMemories(rig.vault.vault, venueIds)).toEqual(memories)
    expect(again.slot).toBe(report.slot)
  })
})

describe('a mode', () => {
  test('readonly plans without a key and simulates nothing', async () => {
    const { createKeeper } = await import('../../src/keeper/create-keeper.ts')
    const { quietLogger } = await import('./keeper-rig.ts')
    await keeper.close()
    keeper = await createKeeper({
      config: rig.config({ mode: 'readonly', limits: { minEdgeBps: 0 } }),
      journal,
      policy,
      keeper: zeroAddress,
      logger: quietLogger,
    })
    await keeper.start()
    const report = await move()
    expect(codes(report)).not.toContain('missing_role')
    await open({ config: rig.config({ mode: 'readonly' }) })
    const planned = await move()
    expect(planned.outcome).toBe('planned')
    expect(planned.gates).toEqual([])
    expect(await journal.intentOfDecision(planned.decisionId)).toBe(null)
  })

  test.each(['dry', 'paper'] as const)('%s passes both gates and signs nothing', async (mode) => {
    await open({ config: rig.config({ mode }) })
    const before = await nonce()
    const report = await move()
    expect(report.outcome).toBe('simulated')
    expect(report.gates.map(({ ok }) => ok)).toEqual([true, true])
    expect(await nonce()).toBe(before)
    expect((await journal.intentOfDecision(report.decisionId))?.status).toBe('simulated')
  })

  test('canary withholds what moves too much', async () => {
    await open({ config: rig.config({ mode: 'canary', limits: { canaryCapBps: 100 } }) })
    const report = await move()
    expect(codes(report)).toEqual(['canary_cap'])
    expect(report.refusals[0]?.reason).toMatch(/^The plan moves \d+, a canary may move 100\d+\.$/)
  })

  test('live needs a key', async () => {
    const { createKeeper } = await import('../../src/keeper/create-keeper.ts')
    const { quietLogger } = await import('./keeper-rig.ts')
    const error = await createKeeper({
      config: rig.config(),
      journal,
      policy,
      keeper: rig.keeperAddress,
      logger: quietLogger,
    }).catch((reason: unknown) => reason)
    expect((error as TillerError).code).toBe('KEY_MISSING')
  })
})

describe('bad input ends in a refusal', () => {
  beforeAll(async () => {
    await open()
  })

  test.each<[string, () => PolicyDecision, string]>([
    ['NaN', () => ({ kind: 'scores', scores: [1, 2, 3, 4].map(() => [Number.NaN]) }), 'not an integer'],
    ['a wrong length', () => ({ kind: 'weights', weightsBps: [1] }), '1 weights for 4 venues'],
    [
      'an exception',
      () => {
        throw new TillerError('The session died.', { code: 'SESSION_DEAD', remedy: 'None.' })
      },
      'SESSION_DEAD: The session died.',
    ],
  ])('of a policy that gives %s', async (_name, give, words) => {
    answer = give
    await nextSlot()
    const report = await keeper.tick()
    expect(codes(report)).toEqual(['policy_failed'])
    expect(report.refusals[0]?.reason).toContain(words)
  })

  test('of a keeper without its role', async () => {
    const stranger = rig.devnet.deployment.accounts.anyone
    const signer = await createSigner({ loadKey: async () => devnetKey('anyone') })
    await open({ keeper: stranger, signer })
    const report = await move()
    expect(codes(report)).toEqual(['missing_role'])
    await open()
  })

  test('of an empty gas account', async () => {
    const balance = await rig.rpc('eth_getBalance', [rig.keeperAddress, 'latest'])
    await rig.rpc('anvil_setBalance', [rig.keeperAddress, '0x10'])
    const report = await move()
    expect(codes(report)).toEqual(['gas_money'])
    expect(report.refusals[0]?.reason).toMatch(/^The signer holds 16 wei; the transaction may cost up to \d+ wei\.$/)
    await rig.rpc('anvil_setBalance', [rig.keeperAddress, balance])
    // The slot was not lost: nothing was signed in it.
    expect(await settles()).toEqual(['settled', []])
  })

  test('of a used-up gas budget', async () => {
    await open({ config: rig.config({ limits: { maxGasEthPerDay: 0.000_001 } }) })
    expect(codes(await move())).toEqual(['gas_budget'])
    await open()
  })

  test('of a plan that reverts, in the words of the contract', async () => {
    await open({
      wrapEffects: (own) => ({
        ...own,
        plan: (input) => {
          const planned = own.plan(input)
          return planned.plan === null
            ? planned
            : { ...planned, plan: { ...planned.plan, minTotalAssetsAfter: 10n ** 30n } }
        },
      }),
    })
    const report = await move()
    expect(codes(report)).toEqual(['simulation_reverted'])
    expect(report.refusals[0]?.reason).toMatch(/TotalAssetsBelowMinimum\(\d+, 10{30}\)/)
    expect(report.gates).toHaveLength(1)
  })

  test('of the fork, where the exact transaction does not have the gas that the first gate promised', async () => {
    await open({
      wrapEffects: (own) => ({
        ...own,
        gates: { ...own.gates, first: async (input) => ({ ...(await own.gates.first(input)), gasUsed: 90_000n }) },
      }),
    })
    const before = await nonce()
    const report = await move()
    expect(codes(report)).toEqual(['fork_gate_failed'])
    expect(report.gates.map(({ ok }) => ok)).toEqual([true, false])
    expect(await nonce()).toBe(before)
    await open()
  })

  test('of a venue that can not be read, while the others are observed', async () => {
    const { rateStrategy } = rig.devnet.deployment.aave
    const code = await rig.rpc('eth_getCode', [rateStrategy, 'latest'])
    await rig.rpc('anvil_setCode', [rateStrategy, '0x60006000fd'])
    const report = await move()
    await rig.rpc('anvil_setCode', [rateStrategy, code])
    await open() // A fork that has seen the changed code.
    expect(report.reading.market.venues.map(({ status }) => status)).toEqual(['stale', 'ok', 'ok', 'ok'])
    // It keeps what it has; the rest goes on.
    expect(report.outcome).toBe('settled')
    const [aave] = rig.vault.venues
    expect(report.plan?.legs.some(({ adapter }) => adapter === aave?.adapter)).toBe(false)
  })

  test('or, where a position can not even be valued, in an error with its code', async () => {
    const comet = rig.devnet.deployment.comet.usdc
    const code = await rig.rpc('eth_getCode', [comet, 'latest'])
    await rig.rpc('anvil_setCode', [comet, '0x60006000fd'])
    const error = await move().catch((reason: unknown) => reason)
    await rig.rpc('anvil_setCode', [comet, code])
    expect((error as TillerError).code).toBe('VAULT_UNREADABLE')
    expect((await journal.events({ limit: 1 }))[0]).toMatchObject({
      name: 'tick.failed',
      data: { code: 'VAULT_UNREADABLE' },
    })
    expect(await settles()).toEqual(['settled', []])
  })

  test('of a transaction from elsewhere in the pool', async () => {
    await nextSlot()
    await rig.rpc('evm_setAutomine', [false])
    const foreign = { from: rig.keeperAddress, to: rig.keeperAddress, gas: '0x5208' }
    await rig.rpc('eth_sendTransaction', [foreign])
    const report = await keeper.tick()
    await rig.rpc('anvil_dropAllTransactions')
    await rig.rpc('evm_setAutomine', [true])
    expect(codes(report)).toEqual(['open_attempt'])
    expect(report.refusals[0]?.reason).toBe(
      'The pool holds 1 transaction(s) of the signer that the journal does not know.',
    )
    expect(await settles()).toEqual(['settled', []])
  })
})

describe('an endpoint', () => {
  test('without eth_simulateV1 has its first gate on the fork', async () => {
    const limited = await startFilter(rig.devnet.url, (method) =>
      method === 'eth_simulateV1' ? { code: -32601, message: 'the method eth_simulateV1 does not exist' } : null,
    )
    try {
      await open({ config: rig.config({ rpc: limited.url }) })
      expect(keeper.supportsSimulateV1()).toBe(false)
      const report = await move()
      expect(report.outcome).toBe('settled')
      expect(report.gates.map(({ gate, ranOn }) => [gate, ranOn])).toEqual([
        ['first', 'fork'],
        ['fork', 'fork'],
      ])
    } finally {
      await open()
      await limited.stop()
    }
  })

  test('that dies fails the pass with a code, and the next pass goes on', async () => {
    let dead = false
    const dying = await startFilter(rig.devnet.url, () => (dead ? 'hang up' : null))
    try {
      await open({ config: rig.config({ rpc: dying.url }) })
      dead = true
      const error = await move().catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(TillerError)
      expect((error as TillerError).code).toBe('ENDPOINT_UNREACHABLE')
      expect((error as TillerError).retryable).toBe(true)
      expect((error as TillerError).message).not.toContain('127.0.0.1')
      dead = false
      expect(await settles()).toEqual(['settled', []])
    } finally {
      await open()
      await dying.stop()
    }
  })

  test('that dies between the gates frees the slot', async () => {
    let dead = false
    const dying = await startFilter(rig.devnet.url, (method) =>
      dead && method === 'eth_simulateV1' ? 'hang up' : null,
    )
    try {
      await open({ config: rig.config({ rpc: dying.url }) })
      dead = true
      const error = await move().catch((reason: unknown) => reason)
      expect((error as TillerError).code).toBe('ENDPOINT_UNREACHABLE')
      const [last] = await journal.decisions({ limit: 1 })
      expect(last?.outcome).toBe('abandoned')
      dead = false
      expect(await settles()).toEqual(['settled', []])
    } finally {
      await open()
      await dying.stop()
    }
  })

  test('that is behind, or serves another chain, is refused at the start', async () => {
    const start = async (config: ReturnType<Rig['config']>): Promise<string> => {
      const other = await rig.keeper(journal, policy, { config })
      const error = await other.start().catch((reason: unknown) => reason)
      await other.close()
      return (error as TillerError).code
    }
    expect(await start(rig.config({ limits: { maxHeadAgeSeconds: 60 } }))).toBe('ENDPOINT_BEHIND')
    const config = rig.config()
    expect(await start({ ...config, chain: { ...config.chain, id: 1 } })).toBe('CHAIN_ID_MISMATCH')
  })

  test('whose head is below the last decision is not believed', async () => {
    const lagging: TickEffects = {
      ...effects,
      journal: { ...journal, latestDecisionBlock: async () => 10n ** 9n },
    }
    const { runTick } = await import('../../src/keeper/run-tick.ts')
    const report = await runTick(lagging, { settings: keeper.settings })
    expect(codes(report)).toEqual(['endpoint_behind'])
    expect(report.refusals[0]?.reason).toMatch(
      /^The endpoint's head is block \d+; the last decision was taken at block 1000000000\. A chain that was started anew needs a new store\.$/,
    )
  })
})

describe('a transaction that is not mined', () => {
  afterEach(async () => {
    await rig.rpc('evm_setAutomine', [true])
  })

  test('has its fees raised once, stays open, and is settled when it lands', async () => {
    await open({ config: rig.config({ limits: { receiptTimeoutSeconds: 1 } }) })
    await nextSlot()
    await rig.rpc('evm_setAutomine', [false])
    const report = await keeper.tick()
    expect(report.outcome).toBe('sent')
    const [second, first] = await journal.attempts({ limit: 2 })
    expect(first?.nonce).toBe(second?.nonce)
    expect(second?.maxFeePerGas).toBeGreaterThan(((first?.maxFeePerGas ?? 0n) * 11n) / 10n)
    const before = parseTransaction(first?.raw as TransactionSerialized)
    const after = parseTransaction(second?.raw as TransactionSerialized)
    for (const field of ['to', 'data', 'value', 'gas', 'nonce', 'chainId'] as const) {
      expect(after[field]).toEqual(before[field])
    }
    expect((await journal.events({ decisionId: report.decisionId })).map(({ name }) => name)).toEqual(['tx.bumped'])

    expect(codes(await keeper.tick())).toEqual(['open_attempt'])
    await rig.pass(1)
    const { findings } = await reconcile(effects, keeper.settings)
    expect(findings.map(({ verdict }) => verdict)).toEqual(['settled'])
    const [late, early] = await journal.attempts({ limit: 2 })
    expect([early?.status, late?.status]).toEqual(['replaced', 'settled'])
  })

  test('is settled only at its depth, and sent again when its block is reorganised away', async () => {
    // The node mines on its own time: whether a receipt is there right after the broadcast is not what is asked here.
    await open({ config: rig.config({ limits: { confirmations: 2 } }), onBroadcast: mined })
    const report = await move()
    expect(report.outcome).toBe('sent')
    expect((await journal.attempts({ limit: 1 }))[0]?.status).toBe('mined')
    await rig.rpc('anvil_rollback', [1])
    const gone = await reconcile(effects, keeper.settings)
    expect(gone.findings.map(({ verdict }) => verdict)).toEqual(['mined'])
    expect(gone.findings[0]?.reason).toMatch(/^Sent again and mined in block \d+\.$/)
    expect(gone.blocked).toBe(true)
    await rig.pass(1)
    await rig.pass(1)
    const settled = await reconcile(effects, keeper.settings)
    expect(settled.findings.map(({ verdict }) => verdict)).toEqual(['settled'])
    expect(settled.blocked).toBe(false)
    await open()
  })

  test('leaves books that agree with the chain', () => checkBooks(rig, journal))
})

/** A node in front of the node that refuses some methods or hangs up. */
async function startFilter(
  targetUrl: string,
  refuse: (method: string) => { code: number; message: string } | 'hang up' | null,
): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const parsed = JSON.parse(body.toString('utf8')) as { id: number; method: string } | { method: string }[]
      const refused = Array.isArray(parsed)
        ? (parsed.map(({ method }) => refuse(method)).find((found) => found === 'hang up') ?? null)
        : refuse(parsed.method)
      if (refused === 'hang up') {
        outgoing.destroy()
        return
      }
      if (refused !== null && !Array.isArray(parsed)) {
        outgoing.end(JSON.stringify({ jsonrpc: '2.0', id: parsed.id, error: refused }))
        return
      }
      const forward = request(targetUrl, { method: 'POST', headers: { 'content-type': 'application/json' } }, (found) =>
        found.pipe(outgoing),
      )
      forward.on('error', () => outgoing.destroy())
      forward.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
