import { type Command, InvalidArgumentError } from 'commander'
import type { Context } from '../context.ts'
import { devnetDown, devnetStatus, devnetUp } from '../devnet.ts'

type UpFlags = { port: number; fresh: boolean; detach: boolean; blockTime?: number }

/** `tiller devnet up | status | down`. */
export function register(command: Command, context: Context): void {
  command
    .command('up')
    .description('start the local chain; the first time it is built, which takes about half a minute')
    .option('--port <port>', 'port to listen on, 0 for a free one', parsePort, 8545)
    .option('--fresh', 'build it again, whatever the cache has', false)
    .option('--detach', 'leave it running and return', false)
    .option('--block-time <seconds>', 'also mine a block every so many seconds', parseSeconds)
    .action((flags: UpFlags) => devnetUp(flags, context))
  command
    .command('status')
    .description('show its head, addresses, and the hash and origin of every contract')
    .action(() => devnetStatus(context))
  command
    .command('down')
    .description('stop it')
    .action(() => devnetDown(context))
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
