import { getAddress } from 'viem'
import { z } from 'zod'
import { rowMissing, slotTaken } from '../errors/journal.ts'
import { finishDecision, insertDecision } from './decision-verbs.ts'
import type { GateReport, IntentRow, Journal } from './journal.ts'
import { toJson } from './json.ts'
import { intentRowSchema } from './rows.ts'
import type { Store } from './store.ts'

type IntentVerbs = Pick<Journal, 'claimSlot' | 'closeIntent' | 'abandonUnfinished' | 'intent' | 'intentOfDecision'>

const reclaimable = new Set(['refused', 'simulated', 'abandoned'])

/** The journal's verbs about intents: who has the slot, and how its claim ended before anything was signed. */
export function createIntentVerbs(store: Store): IntentVerbs {
  const { run, get, all, read, transaction } = store
  return {
    claimSlot: (decision, intent) =>
      transaction(() => {
        const vault = getAddress(intent.vault)
        const values = [
          insertDecision(store, decision),
          intent.mode,
          intent.planNonce.toString(),
          intent.deadline.toString(),
          getAddress(intent.to),
          intent.data,
          intent.createdAtMs,
        ] as const
        const existing = get('SELECT * FROM intents WHERE vault = ? AND slot = ?', vault, intent.slot)
        if (existing === undefined) {
          const { lastInsertRowid } = run(
            `INSERT INTO intents (decision_id, mode, plan_nonce, deadline, to_address, data, created_at_ms, vault, slot,
               status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')`,
            ...values,
            vault,
            intent.slot,
          )
          return intentById(store, Number(lastInsertRowid))
        }
        const row = intentRowSchema.parse(existing)
        if (!reclaimable.has(row.status)) throw slotTaken(vault, intent.slot, row.status)
        run(
          `INSERT INTO events (at_ms, vault, decision_id, name, data) VALUES (?, ?, ?, 'intent.reclaimed', ?)`,
          intent.createdAtMs,
          vault,
          row.decisionId,
          toJson({ intentId: row.id, status: row.status, reason: row.reason, gates: row.gates }),
        )
        run(
          `UPDATE intents SET decision_id = ?, mode = ?, plan_nonce = ?, deadline = ?, to_address = ?, data = ?,
             created_at_ms = ?, status = 'open', reason = NULL, gates = '{}', claims = claims + 1 WHERE id = ?`,
          ...values,
          row.id,
        )
        return intentById(store, row.id)
      }),

    closeIntent: (intentId, change) =>
      transaction(() => {
        const { decisionId } = intentById(store, intentId)
        storeGates(store, intentId, change.gates ?? [])
        run('UPDATE intents SET status = ?, reason = ? WHERE id = ?', change.status, change.reason ?? null, intentId)
        finishDecision(store, decisionId, change.decisionOutcome, change.refusals)
      }),

    abandonUnfinished: async (reason) => {
      const unfinished = await read(() => all("SELECT id FROM decisions WHERE outcome = 'decided'"))
      if (unfinished.length === 0) return []
      return transaction(() => {
        const ids = unfinished.map((row) => z.object({ id: z.int() }).parse(row).id)
        for (const id of ids) {
          run(
            "UPDATE intents SET status = 'abandoned', reason = ? WHERE decision_id = ? AND status = 'open'",
            reason,
            id,
          )
          finishDecision(store, id, 'abandoned')
        }
        return ids
      })
    },

    intent: (id) =>
      read(() => {
        const row = get('SELECT * FROM intents WHERE id = ?', id)
        return row === undefined ? null : intentRowSchema.parse(row)
      }),

    intentOfDecision: (decisionId) =>
      read(() => {
        const row = get('SELECT * FROM intents WHERE decision_id = ?', decisionId)
        return row === undefined ? null : intentRowSchema.parse(row)
      }),
  }
}

/** The intent with this id, or `ROW_MISSING`. */
export function intentById({ get }: Store, id: number): IntentRow {
  const row = get('SELECT * FROM intents WHERE id = ?', id)
  if (row === undefined) throw rowMissing('intents', id)
  return intentRowSchema.parse(row)
}

/** Adds the gates' reports to an intent, inside the caller's transaction. */
export function storeGates({ run }: Store, intentId: number, reports: readonly GateReport[]): void {
  for (const report of reports) {
    run(
      'UPDATE intents SET gates = json_set(gates, ?, json(?)) WHERE id = ?',
      `$.${report.gate}`,
      toJson(report),
      intentId,
    )
  }
}
