import type { Hex } from 'viem'
import { TillerError } from '../errors/base.ts'
import type { AttemptRow, IntentRow } from '../journal/journal.ts'
import type { Refusal } from '../plan/plan.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import { signChecked } from '../send/sign-checked.ts'
import type { Signer } from './effects.ts'
import { noteStatus, type Pass } from './pass.ts'

/** Sign, store the bytes, send: in this order, and nothing else in between. */
export async function signAndSend(
  pass: Pass,
  signer: Signer,
  intent: IntentRow,
  transaction: UnsignedTransaction,
): Promise<AttemptRow | Refusal> {
  const { effects, settings, watch } = pass
  const { journal, chain, logger, clock } = effects
  let signed: { raw: Hex; hash: Hex }
  try {
    signed = await watch.measure('sign', () =>
      signChecked(signer, transaction, {
        chainId: settings.chainId,
        signer: settings.keeper,
        guard: settings.guard,
        venueIds: settings.signing.venueIds,
        gasCeiling: settings.gasLimitCeiling,
        maxFeePerGasCeiling: settings.maxFeePerGasCeiling,
        maxCostCeiling: settings.gasBudgetPerDayWei,
        maxCalldataBytes: settings.signing.maxCalldataBytes,
        knownNonces: [],
      }),
    )
  } catch (error) {
    if (!(error instanceof TillerError)) throw error
    logger.error('signer.refused', { code: error.code, error })
    if (error.code === 'SIGNING_REFUSED' || error.code === 'SIGNED_DIFFERS') {
      const details = Object.entries(error.details).map(([name, value]) => `${name}: ${value}`)
      return { code: 'signing_refused', reason: `${error.shortMessage} ${details.join('; ')}` }
    }
    throw error
  }
  const attempt = await watch.measure('journal', () =>
    journal.insertAttempt(
      {
        intentId: intent.id,
        kind: transaction.kind,
        chainId: transaction.chainId,
        signer: transaction.from,
        nonce: transaction.nonce,
        hash: signed.hash,
        raw: signed.raw,
        deadline: intent.deadline,
        maxFeePerGas: transaction.maxFeePerGas,
        maxPriorityFeePerGas: transaction.maxPriorityFeePerGas,
        gas: transaction.gas,
        createdAtMs: clock.unixMs(),
      },
      pass.gates,
    ),
  )
  pass.attempts.push(attempt)
  const failure = await watch.measure('send', () =>
    chain.broadcast(attempt.raw).then(
      () => null,
      (error: unknown) => {
        if (error instanceof TillerError) return error
        throw error
      },
    ),
  )
  if (failure === null) {
    await watch.measure('journal', () => journal.advanceAttempt({ attemptId: attempt.id, status: 'broadcast' }))
    noteStatus(pass, attempt, 'broadcast')
    logger.info('tx.sent', { hash: attempt.hash, nonce: attempt.nonce, maxFeePerGas: attempt.maxFeePerGas })
    await watch.measure('send', () => effects.onBroadcast?.(attempt.hash))
    return attempt
  }
  logger.warn('tx.not_sent', { hash: attempt.hash, nonce: attempt.nonce, code: failure.code, error: failure })
  // Only a plain refusal of the node closes the row. "Nonce too low" and silence leave it to the chain to say.
  if (['GAS_MONEY', 'UNDERPRICED', 'BROADCAST_REJECTED'].includes(failure.code) && pass.attempts.length === 1) {
    const reason = `${failure.code}: ${failure.details['reason']}`
    await journal.advanceAttempt({
      attemptId: attempt.id,
      status: 'dropped',
      reason,
      intentStatus: 'dropped',
      decisionOutcome: 'dropped',
    })
    noteStatus(pass, attempt, 'dropped')
    return { ...attempt, status: 'dropped' }
  }
  return attempt
}
