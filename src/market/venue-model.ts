import type { AsOfPanel, Panel, VenueCurveKind } from '../history/panel.ts'
import { kinkedBorrowAprFloat } from '../venues/aave-v3/rates.ts'
import { cometSupplyAprFloat } from '../venues/comet/rates.ts'
import { adaptiveFactorFloat } from '../venues/morpho-blue/rates.ts'

/**
 * How a venue earns and what it lets in and out, as a function of our own deposit. Floating point: these numbers steer
 * simulations and backtests and never touch a vault's money.
 */

/**
 * Form of a venue's rate. Anchored forms know the observed rate and move it along the curve; exact ones are the
 * protocol's formula with all its parameters.
 */
export const curveForm = {
  exogenous: 0,
  anchoredKinked: 1,
  anchoredComet: 2,
  anchoredAdaptive: 3,
  kinked: 4,
  comet: 5,
  adaptive: 6,
} as const

/** What stands in for a curve's parameters where a panel does not say them: a stablecoin market of Aave v3. */
export const assumedCurve = { kink: 0.9, slope2: 0.6, reserveFactor: 0 } as const

/**
 * At the least this share of a rate seen above the kink is attributed to the part of the curve below it, so that a
 * `slope2` too large for the market still leaves a curve that rises.
 */
const leastShareAtKink = 0.2

/** Below it a pool counts as one without borrowers. */
const leastUtilisation = 1e-9

/** A pool with less than this share of its deposits free is pinned: whoever queues takes what comes in. */
const pinnedFreeShare = 0.001

/**
 * All venues at one step, without our own deposits; struct of arrays, `[venue]`, refilled in place at every step.
 *
 * Amounts in whole asset units, rates and shares as fractions, rates per year. NaN means unknown: a venue with NaN in
 * `supplyApr` is closed (before its first row, after its last); one with NaN in `supply` or `borrow` has no impact.
 */
export type MarketFrame = {
  readonly venues: number
  /** How many assets there are. */
  assets: number
  readonly form: Uint8Array
  /** Index of the venue's asset; 0 is the asset of the vault. */
  readonly asset: Uint8Array
  readonly supplyApr: Float64Array
  readonly supply: Float64Array
  readonly borrow: Float64Array
  readonly available: Float64Array
  /** 1 where utilisation is pinned at one: what is put in is taken by those who wait to get out. */
  readonly pinned: Uint8Array
  readonly kink: Float64Array
  /** Of the borrow curve, between kink and full utilisation; of the supply curve for Comet. */
  readonly slope2: Float64Array
  readonly base: Float64Array
  readonly slope1: Float64Array
  /** Share of the borrowers' interest that suppliers get. */
  readonly keep: Float64Array
  readonly rateAtTarget: Float64Array
  /** Most that we may hold, as a share of our capital. */
  readonly capShare: Float64Array
  /** Most that we may hold, in asset units. */
  readonly depositLimit: Float64Array
  /**
   * Share of our own cash that is still there when we want it back; the rest counts as lent on. 1: nobody borrowed more
   * because of us. 0: only what was free without us is free.
   */
  ownCashShare: number
  usdPerGas: number
  /** Length of the step. */
  stepSeconds: number
}

/** An empty frame for `venues` venues, all closed. */
export function createFrame(venues: number, stepSeconds = 3_600): MarketFrame {
  const of = (value: number): Float64Array => new Float64Array(venues).fill(value)
  return {
    venues,
    assets: 1,
    form: new Uint8Array(venues),
    asset: new Uint8Array(venues),
    supplyApr: of(Number.NaN),
    supply: of(Number.NaN),
    borrow: of(Number.NaN),
    available: of(Number.NaN),
    pinned: new Uint8Array(venues),
    kink: of(assumedCurve.kink),
    slope2: of(assumedCurve.slope2),
    base: of(0),
    slope1: of(0),
    keep: of(1),
    rateAtTarget: of(0),
    capShare: of(1),
    depositLimit: of(Number.POSITIVE_INFINITY),
    ownCashShare: 1,
    usdPerGas: 0,
    stepSeconds,
  }
}

const anchoredForm: Readonly<Record<VenueCurveKind, number>> = {
  exogenous: curveForm.exogenous,
  kinked: curveForm.anchoredKinked,
  comet: curveForm.anchoredComet,
  adaptive: curveForm.anchoredAdaptive,
}

/**
 * @returns one sentence on the venues whose curve the panel leaves open, and on what stands in; undefined where there are none.
 * A venue without totals has no curve to move along.
 */
export function describeAssumedCurves({
  venues,
  totalSupply,
}: Pick<Panel, 'venues' | 'totalSupply'>): string | undefined {
  const open = venues.filter(
    ({ kind, kink, slope2 }, index) =>
      (kind === 'kinked' || kind === 'comet') &&
      (kink === undefined || slope2 === undefined) &&
      totalSupply[index]?.some(Number.isFinite),
  )
  if (open.length === 0) return undefined
  const names = open.map(({ id }) => id).join(', ')
  const { kink, slope2 } = assumedCurve
  return `The panel leaves the curve of ${names} open: kink ${kink} and slope2 ${slope2} stand in, and decide what large deposits cost.`
}

/**
 * A frame for the venues of a panel, to be filled by `loadFrame`.
 *
 * `slope2` of a kinked venue is the borrow curve's, so suppliers see it times (1 - reserveFactor); what the panel leaves
 * out is `assumedCurve`.
 */
export function createPanelFrame(panel: Pick<Panel, 'venues' | 'stepSeconds' | 'asset'>): MarketFrame {
  const frame = createFrame(panel.venues.length, panel.stepSeconds)
  const assets = [panel.asset]
  for (const [index, venue] of panel.venues.entries()) {
    if (!assets.includes(venue.asset)) assets.push(venue.asset)
    frame.form[index] = anchoredForm[venue.kind]
    frame.asset[index] = assets.indexOf(venue.asset)
    frame.kink[index] = venue.kind === 'adaptive' ? 0.9 : (venue.kink ?? assumedCurve.kink)
    frame.slope2[index] = venue.slope2 ?? assumedCurve.slope2
    frame.keep[index] = venue.kind === 'comet' ? 1 : 1 - (venue.reserveFactor ?? assumedCurve.reserveFactor)
    frame.capShare[index] = venue.cap ?? 1
    frame.depositLimit[index] = venue.depositLimit ?? Number.POSITIVE_INFINITY
  }
  frame.assets = assets.length
  return frame
}

/** Fills a frame of `createPanelFrame` with what stood at a step of the panel. Nothing is allocated. */
export function loadFrame(frame: MarketFrame, panel: Panel, step: number): void {
  for (let venue = 0; venue < frame.venues; venue += 1) {
    setVenue(
      frame,
      venue,
      panel.supplyApr[venue]?.[step] ?? Number.NaN,
      panel.totalSupply[venue]?.[step] ?? Number.NaN,
      panel.totalBorrow[venue]?.[step] ?? Number.NaN,
      panel.available[venue]?.[step] ?? Number.NaN,
    )
  }
  frame.usdPerGas = panel.usdPerGas[step] ?? Number.NaN
}

/**
 * The same through a view of the past, for whoever decides.
 *
 * @throws LOOKAHEAD where the step is after the view's cursor
 */
export function loadKnownFrame(frame: MarketFrame, known: AsOfPanel, step: number): void {
  for (let venue = 0; venue < frame.venues; venue += 1) {
    setVenue(
      frame,
      venue,
      known.at(venue, 'supplyApr', step),
      known.at(venue, 'totalSupply', step),
      known.at(venue, 'totalBorrow', step),
      known.at(venue, 'available', step),
    )
  }
  frame.usdPerGas = known.gasAt(step)
}

function setVenue(
  frame: MarketFrame,
  venue: number,
  supplyApr: number,
  supply: number,
  borrow: number,
  available: number,
): void {
  frame.supplyApr[venue] = supplyApr
  frame.supply[venue] = supply
  frame.borrow[venue] = Math.min(borrow, supply)
  // An exogenous venue puts its deposits to work elsewhere: only what it says itself limits its exits.
  frame.available[venue] =
    Number.isNaN(available) && frame.form[venue] !== curveForm.exogenous ? Math.max(0, supply - borrow) : available
  frame.pinned[venue] = (frame.available[venue] as number) < pinnedFreeShare * supply ? 1 : 0
}

/**
 * Supply APR that the whole of our deposit earns, fraction per year; 0 where the venue is closed. It never rises with the
 * deposit, and at zero it is the frame's `supplyApr`. Nothing is allocated.
 *
 * Anchored form: with observed rate r at utilisation U = B / S, the rate at U' = B / (S + own) is r × g(U') / g(U), g
 * being the curve. Below the kink the borrow rate is taken as proportional to utilisation; above it, `slope2` says how
 * much of the observed rate lies above the kink.
 *
 * @param own our deposit, asset units, not counted in the frame's `supply`.
 */
export function supplyAprAt(frame: MarketFrame, venue: number, own: number): number {
  const apr = frame.supplyApr[venue] as number
  if (Number.isNaN(apr)) return 0
  const form = frame.form[venue] as number
  if (form === curveForm.exogenous || own <= 0) return apr
  // Where others are simulated, those who wait take what we bring: utilisation stays at one. A recording can't say so.
  if (frame.pinned[venue] === 1 && form >= curveForm.kinked) return apr
  const supply = frame.supply[venue] as number
  const borrow = frame.borrow[venue] as number
  if (Number.isNaN(supply) || Number.isNaN(borrow)) return apr
  // Without borrowers there is no curve to move along: what is paid is shared.
  if (borrow <= leastUtilisation * supply) return supply > 0 ? (apr * supply) / (supply + own) : 0
  const before = supply > borrow ? borrow / supply : 1
  const after = supply + own > borrow ? borrow / (supply + own) : 1
  const kink = frame.kink[venue] as number
  const slope2 = frame.slope2[venue] as number
  const keep = frame.keep[venue] as number
  switch (form) {
    case curveForm.anchoredKinked:
      return anchored(apr / before, before, after, kink, slope2 * keep) * after
    case curveForm.anchoredComet:
      return anchored(apr, before, after, kink, slope2)
    case curveForm.anchoredAdaptive:
      return (apr * after * adaptiveFactorFloat(after)) / (before * adaptiveFactorFloat(before))
    case curveForm.kinked:
      return (
        kinkedBorrowAprFloat(kink, frame.base[venue] as number, frame.slope1[venue] as number, slope2, after) *
        after *
        keep
      )
    case curveForm.comet:
      // Where reserves are lent out, too, debts exceed deposits, and the curve goes on above full use.
      return cometSupplyAprFloat(
        kink,
        frame.base[venue] as number,
        (frame.slope1[venue] as number) / kink,
        slope2 / (1 - kink),
        borrow / (supply + own),
      )
    default:
      return (frame.rateAtTarget[venue] as number) * adaptiveFactorFloat(after) * after * keep
  }
}

/**
 * Most of our own deposit that can be taken out at this step, asset units: at most the free liquidity S + own - B; only
 * what is free without us where the pool is pinned or the venue is exogenous. Of a closed venue everything can be taken
 * out.
 */
export function withdrawableAt(frame: MarketFrame, venue: number, own: number): number {
  const available = frame.available[venue] as number
  const apr = frame.supplyApr[venue] as number
  if (Number.isNaN(apr) || Number.isNaN(available)) return own
  const supply = frame.supply[venue] as number
  const borrow = frame.borrow[venue] as number
  const stays = frame.pinned[venue] === 0 && frame.form[venue] !== curveForm.exogenous
  const ownCash = stays ? own * frame.ownCashShare : 0
  let free = available + ownCash
  if (supply + own - borrow < free) free = supply + own - borrow
  return free < own ? Math.max(free, 0) : own
}

/** How much more we may put in at this step, asset units; 0 where the venue is closed. */
export function depositRoomAt(frame: MarketFrame, venue: number, own: number, capital: number): number {
  const apr = frame.supplyApr[venue] as number
  if (Number.isNaN(apr)) return 0
  const byCap = (frame.capShare[venue] as number) * capital
  const limit = frame.depositLimit[venue] as number
  const room = Math.min(byCap, limit) - own
  return Math.max(room, 0)
}

/** A curve through the origin, (kink, k) and the observed point, evaluated at a lower utilisation. */
function anchored(observed: number, before: number, after: number, kink: number, slope2: number): number {
  let atKink: number
  let rise: number
  if (before <= kink) {
    atKink = (observed * kink) / before
    rise = slope2
  } else {
    const over = (before - kink) / (1 - kink)
    atKink = Math.max(observed - over * slope2, observed * leastShareAtKink)
    rise = (observed - atKink) / over
  }
  return after <= kink ? (atKink * after) / kink : atKink + (rise * (after - kink)) / (1 - kink)
}
