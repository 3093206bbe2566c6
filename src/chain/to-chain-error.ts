import { BaseError } from 'viem'
import { TillerError } from '../errors/base.ts'
import { rpcError } from '../errors/chain.ts'

/**
 * Turns anything that a viem action raised into a TillerError: the one raised by the transport if there is one in the
 * chain of causes, else `RPC_ERROR` with the node's own words. Never contains a URL.
 *
 * @param label - The endpoint's label, e.g. `read[0]`.
 * @param method - What was asked, for the message.
 */
export function toChainError(error: unknown, label: string, method: string): TillerError {
  let code = 0
  let reason: string | undefined
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    if (link instanceof TillerError) return link
    if ('code' in link && typeof link.code === 'number' && code === 0) code = link.code
    if (link instanceof BaseError && link.details) reason = link.details
  }
  reason ??= error instanceof BaseError ? error.shortMessage : error instanceof Error ? error.message : String(error)
  return rpcError(label, method, code, reason, code === -32603, error)
}
