import type { Hex } from 'viem'
import { TillerError } from '../errors/base.ts'
import type { DecisionOutcome, IntentRow, NewDecision } from '../journal/journal.ts'
import type { VenueMemory } from '../observe/observation.ts'
import type { Plan, Refusal } from '../plan/plan.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import { advanceMemories } from './advance-memories.ts'
import { askPolicy } from './ask-policy.ts'
import { behindTheJournal } from './behind-the-journal.ts'
import { canaryRefusal } from './canary-refusal.ts'
import { decisionRow } from './decision-row.ts'
import { deliver } from './deliver.ts'
import type { StateReading, TickEffects, TickSettings } from './effects.ts'
import { encodePlan } from './encode-plan.ts'
import { logTickEnd } from './log-tick-end.ts'
import { createPass, type Pass, slotOf, timeOf } from './pass.ts'
import { passGates } from './pass-gates.ts'
import { reconcile } from './reconcile.ts'
import { stopwatch } from './stopwatch.ts'
import { createReport, type TickReport } from './tick-report.ts'

export { tickStages } from './stopwatch.ts'
export type { TickReport } from './tick-report.ts'

export type TickInput = {
  settings: TickSettings
  /** Ends the pass at the next safe point: before the signature, or while it waits for a receipt. */
  signal?: AbortSignal
}

/**
 * Runs one pass of the line for one vault: reconcile → observe → policy → plan → intent → gates → sign → attempt → send
 * → settle. A pure orchestration of its injected effects; DESIGN.md section 8 is its order.
 *
 * Every reason not to move ends in the decision's row. What throws here is what a pass can't judge: an endpoint that is
 * dead, a store that fails, a signer that changes what it signs. Whatever throws, the journal holds what was done, and
 * the next pass starts by asking the chain.
 */
export async function runTick(effects: TickEffects, input: TickInput): Promise<TickReport> {
  const watch = stopwatch(effects.clock.monotonicMs)
  try {
    const report = await line(createPass(effects, input.settings, input.signal, watch))
    logTickEnd(effects, input.settings, report)
    return report
  } catch (error) {
    const { vault } = input.settings
    const code = error instanceof TillerError ? error.code : 'UNEXPECTED'
    effects.logger.error('tick.failed', { vault, code, error, ...watch.timings() })
    const data = { code, reason: error instanceof TillerError ? error.shortMessage : String(error) }
    // If it is the store that failed, this fails too, and the first error is the one to hear of.
    await effects.journal
      .appendEvent({ atMs: effects.clock.unixMs(), name: 'tick.failed', vault, data })
      .catch(() => undefined)
    throw error
  }
}

/** The stages in their order, up to a plan that may be pursued. */
async function line(pass: Pass): Promise<TickReport> {
  const { watch, effects, settings } = pass
  const recovery = await watch.measure('reconcile', () => reconcile(effects, settings))
  const agreed = await watch.measure('observe', () => effects.readAgreedState())
  const reading = agreed.state ?? (await watch.measure('observe', () => effects.readState()))
  const doubt = agreed.refusal ?? (await behindTheJournal(effects, settings, reading))
  // What is doubted teaches nothing: the memories stay as they are.
  if (doubt !== null) {
    pass.doubted = true
    return finish(pass, reading, new Map(), [doubt])
  }

  const memories = await watch.measure('observe', () => advanceMemories(effects, settings, reading))
  if (recovery.blocked) {
    const reasons = recovery.findings.map(({ nonce, hash, reason }) => `Nonce ${nonce} (${hash}): ${reason}`)
    return finish(pass, reading, memories.changed, [{ code: 'open_attempt', reason: reasons.join(' ') }])
  }
  const observation = await watch.measure('observe', () => effects.observe({ reading, memories: memories.all }))
  pass.observation = observation
  const decision = await watch.measure('policy', () => askPolicy(effects, settings, observation))
  if ('code' in decision) return finish(pass, reading, memories.changed, [decision])
  pass.decision = decision
  const now = timeOf(pass, reading)
  const planning = await watch.measure('plan', () => effects.plan({ reading, observation, decision, now }))
  pass.planning = planning
  if (planning.plan === null) return finish(pass, reading, memories.changed, planning.refusals)
  if (settings.mode === 'readonly') return finish(pass, reading, memories.changed, [], 'planned')

  return pursue(pass, reading, memories.changed, planning.plan)
}

/** From the intent on: everything is under one claimed slot. */
async function pursue(
  pass: Pass,
  reading: StateReading,
  memories: NewDecision['memories'],
  plan: Plan,
): Promise<TickReport> {
  const { effects, settings, watch } = pass
  const { journal } = effects
  let intent: IntentRow
  try {
    intent = await watch.measure('journal', () =>
      journal.claimSlot(decisionRow(pass, reading, memories, [], 'decided'), {
        vault: settings.vault,
        slot: slotOf(pass, reading),
        mode: settings.mode,
        planNonce: plan.nonce,
        deadline: plan.deadline,
        to: settings.guard,
        data: encodePlan(plan),
        createdAtMs: effects.clock.unixMs(),
      }),
    )
  } catch (error) {
    if (!(error instanceof TillerError) || error.code !== 'SLOT_TAKEN') throw error
    const refusal: Refusal = {
      code: 'slot_taken',
      reason: `Slot ${slotOf(pass, reading)} has its move already (${error.details['status']}).`,
    }
    return finish(pass, reading, memories, [refusal])
  }
  const { decisionId } = intent
  const gates = pass.gates
  let transaction: UnsignedTransaction
  try {
    const canary = canaryRefusal(reading, plan, settings)
    if (canary !== null) return await refuse(pass, intent, reading, canary)
    const simulated = await passGates(pass, intent.data, reading, plan)
    if ('code' in simulated) return await refuse(pass, intent, reading, simulated)
    transaction = simulated
    if (settings.mode === 'dry' || settings.mode === 'paper') {
      await watch.measure('journal', () =>
        journal.closeIntent(intent.id, { status: 'simulated', decisionOutcome: 'simulated', gates }),
      )
      return createReport(pass, decisionId, 'simulated', reading, [])
    }
    if (pass.signal?.aborted === true) {
      const reason = 'The keeper was asked to end before it signed.'
      await journal.closeIntent(intent.id, { status: 'abandoned', reason, decisionOutcome: 'abandoned', gates })
      return createReport(pass, decisionId, 'abandoned', reading, [])
    }
  } catch (error) {
    // Nothing is signed yet: free the slot for the next pass. If the store fails too, the next boot does it.
    const reason = error instanceof TillerError ? `${error.code}: ${error.shortMessage}` : String(error)
    await journal
      .closeIntent(intent.id, { status: 'abandoned', reason, decisionOutcome: 'abandoned', gates })
      .catch(() => undefined)
    throw error
  }
  const delivered = await deliver(pass, intent, plan, transaction)
  if (typeof delivered !== 'string') return refuse(pass, intent, reading, delivered)
  return createReport(pass, decisionId, delivered, reading, [])
}

/** Ends a pass that has claimed its slot: the intent is closed, and nothing of it was sent. */
async function refuse(pass: Pass, intent: IntentRow, reading: StateReading, refusal: Refusal): Promise<TickReport> {
  await pass.watch.measure('journal', () =>
    pass.effects.journal.closeIntent(intent.id, {
      status: 'refused',
      reason: `${refusal.code}: ${refusal.reason}`,
      decisionOutcome: 'refused',
      refusals: [refusal],
      gates: pass.gates,
    }),
  )
  return createReport(pass, intent.decisionId, 'refused', reading, [refusal])
}

/** Ends a pass before it claims a slot. */
async function finish(
  pass: Pass,
  reading: StateReading,
  memories: ReadonlyMap<Hex, VenueMemory>,
  refusals: readonly Refusal[],
  outcome: DecisionOutcome = 'refused',
): Promise<TickReport> {
  const row = decisionRow(pass, reading, memories, refusals, outcome)
  const id = await pass.watch.measure('journal', () => pass.effects.journal.recordDecision(row))
  return createReport(pass, id, outcome, reading, refusals)
}
