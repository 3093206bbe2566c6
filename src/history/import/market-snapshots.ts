import type { Csv } from '../csv.ts'
import type { PanelVenue, VenueCurveKind } from '../panel.ts'
import { fitCurve } from './fit-curve.ts'
import { cellReader, type ImportedVenue, importedVenue, type RecordedRow } from './table.ts'

export const marketSnapshotColumns = [
  'timestamp',
  'totalDepositBalanceUSD',
  'totalBorrowBalanceUSD',
  'lenderRate',
] as const

const day = 86_400

/** A new market's rates mean nothing: it is left out until it is that old and has held that much. */
const young = { seconds: 21 * day, deposits: 1_000_000 }

/**
 * Imports hourly market snapshots in the schema of Messari's subgraphs: a row per hour with activity, balances in US
 * dollars, `lenderRate` the suppliers' APR in percent. Dollars become asset units one to one.
 *
 * Left out: rows without a rate; a market that was born within the record, until it is 21 days old and has held a million.
 * Debt above the deposits (prices, rounding) is cut to them.
 *
 * @param fitsCurve - Whether kink and slope are taken from the record, see `fitCurve`: from `borrowRate` where there is one,
 * from `lenderRate` for Comet, whose suppliers have a curve of their own.
 *
 * @throws IMPORT_CELL, IMPORT_NO_ROWS
 */
export function importMarketSnapshots(
  table: Csv,
  file: string,
  id: string,
  asset: string,
  fitsCurve: boolean,
): ImportedVenue {
  const cells = cellReader(file, table)
  const rows: RecordedRow[] = []
  let withoutRate = 0
  let cut = 0
  for (let row = 0; row < table.rows.length; row += 1) {
    const timestamp = cells.unixSeconds(row, 'timestamp')
    const totalSupply = cells.number(row, 'totalDepositBalanceUSD')
    const borrowed = cells.number(row, 'totalBorrowBalanceUSD')
    if (cells.text(row, 'lenderRate') === '') {
      withoutRate += 1
      continue
    }
    const totalBorrow = Math.min(borrowed, totalSupply)
    if (totalBorrow < borrowed) cut += 1
    rows.push({ timestamp, supplyApr: cells.number(row, 'lenderRate') / 100, totalSupply, totalBorrow })
  }
  rows.sort((a, b) => a.timestamp - b.timestamp)
  const born = rows[0]
  let first = 0
  if (born !== undefined && (born.totalSupply ?? 0) < young.deposits) {
    const grown = rows.findIndex((row) => (row.totalSupply ?? 0) >= young.deposits)
    const old = rows.findIndex((row) => row.timestamp >= born.timestamp + young.seconds)
    first = grown < 0 || old < 0 ? rows.length : Math.max(grown, old)
  }
  const kind = kindOf(id)
  const curve = fitsCurve ? curveOf(table, cells, kind) : undefined
  const venue: PanelVenue = {
    id,
    kind,
    asset,
    ...(curve === undefined ? {} : { kink: curve.kink, slope2: Number(curve.slope2.toPrecision(4)) }),
  }
  const imported = importedVenue(venue, file, table.rows.length, rows.slice(first), [
    { rule: 'without a rate left out', rows: withoutRate },
    { rule: 'of the first days left out', rows: first },
  ])
  return cut === 0
    ? imported
    : { ...imported, dropped: [...imported.dropped, { rule: 'cut to utilisation 1', rows: cut }] }
}

function curveOf(table: Csv, cells: ReturnType<typeof cellReader>, kind: VenueCurveKind) {
  if (kind === 'adaptive') return undefined
  const column = kind === 'comet' ? 'lenderRate' : 'borrowRate'
  const cell = (row: number, name: string): number => {
    const text = cells.text(row, name)
    return text === '' ? Number.NaN : Number(text)
  }
  const of = (value: (row: number) => number): Float64Array => Float64Array.from(table.rows, (_, row) => value(row))
  return fitCurve(
    of((row) => cell(row, 'timestamp')),
    of((row) => cell(row, 'totalBorrowBalanceUSD') / cell(row, 'totalDepositBalanceUSD')),
    // A small market has rates that mean nothing, and a rate of zero is one that the record lacks.
    of((row) =>
      cell(row, 'totalDepositBalanceUSD') < young.deposits || !(cell(row, column) > 0)
        ? Number.NaN
        : cell(row, column) / 100,
    ),
  )
}

/** Files are named after protocol and market, e.g. `compound_v3_eth_usdc`. */
function kindOf(id: string): VenueCurveKind {
  if (/compound_?v3|comet/i.test(id)) return 'comet'
  return /morpho/i.test(id) ? 'adaptive' : 'kinked'
}
