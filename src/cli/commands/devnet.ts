import { type Command, InvalidArgumentError } from 'commander'
import { usageError } from '../../errors/cli.ts'
import type { Context } from '../context.ts'
import { devnetDown, devnetStatus, devnetUp } from '../devnet.ts'
import type { MarketOptions } from '../devnet-market.ts'
import { wholeNumber } from '../parse-argument.ts'

type UpFlags = {
  port: number
  fresh: boolean
  detach: boolean
  blockTime?: number
  hoursPerSecond?: number
  seed?: number
  replay?: string
  replayFrom?: number
  replayVenue?: string
}

/** `tiller devnet up | status | down`. */
export function register(command: Command, context: Context): void {
  command
    .command('up')
    .description('start the local chain; the first time it is built, which takes about half a minute')
    .option('--port <port>', 'port to listen on, 0 for a free one', parsePort, 8545)
    .option('--fresh', 'build it again, whatever the cache has', false)
    .option('--detach', 'leave it running and return', false)
    .option('--block-time <seconds>', 'also mine a block every so many seconds', parseSeconds)
    .option('--hours-per-second <hours>', 'let the market live: simulated hours per second (default: 1)', parsePace)
    .option('--seed <seed>', 'let the market live: seed of every draw (default: 7)', wholeNumber(0, 2 ** 48))
    .option('--replay <file>', 'let the market live: a recorded history drives one venue; .csv or .csv.gz')
    .option('--replay-from <time>', 'where to start in it: Unix seconds or a date such as 2024-01-31', parseTime)
    .option('--replay-venue <venue>', 'the venue that it drives (default: aave-v3:usdc)')
    .action(({ port, fresh, detach, blockTime, ...flags }: UpFlags) => {
      const market = toMarket(flags)
      if (market !== undefined && blockTime !== undefined) {
        throw usageError('The market mines its own blocks; --block-time is for a devnet without one.')
      }
      return devnetUp(
        {
          port,
          fresh,
          detach,
          ...(blockTime === undefined ? {} : { blockTime }),
          ...(market === undefined ? {} : { market }),
        },
        context,
      )
    })
  command
    .command('status')
    .description('show its head, addresses, and the hash and origin of every contract')
    .action(() => devnetStatus(context))
  command
    .command('down')
    .description('stop it')
    .action(() => devnetDown(context))
}

/** Any option of the market lets it live. */
function toMarket(flags: Omit<UpFlags, 'port' | 'fresh' | 'detach' | 'blockTime'>): MarketOptions | undefined {
  const { hoursPerSecond, seed, replay, replayFrom, replayVenue } = flags
  if (replay === undefined && (replayFrom !== undefined || replayVenue !== undefined)) {
    throw usageError('--replay-from and --replay-venue belong to --replay, which is missing.')
  }
  if (hoursPerSecond === undefined && seed === undefined && replay === undefined) return undefined
  const venue = replayVenue ?? 'aave-v3:usdc'
  return {
    hoursPerSecond: hoursPerSecond ?? 1,
    seed: seed ?? 7,
    ...(replay === undefined
      ? {}
      : { replay: { file: replay, venue, ...(replayFrom === undefined ? {} : { from: replayFrom }) } }),
  }
}

function parsePace(text: string): number {
  const hours = Number(text)
  if (text.trim() === '' || !(hours > 0 && hours <= 10_000)) {
    throw new InvalidArgumentError('It must be a number above 0 and up to 10000.')
  }
  return hours
}

function parseTime(text: string): number {
  const isDate = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/.test(text)
  const seconds = isDate ? Date.parse(text) / 1_000 : /^\d{9,10}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(seconds)) {
    throw new InvalidArgumentError('It must be Unix seconds, or a date such as 2024-01-31 or 2024-01-31T12:00Z.')
  }
  return seconds
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be a number from 0 to 65535.')
  return port
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!(seconds > 0)) throw new InvalidArgumentError('It must be a number of seconds above 0.')
  return seconds
}
