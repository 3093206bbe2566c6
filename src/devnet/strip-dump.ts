type Dump = {
  best_block_number: number
  blocks: readonly { header: { number: string } }[]
  transactions: readonly unknown[]
  historical_states: unknown
  accounts: Record<string, { storage: Record<string, string> }>
}

/**
 * Cuts an anvil state dump down to what a start needs, in a fixed order: the accounts and the head block. Receipts and
 * logs from before the head are gone. A fifth of the size, and equal builds give equal bytes.
 */
export function stripDump(text: string): string {
  const dump: Dump = JSON.parse(text)
  const head = dump.blocks.find(({ header }) => Number(header.number) === dump.best_block_number)
  if (head === undefined) throw new Error(`The dump lacks its head, block ${dump.best_block_number}`)
  const accounts = Object.fromEntries(
    sorted(dump.accounts).map(([address, account]) => [
      address,
      { ...account, storage: Object.fromEntries(sorted(account.storage)) },
    ]),
  )
  return JSON.stringify({ ...dump, accounts, blocks: [head], transactions: [], historical_states: null })
}

function sorted<Value>(record: Record<string, Value>): [string, Value][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1))
}
