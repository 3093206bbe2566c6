import fc from 'fast-check'
import type { Address, Hex } from 'viem'
import type { MarketState } from '../../../src/market/market-state.ts'
import type { VenueMemory } from '../../../src/observe/observation.ts'
import { observe } from '../../../src/observe/observe.ts'
import type { PlanInput } from '../../../src/plan/plan-input.ts'
import { defaultPlanSettings, type PlanSettings } from '../../../src/plan/plan-settings.ts'
import type { PolicyDecision } from '../../../src/policy/policy.ts'
import type { VaultState } from '../../../src/vault/vault-state.ts'
import type { RateCurve, VenueState } from '../../../src/venues/venue.ts'
import { venueId } from '../../../src/venues/venue-id.ts'

export const usdc = 1_000_000n
export const blockTime = 1_760_000_400n
const slot = Number(blockTime / 3600n)

const borrowCurve: RateCurve = {
  mode: 'borrow',
  kinkQ16: 58_982,
  rate0E9: 0n,
  rateKinkE9: 60_000_000n,
  rateMaxE9: 600_000_000n,
}

type VenueFixture = {
  name?: string
  assets?: bigint
  withdrawable?: bigint
  depositable?: bigint
  cap?: bigint
  aprE9?: bigint
  inflowAvailable?: bigint
  stale?: boolean
  unsteered?: true
  closed?: 'retired' | 'quarantined' | undefined
  count?: number
}

export type Fixture = {
  venues: readonly VenueFixture[]
  idle?: bigint
  decision?: PolicyDecision
  settings?: Partial<PlanSettings>
  guard?: Partial<VaultState['guard']>
  vault?: Partial<VaultState>
  baseFeePerGas?: bigint
  now?: bigint
}

/** A consistent input of `planRebalance`: market, vault, memories and the observation made of them. */
export function planInput(fixture: Fixture): PlanInput {
  const settings = { ...defaultPlanSettings, ...fixture.settings }
  const venues = fixture.venues.map((venue, j): VenueState => {
    const assets = venue.stale === true ? 0n : (venue.assets ?? 0n)
    const adapter: Address = `0x${(j + 1).toString(16).padStart(40, '0')}`
    return {
      ...(venue.closed === undefined ? {} : { closed: venue.closed }),
      ...(venue.unsteered === undefined ? {} : { unsteered: true }),
      ref: { name: venue.name ?? `venue-${j}`, kind: 'aave-v3', adapter, data: '0x', id: venueId(adapter, '0x') },
      status: venue.stale === true ? 'stale' : 'ok',
      ...(venue.stale === true ? { staleReason: 'Paused()' } : {}),
      assets,
      withdrawable: venue.withdrawable ?? assets,
      depositable: venue.depositable ?? 1_000_000_000n * usdc,
      cap: venue.closed === undefined ? (venue.cap ?? 1_000_000_000n * usdc) : 0n,
      totalSupply: 50_000_000n * usdc,
      totalBorrow: 40_000_000n * usdc,
      index: 10n ** 27n,
      indexOne: 10n ** 27n,
      lastUpdateAt: blockTime - 60n,
      supplyAprWad: (venue.aprE9 ?? 40_000_000n) * 10n ** 9n,
      curve: borrowCurve,
    }
  })
  const market: MarketState = {
    chainId: 31337,
    block: {
      number: 100n,
      hash: `0x${'ab'.repeat(32)}` as Hex,
      timestamp: blockTime,
      baseFeePerGas: fixture.baseFeePerGas ?? 1_000_000_000n,
    },
    venues,
  }
  const idle = fixture.idle ?? 0n
  const totalAssets = venues.reduce((total, { assets }) => total + assets, idle)
  const vault: VaultState = {
    address: `0x${'11'.repeat(20)}`,
    asset: `0x${'22'.repeat(20)}`,
    assetDecimals: 6,
    shareDecimals: 18,
    totalAssets,
    totalSupply: totalAssets * 10n ** 12n,
    idle,
    liquid: venues.reduce((total, { withdrawable }) => total + withdrawable, idle),
    exits: venues.map(() => true),
    capGroups: [],
    entriesOpen: true,
    queuedAssets: 0n,
    sharePrice: usdc,
    ...fixture.vault,
    guard: {
      address: `0x${'33'.repeat(20)}`,
      nextNonce: 7n,
      lastRebalanceAt: 0n,
      frozen: false,
      keeperAllowed: true,
      limits: {
        cooldownSeconds: 3600,
        maxLossPerPlanBps: 2,
        lossBudgetPerDayBps: 5,
        turnoverPerDayBps: 5000,
        liquidFloorBps: 500,
      },
      turnoverAvailable: totalAssets,
      turnoverOwed: 0n,
      lossAvailable: totalAssets / 2000n,
      inflowAvailable: fixture.venues.map(({ inflowAvailable }) => inflowAvailable ?? 1_000_000_000n * usdc),
      ...fixture.guard,
    },
  }
  const memories = fixture.venues.map((venue, j) => memoryOf(venue, venues[j]?.assets ?? 0n))
  const observation = observe({
    market,
    vault,
    memories,
    settings: { idleReserveBps: settings.idleReserveBps, ethPriceE8: 300_000_000_000n },
  })
  return {
    market,
    vault,
    observation,
    decision: fixture.decision ?? { kind: 'scores', scores: venues.map(() => [0, 0, 0, 0, 0, 0, 0, 0]) },
    settings,
    now: fixture.now ?? blockTime,
    ethPriceE8: 300_000_000_000n,
  }
}

function memoryOf({ aprE9 = 40_000_000n, count = 1000 }: VenueFixture, assets: bigint): VenueMemory {
  const average = aprE9 << 8n
  const ownQ6 = (assets * 64n) / usdc
  return {
    slot,
    index: 10n ** 27n,
    observedAt: blockTime,
    aprE9,
    averagesQ8: [average, average, average, average, average],
    volatilityQ8: 0n,
    spikeSlots: 0,
    sizeSlot: slot,
    supplyQ6: 50_000_000n * 64n,
    borrowQ6: 40_000_000n * 64n,
    supply72Q6: 50_000_000n * 64n,
    borrow72Q6: 40_000_000n * 64n,
    own72Q6: ownQ6,
    roomQ6: 1_000_000_000n * 64n,
    count,
  }
}

const amount = fc.bigInt({ min: 0n, max: 10_000_000n * usdc })

/** Any input: positions, caps, liquidity, buckets, flags, and a decision of either kind. */
export const anyPlanInput: fc.Arbitrary<PlanInput> = fc
  .integer({ min: 1, max: 8 })
  .chain((count) =>
    fc.record({
      venues: fc.array(
        fc.record({
          assets: fc.oneof(fc.constant(0n), amount),
          withdrawable: amount,
          depositable: fc.oneof(amount, fc.constant(1_000_000_000n * usdc)),
          cap: fc.oneof(fc.constant(0n), amount, fc.constant(1_000_000_000n * usdc)),
          aprE9: fc.bigInt({ min: 0n, max: 300_000_000n }),
          inflowAvailable: fc.oneof(amount, fc.constant(1_000_000_000n * usdc)),
          closed: fc.constantFrom(undefined, undefined, undefined, 'retired' as const),
          stale: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
        }),
        { minLength: count, maxLength: count },
      ),
      idle: amount,
      decision: fc.oneof(
        fc
          .array(fc.array(fc.integer({ min: -4096, max: 4095 }), { minLength: 8, maxLength: 8 }), {
            minLength: count,
            maxLength: count,
          })
          .map((scores): PolicyDecision => ({ kind: 'scores', scores })),
        fc
          .array(fc.integer({ min: 0, max: 10_000 }), { minLength: count, maxLength: count })
          .map((parts): PolicyDecision => {
            const total = Math.max(
              1,
              parts.reduce((sum, part) => sum + part, 0),
            )
            return { kind: 'weights', weightsBps: parts.map((part) => Math.floor((part * 10_000) / total)) }
          }),
        fc.constant<PolicyDecision>({ kind: 'hold' }),
      ),
      settings: fc.record({
        minEdgeBps: fc.constantFrom(null, 0, 5),
        idleReserveBps: fc.constantFrom(0, 500, 2000),
        minLegAssets: fc.constantFrom(0n, usdc, 1000n * usdc),
      }),
      owedShare: fc.constantFrom(0n, 3_000n, 10_000n),
      turnoverShare: fc.bigInt({ min: 0n, max: 10_000n }),
      groupCap: fc.option(amount, { nil: undefined }),
    }),
  )
  .map(({ turnoverShare, owedShare, groupCap, ...fixture }) => {
    const input = planInput(fixture)
    const capGroups =
      groupCap === undefined
        ? []
        : [{ id: `0x${'cc'.repeat(32)}` as Hex, cap: groupCap, venues: input.market.venues.map((_, j) => j) }]
    return {
      ...input,
      vault: {
        ...input.vault,
        capGroups,
        guard: {
          ...input.vault.guard,
          turnoverAvailable: (input.vault.totalAssets * turnoverShare) / 10_000n,
          turnoverOwed: (input.vault.idle * owedShare) / 10_000n,
        },
      },
    }
  })
