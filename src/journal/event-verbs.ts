import { getAddress } from 'viem'
import type { Journal } from './journal.ts'
import { toJson } from './json.ts'
import { eventRowSchema } from './rows.ts'
import type { Store } from './store.ts'

/** The journal's verbs about events: what happened beside the decisions. */
export function createEventVerbs({ run, all, read, transaction }: Store): Pick<Journal, 'appendEvent' | 'events'> {
  return {
    appendEvent: (event) =>
      transaction(() => {
        run(
          'INSERT INTO events (at_ms, vault, decision_id, name, data) VALUES (?, ?, ?, ?, ?)',
          event.atMs,
          event.vault === undefined ? null : getAddress(event.vault),
          event.decisionId ?? null,
          event.name,
          toJson(event.data ?? {}),
        )
      }),

    events: (query = {}) =>
      read(() => {
        const limit = query.limit ?? 100
        const rows =
          query.decisionId === undefined
            ? all('SELECT * FROM events ORDER BY id DESC LIMIT ?', limit)
            : all('SELECT * FROM events WHERE decision_id = ? ORDER BY id DESC LIMIT ?', query.decisionId, limit)
        return rows.map((row) => eventRowSchema.parse(row))
      }),
  }
}
