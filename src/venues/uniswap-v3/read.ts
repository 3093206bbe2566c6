import { exogenousRateCurve } from '../erc4626/rates.ts'
import type { VenueDecoder } from '../venue-reading.ts'

/** A range earns fees and moves with a price: there is no index of its return, and no policy on rates may move it. */
export const uniswapV3Decoder: VenueDecoder = {
  indexOne: 0n,
  steered: false,
  curve: () => exogenousRateCurve,
}
