import type { LookaheadReport, LookaheadResult } from '../../backtest/check-lookahead.ts'
import { isoTime } from '../../errors/history.ts'
import type { ReadingFault } from '../../history/check-reading.ts'
import { mark, type Paint } from './marks.ts'
import { renderTable } from './table.ts'
import { wrap } from './text.ts'

/** The lines of `tiller check lookahead`: a row per policy, what the panel's files would have told, and the verdict. */
export function renderLookahead(
  report: LookaheadReport,
  reading: readonly ReadingFault[],
  paint: Paint,
  columns: number,
): string[] {
  const { results } = report
  const caught = results.filter(({ hindsight, fault }) => hindsight && fault !== null)
  const causal = results.filter(({ hindsight }) => !hindsight)
  const verdicts = [
    ...(causal.length === 0
      ? []
      : [
          report.fault === null
            ? `${mark('ok', paint)} ${causal.length} policies come to the same, byte by byte, whatever the future is`
            : `${mark('fail', paint)} ${report.fault.policy} does not`,
        ]),
    ...(report.controlFails === null
      ? []
      : [
          report.controlFails
            ? `${mark('ok', paint)} the check can fail: it caught ${caught.map(({ policy }) => policy).join(' and ')}, chosen in hindsight`
            : `${mark('fail', paint)} no rule of hindsight was caught`,
        ]),
    ...(reading.length === 0
      ? [`${mark('ok', paint)} the files read the same without their later rows`]
      : reading.map(
          ({ venue, column, timeSeconds, cutSeconds, whole, found }) =>
            `${mark('warn', paint)} ${venue}, ${column} at ${isoTime(timeSeconds)}: ${whole} with all rows, ${found} without those from ${isoTime(cutSeconds)} on; a venue that pauses looked dead then`,
        )),
  ]
  return [
    `${paint.bold(report.panel)}, ${report.steps} steps from ${report.from} to ${report.to}, lag ${report.lagSteps}`,
    paint.dim(`shorter windows end at ${report.cuts.join(', ')} (seed ${report.seed})`),
    '',
    ...renderTable(
      [
        { name: '' },
        { name: 'policy' },
        { name: 'runs', align: 'right' },
        { name: 'moves', align: 'right' },
        { name: 'what was found' },
      ],
      results.map((result) => [
        mark(result.fault === null || result.hindsight ? 'ok' : 'fail', paint),
        result.policy,
        String(result.runs),
        String(result.moves),
        found(result),
      ]),
      paint,
      columns,
    ),
    '',
    ...verdicts.flatMap((line) => wrap(line, columns, '  ')),
  ]
}

function found({ hindsight, fault }: LookaheadResult): string {
  if (fault === null) return hindsight ? 'hindsight, not caught here' : 'nothing'
  const where = `${fault.column} at ${fault.time}: ${fault.whole}, then ${fault.found}`
  return hindsight ? `hindsight, as it says: ${where}` : `${fault.check}: ${where}`
}
