import type { Plan, Refusal } from './plan.ts'

/** One venue before and after a plan; amounts in asset units, weights in basis points of total assets. */
export type VenueChange = {
  name: string
  assetsBefore: bigint
  /** What the policy asks for, before rounding, buckets and the smallest leg. */
  assetsTarget: bigint
  /** What the plan leaves; equal to `assetsBefore` where there is no plan. */
  assetsAfter: bigint
  weightBeforeBps: number
  weightAfterBps: number
  /** Smoothed supply APR that the estimate of the gain uses, 1e9 = 100 %, at the position before and after. */
  rateBeforeE9: bigint
  rateAfterE9: bigint
}

export type PlanCost = {
  /** Gas of the whole plan, and what it costs in wei and in asset units, rounded up. */
  gas: bigint
  wei: bigint
  gasAssets: bigint
  /** What rounding inside the venues may take, in asset units. */
  roundingAssets: bigint
  totalAssets: bigint
}

/** What planning found. `plan` is null exactly where `refusals` is not empty. */
export type PlanResult = {
  plan: Plan | null
  refusals: readonly Refusal[]
  /** Per venue in venue order: what the policy asks for, in asset units. */
  targetAssets: readonly bigint[]
  venues: readonly VenueChange[]
  idleBefore: bigint
  idleAfter: bigint
  /** Assets that leave venues and assets that enter venues. */
  withdrawnAssets: bigint
  depositedAssets: bigint
  /**
   * Gain over the horizon against holding, in asset units, before cost; negative where the move loses. With `cost` and
   * `edgeBps` it is that of the move that was withheld, where one was.
   */
  expectedGain: bigint
  cost: PlanCost
  /** (expectedGain − cost) in basis points of the assets that move, floored; 0 where nothing moves. */
  edgeBps: bigint
  /**
   * What made this a partial step towards the target, if anything did: a bucket of the Guard, or a venue that could not
   * pay out or take its leg and was held. The next plan goes on from there.
   */
  limitedBy: 'turnover_exhausted' | 'inflow_exhausted' | 'liquidity' | 'venue_cap' | null
  /** Asset units that the plan only takes out for the redeem queue; absent on a plan of the policy. */
  freedForQueue?: bigint
}
