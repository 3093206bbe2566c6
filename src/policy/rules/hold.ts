import type { PolicyDecision } from '../policy.ts'

/** Leaves everything where it is: the baseline that pays no gas. */
export function hold(): PolicyDecision {
  return { kind: 'hold' }
}
