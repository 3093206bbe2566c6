import type Database from 'libsql'
import { z } from 'zod'
import { storeCorrupt, storeVersion } from '../errors/journal.ts'
import { migrations } from './migrations.ts'
import { inTransaction } from './store.ts'

/** Number of the migrations that the database has seen; 0 for an empty one. */
export function schemaVersion(database: Database.Database): number {
  const rows = z.array(z.object({ user_version: z.number() })).parse(database.pragma('user_version'))
  return rows[0]?.user_version ?? 0
}

/**
 * Checks that a store can be read as it stands.
 *
 * @throws STORE_VERSION, STORE_CORRUPT
 */
export function checkVersion(path: string, database: Database.Database): void {
  const found = schemaVersion(database)
  if (found > migrations.length) throw storeVersion(path, found, migrations.length)
  if (found === 0) throw storeCorrupt(path, 'The file is a database, but not a journal.')
}

/**
 * Brings a store to the newest schema, each step in a transaction of its own.
 *
 * @throws STORE_VERSION, STORE_CORRUPT
 */
export function migrate(path: string, database: Database.Database): void {
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
