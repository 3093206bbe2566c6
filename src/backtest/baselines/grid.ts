import { specification } from '../../policy/specification.ts'
import type { PolicyView } from '../replay.ts'

/** Steps into which rules cut the capital: those of the policy specification. */
export function gridPoints(venues: number): number {
  const { upToTwoVenues, more } = specification.observation.gridSteps
  return venues <= 2 ? upToTwoVenues : more
}

/** A remainder is that of an amount that rounding left a hair below or above a step. */
const hair = 1e-9

/**
 * Place of each venue's weight on the grid, as `gridPlaces` of the observation has it: `round(sum * points)` steps are
 * shared out by largest remainder, the earlier venue first among equals. So no more is held than there is.
 */
export function heldSteps(held: Float64Array, points: number): number[] {
  let left = 0
  const places = Array.from(held, (weight) => {
    left += weight * points
    return Math.floor(weight * points + hair)
  })
  left = Math.round(left) - places.reduce((sum, k) => sum + k, 0)
  if (left <= 0) return places
  const remainders = places.map((k, j) => (held[j] as number) * points - k)
  for (; left > 0; left -= 1) {
    let best = 0
    for (let j = 1; j < remainders.length; j += 1) {
      if ((remainders[j] as number) > (remainders[best] as number) + hair) best = j
    }
    places[best] = (places[best] as number) + 1
    remainders[best] = -1
  }
  return places
}

/** Most steps that a rule may put into each venue: those of its cap; nothing new where the venue is closed. */
export function openSteps(
  { caps, frame }: Pick<PolicyView, 'caps' | 'frame'>,
  held: readonly number[],
  points: number,
): number[] {
  return held.map((k, j) =>
    Number.isNaN(frame.supplyApr[j] as number)
      ? k
      : Math.max(k, Math.min(points, Math.floor((caps[j] as number) * points + 1e-9))),
  )
}

/**
 * Weights of steps of the grid; a venue whose step stays keeps exactly what it holds. Undefined where all stay.
 *
 * @param own the steps that are held, as the steps were chosen from.
 */
export function weightsOf(
  steps: readonly number[],
  own: readonly number[],
  held: Float64Array,
  points: number,
): Float64Array | undefined {
  let moves = false
  const weights = Float64Array.from(steps, (k, j) => {
    const here = held[j] as number
    if (k === own[j]) return here
    moves = true
    return k / points
  })
  if (!moves) return undefined
  // What stays a little off the grid must not make the sum more than the capital.
  let over = weights.reduce((sum, weight) => sum + weight, 0) - 1
  for (let j = 0; j < weights.length && over > 0; j += 1) {
    const weight = weights[j] as number
    if (weight === held[j]) continue
    weights[j] = Math.max(0, weight - over)
    over -= weight - (weights[j] as number)
  }
  return weights
}
