import { TillerError } from '../errors/base.ts'
import { policyTimeout } from '../errors/keeper.ts'
import type { Observation } from '../observe/observation.ts'
import type { Refusal } from '../plan/plan.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import { checkDecision } from './check-decision.ts'
import type { TickEffects, TickSettings } from './effects.ts'

/** Asks the policy for its decision; a policy that fails, hangs or answers garbage is a refusal. */
export async function askPolicy(
  { policy }: TickEffects,
  { policyTimeoutMs }: TickSettings,
  observation: Observation,
): Promise<PolicyDecision | Refusal> {
  try {
    const decision = await withinTime(policy.decide(observation), policyTimeoutMs)
    const fault = checkDecision(decision, observation.venues.length)
    return fault === null ? decision : { code: 'policy_failed', reason: `The policy answered garbage: ${fault}.` }
  } catch (error) {
    const known = error instanceof TillerError ? `${error.code}: ${error.shortMessage}` : String(error)
    return { code: 'policy_failed', reason: `The policy failed: ${known}` }
  }
}

/** A session that hangs must not take the pass, and with it the keeper, along. */
async function withinTime<result>(work: result | Promise<result>, milliseconds: number): Promise<result> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(policyTimeout(milliseconds)), milliseconds)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}
