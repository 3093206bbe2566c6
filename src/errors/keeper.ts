import { TillerError } from './base.ts'

export function keyMissing(mode: string): TillerError {
  return new TillerError('This mode signs, and there is no key.', {
    code: 'KEY_MISSING',
    remedy: 'Configure `signer` with a keystore, or run in mode readonly, dry or paper.',
    details: { mode },
  })
}

export function decisionMissing(id: number): TillerError {
  return new TillerError('There is no such decision.', {
    code: 'DECISION_MISSING',
    remedy: 'List the decisions with `tiller journal ls`.',
    details: { decision: id },
  })
}

export function scheduleMalformed(schedule: string): TillerError {
  return new TillerError('The schedule is not a cron expression.', {
    code: 'SCHEDULE_MALFORMED',
    remedy: 'Give a cron expression such as "0 * * * *".',
    details: { schedule },
  })
}

/** The policy did not answer in time; a pass goes on without it. */
export function policyTimeout(timeoutMs: number): TillerError {
  return new TillerError('The policy did not answer in time.', {
    code: 'POLICY_TIMEOUT',
    remedy: 'Look at the execution provider, or restart the keeper; if it stays so, use another provider.',
    details: { timeoutMs },
    retryable: true,
  })
}
