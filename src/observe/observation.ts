import type { RateCurve } from '../venues/venue.ts'

/**
 * What is stored per venue between slots: the averages of docs/policy-spec.md. Integers only; a JSON round trip with
 * bigints as decimal strings loses nothing.
 */
export type VenueMemory = {
  /** Slot number (unix seconds / slotSeconds) of the last observation; -1 before the first. */
  slot: number
  /** Index and time of the last observation. */
  index: bigint
  observedAt: bigint
  /** Supply APR over the last slot, 1e9 = 100 %. */
  aprE9: bigint
  /** Exponential averages of aprE9 with half-lives 6, 24, 72, 168, 504 slots, in Q8. */
  averagesQ8: readonly [bigint, bigint, bigint, bigint, bigint]
  /** Average of |change of log2 aprE9|, half-life 72 slots. */
  volatilityQ8: bigint
  /** Slots for which aprE9 has stood above 1.5 × its 168-slot average. */
  spikeSlots: number
  /** Slot of the last size sample; -1 before the first. A sample is taken only in a block in which nobody touched the venue. */
  sizeSlot: number
  /** Averages (half-life 6 slots) of the venue's size in whole asset units, Q6: for features. */
  supplyQ6: bigint
  borrowQ6: bigint
  /** Averages (half-life 72 slots) of the venue's size and of our own position, over the same samples: for the curve. */
  supply72Q6: bigint
  borrow72Q6: bigint
  own72Q6: bigint
  /** What the venue would still accept, by the last size sample; whole asset units in Q6, not averaged. */
  roomQ6: bigint
  /** Observed slots so far, saturating. */
  count: number
}

/** Inputs of the allocation rule and of the network for one vault in one slot. */
export type Observation = {
  slot: number
  venues: readonly VenueObservation[]
  /** Features shared by all venues, 13-bit signed integers, in the order of the specification. */
  globalFeatures: readonly number[]
  /** Capital on the grid: the positions that could be read and what is idle beyond the reserve; whole asset units in Q6. */
  capitalQ6: bigint
  /** Steps of the grid into which the capital is cut. */
  gridSteps: number
  /** Gas of one touched venue as a share of the capital, 1e12 = 100 %. */
  gasPerLegE12: bigint
}

export type VenueObservation = {
  name: string
  /** 13-bit signed integers, in the order of the specification. */
  features: readonly number[]
  memory: VenueMemory
  curve: RateCurve
  /** Our own position, whole asset units in Q6, and its place on the grid. */
  ownQ6: bigint
  ownSteps: number
  /** Largest number of steps that caps admit. */
  capSteps: number
  /** A stale venue keeps its steps. */
  stale: boolean
}
