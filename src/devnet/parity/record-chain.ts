import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFunctionData, type Hex, numberToHex } from 'viem'
import { createClients } from '../../chain/create-clients.ts'
import { noopLogger } from '../../keeper/logger.ts'
import type { TickReport } from '../../keeper/run-tick.ts'
import type { FlowAction } from '../../market/flow-market.ts'
import type { PlanSettings } from '../../plan/plan-settings.ts'
import type { LoadedPolicy } from '../../policy/load-policy.ts'
import { vaultAbi } from '../../vault/abi.ts'
import { loadLens } from '../../vault/lens.ts'
import { readState } from '../../vault/read.ts'
import type { ChainState } from '../../vault/state-query.ts'
import type { PreparedDevnet } from '../devnet.ts'
import { createRpc, type Rpc } from '../rpc.ts'
import { type OpenSeason, openSeason } from '../season/open-season.ts'
import { bareSettings, runSeason } from '../season/run-season.ts'
import { type ExactVenue, readExactVenues } from './read-venues.ts'

/** What somebody else did at a venue, asset units. */
type Flow = { venue: number; action: FlowAction; assets: bigint }

/** The vault's own books at the start; assets in asset units. */
export type VaultBooks = {
  storedAssets: bigint
  /** Unix seconds. */
  lastAccrualAt: bigint
  maxRatePerSecondWad: bigint
  performanceFeeBps: number
  /** Price of a share times 1e30, in asset units per share unit. */
  highWaterMark: bigint
  /** Shares that stand in every conversion beside those that were minted. */
  virtualShares: bigint
}

/** The chain before the first hour, after the opening position was bought. */
export type ChainStart = { state: ChainState; venues: readonly ExactVenue[]; books: VaultBooks }

/** One hour as the chain saw it. */
export type ChainStep = {
  step: number
  /** Unix seconds: when others acted, when the keeper looked, and when its plan landed. */
  flowsAt: bigint
  timestamp: bigint
  movedAt: bigint | null
  flows: readonly Flow[]
  /** From `flowsAt` on, 1e18 = 100 % a year. */
  savingsRateWad: bigint
  baseFeeWei: bigint
  ethPriceUsdE8: bigint
  /** As the keeper read it at `timestamp`, before it moved. */
  reading: ChainState
  /** Assets that 1e30 share units redeem for at `timestamp`. */
  assetsPer1e30Shares: bigint
  /** What the keeper's plan moved, and the vault after it; nothing where it held. */
  legs: readonly ParityLeg[]
  after: VaultPlaces | null
  /** Why it held. */
  refusal: string | null
}

export type ParityLeg = { venue: number; deposit: boolean; assets: bigint }

/** Where the vault's assets are, in asset units. */
export type VaultPlaces = { venueAssets: readonly bigint[]; idle: bigint; totalAssets: bigint }

export type ChainRecord = {
  start: ChainStart
  steps: readonly ChainStep[]
  settings: PlanSettings
  /** Moves that landed. */
  moves: number
  failedAgentActions: number
  wallSeconds: number
}

export type RecordChainOptions = {
  prepared: PreparedDevnet
  policy: LoadedPolicy
  seed: number
  days: number
  capitalUnits: bigint
  performanceFeeBps: number
  onStep?: (step: number) => void
}

/** Agents act this long before the keeper looks, and a plan lands this long after. */
const blockSeconds = 12n
const oneE30 = 10n ** 30n

/**
 * Plays days on a chain of its own: the real protocols, other participants with their own accounts, vault, Guard and
 * adapters, and the keeper's own line in mode live, whose plans land through the Guard. Everything that the simulator is
 * given, and all that it is compared with, is written down.
 *
 * @throws what `openSeason` and `runSeason` do
 */
export async function recordChain(options: RecordChainOptions): Promise<ChainRecord> {
  const { prepared, policy, seed, days, capitalUnits, performanceFeeBps } = options
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'tiller-parity-'))
  const season = await openSeason({ prepared, seed, capitalUnits, performanceFeeBps })
  try {
    const recorder = createRecorder(season, options)
    const { report } = await runSeason({
      season: { ...season, agents: recorder.agents },
      policy,
      seed,
      days,
      journalFile: join(folder, 'journal.db'),
      logger: noopLogger(),
      bare: true,
      onReport: (tick, config) => recorder.add(tick, bareSettings(config)),
    })
    return {
      ...recorder.record(),
      moves: report.rebalances,
      failedAgentActions: report.failedAgentActions,
      wallSeconds: (performance.now() - started) / 1_000,
    }
  } finally {
    await season.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

type Recorder = {
  agents: OpenSeason['agents']
  add(tick: TickReport, settings: PlanSettings): void
  record(): Pick<ChainRecord, 'start' | 'steps' | 'settings'>
}

/** Stands between the season and its agents: reads the chain before the first hour, and notes what each hour was. */
function createRecorder(season: OpenSeason, { onStep }: RecordChainOptions): Recorder {
  const { agents, vault } = season
  const rpc = createRpc(season.devnet.url)
  const steps: ChainStep[] = []
  let start: ChainStart | undefined
  let settings: PlanSettings | undefined
  let pending: Omit<ChainStep, 'reading' | 'legs' | 'after' | 'refusal' | 'movedAt'> | undefined

  return {
    agents: {
      ...agents,
      async step(index) {
        start ??= await readStart(season, rpc)
        const report = await agents.step(index)
        const failed = new Set(report.failed.map(({ what }) => what))
        pending = {
          step: index,
          flowsAt: report.timestamp - blockSeconds,
          timestamp: report.timestamp,
          // The agents list the venues in the order of the vault.
          flows: report.venues.flatMap(({ name, moves }, venue) =>
            moves
              .filter(({ agent, action, assets }) => !failed.has(`${name} ${agent} ${action} ${assets}`))
              .map(({ action, assets }) => ({ venue, action, assets })),
          ),
          savingsRateWad: agents.path.at(index).savingsRateWad,
          baseFeeWei: report.baseFeeWei,
          ethPriceUsdE8: report.ethPriceUsdE8,
          assetsPer1e30Shares: await callVault(rpc, vault.vault, 'convertToAssets', [oneE30]),
        }
        return report
      },
    },
    add(tick, given) {
      if (pending === undefined) throw new Error('unreachable: a tick before its hour')
      settings = given
      const { venues } = tick.reading.market
      const moved = tick.outcome === 'settled'
      steps.push({
        ...pending,
        reading: tick.reading,
        movedAt: moved ? pending.timestamp + blockSeconds : null,
        legs: moved
          ? (tick.plan?.legs ?? []).map(({ adapter, data, deposit, assets }) => ({
              venue: venues.findIndex(({ ref }) => ref.adapter === adapter && ref.data === data),
              deposit,
              assets,
            }))
          : [],
        after: moved ? (tick.realised?.realised ?? null) : null,
        refusal: moved ? null : (tick.refusals[0]?.code ?? tick.outcome),
      })
      onStep?.(pending.step)
    },
    record() {
      if (start === undefined || settings === undefined) throw new Error('unreachable: no hour was played')
      return { start, steps, settings }
    },
  }
}

async function readStart({ devnet, vault }: OpenSeason, rpc: Rpc): Promise<ChainStart> {
  const clients = createClients({ chainId: devnet.chainId, read: [devnet.url] })
  const { deployment } = devnet
  const state = await readState(clients.read[0].client, {
    vault: vault.vault,
    guard: vault.guard,
    keeper: deployment.accounts.keeper,
    venues: vault.venues,
    ethUsdFeed: deployment.feeds.ethUsd,
    lens: await loadLens(),
  })
  const read = (name: BookName): Promise<bigint> => callVault(rpc, vault.vault, name)
  const [storedAssets, lastAccrualAt, maxRatePerSecondWad, performanceFeeBps, highWaterMark] = await Promise.all([
    read('storedAssets'),
    read('lastAccrualAt'),
    read('maxRatePerSecondWad'),
    read('performanceFeeBps'),
    read('highWaterMark'),
  ])
  return {
    state,
    venues: await readExactVenues(rpc, deployment, vault.venues),
    books: {
      storedAssets,
      lastAccrualAt,
      maxRatePerSecondWad,
      performanceFeeBps: Number(performanceFeeBps),
      highWaterMark,
      virtualShares: 10n ** BigInt(18 - state.vault.assetDecimals),
    },
  }
}

type BookName = 'storedAssets' | 'lastAccrualAt' | 'maxRatePerSecondWad' | 'performanceFeeBps' | 'highWaterMark'

/** All that is asked answers one unsigned word. */
async function callVault(
  rpc: Rpc,
  vault: Hex,
  functionName: BookName | 'convertToAssets',
  args: readonly [] | readonly [bigint] = [],
): Promise<bigint> {
  const data = encodeFunctionData({ abi: vaultAbi, functionName, args } as Parameters<typeof encodeFunctionData>[0])
  return BigInt((await rpc('eth_call', [{ to: vault, data, gas: numberToHex(30_000_000n) }, 'latest'])) as Hex)
}
