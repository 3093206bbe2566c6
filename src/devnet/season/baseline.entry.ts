import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TillerError } from '../../errors/base.ts'
import { noopLogger } from '../../keeper/logger.ts'
import { loadPolicy } from '../../policy/load-policy.ts'
import { prepareDevnet } from '../devnet.ts'
import { openSeason } from './open-season.ts'
import type { BaselineMessage, BaselineRequest } from './run-baselines.ts'
import { runSeason } from './run-season.ts'

/** One baseline in a process of its own: asked by one message, answers with messages. */
process.once('message', (request: BaselineRequest) => {
  run(request).then(
    () => process.disconnect(),
    (error: unknown) => {
      send({
        kind: 'failed',
        code: error instanceof TillerError ? error.code : 'UNEXPECTED',
        message: error instanceof TillerError ? error.shortMessage : String(error),
      })
      process.exitCode = 1
      process.disconnect()
    },
  )
})

// Without the parent nobody wants the answer.
process.once('disconnect', () => process.exit())

async function run({ policy, seed, days, capitalUnits }: BaselineRequest): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tiller-baseline-'))
  const prepared = await prepareDevnet({})
  const season = await openSeason({ prepared, seed, capitalUnits: BigInt(capitalUnits) })
  try {
    const { report } = await runSeason({
      season,
      policy: await loadPolicy({ reference: policy }),
      seed,
      days,
      journalFile: join(folder, 'journal.db'),
      logger: noopLogger(),
      bare: true,
      onTick: ({ step }) => {
        if (step % 12 === 0) send({ kind: 'progress', fraction: step / (days * 24) })
      },
    })
    send({ kind: 'report', report })
  } finally {
    await season.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

function send(message: BaselineMessage): void {
  process.send?.(message)
}
