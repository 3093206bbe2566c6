import { observationTimeReversed } from '../errors/observe.ts'
import type { BlockRef } from '../market/market-state.ts'
import { ilog2Q10 } from '../policy/integer-math.ts'
import { specification } from '../policy/specification.ts'
import type { VenueState } from '../venues/venue.ts'
import type { VenueMemory } from './observation.ts'
import { wholeUnitsQ6 } from './whole-units.ts'

const { time, rate, averages, volatility, spike, sizes } = specification.observation
const aprMaxE9 = BigInt(rate.aprMaxE9)
const perYearE9 = BigInt(rate.secondsPerYear) * BigInt(rate.oneE9)
const alphas = averages.alphaQ20.map(BigInt)
const volatilityAlpha = BigInt(volatility.alphaQ20)
const fastAlpha = BigInt(sizes.fastAlphaQ20)
const slowAlpha = BigInt(sizes.slowAlphaQ20)

type Alphas = [bigint, bigint, bigint, bigint, bigint]

/** The part of the memory that a rate moves. */
export type RateMemory = Pick<VenueMemory, 'aprE9' | 'averagesQ8' | 'volatilityQ8' | 'spikeSlots'>

/** What a venue is remembered as before it was ever read. */
export const emptyMemory: VenueMemory = {
  slot: -1,
  index: 0n,
  observedAt: 0n,
  aprE9: 0n,
  averagesQ8: [0n, 0n, 0n, 0n, 0n],
  volatilityQ8: 0n,
  spikeSlots: 0,
  sizeSlot: -1,
  supplyQ6: 0n,
  borrowQ6: 0n,
  supply72Q6: 0n,
  borrow72Q6: 0n,
  own72Q6: 0n,
  roomQ6: 0n,
  count: 0,
}

/**
 * Memory of a venue after one more block was read: at most one rate and one size sample per slot, a missed slot replayed
 * with the mean rate of the gap. Calling it again for the same block changes nothing. A stale venue, or one whose index
 * is zero or beyond 128 bits, leaves the memory as it is.
 *
 * @param assetDecimals decimals of the asset, for sizes in whole units.
 *
 * Raises OBSERVATION_TIME_REVERSED. Source: docs/policy-spec.md section 2.
 */
export function advanceMemory(
  memory: VenueMemory | undefined,
  venue: VenueState,
  block: Pick<BlockRef, 'timestamp'>,
  assetDecimals = 6,
): VenueMemory {
  const before = memory ?? emptyMemory
  if (venue.status === 'stale' || venue.index <= 0n || venue.index >> BigInt(rate.indexBits) > 0n) return before
  if (block.timestamp < before.observedAt) {
    throw observationTimeReversed(venue.ref.name, before.observedAt, block.timestamp)
  }
  const slot = Number(block.timestamp / BigInt(time.slotSeconds))
  return sampleSizes(
    sampleRate(before, venue.index, block.timestamp, slot),
    venue,
    block.timestamp,
    slot,
    assetDecimals,
  )
}

/**
 * `slots` equal steps of the averages, the volatility and the spike count with one rate.
 *
 * @param aprE9 1e9 = 100 % a year, within the range of the specification.
 * @param count observations before this one, at least 2: of a young memory the averages are means of all its rates.
 */
export function replayRate(before: RateMemory, aprE9: bigint, slots: number, count: number): RateMemory {
  let [a, b, c, d, e] = before.averagesQ8
  let volatilityQ8 = before.volatilityQ8
  let spikeSlots = before.spikeSlots
  let changeQ8 = BigInt(Math.abs(rateLogarithm(aprE9) - rateLogarithm(before.aprE9))) << 8n
  const target = aprE9 << 8n
  const young = (1n << 20n) / BigInt(count)
  const [alpha6, alpha24, alpha72, alpha168, alpha504] = alphas.map((alpha) => larger(alpha, young)) as Alphas
  const alphaVolatility = larger(volatilityAlpha, young)
  for (let i = 0; i < slots; i += 1) {
    a = approach(a, target, alpha6)
    b = approach(b, target, alpha24)
    c = approach(c, target, alpha72)
    d = approach(d, target, alpha168)
    e = approach(e, target, alpha504)
    volatilityQ8 = approach(volatilityQ8, changeQ8, alphaVolatility)
    changeQ8 = 0n
    spikeSlots = aprE9 << 9n > 3n * d ? Math.min(spike.max, spikeSlots + 1) : 0
  }
  return { aprE9, averagesQ8: [a, b, c, d, e], volatilityQ8, spikeSlots }
}

function sampleRate(before: VenueMemory, index: bigint, timestamp: bigint, slot: number): VenueMemory {
  if (before.slot < 0) return { ...before, slot, index, observedAt: timestamp, count: 1 }
  const seconds = timestamp - before.observedAt
  if (slot <= before.slot || seconds < BigInt(time.minimumGapSeconds)) return before
  // One index is no rate yet: a first reading that was too high must not stand for ever.
  if (before.count === 1 && index < before.index) return { ...before, slot, index, observedAt: timestamp }
  const growth = index > before.index ? index - before.index : 0n
  const grown = (growth * perYearE9) / (before.index * seconds)
  const aprE9 = smaller(grown, aprMaxE9)
  const rates: RateMemory =
    before.count === 1
      ? {
          aprE9,
          averagesQ8: [aprE9 << 8n, aprE9 << 8n, aprE9 << 8n, aprE9 << 8n, aprE9 << 8n],
          volatilityQ8: 0n,
          spikeSlots: 0,
        }
      : replayRate(before, aprE9, Math.min(slot - before.slot, time.replayLimitSlots), before.count)
  return {
    ...before,
    ...rates,
    slot,
    // What is beyond the largest rate stays for the next slots, so that neither is a yield paid at once lost, nor does an
    // index that shot up for a moment stand above the real one for ever.
    index: before.index + smaller(growth, (before.index * BigInt(rate.aprMaxE9) * seconds) / perYearE9),
    observedAt: timestamp,
    count: Math.min(time.countMax, before.count + 1),
  }
}

function sampleSizes(
  before: VenueMemory,
  venue: VenueState,
  timestamp: bigint,
  slot: number,
  assetDecimals: number,
): VenueMemory {
  if (before.sizeSlot >= slot || venue.lastUpdateAt >= timestamp) return before
  const supply = wholeUnitsQ6(venue.totalSupply, assetDecimals)
  const borrow = wholeUnitsQ6(venue.totalBorrow, assetDecimals)
  const own = wholeUnitsQ6(venue.assets, assetDecimals)
  const roomQ6 = wholeUnitsQ6(venue.depositable, assetDecimals)
  let { supplyQ6, borrowQ6, supply72Q6, borrow72Q6, own72Q6 } = before
  if (before.sizeSlot < 0) {
    supplyQ6 = supply
    borrowQ6 = borrow
    supply72Q6 = supply
    borrow72Q6 = borrow
    own72Q6 = own
  } else {
    const slots = Math.min(slot - before.sizeSlot, time.replayLimitSlots)
    for (let i = 0; i < slots; i += 1) {
      supplyQ6 = approach(supplyQ6, supply, fastAlpha)
      borrowQ6 = approach(borrowQ6, borrow, fastAlpha)
      supply72Q6 = approach(supply72Q6, supply, slowAlpha)
      borrow72Q6 = approach(borrow72Q6, borrow, slowAlpha)
      own72Q6 = approach(own72Q6, own, slowAlpha)
    }
  }
  return { ...before, sizeSlot: slot, supplyQ6, borrowQ6, supply72Q6, borrow72Q6, own72Q6, roomQ6 }
}

function approach(average: bigint, target: bigint, alphaQ20: bigint): bigint {
  return average + (((target - average) * alphaQ20) >> 20n)
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function rateLogarithm(aprE9: bigint): number {
  return ilog2Q10(Math.max(Number(aprE9), rate.logFloorE9))
}
