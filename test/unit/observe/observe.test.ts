import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advanceMemory } from '../../../src/observe/advance-memory.ts'
import { curveFactor } from '../../../src/observe/curve-factor.ts'
import { gridPlaces } from '../../../src/observe/grid-places.ts'
import { observe } from '../../../src/observe/observe.ts'
import { packObservation, packScores, packValues, unpackScores, unpackValues } from '../../../src/observe/pack.ts'
import { allocate } from '../../../src/plan/allocation-rule.ts'
import { specification } from '../../../src/policy/specification.ts'
import type { RateCurve } from '../../../src/venues/venue.ts'
import { steady, usd, vault, venue } from './fixtures.ts'

const slot = 500_000
const block = {
  number: 1n,
  hash: '0x00',
  timestamp: BigInt(slot) * 3600n + 200n,
  baseFeePerGas: 5_000_000_000n,
} as const
const settings = { idleReserveBps: 500, ethPriceE8: 250_000_000_000n }
const market = (...venues: ReturnType<typeof venue>[]) => ({ chainId: 1, block, venues })

test('equal steady venues at 4 % show zero where a feature compares, and the level at its centre', () => {
  const observation = observe({
    market: market(venue(), venue()),
    vault: vault(),
    memories: [steady(40_000_000n, slot), steady(40_000_000n, slot)],
    settings,
  })
  const [first] = observation.venues
  expect(first?.features.slice(0, 4)).toEqual([0, 0, 0, 0])
  expect(first?.features[8]).toBe(0)
  expect(first?.features[11]).toBe(0)
  expect(observation.globalFeatures.slice(1)).toEqual([0, 0, 0, 0])
  expect(observation).toMatchObject({ slot, gridSteps: 20, capitalQ6: 60_800_000n })
  // 200000 gas at 5 gwei and $2500 is $2.50 of $950k.
  expect(observation.gasPerLegE12).toBe(2_631_578n)
  expect(specification.observation.features.venue).toHaveLength(first?.features.length ?? 0)
  expect(specification.observation.features.global).toHaveLength(observation.globalFeatures.length)
})

describe('stale venues', () => {
  const stale = (change: Parameters<typeof steady>[2], state = venue()) =>
    observe({ market: market(state), vault: vault(), memories: [steady(1n, slot, change)], settings }).venues[0]

  test('are those that could not be read, are too young, too old, or never had their size taken', () => {
    expect(stale({})?.stale).toBe(false)
    expect(stale({}, venue({ status: 'stale' }))?.stale).toBe(true)
    expect(stale({ count: 1 })).toMatchObject({ stale: true, features: new Array(12).fill(0) })
    expect(stale({ slot: slot - 1 })?.stale).toBe(false)
    expect(stale({ slot: slot - 2 })?.stale).toBe(true)
    expect(stale({ sizeSlot: -1 })?.stale).toBe(true)
    expect(stale({ sizeSlot: -1 }, venue({ curve: { ...venue().curve, mode: 'none' } }))?.stale).toBe(false)
  })
})

test('caps and room limit steps, and positions beyond the reserve become the capital', () => {
  const state = vault({ totalAssets: usd(1000), idle: 0n })
  const full = observe({
    market: market(venue({ assets: usd(600), cap: usd(499) }), venue({ assets: usd(400) })),
    vault: state,
    memories: [steady(1n, slot), steady(1n, slot, { roomQ6: 0n })],
    settings,
  })
  expect(full.capitalQ6).toBe(64_000n)
  expect(full.venues.map((v) => [v.ownSteps, v.capSteps])).toEqual([
    [12, 9],
    [8, 8],
  ])
})

test('what lies in a venue that cannot be read is no capital: it can be neither placed nor moved', () => {
  const { capitalQ6, venues } = observe({
    market: market(venue({ status: 'stale' }), venue({ assets: usd(300) }), venue({ assets: usd(200) })),
    vault: vault({ totalAssets: usd(1000), idle: 0n }),
    memories: [0, 1, 2].map(() => steady(40_000_000n, slot)),
    settings: { ...settings, idleReserveBps: 0 },
  })
  expect(capitalQ6).toBe(32_000n)
  expect(venues.map(({ ownSteps }) => ownSteps)).toEqual([0, 6, 4])
})

test('a cap of exactly so many steps loses none of them to the rounding of units', () => {
  // 40 % of 999.999999 is cut to 399.999999: four of ten steps, and not three.
  const state = vault({ totalAssets: 999_999_999n, idle: 999_999_999n })
  const venues = [0, 1, 2].map(() => venue({ assets: 0n, cap: 399_999_999n }))
  const observation = observe({
    market: market(...venues),
    vault: state,
    memories: venues.map(() => steady(40_000_000n, slot)),
    settings: { ...settings, idleReserveBps: 0 },
  })
  expect(observation.venues.map(({ capSteps }) => capSteps)).toEqual([4, 4, 4])
})

test('an empty vault is observed, and nothing is asked of it', () => {
  const observation = observe({
    market: market(venue(), venue()),
    vault: vault({ totalAssets: 0n, idle: 0n }),
    memories: [steady(40_000_000n, slot), steady(50_000_000n, slot)],
    settings,
  })
  expect(observation).toMatchObject({ capitalQ6: 0n, gasPerLegE12: (1n << 40n) - 1n })
  expect(allocate(observation, [new Array(8).fill(0), new Array(8).fill(0)])).toEqual([0, 0])
})

test('memories must match the venues, and there may be at most sixteen', () => {
  const input = { market: market(venue()), vault: vault(), memories: [], settings }
  expect(() => observe(input)).toThrowErrorMatchingInlineSnapshot(`
    [ObserveError: The number of venue memories does not match.
      expected: 1
      found:    0
    Remedy: Give one for each venue, in the order of the market state.]
  `)
  expect(() =>
    observe({ ...input, market: market(...new Array(17).fill(venue())) }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [ObserveError: The policy specification does not cover this number of venues.
      found: 17
      min:   1
      max:   16
    Remedy: Configure a vault with a number of venues inside the range.]
  `)
  expect(() => observe({ ...input, market: market() })).toThrow('does not cover')
})

test('whatever the memory holds, features are 13-bit integers that pack and unpack', () => {
  const size = fc.bigInt({ min: 0n, max: (1n << 42n) - 1n })
  const average = fc.bigInt({ min: 0n, max: ((1n << 31n) - 1n) << 8n })
  fc.assert(
    fc.property(
      fc.record({
        averagesQ8: fc.tuple(average, average, average, average, average),
        aprE9: fc.bigInt({ min: 0n, max: (1n << 31n) - 1n }),
        volatilityQ8: fc.bigInt({ min: 0n, max: (1n << 22n) - 1n }),
        spikeSlots: fc.integer({ min: 0, max: 1023 }),
        supplyQ6: size,
        borrowQ6: size,
        supply72Q6: size,
        borrow72Q6: size,
        own72Q6: size,
      }),
      fc.bigInt({ min: 0n, max: 1n << 60n }),
      (change, totalAssets) => {
        const observation = observe({
          market: market(venue()),
          vault: vault({ totalAssets }),
          memories: [steady(1n, slot, change)],
          settings,
        })
        const { venueWords, globalWord } = packObservation(observation)
        expect(unpackValues(venueWords[0] ?? 0n, 12)).toEqual(observation.venues[0]?.features)
        expect(unpackValues(globalWord, 5)).toEqual(observation.globalFeatures)
      },
    ),
    { numRuns: 300 },
  )
})

test('unlimited flash liquidity in the observing transaction moves no feature', () => {
  const before = [steady(40_000_000n, slot - 1), steady(45_000_000n, slot - 1)]
  const index = 10n ** 27n + 4_566_210_045_662_100_456_621n
  const honest = [venue({ index, lastUpdateAt: block.timestamp }), venue({ index, lastUpdateAt: block.timestamp })]
  const attacked = honest.map((state) => ({ ...state, totalSupply: usd(1e15), totalBorrow: 0n, depositable: 0n }))
  const seen = [honest, attacked].map((venues) =>
    observe({
      market: market(...venues),
      vault: vault(),
      memories: venues.map((state, j) => advanceMemory(before[j], state, block)),
      settings,
    }),
  )
  expect(seen[1]).toEqual(seen[0])
})

test('the curve factor is one at our average position, falls with every step and stays below four', () => {
  const curve: RateCurve = venue().curve
  const sizes = { supply72Q6: 6400n, borrow72Q6: 5120n, own72Q6: 640n }
  expect(curveFactor(curve, sizes, 6400n, 10)(1)).toBe(65536n)
  fc.assert(
    fc.property(
      fc.constantFrom('none' as const, 'borrow' as const, 'supply' as const),
      fc.integer({ min: 0, max: 65536 }),
      fc.tuple(fc.bigInt(0n, 1n << 41n), fc.bigInt(0n, 1n << 41n), fc.bigInt(0n, 1n << 41n)),
      fc.tuple(fc.bigInt(0n, 1n << 42n), fc.bigInt(0n, 1n << 42n), fc.bigInt(0n, 1n << 42n)),
      fc.bigInt(0n, 1n << 46n),
      (mode, kinkQ16, [rate0E9, rateKinkE9, rateMaxE9], [supply72Q6, borrow72Q6, own72Q6], capital) => {
        const factor = curveFactor(
          { mode, kinkQ16, rate0E9, rateKinkE9, rateMaxE9 },
          { supply72Q6, borrow72Q6, own72Q6 },
          capital,
          10,
        )
        let last = 1n << 18n
        for (let k = 0; k <= 10; k += 1) {
          const now = factor(k)
          expect(now >= 0n && now <= last).toBe(true)
          last = now
        }
      },
    ),
  )
})

test('places on the grid add up to the rounded share and differ from the exact place by less than one step', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt(0n, 1n << 42n), { minLength: 1, maxLength: 16 }),
      fc.bigInt(0n, 1n << 42n),
      fc.constantFrom(10, 20),
      (positions, idle, steps) => {
        const sum = positions.reduce((total, position) => total + position, 0n)
        const capital = sum + idle
        const places = gridPlaces(positions, capital, steps)
        const total = places.reduce((a, b) => a + b, 0)
        expect(total).toBeLessThanOrEqual(steps)
        if (capital === 0n) return
        expect(BigInt(total)).toBe((2n * sum * BigInt(steps) + capital) / (2n * capital))
        places.forEach((place, j) => {
          const exact = (Number(positions[j]) * steps) / Number(capital)
          expect(Math.abs(place - exact)).toBeLessThanOrEqual(1)
        })
      },
    ),
  )
})

test('score words carry two venues each, and lanes that are out of range are refused', () => {
  const row = fc.array(fc.integer({ min: -4096, max: 4095 }), { minLength: 8, maxLength: 8 })
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 16 }), (scores) => {
      const words = packScores(scores)
      expect(words).toHaveLength(Math.ceil(scores.length / 2))
      expect(unpackScores(words, scores.length)).toEqual(scores)
    }),
  )
  expect(() => packValues([4096])).toThrowErrorMatchingInlineSnapshot(`
    [ObserveError: A packed value is not an integer of the specified range.
      value: 4096
      min:   -4096
      max:   4095
    Remedy: Check the network, the memory and the specification: they must be of one version.]
  `)
  expect(() => packValues(new Array(20).fill(0))).toThrow('values in a word')
  expect(() => packScores([[0]])).toThrow('scores of a venue')
  expect(() => unpackScores([0n], 3)).toThrow('score words')
})
