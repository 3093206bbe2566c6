import type { Hex } from 'viem'
import type { VenueState } from '../venues/venue.ts'

export type BlockRef = {
  number: bigint
  hash: Hex
  /** Unix seconds. */
  timestamp: bigint
  baseFeePerGas: bigint
}

/** The venues of one vault, all read at one block. */
export type MarketState = {
  chainId: number
  block: BlockRef
  /** In the order of the vault's configuration, which is the order of every vector of a policy. */
  venues: readonly VenueState[]
}
