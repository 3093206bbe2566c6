import type Database from 'libsql'
import { guarded } from './guarded.ts'

/** What the verbs of the journal work with: one open database, its prepared statements, and its errors sorted. */
export type Store = {
  database: Database.Database
  run(sql: string, ...values: Value[]): Database.RunResult
  get(sql: string, ...values: Value[]): unknown
  all(sql: string, ...values: Value[]): unknown[]
  /** Runs the action in one transaction; whatever it throws becomes an error of the journal's family. */
  transaction<result>(action: () => result): Promise<result>
  /** The same without a transaction. */
  read<result>(action: () => result): Promise<result>
  /** Lets go of the prepared statements. */
  clear(): void
}

type Value = string | number | null

/** Wraps an open database as the handle of the journal's verbs. */
export function createStore(path: string, database: Database.Database): Store {
  const statements = new Map<string, Database.Statement>()
  const statement = (sql: string): Database.Statement => {
    const known = statements.get(sql)
    if (known !== undefined) return known
    const prepared = database.prepare(sql)
    statements.set(sql, prepared)
    return prepared
  }
  return {
    database,
    run: (sql, ...values) => statement(sql).run(...values),
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    transaction: (action) => guarded(path, () => inTransaction(database, action)),
    read: (action) => guarded(path, action),
    clear: () => statements.clear(),
  }
}

/** Runs the action between BEGIN IMMEDIATE and COMMIT; an error rolls it back. */
export function inTransaction<result>(database: Database.Database, action: () => result): result {
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
