import type { Keeper } from './create-keeper.ts'
import type { ReconcileReport } from './reconcile.ts'
import type { TickReport } from './run-tick.ts'

export type RunOnceReport = { recovery: ReconcileReport; tick: TickReport }

/** Runs one pass: checks, recovery, tick. Raises what these raise; the fork is ended in any case. */
export async function runOnce(keeper: Keeper, options: { signal?: AbortSignal } = {}): Promise<RunOnceReport> {
  try {
    const recovery = await keeper.start()
    return { recovery, tick: await keeper.tick(options.signal) }
  } finally {
    await keeper.close()
  }
}
