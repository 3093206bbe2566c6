import type { Observation } from '../../observe/observation.ts'
import type { PolicyDecision } from '../policy.ts'

/**
 * Answers no correction to the allocation rule, which is then smoothed water-filling with payback: averages of the rate
 * with a half-life of 72 slots, own impact, and a horizon of 168 slots over which the gas of a leg must be earned back.
 *
 * @param scoreCount number of scores per venue of the specification.
 */
export function smoothedWaterFilling(observation: Observation, scoreCount: number): PolicyDecision {
  return { kind: 'scores', scores: observation.venues.map(() => new Array<number>(scoreCount).fill(0)) }
}
