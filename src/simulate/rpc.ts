import http from 'node:http'
import https from 'node:https'
import { TillerError } from '../errors/base.ts'
import { endpointBadResponse, endpointTimeout, endpointUnreachable, rpcError } from '../errors/chain.ts'

export type RpcCall = { method: string; params: readonly unknown[] }
export type RpcAnswer = { result: unknown } | { error: { code: number; message: string; data?: unknown } }

/** JSON-RPC over a kept-alive connection, with batches; what the fork and its source speak. */
export type Rpc = {
  label: string
  /** @throws RPC_ERROR where the node answers with an error, and the errors of the connection */
  request(method: string, params: readonly unknown[]): Promise<unknown>
  /** One HTTP request per 100 calls, all at once; answers in the order of the calls. */
  batch(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]>
  close(): void
}

export type CreateRpcParameters = { url: string; label: string; timeoutMs: number }

const callsPerBatch = 100

/** Between two hourly passes a gateway forgets a silent connection, and a request on it would wait for its time-out. */
const idleSocketMs = 4_000

/**
 * Creates a small JSON-RPC client. Beside viem's, it batches, and it costs about half a millisecond less per request,
 * of which the fork gate makes several.
 */
export function createRpc({ url, label, timeoutMs }: CreateRpcParameters): Rpc {
  const target = new URL(url)
  const { Agent, request: httpRequest } = target.protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxSockets: 16, timeout: idleSocketMs })
  let nextId = 1

  function post(body: string, what: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        target,
        {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', (error) => fail(error))
          response.on('end', () => {
            clearTimeout(timer)
            try {
              resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')))
            } catch {
              const status = response.statusCode ?? 0
              reject(endpointBadResponse(label, what, status, 'the body is not JSON', status === 429 || status >= 500))
            }
          })
        },
      )
      const fail = (error: Error): void => {
        clearTimeout(timer)
        // The system's code alone: messages name the host.
        reject(error instanceof TillerError ? error : endpointUnreachable(label, what, systemCode(error)))
      }
      const timer = setTimeout(() => request.destroy(endpointTimeout(label, what, timeoutMs)), timeoutMs)
      request.on('error', fail)
      request.end(body)
    })
  }

  async function batchOnce(calls: readonly RpcCall[]): Promise<readonly RpcAnswer[]> {
    if (calls.length === 0) return []
    const first = nextId
    nextId += calls.length
    const body = calls.map((call, index) => ({ jsonrpc: '2.0', id: first + index, ...call }))
    const what = `batch of ${calls.length}`
    const answers = await post(JSON.stringify(body), what)
    if (!Array.isArray(answers)) throw endpointBadResponse(label, what, 200, 'a batch was not answered as one', false)
    const byId = new Map<unknown, RpcAnswer>()
    for (const item of answers) {
      const answer = readAnswer(item)
      if (answer !== null) byId.set(item.id, answer)
    }
    return calls.map((call, index) => {
      const answer = byId.get(first + index)
      if (answer === undefined) throw endpointBadResponse(label, call.method, 200, 'an answer is missing', true)
      return answer
    })
  }

  return {
    label,
    request: async (method, params) => {
      const id = nextId++
      const answer = readAnswer(await post(JSON.stringify({ jsonrpc: '2.0', id, method, params }), method))
      if (answer === null) throw endpointBadResponse(label, method, 200, 'the body is not a JSON-RPC answer', false)
      if ('error' in answer) {
        throw rpcError(label, method, answer.error.code, answer.error.message, answer.error.code === -32603)
      }
      return answer.result
    },
    batch: async (calls) => {
      const chunks: (readonly RpcCall[])[] = []
      for (let start = 0; start < calls.length; start += callsPerBatch) {
        chunks.push(calls.slice(start, start + callsPerBatch))
      }
      return (await Promise.all(chunks.map(batchOnce))).flat()
    },
    close: () => agent.destroy(),
  }
}

function readAnswer(item: unknown): RpcAnswer | null {
  if (typeof item !== 'object' || item === null) return null
  if ('error' in item && typeof item.error === 'object' && item.error !== null) {
    const { error } = item
    return {
      error: {
        code: 'code' in error && typeof error.code === 'number' ? error.code : -32603,
        message: 'message' in error && typeof error.message === 'string' ? error.message : 'no message',
        ...('data' in error ? { data: error.data } : {}),
      },
    }
  }
  return 'result' in item ? { result: item.result } : null
}

function systemCode(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'network failure'
}
