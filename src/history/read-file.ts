import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
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
      text: decode(isGzip ? gunzipSync(bytes) : bytes),
      sha256: createHash('sha256').update(bytes).digest('hex'),
    }
  } catch (error) {
    throw panelUnreadable(name, reasonOf(error, path))
  }
}

/** UTF-8, or UTF-16 where a mark says so, as spreadsheets write it; without the mark. */
function decode(bytes: Uint8Array): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  return new TextDecoder(isUtf16 ? (bytes[0] === 0xff ? 'utf-16le' : 'utf-16be') : 'utf-8').decode(bytes)
}

function reasonOf(error: unknown, path: string): string {
  const { code } = error as { code?: unknown }
  if (code === 'ENOENT') return existsSync(dirname(path)) ? 'no such file' : 'no such folder'
  if (code === 'ENOTDIR') return `${basename(dirname(path))} is a file where a folder is due`
  if (code === 'EISDIR') return 'a folder where a file is due'
  return String(code ?? 'not gzip')
}
