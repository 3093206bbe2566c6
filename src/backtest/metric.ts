import { seriesLengths } from '../errors/backtest.ts'
import { drawUint32 } from '../market/draw.ts'

/** A bound and a mix that are no further apart differ by rounding and by the cells of the proof, in no window by choice. */
const leastHeadroom = 1e-9

/** Length of the blocks of every interval: rates of neighbouring days hang together. */
export const blockDays = 14

/** Two blocks: an interval of a shorter run is of smaller blocks, and too narrow to conclude anything from. */
export const leastIntervalDays = 2 * blockDays

/** Series of windows that follow each other, as one. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Net returns of one window, shares of the capital. */
export type WindowScore = { policy: number; bestStatic: number; bound: number }

/**
 * Returns the share of the headroom that a policy earned, pooled over windows: Σ (policy − static) / Σ (bound − static).
 *
 * Ratios of single windows are never averaged: the headroom of one may be next to nothing.
 *
 * @returns NaN where the windows leave nothing to be earned: less than a billionth of the capital
 */
export function pooledShare(windows: readonly WindowScore[]): number {
  let gain = 0
  let headroom = 0
  for (const window of windows) {
    gain += window.policy - window.bestStatic
    headroom += window.bound - window.bestStatic
  }
  return headroom > leastHeadroom ? gain / headroom : Number.NaN
}

export type BootstrapOptions = {
  /** Length of a block in steps: 14 days of hours are 336. A quarter of series that are shorter than two blocks. */
  blockSteps: number
  seed: bigint
  /** @default 2000 */
  draws?: number
}

/** Lower and upper end of a 95 % interval. */
export type Interval = readonly [number, number]

/**
 * 95 % interval of Σ numerator / Σ denominator, resampling whole blocks of steps, the same ones from both series: rates
 * of neighbouring days hang together, and a spike moves policy and bound alike.
 *
 * Circular block bootstrap (Politis and Romano, 1992); percentiles. Draws whose denominator is not positive are left out.
 * A block as long as the series would draw the same sum each time, and claim a certainty that nobody has.
 *
 * @throws BACKTEST_SERIES where the series differ in length
 */
export function bootstrapRatio(
  numerator: Float64Array,
  denominator: Float64Array,
  { blockSteps, seed, draws = 2000 }: BootstrapOptions,
): Interval {
  const length = numerator.length
  if (denominator.length !== length || length === 0) {
    throw seriesLengths({ numerator: length, denominator: denominator.length })
  }
  const wanted = Math.floor(blockSteps)
  const block = Math.max(1, length < 2 * wanted ? Math.floor(length / 4) : wanted)
  const blocks = Math.ceil(length / block)
  const top = circularSums(numerator, block)
  const bottom = circularSums(denominator, block)
  const ratios: number[] = []
  for (let draw = 0; draw < draws; draw += 1) {
    let above = 0
    let below = 0
    for (let i = 0; i < blocks; i += 1) {
      const at = drawUint32(seed, draw, 'bootstrap', 'block', i) % length
      above += top[at] as number
      below += bottom[at] as number
    }
    if (below > 0) ratios.push(above / below)
  }
  ratios.sort((a, b) => a - b)
  return [percentile(ratios, 0.025), percentile(ratios, 0.975)]
}

/**
 * 95 % interval of the mean difference of two runs of the same steps, by paired blocks.
 *
 * @returns in the unit of the series, per step
 */
export function bootstrapDifference(a: Float64Array, b: Float64Array, options: BootstrapOptions): Interval {
  if (a.length !== b.length) throw seriesLengths({ a: a.length, b: b.length })
  return bootstrapRatio(
    a.map((value, t) => value - (b[t] as number)),
    new Float64Array(a.length).fill(1),
    options,
  )
}

/** The worst sum of `length` steps in a row; of all of them where the series is shorter. */
export function worstSpell(series: Float64Array, length: number): number {
  const span = Math.min(length, series.length)
  let sum = 0
  let worst = Number.POSITIVE_INFINITY
  for (let t = 0; t < series.length; t += 1) {
    sum += series[t] as number
    if (t >= span) sum -= series[t - span] as number
    if (t >= span - 1 && sum < worst) worst = sum
  }
  return series.length === 0 ? 0 : worst
}

/** Sum of `block` values from each place on, going round at the end. */
function circularSums(series: Float64Array, block: number): Float64Array {
  const length = series.length
  const sums = new Float64Array(length)
  let sum = 0
  for (let i = 0; i < block; i += 1) sum += series[i] as number
  for (let at = 0; at < length; at += 1) {
    sums[at] = sum
    sum += (series[(at + block) % length] as number) - (series[at] as number)
  }
  return sums
}

function percentile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN
  const place = share * (sorted.length - 1)
  const low = Math.floor(place)
  const below = sorted[low] as number
  return below + ((sorted[Math.min(low + 1, sorted.length - 1)] as number) - below) * (place - low)
}
