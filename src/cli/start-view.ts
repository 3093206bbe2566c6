import pc from 'picocolors'
import type { SeasonTick } from '../devnet/season/season-report.ts'

/** Everything that the live view of `tiller start` shows; the view is a pure function of it. */
export type StartViewState = {
  policy: string
  executionProvider: string
  seed: number
  days: number
  totalTicks: number
  capital: bigint
  assetSymbol: string
  assetDecimals: number
  sharePriceStart: bigint
  startTimestamp: bigint
  /** The newest tick, and the newest moves, oldest first. */
  tick: SeasonTick | null
  moves: readonly SeasonTick[]
  rebalances: number
  withheld: Readonly<Record<string, number>>
  netAprPct: number
  /** Baselines that run beside it: name and progress from 0 to 1. */
  baselines: readonly { name: string; progress: number }[]
  elapsedSeconds: number
}

type Paint = ReturnType<typeof pc.createColors>

const barWidth = 40

/**
 * Lines of the live view, at most `columns` wide. No input or output: the caller draws them.
 */
export function renderStart(state: StartViewState, options: { columns: number; color: boolean }): string[] {
  const paint = pc.createColors(options.color)
  const tick = state.tick
  const done = tick === null ? 0 : tick.step / state.totalTicks
  const eta = done > 0 ? Math.ceil((state.elapsedSeconds * (1 - done)) / done) : null
  const lines = [
    `${paint.bold('Tiller')}  ${state.days} simulated days on real protocols · ${formatUnits(state.capital, state.assetDecimals, 0)} ${state.assetSymbol} · seed ${state.seed} · policy ${state.policy} on ${state.executionProvider}`,
    `${bar(done, barWidth, paint)} ${percent(done)}  day ${tick === null ? 0 : Math.floor((tick.step - 1) / 24) + 1} of ${state.days}${eta === null ? '' : `  ${eta} s left`}`,
    '',
  ]
  if (tick !== null) {
    lines.push(...venueTable(tick, paint), '', summaryLine(state, tick, paint), '', ...moveLines(state, paint))
    lines.push(withheldLine(state, paint))
  }
  if (state.baselines.length > 0) {
    const parts = state.baselines.map(({ name, progress }) => `${name} ${percent(progress)}`)
    lines.push(paint.dim(`baselines, each on its own chain: ${parts.join(' · ')}`))
  }
  return lines.map((line) => clip(line, options.columns))
}

function venueTable(tick: SeasonTick, paint: Paint): string[] {
  const names = [...tick.venues.map(({ name }) => name), 'idle']
  const widths = names.map((name) => Math.max(9, name.length))
  const cell = (text: string, index: number): string => text.padStart(widths[index] ?? 9)
  const aprs = [...tick.venues.map(({ supplyAprWad }) => aprPercent(supplyAprWad)), '–']
  const weights = [...tick.venues.map(({ weightBps }) => weightBps), tick.idleBps].map(
    (bps) => `${(bps / 100).toFixed(1)} %`,
  )
  return [
    paint.dim(`            ${names.map(cell).join('  ')}`),
    `supply APR  ${aprs.map(cell).join('  ')}`,
    `weight      ${weights.map((text, index) => (text === '0.0 %' ? paint.dim(cell(text, index)) : cell(text, index))).join('  ')}`,
  ]
}

function summaryLine(state: StartViewState, tick: SeasonTick, paint: Paint): string {
  const price = formatUnits(tick.sharePrice, state.assetDecimals, state.assetDecimals)
  const gas = formatUnits(tick.gasAssetsTotal, state.assetDecimals, 2)
  return [
    `share price ${paint.bold(price)}`,
    `net APR ${paint.bold(`${state.netAprPct.toFixed(2)} %`)}`,
    `rebalances ${paint.bold(String(state.rebalances))}`,
    `gas paid ${gas} ${state.assetSymbol}`,
    `base fee ${(Number(tick.baseFeeWei) / 1e9).toFixed(2)} gwei`,
    `ETH $${formatUnits(tick.ethPriceUsdE8, 8, 0)}`,
  ].join(' · ')
}

function moveLines(state: StartViewState, paint: Paint): string[] {
  return state.moves.slice(-8).map((tick) => {
    const { decision } = tick
    const moves = decision.moves
      .map(
        ({ venue, assets }) =>
          `${venue} ${assets < 0n ? '−' : '+'}${compact(assets < 0n ? -assets : assets, state.assetDecimals)}`,
      )
      .join(', ')
    const gate = decision.forkGateMs === null ? '' : ` · fork gate passed in ${Math.round(decision.forkGateMs)} ms`
    const mark = decision.outcome === 'moved' ? paint.green('moved') : paint.red(decision.outcome)
    const what = decision.outcome === 'moved' ? `${moves} · ${decision.reason}${gate}` : decision.reason
    return `${paint.dim(simulatedTime(state.startTimestamp, tick.timestamp))}  ${mark}  ${what}`
  })
}

function withheldLine(state: StartViewState, paint: Paint): string {
  const parts = Object.entries(state.withheld)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${code} ${count}`)
  return paint.dim(parts.length === 0 ? 'nothing withheld so far' : `ticks that moved nothing: ${parts.join(' · ')}`)
}

/** `day 03 17:00`, counted from the first block of the season. */
export function simulatedTime(start: bigint, timestamp: bigint): string {
  const hours = Number((timestamp - start) / 3600n)
  return `day ${String(Math.floor(hours / 24) + 1).padStart(2, '0')} ${String(hours % 24).padStart(2, '0')}:00`
}

function bar(fraction: number, width: number, paint: Paint): string {
  const filled = Math.round(Math.min(1, Math.max(0, fraction)) * width)
  return paint.cyan('█'.repeat(filled)) + paint.dim('░'.repeat(width - filled))
}

function percent(fraction: number): string {
  return `${Math.floor(fraction * 100)} %`
}

function aprPercent(wad: bigint): string {
  return `${(Number(wad / 10n ** 12n) / 1e4).toFixed(2)} %`
}

/** Decimal text of an amount with thousands separators, floored to `digits`. */
export function formatUnits(amount: bigint, decimals: number, digits: number): string {
  const negative = amount < 0n
  const scaled = (negative ? -amount : amount) / 10n ** BigInt(Math.max(0, decimals - digits))
  const text = scaled.toString().padStart(digits + 1, '0')
  const whole = digits === 0 ? text : text.slice(0, -digits)
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${negative ? '-' : ''}${grouped}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
}

function compact(amount: bigint, decimals: number): string {
  const whole = Number(amount / 10n ** BigInt(decimals))
  if (whole >= 1e6) return `${(whole / 1e6).toFixed(2)}M`
  if (whole >= 1e3) return `${(whole / 1e3).toFixed(1)}k`
  return String(whole)
}

/** Cuts a line to its visible width; colour codes take no room. */
function clip(line: string, columns: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes start with the escape character.
  const colorCode = /\u001b\[[0-9;]*m/g
  if (line.replace(colorCode, '').length <= columns) return line
  let visible = 0
  let cut = ''
  for (let index = 0; index < line.length && visible < columns - 1; index += 1) {
    if (line[index] === '\u001b') {
      const end = line.indexOf('m', index)
      cut += line.slice(index, end + 1)
      index = end
    } else {
      cut += line[index]
      visible += 1
    }
  }
  return `${cut}…${line.includes('\u001b') ? '\u001b[0m' : ''}`
}
