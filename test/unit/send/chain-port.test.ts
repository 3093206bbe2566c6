import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { createClients } from '../../../src/chain/create-clients.ts'
import { TillerError } from '../../../src/errors/base.ts'
import type { ChainPort } from '../../../src/keeper/effects.ts'
import { createChainPort } from '../../../src/send/create-chain-port.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function portOf(answer: (method: string) => object): Promise<ChainPort> {
  const own = createServer((incoming, outgoing) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
    incoming.on('end', () => {
      const { id, method } = JSON.parse(body) as { id: number; method: string }
      outgoing.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer(method) }))
    })
  })
  server = own
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(own.address() as AddressInfo).port}/v2/key`
  const { read, send } = createClients({ chainId: 1, read: [url], retries: 0 })
  return createChainPort({ read: read[0], send })
}

const errorOf = async (action: Promise<unknown>): Promise<TillerError> => {
  const error = await action.catch((reason: unknown) => reason)
  if (!(error instanceof TillerError)) throw new Error(`Expected a TillerError, got ${String(error)}`)
  return error
}

describe('the questions to a node', () => {
  test.each([null, '0x', 'soon', {}])('answered with %j fail the pass, not the run', async (result) => {
    const port = await portOf(() => ({ result }))
    const error = await errorOf(port.account('0x1111111111111111111111111111111111111111'))
    expect([error.code, error.retryable]).toEqual(['ENDPOINT_BAD_RESPONSE', true])
  })

  test('answered with half a receipt fail the pass, not the run', async () => {
    const port = await portOf(() => ({ result: { status: '0x1', blockNumber: null } }))
    expect((await errorOf(port.receipt('0x00'))).code).toBe('ENDPOINT_BAD_RESPONSE')
  })

  test('answered with an error of a node behind the node tell nobody where that one is', async () => {
    const message = 'error sending request for url (https://user:pass@eth.example/v2/token)'
    const port = await portOf(() => ({ error: { code: -32000, message } }))
    expect((await errorOf(port.knows('0x00'))).message).toBe(
      [
        'The node answered a request with an error.',
        '  endpoint: read[0]',
        '  method:   eth_getTransactionByHash',
        '  rpcCode:  -32000',
        '  reason:   error sending request for url ([endpoint]',
        'Remedy: Read the reason; if the node lacks the method or the state, use another endpoint for this purpose.',
      ].join('\n'),
    )
  })
})

describe('a broadcast', () => {
  test.each([
    [-32000, 'nonce too low', 'NONCE_TOO_LOW'],
    [-32000, 'replacement transaction underpriced', 'UNDERPRICED'],
    [-32000, 'tx type not supported', 'BROADCAST_REJECTED'],
    // The bytes may have been passed on: only the chain can tell.
    [-32603, 'internal error', 'BROADCAST_UNKNOWN'],
    [-32000, 'context deadline exceeded', 'BROADCAST_UNKNOWN'],
    [-32000, 'upstream request timeout', 'BROADCAST_UNKNOWN'],
  ])('answered with %i %s is %s', async (code, message, expected) => {
    const port = await portOf(() => ({ error: { code, message } }))
    expect((await errorOf(port.broadcast('0x02aa'))).code).toBe(expected)
  })
})
