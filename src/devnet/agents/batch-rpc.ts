import { devnetCallFailed } from '../../errors/devnet.ts'

export type RpcCall = { method: string; params: readonly unknown[] }

type RpcAnswer = { ok: true; result: unknown } | { ok: false; message: string }

/**
 * Sends several JSON-RPC calls in one HTTP request. The answers are in the order of the calls.
 *
 * The node may run them at the same time, so calls that must follow each other go into separate batches.
 */
export type BatchRpc = (calls: readonly RpcCall[]) => Promise<RpcAnswer[]>

type BatchAnswer = { id: number; result?: unknown; error?: { message: string } }

/**
 * Creates a batching caller for the local chain: no retries, no polling.
 *
 * @throws DEVNET_CALL_FAILED where the whole request fails; a refused call inside it is an answer with `ok: false`.
 */
export function createBatchRpc(url: string, timeoutMs = 30_000): BatchRpc {
  return async (calls) => {
    if (calls.length === 0) return []
    const body = JSON.stringify(calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params })))
    const method = calls.length === 1 ? (calls[0]?.method ?? '') : `batch of ${calls.length}`
    let answers: unknown
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      })
      answers = await response.json()
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
      const code = (cause as { code?: unknown }).code
      throw devnetCallFailed(method, typeof code === 'string' ? code : 'no answer')
    }
    if (!Array.isArray(answers)) throw devnetCallFailed(method, 'the answer is not a batch')
    const byId = new Map((answers as BatchAnswer[]).map((answer) => [answer.id, answer]))
    return calls.map((_, id) => {
      const answer = byId.get(id)
      if (answer === undefined) return { ok: false, message: 'no answer' }
      if (answer.error !== undefined) return { ok: false, message: answer.error.message }
      return { ok: true, result: answer.result }
    })
  }
}

/**
 * Sends a batch in which every call has to succeed, and returns the results.
 *
 * @throws DEVNET_CALL_FAILED for the first refused call
 */
export async function requireAll(batch: BatchRpc, calls: readonly RpcCall[]): Promise<unknown[]> {
  const answers = await batch(calls)
  return answers.map((answer, index) => {
    if (answer.ok) return answer.result
    throw devnetCallFailed(calls[index]?.method ?? '', answer.message)
  })
}
