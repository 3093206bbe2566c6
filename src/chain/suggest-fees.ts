import { formatGwei } from 'viem'
import type { Refusal } from '../plan/plan.ts'

export type FeeSettings = {
  /** Ceiling in wei per gas: what the keeper pays at most, bumps included. */
  maxFeePerGas: bigint
  /** Tip in wei per gas. */
  maxPriorityFeePerGas: bigint
  /** Room that the first offer leaves under the ceiling for one fee bump, in percent. @default 12 */
  bumpHeadroomPercent?: number
}

export type FeeSuggestion = {
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

/**
 * Suggests EIP-1559 fees in wei per gas: twice the base fee plus the tip, so that six full blocks in a row
 * (12.5 % each) are survived, but never so much that the ceiling would not leave room for one bump.
 *
 * Returns a refusal `fee_ceiling` where base fee and tip alone do not fit under that bound.
 */
export function suggestFees(
  baseFeePerGas: bigint,
  settings: FeeSettings,
): { fees: FeeSuggestion; refusal: null } | { fees: null; refusal: Refusal } {
  const headroom = BigInt(settings.bumpHeadroomPercent ?? 12)
  const firstOffer = (settings.maxFeePerGas * 100n) / (100n + headroom)
  const tip = settings.maxPriorityFeePerGas
  if (baseFeePerGas + tip > firstOffer) {
    return {
      fees: null,
      refusal: {
        code: 'fee_ceiling',
        reason: `Base fee and tip of ${formatGwei(baseFeePerGas + tip)} gwei exceed ${formatGwei(firstOffer)} gwei, the ceiling of ${formatGwei(settings.maxFeePerGas)} gwei less room for one bump.`,
      },
    }
  }
  const generous = baseFeePerGas * 2n + tip
  return {
    fees: { maxFeePerGas: generous < firstOffer ? generous : firstOffer, maxPriorityFeePerGas: tip },
    refusal: null,
  }
}
