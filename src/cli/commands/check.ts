import { type Command, InvalidArgumentError, Option } from 'commander'
import { rungs } from '../../backtest/rung-gas.ts'
import type { CheckLookaheadFlags } from '../check-lookahead.ts'
import type { Context } from '../context.ts'
import { positiveNumber, shareNumber, timeText, wholeNumber } from '../parse-argument.ts'

/** `tiller check lookahead|parity` */
export function register(command: Command, context: Context): void {
  registerLookahead(command, context)
  registerParity(command, context)
}

function registerLookahead(command: Command, context: Context): void {
  command
    .command('lookahead')
    .description('show that no policy of a backtest knows what comes: the future is taken away, and nothing changes')
    .requiredOption('--panel <folder>', 'recorded market: a folder with a panel.json')
    .option('--policy <names...>', "rules, packages' folders or names; all: everything that is shipped", ['all'])
    .option('--capital <amount>', 'asset units at work', positiveNumber, 10_000_000)
    .option('--lag <steps>', 'steps by which data is older than its decision', wholeNumber(0, 10_000), 1)
    .addOption(
      new Option('--rung <rung>', 'whose gas a move pays; model: 200,000 for each touched venue')
        .choices([...rungs, 'model'])
        .default('guarded'),
    )
    .option('--from <time>', 'beginning of the window (default: of the panel)', timeText)
    .option('--to <time>', 'end of the window (default: of the panel)', timeText)
    .option('--cap <share>', 'most of the capital in one venue, 0 to 1', shareNumber, 1)
    .option('--cuts <number>', 'how many ends of shorter windows are tried', wholeNumber(1, 100), 5)
    .option('--seed <number>', 'of the ends, and of the order of shuffled rows', wholeNumber(0), 1)
    .action(async (flags: CheckLookaheadFlags) => {
      const { checkLookaheadOf } = await import('../check-lookahead.ts')
      await checkLookaheadOf(flags, context)
    })
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
