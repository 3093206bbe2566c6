import { describe, expect, test } from 'vitest'
import { bootstrapDifference, bootstrapRatio, pooledShare, worstSpell } from '../../../src/backtest/metric.ts'
import { drawNormal } from '../../../src/market/draw.ts'

describe('the share of the headroom', () => {
  test('is pooled over windows, so that a window without headroom does not decide', () => {
    const share = pooledShare([
      { policy: 0.06, bestStatic: 0.05, bound: 0.07 },
      { policy: 0.049, bestStatic: 0.05, bound: 0.0501 },
    ])
    expect(share).toBeCloseTo((0.01 - 0.001) / (0.02 + 0.0001), 12)
  })

  test('is no number where there is nothing to be earned', () => {
    expect(pooledShare([{ policy: 0.05, bestStatic: 0.05, bound: 0.05 }])).toBeNaN()
    expect(pooledShare([{ policy: 0.04, bestStatic: 0.05, bound: 0.05 + 1e-15 }])).toBeNaN()
  })
})

describe('the block bootstrap', () => {
  const noise = (seed: bigint, length: number): Float64Array =>
    Float64Array.from({ length }, (_, t) => drawNormal(seed, t, 'a', 'b'))

  test('gives the same interval for the same seed and another for another', () => {
    const a = noise(1n, 2_000)
    const b = noise(2n, 2_000).map((value) => value + 4)
    const once = bootstrapRatio(a, b, { blockSteps: 50, seed: 7n })
    expect(bootstrapRatio(a, b, { blockSteps: 50, seed: 7n })).toEqual(once)
    expect(bootstrapRatio(a, b, { blockSteps: 50, seed: 8n })).not.toEqual(once)
  })

  test('holds the standard error of a mean of independent draws', () => {
    const [low, high] = bootstrapDifference(noise(3n, 4_000), new Float64Array(4_000), { blockSteps: 20, seed: 1n })
    const width = (high - low) / (2 * 1.96)
    expect(width).toBeGreaterThan(0.85 / Math.sqrt(4_000))
    expect(width).toBeLessThan(1.15 / Math.sqrt(4_000))
  })

  test('is wider where neighbours hang together', () => {
    let level = 0
    const slow = noise(4n, 4_000).map((value) => {
      level = 0.95 * level + value
      return level
    })
    const width = (blockSteps: number): number => {
      const [low, high] = bootstrapDifference(slow, new Float64Array(4_000), { blockSteps, seed: 1n, draws: 300 })
      return high - low
    }
    expect(width(336)).toBeGreaterThan(2 * width(1))
  })

  test('resamples both series together: a policy that always earns half of the headroom has no spread', () => {
    const headroom = noise(5n, 1_000).map((value) => Math.abs(value))
    const [low, high] = bootstrapRatio(
      headroom.map((value) => value / 2),
      headroom,
      { blockSteps: 48, seed: 1n },
    )
    expect(low).toBeCloseTo(0.5, 9)
    expect(high).toBeCloseTo(0.5, 9)
  })

  test('claims no certainty where the run is shorter than its blocks', () => {
    for (const length of [40, 335, 336, 500]) {
      const [low, high] = bootstrapDifference(noise(6n, length), new Float64Array(length), {
        blockSteps: 336,
        seed: 1n,
      })
      expect(high - low, `${length}`).toBeGreaterThan(1.5 / Math.sqrt(length))
    }
  })

  test('holds the truth as often as the documentation says: nine times in ten over fourteen months, less over fewer blocks', () => {
    const coverage = (days: number): number => {
      let held = 0
      for (let seed = 1n; seed <= 300n; seed += 1n) {
        let level = 0
        const series = Float64Array.from({ length: days }, (_, t) => {
          level = 0.3 * level + drawNormal(seed, t, 'a', 'b')
          return level
        })
        const [low, high] = bootstrapDifference(series, new Float64Array(days), { blockSteps: 14, seed, draws: 300 })
        if (low <= 0 && high >= 0) held += 1
      }
      return held / 300
    }
    expect(coverage(420)).toBeGreaterThan(0.88)
    expect(coverage(90)).toBeGreaterThan(0.8)
    expect(coverage(28)).toBeLessThan(0.8)
  })

  test('refuses series of different lengths', () => {
    expect(() =>
      bootstrapRatio(new Float64Array(3), new Float64Array(4), { blockSteps: 1, seed: 1n }),
    ).toThrowErrorMatchingInlineSnapshot(`
      [BacktestError: The series of a comparison are not of one length.
        numerator:   3
        denominator: 4
      Remedy: Compare runs of the same panel, window and step.]
    `)
    expect(() =>
      bootstrapDifference(new Float64Array(3), new Float64Array(4), { blockSteps: 1, seed: 1n }),
    ).toThrowErrorMatchingInlineSnapshot(`
      [BacktestError: The series of a comparison are not of one length.
        a: 3
        b: 4
      Remedy: Compare runs of the same panel, window and step.]
    `)
  })
})

test('the worst spell is the least sum of so many steps in a row', () => {
  expect(worstSpell(Float64Array.of(3, -1, -2, 5, -2.5), 2)).toBe(-3)
  expect(worstSpell(Float64Array.of(1, -2), 7)).toBe(-1)
  expect(worstSpell(new Float64Array(0), 7)).toBe(0)
})
