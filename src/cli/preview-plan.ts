import { type Address, zeroAddress } from 'viem'
import { createClients } from '../chain/create-clients.ts'
import { signerAddress } from '../config/keys.ts'
import { planSettings } from '../config/plan-settings.ts'
import type { Config } from '../config/schema.ts'
import { venueRefs } from '../config/venue-refs.ts'
import { TillerError } from '../errors/base.ts'
import { openJournal } from '../journal/open-journal.ts'
import type { Logger } from '../keeper/logger.ts'
import { advanceMemory } from '../observe/advance-memory.ts'
import type { VenueMemory } from '../observe/observation.ts'
import { observe } from '../observe/observe.ts'
import { planRebalance } from '../plan/plan-rebalance.ts'
import type { PlanResult } from '../plan/plan-result.ts'
import { gasUnitsPerLeg } from '../plan/plan-settings.ts'
import { loadPolicy } from '../policy/load-policy.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import { readState } from '../vault/read.ts'
import type { ChainState } from '../vault/state-query.ts'

export type PlanPreview = {
  state: ChainState
  keeper: Address
  policy: { name: string; hash: string; executionProvider: string }
  decision: PolicyDecision
  plan: PlanResult
  /** Slots that the journal remembers, per venue. */
  observedSlots: readonly number[]
  ethPriceE8: bigint
}

export type PreviewPlanOptions = {
  /** Unix milliseconds. */
  now: number
  env: Readonly<Record<string, string | undefined>>
  logger?: Logger
}

/**
 * What the policy would do at the head, with the memory of the journal where there is one. Writes, simulates and sends
 * nothing. Raises what reading, the policy and planning raise.
 */
export async function previewPlan(config: Config, options: PreviewPlanOptions): Promise<PlanPreview> {
  const { limits } = config.keeper
  const settings = planSettings(config)
  const venues = venueRefs(config.vault)
  const clients = createClients({ chainId: config.chain.id, ...config.chain.rpc })
  const keeper = (await signerAddress(config, options.env)) ?? zeroAddress
  const [state, policy, remembered] = await Promise.all([
    readState(clients.read[0].client, {
      vault: config.vault.address,
      guard: config.vault.guard,
      keeper,
      venues,
      ...(config.vault.ethUsdFeed === undefined ? {} : { ethUsdFeed: config.vault.ethUsdFeed }),
      ...(config.vault.redeemQueue === undefined ? {} : { redeemQueue: config.vault.redeemQueue }),
    }),
    loadPolicy({
      ...config.policy,
      ...(options.logger === undefined ? {} : { logger: options.logger }),
    }),
    rememberedVenues(
      config,
      venues.map(({ id }) => id),
    ),
  ])
  try {
    const { market, vault } = state
    const ethPriceE8 = state.ethPriceUsdE8 ?? BigInt(Math.round(limits.fallbackEthPriceUsd * 1e8))
    const memories = market.venues.map((venue) =>
      advanceMemory(remembered.get(venue.ref.id), venue, market.block, vault.assetDecimals),
    )
    const observation = observe({
      market,
      vault,
      memories,
      settings: { idleReserveBps: config.vault.idleReserveBps, ethPriceE8, gasUnitsPerLeg: gasUnitsPerLeg(settings) },
    })
    const decision = await policy.decide(observation)
    // The plan is shown as of its block: a chain whose time is simulated has no other clock.
    const now = market.block.timestamp
    const plan = planRebalance({ ...state, observation, decision, settings, now, ethPriceE8 })
    const { name, hash, executionProvider } = policy
    return {
      state,
      keeper,
      policy: { name, hash, executionProvider },
      decision,
      plan,
      observedSlots: memories.map(({ count }) => count),
      ethPriceE8,
    }
  } finally {
    await policy.close?.()
  }
}

async function rememberedVenues(
  config: Config,
  ids: readonly `0x${string}`[],
): Promise<ReadonlyMap<string, VenueMemory>> {
  try {
    const journal = await openJournal({ path: config.store.path, access: 'read' })
    try {
      return await journal.latestMemories(config.vault.address, ids)
    } finally {
      await journal.close()
    }
  } catch (error) {
    if (error instanceof TillerError && error.code === 'STORE_MISSING') return new Map()
    throw error
  }
}
