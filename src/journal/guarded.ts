import { z } from 'zod'
import { TillerError } from '../errors/base.ts'
import { storeCorrupt, storeFailed, storeLocked } from '../errors/journal.ts'
import { sqliteCode } from './store-lock.ts'

/** Runs a step of the store and turns whatever the database raises into an error of the journal's family. */
export async function guarded<result>(path: string, action: () => result): Promise<result> {
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
