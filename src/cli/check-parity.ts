import { checkParity, requireParity } from '../devnet/parity/check-parity.ts'
import { loadPolicy } from '../policy/load-policy.ts'
import type { Context } from './context.ts'
import { prepareWithBar } from './prepare-with-bar.ts'
import { createLiveRegion } from './render/live-region.ts'
import { renderParity } from './render/parity.ts'
import { renderProgress } from './render/progress.ts'

export type CheckParityFlags = { days: number; seed: number; capital: bigint; policy: string; fee: number }

/**
 * `tiller check parity`
 *
 * @throws PARITY_BROKEN, and what `loadPolicy` and `checkParity` throw
 */
export async function checkParityOf(flags: CheckParityFlags, context: Context): Promise<void> {
  const policy = await loadPolicy({ reference: flags.policy })
  const prepared = await prepareWithBar(false, context)
  const region = createLiveRegion(context.io.stderr)
  const started = context.io.now()
  const hours = flags.days * 24
  try {
    const report = await checkParity({
      prepared,
      policy,
      seed: flags.seed,
      days: flags.days,
      capitalUnits: flags.capital,
      performanceFeeBps: flags.fee,
      onStep(step) {
        const elapsedMs = context.io.now() - started
        if (context.redraws) {
          region.draw([renderProgress({ label: 'contracts', fraction: step / hours, elapsedMs })])
        } else if (step % 240 === 0) context.note(`day ${step / 24} of ${flags.days}`)
      },
    })
    region.end({ clear: true })
    const lines = renderParity(report, context.paint, context.columns)
    // What was found stands beside the error, which is the answer.
    if (!report.ok) for (const line of lines) context.note(line)
    requireParity(report)
    context.answer({ document: report, lines })
  } finally {
    region.end({ clear: true })
    await policy.close?.()
  }
}
