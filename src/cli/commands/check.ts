import { type Command, InvalidArgumentError } from 'commander'
import type { Context } from '../context.ts'
import { wholeNumber } from '../parse-argument.ts'

/** `tiller check parity` */
export function register(command: Command, context: Context): void {
  registerParity(command, context)
}

type ParityFlags = { days: number; seed: number; capital: bigint; policy: string; fee: number }

function registerParity(command: Command, context: Context): void {
  command
    .command('parity')
    .description('play days on the real contracts and in the simulator, and show that both come to the same')
    .option('--days <days>', 'simulated days', wholeNumber(1, 365), 30)
    .option('--capital <units>', 'deposits, in whole units of the asset (default: 5000000)', wholeUnits, 5_000_000n)
    .option('--seed <number>', 'of what others do', wholeNumber(0, 2 ** 48), 7)
    .option('--policy <name>', 'a rule of the keeper, or the folder of a package', 'smoothed-water-filling')
    .option('--fee <bps>', 'performance fee of the vault, basis points of what it gains', wholeNumber(0, 3_000), 1_000)
    .action(async (flags: ParityFlags) => {
      const { checkParityOf } = await import('../check-parity.ts')
      await checkParityOf(flags, context)
    })
}

function wholeUnits(text: string): bigint {
  if (!/^\d{1,12}$/.test(text) || BigInt(text) < 10_000n) {
    throw new InvalidArgumentError('Give a whole number of at least 10000.')
  }
  return BigInt(text)
}
