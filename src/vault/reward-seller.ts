import { type Address, encodeFunctionData, type Hex, isAddressEqual, zeroAddress } from 'viem'
import type { PriceGuardPlan } from '../venues/uniswap-v3/encode.ts'
import { rewardSellerAbi } from './abi.ts'
import type { Fault } from './check-plan.ts'
import type { VaultPlanConfig } from './plan-deployment.ts'
import { checkPrices, placesOfPrices } from './price-guard-plan.ts'

/** A contract that sells what venues pay beside the asset, and gives the proceeds to the vault. */
export type RewardSellerPlan = {
  /** The Uniswap v3 factory whose pools it may trade with, for good. */
  uniswapFactory: Address
  routes: readonly RewardRoutePlan[]
  /** Names of the venues whose adapters send it what is neither asset nor position. Default: all. */
  skimFrom?: readonly string[] | undefined
}

/** How one reward token is sold. */
type RewardRoutePlan = {
  token: Address
  /** One or two pools; the first one trades the token, the last one the asset. */
  hops: readonly RewardHopPlan[]
  /** Most that is sold in a day, in the smallest unit of the token. */
  perDay: bigint
  /** What a sale may bring less than the feeds say, fees of the pools included, basis points. */
  maxSlippageBps: number
}

/** One pool of a route, with a price guard that stands already or the parameters of one that is made for it. */
export type RewardHopPlan = { pool: Address; priceGuard?: Address | undefined; prices?: PriceGuardPlan | undefined }

const path = 'periphery.rewardSeller'
/** `MAX_SLIPPAGE_BPS` of the contract. */
const mostSlippageBps = 200

/** What the seller would refuse, as far as its values tell. Pure. */
export function checkRewardSeller(seller: RewardSellerPlan, config: VaultPlanConfig, fault: Fault): void {
  const { uniswapFactory, routes, skimFrom = [] } = seller
  const notZero = (at: string, address: Address): void => {
    if (isAddressEqual(address, zeroAddress)) fault(at, 'is the zero address')
  }
  notZero(`${path}.uniswapFactory`, uniswapFactory)
  routes.forEach((route, index) => {
    const at = `${path}.routes[${index}]`
    const { token, hops, perDay, maxSlippageBps } = route
    notZero(`${at}.token`, token)
    if (isAddressEqual(token, config.asset)) {
      fault(`${at}.token`, 'is the asset; give the token that venues pay beside it: the asset itself needs no sale')
    }
    if (isPosition(token, config)) fault(`${at}.token`, 'is a position of the vault at a venue; that is never sold')
    if (routes.findIndex((other) => isAddressEqual(other.token, token)) !== index) {
      fault(`${at}.token`, `repeats ${token}; a token has one route`)
    }
    if (perDay === 0n || perDay >= 1n << 128n) {
      fault(
        `${at}.perDay`,
        `is ${perDay}; give what may be sold in a day, above 0 and below 2^128, in the smallest unit`,
      )
    }
    if (maxSlippageBps < 1 || maxSlippageBps > mostSlippageBps) {
      fault(
        `${at}.maxSlippageBps`,
        `is ${maxSlippageBps}, which is not 1 to ${mostSlippageBps} (2 %); fees of the pools count in it`,
      )
    }
    hops.forEach((hop, number) => {
      notZero(`${at}.hops[${number}].pool`, hop.pool)
      if (hop.priceGuard !== undefined) notZero(`${at}.hops[${number}].priceGuard`, hop.priceGuard)
      if (hop.prices !== undefined) checkPrices(hop.prices, `${at}.hops[${number}].prices`, fault)
    })
  })
  const names = config.venues.map(({ name }) => name)
  skimFrom.forEach((name, index) => {
    if (!names.includes(name))
      fault(`${path}.skimFrom[${index}]`, `names no venue: ${name}; those are ${names.join(', ')}`)
    if (skimFrom.indexOf(name) !== index) fault(`${path}.skimFrom[${index}]`, `repeats ${name}`)
  })
}

/** Position tokens that the plan itself names; the seller knows the others. */
function isPosition(token: Address, { venues }: VaultPlanConfig): boolean {
  return venues.some(
    (venue) =>
      (venue.kind === 'comet' && isAddressEqual(venue.comet, token)) ||
      (venue.kind === 'erc4626' && isAddressEqual(venue.target, token)),
  )
}

/** Every contract that must stand before the seller can be made, by its path in the plan. */
export function placesOfRewardSeller({ uniswapFactory, routes }: RewardSellerPlan): [path: string, address: Address][] {
  const ofRoutes = routes.flatMap(({ token, hops }, index) => {
    const at = `${path}.routes[${index}]`
    const ofHops = hops.flatMap(({ pool, priceGuard, prices }, number): [string, Address][] => [
      [`${at}.hops[${number}].pool`, pool],
      ...(priceGuard === undefined
        ? []
        : [[`${at}.hops[${number}].priceGuard`, priceGuard] satisfies [string, Address]]),
      ...(prices === undefined
        ? []
        : placesOfPrices(prices).map(([name, place]): [string, Address] => [`${at}.hops[${number}].${name}`, place])),
    ])
    return [[`${at}.token`, token] satisfies [string, Address], ...ofHops]
  })
  return [[`${path}.uniswapFactory`, uniswapFactory], ...ofRoutes]
}

/** Whether a price guard is made for a route of the plan. */
export function needsPriceGuard(seller: RewardSellerPlan | undefined): boolean {
  return seller?.routes.some(({ hops }) => hops.some(({ priceGuard }) => priceGuard === undefined)) ?? false
}

/** A route as the seller takes it. */
export type PlannedRoute = {
  token: Address
  hops: readonly { pool: Address; priceGuard: Address; isNew: boolean }[]
  perDay: bigint
  maxSlippageBps: number
}

/** Routes with the price guards that stand or are made by `guardOf`. */
export function planRoutes(
  { routes }: RewardSellerPlan,
  guardOf: (pool: Address, prices: PriceGuardPlan) => Address,
): PlannedRoute[] {
  return routes.map(({ token, hops, perDay, maxSlippageBps }) => ({
    ...{ token, perDay, maxSlippageBps },
    hops: hops.map(({ pool, priceGuard, prices }) => {
      if (priceGuard !== undefined) return { pool, priceGuard, isNew: false }
      if (prices === undefined) throw new Error('unreachable: a hop has a price guard or the parameters of one')
      return { pool, priceGuard: guardOf(pool, prices), isNew: true }
    }),
  }))
}

/** Calldata with which the curator names the routes. */
export function routeCalls(routes: readonly PlannedRoute[]): Hex[] {
  const none = { pool: zeroAddress, priceGuard: zeroAddress }
  return routes.map(({ token, hops: [first = none, second = none], maxSlippageBps, perDay }) => {
    const place = ({ pool, priceGuard }: { pool: Address; priceGuard: Address }) => ({ pool, priceGuard })
    const route = { first: place(first), second: place(second), maxSlippageBps, perDay }
    return encodeFunctionData({ abi: rewardSellerAbi, functionName: 'setRoute', args: [token, route] })
  })
}
