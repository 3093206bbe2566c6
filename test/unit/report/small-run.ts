import { runBacktest } from '../../../src/backtest/run-backtest.ts'
import { recordRun, type UnsealedRun } from '../../../src/report/record-run.ts'
import { fiveVenues, syntheticPanel } from '../backtest/synthetic-panel.ts'

export type SmallRunOptions = {
  policy?: 'greedy-50bp' | 'smoothed-water-filling-payback' | 'hold' | 'water-filling'
  steps?: number
  seed?: bigint
  walkForward?: { trainHours: number; testHours: number }
  capital?: number
  lagSteps?: number
}

/** The backtest of a rule on a synthetic panel of five venues, with its record. */
export async function smallRun(options: SmallRunOptions = {}) {
  const { walkForward } = options
  const panel = syntheticPanel({ seed: options.seed ?? 7n, steps: options.steps ?? 1_000, venues: fiveVenues })
  const input = {
    panel: { ...panel, hashes: { 'panel.json': String(options.seed ?? 7n).padStart(64, '0') } },
    policy: options.policy ?? 'smoothed-water-filling-payback',
    capital: options.capital ?? 5e6,
    lagSteps: options.lagSteps ?? 1,
    rung: 'guarded',
    boundPasses: 30,
    ...(walkForward === undefined ? {} : { walkForward }),
  } as const
  const { report, windows } = await runBacktest(input)
  const code = { version: '0.1.0', revision: 'a'.repeat(40), source: 'b'.repeat(64) }
  const run: UnsealedRun = recordRun({ input, report, windows, code })
  return { input, report, windows, run }
}
