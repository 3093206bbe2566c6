import type { RateCurve } from './venue.ts'

/** The four raw curve parameters that the lens returns for a venue. */
export type RawCurve = readonly [bigint, bigint, bigint, bigint]

/** How the raw reading of one venue kind becomes a venue's state. */
export type VenueDecoder = {
  /** Fixed point one of the kind's index, as VaultLens.sol defines it. */
  indexOne: bigint
  /** False where the kind has no index: its reading carries none, and plans leave the venue alone. Default: true. */
  steered?: false
  curve(raw: RawCurve): RateCurve
}
