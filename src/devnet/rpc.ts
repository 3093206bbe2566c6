import { devnetCallFailed } from '../errors/devnet.ts'

export type Rpc = (method: string, params?: readonly unknown[]) => Promise<unknown>

/**
 * A bare JSON-RPC caller for the local chain: no retries, no batching, no polling.
 *
 * @throws DEVNET_CALL_FAILED
 */
export function createRpc(url: string, timeoutMs = 30_000): Rpc {
  let id = 0
  return async (method, params = []) => {
    id += 1
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    let answer: { result?: unknown; error?: { message: string } }
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      })
      answer = (await response.json()) as typeof answer
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      const code = (cause as { code?: unknown }).code
      throw devnetCallFailed(method, typeof code === 'string' ? code : 'no answer')
    }
    if (answer.error !== undefined) throw devnetCallFailed(method, answer.error.message)
    return answer.result
  }
}
