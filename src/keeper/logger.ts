import type { Writable } from 'node:stream'
import pc from 'picocolors'
import winston from 'winston'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

type LogFields = Readonly<Record<string, unknown>>

/** Events are a fixed vocabulary (`tick.end`, `attempt.sent`); what varies goes to the fields. */
export type Logger = {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
  /** A logger that adds these fields to every line. */
  child(bindings: LogFields): Logger
}

export type CreateLoggerOptions = {
  format: 'pretty' | 'json'
  level: LogLevel
  /** Where lines go; standard error when absent, because standard output belongs to results. */
  stream?: Writable
  /** Colours of the pretty format; off when absent. */
  color?: boolean
  /** Exact strings that must never be written, e.g. a password that was read. The array is read at every line. */
  secrets?: readonly string[]
  now?: () => Date
}

/**
 * Creates a logger on winston: one line per event, pretty or JSON, with endpoint URLs and secrets taken out.
 *
 * bigints become decimal strings, errors become `{ code, message }`, with the stack at level `debug` only.
 */
export function createLogger(options: CreateLoggerOptions): Logger {
  const { format, level, secrets = [], now = () => new Date() } = options
  const colors = pc.createColors(options.color ?? false)
  const line = winston.format.printf((info) => {
    const {
      level: lineLevel,
      message,
      fields,
    } = info as unknown as {
      level: LogLevel
      message: string
      fields: Record<string, unknown>
    }
    const time = now().toISOString()
    const clean = redact(fields, { secrets, stacks: level === 'debug' }) as Record<string, unknown>
    // A field can't pass itself off as one of the line's own.
    const own = { time, level: lineLevel, event: message }
    if (format === 'json') return JSON.stringify({ ...own, ...clean, ...own })
    return prettyLine({ time, level: lineLevel, event: message, fields: clean }, colors)
  })
  const stream = options.stream ?? process.stderr
  const root = winston.createLogger({ level, format: line, transports: [new winston.transports.Stream({ stream })] })
  return bind(root, {})
}

/** A logger that writes nothing. */
export function noopLogger(): Logger {
  const nothing = () => {}
  const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => logger }
  return logger
}

function bind(root: winston.Logger, bindings: LogFields): Logger {
  const write = (level: LogLevel) => (event: string, fields?: LogFields) => {
    root.log({ level, message: event, fields: { ...bindings, ...fields } })
  }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (more) => bind(root, { ...bindings, ...more }),
  }
}

const secretName = /(private_?key|password|passphrase|secret|mnemonic|api_?key|authorization|access_?token)/i
const url = /\b(?:https?|wss?):\/\/[^\s"'<>)\]}]+/gi
const deepest = 8

export type RedactOptions = { secrets?: readonly string[]; stacks?: boolean }

/**
 * Returns a copy that is safe to print: every endpoint URL becomes `[endpoint]`, every value under a secret's name and
 * every listed secret becomes `[secret]`. bigints become decimal strings.
 */
export function redact(value: unknown, options: RedactOptions = {}, depth = 0): unknown {
  if (typeof value === 'string') return redactText(value, options.secrets)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  if (depth >= deepest) return '[…]'
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Error) return redactError(value, options, depth)
  if (value instanceof Uint8Array) return `[${value.length} bytes]`
  if (Array.isArray(value)) return value.map((item) => redact(item, options, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      redactText(name, options.secrets),
      secretName.test(name) && item !== undefined && item !== null ? '[secret]' : redact(item, options, depth + 1),
    ]),
  )
}

/** Takes endpoint URLs and the listed secrets out of a text. */
export function redactText(text: string, secrets: readonly string[] = []): string {
  let clean = text.replace(url, '[endpoint]')
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, '[secret]')
  return clean
}

function redactError(error: Error, options: RedactOptions, depth: number): Record<string, unknown> {
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : { code: error.name }
  const message = redactText(error.message, options.secrets)
  const cause =
    error.cause === undefined || depth + 1 >= deepest ? {} : { cause: redact(error.cause, options, depth + 1) }
  const stack =
    options.stacks === true && error.stack !== undefined ? { stack: redactText(error.stack, options.secrets) } : {}
  return { ...code, message, ...cause, ...stack }
}

type PrettyLine = { time: string; level: LogLevel; event: string; fields: Record<string, unknown> }

function prettyLine(line: PrettyLine, colors: ReturnType<typeof pc.createColors>): string {
  const paint = { debug: colors.gray, info: colors.green, warn: colors.yellow, error: colors.red }[line.level]
  const fields = Object.entries(line.fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${colors.dim(`${name}=`)}${prettyValue(value)}`)
  return [colors.dim(line.time.slice(11, 23)), paint(line.level.toUpperCase().padEnd(5)), line.event, ...fields].join(
    ' ',
  )
}

function prettyValue(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)
  return JSON.stringify(value) ?? String(value)
}
