import { type Address, BaseError, type Hex, isHex, RawContractError } from 'viem'
import type { RpcClient } from '../chain/endpoint.ts'
import { getBlockRef } from '../chain/get-block-ref.ts'
import { toChainError } from '../chain/to-chain-error.ts'
import { blockNotFound, vaultUnreadable } from '../errors/chain.ts'
import type { BlockRef } from '../market/market-state.ts'
import { decodeVenue } from '../venues/decode-venue.ts'
import type { VenueState } from '../venues/venue.ts'
import { decodeLensResult, encodeLensCall, type LensReading, loadLens } from './lens.ts'
import { revertReason } from './revert-reason.ts'
import type { ChainState, StateQuery } from './state-query.ts'
import type { CapGroup, VaultState } from './vault-state.ts'

/**
 * Reads vault, Guard and venues at one block, in one `eth_call` of the lens beside the block's header.
 *
 * At the head both requests go out at once; where a block came in between them, the call is repeated on the block of the
 * header. A pinned read goes by hash, so a reorganisation is an error and never a mixture.
 *
 * A venue that can't be read is `stale` with its reason. Raises `VAULT_UNREADABLE` where vault or Guard can't be,
 * `BLOCK_NOT_FOUND`, and the errors of the transport.
 */
export async function readState(client: RpcClient, query: StateQuery): Promise<ChainState> {
  const lens = query.lens ?? (await loadLens())
  const data = encodeLensCall(lens, query)
  if (query.block !== undefined) return readAt(client, query, data, query.block)
  if (query.blockNumber !== undefined) {
    return readAt(client, query, data, await getBlockRef(client, query.blockNumber))
  }
  const [block, reading] = await Promise.all([getBlockRef(client), callLens(client, query, data, 'latest')])
  if (reading.blockNumber === block.number && reading.timestamp === block.timestamp) {
    return toChainState(query, block, reading)
  }
  return readAt(client, query, data, block)
}

async function readAt(client: RpcClient, query: StateQuery, data: Hex, block: BlockRef): Promise<ChainState> {
  const reading = await callLens(client, query, data, block)
  if (reading.blockNumber !== block.number || reading.timestamp !== block.timestamp) {
    throw blockNotFound(client.transport.name, block.number)
  }
  return toChainState(query, block, reading)
}

async function callLens(
  client: RpcClient,
  query: StateQuery,
  data: Hex,
  block: BlockRef | 'latest',
): Promise<LensReading> {
  const at = block === 'latest' ? block : { blockHash: block.hash }
  let result: Hex
  try {
    result = await client.request({ method: 'eth_call', params: [{ data }, at] })
  } catch (error) {
    const reverted = revertData(error)
    if (reverted === undefined) throw toChainError(error, client.transport.name, 'eth_call')
    throw vaultUnreadable(query.vault, block === 'latest' ? block : String(block.number), revertReason(reverted), error)
  }
  try {
    return decodeLensResult(result)
  } catch (error) {
    throw vaultUnreadable(
      query.vault,
      block === 'latest' ? block : String(block.number),
      'the answer is garbage',
      error,
    )
  }
}

/** Revert data in an error of viem or of the node, or undefined where the call did not revert. */
function revertData(error: unknown): Hex | undefined {
  let reverted = false
  for (let link: unknown = error; link instanceof Error || isRpcError(link); link = causeOf(link)) {
    if (link instanceof RawContractError || ('code' in link && link.code === 3)) reverted = true
    const data = 'data' in link ? link.data : undefined
    if (typeof data === 'string' && isHex(data)) return data
    if (link instanceof BaseError && /revert/i.test(link.details)) reverted = true
  }
  return reverted ? '0x' : undefined
}

function isRpcError(value: unknown): value is { code: number; data?: unknown } {
  return typeof value === 'object' && value !== null && 'code' in value
}

function causeOf(value: object): unknown {
  return 'cause' in value ? value.cause : undefined
}

function toChainState(query: StateQuery, block: BlockRef, reading: LensReading): ChainState {
  const venues = query.venues.map((ref, i): VenueState => {
    const raw = reading.venues[i]
    if (raw === undefined) throw vaultUnreadable(query.vault, String(block.number), 'the answer lacks venues')
    return decodeVenue(ref, raw, revertReason(raw.failure), block.timestamp)
  })
  return {
    market: { chainId: Number(reading.chainId), block, venues },
    vault: toVaultState(query.vault, query.guard, venues, reading),
    ...(reading.ethUsdE8 > 0n ? { ethPriceUsdE8: reading.ethUsdE8, ethPriceUpdatedAt: reading.ethUsdUpdatedAt } : {}),
  }
}

function toVaultState(
  address: Address,
  guard: Address,
  venues: readonly VenueState[],
  reading: LensReading,
): VaultState {
  const exits = new Set(reading.vault.exitIds)
  return {
    address,
    asset: reading.vault.asset,
    assetDecimals: reading.vault.assetDecimals,
    shareDecimals: reading.vault.shareDecimals,
    totalAssets: reading.vault.totalAssets,
    totalSupply: reading.vault.totalSupply,
    idle: reading.vault.idle,
    liquid: reading.vault.liquid,
    exits: venues.map(({ ref }) => exits.has(ref.id)),
    capGroups: toCapGroups(venues, reading),
    entriesOpen: reading.vault.entriesOpen,
    queuedAssets: reading.vault.queuedAssets,
    sharePrice: reading.vault.sharePrice,
    guard: {
      address: guard,
      nextNonce: reading.guard.nextNonce,
      lastRebalanceAt: reading.guard.lastRebalanceAt,
      frozen: reading.guard.frozen,
      keeperAllowed: reading.guard.keeperAllowed,
      limits: reading.guard.limits,
      turnoverAvailable: reading.guard.turnoverAvailable,
      turnoverOwed: reading.guard.turnoverOwed,
      lossAvailable: reading.guard.lossAvailable,
      inflowAvailable: reading.venues.map(({ inflowAvailable }) => inflowAvailable),
    },
  }
}

/** Ids that more than one readable venue counts against. A stale venue's share is unknown, so it has no say. */
function toCapGroups(venues: readonly VenueState[], reading: LensReading): CapGroup[] {
  const groups = new Map<Hex, { cap: bigint; venues: number[] }>()
  reading.venues.forEach(({ ids, caps }, venue) => {
    if (venues[venue]?.status !== 'ok') return
    ids.forEach((id, i) => {
      const group = groups.get(id) ?? { cap: caps[i] ?? 0n, venues: [] }
      group.venues.push(venue)
      groups.set(id, group)
    })
  })
  return [...groups].filter(([, group]) => group.venues.length > 1).map(([id, group]) => ({ id, ...group }))
}
