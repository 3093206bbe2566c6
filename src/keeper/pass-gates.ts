import type { Hex } from 'viem'
import type { Plan, Refusal } from '../plan/plan.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import { completeTransaction } from './complete-transaction.ts'
import type { GateInput, StateReading } from './effects.ts'
import { gateRefusal } from './gate-refusal.ts'
import { nextBlockTime, type Pass } from './pass.ts'

/**
 * The fork reads ahead while the first gate runs, but not before a node on this machine would have answered: there the
 * two would only compete for the same cores.
 */
const localAnswerMs = 8

/** Both gates and what stands between them. Answers the exact transaction that the fork executed, or why not. */
export async function passGates(
  pass: Pass,
  data: Hex,
  reading: StateReading,
  plan: Plan,
): Promise<UnsignedTransaction | Refusal> {
  const { effects, settings, watch } = pass
  const { gates } = effects
  const draft: UnsignedTransaction = {
    kind: 'rebalance',
    chainId: settings.chainId,
    from: settings.keeper,
    to: settings.guard,
    data,
    value: 0n,
    gas: settings.gasLimitCeiling,
    nonce: 0,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
  }
  const timestamp = nextBlockTime(pass, reading)
  const draftInput: GateInput = { transaction: draft, plan, before: reading, timestamp }
  const asked = Promise.all([gates.first(draftInput), effects.chain.account(settings.keeper)])
  const passed = asked.then(
    ([first]) => first.ok,
    () => false,
  )
  const late = effects.clock.sleep(localAnswerMs).then(() => true)
  const preparing = Promise.race([passed, late]).then((go) => (go ? gates.prepareFork?.(draftInput) : undefined))
  const [first, account] = await watch.measure('firstGate', () => asked)
  pass.gates.push(first)
  if (!first.ok) return gateRefusal('simulation_reverted', first)

  const transaction = await completeTransaction(pass, draft, first, account, reading)
  if ('code' in transaction) return transaction
  const second = await watch.measure('forkGate', async () => {
    await preparing
    return gates.fork({ transaction, plan, before: reading, timestamp })
  })
  pass.gates.push(second)
  if (!second.ok) return gateRefusal('fork_gate_failed', second)
  if (plan.deadline < timestamp) {
    return { code: 'plan_expired', reason: `The plan's deadline ${plan.deadline} is before the next block.` }
  }
  return transaction
}
