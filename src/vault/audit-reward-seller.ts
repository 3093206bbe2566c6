import { type Address, decodeFunctionData, getAddress, type Hex, isAddressEqual, zeroAddress } from 'viem'
import { rewardSellerAbi, vaultAbi } from './abi.ts'
import { type PriceGuardFacts, readPriceGuard } from './audit-price-guard.ts'
import { erc20ViewAbi, type Logs, type Reader } from './audit-reader.ts'
import { uniswapPoolAbi } from './check-prices.ts'

/** A token as a person knows it; one that does not say has no symbol and no decimals. */
type AuditedToken = { address: Address; symbol: string; decimals: number }

/** One reward token that is sold, in its smallest unit. */
type AuditedRoute = {
  token: AuditedToken
  perDay: bigint
  maxSlippageBps: number
  /** What lies in the seller and could be sold now. */
  available: bigint
  /** The price guard is absent where the contract in its place is none. */
  hops: readonly { pool: Address; fee: number; priceGuardAddress: Address; priceGuard?: PriceGuardFacts }[]
}

/** What a vault's reward seller may sell, and how. */
export type RewardSellerFacts = {
  address: Address
  vault: Address
  uniswapFactory: Address
  routes: readonly AuditedRoute[]
  /** Tokens that are sold or that a waiting call names. */
  tokens: readonly AuditedToken[]
}

/** Reads a reward seller; its events name the tokens, its state the routes. Fails where the contract is none. */
export async function readRewardSeller(
  read: Reader,
  logs: Logs,
  address: Address,
  now: bigint,
): Promise<RewardSellerFacts> {
  const [vault, uniswapFactory] = await Promise.all([
    read(address, rewardSellerAbi, 'vault', []),
    read(address, rewardSellerAbi, 'factory', []),
    // A contract of another kind has no such thing.
    read(address, rewardSellerAbi, 'routeOf', [zeroAddress]),
  ])
  const [named, submitted] = await Promise.all([
    logs(address, rewardSellerAbi, 'SetRoute'),
    logs(address, vaultAbi, 'Submit'),
  ])
  const sold = new Set(named.map(({ args }) => getAddress(args['token'] as Address)))
  const waiting = submitted.flatMap(({ args }) => tokenOf(args['data'] as Hex))
  const tokens = await Promise.all([...new Set([...sold, ...waiting])].map((token) => readToken(read, token)))
  const routes = await Promise.all(
    tokens.filter((token) => sold.has(token.address)).map((token) => readRoute(read, address, token, now)),
  )
  return {
    ...{ address: getAddress(address), vault: getAddress(vault), uniswapFactory: getAddress(uniswapFactory) },
    ...{ routes: routes.flat(), tokens },
  }
}

/** The token whose route a call would set. */
function tokenOf(data: Hex): Address[] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: rewardSellerAbi, data })
    return functionName === 'setRoute' ? [getAddress(args[0])] : []
  } catch {
    return []
  }
}

async function readToken(read: Reader, address: Address): Promise<AuditedToken> {
  const [symbol, decimals] = await Promise.all([
    read(address, erc20ViewAbi, 'symbol', []).catch(() => ''),
    read(address, erc20ViewAbi, 'decimals', []).catch(() => 0),
  ])
  return { address, symbol, decimals }
}

async function readRoute(read: Reader, seller: Address, token: AuditedToken, now: bigint): Promise<AuditedRoute[]> {
  const { first, second, maxSlippageBps, perDay } = await read(seller, rewardSellerAbi, 'routeOf', [token.address])
  if (isAddressEqual(first.pool, zeroAddress)) return []
  const places = isAddressEqual(second.pool, zeroAddress) ? [first] : [first, second]
  const [available, hops] = await Promise.all([
    read(seller, rewardSellerAbi, 'available', [token.address]).catch(() => 0n),
    Promise.all(
      places.map(async ({ pool, priceGuard: at }) => {
        const [fee, priceGuard] = await Promise.all([
          read(pool, uniswapPoolAbi, 'fee', []).catch(() => 0),
          readPriceGuard(read, at, now).catch(() => undefined),
        ])
        const place = { pool: getAddress(pool), fee, priceGuardAddress: getAddress(at) }
        return { ...place, ...(priceGuard === undefined ? {} : { priceGuard }) }
      }),
    ),
  ])
  return [{ token, perDay, maxSlippageBps, available, hops }]
}
