import { type Address, encodeAbiParameters, type Hex, keccak256 } from 'viem'

/**
 * The id of one position of one adapter: `keccak256(abi.encode(adapter, data))`, the first that `IAdapter.ids` returns
 * and the key of caps and inflow buckets.
 */
export function venueId(adapter: Address, data: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'bytes' }], [adapter, data]))
}
