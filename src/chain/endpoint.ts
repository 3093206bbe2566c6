import type { Chain, PublicClient, Transport } from 'viem'

/** What an endpoint is used for. */
export type EndpointPurpose = 'read' | 'simulate' | 'send'

/**
 * One JSON-RPC endpoint. Its URL is known to the transport only; everything that is logged or raised says `label`.
 */
export type ChainEndpoint = {
  /** `read[0]`, `read[1]`, `simulate`, `send`. */
  label: string
  purpose: EndpointPurpose
  client: ChainClient
}

export type ChainClient = PublicClient<Transport, Chain>

/** What a read needs of a client; `transport.name` is the endpoint's label. Any viem public client fits. */
export type RpcClient = { request: PublicClient['request']; transport: { name: string } }

export type ChainClients = {
  chainId: number
  /** One endpoint, or two that are compared on the values that decide money. */
  read: readonly [ChainEndpoint, ...ChainEndpoint[]]
  simulate: ChainEndpoint
  send: ChainEndpoint
}
