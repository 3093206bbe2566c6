import { capitalTooLarge, windowTooLarge, windowWithoutData } from '../errors/backtest.ts'
import type { Panel } from '../history/panel.ts'
import { defaultCosts, type MoveCosts } from '../market/step.ts'
import { type BaselineName, baselineNames, makeBaseline } from './baselines/make-baseline.ts'
import { trackCandidates } from './baselines/tuned.ts'
import { bestStatic, staticSeries } from './best-static.ts'
import { type Clairvoyant, clairvoyant } from './clairvoyant.ts'
import {
  blockDays,
  bootstrapDifference,
  bootstrapRatio,
  type Interval,
  joined,
  pooledShare,
  type WindowScore,
  worstSpell,
} from './metric.ts'
import { type ReplayPolicy, type ReplayRun, replay } from './replay.ts'
import { type PanelMarket, replayPanel } from './replay-panel.ts'
import { type Rung, rungGas, rungs } from './rung-gas.ts'
import { type UpperBound, upperBound } from './upper-bound.ts'

export type BacktestInput = {
  panel: Panel
  /** The name of a baseline, or a policy that is made anew for every window. */
  policy: BaselineName | ((costs: Readonly<MoveCosts>) => ReplayPolicy)
  /** Asset units. */
  capital: number
  lagSteps: number
  /** Whose gas is charged; undefined charges the market model's own costs, 200,000 gas a touched venue. */
  rung?: Rung
  /** False: gas and swaps cost nothing. */
  charged?: boolean
  /** First step of the panel, and the first that is not in it. */
  from?: number
  to?: number
  /** Windows one after another, each after a stretch of the past that rules may be tuned on; hours. */
  walkForward?: { trainHours: number; testHours: number }
  /** Most of the capital in one venue, a share. @default 1 */
  cap?: number
  seed?: bigint
  /** What else the report names by its hash, the policy say. */
  hashes?: Readonly<Record<string, string>>
  /** What a reader of the report must know of the panel, the window or the policy. */
  warnings?: readonly string[]
  /** Passes of the search for the upper bound. */
  boundPasses?: number
  onProgress?(label: string, fraction: number): void
}

type PolicyResult = {
  netAprPct: number
  grossAprPct: number
  trades: number
  turnover: number
  gasUsd: number
  sharePct: number
}

export type BacktestReport = {
  panel: string
  policy: string
  capital: number
  lagSteps: number
  steps: number
  netAprPct: number
  grossAprPct: number
  trades: number
  /** Moved out of venues, multiples of the capital. */
  turnover: number
  gasUsd: number
  swapUsd: number
  /** Of the capital, over the seven worst days in a row. */
  worst7dPct: number
  unservedWithdrawalHours: number
  baselines: Record<string, PolicyResult>
  clairvoyant: { netAprPct: number; trades: number; points: number; states: number }
  bound: { netAprPct: number; method: string; gapToGridPct: number }
  bestStatic: { netAprPct: number; weights: Record<string, number> }
  headroomPct: number
  sharePct: number
  ci95: Interval
  /** The policy less the tuned rule, percentage points a year. */
  overTunedRulePct: number
  overTunedRuleCi95: Interval
  costs: { charged: boolean; gasPerPlan: number; gasPerVenue: number; swapBps: number; rung: Rung | null }
  rungs: Record<Rung, { gasPerPlan: number; gasPerLeg: number; reckoned: string[]; paysAboveCapital: number | null }>
  windows: WindowReport[]
  seed: string
  hashes: Readonly<Record<string, string>>
  warnings: readonly string[]
}

type WindowReport = {
  from: number
  to: number
  netAprPct: number
  boundAprPct: number
  bestStaticAprPct: number
  bestStaticWeights: number[]
}

/** What a window left behind, for a report: the policy's own run and what it is measured against. */
export type WindowResult = {
  from: number
  steps: number
  market: PanelMarket
  run: ReplayRun
  baselines: Map<string, ReplayRun>
  staticNet: number
  staticWeights: Float64Array
  staticSeries: Float64Array
  bound: UpperBound
  grid: Clairvoyant
}

/** Steps of one window times venues, for which some 3 GiB are needed: seventeen years of hours over eight venues. */
const largestWindow = 1_200_000
/** Stretch of the past and how often it is looked at, where no walk-forward says otherwise. */
const defaultTrainHours = 90 * 24
const defaultRetuneHours = 30 * 24

/**
 * Runs a policy over a panel beside the rules and the bounds, and reckons the metric of docs/backtest.md.
 *
 * @throws BACKTEST_WINDOW, BACKTEST_TOO_LARGE, BACKTEST_CAPITAL, BACKTEST_POLICY_ANSWER
 */
export async function runBacktest(input: BacktestInput): Promise<{ report: BacktestReport; windows: WindowResult[] }> {
  const { panel, capital, lagSteps } = input
  const costs = backtestCosts(input)
  const cap = input.cap ?? 1
  const spans = windowsOf(input)
  const hoursPerStep = panel.stepSeconds / 3_600
  const longest = Math.max(...spans.map(({ steps }) => steps))
  if (longest * panel.venues.length > largestWindow) throw windowTooLarge(longest, panel.venues.length, largestWindow)

  const markets = spans.map(({ from, steps }) => replayPanel(panel, { from, steps, capital, costs, cap }))
  checkCapital(panel, capital, (spans[0] as Span).from)
  const track = trackCandidates({ panel, market: markets[0] as PanelMarket, costs })
  const results: WindowResult[] = []
  for (const [i, span] of spans.entries()) {
    const market = markets[i] as PanelMarket
    const settings = { panel, market, from: span.from, lagSteps, costs }
    const trainHours = input.walkForward?.trainHours ?? defaultTrainHours
    const retuneHours = input.walkForward === undefined ? defaultRetuneHours : Number.POSITIVE_INFINITY
    const best = bestStatic(market)
    const label = spans.length === 1 ? '' : `window ${i + 1} of ${spans.length}: `
    const make = (name: BaselineName) =>
      makeBaseline(name, { panel, market, best: best.weights, track, costs, capital, cap, trainHours, retuneHours })
    const warmUpSteps = Math.max(2_000, Math.ceil(trainHours / hoursPerStep))
    input.onProgress?.(`${label}policy`, 0)
    const run = await replay(typeof input.policy === 'string' ? make(input.policy) : input.policy(costs), {
      ...settings,
      warmUpSteps,
    })
    const baselines = new Map<string, ReplayRun>()
    for (const [at, name] of baselineNames.entries()) {
      input.onProgress?.(`${label}rules`, at / baselineNames.length)
      baselines.set(name, await replay(make(name), { ...settings, warmUpSteps }))
    }
    const grid = clairvoyant(market, {
      also: [best.weights],
      onProgress: (done) => input.onProgress?.(`${label}clairvoyant`, done),
    })
    const bound = upperBound(market, {
      ...(input.boundPasses === undefined ? {} : { passes: input.boundPasses }),
      onProgress: (done) => input.onProgress?.(`${label}upper bound`, done),
    })
    results.push({
      ...span,
      market,
      run,
      baselines,
      staticNet: best.net,
      staticWeights: best.weights,
      staticSeries: staticSeries(market, best.weights),
      bound,
      grid,
    })
  }
  return { report: reportOf(input, costs, results), windows: results }
}

type Span = { from: number; steps: number }

function windowsOf({ panel, from = 0, to = panel.steps, walkForward }: BacktestInput): Span[] {
  const time = (step: number) => new Date((panel.startSeconds + step * panel.stepSeconds) * 1_000).toISOString()
  if (!(from >= 0 && to <= panel.steps && to > from)) {
    throw windowWithoutData(panel.name, time(from), time(to), 'it is not inside the panel')
  }
  if (walkForward === undefined) return [{ from, steps: to - from }]
  const perHour = 3_600 / panel.stepSeconds
  const train = Math.round(walkForward.trainHours * perHour)
  const test = Math.round(walkForward.testHours * perHour)
  const spans: Span[] = []
  for (let start = Math.max(from, train); start < to; start += test) {
    const steps = Math.min(test, to - start)
    if (2 * steps >= test) spans.push({ from: start, steps })
  }
  if (spans.length === 0) {
    const days = (count: number) => Number(((count * panel.stepSeconds) / 86_400).toFixed(2))
    const reason = `no test window fits: ${days(train)} days to tune on, and at least half of ${days(test)} to test on`
    throw windowWithoutData(panel.name, time(from), time(to), reason)
  }
  return spans
}

/** What a move costs: the rung's gas, or the market model's own. */
export function backtestCosts({
  panel,
  rung,
  charged = true,
}: Pick<BacktestInput, 'panel' | 'rung' | 'charged'>): MoveCosts {
  if (!charged) return { ...defaultCosts, gasPerPlan: 0, gasPerVenue: 0, swapBps: 0, swapImpactBpsPerMillion: 0 }
  if (rung === undefined) return { ...defaultCosts }
  const { gasPerPlan, gasPerLeg } = rungGas(rung, panel.venues.length)
  return { ...defaultCosts, gasPerPlan, gasPerVenue: gasPerLeg }
}

/** A vault larger than the deposits of all its venues together would be the market itself. */
function checkCapital(panel: Panel, capital: number, step: number): void {
  const deposits = panel.totalSupply.map((row) => row[step] as number)
  if (deposits.some((deposit, j) => Number.isNaN(deposit) && !Number.isNaN(panel.supplyApr[j]?.[step] ?? Number.NaN)))
    return
  const sum = deposits.reduce((total, deposit) => total + (Number.isNaN(deposit) ? 0 : deposit), 0)
  if (capital <= sum) return
  throw capitalTooLarge(capital, sum, new Date((panel.startSeconds + step * panel.stepSeconds) * 1_000).toISOString())
}

function reportOf(input: BacktestInput, costs: MoveCosts, windows: readonly WindowResult[]): BacktestReport {
  const { panel, capital } = input
  const steps = windows.reduce((sum, window) => sum + window.steps, 0)
  const perYear = 100 / ((steps * panel.stepSeconds) / 31_536_000)
  const seed = input.seed ?? 1n
  const runs = windows.map(({ run }) => run)
  const boundNet = windows.map(({ bound }) => bound.net)
  const staticNet = windows.map((window) => window.staticNet)
  const scores = (all: readonly ReplayRun[]): WindowScore[] =>
    windows.map((window, i) => ({
      policy: sum((all[i] as ReplayRun).net),
      bestStatic: window.staticNet,
      bound: window.bound.net,
    }))
  const result = (all: readonly ReplayRun[]): PolicyResult => ({
    netAprPct: total(all.map(({ net }) => sum(net))) * perYear,
    grossAprPct: total(all.map(({ gross }) => sum(gross))) * perYear,
    trades: total(all.map(({ trades }) => trades)),
    turnover: total(all.map(({ turnover }) => turnover)),
    gasUsd: total(all.map(({ gas }) => gas)) * costs.assetPriceUsd,
    sharePct: 100 * pooledShare(scores(all)),
  })
  const own = result(runs)
  const bootstrap = {
    blockSteps: Math.round((blockDays * 86_400) / panel.stepSeconds),
    seed,
  }
  const statics = joined(windows.map((window) => window.staticSeries))
  const bounds = joined(windows.map(({ bound }) => bound.netSeries))
  const nets = joined(runs.map(({ net }) => net))
  const less = (a: Float64Array, b: Float64Array) => a.map((value, t) => value - (b[t] as number))
  const share95 = bootstrapRatio(less(nets, statics), less(bounds, statics), bootstrap)
  const tunedRuns = windows.map(({ baselines }) => baselines.get('smoothed-water-filling-payback') as ReplayRun)
  const tuned = joined(tunedRuns.map(({ net }) => net))
  const stepPerYear = 100 * (31_536_000 / panel.stepSeconds)
  const difference95 = bootstrapDifference(nets, tuned, bootstrap)
  const grids = windows.map(({ grid }) => grid)
  const gridNet = total(grids.map(({ net }) => net))
  const mixes = windows.map((window) => window.staticWeights)
  return {
    panel: panel.name,
    policy: typeof input.policy === 'string' ? input.policy : input.policy(costs).name,
    capital,
    lagSteps: input.lagSteps,
    steps,
    ...own,
    swapUsd: total(runs.map(({ swap }) => swap)) * costs.assetPriceUsd,
    worst7dPct: 100 * worstSpell(nets, Math.round((7 * 86_400) / panel.stepSeconds)),
    unservedWithdrawalHours: total(runs.map(({ unservedHours }) => unservedHours)),
    baselines: Object.fromEntries(
      baselineNames.map((name) => [name, result(windows.map(({ baselines }) => baselines.get(name) as ReplayRun))]),
    ),
    clairvoyant: {
      netAprPct: gridNet * perYear,
      trades: total(grids.map(({ trades }) => trades)),
      points: Math.min(...grids.map(({ points }) => points)),
      states: Math.max(...grids.map(({ states }) => states)),
    },
    bound: {
      netAprPct: total(boundNet) * perYear,
      method: 'Lagrangian dual of the budget, fixed gas kept, proven on cells',
      gapToGridPct: (total(boundNet) - gridNet) * perYear,
    },
    bestStatic: {
      netAprPct: total(staticNet) * perYear,
      // Of several windows: the mean of the mixes, weighted by their length.
      weights: Object.fromEntries(
        panel.venues.map(({ id }, j) => [
          id,
          total(mixes.map((mix, i) => ((mix[j] as number) * (windows[i] as WindowResult).steps) / steps)),
        ]),
      ),
    },
    headroomPct: (total(boundNet) - total(staticNet)) * perYear,
    ci95: [100 * share95[0], 100 * share95[1]],
    overTunedRulePct: (sum(nets) - sum(tuned)) * perYear,
    overTunedRuleCi95: [difference95[0] * stepPerYear, difference95[1] * stepPerYear],
    costs: {
      charged: input.charged ?? true,
      gasPerPlan: costs.gasPerPlan,
      gasPerVenue: costs.gasPerVenue,
      swapBps: costs.swapBps,
      rung: input.rung ?? null,
    },
    rungs: rungTable(input, windows),
    windows: windows.map(({ from, steps, run, bound, staticNet, staticWeights }) => {
      const yearly = 100 / ((steps * panel.stepSeconds) / 31_536_000)
      return {
        from: panel.startSeconds + from * panel.stepSeconds,
        to: panel.startSeconds + (from + steps) * panel.stepSeconds,
        netAprPct: sum(run.net) * yearly,
        boundAprPct: bound.net * yearly,
        bestStaticAprPct: staticNet * yearly,
        bestStaticWeights: Array.from(staticWeights),
      }
    }),
    seed: String(seed),
    hashes: { ...panel.hashes, ...input.hashes },
    warnings: input.warnings ?? [],
  }
}

/**
 * For each rung its gas, and the capital above which the moves that were made pay for it: what they gained on the best
 * static mix before gas, as a share of the capital, against what they would have cost there.
 */
function rungTable(input: BacktestInput, windows: readonly WindowResult[]): BacktestReport['rungs'] {
  const { panel, capital } = input
  const gain = total(windows.map(({ run, staticNet }) => sum(run.gross) - run.swap / capital - staticNet))
  const entries = rungs.map((rung) => {
    const { gasPerPlan, gasPerLeg, parts } = rungGas(rung, panel.venues.length)
    let usd = 0
    for (const { from, run } of windows) {
      for (const { step, legs } of run.moves) {
        usd += (gasPerPlan + gasPerLeg * legs) * (panel.usdPerGas[from + step] as number)
      }
    }
    return [
      rung,
      {
        gasPerPlan,
        gasPerLeg,
        reckoned: parts.filter(({ basis }) => basis === 'reckoned').map(({ what }) => what),
        paysAboveCapital: gain > 0 ? Math.round(usd / gain) : null,
      },
    ] as const
  })
  return Object.fromEntries(entries) as BacktestReport['rungs']
}

function sum(series: Float64Array): number {
  return series.reduce((total, value) => total + value, 0)
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
