import type { VenueDecoder } from '../venue-reading.ts'
import { aaveRateCurve } from './rates.ts'

const rayPerBps = 10n ** 23n

/** Index: normalised income, ray. Curve: optimal usage ratio, base rate, slope 1, slope 2, in basis points. */
export const aaveV3Decoder: VenueDecoder = {
  indexOne: 10n ** 27n,
  curve: ([optimal, base, slope1, slope2]) =>
    aaveRateCurve({
      optimalUsageRatioRay: optimal * rayPerBps,
      baseVariableBorrowRateRay: base * rayPerBps,
      variableRateSlope1Ray: slope1 * rayPerBps,
      variableRateSlope2Ray: slope2 * rayPerBps,
      // Scales every rate alike, and only ratios of the curve are used.
      reserveFactorBps: 0n,
    }),
}
