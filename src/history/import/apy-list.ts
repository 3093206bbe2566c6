import type { Csv } from '../csv.ts'
import { frozenFeed } from '../resample.ts'
import { cellReader, type ImportedVenue, importedVenue, type RecordedRow } from './table.ts'

export const apyListColumns = ['protocol', 'chain', 'asset', 'apy'] as const

const day = 86_400

/** Savings rates that governance sets: they stand still for months, and nobody died. */
const setByGovernance = /^(maker|sky|dsr|ssr|spark-savings)$/i

/**
 * Imports lists of APYs, `protocol,chain,asset,timestamp|unix,apy[,date]`, a venue for each protocol, chain and asset,
 * without totals, hence exogenous. APY (a fraction) becomes APR = ln(1 + APY): what is credited each second.
 *
 * A row with a `date` is the mean of its day, and known at the day's end, which is where it is put (`dailyAt` moves it to
 * the day's start). Left out: an APY of exactly zero at a floating rate (the feed had no answer), and a dead feed: where
 * a floating rate repeats to the last digit for three days, it ends with the first of these rows, until it moves again.
 *
 * @param asset - Only venues of this asset; all of them where absent.
 * @throws IMPORT_CELL, IMPORT_NO_ROWS
 */
export function importApyList(table: Csv, file: string, dailyAt: 'start' | 'end', asset?: string): ImportedVenue[] {
  const cells = cellReader(file, table)
  const timeColumn = table.header.includes('unix') ? 'unix' : 'timestamp'
  const shift = table.header.includes('date') && dailyAt === 'end' ? day : 0

  type Listed = { asset: string; floats: boolean; rows: RecordedRow[]; read: number; zeros: number }
  const listed = new Map<string, Listed>()
  for (let row = 0; row < table.rows.length; row += 1) {
    const [protocol, chain, name] = [cells.text(row, 'protocol'), cells.text(row, 'chain'), cells.text(row, 'asset')]
    if (asset !== undefined && name.toUpperCase() !== asset.toUpperCase()) continue
    const id = [protocol, chain, name]
      .join('-')
      .toLowerCase()
      .replace(/[^a-z0-9-]+/g, '-')
    const found = listed.get(id) ?? {
      asset: name,
      floats: !setByGovernance.test(protocol),
      rows: [],
      read: 0,
      zeros: 0,
    }
    listed.set(id, found)
    found.read += 1
    const timestamp = cells.unixSeconds(row, timeColumn) + shift
    const apy = cells.number(row, 'apy')
    if (apy === 0 && found.floats) found.zeros += 1
    else found.rows.push({ timestamp, supplyApr: Math.log1p(apy) })
  }
  if (listed.size === 0)
    return [importedVenue({ id: 'none', kind: 'exogenous', asset: '' }, file, table.rows.length, [], [])]

  return [...listed].map(([id, { asset: name, floats, rows, read, zeros }]) => {
    rows.sort((a, b) => a.timestamp - b.timestamp)
    const { kept, dead } = floats ? withoutDeadFeed(rows) : { kept: rows, dead: 0 }
    return importedVenue({ id, kind: 'exogenous', asset: name }, file, read, kept, [
      { rule: 'of zero left out', rows: zeros },
      { rule: 'of a dead feed left out', rows: dead },
    ])
  })
}

function withoutDeadFeed(rows: readonly RecordedRow[]): { kept: RecordedRow[]; dead: number } {
  const kept: RecordedRow[] = []
  let dead = 0
  for (let from = 0; from < rows.length; ) {
    const first = rows[from] as RecordedRow
    let to = from + 1
    while (to < rows.length && rows[to]?.supplyApr === first.supplyApr) to += 1
    const last = rows[to - 1] as RecordedRow
    kept.push(first)
    if (to - from < frozenFeed.rows || last.timestamp - first.timestamp < frozenFeed.seconds)
      kept.push(...rows.slice(from + 1, to))
    else {
      dead += to - from - 1
      // Without this row the value would stand until the feed came back.
      kept.push({ timestamp: Math.min(first.timestamp + day, last.timestamp), supplyApr: Number.NaN })
    }
    from = to
  }
  return { kept, dead }
}
