import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bestStatic, staticNet } from '../../../src/backtest/best-static.ts'
import { clairvoyant } from '../../../src/backtest/clairvoyant.ts'
import { moveCost, type ReplayMarket } from '../../../src/backtest/replay-market.ts'
import { upperBound } from '../../../src/backtest/upper-bound.ts'
import type { VenueCurveKind } from '../../../src/history/panel.ts'
import { createPanelFrame, loadFrame, supplyAprAt } from '../../../src/market/venue-model.ts'
import { randomPath, syntheticMarket } from './synthetic-market.ts'
import { syntheticPanel } from './synthetic-panel.ts'

/** What a path of weights earns: the definition that every bound is measured against. */
function pathNet(market: ReplayMarket, path: readonly Float64Array[]): number {
  let held: Float64Array = market.start.map((own) => own / market.capital)
  let net = 0
  path.forEach((weights, step) => {
    net -= moveCost(market, step, held, weights)
    for (const [j, weight] of weights.entries()) {
      net += market.supplyApr(step, j, weight * market.capital) * weight * market.yearsPerStep
    }
    held = weights
  })
  return net
}

const markets = fc
  .record({
    seed: fc.bigInt(1n, 1n << 60n),
    venues: fc.integer({ min: 1, max: 4 }),
    steps: fc.integer({ min: 1, max: 40 }),
    leg: fc.constantFrom(0, 1e-7, 1e-6, 1e-5),
    plan: fc.constantFrom(0, 1e-6, 1e-5),
    swapShare: fc.constantFrom(0, 1e-6, 2e-4),
    foreign: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 4, maxLength: 4 }),
    cap: fc.constantFrom(1, 0.5, 0.3),
    evenStart: fc.boolean(),
  })
  .map(({ foreign, evenStart, ...options }) =>
    syntheticMarket({
      ...options,
      assets: foreign,
      start: Array.from({ length: options.venues }, (_, j) =>
        evenStart ? Math.min(options.cap, 1 / options.venues) : j === 0 ? options.cap : 0,
      ),
    }),
  )

describe('the upper bound', () => {
  test('is never below any path, on a grid or off it, whatever its number of passes', () => {
    fc.assert(
      fc.property(markets, fc.integer({ min: 1, max: 30 }), fc.bigInt(1n, 1n << 60n), (market, passes, seed) => {
        const bound = upperBound(market, { passes, cells: 10 })
        for (let i = 0n; i < 5n; i += 1n) {
          expect(pathNet(market, randomPath(market, seed + i))).toBeLessThanOrEqual(bound.net + 1e-12)
        }
        expect(bestStatic(market).net).toBeLessThanOrEqual(bound.net + 1e-12)
      }),
      { numRuns: 200 },
    )
  })

  test('is never below the clairvoyant, and the clairvoyant never below a path on its grid', () => {
    fc.assert(
      fc.property(markets, fc.bigInt(1n, 1n << 60n), (market, seed) => {
        const points = 6
        const best = clairvoyant(market, { points })
        const bound = upperBound(market, { passes: 20, cells: 50 })
        expect(best.net).toBeLessThanOrEqual(bound.net + 1e-12)
        const caps = Math.floor(((market.caps[0] as number) / market.capital) * points + 1e-9)
        // Only a market whose caps leave something idle has mixes with idle in its grid.
        const idles = caps * market.venues < points
        for (let i = 0n; i < 5n; i += 1n) {
          const path = randomPath(market, seed + i, points)
          const onGrid = path.every((mix) => idles || Math.abs(mix.reduce((a, b) => a + b, 0) - 1) < 1e-9)
          if (onGrid) expect(pathNet(market, path)).toBeLessThanOrEqual(best.net + 1e-12)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('adds up step by step', () => {
    const market = syntheticMarket({
      seed: 5n,
      venues: 3,
      steps: 200,
      leg: 1e-6,
      plan: 1e-6,
      swapShare: 2e-4,
      assets: [0, 1, 1],
    })
    const bound = upperBound(market, { passes: 50 })
    expect(bound.netSeries.reduce((sum, net) => sum + net, 0)).toBeCloseTo(bound.net, 12)
  })

  test('is within a few hundredths of the headroom for two venues', () => {
    const market = syntheticMarket({ seed: 11n, venues: 2, steps: 2_000, leg: 2e-6 })
    const bound = upperBound(market)
    const best = clairvoyant(market, { points: 100 })
    const headroom = best.net - bestStatic(market).net
    expect((bound.net - best.net) / headroom).toBeLessThan(0.05)
    expect((bound.net - best.net) / headroom).toBeGreaterThanOrEqual(0)
  })

  test('covers more venues than a grid can', () => {
    const market = syntheticMarket({ seed: 3n, venues: 12, steps: 300, leg: 1e-6, plan: 1e-6, cap: 0.2 })
    const bound = upperBound(market)
    expect(bound.net).toBeGreaterThan(bestStatic(market).net)
    for (let i = 0n; i < 20n; i += 1n) expect(pathNet(market, randomPath(market, i))).toBeLessThan(bound.net)
  })
})

describe('the clairvoyant', () => {
  test('says what its own path earns', () => {
    fc.assert(
      fc.property(markets, (market) => {
        const best = clairvoyant(market, { points: 5 })
        expect(pathNet(market, best.weights)).toBeCloseTo(best.net, 12)
      }),
      { numRuns: 100 },
    )
  })

  test('finds the best of all paths, each counted by hand: caps, shared gas, swaps and any start', () => {
    const small = fc.record({
      seed: fc.bigInt(1n, 1n << 60n),
      shape: fc.constantFrom([2, 3, 5] as const, [2, 2, 6] as const, [3, 2, 4] as const),
      leg: fc.constantFrom(0, 1e-7, 2e-6),
      plan: fc.constantFrom(0, 1e-6, 5e-6),
      swapShare: fc.constantFrom(0, 2e-6, 2e-4),
      assets: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 3, maxLength: 3 }),
      cap: fc.constantFrom(1, 0.7, 0.34),
      first: fc.double({ min: 0, max: 0.34, noNaN: true }),
    })
    fc.assert(
      fc.property(small, ({ seed, shape, leg, plan, swapShare, assets, cap, first }) => {
        const [venues, points, steps] = shape
        const start = Array.from({ length: venues }, (_, j) => (j === 0 ? first : 0.3))
        const market = syntheticMarket({ seed, venues, steps, leg, plan, swapShare, assets, cap, start })
        const most = Math.floor(cap * points + 1e-9)
        const grid: number[][] = []
        const cut = (mix: number[], left: number): void => {
          if (mix.length === venues) grid.push(mix.map((k) => k / points))
          else for (let k = 0; k <= Math.min(left, most); k += 1) cut([...mix, k], left - k)
        }
        cut([], points)
        const isFull = most * venues >= points
        const mixes = grid.filter((mix) => !isFull || Math.abs(mix.reduce((a, b) => a + b, 0) - 1) < 1e-9)
        const cost = (step: number, from: readonly number[], to: readonly number[]): number => {
          const legs = to.filter((weight, j) => weight !== from[j]).length
          if (legs === 0) return 0
          const change = (asset: number): number =>
            to.reduce((sum, weight, j) => sum + (assets[j] === asset ? weight - (from[j] as number) : 0), 0)
          const [own, one, two] = [-change(1) - change(2), change(1), change(2)]
          const swapped = (Math.abs(own) + Math.abs(one) + Math.abs(two)) / 2
          const gas = (market.planGas[step] as number) + legs * (market.legGas[step] as number)
          return gas / market.capital + swapShare * swapped
        }
        const income = (step: number, mix: readonly number[]): number =>
          mix.reduce((sum, w, j) => sum + (w * market.supplyApr(step, j, w * market.capital)) / 8760, 0)
        const bestFrom = (step: number, held: readonly number[]): number =>
          step === steps
            ? 0
            : Math.max(
                ...[held, ...mixes].map((to) => income(step, to) - cost(step, held, to) + bestFrom(step + 1, to)),
              )
        expect(clairvoyant(market, { points }).net).toBeCloseTo(bestFrom(0, start), 14)
        expect(upperBound(market, { passes: 20, cells: 20 }).net).toBeGreaterThanOrEqual(bestFrom(0, start) - 1e-14)
      }),
      { numRuns: 60 },
    )
  })

  test('may hold mixes off its grid that it is given', () => {
    const market = syntheticMarket({ seed: 8n, venues: 7, steps: 50, leg: 1e-6 })
    const { weights } = bestStatic(market)
    const coarse = clairvoyant(market, { points: 1 })
    const helped = clairvoyant(market, { points: 1, also: [weights] })
    expect(helped.states).toBe(coarse.states)
    expect(helped.net).toBeGreaterThanOrEqual(Math.max(coarse.net, staticNet(market, weights) - 1e-15))
  })

  test('finds the best of all paths of a small market', () => {
    const market = syntheticMarket({ seed: 21n, venues: 2, steps: 6, leg: 3e-6, plan: 1e-6 })
    const points = 4
    let best = Number.NEGATIVE_INFINITY
    const mixes = Array.from({ length: points + 1 }, (_, k) => Float64Array.of(k / points, 1 - k / points))
    const walk = (path: Float64Array[]): void => {
      if (path.length === market.steps) best = Math.max(best, pathNet(market, path))
      else for (const mix of mixes) walk([...path, mix])
    }
    walk([])
    expect(clairvoyant(market, { points }).net).toBeCloseTo(best, 14)
  })

  test('solves the finest grid of at most 126 mixes where none is named', () => {
    const states = [2, 3, 5, 6].map((venues) => {
      const { points, states } = clairvoyant(syntheticMarket({ seed: 1n, venues, steps: 3 }))
      return [venues, points, states]
    })
    expect(states).toEqual([
      [2, 100, 101],
      [3, 14, 120],
      [5, 5, 126],
      [6, 4, 126],
    ])
  })

  test('refuses a grid that is too large', () => {
    expect(() =>
      clairvoyant(syntheticMarket({ seed: 1n, venues: 6, steps: 3 }), { points: 20 }),
    ).toThrowErrorMatchingInlineSnapshot(`
      [BacktestError: The grid of the clairvoyant has too many states.
        venues: 6
        states: 53130
        limit:  4000
      Remedy: Give a coarser grid; the upper bound covers any number of venues.]
    `)
  })
})

describe('the best static mix', () => {
  test('is no worse than random mixes and than staying', () => {
    fc.assert(
      fc.property(markets, fc.bigInt(1n, 1n << 60n), (market, seed) => {
        const best = bestStatic(market)
        expect(best.weights.reduce((sum, weight) => sum + weight, 0)).toBeLessThanOrEqual(1 + 1e-9)
        const start = market.start.map((own) => own / market.capital)
        expect(staticNet(market, start)).toBeLessThanOrEqual(best.net + 1e-15)
        // A mix of the grid of two hundred; the plan's shared gas alone may hide a better one.
        const gas = (market.planGas[0] as number) / market.capital
        for (const mix of randomPath(market, seed, 200).slice(-1)) {
          expect(staticNet(market, mix)).toBeLessThanOrEqual(best.net + gas + 1e-12)
        }
      }),
      { numRuns: 100 },
    )
  })
})

describe('the market model', () => {
  test('never pays a larger deposit a higher rate, which is what the proof of the bound leans on', () => {
    const amount = fc.double({ min: 0, max: 1e9, noNaN: true })
    const venue = fc.record({
      kind: fc.constantFrom('kinked', 'comet', 'adaptive', 'exogenous'),
      kink: fc.double({ min: 0.5, max: 0.98, noNaN: true }),
      slope2: fc.double({ min: 0, max: 8, noNaN: true }),
      reserveFactor: fc.double({ min: 0, max: 0.5, noNaN: true }),
      apr: fc.double({ min: 0, max: 2, noNaN: true }),
      supply: amount,
      used: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(venue, fc.array(amount, { minLength: 2, maxLength: 20 }), (given, deposits) => {
        const { kind, kink, slope2, reserveFactor } = given as typeof given & { kind: VenueCurveKind }
        const panel = syntheticPanel({
          seed: 1n,
          steps: 1,
          venues: [{ id: 'a', asset: 'USDC', kind, kink, slope2, reserveFactor }],
        })
        panel.supplyApr[0]?.fill(given.apr)
        panel.totalSupply[0]?.fill(given.supply)
        panel.totalBorrow[0]?.fill(given.supply * given.used)
        const frame = createPanelFrame(panel)
        loadFrame(frame, panel, 0)
        const rates = deposits.sort((a, b) => a - b).map((own) => supplyAprAt(frame, 0, own))
        for (let i = 1; i < rates.length; i += 1) {
          expect(rates[i]).toBeLessThanOrEqual((rates[i - 1] as number) * (1 + 1e-12))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
