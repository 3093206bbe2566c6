import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advanceMemory, replayRate } from '../../../src/observe/advance-memory.ts'
import type { VenueMemory } from '../../../src/observe/observation.ts'
import { steady, usd, venue } from './fixtures.ts'

const slot = 500_000
const at = (slots: number, seconds = 100) => ({ timestamp: BigInt(slot + slots) * 3600n + BigInt(seconds) })
const grown = (index: bigint, aprE9: bigint, seconds: bigint) =>
  index + (index * aprE9 * seconds) / (31_536_000n * 1_000_000_000n)

describe('rates', () => {
  test('one observation knows an index, two know a rate, and the rate starts every average', () => {
    const first = advanceMemory(undefined, venue(), at(0))
    expect(first).toMatchObject({ slot, count: 1, aprE9: 0n, sizeSlot: slot })
    const index = grown(venue().index, 40_000_000n, 3600n)
    const second = advanceMemory(first, venue({ index }), at(1))
    expect(second.count).toBe(2)
    expect(Number(second.aprE9)).toBeCloseTo(40_000_000, -1)
    expect(second.averagesQ8.every((average) => average === second.aprE9 << 8n)).toBe(true)
    expect(second.volatilityQ8).toBe(0n)
  })

  test('a second look in the same slot, or less than half an hour later, changes nothing', () => {
    const memory = steady(40_000_000n, slot, { observedAt: at(0, 3500).timestamp })
    expect(advanceMemory(memory, venue({ index: 2n * 10n ** 27n }), at(0, 3599))).toEqual(memory)
    expect(advanceMemory(memory, venue({ index: 2n * 10n ** 27n, lastUpdateAt: at(1).timestamp }), at(1))).toBe(memory)
  })

  test('a missed slot is replayed with the mean rate, and at most 48 are', () => {
    const memory = steady(40_000_000n, slot)
    const rate = (slots: number, apr: bigint) =>
      advanceMemory(memory, venue({ index: grown(memory.index, apr, BigInt(slots) * 3600n) }), at(slots))
    const three = rate(3, 80_000_000n)
    expect(three.averagesQ8).toEqual(replayRate(memory, three.aprE9, 3, 600).averagesQ8)
    const long = rate(300, 80_000_000n)
    expect(long.averagesQ8).toEqual(replayRate(memory, long.aprE9, 48, 600).averagesQ8)
  })

  test('an index that falls and recovers shows zero, and no burst', () => {
    let memory = steady(40_000_000n, slot)
    memory = advanceMemory(memory, venue({ index: 99n * 10n ** 25n }), at(1))
    expect(memory).toMatchObject({ aprE9: 0n, index: 10n ** 27n })
    memory = advanceMemory(memory, venue({ index: 10n ** 27n }), at(2))
    expect(memory.aprE9).toBe(0n)
  })

  test('an index that shoots up for one observation does not shut the venue out', () => {
    let memory: VenueMemory = advanceMemory(steady(40_000_000n, slot), venue({ index: 10n ** 36n }), at(1))
    expect(memory.aprE9).toBe((1n << 31n) - 1n)
    let index = grown(10n ** 27n, 50_000_000n, 3600n)
    let slots = 1
    while (memory.aprE9 === 0n || slots === 1) {
      slots += 1
      index = grown(index, 50_000_000n, 3600n)
      memory = advanceMemory(memory, venue({ index }), at(slots))
    }
    expect(slots).toBeLessThan(48)
  })

  test('a yield that is paid at once counts in full, over as many slots as the largest rate needs', () => {
    // 0.1 % at once is 5.2 % a year if it comes every week.
    let memory: VenueMemory = steady(0n, slot)
    const index = 1001n * 10n ** 24n
    let paid = 0
    for (let i = 1; i <= 168; i += 1) {
      memory = advanceMemory(memory, venue({ index }), at(i))
      paid += Number(memory.aprE9) / 1e9 / 8760
    }
    expect(paid).toBeCloseTo(0.001, 6)
    expect(memory.index).toBe(index)
  })

  test('a first reading that was too high is taken back by the second', () => {
    let memory = advanceMemory(undefined, venue({ index: 10n ** 36n }), at(0))
    memory = advanceMemory(memory, venue(), at(1))
    expect(memory).toMatchObject({ slot: slot + 1, index: 10n ** 27n, count: 1, sizeSlot: slot + 1 })
    memory = advanceMemory(memory, venue({ index: grown(10n ** 27n, 40_000_000n, 3600n) }), at(2))
    expect(memory.count).toBe(2)
    expect(Number(memory.aprE9)).toBeCloseTo(40_000_000, -1)
  })

  test('the averages of a young memory are means of its rates: its first hour does not rule for weeks', () => {
    let memory: VenueMemory | undefined
    let index = 10n ** 27n
    for (let i = 0; i <= 24; i += 1) {
      memory = advanceMemory(memory, venue({ index }), at(i))
      index = grown(index, i === 0 ? 500_000_000n : 40_000_000n, 3600n)
    }
    const [e6, e24, e72, e168, e504] = (memory?.averagesQ8 ?? []).map((average) => Number(average >> 8n) / 1e9)
    // One hour of 50 % and 23 of 4 %.
    for (const slow of [e72, e168, e504]) expect(slow).toBeCloseTo((0.5 + 23 * 0.04) / 24, 4)
    expect(e24).toBeLessThan(0.065)
    expect(e6).toBeLessThan(0.05)
  })

  test('a stale venue and an index outside 128 bits leave the memory as it is', () => {
    const memory = steady(40_000_000n, slot)
    expect(advanceMemory(memory, venue({ status: 'stale', index: 0n }), at(1))).toBe(memory)
    expect(advanceMemory(memory, venue({ index: 1n << 128n }), at(1))).toBe(memory)
    expect(advanceMemory(undefined, venue({ status: 'stale' }), at(1))).toMatchObject({ slot: -1, count: 0 })
  })

  test('a block older than the memory is refused', () => {
    expect(() => advanceMemory(steady(1n, slot), venue(), at(-1))).toThrowErrorMatchingInlineSnapshot(`
      [ObserveError: The block is older than the last observation of the venue.
        venue:            kinked
        last observed at: 1800000100
        block time:       1799996500
      Remedy: Read a newer block, or restore the memory that belongs to this one.]
    `)
  })

  test('averages stay between what they were and the rate, and the spike counts hours above 1.5 times the week', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: (1n << 31n) - 1n }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 48 }),
        fc.integer({ min: 2, max: 65_535 }),
        (rates, slots, count) => {
          let memory: ReturnType<typeof replayRate> = steady(rates[0] ?? 0n, slot)
          for (const rate of rates) {
            const next = replayRate(memory, rate, slots, count)
            next.averagesQ8.forEach((average, h) => {
              const before = memory.averagesQ8[h] ?? 0n
              const target = rate << 8n
              expect(average >= (before < target ? before : target)).toBe(true)
              expect(average <= (before > target ? before : target)).toBe(true)
            })
            expect(next.volatilityQ8 >= 0n && next.volatilityQ8 < 1n << 22n).toBe(true)
            memory = next
          }
        },
      ),
      { numRuns: 100 },
    )
    expect(replayRate(steady(40_000_000n, slot), 80_000_000n, 5, 600).spikeSlots).toBe(5)
    expect(replayRate({ ...steady(40_000_000n, slot), spikeSlots: 7 }, 50_000_000n, 1, 600).spikeSlots).toBe(0)
  })
})

describe('sizes', () => {
  const memory = steady(40_000_000n, slot)
  const index = grown(memory.index, 40_000_000n, 3600n)

  test('a venue that was touched in the block gives no sample: a flash loan never enters', () => {
    const flash = venue({
      index,
      totalSupply: usd(1e12),
      totalBorrow: 0n,
      depositable: 0n,
      lastUpdateAt: at(1).timestamp,
    })
    const honest = venue({ index, lastUpdateAt: at(1).timestamp })
    expect(advanceMemory(memory, flash, at(1))).toEqual(advanceMemory(memory, honest, at(1)))
  })

  test('the sample that a touched block could not give may be given later in the same slot, once', () => {
    const touched = advanceMemory(memory, venue({ index, lastUpdateAt: at(1).timestamp }), at(1))
    expect(touched.sizeSlot).toBe(slot)
    const later = advanceMemory(touched, venue({ index, totalSupply: usd(200e6) }), at(1, 200))
    expect(later).toMatchObject({ sizeSlot: slot + 1, aprE9: touched.aprE9, count: touched.count })
    expect(later.supplyQ6 > touched.supplyQ6).toBe(true)
    expect(advanceMemory(later, venue({ index, totalSupply: usd(1e9) }), at(1, 300))).toBe(later)
  })

  test('supply less own, averaged alike, is the average of the others whatever we did', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 }), (positions) => {
        let now: VenueMemory = advanceMemory(undefined, venue({ totalSupply: usd(100e6) }), at(0))
        positions.forEach((own, i) => {
          const state = venue({ assets: usd(own * 1e6), totalSupply: usd((100 + own) * 1e6) })
          now = advanceMemory(now, state, at(i + 1))
        })
        expect(Math.abs(Number(now.supply72Q6 - now.own72Q6) - 6_400_000_000)).toBeLessThan(200)
      }),
    )
  })

  test('a size beyond 2^42 saturates and room is the last sample', () => {
    const first = advanceMemory(undefined, venue({ totalSupply: 1n << 200n, depositable: 1n << 255n }), at(0))
    expect(first.supplyQ6).toBe((1n << 42n) - 1n)
    expect(first.roomQ6).toBe((1n << 42n) - 1n)
    expect(advanceMemory(first, venue({ depositable: usd(5) }), at(1)).roomQ6).toBe(320n)
  })

  test('other decimals give the same whole units', () => {
    const wei = venue({ totalSupply: 5n * 10n ** 18n })
    expect(advanceMemory(undefined, wei, at(0), 18).supplyQ6).toBe(320n)
  })
})
