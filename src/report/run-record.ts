import { z } from 'zod'

/** What the first line of every run.json says; a later version may be read by a later Tiller only. */
export const runFormat = 'tiller-run'
export const runVersion = 1

const number = z.number()
/** JSON has no NaN: a share of no headroom is null, and so is an interval that no draw could give. */
const share = number.nullable().transform((value) => value ?? Number.NaN)
const interval = z.tuple([number.nullable(), number.nullable()])
const hash = z.string().regex(/^[0-9a-f]{64}$/)

const ruleRow = z.looseObject({
  netAprPct: number,
  grossAprPct: number,
  trades: number,
  turnover: number,
  gasUsd: number,
  sharePct: share,
})

/** The document of `tiller backtest --json`, as far as reports and comparisons lean on it; more is kept. */
const backtestReport = z.looseObject({
  panel: z.string(),
  policy: z.string(),
  capital: number,
  lagSteps: number,
  steps: number,
  netAprPct: number,
  grossAprPct: number,
  trades: number,
  turnover: number,
  gasUsd: number,
  swapUsd: number,
  worst7dPct: number,
  unservedWithdrawalHours: number,
  baselines: z.record(z.string(), ruleRow),
  clairvoyant: z.looseObject({ netAprPct: number, trades: number, points: number, states: number }).nullable(),
  bound: z.looseObject({ netAprPct: number, gapToGridPct: number.nullable() }),
  bestStatic: z.looseObject({ netAprPct: number, weights: z.record(z.string(), number) }),
  headroomPct: number,
  sharePct: share,
  ci95: interval,
  overTunedRulePct: number,
  overTunedRuleCi95: interval,
  costs: z.looseObject({
    charged: z.boolean(),
    gasPerPlan: number,
    gasPerVenue: number,
    swapBps: number,
    rung: z.string().nullable(),
  }),
  windows: z.array(
    z.looseObject({ from: number, to: number, netAprPct: number, boundAprPct: number, bestStaticAprPct: number }),
  ),
  seed: z.string(),
  hashes: z.record(z.string(), z.string()),
  // Runs of before have none.
  warnings: z.array(z.string()).optional(),
})

const runVenue = z.object({
  id: z.string().min(1),
  kind: z.enum(['kinked', 'comet', 'adaptive', 'exogenous']),
  asset: z.string(),
  /** Null: the panel does not say. */
  kink: number.nullable(),
})

const runFile = z.object({ sha256: hash, rows: z.number().int().nonnegative() })

/** run.json: everything of a run but its series and moves. */
export const runHead = z.object({
  format: z.literal(runFormat),
  version: z.literal(runVersion),
  report: backtestReport,
  settings: z.object({
    /** Unix seconds. */
    from: number,
    to: number,
    stepSeconds: number.positive(),
    asset: z.string(),
    /** Most of the capital in one venue. */
    cap: number,
    walkForward: z.object({ trainHours: number, testHours: number }).nullable(),
    assetPriceUsd: number,
  }),
  venues: z.array(runVenue).min(1),
  /** Weights with which each window begins, before its first step. */
  starts: z.array(z.array(number)),
  /** 95 % intervals of the share of each rule, and of what the policy earned above it, percentage points a year. */
  intervals: z.record(z.string(), z.object({ shareCi95: interval, behindPct: number, behindCi95: interval })),
  code: z.object({ version: z.string(), revision: z.string().nullable(), source: z.string().nullable() }),
  files: z.object({ steps: runFile, moves: runFile }),
  /** sha256 of this document without this key. */
  digest: hash,
})

export type RunHead = z.infer<typeof runHead>

/** One leg of a move: from one share of the capital to another. */
const leg = z.object({
  venue: z.number().int().nonnegative(),
  from: number,
  to: number,
  /** What the venue paid on the data of the decision, with our deposit as it stood and as it was to be; null: unknown. */
  aprBefore: number.nullable(),
  aprAfter: number.nullable(),
})

export const runMove = z.object({
  /** Unix seconds: when it took effect, and of the data on which it was decided; null where there was none. */
  time: number,
  known: number.nullable(),
  window: z.number().int().nonnegative(),
  legs: z.array(leg),
  /** Asset units. */
  gas: number,
  swap: number,
  lockedIn: number,
  shutOut: number,
  /** Rate of the whole capital on the data of the decision, before and after, fractions per year. */
  mixBefore: number.nullable(),
  mixAfter: number.nullable(),
  /** Hours until the next move or the end of the window, and what the move brought until then, its cost paid; asset units. */
  heldHours: number,
  brought: number,
  /** The policy's own words. */
  reason: z.string().optional(),
})

export type RunMove = z.infer<typeof runMove>

/** One column for each quantity, a value for each step; NaN: unknown. */
export type RunSteps = {
  /** Unix seconds of the beginning of each step. */
  time: Float64Array
  window: Float64Array
  /** Shares of the capital: earned net and gross, paid for gas and swaps, lost to our own impact on rates. */
  net: Float64Array
  gross: Float64Array
  gas: Float64Array
  swap: Float64Array
  impact: Float64Array
  /** Shares of the capital that the best static mix, the upper bound and the tuned rule earned. */
  bestStatic: Float64Array
  bound: Float64Array
  rule: Float64Array
  /** `[venue]`: share of the capital held, rate without our deposit, rate that we are paid, utilisation with our deposit. */
  weight: Float64Array[]
  apr: Float64Array[]
  paid: Float64Array[]
  used: Float64Array[]
}

const seriesColumns = ['net', 'gross', 'gas', 'swap', 'impact', 'bestStatic', 'bound', 'rule'] as const
const venueColumns = ['weight', 'apr', 'paid', 'used'] as const

/** Everything that a report or a comparison of a run needs. */
export type RunRecord = { head: RunHead; steps: RunSteps; moves: RunMove[] }

/** Columns of the table of steps, in order. */
export function stepHeader(venues: number): string[] {
  const perVenue = Array.from({ length: venues }, (_, j) => venueColumns.map((name) => `${name}${j}`))
  return ['time', 'window', ...seriesColumns, ...perVenue.flat()]
}

/** Columns of nothing yet, for `rows` steps. */
export function emptySteps(rows: number, venues: number): RunSteps {
  const column = (): Float64Array => new Float64Array(rows)
  const perVenue = (): Float64Array[] => Array.from({ length: venues }, column)
  return {
    time: column(),
    window: column(),
    net: column(),
    gross: column(),
    gas: column(),
    swap: column(),
    impact: column(),
    bestStatic: column(),
    bound: column(),
    rule: column(),
    weight: perVenue(),
    apr: perVenue(),
    paid: perVenue(),
    used: perVenue(),
  }
}

/** The columns of a table of steps in the order of its header. */
export function stepColumns(steps: RunSteps): Float64Array[] {
  return [
    steps.time,
    steps.window,
    ...seriesColumns.map((name) => steps[name]),
    ...steps.weight.flatMap((_, j) => venueColumns.map((name) => steps[name][j] as Float64Array)),
  ]
}
