import {
  type Abi,
  type AbiEvent,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  getAbiItem,
  getAddress,
  type Hex,
  hexToString,
  isAddressEqual,
  keccak256,
  zeroAddress,
} from 'viem'
import { type Artifact, loadArtifact } from '../chain/artifacts.ts'
import type { ChainClient } from '../chain/endpoint.ts'
import { auditUnreadable } from '../errors/vault.ts'
import { decodeMorphoBlueData, encodeMorphoBlueData } from '../venues/morpho-blue/encode.ts'
import { encodeUniswapV3Data } from '../venues/uniswap-v3/encode.ts'
import { venueId } from '../venues/venue-id.ts'
import { adapterAbi, guardAbi, morphoBlueAdapterAbi, uniswapV3AdapterAbi, vaultAbi } from './abi.ts'
import { type BesideFacts, type BesideVault, besideContracts, readBeside } from './audit-beside.ts'
import { type CallNames, describeCall } from './describe-call.ts'
import { deadAddress } from './plan-deployment.ts'
import {
  adapterFunctions,
  type TimelockedFunction,
  type TimelockedTarget,
  timelockedFunctions,
} from './timelocked-functions.ts'
import type { GuardLimits } from './vault-state.ts'
import { adapterContracts } from './venue-adapters.ts'
import { collateralId, oracleId, protocolId } from './venue-ids.ts'

type Holder = { address: Address; isContract: boolean }

type AuditedVenue = {
  name: string
  adapter: Address
  data: Hex
  id: Hex
  absoluteCap: bigint
  relativeCapWad: bigint
  /** Asset units recorded at the last touch. */
  allocation: bigint
  inExitList: boolean
  /** Whether exits of it are exact; only then may it stand in the exit list. */
  isExact: boolean
  /** Caps that the venue shares with others: a protocol, a collateral, an oracle. */
  shared: readonly { id: Hex; name: string; absoluteCap: bigint; relativeCapWad: bigint }[]
}

/** A call that was submitted, and neither executed nor revoked. */
type PendingCall = {
  target: TimelockedTarget
  /** The contract that it waits in. */
  address: Address
  data: Hex
  /** What it would do, as an infinitive. */
  words: string
  /** Who submitted it. */
  proposer: Address
  /** False where its proposer has lost the role: it can never run. */
  isAlive: boolean
  /** Unix seconds; 0 where it can never run. */
  executableAt: bigint
  submittedInBlock: bigint
}

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
  adapters: readonly {
    address: Address
    kind: string
    retired: boolean
    quarantined: boolean
    marked: boolean
    mark: bigint
  }[]
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

/** A venue as a deployment file or a configuration calls it. */
export type NamedVenue = { name: string; adapter: Address; data: Hex }

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
  const names = namesFor(positions, { vault: address, guard, options, decimals, symbol: assetSymbol })
  const targets = [
    { target: 'vault' as const, at: getAddress(address) },
    ...(guard === undefined ? [] : [{ target: 'guard' as const, at: guard }]),
    ...positions.adapters.map((adapter) => ({ target: 'adapter' as const, at: adapter.address })),
  ]
  const pending = (await Promise.all(targets.map((place) => readPending(read, logs, place, names))))
    .flat()
    .sort((a, b) => Number(a.executableAt - b.executableAt))
  const beside = await readBeside(read, address, positions.adapters, options.beside ?? {})

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
    timelocks: await readTimelocks(read, address, guard, positions.adapters),
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
      ...positions.adapters.map(({ address: at, kind }) => ({
        name: adapterContracts[kind as keyof typeof adapterContracts] ?? kind,
        address: at,
      })),
      ...besideContracts(options.beside ?? {}, beside),
    ]),
  }
}

const erc20ViewAbi = [
  { type: 'function', name: 'decimals', stateMutability: 'view', inputs: [], outputs: [{ type: 'uint8' }] },
  { type: 'function', name: 'symbol', stateMutability: 'view', inputs: [], outputs: [{ type: 'string' }] },
] as const

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

export type Reader = ReturnType<typeof readerAt>

function readerAt(client: ChainClient, blockNumber: bigint) {
  return <const abi extends Abi, name extends ContractFunctionName<abi, 'pure' | 'view'>>(
    address: Address,
    abi: abi,
    functionName: name,
    args: ContractFunctionArgs<abi, 'pure' | 'view', name>,
  ): Promise<ContractFunctionReturnType<abi, 'pure' | 'view', name>> =>
    client.readContract({ address, abi, functionName, args, blockNumber } as never) as never
}

async function codeAt(client: ChainClient, address: Address, blockNumber: bigint): Promise<Hex> {
  return (await client.getCode({ address, blockNumber })) ?? '0x'
}

type Log = { args: Readonly<Record<string, unknown>>; blockNumber: bigint }
type Logs = (address: Address, abi: Abi, eventName: string) => Promise<readonly Log[]>

/** Many nodes bound the range of one request: it is halved until they answer. */
function logsOf(client: ChainClient, from: bigint, to: bigint): Logs {
  return async (address, abi, eventName) => {
    const event = getAbiItem({ abi, name: eventName }) as AbiEvent
    const between = async (fromBlock: bigint, toBlock: bigint): Promise<readonly Log[]> => {
      try {
        return (await client.getLogs({ address, event, fromBlock, toBlock })) as unknown as readonly Log[]
      } catch (error) {
        if (toBlock - fromBlock < 500n) throw error
        const middle = (fromBlock + toBlock) / 2n
        return [...(await between(fromBlock, middle)), ...(await between(middle + 1n, toBlock))]
      }
    }
    return between(from, to)
  }
}

/** Accounts that an event has ever named and that still hold the role. */
async function holders(logs: readonly Log[], holds: (account: Address) => Promise<boolean>): Promise<Address[]> {
  const named = [...new Set(logs.map(({ args }) => getAddress(args['account'] as Address)))]
  const held = await Promise.all(named.map(holds))
  return named.filter((_, index) => held[index])
}

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
  guard: Address | undefined,
  adapters: AuditFacts['adapters'],
) {
  const known = [
    ...timelockedFunctions.filter(({ target }) => target === 'vault' || guard !== undefined),
    ...adapters.flatMap(({ address, kind }) => adapterFunctions(kind).map((item) => ({ ...item, adapter: address }))),
  ]
  return Promise.all(
    known.map(async (item: TimelockedFunction & { adapter?: Address }) => {
      const at = item.adapter ?? (item.target === 'guard' && guard !== undefined ? guard : vault)
      const [seconds, abdicated] = await Promise.all([
        read(at, vaultAbi, 'timelock', [item.selector]),
        read(at, vaultAbi, 'abdicated', [item.selector]),
      ])
      return { ...item, seconds, abdicated }
    }),
  )
}

async function readVenues(read: Reader, vault: Address, named: readonly NamedVenue[]) {
  const [addresses, exits] = await Promise.all([
    read(vault, vaultAbi, 'adapters', []),
    read(vault, vaultAbi, 'exitList', []),
  ])
  const adapters = await Promise.all(
    addresses.map(async (adapter) => {
      const [kind, state] = await Promise.all([
        read(adapter, adapterAbi, 'kind', []),
        read(vault, vaultAbi, 'adapterState', [adapter]),
      ])
      const [, retired, quarantined, marked, mark] = state
      return { address: getAddress(adapter), kind: hexToString(kind, { size: 32 }), retired, quarantined, marked, mark }
    }),
  )
  const sharedNames = new Map<Hex, string>()
  const places: { kind: string; adapter: Address; data: Hex }[] = []
  const place = (kind: string, adapter: Address, data: Hex): void => {
    const known = places.some((other) => isAddressEqual(other.adapter, adapter) && other.data === data)
    if (!known) places.push({ kind, adapter, data })
  }
  const nameMarket = ({ collateralToken, oracle }: { collateralToken: Address; oracle: Address }): void => {
    sharedNames.set(collateralId(collateralToken), `collateral ${collateralToken}`)
    sharedNames.set(oracleId(oracle), `oracle ${oracle}`)
  }
  for (const { adapter, data } of exits) {
    const kind = adapters.find((other) => isAddressEqual(other.address, adapter))?.kind ?? 'unknown'
    if (kind === 'morpho-blue') nameMarket(decodeMorphoBlueData(data))
    place(kind, getAddress(adapter), data)
  }
  for (const { address, kind } of adapters) {
    await nameTargets(read, address, sharedNames)
    if (kind === 'uniswap-v3') {
      for (const range of await read(address, uniswapV3AdapterAbi, 'ranges', [])) {
        place(kind, address, encodeUniswapV3Data(range))
      }
      continue
    }
    if (kind !== 'morpho-blue') {
      place(kind, address, '0x')
      continue
    }
    for (const market of await read(address, morphoBlueAdapterAbi, 'markets', [])) {
      nameMarket(market)
      place(kind, address, encodeMorphoBlueData(market))
    }
  }
  // An adapter of a Morpho lists the markets in which something lies; the others only a file can name.
  for (const { adapter, data } of named) {
    const own = adapters.find(({ address }) => isAddressEqual(address, adapter))
    if (own?.kind !== 'morpho-blue') continue
    nameMarket(decodeMorphoBlueData(data))
    place(own.kind, own.address, data)
  }
  const nameOf = new Map(named.map(({ name, adapter, data }) => [venueId(adapter, data), name]))
  const exitIds = exits.map(({ adapter, data }) => venueId(adapter, data))
  const venues = await Promise.all(
    places.map(async ({ kind, adapter, data }, index): Promise<AuditedVenue> => {
      const before = places.slice(0, index).filter((other) => other.kind === kind).length
      const id = venueId(adapter, data)
      const [[absoluteCap, relativeCapWad], allocation, isExact, ids] = await Promise.all([
        read(vault, vaultAbi, 'capOf', [id]),
        read(vault, vaultAbi, 'allocation', [id]),
        read(adapter, adapterAbi, 'exact', []).catch(() => false),
        read(adapter, adapterAbi, 'ids', [data]).catch((): readonly Hex[] => [id]),
      ])
      const shared = await Promise.all(
        ids.slice(1).map(async (other) => {
          const [ofOther, relativeOfOther] = await read(vault, vaultAbi, 'capOf', [other])
          const name = sharedNames.get(other) ?? `shared risk ${other.slice(0, 10)}…`
          return { id: other, name, absoluteCap: ofOther, relativeCapWad: relativeOfOther }
        }),
      )
      const name = nameOf.get(id) ?? (before === 0 ? kind : `${kind}-${before + 1}`)
      return {
        name,
        adapter,
        data,
        id,
        absoluteCap,
        relativeCapWad,
        allocation,
        inExitList: exitIds.includes(id),
        isExact,
        shared,
      }
    }),
  )
  const exitList = exitIds.map((id) => venues.find((venue) => venue.id === id)?.name ?? id)
  return { adapters, venues, exitList }
}

async function readUnnamedCaps(
  read: Reader,
  raised: readonly Log[],
  vault: Address,
  venues: AuditFacts['venues'],
): Promise<AuditFacts['unnamedCaps']> {
  const known = new Set(venues.flatMap(({ id, shared }) => [id, ...shared.map((other) => other.id)]))
  const ids = [...new Set(raised.map(({ args }) => args['id'] as Hex))].filter((id) => !known.has(id))
  const caps = await Promise.all(
    ids.map(async (id) => {
      const [absoluteCap, relativeCapWad] = await read(vault, vaultAbi, 'capOf', [id])
      return { id, absoluteCap, relativeCapWad }
    }),
  )
  return caps.filter(({ absoluteCap, relativeCapWad }) => absoluteCap > 0n && relativeCapWad > 0n)
}

const targetNames = ['pool', 'comet', 'morpho', 'target', 'underlyingPool'] as const

async function nameTargets(read: Reader, adapter: Address, names: Map<Hex, string>): Promise<void> {
  for (const name of targetNames) {
    const abi = [
      { type: 'function', name, stateMutability: 'view', inputs: [], outputs: [{ type: 'address' }] },
    ] as const
    const target = await read(adapter, abi, name, []).catch(() => undefined)
    if (target !== undefined && target !== zeroAddress) names.set(protocolId(target), `protocol ${target}`)
  }
}

async function readPending(
  read: Reader,
  logs: Logs,
  { target, at }: { target: TimelockedTarget; at: Address },
  names: CallNames,
): Promise<PendingCall[]> {
  const submitted = await logs(at, vaultAbi, 'Submit')
  const latest = new Map(submitted.map((log) => [log.args['data'] as Hex, log.blockNumber]))
  const calls = await Promise.all(
    [...latest].map(async ([data, submittedInBlock]): Promise<PendingCall[]> => {
      const hash = keccak256(data)
      const [executableAt, proposer] = await Promise.all([
        read(at, vaultAbi, 'executableAt', [hash]),
        read(at, vaultAbi, 'proposerOf', [hash]),
      ])
      if (isAddressEqual(proposer, zeroAddress)) return []
      const words = describeCall(target === 'adapter' ? { adapter: at } : target, data, names)
      // A call dies with the term of whoever submitted it, and then has no time any more.
      const isAlive = executableAt !== 0n
      return [{ target, address: at, data, words, proposer, isAlive, executableAt, submittedInBlock }]
    }),
  )
  return calls.flat()
}

function namesFor(
  positions: Pick<AuditFacts, 'venues' | 'adapters'>,
  given: { vault: Address; guard: Address | undefined; options: ReadAuditOptions; decimals: number; symbol: string },
): CallNames {
  const { vault, guard, options, decimals, symbol } = given
  return {
    nameOfId: (id) => {
      const shared = positions.venues.flatMap((venue) => venue.shared).find((other) => other.id === id)
      return positions.venues.find((venue) => venue.id === id)?.name ?? shared?.name ?? `the id ${id}`
    },
    nameOf: (account) => {
      if (isAddressEqual(account, vault)) return 'the vault'
      if (guard !== undefined && isAddressEqual(account, guard)) return `its Guard ${account}`
      const adapter = positions.adapters.find(({ address }) => isAddressEqual(address, account))
      return adapter === undefined ? account : `${adapter.kind} ${account}`
    },
    amount: (units) => options.amount(units, decimals, symbol),
    duration: options.duration,
  }
}

/** Compares code with what this build deploys; immutables, which each deployment fills in, count for nothing. */
async function compareCode(
  client: ChainClient,
  blockNumber: bigint,
  contracts: readonly { name: string; address: Address }[],
) {
  const artifacts = new Map<string, Promise<Artifact | undefined>>()
  return Promise.all(
    contracts.map(async ({ name, address }) => {
      const artifact = artifacts.get(name) ?? loadArtifact(name).catch(() => undefined)
      artifacts.set(name, artifact)
      const [built, code] = await Promise.all([artifact, codeAt(client, address, blockNumber)])
      const matches = built !== undefined && withoutImmutables(code, built) === built.deployedBytecode
      return { name, address: getAddress(address), codeHash: keccak256(code), matches }
    }),
  )
}

function withoutImmutables(code: Hex, { immutables }: Pick<Artifact, 'immutables'>): Hex {
  let text = code.slice(2)
  for (const { start, length } of immutables) {
    text = `${text.slice(0, 2 * start)}${'00'.repeat(length)}${text.slice(2 * (start + length))}`
  }
  return `0x${text}`
}
