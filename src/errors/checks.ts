import { TillerError } from './base.ts'

/** A check of the simulator or of a backtest has found what it looks for. */
export class CheckError extends TillerError {
  override readonly name = 'CheckError'
}

/** Chain and simulator are further apart than they may be; the first place is named. */
export function parityBroken(fault: {
  step: number
  what: string
  where: string
  chain: string
  simulator: string
  limit: string
}): CheckError {
  return new CheckError('The simulator and the contracts do not agree.', {
    code: 'PARITY_BROKEN',
    details: {
      hour: fault.step,
      differs: fault.what,
      at: fault.where,
      chain: fault.chain,
      simulator: fault.simulator,
      limit: fault.limit,
    },
    remedy: 'One of the two is wrong, and the contracts are the truth: mend the rate, fee or rule that is named.',
  })
}

type LookaheadFault = {
  policy: string
  check: string
  cut?: string
  time: string
  column: string
  whole: string
  found: string
}

function lookaheadDetails(fault: LookaheadFault): Record<string, string> {
  return {
    policy: fault.policy,
    check: fault.check,
    ...(fault.cut === undefined ? {} : { 'without what comes from': fault.cut }),
    'first step that differs': fault.time,
    column: fault.column,
    'over the whole window': fault.whole,
    found: fault.found,
  }
}

/** A policy decides otherwise where the future is another. */
export function lookaheadFound(fault: LookaheadFault): CheckError {
  return new CheckError('A policy knows what comes.', {
    code: 'LOOKAHEAD_FOUND',
    details: lookaheadDetails(fault),
    remedy: 'Let it read the market through what it is shown, and nothing of a panel after its last data step.',
  })
}

/** A policy decides otherwise when it is asked a second time: something of an earlier run is left in it. */
export function runNotRepeatable(fault: LookaheadFault): CheckError {
  return new CheckError('A policy does not come to the same a second time.', {
    code: 'RUN_NOT_REPEATABLE',
    details: lookaheadDetails(fault),
    remedy: 'Make it anew for each run, keep nothing outside of it, and draw from a seed.',
  })
}

/** Not even the rules that are chosen in hindsight were caught. */
export function lookaheadControl(panel: string): CheckError {
  return new CheckError('The check could not show that it can fail: no rule of hindsight was caught.', {
    code: 'LOOKAHEAD_CONTROL',
    details: { panel },
    remedy: 'Take a longer window, or more --cuts.',
  })
}
