import { TillerError } from '../errors/base.ts'
import { chainIdMismatch, endpointBehind } from '../errors/chain.ts'
import type { BlockRef } from '../market/market-state.ts'
import type { ChainEndpoint } from './endpoint.ts'
import { getBlockRef } from './get-block-ref.ts'
import { toChainError } from './to-chain-error.ts'

export type EndpointCheck = {
  label: string
  head: BlockRef
  /** Seconds between the head and `now`; negative where the chain's clock is ahead. */
  headAgeSeconds: bigint
  /** Whether the first gate can run here; without it the first gate runs on the fork. */
  supportsSimulateV1: boolean
  clientVersion: string
  latencyMs: number
}

export type CheckEndpointParameters = {
  chainId: number
  /** Unix seconds of the injected clock. */
  now: bigint
  /** A head older than this is `ENDPOINT_BEHIND`; without it the age is only reported. */
  maxHeadAgeSeconds?: bigint
}

/**
 * Asks an endpoint for chain id, head, client version and `eth_simulateV1`, all at once.
 *
 * Raises `CHAIN_ID_MISMATCH`, `ENDPOINT_BEHIND` and the errors of the transport.
 */
export async function checkEndpoint(
  endpoint: ChainEndpoint,
  { chainId, now, maxHeadAgeSeconds }: CheckEndpointParameters,
): Promise<EndpointCheck> {
  const { client, label } = endpoint
  const started = performance.now()
  const [found, latencyMs] = await client.request({ method: 'eth_chainId' }).then(
    (hex) => [Number(hex), Math.round(performance.now() - started)] as const,
    (error: unknown) => {
      throw toChainError(error, label, 'eth_chainId')
    },
  )
  if (found !== chainId) throw chainIdMismatch(label, chainId, found)
  const [head, supportsSimulateV1, clientVersion] = await Promise.all([
    getBlockRef(client),
    probeSimulateV1(endpoint),
    client.request({ method: 'web3_clientVersion' }).catch(() => 'unknown'),
  ])
  const headAgeSeconds = now - head.timestamp
  if (maxHeadAgeSeconds !== undefined && headAgeSeconds > maxHeadAgeSeconds) {
    throw endpointBehind(label, headAgeSeconds, maxHeadAgeSeconds, 'seconds')
  }
  return { label, head, headAgeSeconds, supportsSimulateV1, clientVersion, latencyMs }
}

/** An empty simulation costs nothing and succeeds exactly where the method exists. */
async function probeSimulateV1({ client, label }: ChainEndpoint): Promise<boolean> {
  try {
    await client.request({ method: 'eth_simulateV1', params: [{ blockStateCalls: [{ calls: [] }] }, 'latest'] })
    return true
  } catch (error) {
    const known = toChainError(error, label, 'eth_simulateV1')
    // A dead endpoint is another finding than a missing method.
    if (known instanceof TillerError && known.code !== 'RPC_ERROR' && known.code !== 'ENDPOINT_BAD_RESPONSE')
      throw known
    return false
  }
}
