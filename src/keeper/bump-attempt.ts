import type { IntentRow } from '../journal/journal.ts'
import type { Plan } from '../plan/plan.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import { bumpFees } from '../send/bump-fees.ts'
import type { Signer } from './effects.ts'
import { gasSpent } from './gas-spent.ts'
import { gateRefusal } from './gate-refusal.ts'
import { nextBlockTime, type Pass } from './pass.ts'
import { signAndSend } from './sign-and-send.ts'

/** One replacement with higher fees and nothing else changed, after the plan passed the first gate at the new head. */
export async function bumpAttempt(
  pass: Pass,
  signer: Signer,
  intent: IntentRow,
  plan: Plan,
  transaction: UnsignedTransaction,
): Promise<boolean> {
  const { effects, settings } = pass
  const { logger, journal } = effects
  const reading = await effects.readState()
  const timestamp = nextBlockTime(pass, reading)
  if (plan.deadline < timestamp || reading.vault.guard.nextNonce !== plan.nonce) {
    logger.info('tx.not_bumped', { reason: 'The plan can no longer land.' })
    return false
  }
  const again = await effects.gates.first({ transaction, plan, before: reading, timestamp })
  if (!again.ok) {
    logger.warn('tx.not_bumped', { reason: gateRefusal('simulation_reverted', again).reason })
    return false
  }
  const tip = transaction.maxPriorityFeePerGas
  const market = { maxFeePerGas: reading.market.block.baseFeePerGas * 2n + tip, maxPriorityFeePerGas: tip }
  const fees = bumpFees(transaction, market, settings.maxFeePerGasCeiling)
  if (fees === null) {
    logger.warn('tx.not_bumped', { reason: 'The fee ceiling leaves no room for a replacement.' })
    return false
  }
  const cost = transaction.gas * fees.maxFeePerGas
  const spent = await gasSpent(effects, settings)
  if (spent + cost > settings.gasBudgetPerDayWei) {
    logger.warn('tx.not_bumped', { reason: 'The gas budget of 24 hours leaves no room for a replacement.' })
    return false
  }
  await journal.appendEvent({
    atMs: effects.clock.unixMs(),
    name: 'tx.bumped',
    vault: settings.vault,
    decisionId: intent.decisionId,
    data: { nonce: transaction.nonce, from: transaction.maxFeePerGas, to: fees.maxFeePerGas, gate: again },
  })
  const replaced = await signAndSend(pass, signer, intent, { ...transaction, ...fees })
  return !('code' in replaced)
}
