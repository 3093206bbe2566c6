import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { invalidPace, unknownMarketVenue, venueNotReplayable } from '../../errors/market.ts'
import type { DevnetDeployment } from '../deployment.ts'
import { createMarketAgents, type MarketAgents, type PrepareReport, type StepReport } from './create-market-agents.ts'
import { createReplay, type Replay } from './replay/create-replay.ts'
import { readHistory } from './replay/read-history.ts'
import { venueCalibrations } from './venue-calibrations.ts'

export type RunMarketOptions = {
  rpcUrl: string
  deployment: DevnetDeployment
  seed: bigint | number
  /** Simulated hours per second of wall clock; Infinity runs as fast as the node mines. */
  hoursPerSecond: number
  /** Stops after so many steps. Default: never, or at the end of the replay. */
  steps?: number
  /** Names of the venues that live. Default: all. */
  venues?: readonly string[]
  /** Recorded history that drives one venue; `venue` defaults to `aave-v3:usdc`, `from` is Unix seconds. */
  replay?: { file: string; venue?: string; from?: number }
  /** Ends the run after the step in progress. */
  signal?: AbortSignal
  onPrepared?: (report: PrepareReport, agents: MarketAgents) => void
  onStep?: (report: StepReport) => void
}

export type MarketRun = { steps: number; transactions: number; failed: number }

/**
 * Lets simulated time pass on the devnet: prepares the agents and plays a step per simulated hour, at the asked pace or
 * as fast as the node allows.
 *
 * @throws INVALID_PACE, UNKNOWN_MARKET_VENUE, DEVNET_CALL_FAILED, AGENT_TRANSACTIONS_STUCK, HISTORY_*
 */
export async function runMarket(options: RunMarketOptions): Promise<MarketRun> {
  const { rpcUrl, deployment, seed, hoursPerSecond, venues, signal } = options
  if (!(hoursPerSecond > 0)) throw invalidPace(hoursPerSecond)
  const replay = options.replay === undefined ? undefined : await loadReplay(deployment, options.replay)
  const agents = await createMarketAgents({
    rpcUrl,
    deployment,
    seed,
    ...(venues === undefined ? {} : { venues }),
    ...(replay === undefined ? {} : { replay }),
  })
  const prepared = await agents.prepare()
  options.onPrepared?.(prepared, agents)

  const run: MarketRun = { steps: 0, transactions: prepared.transactions, failed: prepared.failed.length }
  const last = Math.min(options.steps ?? Number.POSITIVE_INFINITY, replay?.steps ?? Number.POSITIVE_INFINITY)
  const millisecondsPerStep = 1_000 / hoursPerSecond
  let due = performance.now()
  for (let step = 0; step < last && signal?.aborted !== true; step += 1) {
    const report = await agents.step(step)
    run.steps += 1
    run.transactions += report.transactions
    run.failed += report.failed.length
    options.onStep?.(report)
    // A late step is not made up for: the pace is an upper bound, and a burst would starve whoever shares the chain.
    due = Math.max(due + millisecondsPerStep, performance.now())
    await pause(due - performance.now(), signal)
  }
  return run
}

/**
 * Reads a recorded history and scales it to a venue of the devnet.
 *
 * @throws UNKNOWN_MARKET_VENUE, VENUE_NOT_REPLAYABLE, HISTORY_UNREADABLE, HISTORY_COLUMNS_MISSING, HISTORY_INVALID,
 * HISTORY_EMPTY
 */
export async function loadReplay(
  deployment: Pick<DevnetDeployment, 'morpho'>,
  { file, venue = 'aave-v3:usdc', from }: NonNullable<RunMarketOptions['replay']>,
): Promise<Replay> {
  const calibrations = venueCalibrations(deployment)
  const calibration = calibrations.get(venue)
  if (calibration === undefined) throw unknownMarketVenue(venue, [...calibrations.keys()])
  if (venue.startsWith('erc4626:')) throw venueNotReplayable(venue)
  const hours = await readHistory(file, from)
  const poolUnits = BigInt(Math.round(calibration.supplyUnits)) * 1_000_000n
  return createReplay({ hours, file: basename(file), venue, poolUnits })
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  if (milliseconds <= 0) return
  try {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    if (signal?.aborted !== true) throw error
  }
}
