import type { Address, Hex } from 'viem'
import type { BlockRef, MarketState } from '../market/market-state.ts'
import type { VenueRef } from '../venues/venue.ts'
import type { VaultState } from './vault-state.ts'

/** Which vault to read, for whom, and at which block. */
export type StateQuery = {
  vault: Address
  guard: Address
  /** The account whose role at the Guard is asked. */
  keeper: Address
  /** In the order of the vault's configuration. */
  venues: readonly VenueRef[]
  /** Chainlink-style ETH/USD feed. */
  ethUsdFeed?: Address
  /** The vault's redeem queue; `queuedAssets` is zero without one. */
  redeemQueue?: Address
  /** Creation code of the lens from `loadLens`; a caller that reads often loads it once. */
  lens?: Hex
  /** Pins the read to this block by its hash. */
  block?: BlockRef
  /** Pins the read to this block number. Without `block` and `blockNumber` the head is read. */
  blockNumber?: bigint
}

/** Market and vault at one block. */
export type ChainState = {
  market: MarketState
  vault: VaultState
  /** USD per ETH, 1e8 = 1 USD; absent without a feed, or where the feed reverts or answers nothing positive. */
  ethPriceUsdE8?: bigint
  /** Unix seconds at which the feed was last written. */
  ethPriceUpdatedAt?: bigint
}
