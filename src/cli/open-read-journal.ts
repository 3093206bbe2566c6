import type { Journal } from '../journal/journal.ts'
import type { Context } from './context.ts'

/** Runs an action on the configured journal, opened for reading: it may run beside the keeper. */
export async function withJournal<result>(
  context: Context,
  action: (journal: Journal) => Promise<result>,
): Promise<result> {
  const { config } = await context.loadConfig()
  const { openJournal } = await import('../journal/open-journal.ts')
  const journal = await openJournal({ path: config.store.path, access: 'read' })
  try {
    return await action(journal)
  } finally {
    await journal.close()
  }
}
