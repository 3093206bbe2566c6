import { type CustomTransport, custom, RpcRequestError } from 'viem'
import { TillerError } from '../errors/base.ts'
import { endpointBadResponse, endpointRateLimited, endpointTimeout, endpointUnreachable } from '../errors/chain.ts'

export type RpcTransportOptions = {
  url: string
  /** Stands for the URL in every message: URLs carry API keys. */
  label: string
  timeoutMs: number
  /** Further tries of a read that failed for a passing reason. */
  retries: number
  /** Delay before the first retry, doubled for each further one, up to half of it added at random. */
  retryDelayMs: number
  fetch: typeof fetch
  random: () => number
  sleep: (milliseconds: number) => Promise<void>
}

/** Methods that may change something: sent once, whatever happens; the journal decides about a second time. */
const sentOnce = new Set(['eth_sendRawTransaction', 'eth_sendRawTransactionSync', 'eth_sendTransaction'])

/** JSON-RPC codes for "too many requests": EIP-1474, Alchemy's and QuickNode's. */
const rateLimitCodes = new Set([-32005, 429, -32007])

/**
 * A viem transport over HTTP with Tiller's retry policy: reads are retried on network failures, time-outs, HTTP 408,
 * 429 and 5xx and rate-limit codes; answers of the node, reverts among them, never; writes never.
 *
 * Raises `ENDPOINT_UNREACHABLE`, `ENDPOINT_TIMEOUT`, `ENDPOINT_RATE_LIMITED`, `ENDPOINT_BAD_RESPONSE` (viem wraps
 * them; `toChainError` unwraps), and viem's `RpcRequestError` for an error of the node, so that viem decodes reverts.
 */
export function rpcTransport(options: RpcTransportOptions): CustomTransport {
  let nextId = 0
  async function request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await requestOnce(options, nextId++, method, params)
      } catch (error) {
        const again = error instanceof TillerError && error.retryable && !sentOnce.has(method)
        if (!again || attempt >= options.retries) throw error
        const delay = options.retryDelayMs * 2 ** attempt
        await options.sleep(delay + Math.floor((options.random() * delay) / 2))
      }
    }
  }
  return custom({ request }, { key: options.label, name: options.label, retryCount: 0 })
}

async function requestOnce(
  options: RpcTransportOptions,
  id: number,
  method: string,
  params: unknown,
): Promise<unknown> {
  const { label, timeoutMs } = options
  let status: number
  let text: string
  try {
    const response = await options.fetch(options.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params: params ?? [] }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    status = response.status
    text = await response.text()
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError') throw endpointTimeout(label, method, timeoutMs)
    // The cause is not attached: fetch puts host and port into it, and a configured URL must not reach a log.
    throw endpointUnreachable(label, method, networkReason(error))
  }
  const answer = parseAnswer(text)
  if (answer === undefined) {
    if (status === 429) throw endpointRateLimited(label, method)
    const passing = status === 408 || status >= 500
    throw endpointBadResponse(label, method, status, 'the body is not a JSON-RPC answer', passing)
  }
  if (answer.error !== undefined) {
    if (status === 429 || rateLimitCodes.has(answer.error.code)) throw endpointRateLimited(label, method)
    throw new RpcRequestError({ body: { method }, error: answer.error, url: label })
  }
  return answer.result
}

type RpcAnswer = { result: unknown; error?: { code: number; message: string; data?: unknown } }

function parseAnswer(text: string): RpcAnswer | undefined {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof body !== 'object' || body === null) return undefined
  const error = 'error' in body ? body.error : undefined
  if (typeof error === 'object' && error !== null) {
    const code = 'code' in error && typeof error.code === 'number' ? error.code : -32603
    const message = 'message' in error && typeof error.message === 'string' ? error.message : 'no message'
    return { result: undefined, error: { code, message, ...('data' in error ? { data: error.data } : {}) } }
  }
  return 'result' in body ? { result: body.result } : undefined
}

/** The system's error code where there is one (`ECONNREFUSED`, `ENOTFOUND`, ...), since messages name the host. */
function networkReason(error: unknown): string {
  for (let link = error; link instanceof Error; link = link.cause) {
    if ('code' in link && typeof link.code === 'string') return link.code
    if (link instanceof AggregateError) {
      const [first] = link.errors
      if (first instanceof Error && 'code' in first && typeof first.code === 'string') return first.code
    }
  }
  return 'network failure'
}
