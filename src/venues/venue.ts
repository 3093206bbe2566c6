import type { Address, Hex } from 'viem'

export const venueKinds = ['aave-v3', 'comet', 'morpho-blue', 'erc4626', 'uniswap-v3'] as const

export type VenueKind = (typeof venueKinds)[number]

/** A venue as the vault knows it: one position of one adapter. */
export type VenueRef = {
  /** Short name that a person reads, unique inside a vault, e.g. `aave-v3:usdc`. */
  name: string
  kind: VenueKind
  adapter: Address
  /** Names the position inside the adapter; `0x` where the adapter has only one. */
  data: Hex
  /** `keccak256(abi.encode(adapter, data))`, the first id that the adapter returns. */
  id: Hex
}

/**
 * Shape of a supply-rate curve, as ratios: only quotients of its values are ever used.
 *
 * - `none`: our own deposit does not move the rate (ERC-4626 with an exogenous rate).
 * - `borrow`: piecewise linear borrow rate through (0, rate0), (kink, rateKink), (1, rateMax); supply = borrow × U.
 * - `supply`: piecewise linear supply rate through the same three points.
 */
export type RateCurve = {
  mode: 'none' | 'borrow' | 'supply'
  /** Utilisation at the kink, 65536 = 1. */
  kinkQ16: number
  /** Rates per year, 1e9 = 100 %. */
  rate0E9: bigint
  rateKinkE9: bigint
  rateMaxE9: bigint
}

/** A venue at one block. Amounts are in asset units. */
export type VenueState = {
  ref: VenueRef
  /** `stale` where a read of the venue reverted; every number is then zero and `staleReason` says why. */
  status: 'ok' | 'stale'
  staleReason?: string
  /** Set where the vault lets nothing in any more; a quarantined venue is stale, too, whatever it answers. */
  closed?: 'retired' | 'quarantined'
  /** Set where its adapter counts a position below what the venue reports; `assets` is what counts. */
  marked?: true
  /** Set where the venue's return is no rate: the lending policy does not steer it, and plans leave it alone. */
  unsteered?: true
  /** Our own position, interest due included, rounded down. */
  assets: bigint
  /** What we could take out at this block: min(position, free liquidity). */
  withdrawable: bigint
  /** The largest deposit that the venue itself would accept at this block. */
  depositable: bigint
  /**
   * The vault's cap on this venue: min of absolute caps and relative caps × total assets over all its ids; 0 where it is
   * closed.
   */
  cap: bigint
  /** Everybody's deposits, ours included, and everybody's debt. */
  totalSupply: bigint
  totalBorrow: bigint
  /** Monotone index whose growth is the supplier's return, and its fixed point one; both 0 where it is unsteered. */
  index: bigint
  indexOne: bigint
  /** Unix seconds of the venue's own last accrual before this block; equal to the block's time if it was touched in it. */
  lastUpdateAt: bigint
  /** Spot supply APR at this block, 1e18 = 100 %; for display and edge estimates, never a feature. */
  supplyAprWad: bigint
  curve: RateCurve
}
