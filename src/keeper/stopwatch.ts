export const tickStages = [
  'reconcile',
  'observe',
  'policy',
  'plan',
  'journal',
  'firstGate',
  'forkGate',
  'sign',
  'send',
  'settle',
] as const
export type TickStage = (typeof tickStages)[number]

export type Stopwatch = ReturnType<typeof stopwatch>

/** Measures a pass and its stages, in milliseconds to a tenth. */
export function stopwatch(monotonicMs: () => number) {
  const began = monotonicMs()
  const spent: Partial<Record<TickStage, number>> = {}
  return {
    timings: () => spent,
    totalMs: () => round(monotonicMs() - began),
    measure: async <result>(stage: TickStage, action: () => result | Promise<result>): Promise<result> => {
      const started = monotonicMs()
      try {
        return await action()
      } finally {
        spent[stage] = round((spent[stage] ?? 0) + monotonicMs() - started)
      }
    },
  }
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
