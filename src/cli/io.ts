import type { Readable, Writable } from 'node:stream'

/** A stream that may be a terminal. */
type OutputStream = Writable & { isTTY?: boolean; columns?: number; rows?: number }

/** Everything of the process that the command line touches; tests give their own. */
export type Io = {
  stdin: Readable & { isTTY?: boolean }
  stdout: OutputStream
  stderr: OutputStream
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** Unix milliseconds. */
  now(): number
}

/** The process that runs. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    now: () => Date.now(),
  }
}
