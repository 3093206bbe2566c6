import { type Address, getAddress, type Hex, hexToString } from 'viem'
import type { ChainClient } from '../chain/endpoint.ts'
import type { VaultConfig } from '../config/schema.ts'
import { vaultNotFound } from '../errors/cli.ts'
import { adapterAbi, guardAbi, morphoBlueAdapterAbi, vaultAbi } from '../vault/abi.ts'
import { encodeMorphoBlueData } from '../venues/morpho-blue/encode.ts'
import { type VenueKind, venueKinds } from '../venues/venue.ts'

type Position = { kind: VenueKind; adapter: Address; data: Hex }

/**
 * Reads Guard, asset and venues of a vault from the chain, so that nobody has to copy them.
 *
 * Venues are the entries of the exit list, then every position that an adapter holds beside it. A Morpho market in which
 * nothing lies and from which no exit is paid can't be found: `mayMissMarkets` says where there may be one. Raises
 * VAULT_NOT_FOUND.
 */
export async function discoverVault(
  client: ChainClient,
  address: Address,
): Promise<{ vault: Omit<VaultConfig, 'idleReserveBps'>; mayMissMarkets: boolean }> {
  const vault = { address, abi: vaultAbi } as const
  const code = await client.getCode({ address })
  if (code === undefined || code === '0x') throw vaultNotFound(address, 'there is no contract')
  const [guard, asset, adapters, exits] = await Promise.all([
    client.readContract({ ...vault, functionName: 'guard' }),
    client.readContract({ ...vault, functionName: 'asset' }),
    client.readContract({ ...vault, functionName: 'adapters' }),
    client.readContract({ ...vault, functionName: 'exitList' }),
  ]).catch(() => {
    throw vaultNotFound(address, 'the contract does not answer as a vault')
  })
  const guarded = await client
    .readContract({ address: guard, abi: guardAbi, functionName: 'vault' })
    .catch(() => undefined)
  if (guarded === undefined || getAddress(guarded) !== getAddress(address)) {
    throw vaultNotFound(address, `its Guard ${guard} does not name it`)
  }

  const kinds = new Map(
    await Promise.all(adapters.map(async (adapter) => [getAddress(adapter), await kindOf(client, adapter)] as const)),
  )
  const positions: Position[] = []
  const add = (adapter: Address, data: Hex) => {
    const kind = kinds.get(getAddress(adapter))
    const known = positions.some((other) => other.adapter === getAddress(adapter) && other.data === data)
    if (kind !== undefined && !known) positions.push({ kind, adapter: getAddress(adapter), data })
  }
  for (const { adapter, data } of exits) add(adapter, data)
  for (const adapter of adapters) {
    if (kinds.get(getAddress(adapter)) !== 'morpho-blue') add(adapter, '0x')
    else for (const data of await morphoPositions(client, adapter)) add(adapter, data)
  }
  if (positions.length === 0) throw vaultNotFound(address, 'it has no venue')
  const section = { address: getAddress(address), guard: getAddress(guard), asset: getAddress(asset) }
  return {
    vault: { ...section, venues: named(positions) },
    mayMissMarkets: [...kinds.values()].includes('morpho-blue'),
  }
}

async function kindOf(client: ChainClient, adapter: Address): Promise<VenueKind | undefined> {
  const kind = await client.readContract({ address: adapter, abi: adapterAbi, functionName: 'kind' })
  const text = hexToString(kind, { size: 32 })
  return venueKinds.find((known) => known === text)
}

async function morphoPositions(client: ChainClient, adapter: Address): Promise<Hex[]> {
  const markets = await client.readContract({ address: adapter, abi: morphoBlueAdapterAbi, functionName: 'markets' })
  return markets.map(encodeMorphoBlueData)
}

/** The kind names a venue, with a number from the second one of a kind on. */
function named(positions: readonly Position[]): VaultConfig['venues'] {
  return positions.map((position, index) => {
    const before = positions.slice(0, index).filter(({ kind }) => kind === position.kind).length
    return { name: before === 0 ? position.kind : `${position.kind}-${before + 1}`, ...position }
  })
}
