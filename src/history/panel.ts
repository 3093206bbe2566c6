/** How a venue's rate answers our own deposit; `exogenous` does not. */
export type VenueCurveKind = 'kinked' | 'comet' | 'adaptive' | 'exogenous'

/**
 * A venue of a panel. `kink` is a utilisation, `slope2` the rise of the borrow rate above it per year (of the supply rate
 * for `comet`), `reserveFactor` the share of interest that suppliers do not get, `cap` a share of our capital, all as
 * fractions; `depositLimit` is the most that we may hold there, in asset units.
 */
export type PanelVenue = {
  id: string
  kind: VenueCurveKind
  asset: string
  kink?: number
  slope2?: number
  reserveFactor?: number
  cap?: number
  depositLimit?: number
}

/**
 * A panel on its own grid of steps: row t stands for [start + t*stepSeconds, start + (t+1)*stepSeconds).
 *
 * Arrays are per venue, of length `steps`; a value is that of the last row at or before the step's start (events, nothing
 * interpolated); NaN = none: before its first row, after its death, or the column is absent.
 */
export type Panel = {
  name: string
  asset: string
  stepSeconds: number
  /** Unix seconds. */
  startSeconds: number
  endSeconds: number
  steps: number
  venues: readonly PanelVenue[]
  /** Fractions per year. */
  supplyApr: readonly Float64Array[]
  /** Asset units (USD-like whole units), as are borrow and available. */
  totalSupply: readonly Float64Array[]
  totalBorrow: readonly Float64Array[]
  available: readonly Float64Array[]
  usdPerGas: Float64Array
  /** sha256 of each source file, by name. */
  hashes: Readonly<Record<string, string>>
}

/** As-of view: everything later than the cursor throws a HistoryError LOOKAHEAD that names column and time. */
export type AsOfPanel = {
  readonly cursor: number
  at(venue: number, column: 'supplyApr' | 'totalSupply' | 'totalBorrow' | 'available', step: number): number
  gasAt(step: number): number
  advanceTo(step: number): void
}
