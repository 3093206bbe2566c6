import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HistoryError } from '../../../src/errors/history.ts'

/** Makes numbers in [0, 1) from a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const hour = 3_600

/** 2023-03-01T00:00:00Z */
export const march = 1_677_628_800

export type PanelFolder = {
  path: string
  read(file: string): string
  write(file: string, text: string): void
  /** Replaces one line; line 1 is the header. */
  setLine(file: string, line: number, text: string): void
  /** Changes keys of panel.json. */
  patch(change: (file: Record<string, unknown>) => void): void
  remove(): void
}

/** Writes a good panel of two venues, `aave` (kinked) and `savings` (exogenous), with a row per hour. */
export function makePanelFolder({ hours = 240, seed = 1 } = {}): PanelFolder {
  const path = mkdtempSync(join(tmpdir(), 'tiller-panel-'))
  const random = seeded(seed)
  const rows = Array.from({ length: hours }, (_, index) => {
    const supply = 1e8 * (1 + 0.01 * random())
    const utilisation = 0.8 + 0.1 * random()
    const apr = (0.05 * utilisation).toFixed(6)
    const borrow = (supply * utilisation).toFixed(2)
    return `${march + index * hour},${apr},${supply.toFixed(2)},${borrow}`
  })
  const savings = Array.from(
    { length: hours },
    (_, index) => `${march + index * hour},${(0.04 + 0.001 * random()).toFixed(6)}`,
  )
  const folder: PanelFolder = {
    path,
    read: (file) => readFileSync(join(path, file), 'utf8'),
    write: (file, text) => writeFileSync(join(path, file), text),
    setLine(file, line, text) {
      const lines = folder.read(file).split('\n')
      lines[line - 1] = text
      folder.write(file, lines.join('\n'))
    },
    patch(change) {
      const file = JSON.parse(folder.read('panel.json')) as Record<string, unknown>
      change(file)
      folder.write('panel.json', JSON.stringify(file))
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  }
  folder.write('aave.csv', `timestamp,supplyApr,totalSupply,totalBorrow\n${rows.join('\n')}\n`)
  folder.write('savings.csv', `timestamp,supplyApr\n${savings.join('\n')}\n`)
  const gas = Array.from(
    { length: Math.ceil(hours / 24) },
    (_, day) => `${march + day * 24 * hour},${(day === 0 ? 0.00006 : 0.00004 + (day - 1) * 1e-7).toFixed(7)}`,
  )
  folder.write('gas.csv', `timestamp,usdPerGas\n${gas.join('\n')}\n`)
  folder.write(
    'panel.json',
    JSON.stringify({
      name: 'ten days',
      asset: 'USDC',
      stepSeconds: hour,
      start: '2023-03-01',
      end: march + hours * hour,
      gas: 'gas.csv',
      venues: [
        { id: 'aave', kind: 'kinked', asset: 'USDC', file: 'aave.csv', kink: 0.9, slope2: 0.6, reserveFactor: 0.1 },
        { id: 'savings', kind: 'exogenous', asset: 'USDC', file: 'savings.csv' },
      ],
    }),
  )
  return folder
}

/** Code and whole message of the HistoryError that the work throws. */
export async function faultOf(work: () => unknown): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof HistoryError) return `${error.code}\n${error.message}`
    throw error
  }
  return 'nothing was thrown'
}
