import { specification } from '../../policy/specification.ts'
import type { PolicyView } from '../replay.ts'

/** Steps into which rules cut the capital: those of the policy specification. */
export function gridPoints(venues: number): number {
  const { upToTwoVenues, more } = specification.observation.gridSteps
  return venues <= 2 ? upToTwoVenues : more
}

/** Place of each venue's weight on the grid. */
export function heldSteps(held: Float64Array, points: number): number[] {
  return Array.from(held, (weight) => Math.round(weight * points))
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

/** Weights of steps of the grid; a venue whose step stays keeps exactly what it holds. Undefined where all stay. */
export function weightsOf(steps: readonly number[], held: Float64Array, points: number): Float64Array | undefined {
  let moves = false
  const weights = Float64Array.from(steps, (k, j) => {
    const here = held[j] as number
    if (k === Math.round(here * points)) return here
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
