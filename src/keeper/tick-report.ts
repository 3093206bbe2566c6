import type { Hex } from 'viem'
import type { DecisionOutcome, GateReport, Realised } from '../journal/journal.ts'
import type { Observation } from '../observe/observation.ts'
import type { Plan, Refusal } from '../plan/plan.ts'
import type { PlanOutcome, StateReading } from './effects.ts'
import { type Pass, slotOf } from './pass.ts'
import type { TickStage } from './stopwatch.ts'

export type TickReport = {
  decisionId: number
  outcome: DecisionOutcome
  slot: number
  blockNumber: bigint
  /** Unix seconds. */
  blockTimestamp: bigint
  refusals: readonly Refusal[]
  plan: Plan | null
  reading: StateReading
  observation: Observation | null
  planning: PlanOutcome | null
  gates: readonly GateReport[]
  attempts: readonly { hash: Hex; nonce: number; status: string }[]
  gasUsed: bigint
  /** Wei. */
  gasCost: bigint
  realised: Realised | null
  /** Milliseconds by stage; a stage that did not run is missing. */
  timings: Partial<Record<TickStage, number>>
  totalMs: number
}

/** The report of a pass that has ended, for the screen and the log. */
export function createReport(
  pass: Pass,
  decisionId: number,
  outcome: DecisionOutcome,
  reading: StateReading,
  refusals: readonly Refusal[],
): TickReport {
  return {
    decisionId,
    outcome,
    slot: slotOf(pass, reading),
    blockNumber: reading.market.block.number,
    blockTimestamp: reading.market.block.timestamp,
    refusals,
    plan: pass.planning?.plan ?? null,
    reading,
    observation: pass.observation,
    planning: pass.planning,
    gates: pass.gates,
    attempts: pass.attempts.map(({ hash, nonce, status }) => ({ hash, nonce, status })),
    gasUsed: pass.gasUsed,
    gasCost: pass.gasCost,
    realised: pass.realised,
    timings: pass.watch.timings(),
    totalMs: pass.watch.totalMs(),
  }
}
