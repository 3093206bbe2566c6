import { type Address, encodeAbiParameters, type Hex } from 'viem'

/** One range of a pool, by its ticks; the lower one first, both multiples of the pool's spacing. */
export type UniswapV3Range = { tickLower: number; tickUpper: number }

/** `RangeBounds` of UniswapV3Adapter.sol. */
export type UniswapV3Bounds = {
  tickMin: number
  tickMax: number
  /** Least and greatest distance between a range's ticks. */
  minWidth: number
  maxWidth: number
  /** How far one operation's swaps may move the pool's price. */
  maxSlippageBps: number
}

/** `Feed` of PriceGuard.sol; answers in the feed's own decimals. */
type PriceFeed = {
  /** The zero address where the other token's feed is quoted in this token. */
  aggregator: Address
  maxAgeSeconds: number
  minAnswer: bigint
  maxAnswer: bigint
}

/** `PriceGuardConfig` of PriceGuard.sol without the pool. */
export type PriceGuardPlan = {
  feed0: PriceFeed
  feed1: PriceFeed
  /** The zero address where the chain has no sequencer. */
  sequencerFeed: Address
  sequencerGraceSeconds: number
  twapSeconds: number
  /** Shortest time between two blocks. */
  blockSeconds: number
  maxSpotDeviationBps: number
  maxOracleDeviationBps: number
}

const parameters = [
  { name: 'tickLower', type: 'int24' },
  { name: 'tickUpper', type: 'int24' },
] as const

/** A Uniswap v3 adapter holds one position per range: its data is `abi.encode(tickLower, tickUpper)`. */
export function encodeUniswapV3Data({ tickLower, tickUpper }: UniswapV3Range): Hex {
  return encodeAbiParameters(parameters, [tickLower, tickUpper])
}
