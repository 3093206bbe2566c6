import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { checkEndpoint } from '../../../src/chain/check-endpoint.ts'
import { createClients } from '../../../src/chain/create-clients.ts'
import { getBlockRef } from '../../../src/chain/get-block-ref.ts'
import { toChainError } from '../../../src/chain/to-chain-error.ts'
import type { TillerError } from '../../../src/errors/base.ts'

type Answer = (body: { id: number; method: string; params: unknown[] }, response: ServerResponse) => void

let server: Server | undefined
let requests: string[] = []

async function serve(...answers: Answer[]): Promise<string> {
  requests = []
  server = createServer((request: IncomingMessage, response) => {
    let text = ''
    request.on('data', (chunk) => {
      text += chunk
    })
    request.on('end', () => {
      const body = JSON.parse(text)
      const answer = answers[Math.min(requests.length, answers.length - 1)]
      requests.push(body.method)
      answer?.(body, response)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/secret-key`
}

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const result =
  (value: unknown): Answer =>
  ({ id }, response) =>
    response.end(JSON.stringify({ jsonrpc: '2.0', id, result: value }))
const failure =
  (code: number, message: string, data?: unknown): Answer =>
  ({ id }, response) =>
    response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message, data } }))
const status =
  (code: number, text = 'no'): Answer =>
  (_, response) => {
    response.statusCode = code
    response.end(text)
  }

function clientOf(url: string, timeoutMs = 1000) {
  const delays: number[] = []
  const clients = createClients({
    chainId: 31337,
    read: [url],
    timeoutMs,
    random: () => 0,
    sleep: async (milliseconds) => {
      delays.push(milliseconds)
    },
  })
  return { client: clients.read[0].client, endpoint: clients.read[0], delays }
}

async function errorOf(promise: Promise<unknown>, method = 'eth_chainId'): Promise<TillerError> {
  try {
    await promise
  } catch (error) {
    return toChainError(error, 'read[0]', method)
  }
  throw new Error('it succeeded')
}

describe('a read', () => {
  test('is answered', async () => {
    const { client } = clientOf(await serve(result('0x7a69')))
    expect(await client.getChainId()).toBe(31337)
  })

  test('is tried again after passing failures, with doubled delays', async () => {
    const { client, delays } = clientOf(await serve(status(503), failure(-32005, 'slow down'), result('0x7a69')))
    expect(await client.getChainId()).toBe(31337)
    expect(delays).toEqual([150, 300])
  })

  test('gives up after the configured number of retries', async () => {
    const { client } = clientOf(await serve(status(429)))
    const error = await errorOf(client.getChainId())
    expect(error.code).toBe('ENDPOINT_RATE_LIMITED')
    expect(error.retryable).toBe(true)
    expect(requests).toHaveLength(3)
  })

  test('is not tried again when the node answers an error', async () => {
    const { client, delays } = clientOf(await serve(failure(-32000, 'header not found')))
    const error = await errorOf(client.getChainId())
    expect(error.message).toBe(
      [
        'The node answered a request with an error.',
        '  endpoint: read[0]',
        '  method:   eth_chainId',
        '  rpcCode:  -32000',
        '  reason:   header not found',
        'Remedy: Read the reason; if the node lacks the method or the state, use another endpoint for this purpose.',
      ].join('\n'),
    )
    expect(delays).toEqual([])
  })

  test('that needs too long is a time-out', async () => {
    const { client } = clientOf(await serve(() => {}), 30)
    const error = await errorOf(client.getChainId())
    expect(error.message).toBe(
      [
        'The endpoint did not answer in time.',
        '  endpoint:  read[0]',
        '  method:    eth_chainId',
        '  timeoutMs: 30',
        'Remedy: Use a faster endpoint, or raise the timeout configured for it.',
      ].join('\n'),
    )
  })

  test('of a dead endpoint names the label and the system error, never the URL', async () => {
    const url = await serve(result('0x1'))
    await new Promise((resolve) => server?.close(resolve))
    const { client } = clientOf(url)
    const error = await errorOf(client.getChainId())
    expect(error.message).toBe(
      [
        'The endpoint does not answer.',
        '  endpoint: read[0]',
        '  method:   eth_chainId',
        '  reason:   ECONNREFUSED',
        'Remedy: Check that the node runs and that the URL configured for this endpoint is right.',
      ].join('\n'),
    )
  })

  test('of something that is no JSON-RPC endpoint says so', async () => {
    const { client } = clientOf(await serve(status(404, '<html>')))
    const error = await errorOf(client.getChainId())
    expect(error.code).toBe('ENDPOINT_BAD_RESPONSE')
    expect(error.retryable).toBe(false)
    expect(requests).toHaveLength(1)
  })
})

describe('whatever goes wrong', () => {
  const faults: [string, Answer][] = [
    ['an HTTP error', status(401, 'bad key secret-key')],
    ['an RPC error', failure(-32603, 'internal')],
    ['garbage', status(200, '{"jsonrpc"')],
    ['a time-out', () => {}],
  ]
  test.each(faults)('the whole error holds no URL: %s', async (_, answer) => {
    const { client } = clientOf(await serve(answer), 30)
    const raw = await client.getChainId().catch((error) => error)
    for (let link = raw; link instanceof Error; link = link.cause) {
      expect(`${link.message}${link.stack}${JSON.stringify(link)}`).not.toContain('secret-key')
      expect(`${link.message}${JSON.stringify(link)}`).not.toContain('127.0.0.1')
    }
  })
})

test('a transaction is sent once, whatever happens', async () => {
  const { client } = clientOf(await serve(status(503)))
  const error = await errorOf(client.sendRawTransaction({ serializedTransaction: '0x02' }))
  expect(error.code).toBe('ENDPOINT_BAD_RESPONSE')
  expect(requests).toEqual(['eth_sendRawTransaction'])
})

test('an endpoint of another chain is refused', async () => {
  const { endpoint } = clientOf(await serve(result('0x1')))
  const error = await errorOf(checkEndpoint(endpoint, { chainId: 31337, now: 0n }))
  expect(error.message).toBe(
    [
      'The endpoint serves another chain than the configuration names.',
      '  endpoint:        read[0]',
      '  expectedChainId: 31337',
      '  foundChainId:    1',
      'Remedy: Correct the chain id or the URL of this endpoint in the configuration.',
    ].join('\n'),
  )
})

test('a head that is too old is refused, and a missing first gate reported', async () => {
  const answers: Answer = (body, response) => {
    const answer: Record<string, Answer> = {
      eth_chainId: result('0x7a69'),
      eth_getBlockByNumber: result({
        number: '0x10',
        hash: `0x${'ab'.repeat(32)}`,
        timestamp: '0x64',
        baseFeePerGas: '0x7',
      }),
      web3_clientVersion: result('test/v1'),
    }
    ;(answer[body.method] ?? failure(-32601, 'the method eth_simulateV1 does not exist'))(body, response)
  }
  const { endpoint } = clientOf(await serve(answers))
  const found = await checkEndpoint(endpoint, { chainId: 31337, now: 150n })
  expect(found).toMatchObject({
    label: 'read[0]',
    headAgeSeconds: 50n,
    supportsSimulateV1: false,
    clientVersion: 'test/v1',
    head: { number: 16n, timestamp: 100n, baseFeePerGas: 7n },
  })
  const error = await errorOf(checkEndpoint(endpoint, { chainId: 31337, now: 150n, maxHeadAgeSeconds: 10n }))
  expect(error.message).toBe(
    [
      'The endpoint is behind the chain.',
      '  endpoint: read[0]',
      '  behind:   50 seconds',
      '  allowed:  10 seconds',
      'Remedy: Wait until the node has caught up, or use another endpoint.',
    ].join('\n'),
  )
})

test('a block that the node does not know is an error of its own', async () => {
  const { client } = clientOf(await serve(result(null)))
  const error = await errorOf(getBlockRef(client, 5n))
  expect(error.code).toBe('BLOCK_NOT_FOUND')
})

test('a chain without base fee is refused', async () => {
  const header = { number: '0x1', hash: `0x${'ab'.repeat(32)}`, timestamp: '0x1' }
  const { client } = clientOf(await serve(result(header)))
  expect((await errorOf(getBlockRef(client))).code).toBe('BASE_FEE_MISSING')
})
