import type { StepReport } from '../devnet/agents/create-market-agents.ts'
import { formatAmount, formatDuration, formatTime, formatWadPercent } from './render/format.ts'
import { createPaint, type Paint } from './render/marks.ts'
import { renderTable } from './render/table.ts'

/** Everything that the live view of the devnet's market shows; the view is a pure function of it. */
export type MarketViewState = {
  seed: number
  hoursPerSecond: number
  /** Name of the recorded history and the venue that it drives. */
  replay?: { file: string; venue: string }
  /** The newest hour; null before the first. */
  report: StepReport | null
  transactions: number
  failed: number
  /** The newest transaction that reverted. */
  lastFailure?: { what: string; reason: string }
  elapsedMs: number
  /** The market has come to its end; the node runs on. */
  ended: boolean
}

export const replayEnded = 'The recorded history has ended; the node runs on.'

const assetDecimals = 6

/** Lines of the live view; the region that draws them cuts them to the terminal. */
export function renderMarket(state: MarketViewState, paint: Paint = createPaint(false)): string[] {
  const { report } = state
  const title = [paint.bold('Market'), marketSettings(state)].join('  ')
  if (report === null) return [title]
  const hours = report.step + 1
  const lines = [
    title,
    [
      paint.bold(formatTime(report.timestamp)),
      `${hours} h in ${formatDuration(state.elapsedMs)}`,
      `base fee ${formatAmount(report.baseFeeWei, 9, 2)} gwei`,
      `ETH ${formatAmount(report.ethPriceUsdE8, 8, 0)} USD`,
    ].join(' · '),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'supply APR', align: 'right' },
        { name: 'utilisation', align: 'right' },
        { name: 'deposits', align: 'right' },
        { name: 'free', align: 'right' },
        { name: '' },
      ],
      report.venues.map(({ name, supplyAprWad, totalSupply, totalBorrow, available, frozen }) => [
        name,
        paint.bold(formatWadPercent(supplyAprWad)),
        totalBorrow === 0n ? '–' : formatWadPercent((totalBorrow * 10n ** 18n) / (totalSupply || 1n)),
        millions(totalSupply),
        millions(available),
        state.replay?.venue === name ? paint.dim('replay') : frozen ? paint.dim('frozen') : '',
      ]),
      paint,
    ),
    '',
    paint.dim(`${state.transactions} transactions, ${state.failed} reverted`),
  ]
  if (state.lastFailure !== undefined) {
    lines.push(paint.dim(`  ${state.lastFailure.what}: ${state.lastFailure.reason}`))
  }
  if (state.ended) lines.push(replayEnded)
  return lines
}

/** One line of the market for logs: where no terminal can be redrawn. */
export function renderMarketLine({ report }: MarketViewState): string {
  if (report === null) return 'the market has no hour yet'
  const aprs = report.venues.map(({ name, supplyAprWad }) => `${name} ${formatWadPercent(supplyAprWad)}`)
  return `${formatTime(report.timestamp)}  ${aprs.join(', ')}`
}

/** `160.3M`, of asset units. */
function millions(assets: bigint): string {
  return `${(Number(assets / 10n ** BigInt(assetDecimals)) / 1e6).toFixed(1)}M`
}

/** `seed 7 · 4 hours per second · history.csv drives comet:usdc`. */
export function marketSettings({
  seed,
  hoursPerSecond,
  replay,
}: Pick<MarketViewState, 'seed' | 'hoursPerSecond' | 'replay'>): string {
  const parts = [`seed ${seed}`, `${hoursPerSecond} ${hoursPerSecond === 1 ? 'hour' : 'hours'} per second`]
  if (replay !== undefined) parts.push(`${replay.file} drives ${replay.venue}`)
  return parts.join(' · ')
}
