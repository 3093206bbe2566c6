import type { Writable } from 'node:stream'
import type { LoadedConfig } from '../config/load-config.ts'
import type { Config } from '../config/schema.ts'
import type { Logger, LogLevel } from '../keeper/logger.ts'
import type { GlobalOptions } from './global-options.ts'
import type { Io } from './io.ts'
import { type CommandResult, jsonText } from './output.ts'
import { createPaint, type Paint } from './render/marks.ts'

/** What a command is given: the process, the options that every command has, and where its answer goes. */
export type Context = {
  io: Io
  options: GlobalOptions
  /** Colours of standard output, and of standard error. */
  paint: Paint
  errorPaint: Paint
  /** True where standard error is a terminal whose lines can be drawn over. */
  redraws: boolean
  /** Columns of standard output; Infinity where it is no terminal. */
  columns: number
  /** True where a person can be asked: both ends are a terminal and no JSON is wanted. */
  interactive: boolean
  /** Writes the answer: exactly one JSON document, or its lines. */
  answer(result: CommandResult): void
  /** Writes a line for a person beside the answer, to standard error; nothing with --json. */
  note(line: string): void
  /** Reads the configuration; warnings go to standard error. */
  loadConfig(options?: { env?: Io['env'] }): Promise<LoadedConfig<Config>>
  /** A logger to standard error or where else is named, by the configuration's section `log` where it is given. */
  createLogger(log?: { level: LogLevel; format: 'auto' | 'pretty' | 'json' }, stream?: Writable): Promise<Logger>
  /** Aborts at SIGINT or SIGTERM; from the first call on, the process no longer ends by them itself. */
  signal(): AbortSignal
  exitCode(): number
}

/** Whether a stream may be coloured: NO_COLOR, TERM=dumb and --no-color are honoured. */
export function colorAllowed(stream: { isTTY?: boolean }, io: Io, options: GlobalOptions): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = io.env
  if (!options.color || (NO_COLOR !== undefined && NO_COLOR !== '')) return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true
  return stream.isTTY === true && TERM !== 'dumb'
}

/** Creates the context of one run of the command line. */
export function createContext(io: Io, options: GlobalOptions): Context {
  let exitCode = 0
  let controller: AbortController | undefined
  const errorColor = colorAllowed(io.stderr, io, options)

  return {
    io,
    options,
    paint: createPaint(!options.json && colorAllowed(io.stdout, io, options)),
    errorPaint: createPaint(errorColor),
    redraws: io.stderr.isTTY === true && io.env['TERM'] !== 'dumb' && !options.json,
    columns: io.stdout.isTTY === true ? io.stdout.columns || 80 : Number.POSITIVE_INFINITY,
    interactive: io.stdin.isTTY === true && io.stderr.isTTY === true && !options.json,
    answer(result) {
      exitCode = result.exitCode ?? 0
      io.stdout.write(
        options.json ? `${jsonText(result.document)}\n` : result.lines.map((line) => `${line}\n`).join(''),
      )
    },
    note(line) {
      if (!options.json) io.stderr.write(`${line}\n`)
    },
    async loadConfig(given = {}) {
      const { loadConfig } = await import('../config/load-config.ts')
      const loaded = loadConfig({
        ...(options.config === undefined ? {} : { file: options.config }),
        env: given.env ?? io.env,
        cwd: io.cwd,
      })
      for (const warning of loaded.warnings) io.stderr.write(`warning  ${warning}\n`)
      return loaded
    },
    async createLogger(log, stream = io.stderr) {
      const { createLogger } = await import('../keeper/logger.ts')
      const format = log === undefined || log.format === 'auto' ? (io.stderr.isTTY ? 'pretty' : 'json') : log.format
      return createLogger({
        format,
        level: options.logLevel ?? log?.level ?? 'info',
        stream,
        color: errorColor,
      })
    },
    signal() {
      if (controller !== undefined) return controller.signal
      const created = new AbortController()
      controller = created
      const stop = (name: NodeJS.Signals) => {
        // A second one means: at once.
        if (created.signal.aborted) process.exit(130)
        created.abort(name)
      }
      process.on('SIGINT', stop)
      process.on('SIGTERM', stop)
      return created.signal
    },
    exitCode: () => exitCode,
  }
}
