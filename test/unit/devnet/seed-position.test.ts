import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seedPosition } from '../../../src/devnet/deploy/seed-position.ts'

test('a position around an even price takes both sides whole', () => {
  expect(seedPosition({ fee: 100, halfWidth: 10, amount0: 10n ** 13n, amount1: 10n ** 13n })).toEqual({
    sqrtPriceX96: 2n ** 96n,
    tickLower: -10,
    tickUpper: 10,
    liquidity: 20_006_000_399_979_999n,
    amount0: 10n ** 13n,
    amount1: 10n ** 13n,
  })
})

test('a position never takes more than is given, all of one side but for rounding, and lies on usable ticks', () => {
  const units = fc.bigInt({ min: 10n ** 10n, max: 10n ** 24n })
  fc.assert(
    fc.property(units, units, fc.integer({ min: 10, max: 600 }), (amount0, amount1, width) => {
      const seed = seedPosition({ fee: 500, halfWidth: width * 10, amount0, amount1 })
      expect(seed.amount0 <= amount0 && seed.amount1 <= amount1).toBe(true)
      const left = (taken: bigint, given: bigint) => Number(given - taken) / Number(given)
      expect(Math.min(left(seed.amount0, amount0), left(seed.amount1, amount1))).toBeLessThan(1e-6)
      expect([seed.tickLower % 10 === 0, seed.tickUpper - seed.tickLower]).toEqual([true, width * 20])
    }),
    { numRuns: 200 },
  )
})
