import type { Hex } from 'viem'
import type { StoredReceipt } from '../journal/journal.ts'
import type { ChainPort, KeeperClock } from '../keeper/effects.ts'

export type AwaitReceiptParameters = {
  chain: Pick<ChainPort, 'receipt'>
  clock: KeeperClock
  /** Attempts of one nonce: at most one of them can be mined. */
  hashes: readonly Hex[]
  timeoutMs: number
  pollMs: number
  signal?: AbortSignal
}

/**
 * Waits until one of the transactions is mined, or answers null when the time is over or the signal aborts. The first
 * question goes out at once; the pauses double from 20 ms up to `pollMs`.
 */
export async function awaitReceipt(
  parameters: AwaitReceiptParameters,
): Promise<{ hash: Hex; receipt: StoredReceipt } | null> {
  const { chain, clock, hashes, timeoutMs, pollMs, signal } = parameters
  const end = clock.monotonicMs() + timeoutMs
  for (let pause = Math.min(20, pollMs); ; pause = Math.min(pollMs, pause * 2)) {
    for (const hash of hashes) {
      const receipt = await chain.receipt(hash)
      if (receipt !== null) return { hash, receipt }
    }
    const left = end - clock.monotonicMs()
    if (left <= 0 || signal?.aborted === true) return null
    await clock.sleep(Math.min(pause, left), signal)
  }
}
