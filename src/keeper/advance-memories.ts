import type { Hex } from 'viem'
import type { VenueMemory } from '../observe/observation.ts'
import type { StateReading, TickEffects, TickSettings } from './effects.ts'

export type AdvancedMemories = {
  /** One for each venue, in the order of the reading. */
  all: readonly VenueMemory[]
  /** Those that the reading changed, by venue id: what is to be stored. */
  changed: ReadonlyMap<Hex, VenueMemory>
}

/** Takes the stored memories of the venues one reading further; stores nothing. */
export async function advanceMemories(
  effects: TickEffects,
  settings: TickSettings,
  { market, vault }: StateReading,
): Promise<AdvancedMemories> {
  const ids = market.venues.map(({ ref }) => ref.id)
  const stored = await effects.journal.latestMemories(settings.vault, ids)
  const changed = new Map<Hex, VenueMemory>()
  const all = market.venues.map((venue) => {
    const before = stored.get(venue.ref.id)
    const after = effects.advanceMemory(before, venue, market.block, vault.assetDecimals)
    if (after !== before && after.slot >= 0) changed.set(venue.ref.id, after)
    return after
  })
  return { all, changed }
}
