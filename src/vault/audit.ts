import { type Address, type ContractFunctionArgs, getAddress, type Hex, isAddressEqual, zeroAddress } from 'viem'
import type { ChainClient } from '../chain/endpoint.ts'
import { auditUnreadable } from '../errors/vault.ts'
import { guardAbi, vaultAbi } from './abi.ts'
import { type BesideFacts, type BesideVault, besideContracts, readBeside } from './audit-beside.ts'
import { compareCode } from './audit-code.ts'
import { namesFor, type PendingCall, readPending } from './audit-pending.ts'
import { codeAt, erc20ViewAbi, holders, type Logs, logsOf, type Reader, readerAt } from './audit-reader.ts'
import { type AuditedAdapter, type AuditedVenue, type NamedVenue, readUnnamedCaps, readVenues } from './audit-venues.ts'
import { deadAddress } from './plan-deployment.ts'
import {
  adapterFunctions,
  rewardSellerFunctions,
  type TimelockedFunction,
  timelockedFunctions,
} from './timelocked-functions.ts'
import type { GuardLimits } from './vault-state.ts'
import { adapterContracts } from './venue-adapters.ts'

type Holder = { address: Address; isContract: boolean }

/** One vault at one block, as its audit needs it. Amounts in asset units. */
export type AuditFacts = {
  chainId: number
  block: { number: bigint; hash: Hex; timestamp: bigint }
  vault: Address
  name: string
  symbol: string
  asset: { address: Address; symbol: string; decimals: number }
  totalAssets: bigint
  totalSupply: bigint
  idle: bigint
  liquid: bigint
  seedShares: bigint
  entriesOpen: boolean
  gate?: Address
  owner: Holder
  pendingOwner?: Address
  curator: Holder
  sentinels: readonly Address[]
  /** Absent where the vault has none, or one that belongs to another vault. */
  guard?: {
    address: Address
    limits: GuardLimits
    frozen: boolean
    keepers: readonly Holder[]
    turnoverAvailable: bigint
    lossAvailable: bigint
  }
  fees: { performanceFeeBps: number; managementFeeBps: number; recipient?: Address; unclaimedShares: bigint }
  forcedExitPenaltyBps: number
  maxRatePerSecondWad: bigint
  /** Those of an adapter name it. */
  timelocks: readonly (TimelockedFunction & { seconds: bigint; abdicated: boolean; adapter?: Address })[]
  adapters: readonly AuditedAdapter[]
  venues: readonly AuditedVenue[]
  /**
   * Ids with a cap that no venue above counts against: markets in which nothing lies yet, and what they share. The chain
   * knows them by a hash alone.
   */
  unnamedCaps: readonly { id: Hex; absoluteCap: bigint; relativeCapWad: bigint }[]
  /** Names of the venues that exits are paid from, in order. */
  exitList: readonly string[]
  pending: readonly PendingCall[]
  beside: BesideFacts
  /** Whether the code on the chain is what this build deploys. */
  code: readonly { name: string; address: Address; codeHash: Hex; matches: boolean }[]
}

export type ReadAuditOptions = {
  /** @default the head */
  blockNumber?: bigint
  /** Events are looked for from here on. @default 0 */
  fromBlock?: bigint
  /** What a deployment file or a configuration says of what stands beside the vault. */
  beside?: BesideVault
  /** Venues that it names; they are believed where the vault has their adapter. */
  venues?: readonly NamedVenue[]
  amount(units: bigint, decimals: number, symbol: string): string
  duration(seconds: bigint): string
}

/**
 * Reads a live vault at one block: roles, caps, timelocks, fees, gate, exits, what waits, and the Guard. Needs nothing
 * but its address; holders of roles and waiting calls come from its events, each checked against the state.
 *
 * @throws AUDIT_UNREADABLE, and the errors of the transport
 */
export async function readAudit(client: ChainClient, address: Address, options: ReadAuditOptions): Promise<AuditFacts> {
  const block = await client.getBlock(
    options.blockNumber === undefined ? { blockTag: 'latest' } : { blockNumber: options.blockNumber },
  )
  const blockNumber = block.number
  if ((await codeAt(client, address, blockNumber)) === '0x') {
    throw auditUnreadable(address, blockNumber, 'there is no contract')
  }
  const read = readerAt(client, blockNumber)
  const of = <name extends Nullary>(functionName: name) =>
    read(address, vaultAbi, functionName, [] as unknown as ContractFunctionArgs<typeof vaultAbi, 'pure' | 'view', name>)

  const [name, symbol, assetAddress, owner, pendingOwner, curator, guardAddress, gate] = await Promise.all([
    of('name'),
    of('symbol'),
    of('asset'),
    of('owner'),
    of('pendingOwner'),
    of('curator'),
    of('guard'),
    of('gate'),
  ]).catch((error: unknown) => {
    throw auditUnreadable(address, blockNumber, error instanceof Error ? (error.message.split('\n')[0] ?? '') : '')
  })
  const [totalAssets, totalSupply, idle, liquid, seedShares, entriesOpen, decimals, assetSymbol] = await Promise.all([
    of('totalAssets'),
    of('totalSupply'),
    of('idle'),
    of('liquid'),
    read(address, vaultAbi, 'balanceOf', [deadAddress]),
    of('entriesOpen'),
    read(assetAddress, erc20ViewAbi, 'decimals', []),
    read(assetAddress, erc20ViewAbi, 'symbol', []).catch(() => ''),
  ])
  const [performanceFeeBps, managementFeeBps, feeRecipient, unclaimedShares, forcedExitPenaltyBps, maxRate] =
    await Promise.all([
      of('performanceFeeBps'),
      of('managementFeeBps'),
      of('feeRecipient'),
      of('unclaimedFeeShares'),
      of('forcedExitPenaltyBps'),
      of('maxRatePerSecondWad'),
    ])

  const logs = logsOf(client, options.fromBlock ?? 0n, blockNumber)
  const holder = async (account: Address): Promise<Holder> => ({
    address: getAddress(account),
    isContract: (await codeAt(client, account, blockNumber)) !== '0x',
  })
  const guardNames =
    guardAddress === zeroAddress ? undefined : await read(guardAddress, guardAbi, 'vault', []).catch(() => undefined)
  const guard = guardNames !== undefined && isAddressEqual(guardNames, address) ? getAddress(guardAddress) : undefined

  const sentinels = await holders(await logs(address, vaultAbi, 'SetSentinel'), (account) =>
    read(address, vaultAbi, 'isSentinel', [account]),
  )
  const positions = await readVenues(read, address, options.venues ?? [])
  const now = block.timestamp
  const { adapters } = positions
  const beside = await readBeside(read, logs, { vault: address, adapters, now }, options.beside ?? {})
  const { rewardSeller } = beside
  const { amount, duration } = options
  const asset = { decimals, symbol: assetSymbol }
  const names = namesFor(positions, { vault: address, guard, rewardSeller, asset, amount, duration })
  const targets = [
    { target: 'vault' as const, at: getAddress(address) },
    ...(guard === undefined ? [] : [{ target: 'guard' as const, at: guard }]),
    ...adapters.map((adapter) => ({ target: 'adapter' as const, at: adapter.address })),
    ...(rewardSeller === undefined ? [] : [{ target: 'rewardSeller' as const, at: rewardSeller.address }]),
  ]
  const pending = (await Promise.all(targets.map((place) => readPending(read, logs, place, names))))
    .flat()
    .sort((a, b) => Number(a.executableAt - b.executableAt))

  return {
    chainId: client.chain.id,
    block: { number: blockNumber, hash: block.hash, timestamp: block.timestamp },
    vault: getAddress(address),
    name,
    symbol,
    asset: { address: getAddress(assetAddress), symbol: assetSymbol, decimals },
    ...{ totalAssets, totalSupply, idle, liquid, seedShares, entriesOpen },
    ...(gate === zeroAddress ? {} : { gate: getAddress(gate) }),
    owner: await holder(owner),
    ...(pendingOwner === zeroAddress ? {} : { pendingOwner: getAddress(pendingOwner) }),
    curator: await holder(curator),
    sentinels,
    ...(guard === undefined ? {} : { guard: await readGuard(read, logs, guard, holder) }),
    fees: {
      performanceFeeBps,
      managementFeeBps,
      ...(feeRecipient === zeroAddress ? {} : { recipient: getAddress(feeRecipient) }),
      unclaimedShares,
    },
    forcedExitPenaltyBps,
    maxRatePerSecondWad: maxRate,
    timelocks: await readTimelocks(read, address, { guard, adapters, rewardSeller: rewardSeller?.address }),
    ...positions,
    unnamedCaps: await readUnnamedCaps(
      read,
      await logs(address, vaultAbi, 'SetAbsoluteCap'),
      address,
      positions.venues,
    ),
    pending,
    beside,
    code: await compareCode(client, blockNumber, [
      { name: 'Vault', address },
      ...(guard === undefined ? [] : [{ name: 'Guard', address: guard }]),
      ...adapters.map(({ address: at, kind }) => ({
        name: adapterContracts[kind as keyof typeof adapterContracts] ?? kind,
        address: at,
      })),
      ...besideContracts(options.beside ?? {}, beside),
    ]),
  }
}

/** Reads of the vault without arguments that the audit makes. */
type Nullary =
  | 'name'
  | 'symbol'
  | 'asset'
  | 'owner'
  | 'pendingOwner'
  | 'curator'
  | 'guard'
  | 'gate'
  | 'totalAssets'
  | 'totalSupply'
  | 'idle'
  | 'liquid'
  | 'entriesOpen'
  | 'performanceFeeBps'
  | 'managementFeeBps'
  | 'feeRecipient'
  | 'unclaimedFeeShares'
  | 'forcedExitPenaltyBps'
  | 'maxRatePerSecondWad'

async function readGuard(read: Reader, logs: Logs, address: Address, holder: (account: Address) => Promise<Holder>) {
  const [limits, frozen, turnoverAvailable, lossAvailable, log] = await Promise.all([
    read(address, guardAbi, 'limits', []),
    read(address, guardAbi, 'frozen', []),
    read(address, guardAbi, 'turnoverAvailable', []),
    read(address, guardAbi, 'lossAvailable', []),
    logs(address, guardAbi, 'SetKeeper'),
  ])
  const keepers = await holders(log, (account) => read(address, guardAbi, 'isKeeper', [account]))
  return { address, limits, frozen, turnoverAvailable, lossAvailable, keepers: await Promise.all(keepers.map(holder)) }
}

async function readTimelocks(
  read: Reader,
  vault: Address,
  beside: { guard: Address | undefined; adapters: readonly AuditedAdapter[]; rewardSeller: Address | undefined },
) {
  const { guard, adapters, rewardSeller } = beside
  const places = { vault, guard, adapter: undefined, rewardSeller }
  const known = [
    ...timelockedFunctions.filter(({ target }) => target === 'vault' || guard !== undefined),
    ...(rewardSeller === undefined ? [] : rewardSellerFunctions),
    ...adapters.flatMap(({ address, kind }) => adapterFunctions(kind).map((item) => ({ ...item, adapter: address }))),
  ]
  return Promise.all(
    known.map(async (item: TimelockedFunction & { adapter?: Address }) => {
      const at = item.adapter ?? places[item.target] ?? vault
      const [seconds, abdicated] = await Promise.all([
        read(at, vaultAbi, 'timelock', [item.selector]),
        read(at, vaultAbi, 'abdicated', [item.selector]),
      ])
      return { ...item, seconds, abdicated }
    }),
  )
}
