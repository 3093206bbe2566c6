import type { VenueDecoder } from '../venue-reading.ts'
import { exogenousRateCurve } from './rates.ts'

/** Index: assets of a fixed, large number of shares, 1e21 = 1. The rate comes from outside, so there is no curve. */
export const erc4626Decoder: VenueDecoder = {
  indexOne: 10n ** 21n,
  curve: () => exogenousRateCurve,
}
