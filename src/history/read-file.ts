import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { gunzipSync } from 'node:zlib'
import { panelUnreadable } from '../errors/history.ts'

export type ReadFile = {
  text: string
  /** Of the bytes as they are stored, hexadecimal. */
  sha256: string
}

/**
 * Reads a text file, plain or gzip.
 *
 * @param name - Stands for the path in messages.
 * @throws PANEL_UNREADABLE
 */
export async function readTextFile(path: string, name: string): Promise<ReadFile> {
  try {
    const bytes = await readFile(path)
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
    return {
      text: (isGzip ? gunzipSync(bytes) : bytes).toString('utf8'),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }
  } catch (error) {
    const { code } = error as { code?: unknown }
    throw panelUnreadable(name, code === 'ENOENT' ? 'no such file' : String(code ?? 'not gzip'))
  }
}
