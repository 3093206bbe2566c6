import { schedule as scheduleTask, validate } from 'node-cron'
import { TillerError } from '../errors/base.ts'
import { scheduleMalformed } from '../errors/keeper.ts'
import type { Keeper } from './create-keeper.ts'
import type { KeeperLogger } from './effects.ts'
import type { TickReport } from './run-tick.ts'

export type RunKeeperParameters = {
  keeper: Keeper
  /** Cron expression, UTC; an optional sixth field in front means seconds. */
  schedule: string
  logger: KeeperLogger
  /** Ends the run: the pass under way finishes or parks its transaction, then the promise resolves. */
  signal: AbortSignal
  onTick?: (report: TickReport) => void
}

export type RunKeeperReport = { ticks: number; failures: number }

/** A node's own words, and a venue that reverts inside the vault: both may be gone by the next pass. */
const passing = new Set(['RPC_ERROR', 'VAULT_UNREADABLE', 'BLOCK_NOT_FOUND'])

/** Failures that time does not heal: they end the run, so that a supervisor sees them. */
const endsTheRun = (error: unknown): boolean =>
  !(error instanceof TillerError) || !(error.retryable || passing.has(error.code))

/**
 * Runs the keeper by its schedule until the signal: a pass at once, then one per due time, never two at a time.
 *
 * A pass that fails for a passing reason (a dead endpoint) is logged and the next one tries again. A failure that time
 * does not heal (a store that can't be written, another chain behind the endpoint) ends the run with that error.
 *
 * @throws SCHEDULE_MALFORMED, what `start` throws, and the error that ended the run
 */
export async function runKeeper(parameters: RunKeeperParameters): Promise<RunKeeperReport> {
  const { keeper, schedule, logger, signal, onTick } = parameters
  if (!validate(schedule)) throw scheduleMalformed(schedule)
  const report = { ticks: 0, failures: 0 }
  let running: Promise<void> | null = null
  let fatal: { error: unknown } | null = null
  const ended = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (signal.aborted) resolve()
  })
  let end = (): void => {}
  const failed = new Promise<void>((resolve) => {
    end = resolve
  })

  async function pass(): Promise<void> {
    try {
      const tick = await keeper.tick(signal)
      report.ticks++
      onTick?.(tick)
    } catch (error) {
      report.failures++
      if (!endsTheRun(error)) return
      fatal = { error }
      end()
    }
  }
  function due(): Promise<void> {
    if (signal.aborted || fatal !== null) return Promise.resolve()
    if (running !== null) {
      logger.warn('tick.skipped', { reason: 'The pass before it still runs.' })
      return running
    }
    running = pass().finally(() => {
      running = null
    })
    return running
  }

  try {
    await keeper.start()
    logger.info('keeper.started', { mode: keeper.settings.mode, vault: keeper.settings.vault, schedule })
    const idle = signal.aborted || keeper.settings.mode === 'readonly'
    const warming = idle ? Promise.resolve() : keeper.warm().catch(() => undefined)
    const task = scheduleTask(schedule, due, {
      timezone: 'UTC',
      noOverlap: true,
      name: 'tick',
      logger: cronLogger(logger),
    })
    try {
      await due()
      await Promise.race([ended, failed])
      logger.info('keeper.ending', { waitsForPass: running !== null })
      await running
    } finally {
      await task.destroy()
      await warming
    }
  } finally {
    await keeper.close()
  }
  const last = fatal as { error: unknown } | null
  if (last !== null) throw last.error
  logger.info('keeper.ended', report)
  return report
}

/** node-cron writes to the console by itself otherwise. */
function cronLogger(logger: KeeperLogger) {
  const text = (message: string | Error): string => (message instanceof Error ? message.message : message)
  return {
    info: (message: string) => logger.debug('schedule.info', { message }),
    debug: (message: string | Error) => logger.debug('schedule.debug', { message: text(message) }),
    warn: (message: string) => logger.warn('schedule.warning', { message }),
    error: (message: string | Error) => logger.error('schedule.error', { message: text(message) }),
  }
}
