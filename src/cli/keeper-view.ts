import { Writable } from 'node:stream'
import { createTask } from 'node-cron'
import type { Logger } from '../keeper/logger.ts'
import type { ReconcileReport } from '../keeper/reconcile.ts'
import type { TickReport } from '../keeper/run-tick.ts'
import type { Context } from './context.ts'
import { formatDuration, formatTime } from './render/format.ts'
import { createLiveRegion } from './render/live-region.ts'
import { mark, type Paint } from './render/marks.ts'
import { renderRecovery, renderTickLine } from './render/tick.ts'

/** What a person sees of `keeper run`: a line per pass, and below them when the next one is due. */
export type KeeperView = {
  /** Takes the keeper's events: some become lines, warnings and errors go to the log, the rest is left out. */
  logger: Logger
  tick(report: TickReport): void
  end(): void
}

/** Everything that the line below the passes shows. */
export type KeeperViewState = {
  mode: string
  /** Unix milliseconds of the next pass; null where the schedule has none. */
  nextAtMs: number | null
  nowMs: number
  passes: number
  moves: number
  failures: number
  /** Hash of a transaction that waits for the chain. */
  waitsFor: string | null
}

/** The line below the passes. */
export function renderKeeperState(state: KeeperViewState, paint: Paint): string {
  const { nextAtMs, nowMs } = state
  const next =
    state.waitsFor !== null
      ? `waiting for ${state.waitsFor.slice(0, 10)}… to be mined`
      : nextAtMs === null
        ? 'no pass is due'
        : `next pass in ${formatDuration(Math.max(0, Math.ceil((nextAtMs - nowMs) / 1_000)) * 1_000)}, ${formatTime(nextAtMs / 1_000)}`
  const counts = [
    `${state.passes} ${state.passes === 1 ? 'pass' : 'passes'}`,
    `${state.moves} moved`,
    ...(state.failures === 0 ? [] : [paint.red(`${state.failures} failed`)]),
  ]
  return paint.dim([`mode ${state.mode}`, next, ...counts, 'Ctrl-C ends'].join(' · '))
}

/** Shows a run on standard error of a terminal. */
export async function createKeeperView(
  context: Context,
  { mode, schedule }: { mode: string; schedule: string },
): Promise<KeeperView> {
  const { io, errorPaint: paint } = context
  const region = createLiveRegion(io.stderr)
  const nextRun = scheduleOf(schedule)
  const counts = { passes: 0, moves: 0, failures: 0 }
  let waitsFor: string | null = null

  const stream = new Writable({
    write(chunk, _encoding, done) {
      region.log([String(chunk).trimEnd()])
      done()
    },
  })
  const log = await context.createLogger({ level: 'warn', format: 'pretty' }, stream)
  const say = (lines: readonly string[]) => {
    region.log(lines)
    draw()
  }

  function draw(): void {
    if (!context.redraws) return
    region.draw([renderKeeperState({ mode, nextAtMs: nextRun.at(), nowMs: io.now(), ...counts, waitsFor }, paint)])
  }

  const timer = setInterval(draw, 1_000)
  timer.unref()

  const lines: Readonly<Record<string, (fields: Readonly<Record<string, unknown>>) => readonly string[]>> = {
    'recovery.abandoned': ({ decisions }) => renderRecovery({ abandoned: decisions as number[], findings: [] }, paint),
    'recovery.attempt': (fields) =>
      renderRecovery({ abandoned: [], findings: [fields as ReconcileReport['findings'][number]] }, paint),
    'tx.sent': ({ hash }) => {
      waitsFor = String(hash)
      return []
    },
    'tx.settled': () => {
      waitsFor = null
      return []
    },
    'keeper.ending': ({ waitsForPass }) =>
      waitsForPass === true
        ? [`${mark('skip', paint)} the pass under way is finished or parked; Ctrl-C again ends at once`]
        : [],
    'tick.failed': ({ code, error }) => {
      counts.failures += 1
      const reason = error instanceof Error ? error.message.split('\n') : [String(error)]
      return [
        `${formatTime(io.now() / 1_000)}  ${mark('fail', paint)} ${paint.red('failed')}    ${code}: ${reason[0]}`,
        ...reason.slice(1).map((line) => `    ${line.trim()}`),
      ]
    },
  }
  // What says nothing to a person who watches: the pass before still runs, or runs on a schedule of seconds.
  const silent = new Set(['tick.skipped', 'schedule.warning'])

  function listen(bound: Logger): Logger {
    const heard =
      (write: Logger['info']): Logger['info'] =>
      (event, fields = {}) => {
        const own = lines[event]
        if (own !== undefined) say(own(fields))
        else if (!silent.has(event)) write(event, fields)
      }
    return {
      debug: heard(bound.debug),
      info: heard(bound.info),
      warn: heard(bound.warn),
      error: heard(bound.error),
      child: (bindings) => listen(bound.child(bindings)),
    }
  }

  return {
    logger: listen(log),
    tick(report) {
      waitsFor = null
      counts.passes += 1
      if (report.outcome === 'settled') counts.moves += 1
      say([renderTickLine(report, paint)])
    },
    end() {
      clearInterval(timer)
      nextRun.close()
      region.end({ clear: true })
    },
  }
}

/** When a schedule is due next; a task that does nothing knows. */
function scheduleOf(schedule: string): { at(): number | null; close(): void } {
  const task = createTask(schedule, () => undefined, { timezone: 'UTC' })
  void task.start()
  return {
    at: () => task.getNextRun()?.getTime() ?? null,
    close: () => void task.destroy(),
  }
}
