import type { DecisionDocument, DecisionOutcome, NewDecision } from '../journal/journal.ts'
import type { Refusal } from '../plan/plan.ts'
import { vaultTotals } from '../simulate/vault-totals.ts'
import type { StateReading } from './effects.ts'
import { type Pass, slotOf } from './pass.ts'

/** The decision's row in the journal, with everything that the pass found on the way to it. */
export function decisionRow(
  pass: Pass,
  reading: StateReading,
  memories: NewDecision['memories'],
  refusals: readonly Refusal[],
  outcome: DecisionOutcome,
): NewDecision {
  const { effects, settings } = pass
  const { block, venues } = reading.market
  const document: DecisionDocument = {
    observation: pass.observation,
    policy: pass.decision,
    executionProvider: effects.policy.executionProvider,
    venues: venues.map(({ ref, status, assets, cap, supplyAprWad }) => ({
      name: ref.name,
      status,
      assets,
      cap,
      supplyAprWad,
    })),
    before: vaultTotals(reading),
    plan: pass.planning?.plan ?? null,
    planning: { ...pass.planning },
  }
  return {
    vault: settings.vault,
    slot: slotOf(pass, reading),
    blockNumber: block.number,
    blockHash: block.hash,
    blockTimestamp: block.timestamp,
    decidedAtMs: effects.clock.unixMs(),
    mode: settings.mode,
    policyName: effects.policy.name,
    policyHash: effects.policy.hash,
    outcome,
    refusals,
    document,
    memories,
    doubted: pass.doubted,
  }
}
