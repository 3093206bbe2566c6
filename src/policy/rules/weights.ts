import type { Observation, VenueObservation } from '../../observe/observation.ts'

/** 100 % in basis points. */
export const fullBps = 10_000

/** Share of the capital on the grid that a venue holds, in basis points, rounded to nearest; 0 without capital. */
export function ownBps(observation: Observation, venue: VenueObservation): number {
  if (observation.capitalQ6 <= 0n) return 0
  return Number((venue.ownQ6 * BigInt(fullBps) + observation.capitalQ6 / 2n) / observation.capitalQ6)
}

/** Largest share of the capital on the grid that the caps of a venue admit, in basis points. */
export function capBps(observation: Observation, venue: VenueObservation): number {
  return Math.floor((Math.min(venue.capSteps, observation.gridSteps) * fullBps) / observation.gridSteps)
}

/** Supply APR of the last slot averaged over what is held, 1e9 = 100 %; what is idle earns nothing. */
export function heldAprE9(observation: Observation, weightsBps: readonly number[]): bigint {
  let sum = 0n
  observation.venues.forEach((venue, j) => {
    sum += venue.memory.aprE9 * BigInt(weightsBps[j] ?? 0)
  })
  return sum / BigInt(fullBps)
}
