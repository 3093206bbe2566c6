import { parityBroken } from '../../errors/checks.ts'
import type { LoadedPolicy } from '../../policy/load-policy.ts'
import type { PreparedDevnet } from '../devnet.ts'
import { venueShareWad } from '../devnet-vault-plan.ts'
import { type BacktestOfRecord, backtestRecord } from './backtest-record.ts'
import { compareRuns, type ParityComparison, parityLimits } from './compare-runs.ts'
import { type ChainRecord, recordChain } from './record-chain.ts'
import { type SimulatedStep, type SimulationInput, simulateDays } from './simulate-days.ts'

export type CheckParityOptions = {
  prepared: PreparedDevnet
  policy: LoadedPolicy
  seed: number
  days: number
  /** Whole asset units. */
  capitalUnits: bigint
  /** The vault's performance fee, basis points of what is gained. */
  performanceFeeBps: number
  onStep?: (step: number) => void
}

export type ParityReport = ParityComparison & {
  policy: string
  policyHash: string
  seed: number
  days: number
  capital: string
  performanceFeeBps: number
  limits: typeof parityLimits
  /** The same days as an hourly backtest sees them. */
  backtest: BacktestOfRecord
  /** Actions of others that the chain refused; they are left out on both sides. */
  failedAgentActions: number
  chainSeconds: number
  simulatorSeconds: number
}

const unit = 1_000_000n

/** Plays days on the real contracts, replays them in the simulator, and lays both side by side. */
export async function checkParity(options: CheckParityOptions): Promise<ParityReport> {
  const chain = await recordChain(options)
  const started = performance.now()
  const simulated = await replayRecord(chain, options)
  const simulatorSeconds = (performance.now() - started) / 1_000
  const backtest = await backtestRecord(chain)
  const comparison = compareRuns(chain, simulated, backtest)
  const { policy, seed, days, capitalUnits, performanceFeeBps } = options
  return {
    ...comparison,
    policy: policy.name,
    policyHash: policy.hash,
    seed,
    days,
    capital: capitalUnits.toString(),
    performanceFeeBps,
    limits: parityLimits,
    backtest,
    failedAgentActions: chain.failedAgentActions,
    chainSeconds: chain.wallSeconds,
    simulatorSeconds,
  }
}

/** The simulator's side of a recorded run. */
export function replayRecord(
  chain: ChainRecord,
  { policy, capitalUnits }: Pick<CheckParityOptions, 'policy' | 'capitalUnits'>,
  distort?: SimulationInput['distort'],
): Promise<SimulatedStep[]> {
  return simulateDays({
    ...chain,
    policy,
    capShare: Number(venueShareWad) / 1e18,
    absoluteCap: capitalUnits * unit,
    ...(distort === undefined ? {} : { distort }),
  })
}

/** @throws PARITY_BROKEN where chain and simulator are further apart than they may be */
export function requireParity({ fault }: Pick<ParityReport, 'fault'>): void {
  if (fault !== null) throw parityBroken(fault)
}
