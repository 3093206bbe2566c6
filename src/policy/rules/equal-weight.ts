import type { Observation } from '../../observe/observation.ts'
import type { PolicyDecision } from '../policy.ts'
import { capBps, fullBps, ownBps } from './weights.ts'

/** Distance of one venue from its share, in basis points of the capital, below which nothing is moved. */
const equalWeightBandBps = 500

/**
 * Spreads the capital evenly, and moves only when a venue is off its share by more than a band.
 *
 * What a cap does not admit goes evenly to the others. A stale venue keeps what it holds, and the rest is shared by the
 * venues that could be read. Shares are basis points of the capital on the grid; what rounds away stays idle.
 */
export function equalWeight(observation: Observation, bandBps: number = equalWeightBandBps): PolicyDecision {
  const held = observation.venues.map((venue) => ownBps(observation, venue))
  const weightsBps = held.map((weight, j) => (observation.venues[j]?.stale ? weight : 0))
  let left = Math.max(0, fullBps - weightsBps.reduce((sum, weight) => sum + weight, 0))
  let open = observation.venues.flatMap((venue, j) => (venue.stale ? [] : [{ j, cap: capBps(observation, venue) }]))
  while (open.length > 0) {
    const share = Math.floor(left / open.length)
    const full = open.filter(({ cap }) => cap <= share)
    if (full.length === 0) {
      for (const { j } of open) weightsBps[j] = share
      break
    }
    for (const { j, cap } of full) {
      weightsBps[j] = cap
      left -= cap
    }
    open = open.filter(({ cap }) => cap > share)
  }
  const off = Math.max(0, ...weightsBps.map((weight, j) => Math.abs(weight - (held[j] ?? 0))))
  return off > bandBps ? { kind: 'weights', weightsBps } : { kind: 'hold' }
}
