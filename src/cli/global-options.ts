import { usageError } from '../errors/cli.ts'
import type { LogLevel } from '../keeper/logger.ts'

export type GlobalOptions = {
  /** Path of the configuration, as given. */
  config?: string
  json: boolean
  logLevel?: LogLevel
  /** False where --no-color stands. */
  color: boolean
}

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

/**
 * Takes the options that every command has out of the arguments, wherever they stand; what follows `--` is left alone.
 *
 * They are read before the command is known, because also its errors come in the form that they ask for.
 */
export function takeGlobalOptions(argv: readonly string[]): { options: GlobalOptions; rest: string[] } {
  const options: GlobalOptions = { json: false, color: true }
  const rest: string[] = []
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index] ?? ''
    if (argument === '--') {
      rest.push(...argv.slice(index))
      break
    }
    const [name = '', inline] = argument.startsWith('--') ? splitOnce(argument, '=') : [argument, undefined]
    const value = () => {
      if (inline !== undefined) return inline
      index += 1
      const next = argv[index]
      if (next === undefined || next.startsWith('--')) throw usageError(`The option ${name} needs a value.`)
      return next
    }
    if (argument === '--json') options.json = true
    else if (argument === '--no-color') options.color = false
    else if (name === '--config') options.config = value()
    else if (name === '--log-level') options.logLevel = parseLogLevel(value())
    else rest.push(argument)
  }
  return { options, rest }
}

function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((known) => known === text)
  if (level === undefined) throw usageError(`The log level is one of ${logLevels.join(', ')}, not "${text}".`)
  return level
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
