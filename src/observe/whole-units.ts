import { specification } from '../policy/specification.ts'

const max = BigInt(specification.observation.sizes.max)

/** Whole asset units in Q6 (64 = one unit), floored and saturated at 2^42 − 1, of an amount in asset units. */
export function wholeUnitsQ6(assets: bigint, assetDecimals: number): bigint {
  const units = (assets * 64n) / 10n ** BigInt(assetDecimals)
  return units < max ? units : max
}
