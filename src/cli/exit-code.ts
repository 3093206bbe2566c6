import { TillerError } from '../errors/base.ts'

/** What a shell or a supervisor learns from the exit. */
const exitCodes = { ok: 0, failed: 1, usage: 2, breaker: 3, transient: 75 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Codes of what a caller gave wrong: options, configuration, keys, and files that were named to a command. */
const usageCodes =
  /^(?:USAGE|CONFIG_|KEYS_|HISTORY_(?!ENDED)|PANEL_|IMPORT_|PULL_(?:VENUE|SPAN)$|BACKTEST_(?:WINDOW|CAPITAL|TOO_LARGE)$|POLICY_UNKNOWN$|RUNS?_|REPORT_|INVALID_PACE$|UNKNOWN_MARKET_VENUE$|VENUE_NOT_REPLAYABLE$)/

/** The exit code of an error: what to do about it, not where it came from. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof TillerError)) return exitCodes.failed
  if (usageCodes.test(error.code)) return exitCodes.usage
  if (error.code.startsWith('BREAKER_')) return exitCodes.breaker
  return error.retryable ? exitCodes.transient : exitCodes.failed
}
