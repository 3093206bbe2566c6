import { type Address, getAddress, type Hex } from 'viem'
import { z } from 'zod'
import type { VenueMemory } from '../observe/observation.ts'
import type { Journal, NewDecision } from './journal.ts'
import { memorySchema, parsedJson, toJson } from './json.ts'
import type { Store } from './store.ts'

/** The journal's verb about what the keeper remembers of each venue. */
export function createMemoryVerbs({ all, read }: Store): Pick<Journal, 'latestMemories'> {
  return {
    latestMemories: (vault, venueIds) =>
      read(() => {
        const memories = new Map<Hex, VenueMemory>()
        for (const venueId of venueIds) {
          // The newest legible one: a damaged row costs one slot of history, not the venue.
          const rows = all(
            'SELECT memory FROM memories WHERE vault = ? AND venue = ? ORDER BY slot DESC LIMIT 3',
            getAddress(vault),
            venueId,
          )
          for (const row of rows) {
            const parsed = z.object({ memory: parsedJson.pipe(memorySchema) }).safeParse(row)
            if (!parsed.success) continue
            memories.set(venueId, parsed.data.memory)
            break
          }
        }
        return memories
      }),
  }
}

/** Stores the venues' memories inside the caller's transaction. */
export function storeMemories({ run }: Store, vault: Address, memories: NewDecision['memories']): void {
  for (const [venueId, memory] of memories) {
    run(
      `INSERT INTO memories (vault, venue, slot, memory) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET memory = excluded.memory`,
      vault,
      venueId,
      memory.slot,
      toJson(memory),
    )
  }
}
