import { getAddress } from 'viem'
import { z } from 'zod'
import { storeMismatch } from '../errors/journal.ts'
import type { Journal } from './journal.ts'
import { schemaVersion } from './migrate.ts'
import type { Store } from './store.ts'

/** The journal's verbs about the store itself: which schema it has, and which chain and vault it belongs to. */
export function createMetaVerbs(path: string, store: Store): Pick<Journal, 'meta' | 'bind'> {
  const { database, run, get, read, transaction } = store
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
  }
}
