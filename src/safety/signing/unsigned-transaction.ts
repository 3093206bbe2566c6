import type { Address, Hex } from 'viem'

/** Why a transaction exists. `cancel` and `fill` send zero value to the signer itself with empty data. */
export type TransactionKind = 'rebalance' | 'cancel' | 'fill'

/** An EIP-1559 transaction before it is signed: exactly what the gates simulate, plus the two fee fields. */
export type UnsignedTransaction = {
  kind: TransactionKind
  chainId: number
  from: Address
  to: Address
  data: Hex
  /** Wei. */
  value: bigint
  /** Gas limit. */
  gas: bigint
  nonce: number
  /** Wei per gas. */
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}
