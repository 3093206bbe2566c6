import type { RateCurve } from '../venue.ts'

const wad = 10n ** 18n
const baseIndexScale = 10n ** 15n
const secondsPerYear = 31_536_000n

/** One kinked curve of Comet: utilisation in wad, rates per second in wad. */
export type CometCurve = {
  kinkWad: bigint
  basePerSecondWad: bigint
  slopeLowPerSecondWad: bigint
  slopeHighPerSecondWad: bigint
}

/** Stored totals of a Comet: principals, and indices with 15 decimals. */
export type CometTotals = {
  baseSupplyIndex: bigint
  baseBorrowIndex: bigint
  totalSupplyBase: bigint
  totalBorrowBase: bigint
}

/**
 * Returns a Comet rate per second, 1e18 = 100 %, at a utilisation in wad.
 *
 * Source: Compound v3, `Comet.getSupplyRate` and `getBorrowRate`, which are the same formula over two curves.
 */
export function cometRatePerSecondWad(curve: CometCurve, utilisationWad: bigint): bigint {
  if (utilisationWad <= curve.kinkWad) {
    return curve.basePerSecondWad + (curve.slopeLowPerSecondWad * utilisationWad) / wad
  }
  return (
    curve.basePerSecondWad +
    (curve.slopeLowPerSecondWad * curve.kinkWad) / wad +
    (curve.slopeHighPerSecondWad * (utilisationWad - curve.kinkWad)) / wad
  )
}

/** Returns debt over deposits at the stored indices, 1e18 = 100 %. Source: `Comet.getUtilization`. */
export function cometUtilisationWad(totals: CometTotals): bigint {
  const supplied = presentValue(totals.totalSupplyBase, totals.baseSupplyIndex)
  if (supplied === 0n) return 0n
  return (presentValue(totals.totalBorrowBase, totals.baseBorrowIndex) * wad) / supplied
}

/** Returns the totals after `elapsedSeconds` without an action. Source: `Comet.accruedInterestIndices`. */
export function cometAccrued(
  totals: CometTotals,
  curves: { supply: CometCurve; borrow: CometCurve },
  elapsedSeconds: bigint,
): CometTotals {
  if (elapsedSeconds === 0n) return totals
  const utilisationWad = cometUtilisationWad(totals)
  const supplyGrowth = cometRatePerSecondWad(curves.supply, utilisationWad) * elapsedSeconds
  const borrowGrowth = cometRatePerSecondWad(curves.borrow, utilisationWad) * elapsedSeconds
  return {
    ...totals,
    baseSupplyIndex: totals.baseSupplyIndex + (totals.baseSupplyIndex * supplyGrowth) / wad,
    baseBorrowIndex: totals.baseBorrowIndex + (totals.baseBorrowIndex * borrowGrowth) / wad,
  }
}

/** Spot supply APR, 1e18 = 100 %, at a utilisation in wad. */
export function cometSupplyAprWad(supplyCurve: CometCurve, utilisationWad: bigint): bigint {
  return cometRatePerSecondWad(supplyCurve, utilisationWad) * secondsPerYear
}

/** The supply curve for planning, through utilisation 0, kink and 1. */
export function cometRateCurve(supplyCurve: CometCurve): RateCurve {
  const yearlyE9 = (utilisationWad: bigint): bigint => cometSupplyAprWad(supplyCurve, utilisationWad) / 10n ** 9n
  return {
    mode: 'supply',
    kinkQ16: Number((supplyCurve.kinkWad * 65_536n) / wad),
    rate0E9: yearlyE9(0n),
    rateKinkE9: yearlyE9(supplyCurve.kinkWad),
    rateMaxE9: yearlyE9(wad),
  }
}

/** One kinked curve in fractions, rates per year. */
export type CometCurveFloat = { kink: number; base: number; slopeLow: number; slopeHigh: number }

/** A curve as fractions, for `cometAprFloat`. */
export function cometCurveFloat(curve: CometCurve): CometCurveFloat {
  return {
    kink: Number(curve.kinkWad) / 1e18,
    base: (Number(curve.basePerSecondWad) * 31_536_000) / 1e18,
    slopeLow: (Number(curve.slopeLowPerSecondWad) * 31_536_000) / 1e18,
    slopeHigh: (Number(curve.slopeHighPerSecondWad) * 31_536_000) / 1e18,
  }
}

/** The same curve in float64: fraction per year at a utilisation. */
export function cometAprFloat(curve: CometCurveFloat, utilisation: number): number {
  return cometSupplyAprFloat(curve.kink, curve.base, curve.slopeLow, curve.slopeHigh, utilisation)
}

/** The same from plain numbers: nothing is allocated. Slopes are per unit of utilisation and year. */
export function cometSupplyAprFloat(
  kink: number,
  base: number,
  slopeLow: number,
  slopeHigh: number,
  utilisation: number,
): number {
  return utilisation > kink ? base + slopeLow * kink + slopeHigh * (utilisation - kink) : base + slopeLow * utilisation
}

function presentValue(principal: bigint, index: bigint): bigint {
  return (principal * index) / baseIndexScale
}
