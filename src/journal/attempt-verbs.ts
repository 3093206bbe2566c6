import { getAddress } from 'viem'
import { z } from 'zod'
import { attemptInFlight, rowMissing } from '../errors/journal.ts'
import { finishDecision } from './decision-verbs.ts'
import { intentById, storeGates } from './intent-verbs.ts'
import type { Journal } from './journal.ts'
import { decimal, parsedJson, receiptSchema, toJson } from './json.ts'
import { readAttempt } from './rows.ts'
import type { Store } from './store.ts'

type AttemptVerbs = Pick<
  Journal,
  | 'insertAttempt'
  | 'advanceAttempt'
  | 'openAttempts'
  | 'droppedAttempts'
  | 'attemptsOfNonce'
  | 'gasSpent'
  | 'attemptsOfIntent'
  | 'attempts'
>

const openStatuses = "('signed', 'broadcast', 'mined')"

/** The journal's verbs about attempts: signed transactions, their receipts and what they cost. */
export function createAttemptVerbs(store: Store): AttemptVerbs {
  const { run, get, all, read, transaction } = store
  return {
    insertAttempt: (attempt, gates = []) =>
      transaction(() => {
        const signer = getAddress(attempt.signer)
        const inFlight = get(
          `SELECT nonce FROM attempts WHERE chain_id = ? AND signer = ? AND status IN ${openStatuses} AND nonce <> ? LIMIT 1`,
          attempt.chainId,
          signer,
          attempt.nonce,
        )
        if (inFlight !== undefined) {
          throw attemptInFlight(signer, z.object({ nonce: z.int() }).parse(inFlight).nonce, attempt.nonce)
        }
        const { decisionId } = intentById(store, attempt.intentId)
        const { lastInsertRowid } = run(
          `INSERT INTO attempts (intent_id, kind, chain_id, signer, nonce, hash, raw, deadline, max_fee_per_gas,
             max_priority_fee_per_gas, gas, status, created_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'signed', ?)`,
          attempt.intentId,
          attempt.kind,
          attempt.chainId,
          signer,
          attempt.nonce,
          attempt.hash,
          attempt.raw,
          attempt.deadline.toString(),
          attempt.maxFeePerGas.toString(),
          attempt.maxPriorityFeePerGas.toString(),
          attempt.gas.toString(),
          attempt.createdAtMs,
        )
        storeGates(store, attempt.intentId, gates)
        run("UPDATE intents SET status = 'signed', reason = NULL WHERE id = ?", attempt.intentId)
        finishDecision(store, decisionId, 'sent')
        return readAttempt(get('SELECT * FROM attempts WHERE id = ?', Number(lastInsertRowid)))
      }),

    advanceAttempt: (change) =>
      transaction(() => {
        const row = get('SELECT intent_id FROM attempts WHERE id = ?', change.attemptId)
        if (row === undefined) throw rowMissing('attempts', change.attemptId)
        const intentId = z.object({ intent_id: z.int() }).parse(row).intent_id
        run(
          'UPDATE attempts SET status = ?, reason = ?, receipt = coalesce(?, receipt) WHERE id = ?',
          change.status,
          change.reason ?? null,
          change.receipt === undefined ? null : toJson(change.receipt),
          change.attemptId,
        )
        if (change.intentStatus !== undefined) {
          run(
            'UPDATE intents SET status = ?, reason = ? WHERE id = ?',
            change.intentStatus,
            change.reason ?? null,
            intentId,
          )
        }
        if (change.decisionOutcome === undefined && change.realised === undefined) return
        const { decisionId } = intentById(store, intentId)
        if (change.decisionOutcome !== undefined) finishDecision(store, decisionId, change.decisionOutcome)
        if (change.realised !== undefined) {
          run('UPDATE decisions SET realised = ? WHERE id = ?', toJson(change.realised), decisionId)
        }
      }),

    openAttempts: () =>
      read(() => all(`SELECT * FROM attempts WHERE status IN ${openStatuses} ORDER BY id`).map(readAttempt)),

    droppedAttempts: ({ sinceMs }) =>
      read(() =>
        all(
          `SELECT * FROM attempts AS dropped WHERE status = 'dropped' AND created_at_ms >= ? AND NOT EXISTS (
             SELECT 1 FROM attempts AS other WHERE other.chain_id = dropped.chain_id AND other.signer = dropped.signer
               AND other.nonce = dropped.nonce AND other.receipt IS NOT NULL) ORDER BY id`,
          sinceMs,
        ).map(readAttempt),
      ),

    attemptsOfNonce: ({ chainId, signer, nonce }) =>
      read(() =>
        all(
          'SELECT * FROM attempts WHERE chain_id = ? AND signer = ? AND nonce = ? ORDER BY id',
          chainId,
          getAddress(signer),
          nonce,
        ).map(readAttempt),
      ),

    gasSpent: ({ chainId, signer, sinceMs }) =>
      read(() => {
        const rows = all(
          `SELECT receipt, gas, max_fee_per_gas FROM attempts
             WHERE chain_id = ? AND signer = ? AND created_at_ms >= ? AND receipt IS NOT NULL`,
          chainId,
          getAddress(signer),
          sinceMs,
        )
        return rows.reduce<bigint>((sum, row) => {
          const read = z.object({ receipt: parsedJson.pipe(receiptSchema) }).safeParse(row)
          if (read.success) return sum + read.data.receipt.gasUsed * read.data.receipt.effectiveGasPrice
          const most = z.object({ gas: decimal, max_fee_per_gas: decimal }).parse(row)
          return sum + most.gas * most.max_fee_per_gas
        }, 0n)
      }),

    attemptsOfIntent: (intentId) =>
      read(() => all('SELECT * FROM attempts WHERE intent_id = ? ORDER BY id', intentId).map(readAttempt)),

    attempts: (query = {}) =>
      read(() => all('SELECT * FROM attempts ORDER BY id DESC LIMIT ?', query.limit ?? 50).map(readAttempt)),
  }
}
