import { type AaveRateParametersFloat, kinkedBorrowAprFloat } from '../venues/aave-v3/rates.ts'
import { type CometCurveFloat, cometAprFloat } from '../venues/comet/rates.ts'
import { adaptiveCurveRatesFloat, adaptiveFactorFloat } from '../venues/morpho-blue/rates.ts'
import { createFrame, curveForm, type MarketFrame, supplyAprAt } from './venue-model.ts'

/**
 * A market whose participants are given as amounts: deposits, withdrawals, borrows and repayments. What they make of
 * utilisation, rates and interest follows from the protocols' curves alone, so the same amounts on a chain make the same
 * market. Floating point; amounts in whole asset units.
 *
 * As on a chain, nothing happens to a venue between two actions: its rate stays that of the last one, its interest is
 * reckoned from there.
 */
export type FlowMarket = {
  /** The venues without us, for the stretch of time that `loadFlowFrame` was last asked for. */
  readonly frame: MarketFrame
  readonly curves: readonly FlowCurve[]
  /** All deposits, ours included, and all debts, with the interest due. */
  readonly supply: Float64Array
  readonly borrow: Float64Array
  /** What lies in the pool. */
  readonly cash: Float64Array
  /** As the last action left them: deposits, debts, and of adaptive curves the rate at target, fraction per year. */
  readonly storedSupply: Float64Array
  readonly storedBorrow: Float64Array
  readonly rateAtTarget: Float64Array
  /** Seconds since that action. */
  readonly idleSeconds: Float64Array
}

export type FlowCurve =
  | { kind: 'kinked'; parameters: AaveRateParametersFloat }
  | { kind: 'comet'; supply: CometCurveFloat; borrow: CometCurveFloat }
  /** `fee`: share of the borrowers' interest that the market keeps for its owner. */
  | { kind: 'adaptive'; fee: number }
  | { kind: 'exogenous'; apr: number }

export type FlowVenueStart = {
  curve: FlowCurve
  supply: number
  borrow: number
  cash: number
  rateAtTarget?: number
  /** Most that we may hold: a share of our capital, and asset units. */
  capShare: number
  depositLimit: number
}

export type FlowAction = 'deposit' | 'withdraw' | 'borrow' | 'repay'

/** A market as it stands at one moment. */
export function createFlowMarket(venues: readonly FlowVenueStart[]): FlowMarket {
  const frame = createFrame(venues.length)
  for (const [j, { curve, capShare, depositLimit }] of venues.entries()) {
    frame.form[j] = curveForm[curve.kind]
    frame.capShare[j] = capShare
    frame.depositLimit[j] = depositLimit
    if (curve.kind === 'adaptive') frame.keep[j] = 1 - curve.fee
  }
  const column = (read: (venue: FlowVenueStart) => number): Float64Array => Float64Array.from(venues, read)
  return {
    frame,
    curves: venues.map(({ curve }) => ({ ...curve })),
    supply: column(({ supply }) => supply),
    borrow: column(({ borrow }) => borrow),
    cash: column(({ cash }) => cash),
    storedSupply: column(({ supply }) => supply),
    storedBorrow: column(({ borrow }) => borrow),
    rateAtTarget: column(({ rateAtTarget = 0 }) => rateAtTarget),
    idleSeconds: new Float64Array(venues.length),
  }
}

/** Someone else's deposit, withdrawal, borrow or repayment. */
export function applyFlow(market: FlowMarket, venue: number, action: FlowAction, assets: number): void {
  const { supply, borrow, cash } = market
  const incoming = action === 'deposit' || action === 'repay'
  cash[venue] = (cash[venue] as number) + (incoming ? assets : -assets)
  if (action === 'deposit') supply[venue] = (supply[venue] as number) + assets
  if (action === 'withdraw') supply[venue] = (supply[venue] as number) - assets
  if (action === 'borrow') borrow[venue] = (borrow[venue] as number) + assets
  if (action === 'repay') borrow[venue] = (borrow[venue] as number) - assets
  settle(market, venue)
}

/** What we moved, signed, `[venue]`. */
export function applyOwnLegs(market: FlowMarket, legs: Float64Array): void {
  for (let j = 0; j < legs.length; j += 1) {
    const leg = legs[j] as number
    if (leg === 0) continue
    market.supply[j] = (market.supply[j] as number) + leg
    market.cash[j] = (market.cash[j] as number) + leg
    settle(market, j)
  }
}

/** The rate that the owner of an exogenous venue sets, fraction per year. */
export function setExogenousApr(market: FlowMarket, venue: number, apr: number): void {
  const curve = market.curves[venue]
  if (curve?.kind !== 'exogenous' || curve.apr === apr) return
  settle(market, venue)
  curve.apr = apr
}

/**
 * Fills the frame for the next `seconds`: the venues without `own`, paying on what stands there now what they pay on what
 * stood there at the last action.
 */
export function loadFlowFrame(market: FlowMarket, own: Float64Array, seconds: number): MarketFrame {
  const { frame, curves } = market
  frame.stepSeconds = seconds
  for (let j = 0; j < frame.venues; j += 1) {
    const curve = curves[j] as FlowCurve
    frame.supply[j] = (market.storedSupply[j] as number) - (own[j] as number)
    frame.borrow[j] = market.storedBorrow[j] as number
    frame.available[j] = curve.kind === 'exogenous' ? Number.NaN : (market.cash[j] as number) - (own[j] as number)
    const years = (market.idleSeconds[j] as number) / 31_536_000
    if (curve.kind === 'exogenous') {
      frame.supplyApr[j] = linear(curve.apr, years)
      continue
    }
    if (curve.kind === 'adaptive') {
      frame.rateAtTarget[j] = effectiveRateAtTarget(market, j, seconds)
    } else {
      setCurve(frame, j, curve, 1)
      const apr = supplyAprAt(frame, j, own[j] === 0 ? Number.MIN_VALUE : (own[j] as number))
      setCurve(frame, j, curve, 1 / (1 + apr * years))
    }
    // The rate without us, by the same curve: a deposit of next to nothing does not move it.
    frame.supplyApr[j] = 0
    frame.supplyApr[j] = supplyAprAt(frame, j, Number.MIN_VALUE)
  }
  return frame
}

/** Lets the time of the frame pass: interest of all participants since the last action at each venue. */
export function accrueFlows(market: FlowMarket): void {
  const { frame, curves } = market
  for (let j = 0; j < frame.venues; j += 1) {
    const curve = curves[j] as FlowCurve
    const seconds = (market.idleSeconds[j] as number) + frame.stepSeconds
    market.idleSeconds[j] = seconds
    const years = seconds / 31_536_000
    const supply = market.storedSupply[j] as number
    const borrow = market.storedBorrow[j] as number
    const used = utilisation(market, j)
    if (curve.kind === 'exogenous') {
      market.supply[j] = supply * (1 + curve.apr * years)
    } else if (curve.kind === 'comet') {
      // Two curves: what lies between them is the reserves'.
      market.supply[j] = supply * (1 + cometAprFloat(curve.supply, used) * years)
      market.borrow[j] = borrow * (1 + cometAprFloat(curve.borrow, used) * years)
    } else {
      // What borrowers owe more belongs to suppliers and treasury, who both leave it in the pool.
      const { kink, base, slope1, slope2 } = curve.kind === 'kinked' ? curve.parameters : noCurve
      const interest =
        curve.kind === 'kinked'
          ? borrow * compounded(kinkedBorrowAprFloat(kink, base, slope1, slope2, used) * years)
          : adaptiveInterest(market, j, seconds)
      market.borrow[j] = borrow + interest
      market.supply[j] = supply + interest
    }
  }
}

const noCurve = { kink: 1, base: 0, slope1: 0, slope2: 0 }

/** An action at a venue: what stands there is stored, and from here on the rate is that of now. */
function settle(market: FlowMarket, j: number): void {
  if (market.curves[j]?.kind === 'adaptive' && (market.idleSeconds[j] as number) > 0) {
    const { endRateAtTarget } = adaptiveCurveRatesFloat(
      utilisation(market, j),
      market.rateAtTarget[j] as number,
      market.idleSeconds[j] as number,
    )
    market.rateAtTarget[j] = endRateAtTarget
  }
  market.storedSupply[j] = market.supply[j] as number
  market.storedBorrow[j] = market.borrow[j] as number
  market.idleSeconds[j] = 0
}

/** Interest of an adaptive market after some seconds without an action. Source: Morpho Blue, `_accrueInterest`. */
function adaptiveInterest(market: FlowMarket, j: number, seconds: number): number {
  const { meanBorrowApr } = adaptiveCurveRatesFloat(utilisation(market, j), market.rateAtTarget[j] as number, seconds)
  return (market.storedBorrow[j] as number) * compounded((meanBorrowApr * seconds) / 31_536_000)
}

/** The rate at target that the next `seconds` pay on average, seen from what stands in the market now. */
function effectiveRateAtTarget(market: FlowMarket, j: number, seconds: number): number {
  const used = utilisation(market, j)
  const before = market.idleSeconds[j] as number
  if (seconds === 0 || used === 0) return market.rateAtTarget[j] as number
  const earned = adaptiveInterest(market, j, before + seconds) - adaptiveInterest(market, j, before)
  const stands = (market.storedSupply[j] as number) + adaptiveInterest(market, j, before)
  return ((earned / stands) * 31_536_000) / seconds / (used * adaptiveFactorFloat(used))
}

/** Simple interest since an action, as a rate on what has grown to since. */
function linear(apr: number, years: number): number {
  return apr / (1 + apr * years)
}

/** e^x - 1 by three terms, as Aave and Morpho have it. */
function compounded(x: number): number {
  return x + (x * x) / 2 + (x * x * x) / 6
}

function setCurve(
  frame: MarketFrame,
  j: number,
  curve: Extract<FlowCurve, { kind: 'kinked' | 'comet' }>,
  scale: number,
): void {
  if (curve.kind === 'kinked') {
    const { kink, base, slope1, slope2, reserveFactor } = curve.parameters
    frame.kink[j] = kink
    frame.base[j] = base
    frame.slope1[j] = slope1
    frame.slope2[j] = slope2
    frame.keep[j] = (1 - reserveFactor) * scale
  } else {
    const { kink, base, slopeLow, slopeHigh } = curve.supply
    frame.kink[j] = kink
    frame.base[j] = base * scale
    frame.slope1[j] = slopeLow * kink * scale
    frame.slope2[j] = slopeHigh * (1 - kink) * scale
  }
}

/** Debt over deposits at the last action. */
function utilisation({ storedSupply, storedBorrow }: FlowMarket, j: number): number {
  const all = storedSupply[j] as number
  return all > 0 ? (storedBorrow[j] as number) / all : 0
}
