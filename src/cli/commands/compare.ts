import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type Across, comparableAcross, compareRuns } from '../../report/compare-runs.ts'
import { readRun } from '../../report/read-run.ts'
import type { Context } from '../context.ts'
import { renderComparison } from '../render/comparison.ts'

/** `tiller compare <runA> <runB>` */
export function register(command: Command, context: Context): void {
  command
    .argument('<runA>', 'folder of a run, written by `tiller backtest --out`')
    .argument('<runB>', 'another one, of the same panel and window')
    .option('--across <what>', `what may differ, separated by commas: ${comparableAcross.join(', ')}`, acrossList)
    .action(async (runA: string, runB: string, { across = [] }: { across?: Across[] }) => {
      const read = async (name: string) => ({ name, run: await readRun(resolve(context.io.cwd, name), name) })
      const [a, b] = await Promise.all([read(runA), read(runB)])
      const comparison = compareRuns(a, b, across)
      context.answer({
        document: comparison,
        lines: renderComparison(comparison, context.paint, context.columns),
      })
    })
}

function acrossList(text: string): Across[] {
  return text.split(',').map((word) => {
    const known = comparableAcross.find((name) => name === word.trim())
    if (known === undefined) throw new InvalidArgumentError(`Give any of ${comparableAcross.join(', ')}.`)
    return known
  })
}
