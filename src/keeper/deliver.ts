import type { DecisionOutcome, IntentRow } from '../journal/journal.ts'
import type { Plan, Refusal } from '../plan/plan.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import { awaitAndSettle } from './await-and-settle.ts'
import { bumpAttempt } from './bump-attempt.ts'
import type { Pass } from './pass.ts'
import { signAndSend } from './sign-and-send.ts'

/**
 * Signs, sends and waits, with one replacement where no receipt comes. Answers how far the attempt got (`sent`: it is
 * parked, and the next pass asks the chain), or why nothing was signed.
 */
export async function deliver(
  pass: Pass,
  intent: IntentRow,
  plan: Plan,
  transaction: UnsignedTransaction,
): Promise<DecisionOutcome | Refusal> {
  const { effects, watch, settings } = pass
  const { signer } = effects
  if (signer === undefined) {
    return { code: 'signing_refused', reason: 'There is no signer in this process.' }
  }
  const first = await signAndSend(pass, signer, intent, transaction)
  if ('code' in first) return first

  return watch.measure('settle', async () => {
    if (first.status === 'dropped') return 'dropped'
    const settled = await awaitAndSettle(pass, settings.receiptTimeoutMs)
    if (settled !== null) return settled
    if (pass.signal?.aborted !== true) {
      const bumped = await bumpAttempt(pass, signer, intent, plan, transaction)
      if (bumped) {
        const late = await awaitAndSettle(pass, settings.receiptTimeoutMs)
        if (late !== null) return late
      }
    }
    effects.logger.warn('tx.parked', { hash: first.hash, nonce: first.nonce })
    return 'sent'
  })
}
