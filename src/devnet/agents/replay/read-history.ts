import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { historyUnreadable } from '../../../errors/market.ts'
import { parseHistory } from './parse-history.ts'
import { type HistoryHour, resampleHistory } from './resample-history.ts'

/**
 * Reads a recorded history from `.csv` or `.csv.gz` and resamples it to hours.
 *
 * @throws HISTORY_UNREADABLE, HISTORY_COLUMNS_MISSING, HISTORY_INVALID, HISTORY_EMPTY
 */
export async function readHistory(path: string, from?: number): Promise<HistoryHour[]> {
  const file = basename(path)
  let text: string
  try {
    const bytes = await readFile(path)
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b
    text = (isGzip ? gunzipSync(bytes) : bytes).toString('utf8')
  } catch (error) {
    const { code } = error as { code?: unknown }
    throw historyUnreadable(file, code === 'ENOENT' ? 'no such file' : String(code ?? 'not gzip'))
  }
  return resampleHistory(parseHistory(text, file), file, from)
}
