import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address, Hex } from 'viem'
import { TillerError } from '../errors/base.ts'
import type { Rpc, RpcAnswer, RpcCall } from './rpc.ts'

type AccessList = readonly { address: Address; storageKeys: readonly Hex[] }[]

/** By number alone two blocks look the same after a reorganisation. */
export type ForkedBlock = { number: bigint; hash: Hex }

export type ForkSourceFigures = {
  /** Requests that the fork made since the last `readAhead`. */
  asked: number
  /** Of these, those that had to be asked of the node, one round trip each. */
  missed: number
  /** Values that the last `readAhead` fetched. */
  fetched: number
  /** Methods and their count, of what was missed. */
  missedMethods: Readonly<Record<string, number>>
}

export type ForkSource = {
  /** Where the fork forks from. */
  url: string
  /**
   * Fetches, in one or two round trips, everything at a block that earlier runs touched and that this transaction
   * touches by the node's own access list. Without it the fork asks for one slot after the other.
   */
  readAhead(block: ForkedBlock, call: { from: Address; to: Address; data: Hex } | null): Promise<void>
  /** Drops every value and code: the next run asks for all of it. */
  forget(): void
  figures(): ForkSourceFigures
  close(): Promise<void>
}

export type CreateForkSourceParameters = { upstream: Rpc; chainId: number }

/** EIP-2935: every block reads and writes one slot of this contract, another one each time. */
const blockHashHistory = '0x0000f90827f1c53a10cb7a02335b175320002935'
const blockHashWindow = 8191n

/** What no run of the last ones touched is not read ahead any more: an oracle's rounds, say, are another slot each time. */
const rememberedRuns = 24
const perBlockMethods = new Set([
  'eth_getStorageAt',
  'eth_getBalance',
  'eth_getTransactionCount',
  'eth_getCode',
  'eth_getBlockByNumber',
])

/**
 * Starts the local JSON-RPC server that a fork forks from: it answers from what was read ahead and passes the rest on.
 *
 * It exists for two reasons. A fork asks for every slot when it needs it, one after the other, which over a link of
 * 50 ms is seconds per plan; and a fork started with the node's own URL shows that URL, API key included, in the list of
 * processes.
 */
export async function createForkSource({ upstream, chainId }: CreateForkSourceParameters): Promise<ForkSource> {
  const chainIdHex = `0x${chainId.toString(16)}`
  /** What can't change: the code of an account that has one and is no EIP-7702 delegate. */
  const codes = new Map<string, unknown>()
  let values = new Map<string, Promise<RpcAnswer>>()
  let pinned = ''
  let pinnedHash = ''
  /** Calls of earlier blocks, with the block left open. */
  const touched = new Map<string, { make: (block: string) => RpcCall; run: number }>()
  let run = 0
  let asked = 0
  let missed = 0
  let fetched = 0
  let missedMethods: Record<string, number> = {}

  function remember(key: string, make: (block: string) => RpcCall): void {
    touched.set(key, { make, run })
  }

  function callsOfEarlierRuns(block: string): RpcCall[] {
    for (const [key, last] of touched) if (last.run < run - rememberedRuns) touched.delete(key)
    return [...touched.values()].map(({ make }) => make(block))
  }

  function pin(block: string, hash: string): void {
    if (pinned === block && pinnedHash === hash) return
    pinned = block
    pinnedHash = hash
    values = new Map()
  }

  async function fetchAll(calls: readonly RpcCall[]): Promise<void> {
    const open = calls.filter((call) => !values.has(callKey(call)) && !codes.has(callKey(call)))
    if (open.length === 0) return
    fetched += open.length
    const answers = upstream.batch(open)
    answers.catch(() => {}) // Each value's own promise reports it.
    const target = values
    for (const [index, call] of open.entries()) {
      const answer = answers.then((list) => list[index] ?? { error: { code: -32603, message: 'no answer' } })
      answer.catch(() => target.delete(callKey(call)))
      target.set(callKey(call), answer)
    }
    for (const [index, answer] of (await answers).entries()) {
      const call = open[index]
      if (call === undefined) continue
      keepCode(call, answer)
      // A limit of requests, a block that has not arrived yet: to be asked again, not to be remembered.
      if ('error' in answer) target.delete(callKey(call))
    }
  }

  function keepCode(call: RpcCall, answer: RpcAnswer): void {
    if (call.method !== 'eth_getCode' || !('result' in answer) || typeof answer.result !== 'string') return
    if (answer.result.length > 2 && !answer.result.startsWith('0xef01')) codes.set(callKey(call), answer.result)
  }

  async function answer(call: RpcCall): Promise<RpcAnswer> {
    asked++
    if (call.method === 'eth_chainId') return { result: chainIdHex }
    if (call.method === 'net_version') return { result: String(chainId) }
    // An extension that anvil tries beside balance, nonce and code: without it, it takes those, which are read ahead.
    if (call.method === 'eth_getAccountInfo') return { error: { code: -32601, message: 'method not found' } }
    const key = callKey(call)
    const code = codes.get(key)
    if (code !== undefined) return { result: code }
    const pinnable = perBlockMethods.has(call.method)
    if (pinnable) learn(call)
    const known = pinnable ? values.get(key) : undefined
    if (known !== undefined) return known
    missed++
    missedMethods[call.method] = (missedMethods[call.method] ?? 0) + 1
    const pending = upstream.batch([call]).then(([first]) => first ?? { error: { code: -32603, message: 'no answer' } })
    if (pinnable && blockOf(call) === pinned) {
      const target = values
      target.set(key, pending)
      const drop = (): boolean => target.delete(key)
      pending.then((given) => 'error' in given && drop(), drop)
    }
    const found = await pending
    keepCode(call, found)
    return found
  }

  function learn(call: RpcCall): void {
    const [first, second] = call.params
    if (typeof first !== 'string') return
    if (call.method === 'eth_getBlockByNumber') return
    if (call.method === 'eth_getStorageAt') {
      if (typeof second === 'string') rememberSlot(first, second)
      return
    }
    rememberAccount(first)
  }

  function rememberAccount(address: string): void {
    const account = address.toLowerCase()
    for (const method of ['eth_getBalance', 'eth_getTransactionCount', 'eth_getCode']) {
      remember(`${method} ${account}`, (block) => ({ method, params: [account, block] }))
    }
  }

  function rememberSlot(address: string, slot: string): void {
    const account = address.toLowerCase()
    if (account === blockHashHistory) return
    const position = quantity(slot)
    remember(`slot ${account} ${position}`, (block) => ({
      method: 'eth_getStorageAt',
      params: [account, position, block],
    }))
  }

  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      void respond(Buffer.concat(chunks).toString('utf8')).then((body) => {
        response.setHeader('content-type', 'application/json')
        response.end(body)
      })
    })
  })

  async function respond(body: string): Promise<string> {
    let parsed: unknown
    try {
      parsed = JSON.parse(body)
    } catch {
      return JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32700, message: 'not JSON' } })
    }
    const one = async (item: unknown): Promise<Record<string, unknown>> => {
      const { id, method, params } = (item ?? {}) as { id?: unknown; method?: unknown; params?: unknown }
      const call = { method: String(method), params: Array.isArray(params) ? params : [] }
      const found = await answer(call).catch((error: unknown) => ({
        error: { code: -32603, message: error instanceof TillerError ? error.shortMessage : 'request failed' },
      }))
      return { jsonrpc: '2.0', id: id ?? null, ...found }
    }
    return JSON.stringify(Array.isArray(parsed) ? await Promise.all(parsed.map(one)) : await one(parsed))
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,

    readAhead: async ({ number, hash }, call) => {
      const block = `0x${number.toString(16)}`
      pin(block, hash)
      asked = 0
      missed = 0
      fetched = 0
      missedMethods = {}
      run++
      const wanted = callsOfEarlierRuns(block)
      wanted.push({ method: 'eth_getBlockByNumber', params: [block, true] })
      wanted.push({ method: 'eth_getBlockByNumber', params: [block, false] })
      const historySlot = `0x${(number % blockHashWindow).toString(16)}`
      wanted.push({ method: 'eth_getStorageAt', params: [blockHashHistory, historySlot, block] })
      const list =
        call === null
          ? Promise.resolve([])
          : upstream.request('eth_createAccessList', [call, block]).then(
              (found) => (found as { accessList?: AccessList }).accessList ?? [],
              // Optional on many nodes: without it the first run of a new path is slower, nothing else.
              () => [],
            )
      await Promise.all([fetchAll(wanted), list])
      for (const { address, storageKeys } of await list) {
        rememberAccount(address)
        for (const slot of storageKeys) rememberSlot(address, slot)
      }
      await fetchAll(callsOfEarlierRuns(block))
    },

    forget: () => {
      codes.clear()
      values = new Map()
      pinned = ''
      pinnedHash = ''
    },

    figures: () => ({ asked, missed, fetched, missedMethods }),

    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function blockOf(call: RpcCall): string {
  const position = call.method === 'eth_getBlockByNumber' ? 0 : call.method === 'eth_getStorageAt' ? 2 : 1
  const block = call.params[position]
  return typeof block === 'string' ? quantity(block) : ''
}

/** One spelling per question: lower-case addresses, quantities without leading zeros; no block where code is asked. */
function callKey(call: RpcCall): string {
  const [first, second, third] = call.params.map((item) => (typeof item === 'string' ? item.toLowerCase() : item))
  switch (call.method) {
    case 'eth_getStorageAt':
      return `${call.method} ${first} ${quantity(String(second))} ${quantity(String(third))}`
    case 'eth_getCode':
      return `${call.method} ${first}`
    case 'eth_getBalance':
    case 'eth_getTransactionCount':
      return `${call.method} ${first} ${quantity(String(second))}`
    default:
      return `${call.method} ${JSON.stringify(call.params)}`
  }
}

function quantity(text: string): string {
  return text.startsWith('0x') ? `0x${BigInt(text).toString(16)}` : text
}
