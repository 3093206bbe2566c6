import { observationLength, venueCountUnsupported } from '../errors/observe.ts'
import type { MarketState } from '../market/market-state.ts'
import { clamp, ilog2Q10 } from '../policy/integer-math.ts'
import { specification } from '../policy/specification.ts'
import type { VaultState } from '../vault/vault-state.ts'
import type { RateCurve } from '../venues/venue.ts'
import { curveFactor, kinkQ16, utilisationQ16 } from './curve-factor.ts'
import { gridPlaces } from './grid-places.ts'
import type { Observation, VenueMemory, VenueObservation } from './observation.ts'
import { wholeUnitsQ6 } from './whole-units.ts'

const { time, rate, gas, gridSteps: steps, features } = specification.observation

type ObserveSettings = {
  /** Share of total assets that stays idle, basis points. */
  idleReserveBps: number
  /** Whole asset units for one ETH, 1e8 = one. */
  ethPriceE8: bigint
  /** Gas of one touched venue. @default that of the specification, 200000 */
  gasUnitsPerLeg?: bigint
  /** Wei per gas. @default the base fee of the block */
  gasPriceWei?: bigint
}

export type ObserveInput = {
  market: Pick<MarketState, 'venues'> & { block: Pick<MarketState['block'], 'timestamp' | 'baseFeePerGas'> }
  vault: Pick<VaultState, 'assetDecimals' | 'totalAssets' | 'idle' | 'queuedAssets'>
  /** After `advanceMemory` for this block, in venue order. */
  memories: readonly VenueMemory[]
  settings: ObserveSettings
}

/** Rates of the venues' averages that all venues of a vault are measured against, 1e9 = 100 %. */
export type Level = { levelE9: number; level24E9: number; level504E9: number }

/**
 * Observation of one vault at one block: the integers that a policy sees and that the allocation rule computes with.
 *
 * Raises OBSERVATION_LENGTH, OBSERVATION_VENUE_COUNT. Source: docs/policy-spec.md section 4.
 */
export function observe({ market, vault, memories, settings }: ObserveInput): Observation {
  const count = market.venues.length
  if (count < time.venuesMin || count > time.venuesMax) {
    throw venueCountUnsupported(count, time.venuesMin, time.venuesMax)
  }
  if (memories.length !== count) throw observationLength('venue memories', count, memories.length)

  const slot = Number(market.block.timestamp / BigInt(time.slotSeconds))
  const gridSteps = gridStepsOf(count)
  const ownQ6 = market.venues.map((venue) => wholeUnitsQ6(venue.assets, vault.assetDecimals))
  const reserve = (vault.totalAssets * BigInt(settings.idleReserveBps)) / 10000n + vault.queuedAssets
  // Not total assets: what lies in a venue that can't be read, or in one that is not in the list, can't be placed.
  const positions = market.venues.reduce((total, { assets }) => total + assets, 0n)
  const placeable = wholeUnitsQ6(positions + larger(vault.idle - reserve, 0n), vault.assetDecimals)
  const invested = ownQ6.reduce((total, own) => total + own, 0n)
  const capitalQ6 = larger(placeable, invested)
  const ownSteps = gridPlaces(ownQ6, capitalQ6, gridSteps)
  const gasPerLegE12 = gasShareE12(
    settings.gasUnitsPerLeg ?? BigInt(gas.unitsPerLeg),
    settings.gasPriceWei ?? market.block.baseFeePerGas,
    settings.ethPriceE8,
    capitalQ6,
  )
  const level = levelOf(memories)

  return {
    slot,
    gridSteps,
    capitalQ6,
    gasPerLegE12,
    globalFeatures: globalFeatures(level, gasPerLegE12),
    venues: market.venues.map((venue, j): VenueObservation => {
      const memory = memories[j] as VenueMemory
      const own = ownQ6[j] ?? 0n
      const cap = wholeUnitsQ6(venue.cap, vault.assetDecimals)
      const reach = own + memory.roomQ6 < cap ? own + memory.roomQ6 : cap
      return {
        name: venue.ref.name,
        features: venueFeatures(memory, venue.curve, level, capitalQ6, gridSteps),
        memory,
        curve: venue.curve,
        ownQ6: own,
        ownSteps: ownSteps[j] ?? 0,
        capSteps: capStepsOf(reach, capitalQ6, gridSteps),
        stale: venue.status === 'stale' || isUnready(memory, venue.curve, slot),
      }
    }),
  }
}

/**
 * Steps that fit below a bound, with 1/4096 of the capital granted: a cap of exactly k steps, 40 % of ten say, must not
 * lose one to the rounding of units. Whoever moves money stays below the cap itself.
 */
function capStepsOf(boundQ6: bigint, capitalQ6: bigint, gridSteps: number): number {
  if (capitalQ6 === 0n) return 0
  return Math.min(gridSteps, Number(((boundQ6 + (capitalQ6 >> 12n)) * BigInt(gridSteps)) / capitalQ6))
}

/** Steps of the grid for a number of venues: 20 up to two, 10 beyond. */
function gridStepsOf(venues: number): number {
  return venues <= 2 ? steps.upToTwoVenues : steps.more
}

/** Gas of one touched venue as a share of the capital, 1e12 = 100 %, saturated. */
export function gasShareE12(units: bigint, gasPriceWei: bigint, assetsPerEthE8: bigint, capitalQ6: bigint): bigint {
  const max = BigInt(gas.maxE12)
  if (capitalQ6 <= 0n) return max
  const share = (units * gasPriceWei * assetsPerEthE8 * 64n) / (100_000_000_000_000n * capitalQ6)
  return share < max ? share : max
}

/** Means over the venues whose rate is known, with a floor of 0.2 %. */
export function levelOf(memories: readonly VenueMemory[]): Level {
  let known = 0
  const sums = [0, 0, 0]
  for (const memory of memories) {
    if (memory.count < time.minimumCount) continue
    known += 1
    const [, e24, e72, , e504] = averagesE9(memory)
    sums[0] = (sums[0] ?? 0) + e72
    sums[1] = (sums[1] ?? 0) + e24
    sums[2] = (sums[2] ?? 0) + e504
  }
  const [levelE9 = 0, level24E9 = 0, level504E9 = 0] = sums.map((sum) =>
    Math.max(rate.levelFloorE9, known === 0 ? 0 : Math.floor(sum / known)),
  )
  return { levelE9, level24E9, level504E9 }
}

/** The five averages of a memory without their fraction, 1e9 = 100 %. */
function averagesE9(memory: VenueMemory): [number, number, number, number, number] {
  const [a, b, c, d, e] = memory.averagesQ8
  return [Number(a >> 8n), Number(b >> 8n), Number(c >> 8n), Number(d >> 8n), Number(e >> 8n)]
}

/** The features of one venue, in the order of the specification; all zero before its rate is known. */
export function venueFeatures(
  memory: VenueMemory,
  curve: RateCurve,
  { levelE9 }: Level,
  capitalQ6: bigint,
  gridSteps: number,
): number[] {
  if (memory.count < time.minimumCount) return features.venue.map(() => 0)
  const [e6, e24, e72, e168, e504] = averagesE9(memory)
  const factor = Number(curveFactor(curve, memory, capitalQ6, gridSteps)(gridSteps))
  const hasCurve = curve.mode !== 'none'
  const utilisation = Number(utilisationQ16(memory.borrowQ6, memory.supplyQ6))
  const level = lgRate(levelE9)
  const week = lgRate(e168)
  const values = [
    lgRate(Number(memory.aprE9)) - level,
    2 * (lgRate(e6) - week),
    2 * (lgRate(e24) - week),
    2 * (week - lgRate(e504)),
    hasCurve ? ((utilisation - Number(kinkQ16(curve))) * 5) >> 6 : 0,
    hasCurve ? ((ilog2Q10(65536 - utilisation + 64) - 16384) >> 1) + 1024 : 0,
    hasCurve ? (((lgSize(capitalQ6) - lgSize(memory.supplyQ6)) * 341) >> 10) + 1024 : 0,
    2 * (ilog2Q10(Math.max(factor, 1)) - 16384),
    ilog2Q10(1 + memory.spikeSlots) >> 1,
    2 * (lgRate(Math.floor((e72 * factor) / 65536)) - level),
    ilog2Q10(512 + Number(memory.volatilityQ8)) - 13312,
    lgRate(e72) - level,
  ]
  return values.map(saturate)
}

/** The features that all venues share, in the order of the specification. */
export function globalFeatures({ levelE9, level24E9, level504E9 }: Level, gasPerLegE12: bigint): number[] {
  const level = lgRate(levelE9)
  const values = [
    (lgSize(gasPerLegE12) - 20480) >> 1,
    level - 25859,
    2 * (lgRate(level24E9) - level),
    2 * (level - lgRate(level504E9)),
    0,
  ]
  return values.map(saturate)
}

function isUnready(memory: VenueMemory, curve: RateCurve, slot: number): boolean {
  return (
    memory.count < time.minimumCount ||
    slot - memory.slot > time.staleAfterSlots ||
    (curve.mode !== 'none' && memory.sizeSlot < 0)
  )
}

function lgRate(rateE9: number): number {
  return ilog2Q10(Math.max(rateE9, rate.logFloorE9))
}

function lgSize(x: bigint): number {
  return ilog2Q10(x > 0n ? x : 1n)
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function saturate(value: number): number {
  return clamp(value, -features.clamp, features.clamp)
}
