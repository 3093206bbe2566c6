import { type Command, Option } from 'commander'
import { type Config, type KeeperMode, keeperModes } from '../../config/schema.ts'
import { runKeeper } from '../../keeper/run-keeper.ts'
import { runOnce } from '../../keeper/run-once.ts'
import type { TickReport } from '../../keeper/run-tick.ts'
import type { Context } from '../context.ts'
import { withKeeper } from '../open-keeper.ts'
import { formatAmount, formatDuration, formatTime } from '../render/format.ts'
import { mark, type Paint, type Status } from '../render/marks.ts'

/** The rung above each mode, and what to look at before climbing. */
const climb: Readonly<Record<KeeperMode, string | undefined>> = {
  readonly: 'dry, which also simulates every plan',
  dry: 'paper, which books plans as if they had landed',
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
      const logger = await context.createLogger(config.log)
      const signal = context.signal()
      const { tick, recovery } = await withKeeper(context, config, logger, (keeper) => runOnce(keeper, { signal }))
      context.answer({
        document: { ...documentOf(tick), recovery },
        lines: [...renderTick(tick, context.paint), context.paint.dim(rungLine(config.keeper.mode))],
        exitCode: badOutcomes.has(tick.outcome) ? 1 : 0,
      })
    })

  command
    .command('run')
    .description('tick by the schedule until SIGINT or SIGTERM; a step under way is finished or parked')
    .addOption(mode())
    .action(async (options: { mode?: KeeperMode }) => {
      const config = await configured(context, options)
      const logger = await context.createLogger(config.log)
      context.note(rungLine(config.keeper.mode))
      const report = await withKeeper(context, config, logger, (keeper) =>
        runKeeper({ keeper, schedule: config.keeper.schedule, logger, signal: context.signal() }),
      )
      context.answer({
        document: report,
        lines: [`${report.ticks} ticks, ${report.failures} failures; ended cleanly.`],
      })
    })
}

const badOutcomes: ReadonlySet<string> = new Set(['reverted', 'dropped', 'quarantined'])

async function configured(context: Context, options: { mode?: KeeperMode }): Promise<Config> {
  // As an override of the environment, the mode passes the same checks as in the file.
  const env = options.mode === undefined ? context.io.env : { ...context.io.env, TILLER_KEEPER_MODE: options.mode }
  return (await context.loadConfig({ env })).config
}

function rungLine(mode: KeeperMode): string {
  const next = climb[mode]
  return `mode ${mode}${next === undefined ? '' : `; the next rung is ${next}`}`
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

/** Lines of one tick for a person. */
export function renderTick(tick: TickReport, paint: Paint): string[] {
  const { vault } = tick.reading
  const amount = (value: bigint) => formatAmount(value, vault.assetDecimals, 2)
  const status: Status = badOutcomes.has(tick.outcome) ? 'fail' : tick.refusals.length > 0 ? 'skip' : 'ok'
  return [
    `${mark(status, paint)} Decision ${tick.decisionId}: ${tick.outcome} at block ${tick.blockNumber}, ${formatTime(tick.blockTimestamp)} (${formatDuration(tick.totalMs)})`,
    `  ${amount(vault.totalAssets)} in the vault, ${amount(vault.idle)} idle`,
    ...tick.refusals.map(
      ({ code, reason, venue }) => `  ${code}${venue === undefined ? '' : ` (${venue})`}  ${reason}`,
    ),
    ...tick.gates.map(
      (gate) =>
        `  ${mark(gate.ok ? 'ok' : 'fail', paint)} ${gate.gate} gate on the ${gate.ranOn} in ${Math.round(gate.durationMs)} ms, ${gate.gasUsed} gas`,
    ),
    ...tick.attempts.map(({ hash, nonce, status: state }) => `  ${hash} nonce ${nonce} ${state}`),
    `  tiller explain ${tick.decisionId} says why`,
  ]
}
