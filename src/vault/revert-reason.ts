import { type Abi, decodeErrorResult, type Hex } from 'viem'
import { factoryAbi, guardAbi, redeemQueueAbi, routerAbi } from './abi.ts'
import { vaultLensAbi } from './lens.ts'

const known: Abi = [...guardAbi, ...factoryAbi, ...redeemQueueAbi, ...routerAbi, ...vaultLensAbi].filter(
  ({ type }) => type === 'error',
)

/**
 * Puts revert data into words: the name and arguments of an error of Guard, vault, adapters or lens, the text of
 * `Error(string)`, the code of `Panic(uint256)`, else the selector. Never fails.
 */
export function revertReason(data: Hex): string {
  if (data === '0x') return 'reverted without a reason (out of gas, or no contract at an address)'
  try {
    const { errorName, args } = decodeErrorResult({ abi: known, data })
    if (errorName === 'Error') return `reverted: ${String(args?.[0])}`
    if (errorName === 'Panic') return `panicked with code ${String(args?.[0])}`
    return `${errorName}(${(args ?? []).map(String).join(', ')})`
  } catch {
    return `reverted with unknown error ${data.slice(0, 10)}`
  }
}
