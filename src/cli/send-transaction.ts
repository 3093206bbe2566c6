import {
  type Abi,
  type Address,
  BaseError,
  encodeFunctionData,
  type Hex,
  isHex,
  WaitForTransactionReceiptTimeoutError,
} from 'viem'
import { call, estimateGas, sendTransaction, waitForTransactionReceipt } from 'viem/actions'
import type { ChainClient } from '../chain/endpoint.ts'
import { steadyFees } from '../chain/steady-fees.ts'
import { TillerError } from '../errors/base.ts'
import { transactionPending } from '../errors/chain.ts'
import { transactionReverted } from '../errors/cli.ts'
import { redactText } from '../keeper/logger.ts'
import { revertReason } from '../vault/revert-reason.ts'
import type { Sender } from './sender.ts'

export type Step = { title: string; to: Address; abi: Abi; functionName: string; args: readonly unknown[] }

const receiptTimeoutMs = 180_000

/**
 * Simulates one call of a person's account, sends it and waits for its receipt. Raises TRANSACTION_REVERTED, and the
 * errors of the transport.
 */
export async function sendStep(
  client: ChainClient,
  sender: Sender,
  step: Step,
): Promise<{ hash: Hex; gasUsed: bigint }> {
  const data = encodeFunctionData({ abi: step.abi, functionName: step.functionName, args: [...step.args] })
  const { account } = sender
  const fail = (error: unknown): never => {
    throw asReverted(step.title, error)
  }
  await call(client, { account, to: step.to, data }).catch(fail)
  const estimate = await estimateGas(client, { account, to: step.to, data }).catch(fail)
  // Between estimate and landing time passes, and venues write the interest of it: that costs gas the estimate lacks.
  const gas = (estimate * 3n) / 2n + 100_000n
  const fees = await steadyFees(client).catch(fail)
  const hash = await sendTransaction(client, { account, to: step.to, data, gas, ...fees }).catch(fail)
  const receipt = await waitForTransactionReceipt(client, {
    hash,
    pollingInterval: 250,
    timeout: receiptTimeoutMs,
  }).catch((error: unknown) => {
    if (!(error instanceof WaitForTransactionReceiptTimeoutError)) return fail(error)
    throw transactionPending(step.title, hash, receiptTimeoutMs / 1000)
  })
  if (receipt.status !== 'success') throw transactionReverted(step.title, `it reverted in block ${receipt.blockNumber}`)
  return { hash, gasUsed: receipt.gasUsed }
}

function asReverted(title: string, error: unknown): unknown {
  if (!(error instanceof BaseError)) return error
  const known = error.walk((cause) => cause instanceof TillerError)
  if (known instanceof TillerError) return known
  const withData = error.walk((cause) => isHex((cause as { data?: unknown }).data)) as { data?: Hex } | null
  return transactionReverted(
    title,
    withData?.data === undefined ? redactText(error.shortMessage) : revertReason(withData.data),
  )
}
