import type { VenueDecoder } from '../venue-reading.ts'
import { cometRateCurve } from './rates.ts'

/** Index: base supply index, 1e15 = 1. Curve: supply kink in wad; base, slope low, slope high per second in wad. */
export const cometDecoder: VenueDecoder = {
  indexOne: 10n ** 15n,
  curve: ([kinkWad, basePerSecondWad, slopeLowPerSecondWad, slopeHighPerSecondWad]) =>
    cometRateCurve({ kinkWad, basePerSecondWad, slopeLowPerSecondWad, slopeHighPerSecondWad }),
}
