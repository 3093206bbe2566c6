import { type Hex, isAddressEqual, parseTransaction, recoverTransactionAddress, type TransactionSerialized } from 'viem'
import type { UnsignedTransaction } from './unsigned-transaction.ts'

export type SignedDifference = { field: string; simulated: string; signed: string }

/**
 * Decodes a signed transaction and compares it with what was simulated, field by field, the recovered sender included.
 * Empty means equal. Bytes that can't be decoded are a difference, not an error.
 */
export async function compareSigned(simulated: UnsignedTransaction, raw: Hex): Promise<SignedDifference[]> {
  let signed: ReturnType<typeof parseTransaction>
  let from: Hex
  try {
    signed = parseTransaction(raw as TransactionSerialized)
    from = await recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized })
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return [{ field: 'bytes', simulated: 'a signed EIP-1559 transaction', signed: `undecodable: ${reason}` }]
  }
  const differences: SignedDifference[] = []
  const compare = (field: string, expected: unknown, found: unknown): void => {
    if (expected !== found) differences.push({ field, simulated: String(expected), signed: String(found) })
  }
  compare('type', 'eip1559', signed.type)
  compare('chainId', simulated.chainId, signed.chainId)
  if (!isAddressEqual(simulated.from, from)) compare('from', simulated.from, from)
  if (signed.to === undefined || signed.to === null || !isAddressEqual(simulated.to, signed.to)) {
    compare('to', simulated.to, signed.to ?? 'none')
  }
  compare('data', simulated.data, signed.data ?? '0x')
  compare('value', simulated.value, signed.value ?? 0n)
  compare('gas', simulated.gas, signed.gas ?? 0n)
  compare('nonce', simulated.nonce, signed.nonce ?? 0)
  compare('maxFeePerGas', simulated.maxFeePerGas, signed.maxFeePerGas ?? 0n)
  compare('maxPriorityFeePerGas', simulated.maxPriorityFeePerGas, signed.maxPriorityFeePerGas ?? 0n)
  compare('accessList', 0, signed.accessList?.length ?? 0)
  return differences
}
