import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import { getAddress, type Hex, keccak256 } from 'viem'
import { z } from 'zod'
import { TillerError } from '../errors/base.ts'
import {
  attemptInFlight,
  rowMissing,
  slotTaken,
  storeCorrupt,
  storeFailed,
  storeLocked,
  storeMismatch,
  storeMissing,
  storeVersion,
} from '../errors/journal.ts'
import type { VenueMemory } from '../observe/observation.ts'
import type { Refusal } from '../plan/plan.ts'
import {
  type AttemptRow,
  attemptStatuses,
  type DecisionRow,
  decisionOutcomes,
  type EventRow,
  type GateReport,
  type IntentRow,
  intentStatuses,
  type Journal,
  type JsonValue,
  keeperModes,
  type NewDecision,
} from './journal.ts'
import { decimal, hex, memorySchema, realisedSchema, receiptSchema, refusalsSchema, toJson } from './json.ts'
import { migrations } from './migrations.ts'
import { acquireStoreLock, type StoreLock, sqliteCode } from './store-lock.ts'

export type OpenJournalParameters = {
  /** File of the store; `<path>.lock` and `<path>.pid` lie beside it. */
  path: string
  /** `read` neither creates nor locks, and runs beside the keeper that writes. @default 'write' */
  access?: 'write' | 'read'
  /** Who holds the lock, for the message of a second keeper. */
  owner?: { pid: number; startedAt: string }
}

/**
 * Opens the embedded journal: SQLite through libsql, write-ahead log, synchronous FULL, one writer.
 *
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_VERSION, STORE_MISSING (access `read`), STORE_FAILED
 */
export function openJournal(parameters: OpenJournalParameters): Promise<Journal> {
  const { access = 'write' } = parameters
  // One file, one lock, also where the path is a link to it.
  const path = existsSync(parameters.path) ? realpathSync(parameters.path) : parameters.path
  return guarded(path, () => {
    if (access === 'read') {
      if (!existsSync(path)) throw storeMissing(path)
      const database = new Database(path, { timeout: 2_000 })
      return checkedJournal(path, database, null, () => {
        // libsql takes the option `readonly` and does not act on it.
        database.pragma('query_only = ON')
        checkVersion(path, database)
      })
    }
    mkdirSync(dirname(path), { recursive: true })
    const owner = parameters.owner ?? { pid: process.pid, startedAt: new Date().toISOString() }
    const lock = acquireStoreLock(path, owner)
    try {
      const database = new Database(path, { timeout: 2_000 })
      return checkedJournal(path, database, lock, () => {
        database.pragma('journal_mode = WAL')
        database.pragma('synchronous = FULL')
        database.pragma('foreign_keys = ON')
        checkIntegrity(path, database)
        migrate(path, database)
      })
    } catch (error) {
      lock.release()
      throw error
    }
  })
}

function checkedJournal(path: string, database: Database.Database, lock: StoreLock | null, check: () => void): Journal {
  try {
    check()
  } catch (error) {
    database.close()
    throw error
  }
  return createLibsqlJournal(path, database, lock)
}

function checkIntegrity(path: string, database: Database.Database): void {
  const rows = z.array(z.object({ quick_check: z.string() })).parse(database.pragma('quick_check(1)'))
  const found = rows[0]?.quick_check ?? 'no answer'
  if (found !== 'ok') throw storeCorrupt(path, found)
}

function schemaVersion(database: Database.Database): number {
  const rows = z.array(z.object({ user_version: z.number() })).parse(database.pragma('user_version'))
  return rows[0]?.user_version ?? 0
}

function checkVersion(path: string, database: Database.Database): void {
  const found = schemaVersion(database)
  if (found > migrations.length) throw storeVersion(path, found, migrations.length)
  if (found === 0) throw storeCorrupt(path, 'The file is a database, but not a journal.')
}

function migrate(path: string, database: Database.Database): void {
  const found = schemaVersion(database)
  if (found > migrations.length) throw storeVersion(path, found, migrations.length)
  const tables = database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE type = 'table'").get()
  if (found === 0 && z.object({ n: z.number() }).parse(tables).n > 0) {
    throw storeCorrupt(path, 'The file is a database, but not a journal.')
  }
  for (const [index, statements] of migrations.entries()) {
    if (index < found) continue
    inTransaction(database, () => {
      if (index === 0) database.exec('CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID')
      database.exec(statements)
      database.exec(`PRAGMA user_version = ${index + 1}`)
    })
  }
}

function inTransaction<result>(database: Database.Database, action: () => result): result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const value = action()
    database.exec('COMMIT')
    return value
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** Runs a step of the store and turns whatever the database raises into an error of the journal's family. */
async function guarded<result>(path: string, action: () => result): Promise<result> {
  try {
    return action()
  } catch (error) {
    if (error instanceof TillerError) throw error
    const code = sqliteCode(error)
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof z.ZodError) throw storeCorrupt(path, z.prettifyError(error), error)
    if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) throw storeCorrupt(path, reason, error)
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) throw storeLocked(path, null, error)
    throw storeFailed(path, code, reason, error)
  }
}

const address = hex.transform((text) => getAddress(text))
const parsedJson = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
})
const jsonText = parsedJson.transform((value) => value as JsonValue)

const decisionRowSchema = z
  .object({
    id: z.int(),
    vault: address,
    slot: z.int(),
    block_number: decimal,
    block_hash: hex,
    block_timestamp: decimal,
    decided_at_ms: z.number(),
    mode: z.enum(keeperModes),
    policy_name: z.string(),
    policy_hash: hex,
    outcome: z.enum(decisionOutcomes),
    refusals: parsedJson.pipe(refusalsSchema),
    document: jsonText,
    realised: z.union([z.null(), parsedJson.pipe(realisedSchema)]),
  })
  .transform(
    (row): DecisionRow => ({
      id: row.id,
      vault: row.vault,
      slot: row.slot,
      blockNumber: row.block_number,
      blockHash: row.block_hash,
      blockTimestamp: row.block_timestamp,
      decidedAtMs: row.decided_at_ms,
      mode: row.mode,
      policyName: row.policy_name,
      policyHash: row.policy_hash,
      outcome: row.outcome,
      refusals: row.refusals as readonly Refusal[],
      document: row.document,
      realised: row.realised,
    }),
  )

const intentRowSchema = z
  .object({
    id: z.int(),
    vault: address,
    slot: z.int(),
    decision_id: z.int(),
    mode: z.enum(keeperModes),
    plan_nonce: decimal,
    deadline: decimal,
    to_address: address,
    data: hex,
    status: z.enum(intentStatuses),
    reason: z.string().nullable(),
    claims: z.int(),
    gates: jsonText,
    created_at_ms: z.number(),
  })
  .transform(
    (row): IntentRow => ({
      id: row.id,
      vault: row.vault,
      slot: row.slot,
      decisionId: row.decision_id,
      mode: row.mode,
      planNonce: row.plan_nonce,
      deadline: row.deadline,
      to: row.to_address,
      data: row.data,
      status: row.status,
      reason: row.reason,
      claims: row.claims,
      gates: row.gates,
      createdAtMs: row.created_at_ms,
    }),
  )

const attemptRowSchema = z
  .object({
    id: z.int(),
    intent_id: z.int(),
    kind: z.enum(['rebalance', 'cancel', 'fill']),
    chain_id: z.int(),
    signer: address,
    nonce: z.int().nonnegative(),
    hash: hex,
    raw: hex,
    deadline: decimal,
    max_fee_per_gas: decimal,
    max_priority_fee_per_gas: decimal,
    gas: decimal,
    status: z.enum(attemptStatuses),
    reason: z.string().nullable(),
    receipt: z.union([z.null(), parsedJson.pipe(receiptSchema)]),
    created_at_ms: z.number(),
  })
  .refine((row) => keccak256(row.raw) === row.hash, { error: 'The raw bytes do not hash to the row’s hash.' })
  .transform(
    (row): AttemptRow => ({
      id: row.id,
      intentId: row.intent_id,
      kind: row.kind,
      chainId: row.chain_id,
      signer: row.signer,
      nonce: row.nonce,
      hash: row.hash,
      raw: row.raw,
      deadline: row.deadline,
      maxFeePerGas: row.max_fee_per_gas,
      maxPriorityFeePerGas: row.max_priority_fee_per_gas,
      gas: row.gas,
      status: row.status,
      reason: row.reason,
      receipt: row.receipt,
      createdAtMs: row.created_at_ms,
    }),
  )

/** A row that can't be read in full still has to be seen: what is legible of it, marked as damaged. */
function readAttempt(row: unknown): AttemptRow {
  const parsed = attemptRowSchema.safeParse(row)
  if (parsed.success) return parsed.data
  const legible = z.object({ id: z.int(), intent_id: z.int() }).parse(row)
  return {
    id: legible.id,
    intentId: legible.intent_id,
    kind: 'rebalance',
    chainId: 0,
    signer: '0x0000000000000000000000000000000000000000',
    nonce: 0,
    hash: '0x',
    raw: '0x',
    deadline: 0n,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
    gas: 0n,
    status: 'quarantined',
    reason: null,
    receipt: null,
    createdAtMs: 0,
    damage: z.prettifyError(parsed.error),
  }
}

const eventRowSchema = z
  .object({
    id: z.int(),
    at_ms: z.number(),
    vault: z.union([z.null(), address]),
    decision_id: z.int().nullable(),
    name: z.string(),
    data: jsonText,
  })
  .transform(
    (row): EventRow => ({
      id: row.id,
      atMs: row.at_ms,
      vault: row.vault,
      decisionId: row.decision_id,
      name: row.name,
      data: row.data,
    }),
  )

const reclaimable = new Set(['refused', 'simulated', 'abandoned'])
const openStatuses = "('signed', 'broadcast', 'mined')"

function createLibsqlJournal(path: string, database: Database.Database, lock: StoreLock | null): Journal {
  const statements = new Map<string, Database.Statement>()
  const statement = (sql: string): Database.Statement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const prepared = database.prepare(sql)
    statements.set(sql, prepared)
    return prepared
  }
  const run = (sql: string, ...values: (string | number | null)[]): Database.RunResult => statement(sql).run(...values)
  const get = (sql: string, ...values: (string | number | null)[]): unknown => statement(sql).get(...values)
  const all = (sql: string, ...values: (string | number | null)[]): unknown[] => statement(sql).all(...values)
  const transaction = <result>(action: () => result): Promise<result> =>
    guarded(path, () => inTransaction(database, action))
  const read = <result>(action: () => result): Promise<result> => guarded(path, action)

  const finishDecision = (id: number, outcome: string, refusals?: readonly Refusal[]): void => {
    const changes =
      refusals === undefined
        ? run('UPDATE decisions SET outcome = ? WHERE id = ?', outcome, id).changes
        : run('UPDATE decisions SET outcome = ?, refusals = ? WHERE id = ?', outcome, toJson(refusals), id).changes
    if (changes !== 1) throw rowMissing('decisions', id)
  }
  const intentById = (id: number): IntentRow => {
    const row = get('SELECT * FROM intents WHERE id = ?', id)
    if (row === undefined) throw rowMissing('intents', id)
    return intentRowSchema.parse(row)
  }
  const insertDecision = (decision: NewDecision): number => {
    const vault = getAddress(decision.vault)
    for (const [venueId, memory] of decision.memories) {
      run(
        `INSERT INTO memories (vault, venue, slot, memory) VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET memory = excluded.memory`,
        vault,
        venueId,
        memory.slot,
        toJson(memory),
      )
    }
    const { lastInsertRowid } = run(
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
  const storeGates = (intentId: number, reports: readonly GateReport[]): void => {
    for (const report of reports) {
      run(
        'UPDATE intents SET gates = json_set(gates, ?, json(?)) WHERE id = ?',
        `$.${report.gate}`,
        toJson(report),
        intentId,
      )
    }
  }
  const metaValue = (name: string): string | null => {
    const row = get('SELECT value FROM meta WHERE name = ?', name)
    return row === undefined ? null : z.object({ value: z.string() }).parse(row).value
  }

  return {
    meta: () =>
      read(() => {
        const chainId = metaValue('chainId')
        const vault = metaValue('vault')
        return {
          schemaVersion: schemaVersion(database),
          chainId: chainId === null ? null : Number(chainId),
          vault: vault === null ? null : getAddress(vault),
        }
      }),

    bind: ({ chainId, vault }) =>
      transaction(() => {
        const expected = { chainId: String(chainId), vault: getAddress(vault) }
        for (const [name, value] of Object.entries(expected)) {
          const found = metaValue(name)
          if (found === null) run('INSERT INTO meta (name, value) VALUES (?, ?)', name, value)
          else if (found !== value) throw storeMismatch(path, name, value, found)
        }
      }),

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

    latestDecisionBlock: (vault) =>
      read(() => {
        const row = get(
          'SELECT block_number FROM decisions WHERE vault = ? AND doubted = 0 ORDER BY id DESC LIMIT 1',
          getAddress(vault),
        )
        return row === undefined ? null : z.object({ block_number: decimal }).parse(row).block_number
      }),

    recordDecision: (decision) => transaction(() => insertDecision(decision)),

    claimSlot: (decision, intent) =>
      transaction(() => {
        const vault = getAddress(intent.vault)
        const values = [
          insertDecision(decision),
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
          return intentById(Number(lastInsertRowid))
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
        return intentById(row.id)
      }),

    closeIntent: (intentId, change) =>
      transaction(() => {
        const { decisionId } = intentById(intentId)
        storeGates(intentId, change.gates ?? [])
        run('UPDATE intents SET status = ?, reason = ? WHERE id = ?', change.status, change.reason ?? null, intentId)
        finishDecision(decisionId, change.decisionOutcome, change.refusals)
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
          finishDecision(id, 'abandoned')
        }
        return ids
      })
    },

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
        const { decisionId } = intentById(attempt.intentId)
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
        storeGates(attempt.intentId, gates)
        run("UPDATE intents SET status = 'signed', reason = NULL WHERE id = ?", attempt.intentId)
        finishDecision(decisionId, 'sent')
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
        const { decisionId } = intentById(intentId)
        if (change.decisionOutcome !== undefined) finishDecision(decisionId, change.decisionOutcome)
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

    attemptsOfIntent: (intentId) =>
      read(() => all('SELECT * FROM attempts WHERE intent_id = ? ORDER BY id', intentId).map(readAttempt)),

    attempts: (query = {}) =>
      read(() => all('SELECT * FROM attempts ORDER BY id DESC LIMIT ?', query.limit ?? 50).map(readAttempt)),

    events: (query = {}) =>
      read(() => {
        const limit = query.limit ?? 100
        const rows =
          query.decisionId === undefined
            ? all('SELECT * FROM events ORDER BY id DESC LIMIT ?', limit)
            : all('SELECT * FROM events WHERE decision_id = ? ORDER BY id DESC LIMIT ?', query.decisionId, limit)
        return rows.map((row) => eventRowSchema.parse(row))
      }),

    close: () =>
      guarded(path, () => {
        statements.clear()
        if (!database.open) return
        // libsql keeps the file open while a statement lives; the log is folded in now, not when that one is collected.
        try {
          if (lock !== null) database.pragma('wal_checkpoint(TRUNCATE)')
        } finally {
          // On a full disk too: what is committed stays in the log, and the next writer gets its turn.
          database.close()
          lock?.release()
        }
      }),
  }
}
