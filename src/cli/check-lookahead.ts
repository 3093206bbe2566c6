import { resolve } from 'node:path'
import { baselineNames } from '../backtest/baselines/make-baseline.ts'
import {
  baselineSubject,
  checkLookahead,
  type LookaheadReport,
  type LookaheadSubject,
} from '../backtest/check-lookahead.ts'
import { backtestCosts } from '../backtest/run-backtest.ts'
import type { Rung } from '../backtest/rung-gas.ts'
import { windowWithoutData } from '../errors/backtest.ts'
import { lookaheadControl, lookaheadFound, runNotRepeatable } from '../errors/checks.ts'
import { isoTime } from '../errors/history.ts'
import { checkReading } from '../history/check-reading.ts'
import type { Panel } from '../history/panel.ts'
import { loadPanelSource } from '../history/panel-source.ts'
import { readPanel } from '../history/read-panel.ts'
import { ruleNames, shippedPackages } from '../policy/load-policy.ts'
import { backtestPolicy } from './backtest-policy.ts'
import type { Context } from './context.ts'
import { createLiveRegion } from './render/live-region.ts'
import { renderLookahead } from './render/lookahead.ts'
import { renderProgress } from './render/progress.ts'

export type CheckLookaheadFlags = {
  panel: string
  policy: string[]
  capital: number
  lag: number
  rung: Rung | 'model'
  from?: number
  to?: number
  cap: number
  cuts: number
  seed: number
}

/**
 * `tiller check lookahead`
 *
 * @throws LOOKAHEAD_FOUND, RUN_NOT_REPEATABLE, LOOKAHEAD_CONTROL, BACKTEST_WINDOW, and what `readPanel` and `loadPolicy`
 * throw
 */
export async function checkLookaheadOf(flags: CheckLookaheadFlags, context: Context): Promise<void> {
  const folder = resolve(context.io.cwd, flags.panel)
  const { panel } = await readPanel(folder)
  const { source } = await loadPanelSource(folder)
  const { from, to } = windowOf(panel, flags)
  const subjects = await subjectsOf(flags, panel, context)
  const region = createLiveRegion(context.io.stderr)
  const started = context.io.now()
  try {
    const report = await checkLookahead({
      panel,
      subjects,
      capital: flags.capital,
      lagSteps: flags.lag,
      costs: backtestCosts({ panel, ...(flags.rung === 'model' ? {} : { rung: flags.rung }) }),
      cap: flags.cap,
      from,
      to,
      cuts: flags.cuts,
      seed: BigInt(flags.seed),
      onProgress(policy, fraction) {
        if (context.redraws) {
          region.draw([renderProgress({ label: policy, fraction, elapsedMs: context.io.now() - started })])
        } else if (fraction === 1) context.note(policy)
      },
    })
    const reading = checkReading(source, panel, report.cuts.map(stepOf(panel)))
    region.end({ clear: true })
    const lines = renderLookahead(report, reading, context.paint, context.columns)
    const error = errorOf(report)
    if (error !== null) {
      for (const line of lines) context.note(line)
      throw error
    }
    context.answer({ document: { ...report, reading }, lines })
  } finally {
    region.end({ clear: true })
  }
}

function errorOf({ fault, controlFails, panel }: LookaheadReport): Error | null {
  if (fault !== null) return fault.check === 'again' ? runNotRepeatable(fault) : lookaheadFound(fault)
  return controlFails === false ? lookaheadControl(panel) : null
}

function stepOf(panel: Panel): (time: string) => number {
  return (time) => Math.round((Date.parse(time) / 1_000 - panel.startSeconds) / panel.stepSeconds)
}

function windowOf(panel: Panel, flags: CheckLookaheadFlags): { from: number; to: number } {
  const step = (time: number): number => (time - panel.startSeconds) / panel.stepSeconds
  const from = flags.from === undefined ? 0 : Math.max(0, Math.ceil(step(flags.from)))
  const to = flags.to === undefined ? panel.steps : Math.min(panel.steps, Math.floor(step(flags.to)))
  if (to - from >= 10) return { from, to }
  const time = (at: number): string => isoTime(panel.startSeconds + at * panel.stepSeconds)
  throw windowWithoutData(panel.name, time(from), time(to), `ten steps are the least; the panel has ${panel.steps}`)
}

/** Rules of the table, rules of the keeper that the table has not, and packages; all of them for `all`. */
async function subjectsOf(flags: CheckLookaheadFlags, panel: Panel, context: Context): Promise<LookaheadSubject[]> {
  const known: readonly string[] = baselineNames
  const every = async (): Promise<string[]> => [
    ...baselineNames,
    ...ruleNames.filter((name) => !known.includes(name)),
    ...(await shippedPackages()),
  ]
  const names = flags.policy.includes('all') ? await every() : flags.policy
  return Promise.all(
    names.map(async (name): Promise<LookaheadSubject> => {
      const { policy } = await backtestPolicy(name, { cwd: context.io.cwd, warn: context.note }, panel)
      if (typeof policy === 'string') return baselineSubject(policy, flags)
      return { name, hindsight: false, make: ({ costs }) => policy(costs) }
    }),
  )
}
