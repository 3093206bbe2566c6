import { blockDays, bootstrapDifference, leastIntervalDays } from '../backtest/metric.ts'
import { runsDiffer } from '../errors/report.ts'
import { type Day, daysOf, heaviestDays, withoutDays } from './days.ts'
import type { RunHead, RunRecord } from './run-record.ts'

const secondsPerYear = 31_536_000
const shownDays = 10

/** What two runs may differ in where the caller says so; panel, window and step may never differ. */
export const comparableAcross = ['capital', 'lag', 'costs', 'cap'] as const

export type Across = (typeof comparableAcross)[number]

export type ComparedRun = {
  run: string
  policy: string
  netAprPct: number
  sharePct: number
  trades: number
  turnover: number
  gasUsd: number
  worst7dPct: number
}

export type Comparison = {
  a: ComparedRun
  b: ComparedRun
  /** B less A, percentage points a year, and the 95 % interval of its paired block bootstrap. */
  differencePct: number
  ci95: readonly [number, number]
  blockDays: number
  /** Shorter than two blocks: the interval is of smaller ones, and decides nothing. */
  tooShort: boolean
  seed: string
  /** The days that make most of the difference, in either direction; of the capital. */
  days: { day: string; differenceBp: number }[]
  /** Null where they are all there is. */
  withoutDaysPct: number | null
  /** What the caller has let differ, and does. */
  across: { what: string; a: string; b: string }[]
  sameCode: boolean
}

export type NamedRun = { name: string; run: RunRecord }

/**
 * Sets two runs of the same market side by side: their results, the difference of their net APR with its interval, and
 * the days that make it.
 *
 * @throws RUNS_DIFFER where the market, the window or the step differ, or what may not be left out of account otherwise.
 */
export function compareRuns(a: NamedRun, b: NamedRun, across: readonly Across[] = []): Comparison {
  const found = differences(a.run.head, b.run.head)
  const refused = found.filter(({ what }) => !across.some((allowed) => allowed === what))
  if (refused.length > 0) {
    const mayDiffer = refused.every(({ what }) => comparableAcross.some((known) => known === what))
    throw runsDiffer(
      a.name,
      b.name,
      refused.map((one) => [one.what, `${one.a} against ${one.b}`]),
      mayDiffer ? [...across, ...refused.map(({ what }) => what)] : undefined,
    )
  }
  const { stepSeconds } = a.run.head.settings
  const perYear = 100 * (secondsPerYear / stepSeconds)
  const [first, second] = [a.run.steps, b.run.steps]
  const difference = second.net.map((value, t) => value - (first.net[t] as number))
  const { seed } = a.run.head.report
  const ci = bootstrapDifference(second.net, first.net, {
    blockSteps: Math.round((blockDays * 86_400) / stepSeconds),
    seed: BigInt(seed),
  })
  const days = daysOf(first.time, difference)
  const heaviest = heaviestDays(days, shownDays)
  const rest = withoutDays(days, heaviest)
  return {
    a: compared(a),
    b: compared(b),
    differencePct: (difference.reduce((sum, value) => sum + value, 0) / difference.length) * perYear,
    ci95: [ci[0] * perYear, ci[1] * perYear],
    blockDays,
    tooShort: difference.length * stepSeconds < leastIntervalDays * 86_400,
    seed,
    days: heaviest.map(({ start, sum }: Day) => ({ day: dayText(start), differenceBp: 1e4 * sum })),
    withoutDaysPct: rest.steps === 0 ? null : (rest.sum / rest.steps) * perYear,
    across: found,
    sameCode: sameCode(a.run.head.code, b.run.head.code),
  }
}

function compared({ name, run }: NamedRun): ComparedRun {
  const { policy, netAprPct, sharePct, trades, turnover, gasUsd, worst7dPct } = run.head.report
  return { run: name, policy, netAprPct, sharePct, trades, turnover, gasUsd, worst7dPct }
}

type Difference = { what: string; a: string; b: string }

function differences(a: RunHead, b: RunHead): Difference[] {
  const dataOf = ({ report }: RunHead): string => {
    const { policy: _, ...files } = report.hashes
    const sorted = Object.entries(files).sort(([one], [two]) => (one < two ? -1 : 1))
    return JSON.stringify(sorted)
  }
  const window = ({ settings, report }: RunHead): string =>
    `${timeText(settings.from)} to ${timeText(settings.to)}${
      settings.walkForward === null
        ? ''
        : ` in ${report.windows.length} windows of ${settings.walkForward.testHours} h behind ${settings.walkForward.trainHours} h`
    }`
  const costs = ({ report: { costs } }: RunHead): string =>
    costs.charged
      ? `${costs.gasPerPlan} + ${costs.gasPerVenue} gas a venue (${costs.rung ?? 'model'}), ${costs.swapBps} bp a swap`
      : 'none charged'
  const pairs: [what: string, of: (head: RunHead) => string][] = [
    ['step', ({ settings }) => `${settings.stepSeconds} s`],
    ['window', window],
    ['capital', ({ report, settings }) => `${report.capital} ${settings.asset}`],
    ['lag', ({ report }) => `${report.lagSteps} steps`],
    ['costs', costs],
    ['cap', ({ settings }) => String(settings.cap)],
  ]
  const found = pairs.map(([what, of]) => ({ what, a: of(a), b: of(b) })).filter((one) => one.a !== one.b)
  if (dataOf(a) === dataOf(b)) return found
  const names = a.report.panel === b.report.panel
  const panel = names
    ? { what: 'panel', a: `${a.report.panel}`, b: `another ${b.report.panel}: its files have other hashes` }
    : { what: 'panel', a: a.report.panel, b: b.report.panel }
  return [panel, ...found]
}

function sameCode(a: RunHead['code'], b: RunHead['code']): boolean {
  if (a.source !== null && b.source !== null) return a.source === b.source
  return a.revision !== null && a.revision === b.revision && !a.revision.endsWith('-dirty')
}

function timeText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
}

function dayText(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().slice(0, 10)
}
