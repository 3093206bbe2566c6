import { type Command, InvalidArgumentError, Option } from 'commander'
import { trustNotYet } from '../../errors/cli.ts'
import type { Context } from '../context.ts'

type Flags = {
  days: number
  seed: number
  capital: bigint
  policy: string
  trust: 'guarded' | 'open' | 'sealed'
  baselines: boolean
}

/** `tiller start`, which is `npm start`. */
export function register(command: Command, context: Context): void {
  command
    .option('--days <days>', 'simulated days', whole(1, 365), 30)
    .option('--seed <seed>', 'seed of every draw of the market', whole(0, 2 ** 48), 7)
    .addOption(
      // The text of the default is given because help writes defaults as JSON, which has no bigint.
      new Option('--capital <units>', 'deposits, in whole units of the asset')
        .argParser(capital)
        .default(5_000_000n, '5000000'),
    )
    .option('--policy <reference>', 'a rule, or the folder of a policy package', 'seed-lending')
    .addOption(
      new Option('--trust <rung>', 'who may decide; open and sealed are not there yet')
        .choices(['guarded', 'open', 'sealed'])
        .default('guarded'),
    )
    .option('--no-baselines', 'leave out the same days under each rule')
    .action(async ({ trust, ...flags }: Flags) => {
      if (trust !== 'guarded') throw trustNotYet(trust)
      const { start } = await import('../start.ts')
      await start(flags, context)
    })
}

function whole(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`)
    }
    return value
  }
}

function capital(text: string): bigint {
  if (!/^\d{1,12}$/.test(text) || BigInt(text) < 10_000n) {
    throw new InvalidArgumentError('It must be a whole number of at least 10000.')
  }
  return BigInt(text)
}
