import type { Hex } from 'viem'

/** A Comet adapter holds one position, the base balance of one Comet: its data is empty. */
export function encodeCometData(): Hex {
  return '0x'
}
