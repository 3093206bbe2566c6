import type { DecisionOutcome } from '../journal/journal.ts'
import { awaitReceipt } from '../send/await-receipt.ts'
import { noteStatus, type Pass } from './pass.ts'
import { settleAttempt } from './settle-attempt.ts'

/** Waits for a receipt of any attempt of the pass and books it; null where none came in time (milliseconds). */
export async function awaitAndSettle(pass: Pass, timeoutMs: number): Promise<DecisionOutcome | null> {
  const { effects, settings } = pass
  const mined = await awaitReceipt({
    chain: effects.chain,
    clock: effects.clock,
    hashes: pass.attempts.map(({ hash }) => hash),
    timeoutMs,
    pollMs: settings.receiptPollMs,
    ...(pass.signal === undefined ? {} : { signal: pass.signal }),
  })
  const attempt = pass.attempts.find(({ hash }) => hash === mined?.hash)
  if (mined === null || attempt === undefined) return null
  const { status, realised } = await settleAttempt(effects, settings, attempt, mined.receipt)
  for (const other of pass.attempts) noteStatus(pass, other, other.id === attempt.id ? status : 'replaced')
  pass.realised = realised
  pass.gasUsed = mined.receipt.gasUsed
  pass.gasCost = mined.receipt.gasUsed * mined.receipt.effectiveGasPrice
  return status === 'mined' ? 'sent' : status
}
