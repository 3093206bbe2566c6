import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPayback } from '../../../src/backtest/baselines/payback.ts'
import { createPointSolver } from '../../../src/backtest/best-point.ts'
import { swapCost } from '../../../src/backtest/replay-market.ts'
import { syntheticMarket } from './synthetic-market.ts'

const points = 4

function mixesOf(venues: number): number[][] {
  const found: number[][] = []
  const walk = (mix: number[], left: number): void => {
    if (mix.length === venues) found.push(mix)
    else for (let k = 0; k <= left; k += 1) walk([...mix, k], left - k)
  }
  walk([], points)
  return found
}

const cases = fc.integer({ min: 1, max: 4 }).chain((venues) =>
  fc.record({
    assets: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: venues, maxLength: venues }),
    values: fc.array(fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: points, maxLength: points }), {
      minLength: venues,
      maxLength: venues,
    }),
    held: fc.constantFrom(...mixesOf(venues)),
    swap: fc.constantFrom(0, 0.1, 1),
    gas: fc.constantFrom(0, 0.05, 0.4),
  }),
)

/** The swap of a move, by the same reckoning as the bounds. */
function swapOf(assets: readonly number[], swap: number, from: readonly number[], to: readonly number[]): number {
  const market = syntheticMarket({ seed: 1n, venues: assets.length, steps: 1, assets, swapShare: swap })
  const shares = (mix: readonly number[]) => Float64Array.from(mix, (k) => k / points)
  return swapCost(market, shares(from), shares(to))
}

test('the best point is the best of all points, swaps paid', () => {
  fc.assert(
    fc.property(cases, ({ assets, values, held, swap }) => {
      const rows = values.map((row) => Float64Array.from([0, ...row]))
      const worth = (mix: readonly number[]): number =>
        mix.reduce((sum, k, j) => sum + (rows[j]?.[k] ?? 0), 0) - swapOf(assets, swap, held, mix)
      const found = createPointSolver(points, Uint8Array.from(assets)).solve(rows, swap / points, held)
      expect(found.reduce((sum, k) => sum + k, 0)).toBeLessThanOrEqual(points)
      expect(worth(found)).toBeCloseTo(Math.max(...mixesOf(assets.length).map(worth)), 12)
    }),
    { numRuns: 500 },
  )
})

test('payback moves to the best of all points where it beats holding, and holds elsewhere', () => {
  fc.assert(
    fc.property(cases, ({ assets, values, held, swap, gas }) => {
      const income = values.map((row) => Float64Array.from([0, ...row.map(Math.abs)]))
      const worth = (mix: readonly number[]): number => {
        const legs = mix.filter((k, j) => k !== held[j]).length
        const cost = legs === 0 ? 0 : gas / 2 + gas * legs + swapOf(assets, swap, held, mix)
        return 0.5 * mix.reduce((sum, k, j) => sum + (income[j]?.[k] ?? 0), 0) - cost
      }
      const steps = createPayback(
        points,
        Uint8Array.from(assets),
      )({
        income,
        held,
        most: held.map(() => points),
        horizonYears: 0.5,
        planGas: gas / 2,
        legGas: gas,
        swapShare: swap,
      })
      const best = Math.max(...mixesOf(assets.length).map(worth))
      expect(worth(steps)).toBeGreaterThanOrEqual(worth(held) - 1e-12)
      expect(worth(steps)).toBeCloseTo(best, 12)
    }),
    { numRuns: 500 },
  )
})
