import { basename, join } from 'node:path'
import { panelFileInvalid } from '../errors/history.ts'
import { parseCsv } from './csv.ts'
import type { Finding } from './finding.ts'
import type { PanelVenue } from './panel.ts'
import { type PanelFile, panelFile, unknownKeys } from './panel-file.ts'
import { readTextFile } from './read-file.ts'

export const venueColumns = ['supplyApr', 'totalSupply', 'totalBorrow', 'available'] as const

export type VenueColumn = (typeof venueColumns)[number]

/** Events of one file, in the order of its lines. */
export type EventRows<column extends string> = {
  /** Name of the file inside the panel's folder. */
  file: string
  /** Line of each row, the header being line 1. */
  lines: Int32Array
  /** Unix seconds. */
  timestamps: Float64Array
  /** Columns that the file has; NaN where it says that there is no value. */
  columns: Readonly<Partial<Record<column, Float64Array>>>
}

export type VenueSource = { venue: PanelVenue; rows: EventRows<VenueColumn> }

/** A panel as its files have it: events, not yet on a grid. */
export type PanelSource = {
  name: string
  asset: string
  stepSeconds: number
  startSeconds: number
  endSeconds: number
  venues: readonly VenueSource[]
  gas: EventRows<'usdPerGas'>
  /** sha256 of each file, by name. */
  hashes: Readonly<Record<string, string>>
}

/**
 * Reads the files of a panel, and finds cells that are no numbers, missing columns and unknown keys on the way.
 *
 * @throws PANEL_UNREADABLE, PANEL_FILE_INVALID
 */
export async function loadPanelSource(folder: string): Promise<{ source: PanelSource; findings: Finding[] }> {
  const { text, sha256 } = await readTextFile(join(folder, 'panel.json'), join(basename(folder), 'panel.json'))
  const file = parsePanelFile(text, basename(folder))
  const findings: Finding[] = unknownKeys(file).map((key) => ({
    code: 'PANEL_UNKNOWN_KEY',
    level: 'note',
    file: 'panel.json',
    column: key,
    what: 'A key of panel.json is not part of the format.',
    found: key,
    rule: 'it is left out',
    remedy: 'Correct its spelling where a key of the format is meant.',
    rows: 1,
  }))
  const hashes: Record<string, string> = { 'panel.json': sha256 }
  const load = async (name: string): Promise<string> => {
    const found = await readTextFile(join(folder, name), name)
    hashes[name] = found.sha256
    return found.text
  }
  const venues: VenueSource[] = []
  for (const entry of file.venues) {
    const venue = toVenue(entry)
    if (entry.cap != null && entry.cap > 1 && entry.cap <= 100) findings.push(capDoubtful(entry.id, entry.cap))
    const rows = parseRows(await load(entry.file), entry.file, venueColumns, ['supplyApr'], findings)
    venues.push({ venue, rows: withBorrow(venue, rows, findings) })
  }
  const gas = parseRows(await load(file.gas), file.gas, ['usdPerGas'], ['usdPerGas'], findings)
  const source: PanelSource = {
    name: file.name,
    asset: file.asset,
    stepSeconds: file.stepSeconds,
    startSeconds: file.start,
    endSeconds: file.end,
    venues,
    gas,
    hashes,
  }
  return { source, findings }
}

function parsePanelFile(text: string, folder: string): PanelFile {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw panelFileInvalid(folder, [`not JSON: ${error instanceof Error ? error.message : String(error)}`])
  }
  const parsed = panelFile.safeParse(json)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
  throw panelFileInvalid(folder, faults)
}

function toVenue(entry: PanelFile['venues'][number]): PanelVenue {
  // A cap of at most 1 is a share of our capital; above, it is an amount, which is what depositLimit says.
  const isShare = entry.cap != null && entry.cap <= 1
  const limits = [entry.depositLimit, isShare ? undefined : entry.cap].filter((limit) => limit != null)
  return {
    id: entry.id,
    kind: entry.kind,
    asset: entry.asset,
    ...(entry.kink == null ? {} : { kink: entry.kink }),
    ...(entry.slope2 == null ? {} : { slope2: entry.slope2 }),
    ...(entry.reserveFactor == null ? {} : { reserveFactor: entry.reserveFactor }),
    ...(entry.cap != null && isShare ? { cap: entry.cap } : {}),
    ...(limits.length === 0 ? {} : { depositLimit: Math.min(...limits) }),
  }
}

function capDoubtful(venue: string, cap: number): Finding {
  return {
    code: 'PANEL_CAP_UNIT',
    level: 'warning',
    file: 'panel.json',
    column: 'cap',
    what: 'A cap looks like percent.',
    found: `${cap} for ${venue}`,
    rule: 'up to 1 a share of the capital; above 1 an amount, here one of at most a hundred units',
    remedy: `Write ${cap / 100} for ${cap} % of the capital, or depositLimit for an amount.`,
    rows: 1,
  }
}

/** A curve needs deposits and debt; the debt may come as deposits less what is available. */
function withBorrow(venue: PanelVenue, rows: EventRows<VenueColumn>, findings: Finding[]): EventRows<VenueColumn> {
  const { totalSupply, totalBorrow, available } = rows.columns
  if (venue.kind === 'exogenous' || (totalSupply !== undefined && totalBorrow !== undefined)) return rows
  if (totalSupply === undefined || available === undefined) {
    findings.push({
      code: 'PANEL_NO_TOTALS',
      level: 'warning',
      file: rows.file,
      line: 1,
      what: 'A venue has a curve, and no totals to move along it.',
      found: ['timestamp', ...Object.keys(rows.columns)].join(','),
      rule: `our own deposit does not move the rate of ${venue.id}, which flatters every strategy`,
      remedy: 'Bring totalSupply and totalBorrow, or totalSupply and available.',
      rows: rows.timestamps.length,
    })
    return rows
  }
  const derived = totalSupply.map((supply, index) => Math.max(0, supply - (available[index] ?? Number.NaN)))
  return { ...rows, columns: { ...rows.columns, totalBorrow: derived } }
}

function columnsMissing(file: string, missing: readonly string[], header: readonly string[]): Finding {
  return {
    code: 'PANEL_COLUMNS_MISSING',
    level: 'error',
    file,
    line: 1,
    what: 'A file of a panel lacks columns.',
    found: header.join(',').slice(0, 200) || 'nothing',
    rule: `it needs ${missing.join(', ')}`,
    remedy: 'Bring a header with these columns, separated by commas.',
    rows: 1,
  }
}

function parseRows<column extends string>(
  text: string,
  file: string,
  known: readonly column[],
  needed: readonly column[],
  findings: Finding[],
): EventRows<column> {
  const { header, rows } = parseCsv(text)
  const missing = ['timestamp', ...needed].filter((name) => !header.includes(name))
  if (missing.length > 0) findings.push(columnsMissing(file, missing, header))
  const twice = ['timestamp', ...known].filter((name) => header.indexOf(name) !== header.lastIndexOf(name))
  if (twice.length > 0) {
    findings.push({
      code: 'PANEL_COLUMN_TWICE',
      level: 'error',
      file,
      line: 1,
      what: 'A file of a panel has a column twice.',
      found: header.join(',').slice(0, 200),
      rule: `one column named ${twice.join(', ')}`,
      remedy: 'Remove or rename the other one.',
      rows: 1,
    })
  }

  const fault = (code: string, line: number, name: string, what: string, found: string, rule: string): void => {
    const alike = findings.find((one) => one.code === code && one.file === file && one.column === name)
    if (alike !== undefined) alike.rows += 1
    else {
      const remedy = 'Correct or remove that row; the header and units are in docs/history.md.'
      findings.push({ code, level: 'error', file, line, column: name, what, found, rule, remedy, rows: 1 })
    }
  }

  const whole = rows.filter(({ line, cells }) => {
    if (cells.length === header.length) return true
    const rule = `${header.length} cells, as in the header`
    fault('PANEL_CELLS', line, 'all', 'A row of a panel has another number of cells.', `${cells.length} cells`, rule)
    return false
  })

  const numbers = (name: string, place: number, emptyStands: boolean): Float64Array => {
    const values = new Float64Array(whole.length)
    let standing = Number.NaN
    for (let index = 0; index < whole.length; index += 1) {
      const row = whole[index]
      const cell = row?.cells[place] ?? ''
      let value: number
      if (cell === '' && emptyStands) value = standing
      else if (emptyStands && /^nan$/i.test(cell)) value = Number.NaN
      else {
        value = cell === '' ? Number.NaN : Number(cell)
        if (!Number.isFinite(value)) {
          const found = cell === '' ? 'nothing' : cell.slice(0, 40)
          fault('PANEL_NOT_A_NUMBER', row?.line ?? 0, name, 'A cell of a panel is no number.', found, 'a number')
          value = Number.NaN
        }
      }
      values[index] = value
      standing = value
    }
    return values
  }

  const columns: Partial<Record<column, Float64Array>> = {}
  for (const name of known) {
    const place = header.indexOf(name)
    if (place >= 0) columns[name] = numbers(name, place, true)
  }
  return {
    file,
    lines: Int32Array.from(whole, ({ line }) => line),
    timestamps: header.includes('timestamp')
      ? numbers('timestamp', header.indexOf('timestamp'), false)
      : new Float64Array(whole.length).fill(Number.NaN),
    columns,
  }
}
