import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { baselineNames } from '../../backtest/baselines/make-baseline.ts'
import { type BacktestInput, runBacktest } from '../../backtest/run-backtest.ts'
import { type Rung, rungs } from '../../backtest/rung-gas.ts'
import { windowWithoutData } from '../../errors/backtest.ts'
import { isoTime } from '../../errors/history.ts'
import { readPanel } from '../../history/read-panel.ts'
import { describeAssumedCurves } from '../../market/venue-model.ts'
import { ruleNames } from '../../policy/load-policy.ts'
import { codeIdentity } from '../../report/code-identity.ts'
import { recordRun } from '../../report/record-run.ts'
import { checkRunFolder, writeRun } from '../../report/write-run.ts'
import { backtestPolicy } from '../backtest-policy.ts'
import type { Context } from '../context.ts'
import { positiveNumber, shareNumber, timeText, wholeNumber } from '../parse-argument.ts'
import { renderBacktest, renderStored } from '../render/backtest.ts'
import { createLiveRegion } from '../render/live-region.ts'
import { renderProgress } from '../render/progress.ts'

type Flags = {
  panel: string
  policy: string
  capital: number
  lag: number
  rung: Rung | 'model'
  from?: number
  to?: number
  walkForward?: { trainHours: number; testHours: number }
  cap: number
  seed: number
  costs: boolean
  out?: string
  force?: boolean
}

/** `tiller backtest` */
export function register(command: Command, context: Context): void {
  const names = [...new Set([...baselineNames, ...ruleNames])].join(', ')
  command
    .requiredOption('--panel <folder>', 'recorded market: a folder with a panel.json')
    .requiredOption('--policy <name>', `a package's folder or name, or a rule: ${names}`)
    .option('--capital <amount>', 'asset units at work', positiveNumber, 10_000_000)
    .option('--lag <steps>', 'steps by which data is older than its decision', wholeNumber(0, 10_000), 1)
    .addOption(
      new Option('--rung <rung>', 'whose gas a move pays; model: 200,000 for each touched venue')
        .choices([...rungs, 'model'])
        .default('guarded'),
    )
    .option('--from <time>', 'beginning of the window (default: of the panel)', timeText)
    .option('--to <time>', 'end of the window (default: of the panel)', timeText)
    .option('--walk-forward <train/test>', 'windows one after another behind a past to tune on, e.g. 90d/30d', spans)
    .option('--cap <share>', 'most of the capital in one venue, 0 to 1', shareNumber, 1)
    .option('--seed <number>', 'of the bootstrap', wholeNumber(0), 1)
    .option('--no-costs', 'gas and swaps cost nothing')
    .option('--out <folder>', 'store the run, for `tiller report` and `tiller compare`')
    .option('--force', 'replace a run that is there')
    .action(async (flags: Flags) => {
      const out = flags.out === undefined ? undefined : resolve(context.io.cwd, flags.out)
      if (out !== undefined) await checkRunFolder(out, flags.out ?? '', flags.force === true)
      const { panel, findings } = await readPanel(resolve(context.io.cwd, flags.panel))
      const warnings: string[] = []
      for (const { level, code, file, line, found, rule } of findings) {
        if (level !== 'warning') continue
        const warning = `${code} ${file}:${line ?? 1}  ${found}; ${rule}`
        warnings.push(warning)
        context.note(`warning  ${warning}`)
      }
      const warn = (warning: string): void => {
        warnings.push(warning)
        context.note(warning)
      }
      const stepOf = (time: number) => (time - panel.startSeconds) / panel.stepSeconds
      const from = flags.from === undefined ? 0 : Math.max(0, Math.ceil(stepOf(flags.from)))
      const to = flags.to === undefined ? panel.steps : Math.min(panel.steps, Math.floor(stepOf(flags.to)))
      if (to <= from) {
        const iso = (step: number) => new Date((panel.startSeconds + step * panel.stepSeconds) * 1_000).toISOString()
        throw windowWithoutData(panel.name, iso(from), iso(to), `the panel goes from ${iso(0)} to ${iso(panel.steps)}`)
      }
      const [start, end] = [panel.startSeconds, panel.startSeconds + panel.steps * panel.stepSeconds]
      if ((flags.from ?? start) < start || (flags.to ?? end) > end) {
        warn(`The window is cut to the panel, ${isoTime(start)} to ${isoTime(end)}.`)
      }
      const assumed = describeAssumedCurves(panel)
      if (assumed !== undefined) warn(assumed)
      if (flags.lag >= to)
        warn(`No data of the panel is ${flags.lag} steps old before the window ends: nobody decides.`)
      const region = createLiveRegion(context.io.stderr)
      const started = context.io.now()
      let label = ''
      try {
        const input: BacktestInput = {
          panel,
          ...(await backtestPolicy(flags.policy, { cwd: context.io.cwd, warn }, panel)),
          capital: flags.capital,
          lagSteps: flags.lag,
          ...(flags.rung === 'model' ? {} : { rung: flags.rung }),
          charged: flags.costs,
          from,
          to,
          ...(flags.walkForward === undefined ? {} : { walkForward: flags.walkForward }),
          cap: flags.cap,
          seed: BigInt(flags.seed),
          warnings,
          onProgress(what, fraction) {
            if (context.redraws) {
              region.draw([renderProgress({ label: what, fraction, elapsedMs: context.io.now() - started })])
            }
            // On a terminal that can't be drawn over: a line for each stage, of several windows one for each.
            const stage = what.replace(/: .*/, '')
            if (!context.redraws && context.io.stderr.isTTY && stage !== label) context.note(stage)
            label = stage
          },
        }
        const { report, windows } = await runBacktest(input)
        if (out !== undefined) await writeRun(out, recordRun({ input, report, windows, code: codeIdentity() }))
        region.end({ clear: true })
        const stored = flags.out === undefined ? [] : ['', ...renderStored(flags.out, context.paint)]
        context.answer({
          document: flags.out === undefined ? report : { ...report, run: flags.out },
          lines: [...renderBacktest(report, context.paint, context.columns), ...stored],
        })
      } finally {
        region.end({ clear: true })
      }
    })
}

/** `90d/30d` in hours. */
function spans(text: string): { trainHours: number; testHours: number } {
  const match = /^(\d+)([dh])\/(\d+)([dh])$/.exec(text)
  const hours = (count: string | undefined, unit: string | undefined) => Number(count) * (unit === 'd' ? 24 : 1)
  const [, train, trainUnit, test, testUnit] = match ?? []
  const result = { trainHours: hours(train, trainUnit), testHours: hours(test, testUnit) }
  if (!(result.trainHours > 0 && result.testHours > 0)) {
    throw new InvalidArgumentError('Give a stretch to tune on and one to test on, in days or hours, such as 90d/30d.')
  }
  return result
}
