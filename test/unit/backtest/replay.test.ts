import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  equalUtilisation,
  equalWeight,
  fixedWeights,
  greedy,
  hold,
  waterFilling,
  yearnRatio,
} from '../../../src/backtest/baselines/rules.ts'
import {
  allCandidates,
  bestCandidate,
  trackCandidates,
  tunedWaterFilling,
} from '../../../src/backtest/baselines/tuned.ts'
import { bestStatic, staticSeries } from '../../../src/backtest/best-static.ts'
import { clairvoyant } from '../../../src/backtest/clairvoyant.ts'
import { endPanel } from '../../../src/backtest/garble.ts'
import { type ReplayPolicy, type ReplayRun, replay } from '../../../src/backtest/replay.ts'
import { moveCost } from '../../../src/backtest/replay-market.ts'
import { type PanelMarket, replayPanel } from '../../../src/backtest/replay-panel.ts'
import { upperBound } from '../../../src/backtest/upper-bound.ts'
import type { Panel } from '../../../src/history/panel.ts'
import { createHoldings, createReport, defaultCosts, step } from '../../../src/market/step.ts'
import { fiveVenues, syntheticPanel, twoVenues } from './synthetic-panel.ts'

const sum = (series: Float64Array): number => series.reduce((total, value) => total + value, 0)

function marketOf(panel: Panel, capital: number, from = 0, cap = 1): PanelMarket {
  return replayPanel(panel, { from, steps: panel.steps - from, capital, costs: defaultCosts, cap })
}

function rulesOf(panel: Panel, market: PanelMarket): ReplayPolicy[] {
  const filling = (halfLife: number, horizon: number) => waterFilling('filling', halfLife, horizon, panel)
  const track = trackCandidates({
    panel,
    market,
    costs: defaultCosts,
    candidates: allCandidates().slice(0, 8),
  })
  return [
    hold(),
    equalWeight(),
    greedy(),
    filling(0, 0),
    filling(0, 24),
    filling(24, 72),
    tunedWaterFilling({ panel, track, trainHours: 300, retuneHours: 100 }),
    equalUtilisation(),
    yearnRatio(),
  ]
}

async function run(
  policy: ReplayPolicy,
  panel: Panel,
  market: PanelMarket,
  from = 0,
  lagSteps = 1,
): Promise<ReplayRun> {
  return replay(policy, { panel, market, from, lagSteps, costs: defaultCosts })
}

describe('a replay', () => {
  test('of no rule earns more than the upper bound, with caps, assets and scarce liquidity', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.bigInt(1n, 1n << 60n),
        fc.constantFrom(twoVenues, fiveVenues),
        fc.constantFrom(1e5, 3e6, 4e7),
        fc.constantFrom(1, 0.4),
        fc.integer({ min: 0, max: 2 }),
        async (seed, venues, capital, cap, lag) => {
          const panel = syntheticPanel({ seed, steps: 200, venues, usdPerGas: 1e-5 })
          const market = marketOf(panel, capital, 0, cap)
          const bound = upperBound(market, { passes: 20, cells: 100 })
          for (const policy of rulesOf(panel, market)) {
            const { net, weights } = await run(policy, panel, market, 0, lag)
            expect(sum(net)).toBeLessThanOrEqual(bound.net + 1e-12)
            for (const mix of weights) {
              expect(sum(mix)).toBeLessThanOrEqual(1 + 1e-9)
              for (const weight of mix) expect(weight).toBeLessThanOrEqual(cap + 1e-9)
            }
          }
        },
      ),
      { numRuns: 12 },
    )
  })

  test('is a prefix of a replay of a longer panel, byte for byte', async () => {
    const panel = syntheticPanel({ seed: 9n, steps: 900, venues: fiveVenues })
    const short = endPanel(panel, 600)
    const [long, cut] = [marketOf(panel, 5e6, 400), marketOf(short, 5e6, 400)]
    const others = rulesOf(short, cut)
    for (const [i, policy] of rulesOf(panel, long).entries()) {
      const whole = await run(policy, panel, long, 400)
      const part = await run(others[i] as ReplayPolicy, short, cut, 400)
      expect(Array.from(part.net)).toEqual(Array.from(whole.net.slice(0, 200)))
      expect(part.weights).toEqual(whole.weights.slice(0, 200))
    }
  })

  test('shows a policy nothing younger than the lag', async () => {
    const panel = syntheticPanel({ seed: 2n, steps: 50 })
    for (const lag of [0, 1, 5]) {
      const seen: number[] = []
      const policy: ReplayPolicy = {
        name: 'watcher',
        decide({ dataStep, frame }) {
          expect(frame.supplyApr[0]).toBe(panel.supplyApr[0]?.[dataStep])
          seen.push(dataStep)
          return undefined
        },
      }
      await run(policy, panel, marketOf(panel, 1e6, 20), 20, lag)
      expect(seen).toEqual(Array.from({ length: 30 }, (_, t) => 20 + t - lag))
    }
  })

  test('of fixed weights earns what the static reckoning says', async () => {
    const panel = syntheticPanel({ seed: 3n, steps: 400, venues: fiveVenues })
    const market = marketOf(panel, 2e6)
    const best = bestStatic(market)
    const { net, trades } = await run(fixedWeights('best-static', best.weights), panel, market, 0, 0)
    expect(trades).toBe(1)
    const series = staticSeries(market, best.weights)
    for (const [t, value] of net.entries()) expect(value).toBeCloseTo(series[t] as number, 14)
  })

  test("of the clairvoyant's path earns what the clairvoyant says where liquidity is ample", async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 300 })
    const market = marketOf(panel, 2e6)
    const best = clairvoyant(market, { points: 20 })
    let t = 0
    const policy: ReplayPolicy = { name: 'path', decide: () => best.weights[t++] }
    const { net, trades } = await run(policy, panel, market, 0, 0)
    expect(sum(net)).toBeCloseTo(best.net, 13)
    expect(trades).toBe(best.trades)
  })

  test('charges what a step of the market itself charges', () => {
    const panel = syntheticPanel({ seed: 6n, steps: 3, venues: fiveVenues })
    const capital = 1e6
    const market = marketOf(panel, capital)
    const holdings = createHoldings(5, 50_000)
    const from = Float64Array.of(0.2, 0.1, 0.3, 0.1, 0.25)
    const to = Float64Array.of(0.1, 0.1, 0.15, 0.3, 0.3)
    holdings.positions.set(from.map((weight) => weight * capital))
    const report = createReport(5)
    step(
      market.frameAt(1),
      holdings,
      to.map((weight) => weight * capital),
      defaultCosts,
      report,
    )
    expect(report.gas + report.swap).toBeCloseTo(moveCost(market, 1, from, to) * capital, 6)
  })

  test('refuses what is no allocation', async () => {
    const panel = syntheticPanel({ seed: 2n, steps: 10 })
    const answers = [
      Float64Array.of(Number.NaN, 0.5),
      Float64Array.of(0.9, 0.9),
      Float64Array.of(1),
      Float64Array.of(-0.1, 1),
    ]
    const messages: string[] = []
    for (const answer of answers) {
      await run({ name: 'bad', decide: () => answer }, panel, marketOf(panel, 1e6)).catch((error: Error) =>
        messages.push(error.message),
      )
    }
    expect(messages).toHaveLength(4)
    expect(messages[0]).toMatchInlineSnapshot(`
      "The policy answered what is no allocation.
        policy: bad
        time:   2023-11-14T23:00:00.000Z
        answer: [NaN, 0.5]
      Remedy: Weights are finite, not negative, one per venue, and sum to at most one; mend the policy."
    `)
  })

  test('puts nothing into a venue before it starts, and takes nothing for a dead one', async () => {
    const panel = syntheticPanel({ seed: 8n, steps: 120 })
    panel.supplyApr[1]?.fill(Number.NaN, 0, 40)
    panel.supplyApr[0]?.fill(Number.NaN, 80)
    const market = marketOf(panel, 1e6)
    const { weights, gross } = await run(equalWeight(), panel, market)
    expect(Array.from(weights[20] ?? [])).toEqual([1, 0])
    expect(Array.from(weights[60] ?? [])).toEqual([0.5, 0.5])
    expect(Array.from(weights[119] ?? [])).toEqual([0, 1])
    expect(gross[80]).toBeGreaterThan(0)
  })

  test('counts the hours in which a tenth of the capital could not be paid out', async () => {
    const panel = syntheticPanel({ seed: 8n, steps: 100 })
    for (const row of panel.totalBorrow) row.fill(1e8, 30, 50)
    const { unservedHours } = await run(hold(), panel, marketOf(panel, 1e6))
    expect(unservedHours).toBe(20)
  })
})

describe('baselines', () => {
  test('greedy loses what gas and own impact take, and waits for its threshold', async () => {
    const panel = syntheticPanel({ seed: 12n, steps: 800, usdPerGas: 1e-3 })
    const market = marketOf(panel, 1e6)
    const chasing = await run(greedy(), panel, market)
    const calm = await run(greedy(10), panel, market)
    expect(chasing.trades).toBeGreaterThan(3)
    expect(calm.trades).toBe(0)
    expect(sum(chasing.gross) - sum(chasing.net)).toBeCloseTo(chasing.gas / 1e6, 9)
  })

  test('payback trades the less, the dearer gas is', async () => {
    const trades = []
    for (const usdPerGas of [0, 1e-4, 3e-3]) {
      const panel = syntheticPanel({ seed: 13n, steps: 800, usdPerGas })
      trades.push((await run(waterFilling('payback', 24, 72, panel), panel, marketOf(panel, 1e6))).trades)
    }
    expect(trades[0]).toBeGreaterThan(trades[1] as number)
    expect(trades[1]).toBeGreaterThan(trades[2] as number)
  })

  test("Yearn's ratio waits six hours between its changes", async () => {
    const panel = syntheticPanel({ seed: 14n, steps: 600 })
    const { weights } = await run(yearnRatio(6, 0.001), panel, marketOf(panel, 1e6))
    const moved = weights.flatMap((mix, t) =>
      t > 0 && mix.some((weight, j) => weight !== weights[t - 1]?.[j]) ? [t] : [],
    )
    expect(moved.length).toBeGreaterThan(1)
    for (let i = 1; i < moved.length; i += 1)
      expect((moved[i] as number) - (moved[i - 1] as number)).toBeGreaterThanOrEqual(6)
  })

  test("Morpho's rule brings utilisations together where our capital can", async () => {
    const panel = syntheticPanel({ seed: 15n, steps: 300, depth: 1e7 })
    const market = marketOf(panel, 8e6)
    const { weights } = await run(equalUtilisation(), panel, market)
    const spread = (t: number, mix: Float64Array): number => {
      const used = [0, 1].map(
        (j) => (panel.totalBorrow[j]?.[t] ?? 0) / ((panel.totalSupply[j]?.[t] ?? 0) + (mix[j] as number) * 8e6),
      )
      return Math.abs((used[0] as number) - (used[1] as number))
    }
    const mean = (mixes: readonly Float64Array[]): number =>
      mixes.reduce((total, mix, t) => total + spread(t, mix), 0) / 300
    expect(mean(weights)).toBeLessThan(mean(weights.map(() => Float64Array.of(0.5, 0.5))))
  })

  test('the tuned rule chooses what earned most in the past alone', () => {
    const sums = [Float64Array.of(0, 1, 2, 3, 4), Float64Array.of(0, 0, 0, 9, 9)]
    const track = {
      candidates: [
        { halfLifeHours: 6, horizonHours: 24 },
        { halfLifeHours: 168, horizonHours: 720 },
      ],
      sumsUpTo: () => sums,
    }
    expect(bestCandidate(track, 2, 2).halfLifeHours).toBe(6)
    expect(bestCandidate(track, 3, 2).halfLifeHours).toBe(168)
    expect(bestCandidate(track, 4, 1).halfLifeHours).toBe(6)
  })
})
