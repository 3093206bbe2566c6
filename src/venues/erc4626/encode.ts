import type { Hex } from 'viem'

/** An ERC-4626 adapter holds one position, the shares of one target: its data is empty. */
export function encodeErc4626Data(): Hex {
  return '0x'
}
