import type { Hex } from 'viem'
import type { Observation } from '../observe/observation.ts'

/**
 * What a policy answers for one vault.
 *
 * - `scores`: corrections to the allocation rule, `[venue][score]`, integers as docs/policy-spec.md defines them. All
 *   zero is the rule itself.
 * - `weights`: target weights in basis points of the capital on the grid, in venue order; what is missing to 10000 stays idle. Baselines
 *   that are no correction of the rule answer this.
 * - `hold`: leave everything where it is.
 */
export type PolicyDecision =
  | { kind: 'scores'; scores: readonly (readonly number[])[] }
  | { kind: 'weights'; weightsBps: readonly number[] }
  | { kind: 'hold' }

export type Policy = {
  name: string
  /** keccak256 of the manifest for a package; of the name for a built-in rule. */
  hash: Hex
  decide(observation: Observation): PolicyDecision | Promise<PolicyDecision>
  /** `cpu`, `cuda`, `webgpu` for a network, `rule` for a built-in. */
  executionProvider: string
  close?(): Promise<void>
}
