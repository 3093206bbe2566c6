import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import Database from 'libsql'
import { storeFailed, storeLocked } from '../errors/journal.ts'

export type StoreLock = { release(): void }

/**
 * Takes the single-writer lock of a store, or throws `STORE_LOCKED` with the process id of its holder.
 *
 * The lock is an open write transaction on the small database `<path>.lock`, which is a lock of the operating system on
 * that file: the kernel releases it however the holder ends, kill -9 included, so a stale lock can't exist and nothing
 * has to guess whether a process id is still the keeper's. `<path>.pid` only tells people who holds it. On network file
 * systems such locks are unreliable; a store belongs on a local disk.
 */
export function acquireStoreLock(path: string, owner: { pid: number; startedAt: string }): StoreLock {
  const pidFile = `${path}.pid`
  let lock: Database.Database | undefined
  try {
    lock = new Database(`${path}.lock`, { timeout: 0 })
    lock.exec('BEGIN IMMEDIATE')
  } catch (cause) {
    closeQuietly(lock)
    const code = sqliteCode(cause)
    if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
      throw storeLocked(path, readOwner(pidFile), cause)
    }
    throw storeFailed(path, code, `The lock file ${path}.lock can't be used.`, cause)
  }
  const held = lock
  try {
    writeFileSync(pidFile, `${JSON.stringify(owner)}\n`)
  } catch {
    // A full disk: the lock is held all the same, and the store itself says what is wrong.
  }
  let released = false
  return {
    release: () => {
      if (released) return
      released = true
      rmSync(pidFile, { force: true })
      held.exec('ROLLBACK')
      held.close()
    },
  }
}

export function sqliteCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'UNKNOWN'
}

function closeQuietly(database: Database.Database | undefined): void {
  try {
    database?.close()
  } catch {
    // It could not be opened in the first place.
  }
}

function readOwner(pidFile: string): { pid: number; startedAt: string } | null {
  try {
    const { pid, startedAt } = JSON.parse(readFileSync(pidFile, 'utf8')) as { pid?: unknown; startedAt?: unknown }
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : null
  } catch {
    return null
  }
}
