import { Command, CommanderError } from 'commander'
import type { TillerError } from '../errors/base.ts'
import { usageError } from '../errors/cli.ts'
import { type CommandEntry, commandTable } from './command-table.ts'
import { type Context, colorAllowed, createContext } from './context.ts'
import { describeCommand, findHelped } from './describe-command.ts'
import { exitCodeOf } from './exit-code.ts'
import { type GlobalOptions, takeGlobalOptions } from './global-options.ts'
import { type Io, processIo } from './io.ts'
import { errorDocument, errorLines, jsonText, toTillerError } from './output.ts'
import { createPaint } from './render/marks.ts'
import { version } from './version.ts'

/** Runs the command line in this process; the exit code is set and the process ends when its work is done. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that closes early (`| head`) is no failure.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0)
      throw error
    })
  }
  process.exitCode = await run(argv, processIo(), (error) => {
    // What a person interrupted is not waited for, e.g. a compiler that is still at work.
    if (error.code === 'INTERRUPTED') setTimeout(() => process.exit(), 200).unref()
  })
}

/** Runs one command and returns its exit code; every error ends here. */
export async function run(
  argv: readonly string[],
  io: Io,
  onError: (error: TillerError) => void = () => {},
): Promise<number> {
  let options: GlobalOptions = { json: argv.includes('--json'), color: !argv.includes('--no-color') }
  try {
    const taken = takeGlobalOptions(argv)
    options = taken.options
    const context = createContext(io, options)
    await parse(taken.rest, context)
    return context.exitCode()
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const known = error instanceof CommanderError ? usageError(usageReason(error)) : toTillerError(error)
    onError(known)
    return fail(known, io, options)
  }
}

async function parse(argv: readonly string[], context: Context): Promise<void> {
  const program = createProgram(context)
  const name = argv.find((argument) => !argument.startsWith('-'))
  const wanted = commandTable.find((entry) => entry.name === (name === 'help' ? argv[argv.indexOf(name) + 1] : name))
  for (const entry of commandTable) {
    const command = program.command(entry.name).description(entry.summary).helpGroup(entry.group)
    if (entry === wanted) (await entry.load()).register(command, context)
    else command.action(() => unreachable(entry))
  }
  if (argv.length === 0 && !context.options.json) {
    context.io.stdout.write(program.helpInformation())
    return
  }
  const helped = findHelped(program, argv)
  if (context.options.json && helped !== undefined) {
    context.answer({ document: describeCommand(helped), lines: [] })
    return
  }
  if (context.options.json && argv[0] === '--version') {
    context.answer({ document: { version }, lines: [] })
    return
  }
  await program.parseAsync([...argv], { from: 'user' })
}

function createProgram(context: Context): Command {
  const { io } = context
  return new Command('tiller')
    .description('An ERC-4626 yield vault steered by a policy, and the keeper that runs it.')
    .version(version, '--version', 'print the version')
    .option('--config <file>', 'the configuration (default: tiller.config.json)')
    .option('--json', 'exactly one JSON document on standard output, logs on standard error')
    .option('--log-level <level>', 'debug, info, warn or error')
    .option('--no-color', 'no colours (also NO_COLOR, TERM=dumb)')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help of a command')
    .configureHelp({ showGlobalOptions: true, helpWidth: Math.min(io.stdout.columns || 100, 110) })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => {
        // Help that was not asked for stands beside the error; the error itself is printed by `fail`.
        if (!context.options.json && !text.startsWith('error:')) io.stderr.write(text)
      },
    })
    .exitOverride()
    .showSuggestionAfterError(true)
}

function fail(known: TillerError, io: Io, options: GlobalOptions): number {
  if (options.json) io.stdout.write(`${jsonText(errorDocument(known))}\n`)
  const stack = options.logLevel === 'debug' && known.code === 'INTERNAL'
  if (!options.json || stack) {
    const lines = errorLines(known, createPaint(colorAllowed(io.stderr, io, options)), { stack })
    io.stderr.write(lines.map((line) => `${line}\n`).join(''))
  }
  return exitCodeOf(known)
}

function usageReason(error: CommanderError): string {
  if (error.code === 'commander.help') return 'A command is missing.'
  const text = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .trim()
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.?)]$/.test(text) ? '' : '.'}`
}

function unreachable(entry: CommandEntry): never {
  throw new Error(`The command ${entry.name} was not loaded.`)
}
