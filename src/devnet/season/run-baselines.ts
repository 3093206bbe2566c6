import { type ChildProcess, fork } from 'node:child_process'
import { entryPath } from '../../chain/paths.ts'
import { baselineFailed } from '../../errors/devnet.ts'
import type { SeasonReport } from './season-report.ts'

export type BaselineRequest = { policy: string; seed: number; days: number; capitalUnits: string }

export type BaselineMessage =
  | { kind: 'progress'; fraction: number }
  | { kind: 'report'; report: SeasonReport }
  | { kind: 'failed'; code: string; message: string }

export type RunBaselinesOptions = {
  policies: readonly string[]
  seed: number
  days: number
  capitalUnits: bigint
  /** How many may run at this moment; asked again whenever one ends. */
  parallel: () => number
  onProgress: (policy: string, fraction: number) => void
}

export type BaselineRuns = {
  /** In the order of the policies. */
  reports: Promise<SeasonReport[]>
  /** Reports of those that have ended by now. */
  finished(): SeasonReport[]
  /** Starts more where `parallel` now admits more. */
  poke(): void
  /** Ends every process. */
  stop(): void
}

/**
 * Runs baselines beside each other, each in a process and on a chain of its own, from the same state and draws.
 *
 * `reports` rejects with BASELINE_FAILED when one of them fails; the others are ended.
 */
export function runBaselines(options: RunBaselinesOptions): BaselineRuns {
  const waiting = [...options.policies]
  const running = new Set<ChildProcess>()
  const reports = new Map<string, SeasonReport>()
  let settle: { resolve(reports: SeasonReport[]): void; reject(error: unknown): void } | undefined
  const result = new Promise<SeasonReport[]>((resolve, reject) => {
    settle = { resolve, reject }
  })
  // The caller may look at it only after the live run.
  result.catch(() => undefined)

  function stop(): void {
    waiting.length = 0
    for (const child of running) child.kill('SIGTERM')
  }

  function fail(policy: string, reason: string): void {
    stop()
    settle?.reject(baselineFailed(policy, reason))
  }

  function poke(): void {
    while (running.size < options.parallel()) {
      const policy = waiting.shift()
      if (policy === undefined) return
      start(policy)
    }
  }

  function start(policy: string): void {
    const child = fork(entryPath('devnet/season/baseline.entry'), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    running.add(child)
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = `${complaint}${chunk.toString('utf8')}`.slice(-2_000)
    })
    child.on('message', (message: BaselineMessage) => {
      if (message.kind === 'progress') options.onProgress(policy, message.fraction)
      else if (message.kind === 'report') reports.set(policy, message.report)
      else complaint = `${message.code}: ${message.message}`
    })
    child.once('exit', (code, signal) => {
      running.delete(child)
      if (!reports.has(policy)) return fail(policy, complaint.trim() || `ended with ${signal ?? `code ${code}`}`)
      options.onProgress(policy, 1)
      if (reports.size === options.policies.length) {
        settle?.resolve(options.policies.flatMap((name) => reports.get(name) ?? []))
      }
      poke()
    })
    const { seed, days, capitalUnits } = options
    child.send({ policy, seed, days, capitalUnits: capitalUnits.toString() } satisfies BaselineRequest)
  }

  poke()
  const finished = () => options.policies.flatMap((name) => reports.get(name) ?? [])
  return { reports: result, finished, poke, stop }
}
