import { type Address, type Hex, isAddressEqual, keccak256, zeroAddress } from 'viem'
import { encodeMorphoBlueData, type MorphoMarketParams } from '../venues/morpho-blue/encode.ts'
import {
  encodeUniswapV3Data,
  type PriceGuardPlan,
  type UniswapV3Bounds,
  type UniswapV3Range,
} from '../venues/uniswap-v3/encode.ts'
import type { Fault } from './check-plan.ts'
import { checkPrices, placesOfPrices } from './price-guard-plan.ts'
import { collateralId, heldId, marketLiquidityId, oracleId, protocolId, type SharedRisk } from './venue-ids.ts'

/** A venue of a vault that is to be deployed, and what its adapter is created with. */
export type VenuePlan = {
  /** Short name, unique inside the vault, e.g. `aave-v3:usdc`. */
  name: string
  /** Largest position in asset units. */
  absoluteCap: bigint
  /** Largest position as a share of total assets, 1e18 = all. */
  relativeCapWad: bigint
  /** What may go in within a day, asset units. Default: the absolute cap. */
  inflowPerDay?: bigint
} & (
  | { kind: 'aave-v3'; pool: Address }
  | { kind: 'comet'; comet: Address }
  | { kind: 'morpho-blue'; morpho: Address; market: MorphoMarketParams }
  | {
      kind: 'erc4626'
      target: Address
      /** Pool of another protocol in which the target keeps its assets, e.g. Aave's under a StataToken. Default: none. */
      underlyingPool?: Address | undefined
      /** Highest price at which a share may be bought: whole assets for a whole share, 1e18 = 1. */
      maxSharePriceWad: bigint
      /** Fewest shares that the target must have issued, in its own units; keeps out of fresh, inflatable vaults. */
      minShareSupply: bigint
    }
  | {
      kind: 'uniswap-v3'
      pool: Address
      /** The pool's token that is not the asset. */
      otherToken: Address
      range: UniswapV3Range
      /** The same for all ranges of one pool: they share an adapter. */
      bounds: UniswapV3Bounds
      prices: PriceGuardPlan
    }
)

/** Kinds of venue for which `vault deploy` creates an adapter. */
export type DeployableKind = VenuePlan['kind']

/** Which contract holds the position at a venue of each kind. */
export const adapterContracts = {
  'aave-v3': 'AaveV3Adapter',
  comet: 'CometAdapter',
  'morpho-blue': 'MorphoBlueAdapter',
  erc4626: 'Erc4626Adapter',
  'uniswap-v3': 'UniswapV3Adapter',
} as const satisfies Record<DeployableKind, string>

/** The contract of the protocol that a venue's adapter is made for. */
export function targetOf(venue: VenuePlan): Address {
  if (venue.kind === 'aave-v3' || venue.kind === 'uniswap-v3') return venue.pool
  if (venue.kind === 'comet') return venue.comet
  if (venue.kind === 'morpho-blue') return venue.morpho
  return venue.target
}

/** Every contract that must stand before a venue can be used, by its name in the plan. */
export function placesOf(venue: VenuePlan): [name: string, address: Address][] {
  if (venue.kind === 'aave-v3') return [['pool', venue.pool]]
  if (venue.kind === 'comet') return [['comet', venue.comet]]
  if (venue.kind === 'morpho-blue') {
    const { collateralToken, oracle, irm } = venue.market
    return [
      ['morpho', venue.morpho],
      ['market.collateralToken', collateralToken],
      ['market.oracle', oracle],
      ['market.irm', irm],
    ]
  }
  if (venue.kind === 'uniswap-v3') {
    return [['pool', venue.pool], ['otherToken', venue.otherToken], ...placesOfPrices(venue.prices)]
  }
  const { target, underlyingPool } = venue
  return [
    ['target', target],
    ...(underlyingPool === undefined ? [] : [['underlyingPool', underlyingPool] as [string, Address]]),
  ]
}

/**
 * Arguments of the adapter's constructor after the vault; for a range the price guard that was made for its pool stands
 * in place of the pool.
 */
export function adapterArguments(venue: VenuePlan, target: Address): readonly unknown[] {
  if (venue.kind === 'uniswap-v3') return [target, venue.bounds]
  if (venue.kind !== 'erc4626') return [target]
  return [target, venue.underlyingPool ?? zeroAddress, venue.maxSharePriceWad, venue.minShareSupply]
}

/** Names the position inside its adapter. */
export function dataOf(venue: VenuePlan): Hex {
  if (venue.kind === 'morpho-blue') return encodeMorphoBlueData(venue.market)
  return venue.kind === 'uniswap-v3' ? encodeUniswapV3Data(venue.range) : '0x'
}

/** The risks that a position shares with others, in the order of `sharedIdsOf`. */
export function sharedRisksOf(venue: VenuePlan): { risk: SharedRisk; address: Address; id: Hex }[] {
  const protocol = (address: Address) => ({ risk: 'protocol' as const, address, id: protocolId(address) })
  if (venue.kind === 'aave-v3') return [protocol(venue.pool)]
  if (venue.kind === 'comet') return [protocol(venue.comet)]
  if (venue.kind === 'morpho-blue') {
    const { collateralToken, oracle } = venue.market
    return [
      { risk: 'collateral', address: collateralToken, id: collateralId(collateralToken) },
      { risk: 'oracle', address: oracle, id: oracleId(oracle) },
      protocol(venue.morpho),
    ]
  }
  if (venue.kind === 'uniswap-v3') {
    return [protocol(venue.pool), { risk: 'held', address: venue.otherToken, id: heldId(venue.otherToken) }]
  }
  const { target, underlyingPool = target } = venue
  return isAddressEqual(target, underlyingPool) || isAddressEqual(underlyingPool, zeroAddress)
    ? [protocol(target)]
    : [protocol(target), protocol(underlyingPool)]
}

/** What the adapter's `ids` returns after the venue's own. */
export function sharedIdsOf(venue: VenuePlan): Hex[] {
  return sharedRisksOf(venue).map(({ id }) => id)
}

/** What the adapter's `liquidityId` returns: the pool of liquidity that an exit drains. */
export function liquidityIdOf(venue: VenuePlan): Hex {
  if (venue.kind === 'morpho-blue') return marketLiquidityId(venue.morpho, keccak256(dataOf(venue)))
  if (venue.kind === 'uniswap-v3') return protocolId(venue.pool)
  return sharedIdsOf(venue).at(-1) ?? protocolId(targetOf(venue))
}

/**
 * The vault refuses two exits from one pool of liquidity: it would be counted twice. And it refuses a range of a pool,
 * whose exit is not exact.
 */
export function defaultExits(all: readonly VenuePlan[]): string[] {
  const venues = all.filter(({ kind }) => kind !== 'uniswap-v3')
  const pools = venues.map(liquidityIdOf)
  return venues.filter((_, index) => pools.indexOf(pools[index] ?? '0x') === index).map(({ name }) => name)
}

/** What the constructors of adapter and price guard would refuse, and what two ranges of one pool must share. */
export function checkRange(
  venue: Extract<VenuePlan, { kind: 'uniswap-v3' }>,
  path: string,
  before: readonly VenuePlan[],
  fault: Fault,
): void {
  const { range, bounds, prices } = venue
  const width = range.tickUpper - range.tickLower
  if (range.tickLower < bounds.tickMin || range.tickUpper > bounds.tickMax) fault(`${path}.range`, 'leaves its bounds')
  if (width < bounds.minWidth || width > bounds.maxWidth)
    fault(`${path}.range`, `has a width of ${width} out of bounds`)
  if (bounds.minWidth < 1) fault(`${path}.bounds.minWidth`, 'is below 1')
  if (bounds.maxSlippageBps < 1 || bounds.maxSlippageBps > 100) {
    fault(`${path}.bounds.maxSlippageBps`, 'is not 1 to 100')
  }
  checkPrices(prices, `${path}.prices`, fault)
  const ranges = before.flatMap((other) =>
    other.kind === 'uniswap-v3' && isAddressEqual(other.pool, venue.pool) ? [other] : [],
  )
  if (ranges.length === 4) fault(path, 'is a fifth range of one pool')
  const [first] = ranges
  if (first === undefined) return
  const shared = (plan: typeof venue): string => toText([plan.bounds, plan.prices, plan.otherToken])
  if (shared(first) !== shared(venue)) fault(path, `differs from ${first.name} in bounds, prices or otherToken`)
  if (ranges.some((other) => toText(other.range) === toText(range))) fault(`${path}.range`, 'repeats another one')
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
}
