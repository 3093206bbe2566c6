import type { PlanOutcome } from '../../keeper/effects.ts'
import type { ReconcileReport } from '../../keeper/reconcile.ts'
import type { TickReport } from '../../keeper/run-tick.ts'
import type { PlanResult } from '../../plan/plan-result.ts'
import { formatAmount, formatBps, formatDuration, formatGain, formatSmall, formatTime } from './format.ts'
import { mark, type Paint, type Status } from './marks.ts'
import { countCodes, renderRefusals } from './refusals.ts'
import { renderTable } from './table.ts'

/** Outcomes that a person should hear of. */
export const badOutcomes: ReadonlySet<string> = new Set(['reverted', 'dropped', 'quarantined'])

/** One word for what became of a pass. */
const words: Readonly<Record<string, string>> = { refused: 'held', settled: 'moved' }

/** Lines of one tick for a person, with every reason and what to do about it. */
export function renderTick(tick: TickReport, paint: Paint, columns = Number.POSITIVE_INFINITY): string[] {
  const { vault } = tick.reading
  const amount = (value: bigint) => formatAmount(value, vault.assetDecimals, 2)
  return [
    `${mark(statusOf(tick), paint)} ${paint.bold(`Decision ${tick.decisionId}: ${tick.outcome}`)} at block ${tick.blockNumber}, ${formatTime(tick.blockTimestamp)} (${formatDuration(tick.totalMs)})`,
    `  ${amount(vault.totalAssets)} in the vault, ${amount(vault.idle)} of it idle${tick.outcome === 'settled' ? ' before' : ''}`,
    ...renderRefusals(tick.refusals, paint, { columns, indent: '  ' }),
    ...moveLines(tick, paint),
    ...tick.gates.map(
      (gate) =>
        `  ${mark(gate.ok ? 'ok' : 'fail', paint)} ${gate.gate} gate on the ${gate.ranOn} in ${Math.round(gate.durationMs)} ms, ${formatAmount(gate.gasUsed, 0)} gas`,
    ),
    ...tick.attempts.map(({ hash, nonce, status }) => `  ${hash} nonce ${nonce} ${status}`),
  ]
}

/** One line per pass, as `keeper run` shows it on a terminal. */
export function renderTickLine(tick: TickReport, paint: Paint): string {
  const { vault } = tick.reading
  const word = (words[tick.outcome] ?? tick.outcome).padEnd(9)
  const status = statusOf(tick)
  const shown =
    status === 'ok'
      ? paint.green(word)
      : status === 'fail'
        ? paint.red(word)
        : tick.refusals.length > 0
          ? paint.dim(word)
          : word
  const parts = [
    ...(tick.refusals.length > 0 ? [refusalText(tick)] : [movesText(tick)]),
    ...(tick.refusals.length > 0 ? [] : [gainText(tick)]),
    ...(tick.gasUsed > 0n ? [`${formatAmount(tick.gasUsed, 0)} gas`] : []),
    `${formatAmount(vault.totalAssets, vault.assetDecimals, 2)} in the vault`,
    formatDuration(tick.totalMs),
  ]
  const head = `${formatTime(tick.blockTimestamp)}  ${mark(status, paint)} ${shown} #${tick.decisionId}`
  return `${head}  ${parts.filter((part) => part !== '').join(paint.dim(' · '))}`
}

/** What the chain made of what an earlier run left open. */
export function renderRecovery(recovery: Pick<ReconcileReport, 'abandoned' | 'findings'>, paint: Paint): string[] {
  const { abandoned, findings } = recovery
  return [
    ...(abandoned.length === 0
      ? []
      : [
          `${mark('ok', paint)} recovered: ${abandoned.length === 1 ? `decision ${abandoned[0]} was` : `decisions ${abandoned.join(', ')} were`} cut short before a signature; nothing of it was sent`,
        ]),
    ...findings.map(
      ({ hash, nonce, verdict, reason }) =>
        `${mark(verdict === 'quarantined' ? 'fail' : verdict === 'settled' ? 'ok' : 'warn', paint)} recovered: the open transaction ${hash} (nonce ${nonce}) is ${verdict}. ${reason}`,
    ),
  ]
}

/** The planner's account of a pass, where it got that far. */
function planAccount(planning: PlanOutcome | null): PlanResult | null {
  return planning !== null && 'venues' in planning ? (planning as PlanResult) : null
}

function statusOf(tick: TickReport): Status {
  if (badOutcomes.has(tick.outcome)) return 'fail'
  return tick.refusals.length > 0 ? 'skip' : 'ok'
}

function refusalText(tick: TickReport): string {
  const [first] = tick.refusals
  const codes = countCodes(tick.refusals)
  return first === undefined || codes === 'hold' ? (first?.reason ?? codes) : `${codes}: ${first.reason}`
}

function movesText(tick: TickReport): string {
  const moves = movesOf(tick).join(', ')
  return tick.outcome === 'reverted' ? `mined and reverted, nothing moved: ${moves}` : moves
}

function gainText(tick: TickReport): string {
  const account = planAccount(tick.planning)
  if (account === null || account.plan === null) return ''
  const amount = (value: bigint) => formatSmall(value, tick.reading.vault.assetDecimals)
  return `expected gain ${amount(account.expectedGain)}, cost ${amount(account.cost.totalAssets)}`
}

function movesOf(tick: TickReport): string[] {
  const decimals = tick.reading.vault.assetDecimals
  return (planAccount(tick.planning)?.venues ?? []).flatMap(({ name, assetsBefore, assetsAfter }) => {
    const change = assetsAfter - assetsBefore
    if (change === 0n) return []
    return [`${name} ${change < 0n ? '−' : '+'}${formatAmount(change < 0n ? -change : change, decimals, 0)}`]
  })
}

function moveLines(tick: TickReport, paint: Paint): string[] {
  const account = planAccount(tick.planning)
  if (account === null || account.plan === null) return []
  const decimals = tick.reading.vault.assetDecimals
  const amount = (value: bigint) => formatAmount(value, decimals, 2)
  const changed = account.venues.filter(({ assetsBefore, assetsAfter }) => assetsBefore !== assetsAfter)
  const table = renderTable(
    [
      { name: 'venue' },
      { name: 'before', align: 'right' },
      { name: 'change', align: 'right' },
      { name: 'after', align: 'right' },
      { name: 'weight', align: 'right' },
    ],
    changed.map(({ name, assetsBefore, assetsAfter, weightAfterBps }) => {
      const change = assetsAfter - assetsBefore
      return [
        name,
        amount(assetsBefore),
        `${change < 0n ? '−' : '+'}${amount(change < 0n ? -change : change)}`,
        amount(assetsAfter),
        formatBps(weightAfterBps),
      ]
    }),
    paint,
  )
  return [...table, formatGain(account.expectedGain, account.cost.totalAssets, decimals)].map((line) => `  ${line}`)
}
