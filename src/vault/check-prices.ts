import { type Address, BaseError, type Client, isAddressEqual, parseAbi, type Transport, zeroAddress } from 'viem'
import { getBlock, readContract } from 'viem/actions'
import { TillerError } from '../errors/base.ts'
import type { PriceGuardPlan } from '../venues/uniswap-v3/encode.ts'
import { priceGuardAbi } from './abi.ts'
import type { Fault } from './check-plan.ts'
import type { VaultPlanConfig } from './plan-deployment.ts'
import { observationsOf } from './price-guard-plan.ts'
import type { RewardHopPlan, RewardSellerPlan } from './reward-seller.ts'

export const uniswapPoolAbi = parseAbi([
  'function token0() view returns (address)',
  'function token1() view returns (address)',
  'function fee() view returns (uint24)',
  'function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)',
  'function observe(uint32[] secondsAgos) view returns (int56[], uint160[])',
  'function observations(uint256 index) view returns (uint32 blockTimestamp, int56, uint160, bool initialized)',
])
const uniswapFactoryAbi = parseAbi(['function getPool(address, address, uint24) view returns (address)'])
const feedAbi = parseAbi([
  'function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)',
])

type Pool = { token0: Address; token1: Address; fee: number; cardinality: number }

/**
 * What the chain would refuse of price guards and routes of a plan, told by path, value and remedy: a pool that is none of
 * the factory's or trades other tokens, a guard of another pool, a short history, a feed that is old or out of its bounds.
 */
export async function findPriceFaults(
  client: Client<Transport>,
  config: VaultPlanConfig,
): Promise<{ path: string; fault: string }[]> {
  const faults: { path: string; fault: string }[] = []
  const fault: Fault = (path, text) => {
    faults.push({ path, fault: text })
  }
  for (const [index, venue] of config.venues.entries()) {
    if (venue.kind !== 'uniswap-v3') continue
    const pool = await readPool(client, venue.pool)
    if (pool === undefined) fault(`venues[${index}].pool`, noPool(venue.pool))
    else await checkPrices(client, venue.pool, pool, venue.prices, `venues[${index}].prices`, fault)
  }
  const seller = config.periphery?.rewardSeller
  if (seller !== undefined) await checkRoutes(client, seller, config.asset, fault)
  return faults
}

async function checkRoutes(
  client: Client<Transport>,
  { uniswapFactory, routes }: RewardSellerPlan,
  asset: Address,
  fault: Fault,
): Promise<void> {
  for (const [index, { token, hops }] of routes.entries()) {
    const route = `periphery.rewardSeller.routes[${index}]`
    let sold: Address | undefined = token
    for (const [number, hop] of hops.entries()) {
      const path = `${route}.hops[${number}]`
      const pool = await readPool(client, hop.pool)
      if (pool === undefined) fault(`${path}.pool`, noPool(hop.pool))
      // Behind a pool that is none nobody knows what is sold.
      sold = pool === undefined || sold === undefined ? undefined : otherToken(pool, sold, `${path}.pool`, fault)
      if (pool === undefined) continue
      await checkFactory(client, uniswapFactory, hop.pool, pool, `${path}.pool`, fault)
      await checkGuard(client, hop, pool, path, fault)
    }
    if (sold !== undefined && !isAddressEqual(sold, asset)) {
      fault(`${route}.hops`, `end in ${sold}, not in the asset ${asset}; the last pool must trade the asset`)
    }
  }
}

function otherToken({ token0, token1 }: Pool, sold: Address, path: string, fault: Fault): Address | undefined {
  if (isAddressEqual(sold, token0)) return token1
  if (isAddressEqual(sold, token1)) return token0
  fault(path, `trades ${token0} and ${token1}, not ${sold}; give a pool of what is sold there`)
  return undefined
}

async function checkFactory(
  client: Client<Transport>,
  factory: Address,
  address: Address,
  { token0, token1, fee }: Pool,
  path: string,
  fault: Fault,
): Promise<void> {
  const args = [token0, token1, fee] as const
  const named = await orNothing(
    readContract(client, { address: factory, abi: uniswapFactoryAbi, functionName: 'getPool', args }),
  )
  if (named === undefined) {
    fault(
      'periphery.rewardSeller.uniswapFactory',
      `is ${factory}, which is no Uniswap v3 factory; give that of the pools`,
    )
  } else if (!isAddressEqual(named, address)) {
    fault(
      path,
      `is ${address}, which is not a pool of the factory ${factory}; for its tokens and fee that has ${named}`,
    )
  }
}

async function checkGuard(
  client: Client<Transport>,
  { pool: address, priceGuard, prices }: RewardHopPlan,
  pool: Pool,
  path: string,
  fault: Fault,
): Promise<void> {
  if (prices !== undefined) await checkPrices(client, address, pool, prices, `${path}.prices`, fault)
  if (priceGuard === undefined) return
  const read = { address: priceGuard, abi: priceGuardAbi } as const
  const watched = await orNothing(readContract(client, { ...read, functionName: 'pool' }))
  if (watched === undefined) {
    fault(`${path}.priceGuard`, `is ${priceGuard}, which is no price guard; give "prices" in its place for a new one`)
    return
  }
  if (!isAddressEqual(watched, address)) {
    fault(`${path}.priceGuard`, `watches the pool ${watched}; give one of ${address}, or "prices" for a new one`)
    return
  }
  const found = await orNothing(readContract(client, { ...read, functionName: 'prices' }))
  if (found === undefined)
    fault(`${path}.priceGuard`, 'knows no mean price: the history of the pool is too short for it')
  else if (found[1] === 0n) fault(`${path}.priceGuard`, 'has no price of its feeds now; look at them, or give "prices"')
}

async function checkPrices(
  client: Client<Transport>,
  address: Address,
  { cardinality }: Pool,
  prices: PriceGuardPlan,
  path: string,
  fault: Fault,
): Promise<void> {
  const { twapSeconds } = prices
  const needed = observationsOf(prices)
  if (cardinality < needed) {
    fault(
      `${path}.twapSeconds`,
      `is ${twapSeconds}, for which the pool must remember ${needed} observations, and it remembers ${cardinality}; call increaseObservationCardinalityNext(${needed}) of the pool and wait for trades, or shorten the window`,
    )
  } else {
    const window = { address, abi: uniswapPoolAbi, functionName: 'observe', args: [[twapSeconds, 0]] } as const
    if ((await orNothing(readContract(client, window))) === undefined) {
      fault(`${path}.twapSeconds`, `is ${twapSeconds}, and the history of the pool is shorter; wait, or shorten it`)
    }
  }
  const { timestamp } = await getBlock(client)
  for (const name of ['feed0', 'feed1'] as const) {
    const { aggregator, maxAgeSeconds, minAnswer, maxAnswer } = prices[name]
    if (isAddressEqual(aggregator, zeroAddress)) continue
    const read = { address: aggregator, abi: feedAbi, functionName: 'latestRoundData' } as const
    const round = await orNothing(readContract(client, read))
    if (round === undefined) {
      fault(
        `${path}.${name}.aggregator`,
        `is ${aggregator}, which does not answer as a price feed; give a Chainlink one`,
      )
      continue
    }
    const [, answer, , updatedAt] = round
    const age = timestamp - updatedAt
    if (age > BigInt(maxAgeSeconds)) {
      fault(`${path}.${name}.maxAgeSeconds`, `is ${maxAgeSeconds}, and the newest answer is ${age} seconds old`)
    }
    if (answer < minAnswer || answer > maxAnswer) {
      fault(
        `${path}.${name}.${answer < minAnswer ? 'minAnswer' : 'maxAnswer'}`,
        `is ${answer < minAnswer ? minAnswer : maxAnswer}, and the feed says ${answer}; answers have the feed's own decimals`,
      )
    }
  }
}

function noPool(address: Address): string {
  return `is ${address}, which does not answer as a Uniswap v3 pool; give the address of the pool itself`
}

async function readPool(client: Client<Transport>, address: Address): Promise<Pool | undefined> {
  const read = { address, abi: uniswapPoolAbi } as const
  const found = await orNothing(
    Promise.all([
      readContract(client, { ...read, functionName: 'token0' }),
      readContract(client, { ...read, functionName: 'token1' }),
      readContract(client, { ...read, functionName: 'fee' }),
      readContract(client, { ...read, functionName: 'slot0' }),
    ]),
  )
  if (found === undefined) return undefined
  const [token0, token1, fee, [, , , cardinality]] = found
  return { token0, token1, fee, cardinality }
}

/** What is wrong with the connection stays what it is; what does not answer is nothing. */
async function orNothing<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof BaseError && error.walk((cause) => cause instanceof TillerError) !== null) throw error
    return undefined
  })
}
