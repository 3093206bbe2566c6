import type { Observation } from '../../observe/observation.ts'
import type { PolicyDecision } from '../policy.ts'
import { capBps, fullBps, heldAprE9, ownBps } from './weights.ts'

/** Gain in supply APR that a move must promise, 1e9 = 100 %: 50 basis points. */
const greedyThresholdE9 = 5_000_000n

/**
 * Chases the best rate of the last slot: what most products do, and the baseline that own impact and gas punish.
 *
 * Fills the venues in the order of `memory.aprE9` up to their caps (ties: the earlier venue) and moves when the rate of
 * the last slot, averaged over the capital, rises by more than the threshold. It knows neither gas nor its own impact.
 * A stale venue keeps what it holds.
 */
export function greedy(observation: Observation, thresholdE9: bigint = greedyThresholdE9): PolicyDecision {
  const held = observation.venues.map((venue) => ownBps(observation, venue))
  const weightsBps = held.map((weight, j) => (observation.venues[j]?.stale ? weight : 0))
  let left = Math.max(0, fullBps - weightsBps.reduce((sum, weight) => sum + weight, 0))
  const byRate = observation.venues
    .map((venue, j) => ({ venue, j }))
    .filter(({ venue }) => !venue.stale && venue.memory.aprE9 > 0n)
    .sort((a, b) =>
      a.venue.memory.aprE9 === b.venue.memory.aprE9 ? a.j - b.j : a.venue.memory.aprE9 > b.venue.memory.aprE9 ? -1 : 1,
    )
  for (const { venue, j } of byRate) {
    const weight = Math.min(left, capBps(observation, venue))
    weightsBps[j] = weight
    left -= weight
  }
  const gainE9 = heldAprE9(observation, weightsBps) - heldAprE9(observation, held)
  return gainE9 > thresholdE9 ? { kind: 'weights', weightsBps } : { kind: 'hold' }
}
