import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isoTime } from '../errors/history.ts'
import type { Panel } from './panel.ts'
import { type EventRows, type PanelSource, venueColumns } from './panel-source.ts'

/**
 * Writes a panel folder, panel.json last, so that a folder that has one is whole. Numbers are written so that they read
 * back as the same float64; a value that is not there is written as `NaN`.
 *
 * @param origin - Where the data come from, written as `source`.
 */
export async function writePanel(
  folder: string,
  source: Omit<PanelSource, 'hashes'>,
  origin?: Readonly<Record<string, unknown>>,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const write = async (name: string, text: string): Promise<void> => {
    const path = join(folder, name)
    await writeFile(`${path}.part`, text)
    await rename(`${path}.part`, path)
  }
  for (const { rows } of source.venues) await write(rows.file, csvText(rows, venueColumns))
  await write(source.gas.file, csvText(source.gas, ['usdPerGas']))
  const file = {
    name: source.name,
    asset: source.asset,
    stepSeconds: source.stepSeconds,
    start: isoTime(source.startSeconds),
    end: isoTime(source.endSeconds),
    gas: source.gas.file,
    ...(origin === undefined ? {} : { source: origin }),
    venues: source.venues.map(({ venue, rows }) => {
      const { id, kind, asset, ...parameters } = venue
      return { id, kind, asset, file: rows.file, ...parameters }
    }),
  }
  await write('panel.json', `${JSON.stringify(file, null, 2)}\n`)
}

function csvText<column extends string>(rows: EventRows<column>, order: readonly column[]): string {
  const present = order.flatMap((name) => {
    const values: Float64Array | undefined = rows.columns[name]
    return values === undefined ? [] : [{ name, values }]
  })
  const lines = [['timestamp', ...present.map(({ name }) => name)].join(',')]
  for (let index = 0; index < rows.timestamps.length; index += 1) {
    lines.push([rows.timestamps[index], ...present.map(({ values }) => values[index])].join(','))
  }
  return `${lines.join('\n')}\n`
}

/** The events of a panel that was made on a grid: a row for each step, so that a value that stands still is not taken for death. */
export function panelEvents(panel: Panel): Omit<PanelSource, 'hashes'> {
  const events = <column extends string>(
    file: string,
    columns: Readonly<Record<column, Float64Array>>,
  ): EventRows<column> => {
    const all = Object.entries<Float64Array>(columns).filter(([, values]) => values.some((one) => !Number.isNaN(one)))
    const steps = Array.from({ length: panel.steps }, (_, step) => step)
    return {
      file,
      lines: Int32Array.from(steps, (step) => step + 2),
      timestamps: Float64Array.from(steps, (step) => panel.startSeconds + step * panel.stepSeconds),
      columns: Object.fromEntries(all) as Partial<Record<column, Float64Array>>,
    }
  }
  const { name, asset, stepSeconds, startSeconds, endSeconds } = panel
  const none = new Float64Array(panel.steps).fill(Number.NaN)
  return {
    name,
    asset,
    stepSeconds,
    startSeconds,
    endSeconds,
    venues: panel.venues.map((venue, index) => ({
      venue,
      rows: events(`${venue.id.replace(/[^A-Za-z0-9._-]+/g, '-')}.csv`, {
        supplyApr: panel.supplyApr[index] ?? none,
        totalSupply: panel.totalSupply[index] ?? none,
        totalBorrow: panel.totalBorrow[index] ?? none,
        available: panel.available[index] ?? none,
      }),
    })),
    gas: events('gas.csv', { usdPerGas: panel.usdPerGas }),
  }
}
