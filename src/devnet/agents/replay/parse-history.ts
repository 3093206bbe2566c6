import { historyColumnsMissing, historyInvalid } from '../../../errors/market.ts'

/** One row of a recorded history: the state after an hour that had activity, and the gross flows of that hour. US dollars. */
export type HistoryRow = {
  /** Unix seconds. */
  timestamp: number
  totalDepositBalanceUSD: number
  totalBorrowBalanceUSD: number
  hourlyDepositUSD: number
  hourlyWithdrawUSD: number
  hourlyBorrowUSD: number
  hourlyRepayUSD: number
  /** APR that suppliers got, percent; absent where the record has none. */
  lenderRate?: number
}

const required = [
  'timestamp',
  'totalDepositBalanceUSD',
  'totalBorrowBalanceUSD',
  'hourlyBorrowUSD',
  'hourlyDepositUSD',
  'hourlyRepayUSD',
  'hourlyWithdrawUSD',
] as const

/**
 * Parses a recorded history: CSV with a header, columns in any order, further columns ignored. Rows are events in order
 * of time; of rows with equal times the last stands for the balances, and all count for the flows.
 *
 * @throws HISTORY_COLUMNS_MISSING, HISTORY_INVALID, both naming the file, and the second the line and column
 */
export function parseHistory(text: string, file: string): HistoryRow[] {
  const lines = text.split(/\r?\n/)
  const header = (lines[0] ?? '')
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((name) => name.trim())
  const missing = required.filter((name) => !header.includes(name))
  if (missing.length > 0) throw historyColumnsMissing(file, missing, header.join(',').slice(0, 200))
  const places = Object.fromEntries(required.map((name) => [name, header.indexOf(name)])) as Record<
    (typeof required)[number],
    number
  >
  const ratePlace = header.indexOf('lenderRate')

  const rows: HistoryRow[] = []
  for (let index = 1; index < lines.length; index += 1) {
    const text = lines[index] ?? ''
    if (text.trim() === '') continue
    const cells = text.split(',')
    const line = index + 1
    if (cells.length !== header.length) {
      throw historyInvalid(
        { file, line, column: 'all' },
        `${cells.length} cells`,
        `${header.length} cells, as in the header`,
      )
    }
    const number = (column: (typeof required)[number]): number => {
      const cell = (cells[places[column]] ?? '').trim()
      const value = Number(cell)
      if (cell === '' || !Number.isFinite(value)) {
        throw historyInvalid({ file, line, column }, cell === '' ? 'nothing' : cell, 'a number')
      }
      if (value < 0) throw historyInvalid({ file, line, column }, cell, 'zero or more')
      return value
    }
    const timestamp = number('timestamp')
    if (!Number.isInteger(timestamp) || timestamp < 1e9 || timestamp >= 1e10) {
      throw historyInvalid({ file, line, column: 'timestamp' }, String(timestamp), 'whole Unix seconds')
    }
    const before = rows.at(-1)
    if (before !== undefined && timestamp < before.timestamp) {
      throw historyInvalid(
        { file, line, column: 'timestamp' },
        String(timestamp),
        `not before ${before.timestamp}, the row above`,
      )
    }
    const rate = ratePlace < 0 ? '' : (cells[ratePlace] ?? '').trim()
    rows.push({
      timestamp,
      totalDepositBalanceUSD: number('totalDepositBalanceUSD'),
      totalBorrowBalanceUSD: number('totalBorrowBalanceUSD'),
      hourlyDepositUSD: number('hourlyDepositUSD'),
      hourlyWithdrawUSD: number('hourlyWithdrawUSD'),
      hourlyBorrowUSD: number('hourlyBorrowUSD'),
      hourlyRepayUSD: number('hourlyRepayUSD'),
      ...(rate === '' || !Number.isFinite(Number(rate)) ? {} : { lenderRate: Number(rate) }),
    })
  }
  return rows
}
