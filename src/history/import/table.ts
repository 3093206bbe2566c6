import { basename } from 'node:path'
import { importCell, importNoRows } from '../../errors/history.ts'
import type { Csv } from '../csv.ts'
import type { PanelVenue } from '../panel.ts'
import type { EventRows, VenueColumn, VenueSource } from '../panel-source.ts'

/** How many rows a rule left out or changed, e.g. `{ rule: 'without a rate left out', rows: 3 }`. */
export type Dropped = { rule: string; rows: number }

/** A venue of a recorded history, in the units of a panel. */
export type ImportedVenue = VenueSource & { from: string; rowsRead: number; dropped: readonly Dropped[] }

/** A recorded row in the units of a panel. */
export type RecordedRow = { timestamp: number } & Readonly<Partial<Record<VenueColumn, number>>>

/** Reads cells of a table by column name. */
export function cellReader(file: string, { header, rows }: Csv) {
  const text = (row: number, column: string): string => rows[row]?.cells[header.indexOf(column)] ?? ''
  const fault = (row: number, column: string, rule: string) =>
    importCell(file, rows[row]?.line ?? 0, column, text(row, column), rule)
  return {
    text,
    /** @throws IMPORT_CELL where the cell is no number of at least `minimum` */
    number(row: number, column: string, minimum = 0): number {
      const found = text(row, column)
      const value = Number(found)
      if (found === '' || !Number.isFinite(value)) throw fault(row, column, 'a number')
      if (value < minimum) throw fault(row, column, `${minimum} or more`)
      return value
    },
    /** @throws IMPORT_CELL where the cell is no time in whole Unix seconds between 2001 and 2286 */
    unixSeconds(row: number, column: string): number {
      const value = Number(text(row, column))
      if (!Number.isInteger(value) || value < 1e9 || value >= 1e10) throw fault(row, column, 'whole Unix seconds')
      return value
    },
    fault,
  }
}

/**
 * Puts recorded rows into the form of a panel: in order of time, the last one of equal times.
 *
 * @throws IMPORT_NO_ROWS
 */
export function importedVenue(
  venue: PanelVenue,
  from: string,
  rowsRead: number,
  recorded: readonly RecordedRow[],
  dropped: readonly Dropped[],
): ImportedVenue {
  const sorted = [...recorded].sort((a, b) => a.timestamp - b.timestamp)
  const kept = sorted.filter((row, index) => row.timestamp !== sorted[index + 1]?.timestamp)
  const all = [...dropped, { rule: 'at the time of a later one left out', rows: sorted.length - kept.length }]
  const taken = all.filter(({ rows }) => rows > 0)
  const first = kept[0]
  if (first === undefined) {
    throw importNoRows(basename(from), rowsRead, taken.map(({ rule, rows }) => `${rows} ${rule}`).join(', '))
  }
  const present = (['supplyApr', 'totalSupply', 'totalBorrow', 'available'] as const).filter((name) => name in first)
  const rows: EventRows<VenueColumn> = {
    file: `${venue.id}.csv`,
    lines: Int32Array.from(kept, (_, index) => index + 2),
    timestamps: Float64Array.from(kept, ({ timestamp }) => timestamp),
    columns: Object.fromEntries(
      present.map((name) => [name, Float64Array.from(kept, (row) => row[name] ?? Number.NaN)]),
    ),
  }
  return { venue, rows, from: basename(from), rowsRead, dropped: taken }
}
