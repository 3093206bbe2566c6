import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { html } from '../../../src/report/html/markup.ts'
import {
  amount,
  basisPoints,
  dollars,
  fixed,
  fraction,
  hoursText,
  percent,
  points,
  signed,
  timeText,
  whole,
} from '../../../src/report/html/numbers.ts'
import { bandPath, linePath, stairs, sumPath } from '../../../src/report/html/paths.ts'
import { bucketCount, bucketed, cumulative, drawdownOf, quantile } from '../../../src/report/html/reduce.ts'
import { fieldWidth, placeOf, scaleOf, tickDigits, timeTicks } from '../../../src/report/html/scale.ts'

const value = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constant(Number.NaN))
const series = fc.array(value, { minLength: 1, maxLength: 500 }).map((values) => Float64Array.from(values))
const known = (values: Float64Array): number[] => Array.from(values).filter((one) => !Number.isNaN(one))

describe('stretches of a series', () => {
  test('keep its least and its greatest value, however few they are', () => {
    fc.assert(
      fc.property(series, fc.integer({ min: 1, max: 600 }), (values, most) => {
        const { low, high, mean } = bucketed(values, bucketCount(values.length, most))
        expect(Math.min(...known(low))).toBe(Math.min(...known(values)))
        expect(Math.max(...known(high))).toBe(Math.max(...known(values)))
        for (const [b, one] of mean.entries()) {
          if (Number.isNaN(one)) continue
          expect(one).toBeGreaterThanOrEqual((low[b] as number) - 1e-9)
          expect(one).toBeLessThanOrEqual((high[b] as number) + 1e-9)
        }
      }),
    )
  })

  test('end with the last value, so that a sum ends where it does', () => {
    const sums = cumulative(Float64Array.from({ length: 1_001 }, (_, t) => Math.sin(t)))
    expect(bucketed(sums, 37).last.at(-1)).toBe(sums.at(-1))
  })

  test('a drawdown is how far a price stands below its highest so far', () => {
    expect(Array.from(drawdownOf(Float64Array.of(0.1, -0.01, 0.21, 0.1)), (one) => Number(one.toFixed(6)))).toEqual([
      0, -0.1, 0, -0.090909,
    ])
  })

  test('a quantile leaves out what is not known', () => {
    expect(quantile(Float64Array.of(Number.NaN, 3, 1, 2), 0.5)).toBe(2)
    expect(quantile(Float64Array.of(Number.NaN, 3, 1, 2), 1)).toBe(3)
    expect(quantile(Float64Array.of(Number.NaN), 0.5)).toBeNaN()
  })
})

describe('a scale', () => {
  test('holds what it is made for, with ticks that can be told apart', () => {
    const ends = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(ends, ends, (a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        const scale = scaleOf(low, high, 100)
        const slack = (scale.high - scale.low) * 1e-6
        expect(scale.low).toBeLessThanOrEqual(low + slack)
        expect(scale.high).toBeGreaterThanOrEqual(high - slack)
        expect(placeOf(scale, scale.low)).toBeCloseTo(100, 6)
        expect(placeOf(scale, scale.high)).toBeCloseTo(0, 6)
        expect(scale.ticks.length).toBeGreaterThanOrEqual(2)
        expect(scale.ticks.length).toBeLessThanOrEqual(8)
      }),
    )
    for (const [low, high] of [
      [1, 1.0006],
      [0, 0.07],
      [-0.4, 0],
      [0, 12_500],
    ] as const) {
      const scale = scaleOf(low, high, 100)
      const texts = scale.ticks.map((tick) => tick.toFixed(tickDigits(scale)))
      expect(new Set(texts).size).toBe(texts.length)
    }
  })

  test('of time stands on whole hours, days and months of UTC', () => {
    const seconds = (text: string): number => Date.parse(text) / 1_000
    const labels = (from: string, to: string) => timeTicks(seconds(from), seconds(to), 6).map(({ label }) => label)
    expect(labels('2024-03-01T22:30Z', '2024-03-02T13:00Z')).toEqual(['2 Mar', '03:00', '06:00', '09:00', '12:00'])
    expect(labels('2024-02-27T12:00Z', '2024-03-03Z')).toEqual(['28 Feb', '29 Feb', '1 Mar', '2 Mar'])
    expect(labels('2023-02-20Z', '2024-07-28Z')).toEqual([
      'Apr 2023',
      'Jul 2023',
      'Oct 2023',
      'Jan 2024',
      'Apr 2024',
      'Jul 2024',
    ])
  })

  test('of time never has more ticks than asked for, and all of them inside', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2e9 }), fc.integer({ min: 3_600, max: 5e8 }), (from, length) => {
        const ticks = timeTicks(from, from + length, 10)
        expect(ticks.length).toBeLessThanOrEqual(10)
        for (const { time } of ticks) {
          expect(time).toBeGreaterThanOrEqual(from)
          expect(time).toBeLessThan(from + length)
        }
      }),
    )
  })
})

describe('a path', () => {
  const scale = { low: 0, high: 10, height: 100, ticks: [] }

  test('goes through the middle of each stretch and breaks where nothing is known', () => {
    expect(linePath(Float64Array.of(0, 5, Number.NaN, 10, 10), scale)).toBe('M100 100L300 50M700 0L900 0')
    expect(linePath(Float64Array.of(Number.NaN, 5, Number.NaN, Number.NaN), scale)).toBe('M375 50h250')
    expect(bandPath(Float64Array.of(0, 1), Float64Array.of(2, 3), scale)).toBe('M250 80L750 70L750 90L250 100Z')
  })

  test('of a sum begins at its beginning', () => {
    expect(sumPath(0, Float64Array.of(5, 10), scale)).toBe('M0 100L500 50L1000 0')
  })

  test('of stairs goes up and down at the edges of a stretch', () => {
    expect(stairs(Float64Array.of(0, 0), Float64Array.of(5, 10), scale)).toBe('M0 50H500V0H1000L1000 100H0Z')
  })

  test('never leaves the field sideways', () => {
    fc.assert(
      fc.property(series, (values) => {
        const path =
          linePath(values, scale) +
          stairs(
            values.map(() => 0),
            values.map(Math.abs),
            scale,
          )
        for (const [, x] of path.matchAll(/[MLH](-?[\d.]+)/g)) {
          expect(Number(x)).toBeGreaterThanOrEqual(0)
          expect(Number(x)).toBeLessThanOrEqual(fieldWidth)
        }
      }),
    )
  })
})

test('numbers carry their unit, their sign, and no digit too many', () => {
  const plain = (text: string): string => text.replaceAll('\u00a0', '~').replaceAll('\u202f', "'")
  expect(
    [
      percent(5.6469, 3),
      fraction(-0.02, 1),
      points(0.0421),
      basisPoints(-0.004),
      signed(-0.0004, 3),
      fixed(-1.5, 1),
      whole(-12_345.6),
      dollars(12.4),
      dollars(-9_127.3),
      dollars(-0.001),
      amount(10_000_000, 'USDC'),
      amount(-0.1, 'USDC'),
      hoursText(0.75),
      hoursText(6.6),
      hoursText(76),
      hoursText(48),
      timeText(1_678_514_400),
      timeText(1_678_514_401),
    ].map(plain),
  ).toEqual([
    '5.647~%',
    '−2.0~%',
    '+0.042~points',
    '0.00~bp',
    '0.000',
    '−1.5',
    "−12'346",
    '$12.40',
    "−$9'127",
    '$0.00',
    "10'000'000~USDC",
    '−0.10~USDC',
    '45~min',
    '6.6~h',
    '3~d 4~h',
    '2~d',
    '2023-03-11 06:00~UTC',
    '2023-03-11 06:00:01~UTC',
  ])
})

test('markup escapes what is filled in, and leaves out what is nothing', () => {
  expect(html`<p title="${'"&\''}">${'<b>'}${html`<i>${1}</i>`}${[false, undefined, 'a', html`<br>`]}</p>`.markup).toBe(
    '<p title="&quot;&amp;&#39;">&lt;b&gt;<i>1</i>a<br></p>',
  )
})
