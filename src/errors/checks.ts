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
