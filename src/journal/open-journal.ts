import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import Database from 'libsql'
import { z } from 'zod'
import { storeCorrupt, storeMissing } from '../errors/journal.ts'
import { createAttemptVerbs } from './attempt-verbs.ts'
import { createDecisionVerbs } from './decision-verbs.ts'
import { createEventVerbs } from './event-verbs.ts'
import { guarded } from './guarded.ts'
import { createIntentVerbs } from './intent-verbs.ts'
import type { Journal } from './journal.ts'
import { createMemoryVerbs } from './memory-verbs.ts'
import { createMetaVerbs } from './meta-verbs.ts'
import { checkVersion, migrate } from './migrate.ts'
import { createStore } from './store.ts'
import { acquireStoreLock, type StoreLock } from './store-lock.ts'

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

function createLibsqlJournal(path: string, database: Database.Database, lock: StoreLock | null): Journal {
  const store = createStore(path, database)
  return {
    ...createMetaVerbs(path, store),
    ...createMemoryVerbs(store),
    ...createDecisionVerbs(store),
    ...createIntentVerbs(store),
    ...createAttemptVerbs(store),
    ...createEventVerbs(store),

    close: () =>
      guarded(path, () => {
        store.clear()
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
