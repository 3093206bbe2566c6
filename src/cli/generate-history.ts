import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { panelExists } from '../errors/history.ts'
import { readPanel } from '../history/read-panel.ts'
import { panelEvents, writePanel } from '../history/write-panel.ts'
import { generatePanel } from '../market/generate-panel.ts'
import { usualMarket } from '../market/market-spec.ts'
import { randomMarket } from '../market/random-market.ts'
import type { Context } from './context.ts'
import { timeText, wholeNumber } from './parse-argument.ts'
import { renderGenerated } from './render/panel.ts'

type GenerateFlags = {
  out: string
  seed: bigint
  days: number
  market: 'usual' | 'random'
  venues: number
  from: number
  name?: string
  force?: boolean
}

/** `tiller data generate`: a panel of a simulated market, for whoever has no history at hand. */
export function registerGenerate(command: Command, context: Context): void {
  command
    .command('generate')
    .description('write a panel of a simulated market: a seed gives the same one everywhere')
    .requiredOption('--out <folder>', 'where the panel is written')
    .option('--seed <n>', 'seed of the market', seedText, 1n)
    .option('--days <n>', 'length', wholeNumber(1, 3_650), 365)
    .addOption(
      new Option(
        '--market <kind>',
        'usual: Aave, Comet, Morpho and savings as they were in 2023 and 2024; random: anything',
      )
        .choices(['usual', 'random'])
        .default('usual'),
    )
    .option('--venues <n>', 'how many venues a random market has', wholeNumber(2, 16), 5)
    .option('--from <time>', 'first hour', timeText, 1_704_067_200)
    .option('--name <name>', 'name of the panel (default: the folder)')
    .option('--force', 'replace a panel that is there')
    .action(async (flags: GenerateFlags) => {
      const folder = resolve(context.io.cwd, flags.out)
      if (existsSync(join(folder, 'panel.json')) && flags.force !== true) throw panelExists(flags.out)
      const spec =
        flags.market === 'usual'
          ? usualMarket(flags.seed, flags.from)
          : { ...randomMarket(flags.seed, flags.venues), startSeconds: flags.from }
      const generated = generatePanel(spec, flags.days * 24)
      await writePanel(folder, panelEvents({ ...generated, name: flags.name ?? basename(folder) }), {
        generator: 'tiller data generate',
        market: flags.market,
        seed: String(flags.seed),
      })
      const { panel, findings } = await readPanel(folder)
      context.answer({
        document: {
          folder: flags.out,
          name: panel.name,
          asset: panel.asset,
          market: flags.market,
          seed: String(flags.seed),
          start: panel.startSeconds,
          end: panel.endSeconds,
          stepSeconds: panel.stepSeconds,
          steps: panel.steps,
          venues: panel.venues,
          findings,
          hashes: panel.hashes,
        },
        lines: renderGenerated({ folder: flags.out, panel, findings }, context.paint, context.columns),
      })
    })
}

function seedText(text: string): bigint {
  if (!/^[0-9]{1,19}$/.test(text)) throw new InvalidArgumentError('Give a whole number of at most 19 digits.')
  return BigInt(text)
}
