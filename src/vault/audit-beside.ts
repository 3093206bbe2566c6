import { type Address, getAddress, isAddressEqual, zeroAddress } from 'viem'
import { factoryAbi, redeemQueueAbi, routerAbi, uniswapV3AdapterAbi } from './abi.ts'
import { type PriceGuardFacts, readPriceGuard } from './audit-price-guard.ts'
import type { Logs, Reader } from './audit-reader.ts'
import { type RewardSellerFacts, readRewardSeller } from './audit-reward-seller.ts'
import type { AuditedAdapter } from './audit-venues.ts'

/** What stands beside a vault; a deployment file or a configuration names it. The seller adapters name, too. */
export type BesideVault = { factory?: Address; router?: Address; redeemQueue?: Address; rewardSeller?: Address }

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
  rewardSeller?: RewardSellerFacts
  /** Those of adapters; those of routes stand with them. */
  priceGuards: readonly (PriceGuardFacts & {
    adapter: Address
    /** True where withdrawals pass although the feeds disagree. */
    isIgnored: boolean
  })[]
}

/** Reads them. A contract that does not answer as what it is named for is left out; its code then differs, too. */
export async function readBeside(
  read: Reader,
  logs: Logs,
  { vault, adapters, now }: { vault: Address; adapters: readonly AuditedAdapter[]; now: bigint },
  named: BesideVault,
): Promise<BesideFacts> {
  const given = async <T>(address: Address | undefined, facts: (at: Address) => Promise<T>): Promise<T | undefined> =>
    address === undefined ? undefined : await facts(getAddress(address)).catch(() => undefined)
  const recipients = [...new Set(adapters.flatMap(({ skimRecipient }) => skimRecipient ?? []))]
  const sellers = named.rewardSeller === undefined ? recipients : [named.rewardSeller]
  const [factory, router, redeemQueue, found, ...priceGuards] = await Promise.all([
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
    Promise.all(sellers.map((address) => given(address, (at) => readRewardSeller(read, logs, at, now)))),
    ...adapters
      .filter(({ kind }) => kind === 'uniswap-v3')
      .map(({ address }) => given(address, (adapter) => readGuardOf(read, adapter, now))),
  ])
  const rewardSeller = found.find((item) => item !== undefined)
  return {
    ...(factory === undefined ? {} : { factory }),
    ...(router === undefined ? {} : { router }),
    ...(redeemQueue === undefined ? {} : { redeemQueue }),
    ...(rewardSeller === undefined ? {} : { rewardSeller }),
    priceGuards: priceGuards.filter((item) => item !== undefined),
  }
}

async function readGuardOf(read: Reader, adapter: Address, now: bigint): Promise<BesideFacts['priceGuards'][number]> {
  const [address, isIgnored] = await Promise.all([
    read(adapter, uniswapV3AdapterAbi, 'priceGuard', []),
    read(adapter, uniswapV3AdapterAbi, 'oracleIgnored', []),
  ])
  return { ...(await readPriceGuard(read, address, now)), adapter, isIgnored }
}

/** Name and address of the contracts whose code is to be compared, each once. */
export function besideContracts(
  named: BesideVault,
  { priceGuards, rewardSeller }: BesideFacts,
): readonly { name: string; address: Address }[] {
  const hops = rewardSeller?.routes.flatMap((route) => route.hops) ?? []
  const contracts = [
    ['VaultFactory', named.factory],
    ['Router', named.router],
    ['RedeemQueue', named.redeemQueue],
    ['RewardSeller', named.rewardSeller ?? rewardSeller?.address],
    ...priceGuards.map(({ address }) => ['PriceGuard', address] as const),
    ...hops.map(({ priceGuardAddress }) => ['PriceGuard', priceGuardAddress] as const),
  ] as const
  const all = contracts.flatMap(([name, address]) => (address === undefined ? [] : [{ name, address }]))
  // One address under two names is two questions.
  const isSame = (a: (typeof all)[number], b: (typeof all)[number]) =>
    a.name === b.name && isAddressEqual(a.address, b.address)
  return all.filter((item, index) => all.findIndex((other) => isSame(other, item)) === index)
}
