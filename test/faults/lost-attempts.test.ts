import { type Hex, keccak256 } from 'viem'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { broadcastFailed } from '../../src/errors/send.ts'
import type { Journal } from '../../src/journal/journal.ts'
import type { Keeper } from '../../src/keeper/create-keeper.ts'
import type { TickEffects } from '../../src/keeper/effects.ts'
import { reconcile } from '../../src/keeper/reconcile.ts'
import { runTick, type TickReport } from '../../src/keeper/run-tick.ts'
import { type Rig, startRig, toldPolicy } from '../e2e/keeper-rig.ts'

let rig: Rig
let keeper: Keeper
let effects: TickEffects
let journal: Journal

beforeAll(async () => {
  rig = await startRig()
})
beforeEach(async () => {
  await keeper?.close()
  await journal?.close()
  journal = await rig.openStore()
  keeper = await rig.keeper(
    journal,
    toldPolicy(({ venues }) => ({
      kind: 'weights',
      weightsBps: (venues[2]?.ownSteps ?? 0) > 0 ? [3000, 3000, 0, 2000] : [2000, 2000, 2000, 2000],
    })),
    {
      wrapEffects: (own) => {
        effects = own
        return own
      },
    },
  )
  await keeper.start()
  await rig.pass(3600)
  await keeper.tick()
  await rig.pass(3600)
})
afterAll(async () => {
  await keeper?.close()
  await journal?.close()
  await rig?.stop()
})

const pass = (change: Partial<TickEffects>): Promise<TickReport> =>
  runTick({ ...effects, ...change }, { settings: keeper.settings })
const codes = ({ refusals }: TickReport): string[] => refusals.map(({ code }) => code)

/** A node that says no and passes the bytes on all the same. */
const refusing: Partial<TickEffects> = {}
beforeEach(() => {
  refusing.chain = {
    ...effects.chain,
    broadcast: async (raw) => {
      await effects.chain.broadcast(raw)
      throw broadcastFailed('BROADCAST_REJECTED', raw.slice(0, 18), 'the gateway says no')
    },
  }
})

async function mined(hash: Hex): Promise<void> {
  for (let tries = 0; (await effects.chain.receipt(hash)) === null && tries < 40; tries++) await rig.pass(1)
}

describe('an attempt that was given up', () => {
  test('and is mined all the same is settled, and its decision with it', async () => {
    const report = await pass(refusing)
    expect(report.outcome).toBe('dropped')
    const [attempt] = await journal.attempts({ limit: 1 })
    await mined(attempt?.hash ?? '0x')
    const { findings } = await reconcile(effects, keeper.settings)
    expect(findings).toMatchObject([{ hash: attempt?.hash, verdict: 'settled' }])
    expect((await journal.decision(report.decisionId))?.outcome).toBe('settled')
    expect((await journal.intentOfDecision(report.decisionId))?.status).toBe('settled')
    expect((await journal.events({ limit: 1 }))[0]?.name).toBe('attempt.found')
    expect((await reconcile(effects, keeper.settings)).findings).toEqual([])
  })

  test('because one of several nodes had the nonce before the receipt is found again', async () => {
    const parked = await pass({ chain: { ...effects.chain, receipt: () => Promise.reject(new Error('gone')) } }).catch(
      () => null,
    )
    expect(parked).toBe(null)
    const [attempt] = await journal.attempts({ limit: 1 })
    await mined(attempt?.hash ?? '0x')
    const before = await effects.readState({ blockNumber: (await effects.chain.head()).number - 1n })
    const divided: TickEffects = {
      ...effects,
      readState: async () => before,
      chain: { ...effects.chain, receipt: async () => null, knows: async () => false },
    }
    // With Guard and receipt from a node that is behind, it looks like a transaction from elsewhere.
    const misled = await reconcile(divided, keeper.settings)
    expect(misled.findings.map(({ verdict }) => verdict)).toEqual(['dropped'])
    const { findings } = await reconcile(effects, keeper.settings)
    expect(findings.map(({ verdict }) => verdict)).toEqual(['settled'])
  })

  test('and lands after a later plan took its nonce closes that plan', async () => {
    await rig.rpc('evm_setAutomine', [false])
    const first = await pass(refusing)
    expect(first.outcome).toBe('dropped')
    const [early] = await journal.attempts({ limit: 1 })
    // The node forgets it, the next slot signs another plan with the same nonce, and then the first one is mined.
    await rig.rpc('anvil_dropAllTransactions')
    await rig.pass(3600)
    const silent = { ...effects.chain, broadcast: () => Promise.reject(new Error('gone')) }
    await expect(pass({ chain: silent })).rejects.toThrow('gone')
    const [late] = await journal.attempts({ limit: 1 })
    expect(late?.nonce).toBe(early?.nonce)
    await rig.rpc('eth_sendRawTransaction', [early?.raw])
    await rig.pass(1)
    await rig.rpc('evm_setAutomine', [true])
    await reconcile(effects, keeper.settings)
    expect((await journal.attempts({ limit: 2 })).map(({ status }) => status)).toEqual(['replaced', 'reverted'])
    const rows = await journal.decisions({ limit: 2 })
    expect(rows.map(({ outcome }) => outcome)).toEqual(['dropped', 'reverted'])
    expect((await journal.intentOfDecision(rows[0]?.id ?? 0))?.status).toBe('dropped')
  })
})

describe('what the journal holds', () => {
  test('is dropped as a whole where no attempt of the nonce passes any more', async () => {
    await rig.rpc('evm_setAutomine', [false])
    const settings = { ...keeper.settings, receiptTimeoutMs: 100 }
    await runTick(effects, { settings })
    expect(await journal.openAttempts()).toHaveLength(2)
    await rig.rpc('anvil_dropAllTransactions')
    await rig.rpc('evm_setAutomine', [true])
    const failing: TickEffects = {
      ...effects,
      gates: {
        ...effects.gates,
        first: async (input) => ({
          ...(await effects.gates.first(input)),
          ok: false,
          checks: [{ name: 'receipt', ok: false, detail: 'No.' }],
        }),
      },
    }
    const { blocked } = await reconcile(failing, settings)
    expect(blocked).toBe(false)
    expect(await journal.openAttempts()).toEqual([])
  })

  test('is sent again only where the bytes are what its intent says', async () => {
    const silent = { ...effects.chain, broadcast: () => Promise.reject(new Error('gone')) }
    await expect(pass({ chain: silent })).rejects.toThrow('gone')
    const [attempt] = await journal.attempts({ limit: 1 })
    const { default: Database } = await import('libsql')
    // Another transaction that the same key signed.
    const { createSigner } = await import('../../src/send/signer.ts')
    const signer = await createSigner({ loadKey: async () => rig.keeperKey })
    const raw = await signer.sign({
      kind: 'rebalance',
      chainId: rig.devnet.chainId,
      from: rig.keeperAddress,
      to: rig.devnet.deployment.accounts.anyone,
      data: '0x',
      value: 10n ** 18n,
      gas: 100_000n,
      nonce: attempt?.nonce ?? 0,
      maxFeePerGas: attempt?.maxFeePerGas ?? 0n,
      maxPriorityFeePerGas: attempt?.maxPriorityFeePerGas ?? 0n,
    })
    const database = new Database(rig.storePath)
    database.prepare('UPDATE attempts SET raw = ?, hash = ? WHERE id = ?').run(raw, keccak256(raw), attempt?.id ?? 0)
    database.close()
    const { findings } = await reconcile(effects, keeper.settings)
    expect(findings[0]?.verdict).toBe('quarantined')
    expect(findings[0]?.reason).toMatch(/^Its bytes are not its intent: to is 0x/)
    expect(await effects.chain.knows(keccak256(raw))).toBe(false)
  })
})

describe('a pass', () => {
  test('does not believe an endpoint that is behind, however often it asks', async () => {
    const head = await effects.readAgreedState()
    const old = await effects.readState({ blockNumber: (await effects.chain.head()).number - 3n })
    await keeper.tick()
    const behind: Partial<TickEffects> = { readAgreedState: async () => ({ state: old, refusal: null }) }
    expect(codes(await pass(behind))).toEqual(['endpoint_behind'])
    expect(codes(await pass(behind))).toEqual(['endpoint_behind'])
    // Nor does a head that was too high, and doubted, close the door for good.
    if (head.state === null) throw new Error('the head can be read')
    const { market } = head.state
    const far = { ...head.state, market: { ...market, block: { ...market.block, number: 10n ** 9n } } }
    const lying: Partial<TickEffects> = {
      readAgreedState: async () => ({ state: far, refusal: { code: 'quorum', reason: 'The endpoints disagree.' } }),
    }
    expect(codes(await pass(lying))).toEqual(['quorum'])
    expect(codes(await keeper.tick())).not.toContain('endpoint_behind')
  })

  test('goes on without a policy that hangs', async () => {
    const hanging = { ...effects.policy, decide: () => new Promise<never>(() => {}) }
    const settings = { ...keeper.settings, policyTimeoutMs: 50 }
    const report = await runTick({ ...effects, policy: hanging }, { settings })
    expect(report.refusals).toEqual([
      { code: 'policy_failed', reason: 'The policy failed: POLICY_TIMEOUT: The policy did not answer in time.' },
    ])
  })

  test('does not raise the fees beyond the gas budget of the day', async () => {
    await rig.rpc('evm_setAutomine', [false])
    let budget = 0n
    const settings = { ...keeper.settings, receiptTimeoutMs: 100 }
    const counting: TickEffects = {
      ...effects,
      chain: {
        ...effects.chain,
        broadcast: async (raw) => {
          await effects.chain.broadcast(raw)
          const [attempt] = await journal.attempts({ limit: 1 })
          budget = (attempt?.gas ?? 0n) * (attempt?.maxFeePerGas ?? 0n)
          settings.gasBudgetPerDayWei = budget
        },
      },
    }
    const report = await runTick(counting, { settings })
    await rig.rpc('evm_setAutomine', [true])
    expect(report.outcome).toBe('sent')
    expect(report.attempts).toHaveLength(1)
    await rig.pass(1)
    await reconcile(effects, keeper.settings)
  })

  test('says which of two attempts was mined', async () => {
    await rig.rpc('evm_setAutomine', [false])
    const lines: Record<string, unknown>[] = []
    let asked = 0
    const settings = { ...keeper.settings, receiptTimeoutMs: 100 }
    const slow: TickEffects = {
      ...effects,
      logger: { ...effects.logger, info: (event, fields = {}) => lines.push({ event, ...fields }) },
      chain: {
        ...effects.chain,
        broadcast: async (raw) => {
          // The replacement never arrives, and the first one is mined.
          if (asked++ === 0) await effects.chain.broadcast(raw)
          else await rig.pass(1)
        },
      },
    }
    const report = await runTick(slow, { settings })
    await rig.rpc('evm_setAutomine', [true])
    expect(report.outcome).toBe('settled')
    expect(report.attempts.map(({ status }) => status)).toEqual(['settled', 'replaced'])
    expect(lines.find(({ event }) => event === 'tick.end')?.['tx']).toBe(report.attempts[0]?.hash)
  })
})
