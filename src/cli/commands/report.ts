import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { reportTaken, reportUnwritable } from '../../errors/report.ts'
import { generator, renderReport } from '../../report/html/page.ts'
import { readRun } from '../../report/read-run.ts'
import { runFiles } from '../../report/write-run.ts'
import type { Context } from '../context.ts'

/** `tiller report <run>` */
export function register(command: Command, context: Context): void {
  command
    .argument('<run>', 'folder of a run, written by `tiller backtest --out`')
    .option('--out <file>', 'where the page is written (default: report.html in the folder of the run)')
    .action(async (name: string, flags: { out?: string }) => {
      const run = await readRun(resolve(context.io.cwd, name), name)
      const shown = flags.out ?? join(name, runFiles.report)
      const page = renderReport(run)
      await writePage(resolve(context.io.cwd, shown), shown, page)
      const bytes = Buffer.byteLength(page)
      context.answer({
        document: { run: name, file: shown, bytes, sha256: createHash('sha256').update(page).digest('hex') },
        lines: [
          `${context.paint.green('✓')} ${shown} is written, ${Math.ceil(bytes / 1_024)} kB. Open it in a browser.`,
        ],
      })
    })
}

/** Writes a page whole or not at all, and over nothing but a page of its own kind. */
async function writePage(path: string, shown: string, page: string): Promise<void> {
  if (existsSync(path)) {
    const found = await readFile(path, 'utf8').catch(() => '')
    if (!found.slice(0, 500).includes(`content="${generator}"`)) throw reportTaken(shown)
  }
  try {
    await writeFile(`${path}.part`, page)
    await rename(`${path}.part`, path)
  } catch (error) {
    throw reportUnwritable(shown, String((error as { code?: unknown }).code ?? 'unknown'))
  }
}
