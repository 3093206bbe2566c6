import { leastIntervalDays } from '../../backtest/metric.ts'
import type { BacktestReport } from '../../backtest/run-backtest.ts'
import { renderKeyValues } from './key-values.ts'
import type { Paint } from './marks.ts'
import { renderTable } from './table.ts'

/** The report of a backtest for a person. */
export function renderBacktest(report: BacktestReport, paint: Paint, columns: number): string[] {
  const { bestStatic, bound, clairvoyant, costs, rungs } = report
  const [low, high] = report.ci95
  const [above, below] = [report.overTunedRuleCi95[1], report.overTunedRuleCi95[0]]
  const days = report.windows.reduce((sum, { from, to }) => sum + (to - from) / 86_400, 0)
  const lean = days < leastIntervalDays ? ', too short a run to lean on' : ''
  const weights = Object.entries(bestStatic.weights)
    .filter(([, weight]) => weight > 0)
    .map(([name, weight]) => `${name} ${(100 * weight).toFixed(1)} %`)
  const paying = Object.entries(rungs).map(([rung, { paysAboveCapital, reckoned }]) => {
    const where = paysAboveCapital === null ? 'never, it gains nothing' : `above ${thousands(paysAboveCapital)}`
    return `${rung.padEnd(8)} ${where}${reckoned.length === 0 ? '' : paint.dim(` (${reckoned.join(', ')}: reckoned, not measured)`)}`
  })
  return [
    ...(costs.charged ? [] : [paint.red('WITHOUT COSTS: nobody earns this.'), '']),
    ...renderKeyValues(
      [
        ['panel', `${report.panel}, ${report.steps} steps`],
        ['policy', `${report.policy}, ${thousands(report.capital)} at work, lag ${report.lagSteps}`],
        ['net APR', `${percent(report.netAprPct)}   gross ${percent(report.grossAprPct)}`],
        [
          'moves',
          `${report.trades}, turnover ${report.turnover.toFixed(1)} x, gas $${thousands(report.gasUsd)}, swaps $${thousands(report.swapUsd)}`,
        ],
        ['worst 7 days', percent(report.worst7dPct, 4)],
        ['unserved', `${report.unservedWithdrawalHours} h in which a tenth could not have been paid out`],
        ['best static', `${percent(bestStatic.netAprPct)}   ${weights.join(', ')}`],
        ['upper bound', `${percent(bound.netAprPct)}   proven`],
        [
          'clairvoyant',
          `${percent(clairvoyant.netAprPct)}   ${clairvoyant.trades} moves, ${clairvoyant.states} mixes in steps of 1/${clairvoyant.points}, ${percent(bound.gapToGridPct)} below the bound`,
        ],
        [
          'share',
          Number.isNaN(report.sharePct)
            ? `none: the bound is not above the best static mix`
            : `${report.sharePct.toFixed(1)} % of a headroom of ${percent(report.headroomPct)}, 95 % from ${low.toFixed(1)} to ${high.toFixed(1)}${lean}`,
        ],
        [
          'over the rule',
          `${signed(report.overTunedRulePct)} points a year, 95 % from ${signed(below)} to ${signed(above)}${lean}`,
        ],
        ['rung pays', paying.join('\n')],
      ],
      { paint },
    ),
    '',
    ...renderTable(
      [
        { name: 'rule' },
        { name: 'net APR', align: 'right' },
        { name: 'share', align: 'right' },
        { name: 'moves', align: 'right' },
        { name: 'turnover', align: 'right', optional: true },
        { name: 'gas $', align: 'right', optional: true },
      ],
      [
        ...Object.entries(report.baselines).map(([name, row]) => [
          name,
          percent(row.netAprPct),
          shareText(row.sharePct),
          String(row.trades),
          row.turnover.toFixed(1),
          thousands(row.gasUsd),
        ]),
        [
          paint.bold(report.policy),
          percent(report.netAprPct),
          shareText(report.sharePct),
          String(report.trades),
          report.turnover.toFixed(1),
          thousands(report.gasUsd),
        ],
      ],
      paint,
      columns,
    ),
  ]
}

/** Where a run was stored, and what can be done with it. */
export function renderStored(folder: string, paint: Paint): string[] {
  return [`${paint.bold('stored')}  ${folder}`, `        tiller report ${folder}`]
}

function percent(value: number, digits = 3): string {
  return `${value.toFixed(digits)} %`
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(3)}`
}

function shareText(value: number): string {
  return Number.isNaN(value) ? '–' : `${value.toFixed(0)} %`
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
