import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { runExists } from '../errors/report.ts'
import type { UnsealedRun } from './record-run.ts'
import { type RunHead, stepColumns, stepHeader } from './run-record.ts'

/** The files of a run's folder. */
export const runFiles = {
  head: 'run.json',
  steps: 'steps.csv.gz',
  moves: 'moves.jsonl.gz',
  report: 'report.html',
} as const

/** Columns whose last digits nobody needs: rates and utilisations. */
const rounded = /^(apr|paid|used)\d/

/**
 * Refuses a folder in which a run would replace something: anything but an older run, and that only with `force`.
 *
 * @throws RUN_EXISTS
 */
export async function checkRunFolder(folder: string, name: string, force: boolean): Promise<void> {
  if (!existsSync(folder)) return
  const found = await readdir(folder)
  const isRun = found.includes(runFiles.head)
  if (found.length > 0 && !(isRun && force)) throw runExists(name, isRun)
}

/**
 * Writes the folder of a run, run.json last, so that a folder that has one is whole. The same run gives the same bytes
 * on the same platform.
 *
 * @returns run.json as it was written.
 */
export async function writeRun(folder: string, run: UnsealedRun): Promise<RunHead> {
  await mkdir(folder, { recursive: true })
  const write = async (name: string, data: string | Buffer): Promise<void> => {
    const path = join(folder, name)
    await writeFile(`${path}.part`, data)
    await rename(`${path}.part`, path)
  }
  // Of an older run nothing stays that could be taken for this one's.
  for (const name of [runFiles.head, runFiles.report]) await rm(join(folder, name), { force: true })
  const steps = stepsText(run)
  const moves = run.moves.map((move) => `${JSON.stringify(move)}\n`).join('')
  await write(runFiles.steps, gzipSync(steps))
  await write(runFiles.moves, gzipSync(moves))
  const unsigned = {
    ...run.head,
    files: {
      steps: { sha256: sha256(steps), rows: run.steps.time.length },
      moves: { sha256: sha256(moves), rows: run.moves.length },
    },
  }
  const head: RunHead = { ...unsigned, digest: sha256(JSON.stringify(unsigned)) }
  await write(runFiles.head, `${JSON.stringify(head, null, 2)}\n`)
  return head
}

/** sha256 of a text, hexadecimal. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function stepsText({ steps }: UnsealedRun): string {
  const header = stepHeader(steps.weight.length)
  const columns = stepColumns(steps).map((values, i) => ({ values, isRounded: rounded.test(header[i] as string) }))
  const lines = [header.join(',')]
  for (let row = 0; row < steps.time.length; row += 1) {
    const cells = columns.map(({ values, isRounded }) => {
      const value = values[row] as number
      if (Number.isNaN(value)) return ''
      return String(isRounded ? Number(value.toPrecision(7)) : value)
    })
    lines.push(cells.join(','))
  }
  return `${lines.join('\n')}\n`
}
