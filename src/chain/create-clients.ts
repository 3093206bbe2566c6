import { setTimeout as sleep } from 'node:timers/promises'
import { createPublicClient, defineChain } from 'viem'
import type { ChainClients, ChainEndpoint, EndpointPurpose } from './endpoint.ts'
import { rpcTransport } from './rpc-transport.ts'

export type CreateClientsParameters = {
  chainId: number
  /** One or two URLs; with two, the values that decide money are compared. */
  read: readonly [string, ...string[]]
  /** @default the first read URL */
  simulate?: string
  /** @default the first read URL */
  send?: string
  /** @default 10000 */
  timeoutMs?: number
  /** Further tries of a read after a passing failure. @default 2 */
  retries?: number
  /** @default 150 */
  retryDelayMs?: number
  /** How often a client looks for a receipt. @default 250 */
  pollingIntervalMs?: number
  fetch?: typeof fetch
  random?: () => number
  sleep?: (milliseconds: number) => Promise<void>
}

/**
 * Creates one viem client per purpose: `read` (one or two), `simulate`, `send`. Opens no connection; `checkEndpoint`
 * does.
 */
export function createClients(parameters: CreateClientsParameters): ChainClients {
  const { chainId, read, simulate = read[0], send = read[0] } = parameters
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  })

  function endpoint(url: string, purpose: EndpointPurpose, label: string): ChainEndpoint {
    const transport = rpcTransport({
      url,
      label,
      timeoutMs: parameters.timeoutMs ?? 10_000,
      retries: parameters.retries ?? 2,
      retryDelayMs: parameters.retryDelayMs ?? 150,
      fetch: parameters.fetch ?? fetch,
      random: parameters.random ?? Math.random,
      sleep: parameters.sleep ?? ((milliseconds) => sleep(milliseconds)),
    })
    // cacheTime 0: viem would otherwise answer a block number of up to four seconds ago.
    const client = createPublicClient({
      chain,
      transport,
      cacheTime: 0,
      pollingInterval: parameters.pollingIntervalMs ?? 250,
    })
    return { label, purpose, client }
  }

  const [first, ...more] = read
  return {
    chainId,
    read: [endpoint(first, 'read', 'read[0]'), ...more.map((url, i) => endpoint(url, 'read', `read[${i + 1}]`))],
    simulate: endpoint(simulate, 'simulate', 'simulate'),
    send: endpoint(send, 'send', 'send'),
  }
}
