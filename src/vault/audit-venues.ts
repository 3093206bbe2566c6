import { type Address, getAddress, type Hex, hexToString, isAddressEqual, zeroAddress } from 'viem'
import { decodeMorphoBlueData, encodeMorphoBlueData } from '../venues/morpho-blue/encode.ts'
import { encodeUniswapV3Data } from '../venues/uniswap-v3/encode.ts'
import { venueId } from '../venues/venue-id.ts'
import { adapterAbi, morphoBlueAdapterAbi, uniswapV3AdapterAbi, vaultAbi } from './abi.ts'
import type { Log, Reader } from './audit-reader.ts'
import { collateralId, oracleId, protocolId } from './venue-ids.ts'

export type AuditedVenue = {
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

/** An adapter of a vault, and what its guardians have set. */
export type AuditedAdapter = {
  address: Address
  kind: string
  retired: boolean
  quarantined: boolean
  marked: boolean
  mark: bigint
  /** Gets the tokens that are neither asset nor position; absent where they stay. */
  skimRecipient?: Address
}

/** A venue as a deployment file or a configuration calls it. */
export type NamedVenue = { name: string; adapter: Address; data: Hex }

/** Reads adapters, venues and exit list of a vault; `named` gives venues their names. */
export async function readVenues(read: Reader, vault: Address, named: readonly NamedVenue[]) {
  const [addresses, exits] = await Promise.all([
    read(vault, vaultAbi, 'adapters', []),
    read(vault, vaultAbi, 'exitList', []),
  ])
  const adapters = await Promise.all(
    addresses.map(async (adapter): Promise<AuditedAdapter> => {
      const [kind, state, recipient] = await Promise.all([
        read(adapter, adapterAbi, 'kind', []),
        read(vault, vaultAbi, 'adapterState', [adapter]),
        read(adapter, adapterAbi, 'skimRecipient', []).catch(() => zeroAddress),
      ])
      const [, retired, quarantined, marked, mark] = state
      return {
        ...{ address: getAddress(adapter), kind: hexToString(kind, { size: 32 }) },
        ...{ retired, quarantined, marked, mark },
        ...(recipient === zeroAddress ? {} : { skimRecipient: getAddress(recipient) }),
      }
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

/** Caps on ids that none of `venues` explains. */
export async function readUnnamedCaps(
  read: Reader,
  raised: readonly Log[],
  vault: Address,
  venues: readonly AuditedVenue[],
): Promise<{ id: Hex; absoluteCap: bigint; relativeCapWad: bigint }[]> {
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
