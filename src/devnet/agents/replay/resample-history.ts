import { historyEmpty } from '../../../errors/market.ts'
import type { HistoryRow } from './parse-history.ts'

/** One hour of a recorded history. Balances at its end, gross flows within it; US dollars. */
export type HistoryHour = {
  /** Unix seconds of the hour's end. */
  timestamp: number
  deposits: number
  borrows: number
  deposit: number
  withdraw: number
  borrow: number
  repay: number
  /** Percent a year at the hour's end, where the record has it. */
  lenderRate?: number
}

const hour = 3_600

/** A market younger than this share of its median size has rates that mean nothing. */
const youngShare = 0.05

/**
 * Turns event rows into whole hours: a balance stands until the next row, flows of rows that end within the hour add up,
 * nothing is interpolated, borrows above deposits (prices and rounding of the record) are cut to deposits.
 *
 * Starts at `from` (Unix seconds), by default where deposits first reach 5 % of their median.
 *
 * @throws HISTORY_EMPTY where less than two hours are left
 */
export function resampleHistory(rows: readonly HistoryRow[], file: string, from?: number): HistoryHour[] {
  const sizes = rows.map((row) => row.totalDepositBalanceUSD).sort((a, b) => a - b)
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0
  const first = rows.findIndex((row) =>
    from === undefined
      ? row.totalDepositBalanceUSD > 0 && row.totalDepositBalanceUSD >= youngShare * median
      : row.timestamp >= from,
  )
  const start = rows[first]
  const last = rows.at(-1)
  if (start === undefined || last === undefined) throw historyEmpty(file, rows.length, 'rows with deposits')

  const hours: HistoryHour[] = []
  let next = first
  let standing = start
  for (
    let end = Math.ceil(start.timestamp / hour) * hour;
    end <= Math.ceil(last.timestamp / hour) * hour;
    end += hour
  ) {
    const flows = { deposit: 0, withdraw: 0, borrow: 0, repay: 0 }
    for (let row = rows[next]; row !== undefined && row.timestamp <= end; row = rows[next]) {
      standing = row
      flows.deposit += row.hourlyDepositUSD
      flows.withdraw += row.hourlyWithdrawUSD
      flows.borrow += row.hourlyBorrowUSD
      flows.repay += row.hourlyRepayUSD
      next += 1
    }
    hours.push({
      timestamp: end,
      deposits: standing.totalDepositBalanceUSD,
      borrows: Math.min(standing.totalBorrowBalanceUSD, standing.totalDepositBalanceUSD),
      ...flows,
      ...(standing.lenderRate === undefined ? {} : { lenderRate: standing.lenderRate }),
    })
  }
  if (hours.length < 2) throw historyEmpty(file, rows.length, 'two hours')
  return hours
}
