import { type Address, getAddress, isAddressEqual, zeroAddress } from 'viem'
import { priceGuardAbi } from './abi.ts'
import type { Reader } from './audit-reader.ts'
import { uniswapPoolAbi } from './check-prices.ts'

/** What a price guard was told for good, and whether it can do its work at the block. */
export type PriceGuardFacts = {
  address: Address
  pool: Address
  /** Feeds of token0 and token1; one that stands for 1 is left out. */
  feeds: readonly Address[]
  maxSpotDeviationBps: number
  maxOracleDeviationBps: number
  twapSeconds: number
  /** False where its feeds give no price now. */
  isFed: boolean
  /** False where it refuses now: without a price, or because pool, mean and feeds disagree. */
  passes: boolean
  /** How far back the pool remembers, and how many trades it can. */
  historySeconds: bigint
  cardinality: number
}

/** OracleUse.Required of the contract. */
const required = 0

/** Reads a price guard and the memory of its pool. Fails where the contract is none. */
export async function readPriceGuard(read: Reader, address: Address, now: bigint): Promise<PriceGuardFacts> {
  const of = <
    name extends
      | 'pool'
      | 'aggregator0'
      | 'aggregator1'
      | 'maxSpotDeviationBps'
      | 'maxOracleDeviationBps'
      | 'twapSeconds',
  >(
    functionName: name,
  ) => read(address, priceGuardAbi, functionName, [] as never)
  const [pool, feed0, feed1, maxSpotDeviationBps, maxOracleDeviationBps, twapSeconds] = await Promise.all([
    of('pool'),
    of('aggregator0'),
    of('aggregator1'),
    of('maxSpotDeviationBps'),
    of('maxOracleDeviationBps'),
    of('twapSeconds'),
  ])
  const [prices, passes, memory] = await Promise.all([
    read(address, priceGuardAbi, 'prices', []).catch(() => undefined),
    read(address, priceGuardAbi, 'check', [required]).then(
      () => true,
      () => false,
    ),
    readMemory(read, pool, now).catch(() => ({ historySeconds: 0n, cardinality: 0 })),
  ])
  const feeds = [feed0, feed1].map((feed) => getAddress(feed)).filter((feed) => !isAddressEqual(feed, zeroAddress))
  return {
    ...{ address: getAddress(address), pool: getAddress(pool), feeds },
    ...{ maxSpotDeviationBps, maxOracleDeviationBps, twapSeconds, passes },
    // Without a mean price nothing is known of the feeds.
    isFed: prices === undefined || prices[1] !== 0n,
    ...memory,
  }
}

/** The oldest observation is the one behind the newest, once all places are used. */
async function readMemory(read: Reader, pool: Address, now: bigint) {
  const [, , index, cardinality] = await read(pool, uniswapPoolAbi, 'slot0', [])
  const observation = (at: number) => read(pool, uniswapPoolAbi, 'observations', [BigInt(at)])
  const behind = await observation((index + 1) % cardinality)
  const [oldest] = behind[3] ? behind : await observation(0)
  return { historySeconds: now - BigInt(oldest), cardinality }
}
