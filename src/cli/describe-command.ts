import type { Command } from 'commander'
import { usageError } from '../errors/cli.ts'

/** What `--help --json` answers: the same as the text, for a program to read. */
export type CommandDescription = {
  command: string
  description: string
  arguments: readonly { name: string; required: boolean; description: string }[]
  options: readonly { flags: string; description: string; default?: unknown }[]
  commands: readonly { name: string; description: string }[]
}

/** The command that help is asked about; undefined where no help is asked for. Raises USAGE for an unknown one. */
export function findHelped(program: Command, argv: readonly string[]): Command | undefined {
  const words = argv.filter((argument) => !argument.startsWith('-'))
  const byWord = words[0] === 'help'
  if (!byWord && !argv.some((argument) => argument === '--help' || argument === '-h')) return undefined
  let command = program
  for (const word of byWord ? words.slice(1) : words) {
    const next = command.commands.find((child) => child.name() === word)
    if (next === undefined) {
      // Behind the last command stand its arguments; a group of commands takes none.
      if (command.commands.length > 0) throw usageError(`Unknown command '${word}'.`)
      break
    }
    command = next
  }
  return command
}

/** Describes a command as data. */
export function describeCommand(command: Command): CommandDescription {
  const path: string[] = []
  for (let at: Command | null = command; at !== null; at = at.parent) path.unshift(at.name() || 'tiller')
  return {
    command: path.join(' '),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      required: argument.required,
      description: argument.description,
    })),
    options: command.options.map(({ flags, description, defaultValue }) => ({
      flags,
      description,
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
    })),
    commands: command.commands.map((child) => ({ name: child.name(), description: child.description() })),
  }
}
