import type { RateCurve } from '../venue.ts'

const ray = 10n ** 27n
const halfRay = ray / 2n
const secondsPerYear = 31_536_000n

/** Parameters of one Aave v3 reserve. Rates and ratios in ray (1e27 = 100 %), per year. */
export type AaveRateParameters = {
  optimalUsageRatioRay: bigint
  baseVariableBorrowRateRay: bigint
  variableRateSlope1Ray: bigint
  variableRateSlope2Ray: bigint
  /** Share of the interest that the treasury keeps, 10000 = 100 %. */
  reserveFactorBps: bigint
}

/** What the rate strategy reads of a reserve, in asset units. */
export type AaveReserve = {
  /** The pool's virtual underlying balance, after the action whose rates are asked for. */
  availableLiquidity: bigint
  totalDebt: bigint
  /** Debt written off and not yet covered. Absent: none. */
  deficit?: bigint
}

/** Rates per year in ray. */
export type AaveRates = { liquidityRateRay: bigint; variableBorrowRateRay: bigint; usageRatioRay: bigint }

/**
 * Returns the rates that a reserve stores after an action, to the wei of a ray.
 *
 * Source: Aave v3.6, `DefaultReserveInterestRateStrategyV2.calculateInterestRates`; products and quotients of rays round
 * half up, as `WadRayMath` does.
 */
export function aaveRates(parameters: AaveRateParameters, reserve: AaveReserve): AaveRates {
  const { optimalUsageRatioRay: kink, baseVariableBorrowRateRay: base } = parameters
  if (reserve.totalDebt === 0n) return { liquidityRateRay: 0n, variableBorrowRateRay: base, usageRatioRay: 0n }
  const liquidityAndDebt = reserve.availableLiquidity + reserve.totalDebt
  const usage = rayDiv(reserve.totalDebt, liquidityAndDebt)
  const supplyUsage = rayDiv(reserve.totalDebt, liquidityAndDebt + (reserve.deficit ?? 0n))
  const variableBorrowRateRay =
    usage > kink
      ? base +
        parameters.variableRateSlope1Ray +
        rayMul(parameters.variableRateSlope2Ray, rayDiv(usage - kink, ray - kink))
      : base + rayDiv(rayMul(parameters.variableRateSlope1Ray, usage), kink)
  const toSuppliersBps = 10_000n - parameters.reserveFactorBps
  const liquidityRateRay = (rayMul(variableBorrowRateRay, supplyUsage) * toSuppliersBps + 5_000n) / 10_000n
  return { liquidityRateRay, variableBorrowRateRay, usageRatioRay: usage }
}

/** The same curve in float64, fractions per year, as a function of utilisation (debt over liquidity plus debt). */
export function aaveRatesFloat(
  parameters: AaveRateParametersFloat,
  utilisation: number,
): { supplyApr: number; borrowApr: number } {
  const { kink, base, slope1, slope2 } = parameters
  const borrowApr = kinkedBorrowAprFloat(kink, base, slope1, slope2, utilisation)
  return { supplyApr: borrowApr * utilisation * (1 - parameters.reserveFactor), borrowApr }
}

/** The borrow rate alone, from plain numbers: nothing is allocated. Fractions, `slope1` and `slope2` per year. */
export function kinkedBorrowAprFloat(
  kink: number,
  base: number,
  slope1: number,
  slope2: number,
  utilisation: number,
): number {
  return utilisation > kink
    ? base + slope1 + (slope2 * (utilisation - kink)) / (1 - kink)
    : base + (slope1 * utilisation) / kink
}

/** Fractions: utilisation at the kink, rates per year, share of interest kept by the treasury. */
export type AaveRateParametersFloat = {
  kink: number
  base: number
  slope1: number
  slope2: number
  reserveFactor: number
}

/** Parameters as fractions, for `aaveRatesFloat`. */
export function aaveRateParametersFloat(parameters: AaveRateParameters): AaveRateParametersFloat {
  return {
    kink: Number(parameters.optimalUsageRatioRay) / 1e27,
    base: Number(parameters.baseVariableBorrowRateRay) / 1e27,
    slope1: Number(parameters.variableRateSlope1Ray) / 1e27,
    slope2: Number(parameters.variableRateSlope2Ray) / 1e27,
    reserveFactor: Number(parameters.reserveFactorBps) / 1e4,
  }
}

/** Spot supply APR, 1e18 = 100 %, from the stored liquidity rate, rounded down. */
export function aaveSupplyAprWad(liquidityRateRay: bigint): bigint {
  return liquidityRateRay / 10n ** 9n
}

/** The reserve's curve for planning: borrow rate through (0, base), (kink, base + slope1), (1, base + slope1 + slope2). */
export function aaveRateCurve(parameters: AaveRateParameters): RateCurve {
  const atKink = parameters.baseVariableBorrowRateRay + parameters.variableRateSlope1Ray
  return {
    mode: 'borrow',
    kinkQ16: Number((parameters.optimalUsageRatioRay * 65_536n) / ray),
    rate0E9: parameters.baseVariableBorrowRateRay / 10n ** 18n,
    rateKinkE9: atKink / 10n ** 18n,
    rateMaxE9: (atKink + parameters.variableRateSlope2Ray) / 10n ** 18n,
  }
}

/**
 * Returns the liquidity index (ray) after `elapsedSeconds` without an action: linear interest.
 *
 * Source: `MathUtils.calculateLinearInterest`, `ReserveLogic.getNormalizedIncome`.
 */
export function aaveLiquidityIndex(indexRay: bigint, liquidityRateRay: bigint, elapsedSeconds: bigint): bigint {
  return rayMul(ray + (liquidityRateRay * elapsedSeconds) / secondsPerYear, indexRay)
}

/**
 * Returns the variable borrow index (ray) after `elapsedSeconds` without an action: third-order compounding.
 *
 * Source: Aave v3.6, `MathUtils.calculateCompoundedInterest`.
 */
export function aaveVariableBorrowIndex(
  indexRay: bigint,
  variableBorrowRateRay: bigint,
  elapsedSeconds: bigint,
): bigint {
  if (elapsedSeconds === 0n) return indexRay
  const x = (variableBorrowRateRay * elapsedSeconds) / secondsPerYear
  return rayMul(ray + x + rayMul(x, x / 2n + rayMul(x, x / 6n)), indexRay)
}

function rayMul(a: bigint, b: bigint): bigint {
  return (a * b + halfRay) / ray
}

function rayDiv(a: bigint, b: bigint): bigint {
  return (a * ray + b / 2n) / b
}
