import { decisionMissing } from '../errors/keeper.ts'
import type { AttemptRow, DecisionRow, EventRow, IntentRow, Journal, JsonValue, Realised } from '../journal/journal.ts'
import type { Refusal } from '../plan/plan.ts'

export type DecisionExplanation = {
  decision: Omit<DecisionRow, 'document' | 'realised' | 'refusals'>
  /** What was seen, and remembered, per venue. */
  observation: JsonValue
  /** The policy's own answer. */
  answer: JsonValue
  before: JsonValue
  plan: JsonValue
  /** The planner's account: targets, gain, cost, edge. */
  planning: JsonValue
  /** Why nothing was moved; empty where something was. */
  refusals: readonly Refusal[]
  intent: Omit<IntentRow, 'gates' | 'data'> | null
  /** Both gates with every check. */
  gates: JsonValue
  attempts: readonly Omit<AttemptRow, 'raw'>[]
  realised: Realised | null
  events: readonly EventRow[]
}

/**
 * Collects everything that the journal knows about one decision.
 *
 * @throws DECISION_MISSING
 */
export async function explainDecision(journal: Journal, id: number): Promise<DecisionExplanation> {
  const row = await journal.decision(id)
  if (row === null) throw decisionMissing(id)
  const [intent, events] = await Promise.all([journal.intentOfDecision(id), journal.events({ decisionId: id })])
  const attempts = intent === null ? [] : await journal.attemptsOfIntent(intent.id)
  const { document, realised, refusals, ...decision } = row
  const part = (name: string): JsonValue =>
    document !== null && typeof document === 'object' && !Array.isArray(document)
      ? ((document as { readonly [key: string]: JsonValue })[name] ?? null)
      : null
  return {
    decision,
    observation: part('observation'),
    answer: part('policy'),
    before: part('before'),
    plan: part('plan'),
    planning: part('planning'),
    refusals,
    intent: intent === null ? null : withoutBytes(intent),
    gates: intent?.gates ?? null,
    attempts: attempts.map(({ raw: _raw, ...attempt }) => attempt),
    realised,
    events,
  }
}

function withoutBytes({ gates: _gates, data: _data, ...intent }: IntentRow): Omit<IntentRow, 'gates' | 'data'> {
  return intent
}
