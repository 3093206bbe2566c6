import { type DevnetProgress, type PreparedDevnet, prepareDevnet } from '../devnet/devnet.ts'
import { compileContracts } from '../vault/compile-contracts.ts'
import type { Context } from './context.ts'
import { createLiveRegion } from './render/live-region.ts'
import { renderProgress } from './render/progress.ts'

/** Share of the whole that the devnet takes where both it and the vault's contracts are built. */
const devnetShare = 0.75

/**
 * Prepares the devnet and compiles the contracts of a vault, with one progress bar on a terminal and a line per stage
 * elsewhere.
 *
 * @throws what `prepareDevnet` and `compileContracts` throw
 */
export async function prepareWithBar(fresh: boolean, context: Context): Promise<PreparedDevnet> {
  const bar = createBuildBar(context)
  try {
    const prepared = await prepareDevnet({ fresh, onProgress: bar.stage(devnetShare) })
    await compileContracts({ onProgress: bar.stage(1) })
    return prepared
  } finally {
    bar.end()
  }
}

export type BuildBar = {
  /** Takes the progress of a stage that begins where the bar stands, and ends at this share of the whole. */
  stage(endsAt: number): (event: DevnetProgress) => void
  /** Removes the bar. */
  end(): void
}

/** A bar over several stages; where nothing can be redrawn, a line whenever the label changes. */
export function createBuildBar(context: Pick<Context, 'io' | 'redraws' | 'note'>): BuildBar {
  const { io } = context
  const started = io.now()
  const region = createLiveRegion(io.stderr)
  let label = ''
  let share = 0
  return {
    stage: (endsAt) => {
      const from = share
      return (event) => {
        share = from + ((endsAt - from) * event.done) / event.total
        if (context.redraws) {
          const bar = renderProgress({ label: 'devnet', fraction: share, elapsedMs: io.now() - started })
          region.draw([bar, event.label])
        } else if (event.label !== label) {
          context.note(event.label)
        }
        label = event.label
      }
    },
    end: () => region.end({ clear: true }),
  }
}
