import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export type DelayingProxy = {
  url: string
  /** Requests that went through so far: round trips, since a batch is one. */
  requests(): number
  stop(): Promise<void>
}

/**
 * Puts a node behind a round-trip time: every HTTP request waits half of it on the way there and half on the way back.
 * Connections are kept alive on both sides, as a client of a remote node would keep them, so that the delay is per
 * request and not per handshake.
 */
export async function startDelayingProxy(options: { targetUrl: string; rttMs: number }): Promise<DelayingProxy> {
  const { targetUrl, rttMs } = options
  let count = 0
  const server = createServer((incoming, outgoing) => {
    count += 1
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      setTimeout(() => {
        const body = Buffer.concat(chunks)
        const forward = request(
          targetUrl,
          { method: incoming.method, headers: { 'content-type': 'application/json', 'content-length': body.length } },
          (answer) => {
            const parts: Buffer[] = []
            answer.on('data', (part: Buffer) => parts.push(part))
            answer.on('end', () => {
              setTimeout(() => {
                const text = Buffer.concat(parts)
                outgoing.writeHead(answer.statusCode ?? 502, {
                  'content-type': 'application/json',
                  'content-length': text.length,
                })
                outgoing.end(text)
              }, rttMs / 2)
            })
          },
        )
        forward.on('error', () => outgoing.destroy())
        forward.end(body)
      }, rttMs / 2)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => count,
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
