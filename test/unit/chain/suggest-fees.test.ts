import fc from 'fast-check'
import { expect, test } from 'vitest'
import { suggestFees } from '../../../src/chain/suggest-fees.ts'

const gwei = 1_000_000_000n

test('a calm chain is offered twice its base fee and the tip', () => {
  expect(suggestFees(10n * gwei, { maxFeePerGas: 100n * gwei, maxPriorityFeePerGas: gwei })).toEqual({
    fees: { maxFeePerGas: 21n * gwei, maxPriorityFeePerGas: gwei },
    refusal: null,
  })
})

test('the first offer leaves room for one bump under the ceiling', () => {
  const { fees } = suggestFees(80n * gwei, { maxFeePerGas: 112n * gwei, maxPriorityFeePerGas: gwei })
  expect(fees?.maxFeePerGas).toBe(100n * gwei)
})

test('a base fee that does not fit is refused with its numbers', () => {
  expect(suggestFees(100n * gwei, { maxFeePerGas: 112n * gwei, maxPriorityFeePerGas: gwei })).toEqual({
    fees: null,
    refusal: {
      code: 'fee_ceiling',
      reason: 'Base fee and tip of 101 gwei exceed 100 gwei, the ceiling of 112 gwei less room for one bump.',
    },
  })
})

test('whatever the base fee, an offer covers it, and its bump stays under the ceiling', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 500n * gwei }),
      fc.bigInt({ min: 1n, max: 400n * gwei }),
      fc.bigInt({ min: 0n, max: 10n * gwei }),
      (baseFee, maxFeePerGas, maxPriorityFeePerGas) => {
        const { fees } = suggestFees(baseFee, { maxFeePerGas, maxPriorityFeePerGas })
        if (fees === null) return
        expect(fees.maxFeePerGas).toBeGreaterThanOrEqual(baseFee + fees.maxPriorityFeePerGas)
        expect((fees.maxFeePerGas * 112n) / 100n).toBeLessThanOrEqual(maxFeePerGas)
      },
    ),
  )
})
