import { parseGwei } from 'viem'
import type { PlanSettings } from '../plan/plan-settings.ts'
import type { Config } from './schema.ts'

/** The settings of planning that a configuration stands for. */
export function planSettings(config: Pick<Config, 'keeper' | 'vault'>): PlanSettings {
  const { limits } = config.keeper
  return {
    horizonSeconds: limits.horizonHours * 3600,
    minEdgeBps: limits.minEdgeBps,
    minLegAssets: limits.minLegAssets,
    deadlineSeconds: limits.deadlineSeconds,
    maxLossBps: limits.maxLossBps,
    idleReserveBps: config.vault.idleReserveBps,
    maxFeePerGas: gweiToWei(limits.maxFeePerGasGwei),
    maxPriorityFeePerGas: gweiToWei(limits.maxPriorityFeeGwei),
    gasPerPlan: BigInt(limits.gasPerPlan),
    gasPerLeg: BigInt(limits.gasPerLeg),
    minObservedSlots: limits.minObservedSlots,
  }
}

/** Exact wei of a number of gwei as the configuration holds it; more than nine decimals are cut. */
export function gweiToWei(gwei: number): bigint {
  return parseGwei(gwei.toFixed(9))
}
