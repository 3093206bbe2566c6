import { TillerError } from './base.ts'

/** A venue was named that the devnet's market does not have. */
export function unknownMarketVenue(name: string, known: readonly string[]): TillerError {
  return new TillerError('The devnet has no such venue.', {
    code: 'UNKNOWN_MARKET_VENUE',
    details: { venue: name, known: known.join(', ') },
    remedy: 'Name one of the known venues.',
  })
}

/** Transactions of the market agents were not mined with their block. */
export function agentTransactionsStuck(first: string, count: number): TillerError {
  return new TillerError('Transactions of the market agents were not mined.', {
    code: 'AGENT_TRANSACTIONS_STUCK',
    details: { first, transactions: count },
    remedy: 'Start the devnet anew; if others send transactions to it, leave room in its blocks.',
    retryable: true,
  })
}

/** Where a recorded history is wrong. Lines count from 1, the header being line 1. */
export type HistoryPlace = { file: string; line: number; column: string }

/** A value of a recorded history can't be used. */
export function historyInvalid(place: HistoryPlace, found: string, rule: string): TillerError {
  return new TillerError('A recorded history has a value that can not be used.', {
    code: 'HISTORY_INVALID',
    details: { ...place, found, rule },
    remedy: 'Correct or remove that row; the header and units are in docs/market-agents.md.',
  })
}

/** A recorded history lacks columns. */
export function historyColumnsMissing(file: string, missing: readonly string[], found: string): TillerError {
  return new TillerError('A recorded history lacks columns.', {
    code: 'HISTORY_COLUMNS_MISSING',
    details: { file, missing: missing.join(', '), header: found },
    remedy: 'Bring a header with the columns that docs/market-agents.md lists, separated by commas.',
  })
}

/** A recorded history has no usable rows. */
export function historyEmpty(file: string, rows: number, needed: string): TillerError {
  return new TillerError('A recorded history has too few rows to replay.', {
    code: 'HISTORY_EMPTY',
    details: { file, rows, needed },
    remedy: 'Bring a longer history, or start it earlier with `--replay-from`.',
  })
}

/** A recorded history can't be read. */
export function historyUnreadable(file: string, reason: string): TillerError {
  return new TillerError('A recorded history can not be read.', {
    code: 'HISTORY_UNREADABLE',
    details: { file, reason },
    remedy: 'Check the path; the file is CSV, plain or as .csv.gz.',
  })
}

/** The replay has no more hours. */
export function historyEnded(file: string, step: number, hours: number): TillerError {
  return new TillerError('The recorded history has ended.', {
    code: 'HISTORY_ENDED',
    details: { file, step, hours },
    remedy: 'Stop at the last hour, or bring a longer history.',
  })
}

/** Simulated hours per second is no positive number. */
export function invalidPace(hoursPerSecond: number): TillerError {
  return new TillerError('The pace of simulated time is not positive.', {
    code: 'INVALID_PACE',
    details: { hoursPerSecond },
    remedy: 'Pass `--hours-per-second` with a number above zero.',
  })
}

/** A replay was asked for a venue that has no borrowing to replay. */
export function venueNotReplayable(name: string): TillerError {
  return new TillerError('This venue can not be driven by a recorded history.', {
    code: 'VENUE_NOT_REPLAYABLE',
    details: { venue: name },
    remedy: 'Name a lending venue of the devnet, e.g. `aave-v3:usdc` or `comet:usdc`.',
  })
}

/** The process that plays a detached market ended before the market lived. */
export function marketProcessEnded(reason: string): TillerError {
  return new TillerError('The process of the market ended before the market lived.', {
    code: 'MARKET_PROCESS_ENDED',
    details: { reason },
    remedy: 'Run `npm run build`, then the command again; without --detach the market runs in the foreground.',
  })
}
