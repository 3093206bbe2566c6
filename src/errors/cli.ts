import { TillerError } from './base.ts'

/** An error of the command line itself. */
export class CliError extends TillerError {
  override readonly name = 'CliError'
}

export function usageError(reason: string): CliError {
  return new CliError(reason, {
    code: 'USAGE',
    remedy: 'Run the command with --help to see what it takes.',
  })
}

export function cancelled(): CliError {
  return new CliError('Cancelled; nothing was written.', {
    code: 'CANCELLED',
    remedy: 'Run the command again when you are ready.',
  })
}

export function notInteractive(missing: readonly string[]): CliError {
  return new CliError('The command can not ask, because this is not a terminal.', {
    code: 'USAGE_NOT_INTERACTIVE',
    details: { missing: missing.join(', ') },
    remedy: 'Give the missing values as options.',
  })
}

/** Wraps whatever was not raised on purpose. Its text is kept, URLs in it are taken out by who prints it. */
export function internalError(cause: unknown): CliError {
  return new CliError('Something failed that Tiller has no name for.', {
    code: 'INTERNAL',
    details: { reason: firstLine(cause) },
    remedy: 'Run it again with --log-level debug, and report what is printed.',
    cause,
  })
}

function firstLine(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.split('\n')[0]?.trim() || 'no reason given'
}
