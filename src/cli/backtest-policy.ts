import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { baselineNames } from '../backtest/baselines/make-baseline.ts'
import { observedPolicy } from '../backtest/observed-policy.ts'
import type { BacktestInput } from '../backtest/run-backtest.ts'
import type { Panel } from '../history/panel.ts'
import { loadPolicy } from '../policy/load-policy.ts'

/**
 * The policy that a reference of a backtest names: a rule of the table, a rule of the keeper, or a package.
 *
 * @throws what `loadPolicy` throws
 */
export async function backtestPolicy(
  reference: string,
  context: { cwd: string; warn(warning: string): void },
  panel: Pick<Panel, 'asset' | 'venues' | 'startSeconds' | 'stepSeconds'>,
): Promise<Pick<BacktestInput, 'policy' | 'hashes'>> {
  const name = baselineNames.find((known) => known === reference)
  if (name !== undefined) return { policy: name }
  const own = resolve(context.cwd, reference)
  const policy = await loadPolicy({ reference: existsSync(own) ? own : reference, otherNames: baselineNames })
  if (panel.venues.some(({ asset }) => asset !== panel.asset)) {
    context.warn(`${policy.name} knows one asset only: on this panel it pays for swaps that it can not see.`)
  }
  return {
    policy: ({ gasPerVenue, gasPerPlan }) =>
      observedPolicy({
        policy,
        venues: panel.venues.map(({ id }) => id),
        startSeconds: panel.startSeconds,
        stepSeconds: panel.stepSeconds,
        gasUnitsPerLeg: gasPerVenue + gasPerPlan / 2,
      }),
    hashes: { policy: policy.hash },
  }
}
