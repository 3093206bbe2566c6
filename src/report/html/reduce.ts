/** What a stretch of steps amounts to; NaN where nothing in it is known. */
export type Buckets = { low: Float64Array; high: Float64Array; mean: Float64Array; last: Float64Array }

/** Number of buckets that `rows` steps are drawn with: never more than there are steps. */
export function bucketCount(rows: number, most: number): number {
  return Math.max(1, Math.min(rows, most))
}

/**
 * Cuts a series into `count` stretches of as equal length as can be, and keeps of each the least, the greatest, the mean
 * and the last known value: so a spike of one hour still shows in a picture of a year.
 */
export function bucketed(series: Float64Array, count: number): Buckets {
  const of = (): Float64Array => new Float64Array(count).fill(Number.NaN)
  const result: Buckets = { low: of(), high: of(), mean: of(), last: of() }
  for (let b = 0; b < count; b += 1) {
    const end = bucketStart(b + 1, count, series.length)
    let sum = 0
    let known = 0
    for (let i = bucketStart(b, count, series.length); i < end; i += 1) {
      const value = series[i] as number
      if (Number.isNaN(value)) continue
      if (known === 0 || value < (result.low[b] as number)) result.low[b] = value
      if (known === 0 || value > (result.high[b] as number)) result.high[b] = value
      result.last[b] = value
      sum += value
      known += 1
    }
    if (known > 0) result.mean[b] = sum / known
  }
  return result
}

/** First step of a bucket. */
export function bucketStart(bucket: number, count: number, rows: number): number {
  return Math.floor((bucket * rows) / count)
}

/** Running sum of a series. */
export function cumulative(series: Float64Array): Float64Array {
  let sum = 0
  return series.map((value) => {
    sum += value
    return sum
  })
}

/** How far a share price that starts at 1 and gains `sums` stands below its highest so far: fractions, 0 or less. */
export function drawdownOf(sums: Float64Array): Float64Array {
  let peak = 1
  return sums.map((sum) => {
    const price = 1 + sum
    if (price > peak) peak = price
    return price / peak - 1
  })
}

/** The value below which a share of the known values lies; NaN where none is known. */
export function quantile(series: Float64Array, share: number): number {
  const known = series.filter((value) => !Number.isNaN(value)).sort()
  return known[Math.min(known.length - 1, Math.floor(share * known.length))] ?? Number.NaN
}
