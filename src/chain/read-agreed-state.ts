import { TillerError } from '../errors/base.ts'
import type { Refusal } from '../plan/plan.ts'
import { readState } from '../vault/read.ts'
import type { ChainState, StateQuery } from '../vault/state-query.ts'
import { compareStates } from './compare-states.ts'
import type { ChainClients } from './endpoint.ts'
import { getBlockRef } from './get-block-ref.ts'

export type ReadAgreedStateParameters = {
  clients: Pick<ChainClients, 'chainId' | 'read'>
  query: Omit<StateQuery, 'block' | 'blockNumber'>
  /** Unix seconds of the injected clock. */
  now: bigint
  /** How many blocks one read endpoint may be behind the other. @default 3n */
  maxLagBlocks?: bigint
  /** How old the head may be; without it the clock is not compared. */
  maxHeadAgeSeconds?: bigint
}

/** `state` is the first endpoint's; null where a refusal came before it could be read. */
export type AgreedState = { state: ChainState; refusal: null } | { state: ChainState | null; refusal: Refusal }

/**
 * Reads market and vault from one endpoint, or from two that must agree.
 *
 * With two, both are read at the lower of their heads, pinned to the hash that the first gives for it, and compared on the
 * values that decide money. Refusals: `endpoint_behind` where the head is too old, or where one endpoint is too far behind
 * the other; `quorum` where they differ, in a value or in the block itself. A second endpoint that can't answer is an
 * error, as the first one's is: a check that was asked for is never skipped.
 *
 * Raises the errors of `readState`.
 */
export async function readAgreedState(parameters: ReadAgreedStateParameters): Promise<AgreedState> {
  const { clients, query, now, maxLagBlocks = 3n, maxHeadAgeSeconds } = parameters
  const [first, second] = clients.read
  if (second === undefined) {
    const state = await readState(first.client, query)
    const refusal = tooOld(state, first.label, now, maxHeadAgeSeconds) ?? wrongChain(state, clients.chainId)
    return refusal === null ? { state, refusal } : { state, refusal }
  }

  const heads = await Promise.all([getBlockRef(first.client), getBlockRef(second.client)])
  const [ours, theirs] = heads
  const lag = ours.number - theirs.number
  if (lag > maxLagBlocks || -lag > maxLagBlocks) {
    const [label, blocks] = lag > 0n ? [second.label, lag] : [first.label, -lag]
    const reason = `Endpoint ${label} is ${blocks} blocks behind the other; ${maxLagBlocks} are allowed.`
    return { state: null, refusal: { code: 'endpoint_behind', reason } }
  }
  const block = lag === 0n ? ours : await getBlockRef(first.client, lag > 0n ? theirs.number : ours.number)
  const pinned: StateQuery = { ...query, block }
  const [state, other] = await Promise.all([
    readState(first.client, pinned),
    readState(second.client, pinned).catch((error: unknown) => {
      // The second endpoint does not have the block that the first calls canonical.
      if (error instanceof TillerError && (error.code === 'BLOCK_NOT_FOUND' || error.code === 'RPC_ERROR')) return null
      throw error
    }),
  ])
  const refusal: Refusal | null =
    other === null
      ? { code: 'quorum', reason: `Endpoint ${second.label} has no state for block ${block.number}, ${block.hash}.` }
      : (compareStates(state, other) ??
        wrongChain(state, clients.chainId) ??
        tooOld(state, first.label, now, maxHeadAgeSeconds))
  return refusal === null ? { state, refusal } : { state, refusal }
}

function tooOld(state: ChainState, label: string, now: bigint, maxAge: bigint | undefined): Refusal | null {
  const age = now - state.market.block.timestamp
  if (maxAge === undefined || age <= maxAge) return null
  const reason = `The head of ${label} is ${age} s old; ${maxAge} s are allowed.`
  return { code: 'endpoint_behind', reason }
}

function wrongChain({ market }: ChainState, chainId: number): Refusal | null {
  if (market.chainId === chainId) return null
  return { code: 'quorum', reason: `The vault was read on chain ${market.chainId} instead of ${chainId}.` }
}
