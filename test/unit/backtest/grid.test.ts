import fc from 'fast-check'
import { expect, test } from 'vitest'
import { heldSteps, weightsOf } from '../../../src/backtest/baselines/grid.ts'
import { gridPlaces } from '../../../src/observe/grid-places.ts'

const shares = fc
  .array(fc.integer({ min: 0, max: 1_000 }), { minLength: 2, maxLength: 20 })
  .filter((parts) => parts.some((part) => part > 0))
  .chain((parts) => fc.record({ parts: fc.constant(parts), idle: fc.integer({ min: 0, max: 500 }) }))

test('places on the grid are those of the observation: never more than there is', () => {
  fc.assert(
    fc.property(shares, fc.constantFrom(10, 20), ({ parts, idle }, points) => {
      const whole = parts.reduce((sum, part) => sum + part, idle)
      const held = Float64Array.from(parts, (part) => part / whole)
      const places = heldSteps(held, points)
      expect(places.reduce((sum, k) => sum + k, 0)).toBeLessThanOrEqual(points)
      expect(places).toEqual(
        gridPlaces(
          parts.map((part) => BigInt(part)),
          BigInt(whole),
          points,
        ),
      )
    }),
  )
})

test('an even split stays where it is, however many venues share it', () => {
  for (const venues of [3, 4, 6, 7, 9, 11, 16, 20]) {
    const held = new Float64Array(venues).fill(1 / venues)
    const own = heldSteps(held, 10)
    expect(
      own.reduce((sum, k) => sum + k, 0),
      String(venues),
    ).toBe(10)
    expect(weightsOf(own, own, held, 10), String(venues)).toBeUndefined()
  }
})
