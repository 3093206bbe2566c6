import type { Hex } from 'viem'
import { baseFeeMissing, blockNotFound } from '../errors/chain.ts'
import type { BlockRef } from '../market/market-state.ts'
import type { RpcClient } from './endpoint.ts'
import { toChainError } from './to-chain-error.ts'

/**
 * Reads number, hash, time and base fee of the head, or of one block.
 *
 * Raises `BLOCK_NOT_FOUND`, `BASE_FEE_MISSING`, and the errors of the transport.
 */
export async function getBlockRef(client: RpcClient, blockNumber?: bigint): Promise<BlockRef> {
  const label = client.transport.name
  const tag: Hex | 'latest' = blockNumber === undefined ? 'latest' : `0x${blockNumber.toString(16)}`
  const header = await client
    .request({ method: 'eth_getBlockByNumber', params: [tag, false] })
    .catch((error: unknown) => {
      throw toChainError(error, label, 'eth_getBlockByNumber')
    })
  if (!header?.hash || !header.number) throw blockNotFound(label, blockNumber ?? 'latest')
  if (!header.baseFeePerGas) throw baseFeeMissing(label)
  return {
    number: BigInt(header.number),
    hash: header.hash,
    timestamp: BigInt(header.timestamp),
    baseFeePerGas: BigInt(header.baseFeePerGas),
  }
}
