import { type Address, getAddress, isAddressEqual, zeroAddress } from 'viem'
import { factoryAbi, priceGuardAbi, redeemQueueAbi, routerAbi, uniswapV3AdapterAbi } from './abi.ts'
import type { AuditFacts, Reader } from './audit.ts'

/** What stands beside a vault and is not found from it: a deployment file or a configuration names it. */
export type BesideVault = { factory?: Address; router?: Address; redeemQueue?: Address }

/** The contracts that a vault or its depositors rely on, and what each was told for good. Amounts in asset units. */
export type BesideFacts = {
  factory?: { address: Address; lists: boolean }
  router?: { address: Address; flashLender?: Address }
  redeemQueue?: {
    address: Address
    vault: Address
    minRequestAssets: bigint
    pendingAssets: bigint
    unclaimedAssets: bigint
  }
  priceGuards: readonly {
    address: Address
    adapter: Address
    pool: Address
    /** Feeds of token0 and token1; one that stands for 1 is left out. */
    feeds: readonly Address[]
    maxSpotDeviationBps: number
    maxOracleDeviationBps: number
    twapSeconds: number
    /** True where withdrawals pass although the feeds disagree. */
    isIgnored: boolean
  }[]
}

/** Reads them. A contract that does not answer as what it is named for is left out; its code then differs, too. */
export async function readBeside(
  read: Reader,
  vault: Address,
  adapters: AuditFacts['adapters'],
  named: BesideVault,
): Promise<BesideFacts> {
  const given = async <T>(address: Address | undefined, facts: (at: Address) => Promise<T>): Promise<T | undefined> =>
    address === undefined ? undefined : await facts(getAddress(address)).catch(() => undefined)
  const [factory, router, redeemQueue, ...priceGuards] = await Promise.all([
    given(named.factory, async (address) => ({ address, lists: await read(address, factoryAbi, 'isVault', [vault]) })),
    given(named.router, async (address) => {
      const flashLender = await read(address, routerAbi, 'flashLender', [])
      return { address, ...(flashLender === zeroAddress ? {} : { flashLender: getAddress(flashLender) }) }
    }),
    given(named.redeemQueue, async (address) => {
      const [own, minRequestAssets, pendingAssets, unclaimedAssets] = await Promise.all([
        read(address, redeemQueueAbi, 'vault', []),
        read(address, redeemQueueAbi, 'minRequestAssets', []),
        read(address, redeemQueueAbi, 'pendingAssets', []),
        read(address, redeemQueueAbi, 'unclaimedAssets', []),
      ])
      return { address, vault: getAddress(own), minRequestAssets, pendingAssets, unclaimedAssets }
    }),
    ...adapters
      .filter(({ kind }) => kind === 'uniswap-v3')
      .map(({ address }) => given(address, (adapter) => readPriceGuard(read, adapter))),
  ])
  return {
    ...(factory === undefined ? {} : { factory }),
    ...(router === undefined ? {} : { router }),
    ...(redeemQueue === undefined ? {} : { redeemQueue }),
    priceGuards: priceGuards.filter((item) => item !== undefined),
  }
}

async function readPriceGuard(read: Reader, adapter: Address): Promise<BesideFacts['priceGuards'][number]> {
  const [address, isIgnored] = await Promise.all([
    read(adapter, uniswapV3AdapterAbi, 'priceGuard', []),
    read(adapter, uniswapV3AdapterAbi, 'oracleIgnored', []),
  ])
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
  const feeds = [feed0, feed1].map((feed) => getAddress(feed)).filter((feed) => !isAddressEqual(feed, zeroAddress))
  return {
    ...{ address: getAddress(address), adapter, pool: getAddress(pool), feeds },
    ...{ maxSpotDeviationBps, maxOracleDeviationBps, twapSeconds, isIgnored },
  }
}

/** Name and address of the contracts whose code is to be compared. */
export function besideContracts(
  named: BesideVault,
  { priceGuards }: BesideFacts,
): readonly { name: string; address: Address }[] {
  const contracts = [
    ['VaultFactory', named.factory],
    ['Router', named.router],
    ['RedeemQueue', named.redeemQueue],
    ...priceGuards.map(({ address }) => ['PriceGuard', address] as const),
  ] as const
  return contracts.flatMap(([name, address]) => (address === undefined ? [] : [{ name, address }]))
}
