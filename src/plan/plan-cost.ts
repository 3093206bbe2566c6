import { ceilDiv } from './integers.ts'
import type { PlanCost } from './plan-result.ts'
import type { PlanSettings } from './plan-settings.ts'

/** Asset units that one leg may lose to rounding inside a venue: one when it goes in, one when it comes out. */
export const roundingPerLeg = 2n

export type PlanCostParameters = {
  legs: number
  /** Wei per gas of the block that was read. */
  baseFeePerGas: bigint
  /** USD per ETH and per whole asset unit, 1e8 = 1 USD. */
  ethPriceE8: bigint
  assetPriceE8: bigint
  assetDecimals: number
  settings: Pick<PlanSettings, 'gasPerPlan' | 'gasPerLeg' | 'maxPriorityFeePerGas'>
}

/**
 * Estimates what a plan costs: gas at base fee plus tip, in wei and in asset units (rounded up), and rounding inside
 * the venues. A plan without legs costs nothing.
 */
export function planCost(parameters: PlanCostParameters): PlanCost {
  const { legs, settings } = parameters
  if (legs === 0) return { gas: 0n, wei: 0n, gasAssets: 0n, roundingAssets: 0n, totalAssets: 0n }
  const gas = settings.gasPerPlan + settings.gasPerLeg * BigInt(legs)
  const wei = gas * (parameters.baseFeePerGas + settings.maxPriorityFeePerGas)
  const gasAssets = ceilDiv(
    wei * parameters.ethPriceE8 * 10n ** BigInt(parameters.assetDecimals),
    parameters.assetPriceE8 * 10n ** 18n,
  )
  const roundingAssets = roundingPerLeg * BigInt(legs)
  return { gas, wei, gasAssets, roundingAssets, totalAssets: gasAssets + roundingAssets }
}
