/** What planning needs to know besides the chain and the policy. Plain integers; the configuration fills them. */
export type PlanSettings = {
  /**
   * Time over which a move must pay for itself; seconds. Scores of zero stand for the specification's 168 h; a policy
   * whose scores ask for another horizon scales this one alike.
   */
  horizonSeconds: number
  /**
   * Smallest gain after cost over the horizon, in basis points of the assets that move. `null` switches the filter off:
   * a report that shows a bare policy, or a baseline that does not chase yield, runs without it.
   */
  minEdgeBps: number | null
  /** Legs smaller than this many asset units are dropped. */
  minLegAssets: bigint
  /** Seconds after `now` until which the plan may land. */
  deadlineSeconds: number
  /** Sets `minTotalAssetsAfter`: total assets less this many basis points. */
  maxLossBps: number
  /** Share of total assets that stays idle, basis points. */
  idleReserveBps: number
  /** Fee ceiling in wei per gas: with a base fee above it no plan is made. */
  maxFeePerGas: bigint
  /** Tip that the cost estimate adds to the base fee; wei per gas. */
  maxPriorityFeePerGas: bigint
  /** Gas of a plan without legs, and of each leg; the defaults are measured with five venues on the devnet. */
  gasPerPlan: bigint
  gasPerLeg: bigint
  /** A venue with fewer observed slots than this holds every plan back; 1 is enough for the specification's averages. */
  minObservedSlots: number
}

export const defaultPlanSettings: PlanSettings = {
  horizonSeconds: 168 * 3600,
  minEdgeBps: 0,
  minLegAssets: 1_000_000n,
  deadlineSeconds: 300,
  maxLossBps: 1,
  idleReserveBps: 0,
  maxFeePerGas: 100_000_000_000n,
  maxPriorityFeePerGas: 100_000_000n,
  gasPerPlan: 240_000n,
  gasPerLeg: 130_000n,
  minObservedSlots: 1,
}

/** Gas that a leg is reckoned with in an observation: its own, and its share of the plan's, which has two legs or more. */
export function gasUnitsPerLeg({ gasPerPlan, gasPerLeg }: Pick<PlanSettings, 'gasPerPlan' | 'gasPerLeg'>): bigint {
  return gasPerLeg + gasPerPlan / 2n
}
