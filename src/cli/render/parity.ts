import type { ParityReport } from '../../devnet/parity/check-parity.ts'
import { formatDuration } from '../render/format.ts'
import { mark, type Paint } from './marks.ts'
import { renderTable } from './table.ts'

/** The lines of `tiller check parity`: a row per day, a row per venue, where differences come from, and the verdict. */
export function renderParity(report: ParityReport, paint: Paint, columns: number): string[] {
  const { worst, limits, sources, gainBp, backtest } = report
  const hours = `${report.steps} hours, ${report.moves} moves`
  const limitBp = (limits.sharePriceBpPer30Days * report.steps) / 720
  return [
    `${paint.bold(report.policy)} with ${Number(report.capital).toLocaleString('en-US')} over ${hours}, seed ${report.seed}, performance fee ${report.performanceFeeBps / 100} %`,
    paint.dim(
      `contracts ${formatDuration(report.chainSeconds * 1_000)}, simulator ${formatDuration(report.simulatorSeconds * 1_000)}`,
    ),
    '',
    ...renderTable(
      [
        { name: 'day', align: 'right' },
        { name: 'moves', align: 'right' },
        { name: 'gain so far, bp', align: 'right' },
        { name: 'largest Δ weight', align: 'right' },
        { name: 'Δ share price, bp', align: 'right' },
      ],
      report.daily.map(({ day, moves, gainBp: gained, weight, sharePriceBp }) => [
        String(day),
        String(moves),
        gained.toFixed(4),
        small(weight),
        small(sharePriceBp),
      ]),
      paint,
      columns,
    ),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'paid on the chain', align: 'right' },
        { name: 'in the simulator', align: 'right' },
        { name: 'Δ, parts of it', align: 'right' },
      ],
      report.venues.map(({ name, chainInterest, simulatorInterest, difference }) => [
        name,
        chainInterest.toFixed(4),
        simulatorInterest.toFixed(4),
        small(difference),
      ]),
      paint,
      columns,
    ),
    '',
    `Total assets at the end differ by ${sources.total.toFixed(6)}: interest ${sources.interest.toFixed(6)}, moves ${sources.moves.toFixed(6)}.`,
    ...(report.failedAgentActions === 0
      ? []
      : [`${report.failedAgentActions} actions of others were refused by the chain and left out on both sides.`]),
    '',
    ...[
      [
        report.equalDecisions === report.steps,
        `${report.equalDecisions} of ${report.steps} decisions are equal, moves and reasons to hold`,
      ] as const,
      [
        worst.weight <= limits.weight,
        `weights equal to ${small(worst.weight)} (hour ${worst.weightAt}); limit ${small(limits.weight)}`,
      ] as const,
      [
        Math.abs(worst.sharePriceBp) <= limitBp,
        `share price equal to ${small(worst.sharePriceBp)} bp (hour ${worst.sharePriceAt}) of a gain of ${gainBp.chain.toFixed(4)} bp; limit ${limitBp.toFixed(4)} bp`,
      ] as const,
      [
        report.ok || report.fault?.what !== 'interest',
        `what a venue paid equal to ${small(worst.interest)} of it; limit ${small(limits.interest)}`,
      ] as const,
      [
        report.fault?.what !== 'backtest',
        `a backtest on the hourly records of these days, holding the same, gains ${backtest.backtestBp.toFixed(4)} bp where total assets gained ${backtest.chainBp.toFixed(4)} bp; limit ${limits.backtestBp} bp apart`,
      ] as const,
    ].map(([ok, text]) => `${mark(ok ? 'ok' : 'fail', paint)} ${text}`),
  ]
}

function small(value: number): string {
  return value === 0 ? '0' : value.toExponential(1)
}
