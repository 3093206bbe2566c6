import { basename } from 'node:path'
import {
  importGasMissing,
  importKind,
  importSpanEmpty,
  importUnknownFormat,
  importVenueTwice,
  importVenueUnknown,
} from '../../errors/history.ts'
import { type Csv, parseCsv } from '../csv.ts'
import type { VenueCurveKind } from '../panel.ts'
import type { EventRows, PanelSource } from '../panel-source.ts'
import { readTextFile } from '../read-file.ts'
import { apyListColumns, importApyList } from './apy-list.ts'
import { type GasTable, importGas } from './gas-series.ts'
import { importMarketSnapshots, marketSnapshotColumns } from './market-snapshots.ts'
import type { ImportedVenue } from './table.ts'

const kinds = ['kinked', 'comet', 'adaptive', 'exogenous'] as const satisfies readonly VenueCurveKind[]

export type ImportOptions = {
  name: string
  /** Paths, plain or gzip, each in one of the known formats. */
  files: readonly string[]
  /** Path of a gas series, or one price for all times. */
  gas?: string
  etherPrice?: string
  usdPerGas?: number
  /** Only this asset of a list; the asset of every market. Else it is taken from the file's name. */
  asset?: string
  /** Only venues with these ids. */
  only?: readonly string[]
  /** Unix seconds. Default: the span that all venues have. */
  from?: number
  to?: number
  /** @default 3600 */
  stepSeconds?: number
  /** Where a day's mean is put. @default 'end' */
  dailyAt?: 'start' | 'end'
  /** Takes kink and slope of market snapshots from the record. @default false */
  fitCurves?: boolean
  /** Venue id → kind. */
  kinds?: Readonly<Record<string, string>>
}

export type Imported = {
  source: Omit<PanelSource, 'hashes'>
  venues: readonly ImportedVenue[]
  /** Venues that have no row before the end of the panel. */
  outside: readonly string[]
}

/**
 * Turns recorded histories into one panel: hourly market snapshots with balances, lists of APYs, a gas series.
 *
 * @throws PANEL_UNREADABLE, IMPORT_UNKNOWN_FORMAT, IMPORT_CELL, IMPORT_NO_ROWS, IMPORT_VENUE_TWICE, IMPORT_GAS_MISSING,
 * IMPORT_SPAN_EMPTY, IMPORT_KIND, IMPORT_VENUE_UNKNOWN
 */
export async function importHistories(options: ImportOptions): Promise<Imported> {
  const { dailyAt = 'end', stepSeconds = 3_600 } = options
  const found: ImportedVenue[] = []
  for (const path of options.files) {
    const { file, table } = await readTable(path)
    found.push(...importFile(file, table, dailyAt, options))
  }
  const venues = withKinds(chosen(found, options.only), options.kinds ?? {})
  const byId = new Map<string, ImportedVenue>()
  for (const venue of venues) {
    const first = byId.get(venue.venue.id)
    if (first !== undefined) throw importVenueTwice(venue.venue.id, first.from, venue.from)
    byId.set(venue.venue.id, venue)
  }

  const firsts = venues.map(({ rows }) => rows.timestamps[0] ?? 0)
  const lasts = venues.map(({ rows }) => rows.timestamps.at(-1) ?? 0)
  const startSeconds = options.from ?? Math.ceil(Math.max(...firsts) / stepSeconds) * stepSeconds
  const endSeconds = options.to ?? Math.floor(Math.min(...lasts) / stepSeconds) * stepSeconds
  const at = (times: readonly number[], atSeconds: number) => ({
    venue: venues[times.indexOf(atSeconds)]?.venue.id ?? '',
    atSeconds,
  })
  const span = {
    fromSeconds: startSeconds,
    toSeconds: endSeconds,
    startsLast: at(firsts, Math.max(...firsts)),
    endsFirst: at(lasts, Math.min(...lasts)),
  }
  if (endSeconds - startSeconds < stepSeconds) throw importSpanEmpty(span)

  const inside = venues.filter(({ rows }) => (rows.timestamps[0] ?? endSeconds) < endSeconds)
  if (inside.length === 0) throw importSpanEmpty(span)
  const gas = await gasOf(options, dailyAt, startSeconds)
  const assets = [...new Set(inside.map(({ venue }) => venue.asset))]
  return {
    venues: inside,
    outside: venues.filter((venue) => !inside.includes(venue)).map(({ venue }) => venue.id),
    source: {
      name: options.name,
      asset: assets.length === 1 ? (assets[0] ?? 'USD') : 'USD',
      stepSeconds,
      startSeconds,
      endSeconds,
      venues: inside.map(({ venue, rows }) => ({ venue, rows: cutRows(rows, startSeconds, endSeconds) })),
      gas: cutRows(gas, startSeconds, endSeconds),
    },
  }
}

async function readTable(path: string): Promise<GasTable> {
  const file = basename(path)
  return { file, table: parseCsv((await readTextFile(path, file)).text) }
}

function importFile(
  file: string,
  table: Csv,
  dailyAt: 'start' | 'end',
  { asset, fitCurves = false }: ImportOptions,
): ImportedVenue[] {
  const has = (columns: readonly string[]): boolean => columns.every((column) => table.header.includes(column))
  if (has(marketSnapshotColumns)) {
    const id = file.replace(/\.csv(\.gz)?$/i, '').replace(/[^A-Za-z0-9._-]+/g, '-')
    const named = id.split(/[_-]/).at(-1)?.toUpperCase() ?? 'USD'
    return [importMarketSnapshots(table, file, id, asset ?? named, fitCurves)]
  }
  if (has(apyListColumns) && (has(['timestamp']) || has(['unix']))) return importApyList(table, file, dailyAt, asset)
  throw importUnknownFormat(file, table.header, [
    marketSnapshotColumns.join(','),
    `${apyListColumns.slice(0, 3).join(',')},timestamp|unix,apy[,date]`,
  ])
}

function chosen(venues: readonly ImportedVenue[], only: readonly string[] | undefined): readonly ImportedVenue[] {
  if (only === undefined) return venues
  const ids = venues.map(({ venue }) => venue.id)
  const unknown = only.find((id) => !ids.includes(id))
  if (unknown !== undefined) throw importVenueUnknown(unknown, ids)
  return venues.filter(({ venue }) => only.includes(venue.id))
}

function withKinds(venues: readonly ImportedVenue[], given: Readonly<Record<string, string>>): ImportedVenue[] {
  for (const [id, kind] of Object.entries(given)) {
    const isKnown = venues.some(({ venue }) => venue.id === id) && kinds.some((known) => known === kind)
    if (!isKnown) throw importKind(`${id}=${kind}`, kinds)
  }
  return venues.map((one) => {
    const kind = kinds.find((known) => known === given[one.venue.id])
    return kind === undefined ? one : { ...one, venue: { ...one.venue, kind } }
  })
}

async function gasOf(
  options: ImportOptions,
  dailyAt: 'start' | 'end',
  startSeconds: number,
): Promise<EventRows<'usdPerGas'>> {
  if (options.gas !== undefined) {
    const price = options.etherPrice === undefined ? undefined : await readTable(options.etherPrice)
    return importGas(await readTable(options.gas), dailyAt, price)
  }
  if (options.usdPerGas === undefined) throw importGasMissing()
  return {
    file: 'gas.csv',
    lines: Int32Array.of(2),
    timestamps: Float64Array.of(startSeconds),
    columns: { usdPerGas: Float64Array.of(options.usdPerGas) },
  }
}

/** The rows that say something about [start, end): from the last one at or before the start. */
function cutRows<column extends string>(rows: EventRows<column>, start: number, end: number): EventRows<column> {
  const after = rows.timestamps.findIndex((time) => time > start)
  const from = Math.max(0, (after < 0 ? rows.timestamps.length : after) - 1)
  const past = rows.timestamps.findIndex((time) => time >= end)
  const to = past < 0 ? rows.timestamps.length : past
  const columns = Object.entries<Float64Array | undefined>(rows.columns).map(([name, values]) => [
    name,
    values?.subarray(from, to),
  ])
  return {
    file: rows.file,
    lines: rows.lines.subarray(0, to - from),
    timestamps: rows.timestamps.subarray(from, to),
    columns: Object.fromEntries(columns) as Partial<Record<column, Float64Array>>,
  }
}
