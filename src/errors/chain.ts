import { TillerError } from './base.ts'

/** An endpoint did not answer at all: refused, reset, unknown host. */
export function endpointUnreachable(label: string, method: string, reason: string, cause?: unknown): TillerError {
  return new TillerError('The endpoint does not answer.', {
    code: 'ENDPOINT_UNREACHABLE',
    remedy: 'Check that the node runs and that the URL configured for this endpoint is right.',
    details: { endpoint: label, method, reason },
    retryable: true,
    cause,
  })
}

export function endpointTimeout(label: string, method: string, timeoutMs: number): TillerError {
  return new TillerError('The endpoint did not answer in time.', {
    code: 'ENDPOINT_TIMEOUT',
    remedy: 'Use a faster endpoint, or raise the timeout configured for it.',
    details: { endpoint: label, method, timeoutMs },
    retryable: true,
  })
}

export function endpointRateLimited(label: string, method: string): TillerError {
  return new TillerError('The endpoint refuses more requests for now.', {
    code: 'ENDPOINT_RATE_LIMITED',
    remedy: 'Wait, lower the schedule, or use an endpoint with a higher limit.',
    details: { endpoint: label, method },
    retryable: true,
  })
}

/** An HTTP status, or a body that is no JSON-RPC answer. */
export function endpointBadResponse(
  label: string,
  method: string,
  status: number,
  reason: string,
  retryable: boolean,
): TillerError {
  return new TillerError('The endpoint answered with something that is not JSON-RPC.', {
    code: 'ENDPOINT_BAD_RESPONSE',
    remedy: 'Check that the URL configured for this endpoint is a JSON-RPC endpoint and that its key is valid.',
    details: { endpoint: label, method, status, reason },
    retryable,
  })
}

/** The node answered with a JSON-RPC error that no caller handles by its code. */
export function rpcError(
  label: string,
  method: string,
  rpcCode: number,
  reason: string,
  retryable: boolean,
  cause?: unknown,
): TillerError {
  return new TillerError('The node answered a request with an error.', {
    code: 'RPC_ERROR',
    remedy: 'Read the reason; if the node lacks the method or the state, use another endpoint for this purpose.',
    // A node that stands before another one quotes that one's URL, key included.
    details: { endpoint: label, method, rpcCode, reason: reason.replace(/\b(?:https?|wss?):\/\/\S+/gi, '[endpoint]') },
    retryable,
    cause,
  })
}

export function chainIdMismatch(label: string, expected: number, found: number): TillerError {
  return new TillerError('The endpoint serves another chain than the configuration names.', {
    code: 'CHAIN_ID_MISMATCH',
    remedy: 'Correct the chain id or the URL of this endpoint in the configuration.',
    details: { endpoint: label, expectedChainId: expected, foundChainId: found },
  })
}

export function endpointBehind(label: string, lag: bigint, allowed: bigint, unit: 'blocks' | 'seconds'): TillerError {
  return new TillerError('The endpoint is behind the chain.', {
    code: 'ENDPOINT_BEHIND',
    remedy: 'Wait until the node has caught up, or use another endpoint.',
    details: { endpoint: label, behind: `${lag} ${unit}`, allowed: `${allowed} ${unit}` },
    retryable: true,
  })
}

/** A pinned block is not, or no longer, part of the endpoint's chain. */
export function blockNotFound(label: string, block: bigint | string): TillerError {
  return new TillerError('The endpoint does not know the block that the read is pinned to.', {
    code: 'BLOCK_NOT_FOUND',
    remedy: 'Try again at the current head; if it stays so, the endpoint is behind or has pruned the block.',
    details: { endpoint: label, block },
    retryable: true,
  })
}

/** The vault or the Guard itself could not be read: nothing can be decided at this block. */
export function vaultUnreadable(vault: string, block: string, reason: string, cause?: unknown): TillerError {
  return new TillerError('The vault could not be read.', {
    code: 'VAULT_UNREADABLE',
    remedy: 'Check the addresses of vault and Guard and the chain; if they are right, look at the venue that reverts.',
    details: { vault, block, reason },
    cause,
  })
}

export function baseFeeMissing(label: string): TillerError {
  return new TillerError('The chain reports no base fee.', {
    code: 'BASE_FEE_MISSING',
    remedy: 'Use a chain with EIP-1559 fees.',
    details: { endpoint: label },
  })
}

/** A transaction was taken by the node and not mined within the time that a person waits. */
export function transactionPending(step: string, hash: string, seconds: number): TillerError {
  return new TillerError('The transaction was sent and is not mined yet.', {
    code: 'TRANSACTION_PENDING',
    details: { step, hash, waitedSeconds: seconds },
    remedy: 'Look it up by its hash before you send anything again: it may still be mined.',
  })
}
