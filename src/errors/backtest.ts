import { TillerError } from './base.ts'

/** An error of a backtest: of its input, of the policy, or of what is asked of a bound. */
export class BacktestError extends TillerError {
  override readonly name = 'BacktestError'
}

export function seriesLengths(details: Record<string, number>): BacktestError {
  return new BacktestError('The series of a comparison are not of one length.', {
    code: 'BACKTEST_SERIES',
    details,
    remedy: 'Compare runs of the same panel, window and step.',
  })
}

export function gridTooLarge(states: number, limit: number, venues: number): BacktestError {
  return new BacktestError('The grid of the clairvoyant has too many states.', {
    code: 'BACKTEST_GRID_TOO_LARGE',
    details: { venues, states, limit },
    remedy: 'Give a coarser grid; the upper bound covers any number of venues.',
  })
}

export function windowWithoutData(panel: string, from: string, to: string, reason: string): BacktestError {
  return new BacktestError('The window can not be replayed.', {
    code: 'BACKTEST_WINDOW',
    details: { panel, from, to, reason },
    remedy: 'Choose --from and --to inside what the panel holds; `tiller data verify` lists gaps.',
  })
}

export function windowTooLarge(steps: number, venues: number, limit: number): BacktestError {
  return new BacktestError('The window has more steps than a backtest holds in memory.', {
    code: 'BACKTEST_TOO_LARGE',
    details: { steps, venues, 'most steps with so many venues': Math.floor(limit / venues) },
    remedy:
      'Choose a shorter window with --from and --to, cut it with --walk-forward, or raise stepSeconds in panel.json.',
  })
}

export function policyAnswer(policy: string, time: string, answer: string): BacktestError {
  return new BacktestError('The policy answered what is no allocation.', {
    code: 'BACKTEST_POLICY_ANSWER',
    details: { policy, time, answer },
    remedy: 'Weights are finite, not negative, one per venue, and sum to at most one; mend the policy.',
  })
}

export function capitalTooLarge(capital: number, deposits: number, time: string): BacktestError {
  return new BacktestError('The capital is larger than the market.', {
    code: 'BACKTEST_CAPITAL',
    details: { capital, "deposits of the panel's venues": Math.round(deposits), at: time },
    remedy: 'Give a smaller --capital: a vault that is the market itself moves rates that a replay can not know.',
  })
}
