import type { Refusal } from '../plan/plan.ts'
import type { StateReading, TickEffects, TickSettings } from './effects.ts'

/** A head below the block of the last decision: the endpoint lags, or it is another chain than it was. */
export async function behindTheJournal(
  effects: TickEffects,
  settings: TickSettings,
  { market }: StateReading,
): Promise<Refusal | null> {
  const last = await effects.journal.latestDecisionBlock(settings.vault)
  if (last === null || market.block.number >= last) return null
  const reason = `The endpoint's head is block ${market.block.number}; the last decision was taken at block ${last}. A chain that was started anew needs a new store.`
  return { code: 'endpoint_behind', reason }
}
