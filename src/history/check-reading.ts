import { gridPanel } from './grid-panel.ts'
import type { Panel } from './panel.ts'
import type { EventRows, PanelSource } from './panel-source.ts'

/** A value of a panel that its files would not have given to a reader of an earlier day. */
export type ReadingFault = {
  venue: string
  column: string
  /** Unix seconds of the first step that differs, and from when on rows were missing. */
  timeSeconds: number
  cutSeconds: number
  whole: number
  found: number
}

const columns = ['supplyApr', 'totalSupply', 'totalBorrow', 'available'] as const

/**
 * Reads the files of a panel as they were at earlier times: what stood before must be the same to the last bit. The first
 * difference of each venue is returned.
 *
 * @param cuts steps of the panel.
 */
export function checkReading(source: PanelSource, panel: Panel, cuts: readonly number[]): ReadingFault[] {
  const faults = new Map<string, ReadingFault>()
  for (const cut of cuts) {
    const cutSeconds = panel.startSeconds + cut * panel.stepSeconds
    const then = gridPanel({
      ...source,
      startSeconds: panel.startSeconds,
      endSeconds: cutSeconds,
      venues: source.venues.map(({ venue, rows }) => ({ venue, rows: rowsBefore(rows, cutSeconds) })),
      gas: rowsBefore(source.gas, cutSeconds),
    })
    const compare = (venue: string, column: string, whole: Float64Array, found: Float64Array): void => {
      if (faults.has(venue)) return
      const step = found.findIndex((value, t) => !Object.is(value, whole[t]))
      if (step < 0) return
      faults.set(venue, {
        venue,
        column,
        timeSeconds: panel.startSeconds + step * panel.stepSeconds,
        cutSeconds,
        whole: whole[step] as number,
        found: found[step] as number,
      })
    }
    for (const [j, { id }] of panel.venues.entries()) {
      for (const column of columns) {
        compare(id, column, panel[column][j] as Float64Array, then[column][j] as Float64Array)
      }
    }
    compare('gas', 'usdPerGas', panel.usdPerGas, then.usdPerGas)
  }
  return [...faults.values()]
}

function rowsBefore<column extends string>(rows: EventRows<column>, seconds: number): EventRows<column> {
  const found = rows.timestamps.findIndex((time) => time >= seconds)
  const end = found < 0 ? rows.timestamps.length : found
  const cut = Object.entries<Float64Array | undefined>(rows.columns).map(([name, values]) => [
    name,
    values?.slice(0, end),
  ])
  return {
    file: rows.file,
    lines: rows.lines.slice(0, end),
    timestamps: rows.timestamps.slice(0, end),
    columns: Object.fromEntries(cut) as EventRows<column>['columns'],
  }
}
