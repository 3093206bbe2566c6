import type { RateCurve } from '../venue.ts'

const wad = 10n ** 18n
const secondsPerYear = 31_536_000n

/** Assets per share at a time: `convertToAssets(one)` and Unix seconds. */
export type SharePrice = { assetsPerShare: bigint; timestamp: bigint }

/**
 * Returns the APR at which a share grew between two readings, 1e18 = 100 %, simple, rounded down; zero where it fell.
 *
 * @throws RangeError where no time has passed or the first price is zero: the drift is then undefined.
 */
export function driftAprWad(from: SharePrice, to: SharePrice): bigint {
  const elapsedSeconds = to.timestamp - from.timestamp
  if (elapsedSeconds <= 0n || from.assetsPerShare <= 0n) {
    throw new RangeError(`No drift between ${from.assetsPerShare} at ${from.timestamp} and time ${to.timestamp}`)
  }
  if (to.assetsPerShare <= from.assetsPerShare) return 0n
  return ((to.assetsPerShare - from.assetsPerShare) * wad * secondsPerYear) / (from.assetsPerShare * elapsedSeconds)
}

/** Returns assets after `elapsedSeconds` of simple growth at an APR (1e18 = 100 %), rounded down. */
export function driftedAssets(assets: bigint, aprWad: bigint, elapsedSeconds: bigint): bigint {
  return assets + (assets * aprWad * elapsedSeconds) / (wad * secondsPerYear)
}

/** The same drift in float64: fraction per year. */
export function driftAprFloat(fromAssetsPerShare: number, toAssetsPerShare: number, elapsedSeconds: number): number {
  return Math.max(0, ((toAssetsPerShare / fromAssetsPerShare - 1) * 31_536_000) / elapsedSeconds)
}

/** The same growth in float64: fraction per year. */
export function driftedAssetsFloat(assets: number, apr: number, elapsedSeconds: number): number {
  return assets * (1 + (apr * elapsedSeconds) / 31_536_000)
}

/** The curve of a vault whose rate our deposit does not move. */
export const exogenousRateCurve: RateCurve = {
  mode: 'none',
  kinkQ16: 65_536,
  rate0E9: 0n,
  rateKinkE9: 0n,
  rateMaxE9: 0n,
}
