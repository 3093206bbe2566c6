import { z } from 'zod'
import type { AttemptRow, IntentRow, Realised, StoredReceipt, VaultTotals } from '../journal/journal.ts'
import { totalsSchema } from '../journal/json.ts'
import { vaultTotals } from '../simulate/vault-totals.ts'
import type { TickEffects, TickSettings } from './effects.ts'

export type SettleResult = { status: 'mined' | 'settled' | 'reverted'; realised: Realised | null }

/**
 * Books a receipt: `mined` until it is `settleDepth` blocks deep, then `settled` or `reverted`, with the realised state
 * beside the fork's forecast. The other attempts of the same nonce become `replaced`.
 */
export async function settleAttempt(
  effects: Pick<TickEffects, 'journal' | 'chain' | 'readState' | 'logger'>,
  settings: Pick<TickSettings, 'settleDepth'>,
  attempt: AttemptRow,
  receipt: StoredReceipt,
): Promise<SettleResult> {
  const { journal, chain, logger } = effects
  if (settings.settleDepth > 0) {
    const head = await chain.head()
    if (head.number < receipt.blockNumber + BigInt(settings.settleDepth)) {
      if (attempt.status !== 'mined') {
        // It may have been given up before; then its decision comes back to life too.
        await journal.advanceAttempt({
          attemptId: attempt.id,
          status: 'mined',
          receipt,
          intentStatus: 'signed',
          decisionOutcome: 'sent',
        })
      }
      return { status: 'mined', realised: null }
    }
  }
  const intent = await journal.intent(attempt.intentId)
  const realised = receipt.success && attempt.kind === 'rebalance' ? await realisedOf(effects, intent, receipt) : null
  for (const other of await journal.attemptsOfNonce(attempt)) {
    if (other.id !== attempt.id && other.status !== 'replaced' && other.damage === undefined) {
      // A later plan may have been signed with the nonce of one that was given up; it can't land any more.
      const ended =
        other.intentId === attempt.intentId
          ? {}
          : ({
              intentStatus: 'dropped',
              decisionOutcome: 'dropped',
              reason: `Nonce ${attempt.nonce} went to ${attempt.hash}.`,
            } as const)
      await journal.advanceAttempt({ attemptId: other.id, status: 'replaced', ...ended })
    }
  }
  const status = receipt.success ? 'settled' : 'reverted'
  await journal.advanceAttempt({
    attemptId: attempt.id,
    status,
    receipt,
    intentStatus: status,
    decisionOutcome: status,
    ...(receipt.success ? {} : { reason: 'The transaction was mined and reverted.' }),
    ...(realised === null ? {} : { realised }),
  })
  logger.info('tx.settled', {
    status,
    hash: attempt.hash,
    block: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
    differenceAssets: realised?.differenceAssets ?? undefined,
  })
  return { status, realised }
}

async function realisedOf(
  { readState, logger }: Pick<TickEffects, 'readState' | 'logger'>,
  intent: IntentRow | null,
  receipt: StoredReceipt,
): Promise<Realised | null> {
  let after: VaultTotals
  try {
    after = vaultTotals(await readState({ blockNumber: receipt.blockNumber }))
  } catch (error) {
    // A node that has pruned the block can't take the settlement away.
    logger.warn('tx.realised_unknown', { block: receipt.blockNumber, error })
    return null
  }
  const expected = expectedOf(intent)
  const differenceAssets = expected === null ? null : after.totalAssets - expected.totalAssets
  return {
    expected,
    realised: after,
    differenceAssets,
    differenceMilliBps:
      expected === null || differenceAssets === null || expected.totalAssets === 0n
        ? null
        : (differenceAssets * 10_000_000n) / expected.totalAssets,
    gasUsed: receipt.gasUsed,
    gasCost: receipt.gasUsed * receipt.effectiveGasPrice,
  }
}

function expectedOf(intent: IntentRow | null): VaultTotals | null {
  const parsed = z.object({ fork: z.object({ after: totalsSchema }) }).safeParse(intent?.gates)
  return parsed.success ? parsed.data.fork.after : null
}
