import { type Command, Option } from 'commander'
import { type Config, type KeeperMode, keeperModes } from '../../config/schema.ts'
import { runKeeper } from '../../keeper/run-keeper.ts'
import { runOnce } from '../../keeper/run-once.ts'
import type { TickReport } from '../../keeper/run-tick.ts'
import type { Context } from '../context.ts'
import { createKeeperView } from '../keeper-view.ts'
import { withKeeper } from '../open-keeper.ts'
import { badOutcomes, renderRecovery, renderTick } from '../render/tick.ts'

/** The rung above each mode, and what to look at before climbing. */
const climb: Readonly<Record<KeeperMode, string | undefined>> = {
  readonly: 'dry, which also simulates every plan',
  dry: 'paper, which does the same as a rehearsal and keeps each forecast',
  paper: 'canary, which sends small plans; it needs a signer with the keeper role and gas money (tiller doctor)',
  canary: 'live',
  live: undefined,
}

/** `tiller keeper once|run` */
export function register(command: Command, context: Context): void {
  const mode = () => new Option('--mode <mode>', 'instead of keeper.mode').choices([...keeperModes])

  command
    .command('once')
    .description('one tick: observe, decide, plan, simulate, and send where the mode says so')
    .addOption(mode())
    .action(async (options: { mode?: KeeperMode }) => {
      const config = await configured(context, options)
      // Before a person the answer itself tells what the log would: only what is wrong is logged.
      const watched = isWatched(context, config)
      const logger = await context.createLogger(watched ? { ...config.log, level: 'warn' } : config.log)
      const signal = context.signal()
      const { tick, recovery } = await withKeeper(context, config, logger, (keeper) => runOnce(keeper, { signal }))
      context.answer({
        document: { ...documentOf(tick), recovery },
        lines: [
          ...renderRecovery(recovery, context.paint),
          ...renderTick(tick, context.paint, context.columns),
          context.paint.dim(`  tiller explain ${tick.decisionId} says why`),
          context.paint.dim(`  ${rungLine(config.keeper.mode)}`),
        ],
        exitCode: badOutcomes.has(tick.outcome) ? 1 : 0,
      })
    })

  command
    .command('run')
    .description('tick by the schedule until SIGINT or SIGTERM; a step under way is finished or parked')
    .addOption(mode())
    .action(async (options: { mode?: KeeperMode }) => {
      const config = await configured(context, options)
      const { mode, schedule } = config.keeper
      context.note(rungLine(mode))
      const view = isWatched(context, config) ? await createKeeperView(context, { mode, schedule }) : undefined
      const logger = view?.logger ?? (await context.createLogger(config.log))
      const report = await withKeeper(context, config, logger, (keeper) =>
        runKeeper({
          keeper,
          schedule,
          logger,
          signal: context.signal(),
          ...(view === undefined ? {} : { onTick: view.tick }),
        }),
      ).finally(() => view?.end())
      context.answer({
        document: report,
        lines: [`${report.ticks} passes, ${report.failures} failed; ended cleanly.`],
      })
    })
}

/** True where a person looks on and asked for no log: then lines for a person stand in its place. */
function isWatched(context: Context, config: Config): boolean {
  const { io, options } = context
  return io.stderr.isTTY === true && !options.json && options.logLevel === undefined && config.log.format !== 'json'
}

async function configured(context: Context, options: { mode?: KeeperMode }): Promise<Config> {
  // As an override of the environment, the mode passes the same checks as in the file.
  const env = options.mode === undefined ? context.io.env : { ...context.io.env, TILLER_KEEPER_MODE: options.mode }
  return (await context.loadConfig({ env })).config
}

function rungLine(mode: KeeperMode): string {
  const next = climb[mode]
  return `Mode ${mode}${next === undefined ? ', the highest rung' : `; the next rung is ${next}`}.`
}

function documentOf(tick: TickReport) {
  const { reading, observation: _, planning, ...rest } = tick
  return {
    ...rest,
    totalAssets: reading.vault.totalAssets,
    sharePrice: reading.vault.sharePrice,
    planning,
  }
}
