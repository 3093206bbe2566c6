import { type Address, type Hex, isAddressEqual, parseEther, zeroAddress } from 'viem'
import { startAnvil } from '../chain/anvil.ts'
import { checkEndpoint } from '../chain/check-endpoint.ts'
import { createClients } from '../chain/create-clients.ts'
import { readAgreedState } from '../chain/read-agreed-state.ts'
import { gweiToWei, planSettings } from '../config/plan-settings.ts'
import type { Config } from '../config/schema.ts'
import { venueRefs } from '../config/venue-refs.ts'
import { TillerError } from '../errors/base.ts'
import { keyMissing } from '../errors/keeper.ts'
import { signerMismatch } from '../errors/send.ts'
import type { Journal } from '../journal/journal.ts'
import { advanceMemory } from '../observe/advance-memory.ts'
import { observe } from '../observe/observe.ts'
import { planRebalance } from '../plan/plan-rebalance.ts'
import { gasUnitsPerLeg } from '../plan/plan-settings.ts'
import type { Policy } from '../policy/policy.ts'
import { specification } from '../policy/specification.ts'
import { defaultMaxCalldataBytes } from '../safety/signing/check-transaction.ts'
import { createChainPort } from '../send/create-chain-port.ts'
import { runFirstGate } from '../simulate/first-gate.ts'
import { createForkGate } from '../simulate/fork-gate.ts'
import type { ForkSourceFigures } from '../simulate/fork-source.ts'
import { createRpc } from '../simulate/rpc.ts'
import { loadLens } from '../vault/lens.ts'
import { readState } from '../vault/read.ts'
import type { StateQuery } from '../vault/state-query.ts'
import type { VaultState } from '../vault/vault-state.ts'
import type { Gates, KeeperClock, KeeperLogger, Signer, StateReading, TickEffects, TickSettings } from './effects.ts'
import { type ReconcileReport, reconcile } from './reconcile.ts'
import { runTick, type TickReport } from './run-tick.ts'
import { systemClock } from './system-clock.ts'

export type CreateKeeperParameters = {
  config: Config
  /** Open for writing; the keeper binds it to its chain and vault and does not close it. */
  journal: Journal
  policy: Policy
  /** The account that plans are made for; the zero address in readonly mode shows what any keeper would plan. */
  keeper: Address
  /** Needed in canary and live. */
  signer?: Signer
  logger: KeeperLogger
  /** @default the machine's */
  clock?: KeeperClock
  /** Expected seconds between blocks; the gates simulate the next block. @default 12 */
  blockSeconds?: number
  /** Longest pause between two questions for a receipt. @default 500 */
  receiptPollMs?: number
  /** @default 10000 */
  policyTimeoutMs?: number
  /** Called after a node took a transaction: a simulated run mines here. */
  onBroadcast?: (hash: Hex) => Promise<void>
  /** Wraps the effects: fault tests, a recorder. */
  wrapEffects?: (effects: TickEffects) => TickEffects
}

export type Keeper = {
  settings: TickSettings
  /** False where the first gate runs on the fork, because the endpoint has no eth_simulateV1. Known after `start`. */
  supportsSimulateV1(): boolean
  /** Checks the endpoints, binds the journal and brings it in line with the chain. Before the first tick. */
  start(): Promise<ReconcileReport>
  /** Starts the fork ahead of the first plan. */
  warm(): Promise<void>
  tick(signal?: AbortSignal): Promise<TickReport>
  forkFigures(): ForkSourceFigures | null
  /** Ends the fork. Journal and policy belong to the caller. */
  close(): Promise<void>
}

/**
 * Wires a keeper from its configuration: viem clients, the lens, both gates, planning and the journal.
 *
 * @throws KEY_MISSING, SIGNER_MISMATCH; `start` throws CHAIN_ID_MISMATCH, ENDPOINT_BEHIND, STORE_MISMATCH and the errors
 * of the connection
 */
export async function createKeeper(parameters: CreateKeeperParameters): Promise<Keeper> {
  const { config, journal, policy, keeper, signer, logger } = parameters
  const clock = parameters.clock ?? systemClock()
  const { limits, mode } = config.keeper
  const sends = mode === 'canary' || mode === 'live'
  if (sends && signer === undefined) throw keyMissing(mode)
  if (signer !== undefined && !isAddressEqual(signer.address, keeper)) throw signerMismatch(keeper, signer.address)

  const venues = venueRefs(config.vault)
  const clients = createClients({ chainId: config.chain.id, ...config.chain.rpc })
  const [readEndpoint] = clients.read
  /** Without the price of ether: no check of a gate needs it, and a feed's rounds lie in other slots each time. */
  const gateQuery: StateQuery = {
    vault: config.vault.address,
    guard: config.vault.guard,
    keeper,
    venues,
    lens: await loadLens(),
  }
  const query: StateQuery = {
    ...gateQuery,
    ...(config.vault.ethUsdFeed === undefined ? {} : { ethUsdFeed: config.vault.ethUsdFeed }),
    ...(config.vault.redeemQueue === undefined ? {} : { redeemQueue: config.vault.redeemQueue }),
  }
  const settings: TickSettings = {
    mode,
    chainId: config.chain.id,
    vault: config.vault.address,
    guard: config.vault.guard,
    keeper,
    slotSeconds: specification.observation.time.slotSeconds,
    blockSeconds: parameters.blockSeconds ?? 12,
    maxHeadAgeSeconds: limits.maxHeadAgeSeconds,
    settleDepth: limits.confirmations,
    maxFeePerGasCeiling: gweiToWei(limits.maxFeePerGasGwei),
    priorityFeePerGas: gweiToWei(limits.maxPriorityFeeGwei),
    gasLimitCeiling: BigInt(limits.maxGasPerPlan),
    gasBudgetPerDayWei: parseEther(limits.maxGasEthPerDay.toFixed(18)),
    signing: { venueIds: venues.map(({ id }) => id), maxCalldataBytes: defaultMaxCalldataBytes },
    receiptTimeoutMs: limits.receiptTimeoutSeconds * 1000,
    receiptPollMs: parameters.receiptPollMs ?? 500,
    policyTimeoutMs: parameters.policyTimeoutMs ?? 10_000,
    canaryMaxMoveBps: limits.canaryCapBps,
  }

  const bounds = { maxSharePriceLossBps: limits.maxLossBps }
  const simulate = createRpc({
    url: config.chain.rpc.simulate,
    label: clients.simulate.label,
    timeoutMs: limits.forkGateTimeoutMs,
  })
  const fork = createForkGate({
    upstream: simulate,
    chainId: config.chain.id,
    query: gateQuery,
    bounds,
    timeoutMs: limits.forkGateTimeoutMs,
    startAnvil,
    logger,
    monotonicMs: clock.monotonicMs,
  })
  let supportsSimulateV1 = true
  const first: Gates['first'] = async (input) => {
    if (supportsSimulateV1) {
      try {
        return await runFirstGate(
          { rpc: simulate, ranOn: 'node', query: gateQuery, bounds, monotonicMs: clock.monotonicMs },
          input,
        )
      } catch (error) {
        if (!(error instanceof TillerError) || error.code !== 'SIMULATE_UNSUPPORTED') throw error
        supportsSimulateV1 = false
        logger.warn('gate.first_on_fork', { code: error.code })
      }
    }
    return fork.runFirst(input)
  }

  const maxHeadAge = limits.maxHeadAgeSeconds === 0 ? {} : { maxHeadAgeSeconds: BigInt(limits.maxHeadAgeSeconds) }
  const plan = planSettings(config)
  const fallbackEthPriceE8 = BigInt(Math.round(limits.fallbackEthPriceUsd * 1e8))
  // Nobody to ask the role of: what is shown is what a keeper would plan.
  const anonymous = mode === 'readonly' && isAddressEqual(keeper, zeroAddress)
  const ethPrice = (reading: StateReading): bigint => reading.ethPriceUsdE8 ?? fallbackEthPriceE8
  const own: TickEffects = {
    clock,
    logger,
    journal,
    policy,
    chain: createChainPort({ read: readEndpoint, send: clients.send }),
    gates: { first, prepareFork: fork.prepare, fork: fork.run },
    ...(signer === undefined ? {} : { signer }),
    readState: (request = {}) => readState(readEndpoint.client, { ...query, ...request }),
    readAgreedState: () =>
      readAgreedState({
        clients,
        query,
        now: BigInt(Math.floor(clock.unixMs() / 1000)),
        maxLagBlocks: BigInt(limits.maxEndpointLagBlocks),
        ...maxHeadAge,
      }),
    advanceMemory,
    observe: ({ reading, memories }) =>
      observe({
        ...reading,
        memories,
        settings: {
          idleReserveBps: config.vault.idleReserveBps,
          ethPriceE8: ethPrice(reading),
          gasUnitsPerLeg: gasUnitsPerLeg(plan),
        },
      }),
    plan: ({ reading, observation, decision, now }) =>
      planRebalance({
        market: reading.market,
        vault: anonymous ? withRole(reading.vault) : reading.vault,
        observation,
        decision,
        settings: plan,
        now,
        ethPriceE8: ethPrice(reading),
      }),
    ...(parameters.onBroadcast === undefined ? {} : { onBroadcast: parameters.onBroadcast }),
  }
  const effects = parameters.wrapEffects?.(own) ?? own

  // One pass at a time, whoever asks for it: the account has one next nonce.
  let queue: Promise<unknown> = Promise.resolve()
  const inTurn = <result>(action: () => Promise<result>): Promise<result> => {
    const turn = queue.then(action)
    queue = turn.catch(() => undefined)
    return turn
  }

  return {
    settings,
    supportsSimulateV1: () => supportsSimulateV1,
    start: () =>
      inTurn(async () => {
        const check = {
          chainId: config.chain.id,
          now: BigInt(Math.floor(clock.unixMs() / 1000)),
          ...maxHeadAge,
        }
        const endpoints = [...clients.read, clients.send]
        const [simulated] = await Promise.all([
          checkEndpoint(clients.simulate, check),
          ...endpoints.map((endpoint) => checkEndpoint(endpoint, check)),
        ])
        supportsSimulateV1 = simulated.supportsSimulateV1
        if (!supportsSimulateV1) logger.warn('gate.first_on_fork', { code: 'SIMULATE_UNSUPPORTED' })
        await journal.bind({ chainId: config.chain.id, vault: config.vault.address })
        return reconcile(effects, settings)
      }),
    warm: async () => {
      await fork.warm(await effects.chain.head())
    },
    tick: (signal) => inTurn(() => runTick(effects, { settings, ...(signal === undefined ? {} : { signal }) })),
    forkFigures: fork.figures,
    close: async () => {
      await queue
      await fork.stop()
      simulate.close()
    },
  }
}

function withRole(vault: VaultState): VaultState {
  return { ...vault, guard: { ...vault.guard, keeperAllowed: true } }
}
