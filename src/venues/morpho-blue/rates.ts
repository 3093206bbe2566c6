import type { RateCurve } from '../venue.ts'

const wad = 10n ** 18n
const secondsPerYear = 31_536_000n

const curveSteepnessWad = 4n * wad
const targetUtilisationWad = (9n * wad) / 10n
const adjustmentSpeedWad = (50n * wad) / secondsPerYear
const initialRateAtTargetWad = (4n * wad) / 100n / secondsPerYear
const minRateAtTargetWad = wad / 1000n / secondsPerYear
const maxRateAtTargetWad = (2n * wad) / secondsPerYear

const ln2Wad = 693_147_180_559_945_309n
const lnWeiWad = -41_446_531_673_892_822_312n
const expUpperBoundWad = 93_859_467_695_000_404_319n
const expUpperValueWad = 57_716_089_161_558_943_949_701_069_502_944_508_345_128_422_502_756_744_429_568n

/** Constants of the adaptive curve: utilisations and steepness in wad, rates in wad per second. */
export const adaptiveCurve = {
  curveSteepnessWad,
  targetUtilisationWad,
  adjustmentSpeedWad,
  initialRateAtTargetWad,
  minRateAtTargetWad,
  maxRateAtTargetWad,
} as const

/** Rates per second, 1e18 = 100 %. */
export type AdaptiveCurveRates = {
  /** Mean over the period: what the period's interest is charged with. */
  meanBorrowRateWad: bigint
  /** At the end of the period: the spot rate. */
  endBorrowRateWad: bigint
  endRateAtTargetWad: bigint
}

/**
 * Returns the adaptive curve's borrow rates for a period of `elapsedSeconds` that started at the given state, to the wei.
 *
 * `rateAtTargetWad` zero means that the market was never accrued. Every product and quotient truncates toward zero.
 *
 * Source: Morpho, specification of AdaptiveCurveIrm; equal to `AdaptiveCurveIrmLib.getBorrowRate` of blue-sdk.
 */
export function adaptiveCurveRates(
  utilisationWad: bigint,
  rateAtTargetWad: bigint,
  elapsedSeconds: bigint,
): AdaptiveCurveRates {
  const room = utilisationWad > targetUtilisationWad ? wad - targetUtilisationWad : targetUtilisationWad
  const distance = ((utilisationWad - targetUtilisationWad) * wad) / room
  const slope = distance < 0n ? wad - (wad * wad) / curveSteepnessWad : curveSteepnessWad - wad
  const atDistance = (rateAtTarget: bigint): bigint => (((slope * distance) / wad + wad) * rateAtTarget) / wad

  let mean = initialRateAtTargetWad
  let end = initialRateAtTargetWad
  if (rateAtTargetWad !== 0n) {
    const exponent = ((adjustmentSpeedWad * distance) / wad) * elapsedSeconds
    mean = rateAtTargetWad
    end = rateAtTargetWad
    if (exponent !== 0n) {
      end = moved(rateAtTargetWad, exponent)
      mean = (rateAtTargetWad + end + 2n * moved(rateAtTargetWad, exponent / 2n)) / 4n
    }
  }
  return { meanBorrowRateWad: atDistance(mean), endBorrowRateWad: atDistance(end), endRateAtTargetWad: end }
}

/** Returns borrowed over supplied assets, 1e18 = 100 %; zero for an empty market. */
export function morphoUtilisationWad(market: { totalSupplyAssets: bigint; totalBorrowAssets: bigint }): bigint {
  return market.totalSupplyAssets === 0n ? 0n : (market.totalBorrowAssets * wad) / market.totalSupplyAssets
}

/**
 * Returns the interest that borrowers owe for a period, in asset units.
 *
 * Source: Morpho Blue, `_accrueInterest` with `MathLib.wTaylorCompounded` (three terms).
 */
export function morphoInterest(totalBorrowAssets: bigint, meanBorrowRateWad: bigint, elapsedSeconds: bigint): bigint {
  const first = meanBorrowRateWad * elapsedSeconds
  const second = (first * first) / (2n * wad)
  const third = (second * first) / (3n * wad)
  return (totalBorrowAssets * (first + second + third)) / wad
}

/** Spot supply APR, 1e18 = 100 %: borrow rate per second × year × utilisation × (1 − fee). Rounds down at each step. */
export function morphoSupplyAprWad(borrowRateWad: bigint, utilisationWad: bigint, feeWad: bigint): bigint {
  return (((borrowRateWad * secondsPerYear * utilisationWad) / wad) * (wad - feeWad)) / wad
}

/** The market's curve for planning: borrow rate through (0, rT / 4), (0.9, rT), (1, 4 rT), rT per second in wad. */
export function morphoRateCurve(rateAtTargetWad: bigint): RateCurve {
  const atTarget = rateAtTargetWad === 0n ? initialRateAtTargetWad : rateAtTargetWad
  const yearlyE9 = (rate: bigint): bigint => (rate * secondsPerYear) / 10n ** 9n
  return {
    mode: 'borrow',
    kinkQ16: Number((targetUtilisationWad * 65_536n) / wad),
    rate0E9: yearlyE9((atTarget * wad) / curveSteepnessWad),
    rateKinkE9: yearlyE9(atTarget),
    rateMaxE9: yearlyE9((atTarget * curveSteepnessWad) / wad),
  }
}

/**
 * The adaptive curve in float64: fractions per year, utilisation as a fraction.
 *
 * It evaluates the same trapezoid as the contract, with the same second-order exponential, so that it tracks the
 * contract to float precision rather than the ideal exponential.
 */
export function adaptiveCurveRatesFloat(
  utilisation: number,
  rateAtTarget: number,
  elapsedSeconds: number,
): { meanBorrowApr: number; endBorrowApr: number; endRateAtTarget: number } {
  const factor = adaptiveFactorFloat(utilisation)
  const end = adaptiveRateAtTargetFloat(utilisation, rateAtTarget, elapsedSeconds)
  const middle = adaptiveRateAtTargetFloat(utilisation, rateAtTarget, elapsedSeconds / 2)
  const mean = rateAtTarget === 0 ? end : (rateAtTarget + end + 2 * middle) / 4
  return { meanBorrowApr: mean * factor, endBorrowApr: end * factor, endRateAtTarget: end }
}

/** Borrow rate over rate at target: 1/4 at utilisation 0, 1 at 0.9, 4 at 1, straight in between. */
export function adaptiveFactorFloat(utilisation: number): number {
  const distance = distanceFloat(utilisation)
  return distance < 0 ? 0.75 * distance + 1 : 3 * distance + 1
}

/** Rate at target after `elapsedSeconds` at a utilisation, fraction per year; zero in means never accrued, thus 4 %. */
export function adaptiveRateAtTargetFloat(utilisation: number, rateAtTarget: number, elapsedSeconds: number): number {
  if (rateAtTarget === 0) return 0.04
  const exponent = (50 / 31_536_000) * distanceFloat(utilisation) * elapsedSeconds
  if (exponent === 0) return rateAtTarget
  return Math.min(2, Math.max(0.001, rateAtTarget * expFloat(exponent)))
}

function distanceFloat(utilisation: number): number {
  return utilisation > 0.9 ? (utilisation - 0.9) / 0.1 : (utilisation - 0.9) / 0.9
}

/** e^x, wad in and out: 2^q times a second-order Taylor polynomial. Source: Morpho, `ExpLib.wExp`. */
export function wExp(x: bigint): bigint {
  if (x < lnWeiWad) return 0n
  if (x >= expUpperBoundWad) return expUpperValueWad
  const q = (x + (x < 0n ? -(ln2Wad / 2n) : ln2Wad / 2n)) / ln2Wad
  const rest = x - q * ln2Wad
  const expRest = wad + rest + (rest * rest) / wad / 2n
  return q >= 0n ? expRest << q : expRest >> -q
}

function expFloat(x: number): number {
  if (x < -41.44653167389282) return 0
  const q = Math.trunc((x + (x < 0 ? -Math.LN2 / 2 : Math.LN2 / 2)) / Math.LN2)
  const rest = x - q * Math.LN2
  return (1 + rest + (rest * rest) / 2) * 2 ** q
}

function moved(rateAtTargetWad: bigint, exponent: bigint): bigint {
  const next = (rateAtTargetWad * wExp(exponent)) / wad
  if (next < minRateAtTargetWad) return minRateAtTargetWad
  return next > maxRateAtTargetWad ? maxRateAtTargetWad : next
}
