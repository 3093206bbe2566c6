import { beforeAll, describe, expect, test } from 'vitest'
import { prepareDevnet } from '../../src/devnet/devnet.ts'
import { backtestRecord } from '../../src/devnet/parity/backtest-record.ts'
import { replayRecord, requireParity } from '../../src/devnet/parity/check-parity.ts'
import { compareRuns, type ParityComparison, parityLimits } from '../../src/devnet/parity/compare-runs.ts'
import { type ChainRecord, recordChain } from '../../src/devnet/parity/record-chain.ts'
import type { ParityModel } from '../../src/devnet/parity/to-flow-venue.ts'
import { type LoadedPolicy, loadPolicy } from '../../src/policy/load-policy.ts'
import { runCli } from '../unit/cli/fake-io.ts'

const capitalUnits = 5_000_000n

describe('two days on the contracts and in the simulator', () => {
  let policy: LoadedPolicy
  let chain: ChainRecord

  beforeAll(async () => {
    const prepared = await prepareDevnet({})
    policy = await loadPolicy({ reference: 'smoothed-water-filling' })
    chain = await recordChain({ prepared, policy, seed: 7, days: 2, capitalUnits, performanceFeeBps: 1_000 })
  })

  async function compare(distort?: (model: ParityModel) => ParityModel): Promise<ParityComparison> {
    return compareRuns(chain, await replayRecord(chain, { policy, capitalUnits }, distort))
  }

  test('come to the same decisions, weights, interest and share price', async () => {
    const parity = await compare()
    expect(parity.fault).toBeNull()
    expect(parity.equalDecisions).toBe(48)
    expect(parity.moves).toBeGreaterThanOrEqual(5)
    expect(parity.gainBp.chain).toBeGreaterThan(1)
    expect(parity.worst.weight).toBeLessThan(1e-10)
    expect(Math.abs(parity.worst.sharePriceBp)).toBeLessThan(1e-6)
    expect(parity.worst.interest).toBeLessThan(1e-6)
    expect(parity.worst.weight).toBeLessThan(parityLimits.weight)
    expect(parity.daily.map(({ day }) => day)).toEqual([1, 2])
    // What the sources say together is the difference that there is.
    expect(parity.sources.interest + parity.sources.moves).toBeCloseTo(parity.sources.total, 9)
  })

  test('and an hourly backtest of their records earns the same but for a hundredth of a basis point', async () => {
    const { chainBp, backtestBp } = await backtestRecord(chain)
    expect(chainBp).toBeGreaterThan(2)
    expect(Math.abs(backtestBp - chainBp)).toBeLessThan(0.01)
    const far = compareRuns(chain, await replayRecord(chain, { policy, capitalUnits }), { chainBp, backtestBp: 4 })
    expect(far.fault).toMatchObject({ what: 'backtest', simulator: '4.0000 bp', limit: '1.0000 bp' })
  })

  test('are apart where the simulator has a kink that is a hundredth off', async () => {
    const parity = await compare((model) =>
      withAave(model, (parameters) => ({ ...parameters, kink: parameters.kink - 0.01 })),
    )
    expect(parity.fault).toMatchObject({ step: 1, what: 'weight', where: 'aave-v3:usdc' })
    expect(() => requireParity(parity)).toThrow(
      expect.objectContaining({
        code: 'PARITY_BROKEN',
        details: expect.objectContaining({ hour: 1, differs: 'weight', at: 'aave-v3:usdc', limit: '0.000010 %' }),
      }),
    )
  })

  test('are apart where the treasury takes a hundredth more of what it takes', async () => {
    const parity = await compare((model) =>
      withAave(model, (parameters) => ({ ...parameters, reserveFactor: parameters.reserveFactor * 1.01 })),
    )
    expect(parity.ok).toBe(false)
  })

  test('are apart where the performance fee is a hundredth of itself too high, which only the share price shows', async () => {
    const parity = await compare((model) => ({ ...model, performanceFeeBps: model.performanceFeeBps * 1.01 }))
    expect(parity.equalDecisions).toBe(48)
    expect(parity.worst.weight).toBeLessThan(1e-9)
    expect(parity.fault).toMatchObject({ step: 48, what: 'share price', where: 'gain of the whole run' })
  })

  test('are apart where the vault pays out an hour of interest twice', async () => {
    const simulated = await replayRecord(chain, { policy, capitalUnits })
    const doubled = simulated.map((hour, i) => {
      if (i < 24) return hour
      const [first = 0n, ...rest] = hour.before.venueAssets
      const venueAssets = [first + first / 1_000_000n, ...rest]
      return { ...hour, before: { ...hour.before, venueAssets } }
    })
    expect(compareRuns(chain, doubled).fault).toMatchObject({ step: 25, what: 'weight', where: 'aave-v3:usdc' })
  })
})

type AaveParameters = Extract<ParityModel['venues'][number]['curve'], { kind: 'kinked' }>['parameters']

function withAave(model: ParityModel, change: (parameters: AaveParameters) => AaveParameters): ParityModel {
  return {
    ...model,
    venues: model.venues.map((venue) =>
      venue.curve.kind === 'kinked'
        ? { ...venue, curve: { ...venue.curve, parameters: change(venue.curve.parameters) } }
        : venue,
    ),
  }
}

test('the command answers one document, and the same figures again from the same seed', async () => {
  const run = () => runCli(['check', 'parity', '--days', '1', '--seed', '12', '--policy', 'seed-lending', '--json'])
  const first = await run()
  expect(first.code).toBe(0)
  const report = JSON.parse(first.stdout)
  expect(report).toMatchObject({
    ok: true,
    fault: null,
    policy: 'seed-lending',
    seed: 12,
    days: 1,
    steps: 24,
    equalDecisions: 24,
    capital: '5000000',
    performanceFeeBps: 1_000,
  })
  const { chainSeconds: _, simulatorSeconds: __, ...again } = JSON.parse((await run()).stdout)
  expect(report).toMatchObject(again)
})
