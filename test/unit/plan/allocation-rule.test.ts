import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate, type RuleObservation, valueTable } from '../../../src/plan/allocation-rule.ts'
import type { RateCurve } from '../../../src/venues/venue.ts'
import { steady, venue } from '../observe/fixtures.ts'

const zero = new Array<number>(8).fill(0)
const zeros = (n: number) => Array.from({ length: n }, () => zero)
const none: RateCurve = { mode: 'none', kinkQ16: 0, rate0E9: 0n, rateKinkE9: 0n, rateMaxE9: 0n }

type RuleVenue = RuleObservation['venues'][number]

function place(aprE9: number, change: Partial<RuleVenue> = {}): RuleVenue {
  return { memory: steady(BigInt(aprE9), 1), curve: none, ownSteps: 0, capSteps: 20, stale: false, ...change }
}

function rule(venues: RuleVenue[], change: Partial<RuleObservation> = {}): RuleObservation {
  return { capitalQ6: 64_000_000n, gridSteps: 10, gasPerLegE12: 2_500_000n, venues, ...change }
}

/** Every allowed point, compared by value and then by the documented order of equals. */
function exhaustive(observation: RuleObservation, scores: readonly (readonly number[])[], maxStep: number): number[] {
  const values = valueTable(observation, scores)
  const own = observation.venues.map((v) => v.ownSteps)
  let points: number[][] = [[]]
  for (const v of observation.venues) {
    const high = Math.min(observation.gridSteps, Math.max(v.ownSteps, v.capSteps))
    const steps = Array.from({ length: high + 1 }, (_, k) => k).filter(
      (k) => k === v.ownSteps || (!v.stale && Math.abs(k - v.ownSteps) <= maxStep),
    )
    points = points.flatMap((point) => steps.map((k) => [...point, k]))
  }
  points = points.filter((point) => point.reduce((a, b) => a + b, 0) <= observation.gridSteps)
  const worth = (point: number[]) => point.reduce((sum, k, j) => sum + (values[j]?.[k] ?? 0), 0)
  const rank = (point: number[]) => point.map((k, j) => (k === own[j] ? -1 : k)).reverse()
  points.sort((a, b) => {
    const difference = worth(b) - worth(a)
    if (difference !== 0) return difference
    const [x, y] = [rank(a), rank(b)]
    const at = x.findIndex((k, i) => k !== y[i])
    return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0)
  })
  const best = points[0] ?? own
  return worth(best) > worth(own) ? best : own
}

test('the rule is the exhaustive optimum with its documented order among equals', () => {
  const rates = fc.integer({ min: 0, max: 6 }).map((n) => n * 10_000_000)
  const one = fc.record({
    rate: rates,
    own: fc.integer({ min: 0, max: 3 }),
    cap: fc.integer({ min: 0, max: 6 }),
    stale: fc.boolean(),
    curved: fc.boolean(),
    scores: fc.oneof(
      fc.constant(zero),
      fc.array(fc.integer({ min: -4096, max: 4095 }), { minLength: 8, maxLength: 8 }),
    ),
  })
  fc.assert(
    fc.property(
      fc.array(one, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 4, max: 6 }),
      fc.constantFrom(0n, 1n, 100_000n, 100_000_000n, (1n << 40n) - 1n),
      fc.integer({ min: 1, max: 6 }),
      fc.bigInt(64n, 1n << 36n),
      (venues, gridSteps, gasPerLegE12, maxStep, capitalQ6) => {
        let left = gridSteps
        const observation = rule(
          venues.map(({ rate, own, cap, stale, curved }) => {
            const ownSteps = Math.min(own, left)
            left -= ownSteps
            return place(rate, {
              ownSteps,
              capSteps: cap,
              stale: stale && own > 1,
              curve: curved ? venue().curve : none,
            })
          }),
          { gridSteps, gasPerLegE12, capitalQ6 },
        )
        const scores = venues.map((v) => v.scores)
        expect(allocate(observation, scores, { maxStep })).toEqual(exhaustive(observation, scores, maxStep))
      },
    ),
    { numRuns: 1500 },
  )
})

describe('what the rule does', () => {
  test('it goes where the rate is better for long enough to pay for the gas, and stays otherwise', () => {
    const pair = (gasPerLegE12: bigint) =>
      allocate(rule([place(40_000_000, { ownSteps: 10 }), place(50_000_000)], { gasPerLegE12 }), zeros(2))
    // One point over 168 hours is 191780821e-12 of the capital, for two legs.
    expect(pair(95_000_000n)).toEqual([0, 10])
    expect(pair(96_000_000n)).toEqual([10, 0])
  })

  test('its own impact splits the capital, the steeper curve gets less', () => {
    const curve = venue().curve
    const deep = steady(40_000_000n, 1, { supply72Q6: 128_000_000n, borrow72Q6: 102_400_000n })
    const shallow = steady(40_000_000n, 1, { supply72Q6: 64_000_000n, borrow72Q6: 51_200_000n })
    const [a = 0, b = 0] = allocate(
      rule([place(0, { memory: deep, curve }), place(0, { memory: shallow, curve })]),
      zeros(2),
    )
    expect(a + b).toBe(10)
    expect(a).toBeGreaterThan(b)
    expect(b).toBeGreaterThan(0)
  })

  test('staying wins a tie', () => {
    expect(
      allocate(rule([place(40_000_000), place(40_000_000, { ownSteps: 10 })], { gasPerLegE12: 0n }), zeros(2)),
    ).toEqual([0, 10])
  })

  test('a cap below the position stops inflow and forces nothing', () => {
    const venues = [place(40_000_000, { ownSteps: 6, capSteps: 3 }), place(39_000_000, { ownSteps: 4 })]
    expect(allocate(rule(venues, { gasPerLegE12: 0n }), zeros(2))).toEqual([6, 4])
  })

  test('a stale venue keeps its steps, whatever is offered elsewhere', () => {
    const venues = [place(10_000_000, { ownSteps: 4, stale: true }), place(90_000_000, { ownSteps: 1 })]
    expect(allocate(rule(venues), zeros(2))).toEqual([4, 6])
  })

  test('one venue, no rate at all, no capital: it answers all of them', () => {
    expect(allocate(rule([place(40_000_000)], { gridSteps: 20 }), zeros(1))).toEqual([20])
    expect(allocate(rule([place(0), place(0)]), zeros(2))).toEqual([0, 0])
    expect(allocate(rule([place(40_000_000, { ownSteps: 3 })], { capitalQ6: 0n }), zeros(1))).toEqual([3])
  })

  test('where more steps would leave venues than may, the largest step is halved', () => {
    const observation = rule([place(40_000_000, { ownSteps: 10 }), place(60_000_000)], { gasPerLegE12: 0n })
    expect(allocate(observation, zeros(2))).toEqual([0, 10])
    expect(allocate(observation, zeros(2), { maxOutSteps: 5 })).toEqual([5, 5])
    expect(allocate(observation, zeros(2), { maxOutSteps: 4 })).toEqual([8, 2])
    expect(allocate(observation, zeros(2), { maxOutSteps: 0 })).toEqual([10, 0])
    expect(allocate(observation, zeros(2), { maxStep: 3 })).toEqual([7, 3])
  })

  test('a positive hold score keeps what a zero one would move, a horizon score lets it go again', () => {
    const observation = rule([place(40_000_000, { ownSteps: 10 }), place(50_000_000)], { gasPerLegE12: 60_000_000n })
    const all = (at: number, value: number) => zeros(2).map((row) => row.map((_, i) => (i === at ? value : 0)))
    expect(allocate(observation, zeros(2))).toEqual([0, 10])
    expect(allocate(observation, all(6, 1024))).toEqual([10, 0])
    expect(allocate(observation, all(5, -1024))).toEqual([10, 0])
  })

  test('it never asks for more than the grid, beyond a cap with inflow, or from a stale venue, whatever the scores', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            rate: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
            cap: fc.integer({ min: 0, max: 10 }),
            own: fc.integer({ min: 0, max: 3 }),
            stale: fc.boolean(),
            scores: fc.array(fc.integer({ min: -4096, max: 4095 }), { minLength: 8, maxLength: 8 }),
          }),
          { minLength: 1, maxLength: 16 },
        ),
        (venues) => {
          let left = 10
          const observation = rule(
            venues.map(({ rate, cap, own, stale }) => {
              const ownSteps = Math.min(own, left)
              left -= ownSteps
              return place(rate, { ownSteps, capSteps: cap, stale, curve: venue().curve })
            }),
          )
          const steps = allocate(
            observation,
            venues.map((v) => v.scores),
          )
          expect(steps.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(10)
          steps.forEach((k, j) => {
            const v = observation.venues[j]
            if (v?.stale) expect(k).toBe(v.ownSteps)
            else expect(k).toBeLessThanOrEqual(Math.max(v?.ownSteps ?? 0, v?.capSteps ?? 0))
          })
        },
      ),
      { numRuns: 300 },
    )
  })
})

test('scores that are missing, no integers, or too many venues are refused', () => {
  const observation = rule([place(1), place(2)])
  expect(() => allocate(observation, zeros(1))).toThrowErrorMatchingInlineSnapshot(`
    [ObserveError: The number of score rows does not match.
      expected: 2
      found:    1
    Remedy: Give one for each venue, in the order of the market state.]
  `)
  expect(() => allocate(observation, [zero, [0]])).toThrow('integer of the specified range')
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 0.5, 4096]) {
    expect(() => allocate(observation, [zero, [bad, ...zero.slice(1)]])).toThrow('A score is not an integer')
  }
  expect(() => allocate(rule([]), [])).toThrow('does not cover')
})

test('eight venues are observed and allocated within a millisecond', () => {
  const observation = rule(
    Array.from({ length: 8 }, (_, j) => place(30_000_000 + j * 1_000_000, { curve: venue().curve })),
  )
  for (let i = 0; i < 200; i += 1) allocate(observation, zeros(8))
  const started = performance.now()
  for (let i = 0; i < 200; i += 1) allocate(observation, zeros(8))
  expect((performance.now() - started) / 200).toBeLessThan(1)
})
