import { HistoryError, isoTime } from '../errors/history.ts'

/** `error`: the panel is refused. `warning`: it can be read, and may mislead. `note`: handled by a rule. */
type FindingLevel = 'error' | 'warning' | 'note'

/** What is wrong in a panel, and where. */
export type Finding = {
  /** Stable, starts with `PANEL_`. */
  code: string
  level: FindingLevel
  file: string
  /** The header is line 1; absent where the whole file is meant. */
  line?: number
  /** Unix seconds of that row, and of the last one that is meant. */
  timeSeconds?: number
  untilSeconds?: number
  column?: string
  /** One sentence, the same for every finding of this code. */
  what: string
  found: string
  rule: string
  remedy: string
  /** Rows that are alike; the first one is located. */
  rows: number
}

/** The error that refuses a panel: the first finding, and how many more there are. */
export function refusal(finding: Finding, others: number): HistoryError {
  return new HistoryError(finding.what, {
    code: finding.code,
    details: {
      file: finding.file,
      ...(finding.line === undefined ? {} : { line: finding.line }),
      ...(finding.column === undefined ? {} : { column: finding.column }),
      ...(finding.timeSeconds === undefined ? {} : { time: isoTime(finding.timeSeconds) }),
      found: finding.found,
      rule: finding.rule,
      ...(finding.rows > 1 ? { 'rows alike': finding.rows } : {}),
      ...(others > 0 ? { 'further faults': others } : {}),
    },
    remedy: finding.remedy,
  })
}
