import type { Hex } from 'viem'
import { z } from 'zod'
import type { ChainEndpoint } from '../chain/endpoint.ts'
import { getBlockRef } from '../chain/get-block-ref.ts'
import { toChainError } from '../chain/to-chain-error.ts'
import { TillerError } from '../errors/base.ts'
import { endpointBadResponse } from '../errors/chain.ts'
import { type BroadcastFailureCode, broadcastFailed } from '../errors/send.ts'
import { hex, quantity } from '../journal/json.ts'
import type { ChainPort } from '../keeper/effects.ts'

export type CreateChainPortParameters = {
  read: ChainEndpoint
  send: ChainEndpoint
}

const receiptSchema = z.union([
  z.null(),
  z
    .looseObject({
      blockNumber: quantity,
      blockHash: hex,
      status: quantity,
      gasUsed: quantity,
      effectiveGasPrice: quantity,
    })
    .transform(({ blockNumber, blockHash, status, gasUsed, effectiveGasPrice }) => ({
      blockNumber,
      blockHash,
      success: status === 1n,
      gasUsed,
      effectiveGasPrice,
    })),
])

/** Answers of nodes that mean: these very bytes are here already. */
const alreadyThere = /already known|already imported|known transaction|already in mempool/i
const rejections: readonly (readonly [RegExp, BroadcastFailureCode])[] = [
  [/nonce too low|nonce has already been used|old nonce/i, 'NONCE_TOO_LOW'],
  [/insufficient funds|insufficient balance/i, 'GAS_MONEY'],
  [/underpriced|fee too low|less than block base fee|max fee per gas less than/i, 'UNDERPRICED'],
]

/**
 * Answers the keeper's questions to a node: head, nonces and balance, receipts, and takes its signed transactions.
 * What a node says about a broadcast is sorted into codes; where it is not known whether the bytes arrived, the code says
 * that (`BROADCAST_UNKNOWN`), and only the chain can tell.
 */
export function createChainPort({ read, send }: CreateChainPortParameters): ChainPort {
  const ask = async (endpoint: ChainEndpoint, method: string, params: readonly unknown[]): Promise<unknown> => {
    try {
      return await (
        endpoint.client.request as (call: { method: string; params: readonly unknown[] }) => Promise<unknown>
      )({
        method,
        params,
      })
    } catch (error) {
      throw toChainError(error, endpoint.label, method)
    }
  }
  /** What is no answer to the question is the endpoint's fault, and may be another's next time. */
  const parsed = async <output>(
    schema: z.ZodType<output>,
    method: string,
    params: readonly unknown[],
  ): Promise<output> => {
    const found = schema.safeParse(await ask(read, method, params))
    if (found.success) return found.data
    throw endpointBadResponse(read.label, method, 200, z.prettifyError(found.error), true)
  }
  return {
    head: () => getBlockRef(read.client),

    account: async (address) => {
      const [latest, pending, balance, tip] = await Promise.all([
        parsed(quantity, 'eth_getTransactionCount', [address, 'latest']),
        parsed(quantity, 'eth_getTransactionCount', [address, 'pending']),
        parsed(quantity, 'eth_getBalance', [address, 'latest']),
        // Optional on many nodes; the configured tip stands in.
        parsed(quantity, 'eth_maxPriorityFeePerGas', []).catch(() => 0n),
      ])
      return {
        latestNonce: Number(latest),
        pendingNonce: Number(pending),
        balance,
        suggestedPriorityFeePerGas: tip,
      }
    },

    broadcast: async (raw) => {
      try {
        await ask(send, 'eth_sendRawTransaction', [raw])
      } catch (error) {
        throwUnlessKnown(error, raw)
      }
    },

    receipt: (hash) => parsed(receiptSchema, 'eth_getTransactionReceipt', [hash]),

    knows: async (hash) => (await ask(read, 'eth_getTransactionByHash', [hash])) !== null,
  }
}

function throwUnlessKnown(error: unknown, raw: Hex): void {
  const reason = error instanceof TillerError ? String(error.details['reason'] ?? error.shortMessage) : String(error)
  if (alreadyThere.test(reason)) return
  // The raw transaction is public once broadcast, but a log does not need it; its head names it well enough.
  const name = `${raw.slice(0, 18)}…`
  if (!(error instanceof TillerError) || error.code !== 'RPC_ERROR') {
    throw broadcastFailed('BROADCAST_UNKNOWN', name, reason, error)
  }
  const known = rejections.find(([pattern]) => pattern.test(reason))
  // An internal error or a time-out further back is no verdict: the bytes may have been passed on.
  const unsure = error.retryable || /time(d)? ?-?out|deadline exceeded|gateway|unavailable/i.test(reason)
  throw broadcastFailed(known?.[1] ?? (unsure ? 'BROADCAST_UNKNOWN' : 'BROADCAST_REJECTED'), name, reason, error)
}
