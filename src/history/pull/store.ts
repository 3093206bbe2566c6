import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import { basename } from 'node:path'
import { pullStoreDamaged } from '../../errors/history.ts'

/** What was asked of a chain and what it answered, by key. Everything in it is final, so any later pull may use it. */
export type PullStore = {
  get(key: string): unknown
  /** Appends to the file at once, so that an interruption loses nothing. */
  put(key: string, value: unknown): void
  /** Records that were there when the store was opened. */
  readonly found: number
}

/**
 * Opens the record of earlier pulls: a line per answer, `<checksum> <JSON of [key, value]>`. A last line that was cut off
 * by a crash is dropped.
 *
 * @throws PULL_STORE_DAMAGED where any other line does not match its checksum
 */
export function openPullStore(path: string): PullStore {
  const values = new Map<string, unknown>()
  if (existsSync(path)) {
    const text = readFileSync(path, 'utf8')
    let from = 0
    for (let line = 1; from < text.length; line += 1) {
      const end = text.indexOf('\n', from)
      const record = text.slice(from, end < 0 ? text.length : end)
      const body = record.slice(checksumLength + 1)
      if (end < 0 || record.slice(0, checksumLength) !== checksum(body)) {
        if (end >= 0 && end + 1 < text.length) throw pullStoreDamaged(basename(path), line)
        truncateSync(path, Buffer.byteLength(text.slice(0, from)))
        break
      }
      const [key, value] = JSON.parse(body) as [string, unknown]
      values.set(key, value)
      from = end + 1
    }
  }
  return {
    found: values.size,
    get: (key) => values.get(key),
    put(key, value) {
      values.set(key, value)
      const body = JSON.stringify([key, value])
      appendFileSync(path, `${checksum(body)} ${body}\n`)
    },
  }
}

const checksumLength = 16

function checksum(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, checksumLength)
}
