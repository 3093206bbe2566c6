import type { SeasonReport, SeasonTick } from '../devnet/season/season-report.ts'
import { formatAmount, formatBps, formatDuration, formatWadPercent } from './render/format.ts'
import { createPaint, type Paint } from './render/marks.ts'
import { renderProgress } from './render/progress.ts'
import { renderTable } from './render/table.ts'
import { visibleWidth, wrap } from './render/text.ts'

/** Everything that the live view of `tiller start` shows; the view is a pure function of it. */
export type StartViewState = {
  policy: string
  executionProvider: string
  seed: number
  days: number
  capital: bigint
  assetSymbol: string
  assetDecimals: number
  /** What is going on before the first tick. */
  preparing: string
  /** Room that the terminal has. */
  columns: number
  rows: number
  /** Unix seconds from which the hours are counted. */
  startTimestamp: bigint
  /** The newest tick, and the newest moves, oldest first. */
  tick: SeasonTick | null
  moves: readonly SeasonTick[]
  rebalances: number
  withheld: Readonly<Record<string, number>>
  netAprPct: number
  /** Baselines that run beside it: name and progress from 0 to 1. */
  baselines: readonly { name: string; progress: number }[]
  elapsedMs: number
}

const movesShown = 8

/** Lines of the live view; the region that draws them cuts them to the terminal. */
export function renderStart(state: StartViewState, paint: Paint = createPaint(false)): string[] {
  const { tick, days } = state
  const fraction = tick === null ? 0 : tick.step / (days * 24)
  const day = tick === null ? 0 : Math.ceil(tick.step / 24)
  const lines = [
    `${paint.bold('Tiller')}  ${days} simulated days on real protocols · ${formatAmount(state.capital, state.assetDecimals, 0)} ${state.assetSymbol} · policy ${state.policy} on ${state.executionProvider} · seed ${state.seed}`,
    renderProgress({ label: `day ${String(day).padStart(2)} of ${days}`, fraction, elapsedMs: state.elapsedMs }, paint),
    '',
  ]
  if (tick === null) lines.push(paint.dim(state.preparing))
  if (tick !== null) {
    lines.push(
      ...venueTable(tick, state.columns, paint),
      '',
      ...wrap(summaryLine(state, tick, paint), state.columns),
      '',
    )
  }
  const below = [
    ...(tick === null ? [] : wrap(withheldLine(state, tick), state.columns)),
    ...(state.baselines.length === 0 ? [] : wrap(baselinesLine(state), state.columns)),
  ].map(paint.dim)
  const room = Math.min(movesShown, state.rows - lines.length - below.length)
  const moves = tick === null || room <= 0 ? [] : state.moves.slice(-room)
  return [...lines, ...moves.map((move) => moveLine(state, move, paint)), ...below]
}

/** One line of progress for logs: where no terminal can be redrawn. */
export function renderStartLine(state: StartViewState): string {
  const { tick } = state
  if (tick === null) return 'starting'
  const weights = tick.venues.map(({ name, weightBps }) => `${name} ${formatBps(weightBps)}`).join(', ')
  return `${simulatedTime(state.startTimestamp, tick.timestamp)}  share price ${formatAmount(tick.sharePriceE18, 18, 6)}, rebalances ${state.rebalances}, ${weights}`
}

/** The policy beside the rules, best first. */
export function renderComparison(
  reports: readonly { name: string; report: SeasonReport }[],
  own: string,
  paint: Paint = createPaint(false),
): string[] {
  const rows = [...reports].sort((a, b) => b.report.netAprPct - a.report.netAprPct)
  return renderTable(
    [
      { name: 'policy' },
      { name: 'net APR', align: 'right' },
      { name: 'rebalances', align: 'right' },
      { name: 'gas paid', align: 'right' },
      { name: 'share price', align: 'right' },
    ],
    rows.map(({ name, report }) => {
      const cells = [
        name,
        `${report.netAprPct.toFixed(3)} %`,
        String(report.rebalances),
        formatAmount(report.gasAssets, report.assetDecimals, 2),
        formatAmount(report.sharePriceEndE18, 18, 6),
      ]
      return name === own ? cells.map((cell) => paint.bold(cell)) : cells
    }),
    paint,
  )
}

/** `day 03 17:00`, counted from the first hour of the season. */
export function simulatedTime(start: bigint, timestamp: bigint): string {
  const hours = Number((timestamp - start) / 3600n)
  return `day ${String(Math.floor(hours / 24) + 1).padStart(2, '0')} ${String(hours % 24).padStart(2, '0')}:00`
}

/** Venues beside each other, or below each other where the terminal is too narrow for that. */
function venueTable(tick: SeasonTick, columnsThere: number, paint: Paint): string[] {
  const columns = [{ name: '' }, ...[...tick.venues.map(({ name }) => name), 'idle'].map(rightColumn)]
  const aprs = tick.venues.map(({ supplyAprWad }) => formatWadPercent(supplyAprWad))
  const weights = [...tick.venues.map(({ weightBps }) => weightBps), tick.idleBps].map((bps) =>
    bps === 0 ? paint.dim('–') : formatBps(bps),
  )
  const wide = renderTable(
    columns,
    [
      ['supply APR', ...aprs, paint.dim('–')],
      ['weight', ...weights],
    ],
    paint,
  )
  if (wide.every((line) => visibleWidth(line) <= columnsThere)) return wide
  return renderTable(
    [{ name: 'venue' }, rightColumn('supply APR'), rightColumn('weight')],
    columns.slice(1).map(({ name }, index) => [name, aprs[index] ?? paint.dim('–'), weights[index] ?? '']),
    paint,
  )
}

function rightColumn(name: string): { name: string; align: 'right' } {
  return { name, align: 'right' }
}

function summaryLine(state: StartViewState, tick: SeasonTick, paint: Paint): string {
  return [
    `share price ${paint.bold(formatAmount(tick.sharePriceE18, 18, 6))}`,
    `net APR ${paint.bold(`${state.netAprPct.toFixed(2)} %`)}`,
    `rebalances ${paint.bold(String(state.rebalances))}`,
    `gas paid ${formatAmount(tick.gasAssetsTotal, state.assetDecimals, 2)} ${state.assetSymbol}`,
    `base fee ${formatAmount(tick.baseFeeWei, 9, 2)} gwei`,
    `ETH ${formatAmount(tick.ethPriceUsdE8, 8, 0)} USD`,
  ].join(' · ')
}

function moveLine(state: StartViewState, { decision, timestamp }: SeasonTick, paint: Paint): string {
  const time = paint.dim(simulatedTime(state.startTimestamp, timestamp))
  if (decision.outcome !== 'moved') return `${time}  ${paint.red(decision.outcome)}  ${decision.reason}`
  const moves = decision.moves.map(
    ({ venue, assets }) =>
      `${venue} ${assets < 0n ? '−' : '+'}${shortAmount(assets < 0n ? -assets : assets, state.assetDecimals)}`,
  )
  const gate = decision.forkGateMs === null ? [] : [`fork gate ${formatDuration(decision.forkGateMs)}`]
  const gas = `${(Number(decision.gasUsed) / 1e3).toFixed(0)}k gas`
  return `${time}  ${paint.green('moved')}  ${[moves.join(', '), decision.reason, gas, ...gate].join(' · ')}`
}

function withheldLine(state: StartViewState, { decision }: SeasonTick): string {
  const parts = Object.entries(state.withheld)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`)
  const now = decision.outcome === 'withheld' ? ` · now: ${decision.reason}` : ''
  return parts.length === 0 ? 'nothing withheld so far' : `hours without a move: ${parts.join(' · ')}${now}`
}

function baselinesLine({ baselines }: StartViewState): string {
  const parts = baselines.map(({ name, progress }) => `${name} ${Math.floor(progress * 100)} %`)
  return `baselines, each on a chain of its own: ${parts.join(' · ')}`
}

/** `120.0k`, `1.25M`: whole asset units, for a line that has little room. */
function shortAmount(amount: bigint, decimals: number): string {
  const whole = Number(amount / 10n ** BigInt(decimals))
  if (whole >= 999_950) return `${(whole / 1e6).toFixed(2)}M`
  return whole >= 1e3 ? `${(whole / 1e3).toFixed(1)}k` : String(whole)
}
