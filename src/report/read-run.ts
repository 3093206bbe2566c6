import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { z } from 'zod'
import { runDamaged, runUnknown, runUnreadable } from '../errors/report.ts'
import {
  emptySteps,
  type RunMove,
  type RunRecord,
  type RunSteps,
  runFormat,
  runHead,
  runMove,
  runVersion,
  stepColumns,
  stepHeader,
} from './run-record.ts'
import { runFiles, sha256 } from './write-run.ts'

/**
 * Reads the folder of a run, and holds each file to its hash and its form.
 *
 * @param name stands for the folder in messages.
 * @throws RUN_UNREADABLE, RUN_UNKNOWN, RUN_DAMAGED
 */
export async function readRun(folder: string, name: string): Promise<RunRecord> {
  const text = await readText(folder, runFiles.head, name)
  const found = parseJson(text)
  if (found === undefined) throw runDamaged(name, runFiles.head, 'it is not JSON')
  const { format, version } = found as { format?: unknown; version?: unknown }
  if (format !== runFormat || version !== runVersion) throw runUnknown(name, format, version, runVersion)
  const { digest, ...rest } = found
  if (sha256(JSON.stringify(rest)) !== digest) {
    throw runDamaged(name, runFiles.head, 'it is not what its digest says: something was changed')
  }
  const parsed = runHead.safeParse(found)
  if (!parsed.success) throw runDamaged(name, runFiles.head, faultOf(parsed.error))
  const head = parsed.data
  const steps = await readSteps(folder, name, head.files.steps, head.venues.length)
  const moves = await readMoves(folder, name, head.files.moves, head.venues.length)
  return { head, steps, moves }
}

type FileSeal = { sha256: string; rows: number }

async function readSteps(folder: string, name: string, seal: FileSeal, venues: number): Promise<RunSteps> {
  const lines = await readLines(folder, runFiles.steps, name, seal)
  const header = stepHeader(venues).join(',')
  if (lines.shift() !== header) throw runDamaged(name, runFiles.steps, 'its columns are not those of its venues')
  if (lines.length !== seal.rows) throw runDamaged(name, runFiles.steps, `${lines.length} rows, not ${seal.rows}`)
  const steps = emptySteps(seal.rows, venues)
  const columns = stepColumns(steps)
  for (const [row, line] of lines.entries()) {
    const cells = line.split(',')
    if (cells.length !== columns.length) throw runDamaged(name, runFiles.steps, `line ${row + 2} is cut`)
    for (const [at, column] of columns.entries()) {
      const cell = cells[at] as string
      column[row] = cell === '' ? Number.NaN : Number(cell)
    }
  }
  return steps
}

async function readMoves(folder: string, name: string, seal: FileSeal, venues: number): Promise<RunMove[]> {
  const lines = await readLines(folder, runFiles.moves, name, seal)
  if (lines.length !== seal.rows) throw runDamaged(name, runFiles.moves, `${lines.length} rows, not ${seal.rows}`)
  return lines.map((line, row) => {
    const parsed = runMove.safeParse(parseJson(line))
    if (!parsed.success) throw runDamaged(name, runFiles.moves, `line ${row + 1}: ${faultOf(parsed.error)}`)
    const stray = parsed.data.legs.find(({ venue }) => venue >= venues)
    if (stray !== undefined) throw runDamaged(name, runFiles.moves, `line ${row + 1}: no venue ${stray.venue}`)
    return parsed.data
  })
}

async function readLines(folder: string, file: string, name: string, seal: FileSeal): Promise<string[]> {
  const text = await readText(folder, file, name)
  if (sha256(text) !== seal.sha256) throw runDamaged(name, file, 'it is not what run.json says: its hash differs')
  const lines = text.split('\n')
  lines.pop()
  return lines
}

async function readText(folder: string, file: string, name: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readFile(join(folder, file))
  } catch (error) {
    const { code } = error as { code?: unknown }
    throw runUnreadable(name, file, code === 'ENOENT' ? 'no such file' : String(code ?? 'unknown'))
  }
  if (!file.endsWith('.gz')) return bytes.toString('utf8')
  try {
    return gunzipSync(bytes).toString('utf8')
  } catch {
    throw runDamaged(name, file, 'it is not gzip, or it is cut')
  }
}

function parseJson(text: string): Record<string, unknown> | undefined {
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

function faultOf(error: z.ZodError): string {
  const [issue] = error.issues
  return issue === undefined ? 'it has another form' : `${issue.path.join('.')}: ${issue.message}`
}
