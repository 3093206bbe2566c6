import { blockDays, bootstrapDifference, bootstrapRatio, joined } from '../backtest/metric.ts'
import type { ReplayRun } from '../backtest/replay.ts'
import type { BacktestInput, BacktestReport, WindowResult } from '../backtest/run-backtest.ts'
import { defaultCosts } from '../market/step.ts'
import { emptySteps, type RunHead, type RunMove, type RunRecord, runFormat, runVersion } from './run-record.ts'

const tunedRule = 'smoothed-water-filling-payback'

export type RecordRunInput = {
  input: Pick<BacktestInput, 'panel' | 'lagSteps' | 'cap' | 'walkForward' | 'from' | 'to'>
  report: BacktestReport
  windows: readonly WindowResult[]
  code: RunHead['code']
}

/** What is stored of a run, before files have hashes. */
export type UnsealedRun = Omit<RunRecord, 'head'> & { head: Omit<RunHead, 'files' | 'digest'> }

/**
 * Makes the record of a backtest: for each step what was earned, held and paid, for each move what was known when it was
 * decided and what it brought, and for each rule the interval of its share and of what the policy earned above it.
 */
export function recordRun({ input, report, windows, code }: RecordRunInput): UnsealedRun {
  const { panel } = input
  const rows = windows.reduce((sum, { steps }) => sum + steps, 0)
  const steps = emptySteps(rows, panel.venues.length)
  const moves: RunMove[] = []
  let at = 0
  for (const [index, window] of windows.entries()) {
    recordSteps(steps, at, window, index, panel)
    moves.push(...recordMoves(window, index, input))
    at += window.steps
  }
  const from = panel.startSeconds + (windows[0]?.from ?? 0) * panel.stepSeconds
  return {
    head: {
      format: runFormat,
      version: runVersion,
      // As it will be read back: JSON has neither NaN nor absent values.
      report: JSON.parse(JSON.stringify(report)) as RunHead['report'],
      settings: {
        from,
        to: from + rows * panel.stepSeconds,
        stepSeconds: panel.stepSeconds,
        asset: panel.asset,
        cap: input.cap ?? 1,
        walkForward: input.walkForward ?? null,
        assetPriceUsd: defaultCosts.assetPriceUsd,
      },
      venues: panel.venues.map(({ id, kind, asset, kink }) => ({
        id,
        kind,
        asset,
        kink: kink ?? (kind === 'adaptive' ? 0.9 : null),
      })),
      starts: windows.map(({ market }) => Array.from(market.start, (own) => own / market.capital)),
      intervals: intervalsOf(report, windows, panel.stepSeconds),
      code,
    },
    steps,
    moves,
  }
}

function recordSteps(
  steps: UnsealedRun['steps'],
  at: number,
  window: WindowResult,
  index: number,
  panel: RecordRunInput['input']['panel'],
): void {
  const { run, market, from } = window
  const { capital, yearsPerStep } = market
  const rule = window.baselines.get(tunedRule) as ReplayRun
  for (let t = 0; t < window.steps; t += 1) {
    const row = at + t
    steps.time[row] = panel.startSeconds + (from + t) * panel.stepSeconds
    steps.window[row] = index
    steps.net[row] = run.net[t] as number
    steps.gross[row] = run.gross[t] as number
    steps.bestStatic[row] = window.staticSeries[t] as number
    steps.bound[row] = window.bound.netSeries[t] as number
    steps.rule[row] = rule.net[t] as number
    const frame = market.frameAt(t)
    const weights = run.weights[t] as Float64Array
    let impact = 0
    for (let j = 0; j < market.venues; j += 1) {
      const weight = weights[j] as number
      const apr = frame.supplyApr[j] as number
      const paid = Number.isNaN(apr) ? Number.NaN : market.supplyApr(t, j, weight * capital)
      const used = (frame.borrow[j] as number) / ((frame.supply[j] as number) + weight * capital)
      if (weight > 0 && paid < apr) impact += weight * (apr - paid) * yearsPerStep
      const set = (columns: Float64Array[], value: number): void => {
        ;(columns[j] as Float64Array)[row] = value
      }
      set(steps.weight, weight)
      set(steps.apr, apr)
      set(steps.paid, paid)
      set(steps.used, panel.venues[j]?.kind === 'exogenous' ? Number.NaN : Math.min(1, used))
    }
    steps.impact[row] = impact
  }
  for (const { step, gas, swap } of run.moves) {
    steps.gas[at + step] = gas / capital
    steps.swap[at + step] = swap / capital
  }
}

function recordMoves(window: WindowResult, index: number, input: RecordRunInput['input']): RunMove[] {
  const { panel, lagSteps } = input
  const { run, market, from } = window
  const { capital, venues, yearsPerStep } = market
  const timeOf = (step: number): number => panel.startSeconds + (from + step) * panel.stepSeconds
  const start = market.start.map((own) => own / capital)
  const income = (step: number, weights: Float64Array, j: number): number => {
    const weight = weights[j] as number
    return weight > 0 ? weight * market.supplyApr(step, j, weight * capital) : 0
  }
  return run.moves.map(({ step, gas, swap, lockedIn, shutOut, reason }, i) => {
    const before = step === 0 ? start : (run.weights[step - 1] as Float64Array)
    const after = run.weights[step] as Float64Array
    const next = run.moves[i + 1]?.step ?? window.steps
    const changed = Array.from({ length: venues }, (_, j) => j).filter((j) => before[j] !== after[j])
    const known = step - lagSteps
    const isKnown = from + known >= 0
    const rate = (weights: Float64Array, j: number): number | null =>
      isKnown && !Number.isNaN(market.frameAt(known).supplyApr[j] as number)
        ? market.supplyApr(known, j, (weights[j] as number) * capital)
        : null
    const mix = (weights: Float64Array): number | null =>
      isKnown ? weights.reduce((sum, _, j) => sum + income(known, weights, j), 0) : null
    let brought = 0
    for (let t = step; t < next; t += 1) {
      for (const j of changed) brought += income(t, after, j) - income(t, before, j)
    }
    return {
      time: timeOf(step),
      known: isKnown ? timeOf(known) : null,
      window: index,
      legs: changed.map((venue) => ({
        venue,
        from: before[venue] as number,
        to: after[venue] as number,
        aprBefore: rate(before, venue),
        aprAfter: rate(after, venue),
      })),
      gas,
      swap,
      lockedIn,
      shutOut,
      mixBefore: mix(before),
      mixAfter: mix(after),
      heldHours: ((next - step) * panel.stepSeconds) / 3_600,
      brought: brought * yearsPerStep * capital - gas - swap,
      ...(reason === undefined ? {} : { reason }),
    }
  })
}

/** The same blocks, seed and draws as those of the policy's own interval. */
function intervalsOf(
  report: BacktestReport,
  windows: readonly WindowResult[],
  stepSeconds: number,
): RunHead['intervals'] {
  const bootstrap = { blockSteps: Math.round((blockDays * 86_400) / stepSeconds), seed: BigInt(report.seed) }
  const perYear = 100 * (31_536_000 / stepSeconds)
  const statics = joined(windows.map(({ staticSeries }) => staticSeries))
  const headroom = joined(windows.map(({ bound }) => bound.netSeries)).map((value, t) => value - (statics[t] as number))
  const nets = joined(windows.map(({ run }) => run.net))
  const entries = Object.entries(report.baselines).map(([name, { netAprPct }]) => {
    const rule = joined(windows.map(({ baselines }) => (baselines.get(name) as ReplayRun).net))
    const gain = rule.map((value, t) => value - (statics[t] as number))
    const share = bootstrapRatio(gain, headroom, bootstrap)
    const behind = bootstrapDifference(nets, rule, bootstrap)
    return [
      name,
      {
        shareCi95: scaled(share, 100),
        behindPct: report.netAprPct - netAprPct,
        behindCi95: scaled(behind, perYear),
      },
    ] as const
  })
  return Object.fromEntries(entries)
}

function scaled([low, high]: readonly [number, number], factor: number): [number | null, number | null] {
  const end = (value: number): number | null => (Number.isFinite(value) ? value * factor : null)
  return [end(low), end(high)]
}
