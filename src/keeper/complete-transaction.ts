import { suggestFees } from '../chain/suggest-fees.ts'
import type { GateReport } from '../journal/journal.ts'
import type { Refusal } from '../plan/plan.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import type { AccountState, StateReading } from './effects.ts'
import { gasSpent } from './gas-spent.ts'
import type { Pass } from './pass.ts'

/** Room above the gas that the first gate used: refunds (at most a fifth of the whole), and the 63/64 rule. */
const gasHeadroomPercent = 135n
const gasHeadroomFlat = 50_000n

/** Gas limit, nonce and fees; and whether the signer can and may pay. */
export async function completeTransaction(
  { effects, settings }: Pass,
  draft: UnsignedTransaction,
  first: GateReport,
  account: AccountState,
  { market }: StateReading,
): Promise<UnsignedTransaction | Refusal> {
  if (account.pendingNonce > account.latestNonce) {
    return {
      code: 'open_attempt',
      reason: `The pool holds ${account.pendingNonce - account.latestNonce} transaction(s) of the signer that the journal does not know.`,
    }
  }
  const { fees, refusal } = suggestFees(market.block.baseFeePerGas, {
    maxFeePerGas: settings.maxFeePerGasCeiling,
    maxPriorityFeePerGas: settings.priorityFeePerGas ?? account.suggestedPriorityFeePerGas,
  })
  if (refusal !== null) return refusal
  const wanted = (first.gasUsed * gasHeadroomPercent) / 100n + gasHeadroomFlat
  const gas = wanted < settings.gasLimitCeiling ? wanted : settings.gasLimitCeiling
  const cost = gas * fees.maxFeePerGas
  if (account.balance < cost) {
    return {
      code: 'gas_money',
      reason: `The signer holds ${account.balance} wei; the transaction may cost up to ${cost} wei.`,
    }
  }
  const spent = await gasSpent(effects, settings)
  if (spent + cost > settings.gasBudgetPerDayWei) {
    return {
      code: 'gas_budget',
      reason: `Gas of the last 24 hours ${spent} wei and up to ${cost} wei more exceed the budget of ${settings.gasBudgetPerDayWei} wei.`,
    }
  }
  return { ...draft, gas, nonce: account.latestNonce, ...fees }
}
