import { getAddress } from 'viem'
import { z } from 'zod'
import { rowMissing } from '../errors/journal.ts'
import type { Refusal } from '../plan/plan.ts'
import type { Journal, NewDecision } from './journal.ts'
import { decimal, toJson } from './json.ts'
import { storeMemories } from './memory-verbs.ts'
import { decisionRowSchema } from './rows.ts'
import type { Store } from './store.ts'

type DecisionVerbs = Pick<Journal, 'latestDecisionBlock' | 'recordDecision' | 'decisions' | 'decision'>

/** The journal's verbs about decisions. */
export function createDecisionVerbs(store: Store): DecisionVerbs {
  const { get, all, read, transaction } = store
  return {
    latestDecisionBlock: (vault) =>
      read(() => {
        const row = get(
          'SELECT block_number FROM decisions WHERE vault = ? AND doubted = 0 ORDER BY id DESC LIMIT 1',
          getAddress(vault),
        )
        return row === undefined ? null : z.object({ block_number: decimal }).parse(row).block_number
      }),

    recordDecision: (decision) => transaction(() => insertDecision(store, decision)),

    decisions: (query = {}) =>
      read(() => {
        const before = query.beforeId ?? Number.MAX_SAFE_INTEGER
        const limit = query.limit ?? 50
        const rows =
          query.vault === undefined
            ? all('SELECT * FROM decisions WHERE id < ? ORDER BY id DESC LIMIT ?', before, limit)
            : all(
                'SELECT * FROM decisions WHERE vault = ? AND id < ? ORDER BY id DESC LIMIT ?',
                getAddress(query.vault),
                before,
                limit,
              )
        return rows.map((row) => decisionRowSchema.parse(row))
      }),

    decision: (id) =>
      read(() => {
        const row = get('SELECT * FROM decisions WHERE id = ?', id)
        return row === undefined ? null : decisionRowSchema.parse(row)
      }),
  }
}

/** Stores a decision and the memories it was taken with, inside the caller's transaction; answers its id. */
export function insertDecision(store: Store, decision: NewDecision): number {
  const vault = getAddress(decision.vault)
  storeMemories(store, vault, decision.memories)
  const { lastInsertRowid } = store.run(
    `INSERT INTO decisions (vault, slot, block_number, block_hash, block_timestamp, decided_at_ms, mode,
       policy_name, policy_hash, outcome, refusals, document, doubted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    vault,
    decision.slot,
    decision.blockNumber.toString(),
    decision.blockHash,
    decision.blockTimestamp.toString(),
    decision.decidedAtMs,
    decision.mode,
    decision.policyName,
    decision.policyHash,
    decision.outcome,
    toJson(decision.refusals),
    toJson(decision.document),
    decision.doubted === true ? 1 : 0,
  )
  return Number(lastInsertRowid)
}

/** Sets a decision's outcome, and its refusals where given, inside the caller's transaction. */
export function finishDecision({ run }: Store, id: number, outcome: string, refusals?: readonly Refusal[]): void {
  const changes =
    refusals === undefined
      ? run('UPDATE decisions SET outcome = ? WHERE id = ?', outcome, id).changes
      : run('UPDATE decisions SET outcome = ?, refusals = ? WHERE id = ?', outcome, toJson(refusals), id).changes
  if (changes !== 1) throw rowMissing('decisions', id)
}
