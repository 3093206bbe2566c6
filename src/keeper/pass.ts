import type { AttemptRow, GateReport, Realised } from '../journal/journal.ts'
import type { Observation } from '../observe/observation.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import type { PlanOutcome, StateReading, TickEffects, TickSettings } from './effects.ts'
import type { Stopwatch } from './stopwatch.ts'

/** What one pass works with and has found so far; the fields fill in the order of the stages. */
export type Pass = {
  readonly effects: TickEffects
  readonly settings: TickSettings
  readonly signal: AbortSignal | undefined
  readonly watch: Stopwatch
  readonly gates: GateReport[]
  readonly attempts: AttemptRow[]
  decision: PolicyDecision | null
  observation: Observation | null
  planning: PlanOutcome | null
  doubted: boolean
  realised: Realised | null
  gasUsed: bigint
  /** Wei. */
  gasCost: bigint
}

/** A pass that has found nothing yet. */
export function createPass(
  effects: TickEffects,
  settings: TickSettings,
  signal: AbortSignal | undefined,
  watch: Stopwatch,
): Pass {
  return {
    effects,
    settings,
    signal,
    watch,
    gates: [],
    attempts: [],
    decision: null,
    observation: null,
    planning: null,
    doubted: false,
    realised: null,
    gasUsed: 0n,
    gasCost: 0n,
  }
}

/** The vault's slot in which the reading was taken. */
export function slotOf({ settings }: Pass, { market }: StateReading): number {
  return Number(market.block.timestamp / BigInt(settings.slotSeconds))
}

/** Unix seconds. Where time is simulated, the chain's clock is the only one. */
export function timeOf({ effects, settings }: Pass, { market }: StateReading): bigint {
  if (settings.maxHeadAgeSeconds === 0) return market.block.timestamp
  const wall = BigInt(Math.floor(effects.clock.unixMs() / 1000))
  return wall > market.block.timestamp ? wall : market.block.timestamp
}

/** Unix seconds of the block in which a transaction that is sent now is expected to land. */
export function nextBlockTime(pass: Pass, reading: StateReading): bigint {
  const next = reading.market.block.timestamp + BigInt(pass.settings.blockSeconds)
  const now = timeOf(pass, reading)
  return now > next ? now : next
}

/** Notes where an attempt of this pass has got to. */
export function noteStatus({ attempts }: Pass, attempt: AttemptRow, status: AttemptRow['status']): void {
  const index = attempts.findIndex(({ id }) => id === attempt.id)
  if (index >= 0) attempts[index] = { ...attempt, status }
}
