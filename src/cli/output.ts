import { TillerError } from '../errors/base.ts'
import { internalError } from '../errors/cli.ts'
import { redactText } from '../keeper/logger.ts'
import type { Paint } from './render/marks.ts'

/** What a command answers: the same facts as one JSON document and as lines for a person. */
export type CommandResult = {
  document: unknown
  lines: readonly string[]
  /** 0 when absent. */
  exitCode?: number
}

/** Text of the one JSON document of a command; bigints become decimal strings. */
export function jsonText(document: unknown): string {
  return JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? value.toString() : value), 2)
}

/** Wraps what was not raised on purpose. */
export function toTillerError(error: unknown): TillerError {
  return error instanceof TillerError ? error : internalError(error)
}

/** The document of an error: `{ error: { code, message, remedy, retryable, details, … } }`, without URLs. */
export function errorDocument(error: TillerError): unknown {
  const clean = (_: string, value: unknown) => (typeof value === 'string' ? redactText(value) : value)
  return { error: JSON.parse(JSON.stringify(error.toJSON(), clean)) }
}

/** The lines of an error for a person; with the stack of its cause where asked for. */
export function errorLines(error: TillerError, paint: Paint, options: { stack: boolean }): string[] {
  const [first = '', ...rest] = redactText(error.message).split('\n')
  const lines = [
    `${paint.red(`error ${error.code}`)}  ${first}`,
    ...rest.map((line) => (line.startsWith('Remedy: ') ? `${paint.bold('Remedy:')} ${line.slice(8)}` : line)),
  ]
  if (!options.stack) return lines
  const stack = error.cause instanceof Error ? error.cause.stack : error.stack
  return [
    ...lines,
    ...redactText(stack ?? '')
      .split('\n')
      .map((line) => paint.dim(line)),
  ]
}
