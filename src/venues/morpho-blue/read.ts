import type { VenueDecoder } from '../venue-reading.ts'
import { morphoRateCurve } from './rates.ts'

/** Index: assets per share with virtual amounts, 1e21 = 1. Curve: rate at target, per second in wad. */
export const morphoBlueDecoder: VenueDecoder = {
  indexOne: 10n ** 21n,
  curve: ([rateAtTarget]) => morphoRateCurve(rateAtTarget),
}
