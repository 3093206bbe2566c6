import { formatUnits, numberToHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { planSettings } from '../../config/plan-settings.ts'
import type { Config, ConfigInput } from '../../config/schema.ts'
import { openJournal } from '../../journal/open-journal.ts'
import { createKeeper } from '../../keeper/create-keeper.ts'
import type { KeeperClock, KeeperLogger, TickEffects } from '../../keeper/effects.ts'
import type { TickReport } from '../../keeper/run-tick.ts'
import { systemClock } from '../../keeper/system-clock.ts'
import type { RefusalCode } from '../../plan/plan.ts'
import { planRebalance } from '../../plan/plan-rebalance.ts'
import type { PlanResult } from '../../plan/plan-result.ts'
import type { PlanSettings } from '../../plan/plan-settings.ts'
import type { LoadedPolicy } from '../../policy/load-policy.ts'
import type { VaultState } from '../../vault/vault-state.ts'
import { devnetAccountNames, devnetMnemonic } from '../deployment.ts'
import { openPosition } from './open-position.ts'
import type { OpenSeason } from './open-season.ts'
import { parseSeasonConfig, seasonConfigFile } from './season-config.ts'
import { netAprPct, type SeasonReport, type SeasonTick } from './season-report.ts'

export type RunSeasonOptions = {
  season: OpenSeason
  policy: LoadedPolicy
  seed: number
  days: number
  /** File of the journal; it stays behind for `tiller explain` and `tiller journal`. */
  journalFile: string
  logger: KeeperLogger
  /**
   * What a baseline skips: the fork gate, and the edge filter, so that a report shows the bare policy. The first gate
   * and every bound of the Guard stay.
   */
  bare: boolean
  onTick?: (tick: SeasonTick) => void
  /** Every tick as the keeper reports it, and the configuration it ran with. */
  onReport?: (tick: TickReport, config: Config) => void
  signal?: AbortSignal
}

/** The report, and the configuration with which the journal can be looked at. */
export type SeasonResult = { report: SeasonReport; configFile: ConfigInput }

const blockSeconds = 12

/**
 * Runs one policy for a number of simulated days: every hour the agents move the market, then the keeper runs one tick of
 * the same line as in `tiller keeper run`, in mode live, on the chain's own clock.
 *
 * The vault starts with equal weights in every venue, bought before the clock starts, so that all policies start alike.
 * Ends early, with what it has, when the signal aborts.
 */
export async function runSeason(options: RunSeasonOptions): Promise<SeasonResult> {
  const { season, policy, seed, days, bare } = options
  const started = performance.now()
  await openPosition(season)
  const configFile = seasonConfigFile(season, policy.name, options.journalFile)
  const config = parseSeasonConfig(configFile)
  const account = keeperAccount()
  const clock = chainClock()
  const journal = await openJournal({ path: options.journalFile })
  try {
    const keeper = await createKeeper({
      config,
      journal,
      policy,
      keeper: account.address,
      signer: { address: account.address, sign: (transaction) => account.signTransaction(toSignable(transaction)) },
      logger: options.logger,
      clock,
      blockSeconds,
      receiptPollMs: 2,
      onBroadcast: () => mineNext(season, clock),
      ...(bare ? { wrapEffects: (effects: TickEffects) => bareEffects(effects, config) } : {}),
    })
    try {
      await keeper.start()
      if (!bare) await keeper.warm()
      const tally = new Tally(options, season)
      for (let step = 1; step <= days * 24 && options.signal?.aborted !== true; step += 1) {
        const market = await season.agents.step(step)
        clock.set(market.timestamp)
        const tick = await keeper.tick(options.signal)
        options.onReport?.(tick, config)
        tally.add(step, tick, market.baseFeeWei, market.failed.length)
      }
      return { report: tally.report(policy, seed, days, (performance.now() - started) / 1000), configFile }
    } finally {
      await keeper.close()
    }
  } finally {
    await journal.close()
  }
}

/** Adds up what the ticks leave behind. */
class Tally {
  private readonly options: RunSeasonOptions
  private readonly season: OpenSeason
  private readonly refusals: Partial<Record<RefusalCode, number>> = {}
  private ticks = 0
  private rebalances = 0
  private gatedMoves = 0
  private gasUsed = 0n
  private gasAssets = 0n
  private failedAgentActions = 0
  private first: TickReport | null = null
  private last: { sharePriceE18: bigint; timestamp: bigint; blockNumber: bigint } | null = null

  constructor(options: RunSeasonOptions, season: OpenSeason) {
    this.options = options
    this.season = season
  }

  add(step: number, tick: TickReport, baseFeeWei: bigint, failedAgentActions: number): void {
    this.first ??= tick
    this.ticks += 1
    this.failedAgentActions += failedAgentActions
    const { market, vault, ethPriceUsdE8 = 0n } = tick.reading
    const moved = tick.outcome === 'settled'
    if (moved) this.rebalances += 1
    const fork = tick.gates.find(({ gate }) => gate === 'fork')
    if (moved && tick.gates.length === 2 && tick.gates.every(({ ok }) => ok)) this.gatedMoves += 1
    for (const { code } of tick.refusals.slice(0, 1)) this.refusals[code] = (this.refusals[code] ?? 0) + 1
    this.gasUsed += tick.gasUsed
    this.gasAssets += weiInAssets(tick.gasCost, ethPriceUsdE8, vault.assetDecimals)

    const after = tick.realised?.realised
    const totalAssets = after?.totalAssets ?? vault.totalAssets
    const venueAssets = after?.venueAssets ?? market.venues.map(({ assets }) => assets)
    const sharePriceE18 = priceE18(totalAssets, vault)
    this.last = {
      sharePriceE18,
      timestamp: market.block.timestamp,
      blockNumber: after?.blockNumber ?? market.block.number,
    }
    this.options.onTick?.({
      step,
      timestamp: market.block.timestamp,
      venues: market.venues.map(({ ref, supplyAprWad, curve }, index) => ({
        name: ref.name,
        // An ERC-4626 has no rate to read: what its price grew by over the last hour stands for it.
        supplyAprWad: curve.mode === 'none' ? measuredAprWad(tick, index) : supplyAprWad,
        weightBps: weightBps(venueAssets[index] ?? 0n, totalAssets),
      })),
      idleBps: weightBps(after?.idle ?? vault.idle, totalAssets),
      sharePriceE18,
      decision: {
        id: tick.decisionId,
        outcome: moved ? 'moved' : tick.outcome === 'refused' ? 'withheld' : 'failed',
        code: tick.refusals[0]?.code ?? null,
        reason: moved ? gainSentence(tick) : (tick.refusals[0]?.reason ?? tick.outcome),
        moves: moved ? movesOf(tick, venueAssets) : [],
        gasUsed: tick.gasUsed,
        forkGateMs: fork === undefined || this.options.bare ? null : fork.durationMs,
      },
      gasUsedTotal: this.gasUsed,
      gasAssetsTotal: this.gasAssets,
      baseFeeWei,
      ethPriceUsdE8,
    })
  }

  report(policy: LoadedPolicy, seed: number, days: number, wallSeconds: number): SeasonReport {
    const { season, first, last } = this
    const start = first?.reading.vault
    const sharePriceStartE18 = start === undefined ? 0n : priceE18(start.totalAssets, start)
    const sharePriceEndE18 = last?.sharePriceE18 ?? sharePriceStartE18
    const elapsedSeconds = first === null || last === null ? 0n : last.timestamp - first.reading.market.block.timestamp
    return {
      policy: policy.name,
      policyHash: policy.hash,
      executionProvider: policy.executionProvider,
      seed,
      days,
      ticks: this.ticks,
      capital: season.capital,
      assetDecimals: first?.reading.vault.assetDecimals ?? 6,
      rebalances: this.rebalances,
      refusals: this.refusals,
      sharePriceStartE18,
      sharePriceEndE18,
      gasUsed: this.gasUsed,
      gasAssets: this.gasAssets,
      netAprPct: netAprPct({
        sharePriceStartE18,
        sharePriceEndE18,
        gasAssets: this.gasAssets,
        capital: season.capital,
        elapsedSeconds,
      }),
      gatedMoves: this.gatedMoves,
      failedAgentActions: this.failedAgentActions,
      vault: season.vault.vault,
      ...(season.vault.periphery.router === undefined ? {} : { router: season.vault.periphery.router }),
      headBlock: last?.blockNumber ?? 0n,
      wallSeconds,
    }
  }
}

function keeperAccount() {
  return mnemonicToAccount(devnetMnemonic, { addressIndex: devnetAccountNames.indexOf('keeper') })
}

type Signable = Parameters<ReturnType<typeof keeperAccount>['signTransaction']>[0]

function toSignable(transaction: {
  chainId: number
  to: `0x${string}`
  data: `0x${string}`
  value: bigint
  gas: bigint
  nonce: number
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}): Signable {
  const { chainId, to, data, value, gas, nonce, maxFeePerGas, maxPriorityFeePerGas } = transaction
  return { type: 'eip1559', chainId, to, data, value, gas, nonce, maxFeePerGas, maxPriorityFeePerGas }
}

type ChainClock = KeeperClock & { set(timestamp: bigint): void; now(): bigint }

/** The chain's time as the keeper's clock; durations stay the machine's. */
function chainClock(): ChainClock {
  const machine = systemClock()
  let timestamp = 0n
  return {
    ...machine,
    unixMs: () => Number(timestamp) * 1000,
    set: (time) => {
      timestamp = time
    },
    now: () => timestamp,
  }
}

/** Mines the keeper's transaction into the next block, at the base fee of the hour. */
async function mineNext(season: OpenSeason, clock: ChainClock): Promise<void> {
  const { rpc } = season
  const head = (await rpc('eth_getBlockByNumber', ['latest', false])) as { baseFeePerGas: string }
  await rpc('anvil_setNextBlockBaseFeePerGas', [head.baseFeePerGas])
  await rpc('evm_setNextBlockTimestamp', [numberToHex(clock.now() + BigInt(blockSeconds))])
  await rpc('evm_mine', [])
}

/** How a baseline is planned: without the edge filter. */
export function bareSettings(config: Config): PlanSettings {
  return { ...planSettings(config), minEdgeBps: null }
}

function bareEffects(effects: TickEffects, config: Config): TickEffects {
  const settings = bareSettings(config)
  const { prepareFork: _, ...gates } = effects.gates
  return {
    ...effects,
    gates: {
      ...gates,
      fork: async (input) => ({
        gate: 'fork',
        ranOn: 'fork',
        ok: true,
        blockNumber: input.before.market.block.number,
        timestamp: input.timestamp,
        gasUsed: 0n,
        checks: [{ name: 'skipped', ok: true, detail: 'A baseline runs without the fork gate.' }],
        after: null,
        durationMs: 0,
      }),
    },
    plan: ({ reading, observation, decision, now }) =>
      planRebalance({
        market: reading.market,
        vault: reading.vault,
        observation,
        decision,
        settings,
        now,
        ethPriceE8: reading.ethPriceUsdE8 ?? 0n,
      }),
  }
}

function measuredAprWad({ observation }: TickReport, index: number): bigint {
  return (observation?.venues[index]?.memory.aprE9 ?? 0n) * 1_000_000_000n
}

function movesOf(tick: TickReport, venueAssets: readonly bigint[]): SeasonTick['decision']['moves'] {
  const touched = new Set(tick.plan?.legs.map(({ adapter, data }) => `${adapter} ${data}`))
  return tick.reading.market.venues.flatMap(({ ref, assets }, index) =>
    touched.has(`${ref.adapter} ${ref.data}`) ? [{ venue: ref.name, assets: (venueAssets[index] ?? 0n) - assets }] : [],
  )
}

function gainSentence({ planning, reading }: TickReport): string {
  if (planning === null || !('expectedGain' in planning)) return ''
  const { expectedGain, cost, limitedBy } = planning as PlanResult
  const amount = (assets: bigint): string => cutDecimals(formatUnits(assets, reading.vault.assetDecimals), 2)
  const gain = `gain ${amount(expectedGain)}, cost ${amount(cost.totalAssets)}`
  return limitedBy === null ? gain : `${gain}, cut short by ${limitedBy}`
}

function cutDecimals(text: string, digits: number): string {
  const [whole = '0', fraction = ''] = text.split('.')
  return `${whole}.${fraction.slice(0, digits).padEnd(digits, '0')}`
}

/** No one enters or leaves during a season, so the supply of before a move is that of after it. */
function priceE18(totalAssets: bigint, { totalSupply, shareDecimals, assetDecimals }: VaultState): bigint {
  return totalSupply === 0n ? 0n : (totalAssets * 10n ** BigInt(18 + shareDecimals - assetDecimals)) / totalSupply
}

function weightBps(assets: bigint, totalAssets: bigint): number {
  return totalAssets === 0n ? 0 : Number((assets * 10_000n + totalAssets / 2n) / totalAssets)
}

/** Cost in wei as asset units of a dollar coin, rounded up. */
function weiInAssets(wei: bigint, ethPriceUsdE8: bigint, assetDecimals: number): bigint {
  const denominator = 10n ** 26n
  return (wei * ethPriceUsdE8 * 10n ** BigInt(assetDecimals) + denominator - 1n) / denominator
}
