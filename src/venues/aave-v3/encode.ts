import type { Hex } from 'viem'

/** An Aave v3 adapter holds one position, the vault's asset in one pool: its data is empty. */
export function encodeAaveV3Data(): Hex {
  return '0x'
}
