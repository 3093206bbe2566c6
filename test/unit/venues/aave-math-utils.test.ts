import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { aaveLiquidityIndex, aaveVariableBorrowIndex } from '../../../src/venues/aave-v3/rates.ts'

type Vectors = {
  states: {
    indexRay: string
    rateRay: string
    elapsed: number
    liquidityIndexRay: string
    variableBorrowIndexRay: string
  }[]
}

const { states } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/aave-math-utils.json'), 'utf8'),
) as Vectors

// The contract is the truth, to the wei (test/e2e/rates-random-states.test.ts). The library takes time as a share of a year
// before it multiplies; and it still expands (1 + r)^n, as pools did before v3.6, where the contract now expands e^(rn): the
// second terms differ by r²n / 2, r being the rate per second. It rounds r² and r³ to a ray, and then multiplies them by n² / 2
// and n³ / 6.
test('indices are those of Aave’s own TypeScript library, but for a term that the contract has changed and its rounding', () => {
  expect(states).toHaveLength(300)
  for (const { indexRay, rateRay, elapsed, liquidityIndexRay, variableBorrowIndexRay } of states) {
    const [index, rate] = [BigInt(indexRay), BigInt(rateRay)]
    const off = (found: bigint, expected: string): number => Number(found - BigInt(expected)) / Number(expected)
    const linear = off(aaveLiquidityIndex(index, rate, BigInt(elapsed)), liquidityIndexRay)
    expect(Math.abs(linear)).toBeLessThan(1e-18)
    const compounded = off(aaveVariableBorrowIndex(index, rate, BigInt(elapsed)), variableBorrowIndexRay)
    const perSecond = Number(rate) / 1e27 / 31_536_000
    const rounded = (elapsed ** 2 / 2 + elapsed ** 3 / 6) / 1e27
    expect(Math.abs(compounded)).toBeLessThan(1e-18 + perSecond ** 2 * elapsed + rounded)
  }
})
