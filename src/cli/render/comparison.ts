import type { ComparedRun, Comparison } from '../../report/compare-runs.ts'
import { renderKeyValues } from './key-values.ts'
import type { Paint } from './marks.ts'
import { renderTable } from './table.ts'

/** Two runs side by side, for a person. */
export function renderComparison(comparison: Comparison, paint: Paint, columns: number): string[] {
  const { a, b, ci95, days, across } = comparison
  const [low, high] = ci95
  const verdict = comparison.tooShort
    ? 'too short a run to tell'
    : low > 0
      ? paint.green('B earned more')
      : high < 0
        ? paint.red('B earned less')
        : 'the interval holds zero'
  const rows: [name: string, of: (run: ComparedRun) => number, text: (value: number) => string][] = [
    ['net APR', ({ netAprPct }) => netAprPct, (value) => `${value.toFixed(3)} %`],
    ['share', ({ sharePct }) => sharePct, (value) => `${value.toFixed(1)} %`],
    ['moves', ({ trades }) => trades, String],
    ['turnover', ({ turnover }) => turnover, (value) => `${value.toFixed(1)} x`],
    ['gas', ({ gasUsd }) => gasUsd, (value) => `$${thousands(value)}`],
    ['worst 7 days', ({ worst7dPct }) => worst7dPct, (value) => `${value.toFixed(4)} %`],
  ]
  return [
    ...across.flatMap(({ what, a: one, b: two }) => [
      paint.red(`DIFFERENT ${what.toUpperCase()}: A ${one}; B ${two}.`),
    ]),
    ...(across.length === 0 ? [] : ['']),
    ...renderKeyValues(
      [
        ['A', `${a.policy}   ${a.run}`],
        ['B', `${b.policy}   ${b.run}`],
      ],
      { paint },
    ),
    '',
    ...renderTable(
      [
        { name: '' },
        { name: 'A', align: 'right' },
        { name: 'B', align: 'right' },
        { name: 'B less A', align: 'right' },
      ],
      rows.map(([name, of, text]) => {
        const change = of(b) - of(a)
        return [name, text(of(a)), text(of(b)), `${change < 0 ? '' : '+'}${text(change).replace('$-', '-$')}`]
      }),
      paint,
      columns,
    ),
    '',
    `B less A: ${signed(comparison.differencePct)} points a year, 95 % from ${signed(low)} to ${signed(high)}: ${verdict}.`,
    paint.dim(`Paired blocks of ${comparison.blockDays} days, seed ${comparison.seed}.`),
    '',
    ...renderTable(
      [{ name: 'days that make it (UTC)' }, { name: 'B less A, bp of the capital', align: 'right' }],
      days.map(({ day, differenceBp }) => [day, signed(differenceBp)]),
      paint,
      columns,
    ),
    comparison.withoutDaysPct === null
      ? 'There are no other days.'
      : `Without them: ${signed(comparison.withoutDaysPct)} points a year.`,
    ...(comparison.sameCode ? [] : ['', paint.yellow('The runs were made by different code.')]),
  ]
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ')
}
