import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import type { Io } from '../../../src/cli/io.ts'
import { run } from '../../../src/cli/main.ts'

export type FakeRun = { code: number; stdout: string; stderr: string }

/** Runs the command line in this process, without a terminal, in a folder of its own. */
export async function runCli(
  argv: readonly string[],
  options: { env?: Record<string, string>; cwd?: string } = {},
): Promise<FakeRun> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const io: Io = {
    stdin: Readable.from([]),
    stdout,
    stderr,
    env: options.env ?? {},
    cwd: options.cwd ?? temporaryFolder(),
    now: () => Date.parse('2026-01-02T03:04:05Z'),
  }
  const code = await run(argv, io)
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') }
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'tiller-cli-'))
}
