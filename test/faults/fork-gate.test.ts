import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type AnvilProcess, startAnvil } from '../../src/chain/anvil.ts'
import type { Journal } from '../../src/journal/journal.ts'
import type { GateInput, TickEffects } from '../../src/keeper/effects.ts'
import { createForkGate, type ForkGate } from '../../src/simulate/fork-gate.ts'
import { createRpc, type Rpc } from '../../src/simulate/rpc.ts'
import { loadLens } from '../../src/vault/lens.ts'
import { quietLogger, type Rig, startRig, toldPolicy } from '../e2e/keeper-rig.ts'

let rig: Rig
let journal: Journal
let upstream: Rpc
let gate: ForkGate | undefined
let input: GateInput
let started: AnvilProcess[] = []

/** The plan that a pass in mode dry hands to the second gate. */
async function planToRun(): Promise<GateInput> {
  let seen: GateInput | undefined
  const policy = toldPolicy(() => ({ kind: 'weights', weightsBps: [2000, 2000, 2000, 2000] }))
  const keeper = await rig.keeper(journal, policy, {
    config: rig.config({ mode: 'dry' }),
    wrapEffects: (own: TickEffects) => ({
      ...own,
      gates: {
        ...own.gates,
        fork: async (given) => {
          seen = given
          return own.gates.fork(given)
        },
      },
    }),
  })
  await keeper.start()
  await keeper.tick()
  await rig.pass(3600)
  await keeper.tick()
  await keeper.close()
  if (seen === undefined) throw new Error('there was no plan')
  return seen
}

async function open(timeoutMs: number, start: typeof startAnvil = startAnvil): Promise<ForkGate> {
  started = []
  gate = createForkGate({
    upstream,
    chainId: rig.devnet.chainId,
    query: {
      vault: rig.vault.vault,
      guard: rig.vault.guard,
      keeper: rig.keeperAddress,
      venues: rig.vault.venues,
      lens: await loadLens(),
    },
    bounds: { maxSharePriceLossBps: 2 },
    timeoutMs,
    startAnvil: async (options) => {
      const anvil = await start(options)
      started.push(anvil)
      return anvil
    },
    logger: quietLogger,
    monotonicMs: () => performance.now(),
  })
  return gate
}

const verdict = async (own: ForkGate): Promise<[boolean, string[]]> => {
  const { ok, checks } = await own.run(input)
  return [ok, checks.filter((check) => !check.ok).map(({ name }) => name)]
}

beforeAll(async () => {
  rig = await startRig()
  journal = await rig.openStore()
  upstream = createRpc({ url: rig.devnet.url, label: 'simulate', timeoutMs: 10_000 })
  input = await planToRun()
})
afterEach(async () => {
  await gate?.stop()
  gate = undefined
  await Promise.all(started.map(({ exited }) => exited))
})
afterAll(async () => {
  upstream?.close()
  await journal?.close()
  await rig?.stop()
})

describe('the fork gate', () => {
  test('gives the same verdict again and again, and leaves the node as it was', async () => {
    const own = await open(10_000)
    const before = await rig.rpc('eth_getBlockByNumber', ['latest', false])
    const reports = [await own.run(input), await own.run(input), await own.run(input)]
    expect(reports.map(({ ok }) => ok)).toEqual([true, true, true])
    expect(new Set(reports.map(({ gasUsed }) => gasUsed)).size).toBe(1)
    expect(new Set(reports.map(({ after }) => after?.totalAssets)).size).toBe(1)
    expect(await rig.rpc('eth_getBlockByNumber', ['latest', false])).toEqual(before)
    expect(started).toHaveLength(1)
  })

  test('does not tell the list of processes where the node is', async () => {
    const own = await open(10_000)
    await own.run(input)
    const { readFileSync } = await import('node:fs')
    const [fork] = started
    const commandLine = readFileSync(`/proc/${fork?.pid}/cmdline`, 'utf8')
    expect(commandLine).toContain('--fork-url')
    expect(commandLine).not.toContain(String(rig.devnet.port))
  })

  test('ends a fork that hangs, says so, and the next plan gets a fresh one', async () => {
    const own = await open(1_500)
    expect(await verdict(own)).toEqual([true, []])
    const [first] = started
    process.kill(first?.pid ?? 0, 'SIGSTOP')
    const before = performance.now()
    const report = await own.run(input)
    expect(performance.now() - before).toBeLessThan(2_500)
    expect(report.ok).toBe(false)
    expect(report.checks).toEqual([
      {
        name: 'FORK_TIMEOUT',
        ok: false,
        detail: 'The fork did not finish in time and was thrown away. step: run, timeoutMs: 1500',
      },
    ])
    expect(await verdict(own)).toEqual([true, []])
    expect(started).toHaveLength(2)
    // A stopped process takes no SIGTERM; SIGKILL follows.
    expect(await first?.exited).toBe(null)
  })

  test('survives the death of its fork', async () => {
    const own = await open(10_000)
    expect(await verdict(own)).toEqual([true, []])
    const [first] = started
    const { readFileSync } = await import('node:fs')
    const [source] = /http:\/\/127[^\0]+/.exec(readFileSync(`/proc/${first?.pid}/cmdline`, 'utf8')) ?? []
    process.kill(first?.pid ?? 0, 'SIGKILL')
    await first?.exited
    expect(await verdict(own)).toEqual([true, []])
    expect(started).toHaveLength(2)
    // What it forked from is gone with it: an open server would keep a keeper from ending.
    await expect(fetch(source ?? '')).rejects.toThrow('fetch failed')
  })

  test('withholds the plan where no fork can be started', async () => {
    const own = await open(10_000, () => Promise.reject(new Error('no anvil here')))
    const report = await own.run(input)
    expect(report.ok).toBe(false)
    expect(report.checks[0]?.detail).toBe(
      'The fork could not run the transaction and was thrown away. step: run, reason: no anvil here',
    )
  })

  test.each<[string, (given: GateInput) => GateInput, string[]]>([
    [
      'a nonce too far',
      ({ transaction, ...rest }) => ({ ...rest, transaction: { ...transaction, nonce: transaction.nonce + 1 } }),
      ['receipt'],
    ],
    [
      'too little gas',
      ({ transaction, ...rest }) => ({ ...rest, transaction: { ...transaction, gas: 200_000n } }),
      ['receipt'],
    ],
    [
      'a fee below the base fee',
      ({ transaction, ...rest }) => ({
        ...rest,
        transaction: { ...transaction, maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
      }),
      ['receipt'],
    ],
    [
      'another block than the one that was observed',
      ({ before, ...rest }) => ({
        ...rest,
        before: {
          ...before,
          market: { ...before.market, block: { ...before.market.block, hash: `0x${'ee'.repeat(32)}` } },
        },
      }),
      ['receipt'],
    ],
    [
      'a share price that fell',
      ({ before, ...rest }) => ({
        ...rest,
        before: { ...before, vault: { ...before.vault, sharePrice: before.vault.sharePrice * 2n } },
      }),
      ['share_price'],
    ],
  ])('refuses %s', async (_name, change, expected) => {
    const own = await open(10_000)
    const { ok, checks } = await own.run(change(input))
    expect(ok).toBe(false)
    expect(checks.filter((check) => !check.ok).map(({ name }) => name)).toEqual(expected)
  })
})
