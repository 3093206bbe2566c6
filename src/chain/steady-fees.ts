import type { Account, Chain, Client, Transport } from 'viem'
import { getFeeHistory } from 'viem/actions'

type Fees = { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }

const blocksLookedBack = 20

/**
 * Fees, in wei per gas, for a transaction of a person, who waits for it: twice the highest base fee of the last twenty
 * blocks, and the tip that half of their transactions paid. The base fee of the head alone may be a passing low: a
 * transaction that offers little more than it would wait for the next one.
 */
export async function steadyFees(client: Client<Transport, Chain | undefined, Account | undefined>): Promise<Fees> {
  const history = await getFeeHistory(client, { blockCount: blocksLookedBack, rewardPercentiles: [50] })
  const highest = ascending(history.baseFeePerGas).at(-1) ?? 0n
  const tips = ascending((history.reward ?? []).map(([tip = 0n]) => tip))
  const maxPriorityFeePerGas = tips[Math.floor(tips.length / 2)] ?? 0n
  return { maxFeePerGas: 2n * highest + maxPriorityFeePerGas, maxPriorityFeePerGas }
}

function ascending(values: readonly bigint[]): bigint[] {
  return [...values].sort((a, b) => (a < b ? -1 : 1))
}
