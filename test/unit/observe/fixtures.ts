import { emptyMemory } from '../../../src/observe/advance-memory.ts'
import type { VenueMemory } from '../../../src/observe/observation.ts'
import type { VaultState } from '../../../src/vault/vault-state.ts'
import type { VenueState } from '../../../src/venues/venue.ts'

export const usd = (amount: number) => BigInt(Math.round(amount * 1e6))

/** A kinked venue of $100M at 80 %, 4 % a year. */
export function venue(change: Partial<VenueState> = {}): VenueState {
  return {
    ref: {
      name: 'kinked',
      kind: 'aave-v3',
      adapter: '0x0000000000000000000000000000000000000001',
      data: '0x',
      id: '0x',
    },
    status: 'ok',
    assets: 0n,
    withdrawable: 0n,
    depositable: usd(1e9),
    cap: usd(1e9),
    totalSupply: usd(100e6),
    totalBorrow: usd(80e6),
    index: 10n ** 27n,
    indexOne: 10n ** 27n,
    lastUpdateAt: 0n,
    supplyAprWad: 40_000_000_000_000_000n,
    curve: { mode: 'borrow', kinkQ16: 58_982, rate0E9: 0n, rateKinkE9: 55_000_000n, rateMaxE9: 800_000_000n },
    ...change,
  }
}

/** A memory with steady rates. */
export function steady(aprE9: bigint, slot: number, change: Partial<VenueMemory> = {}): VenueMemory {
  const q8 = aprE9 << 8n
  return {
    ...emptyMemory,
    slot,
    index: 10n ** 27n,
    observedAt: BigInt(slot) * 3600n + 100n,
    aprE9,
    averagesQ8: [q8, q8, q8, q8, q8],
    sizeSlot: slot,
    supplyQ6: 6_400_000_000n,
    borrowQ6: 5_120_000_000n,
    supply72Q6: 6_400_000_000n,
    borrow72Q6: 5_120_000_000n,
    roomQ6: 64_000_000_000n,
    count: 600,
    ...change,
  }
}

export function vault(change: Partial<VaultState> = {}): VaultState {
  return {
    address: '0x0000000000000000000000000000000000000002',
    asset: '0x0000000000000000000000000000000000000003',
    assetDecimals: 6,
    shareDecimals: 18,
    totalAssets: usd(1e6),
    totalSupply: 10n ** 24n,
    idle: usd(1e6),
    liquid: usd(1e6),
    exits: [],
    capGroups: [],
    entriesOpen: true,
    queuedAssets: 0n,
    sharePrice: usd(1),
    guard: {
      address: '0x0000000000000000000000000000000000000004',
      nextNonce: 0n,
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
      turnoverAvailable: usd(5e5),
      turnoverOwed: 0n,
      lossAvailable: usd(500),
      inflowAvailable: [],
    },
    ...change,
  }
}
