/** One venue's hourly history: supply APR as a fraction, amounts in asset units. */
export type Series = { apr: Float64Array; supply: Float64Array; borrow: Float64Array }

export type VenueStatistics = {
  /** Standard deviation and 99.9th percentile of the absolute hourly change of log deposits and log borrows. */
  supplyChangeSd: number
  supplyChangeTail: number
  borrowChangeSd: number
  /** Half-life in hours of deviations of logit utilisation from their mean, seen hour to hour and day to day. */
  halfLifeHourly: number
  halfLifeDaily: number
  /** Hours with more than twice the median rate of the 30 days before: their share, and how long they last. */
  spikeShare: number
  spikeMedianHours: number
  spikeTailHours: number
  /** Share of hours with less than 1, 2 and 5 % of deposits free. */
  free1: number
  free2: number
  free5: number
  utilisationMedian: number
  aprMedian: number
  aprTail: number
  aprMax: number
}

const month = 720

/** Statistics of one venue, as the calibration table of docs/market.md gives them. */
export function venueStatistics({ apr, supply, borrow }: Series): VenueStatistics {
  const hours = apr.length
  const used = supply.map((value, t) => Math.min(0.9999, Math.max(0.0001, (borrow[t] ?? 0) / value)))
  const logit = used.map((u) => Math.log(u / (1 - u)))
  const supplyChanges = changes(supply.map(Math.log))
  const borrowChanges = changes(borrow.map(Math.log))
  const spikes: number[] = []
  let spikeHours = 0
  let run = 0
  let median = Number.NaN
  for (let t = month; t < hours; t += 1) {
    if (t % 6 === 0 || Number.isNaN(median)) median = quantile(apr.slice(t - month, t), 0.5)
    if ((apr[t] ?? 0) > 2 * median) {
      run += 1
      spikeHours += 1
    } else if (run > 0) {
      spikes.push(run)
      run = 0
    }
  }
  const free = (share: number): number => used.filter((u) => 1 - u < share).length / hours
  return {
    supplyChangeSd: sd(supplyChanges),
    supplyChangeTail: quantile(supplyChanges.map(Math.abs), 0.999),
    borrowChangeSd: sd(borrowChanges),
    halfLifeHourly: halfLife(logit, 1),
    halfLifeDaily: halfLife(logit, 24),
    spikeShare: spikeHours / (hours - month),
    spikeMedianHours: quantile(Float64Array.from(spikes), 0.5),
    spikeTailHours: quantile(Float64Array.from(spikes), 0.9),
    free1: free(0.01),
    free2: free(0.02),
    free5: free(0.05),
    utilisationMedian: quantile(used, 0.5),
    aprMedian: quantile(apr, 0.5),
    aprTail: quantile(apr, 0.99),
    aprMax: quantile(apr, 1),
  }
}

/** Change of log deposits and borrows over a day per percentage point of rate above the mean venue, in %, and its correlation. */
export function response(venues: readonly Series[]): { supply: number; borrow: number; correlation: number }[] {
  return venues.map((venue) => {
    const spread: number[] = []
    const supply: number[] = []
    const borrow: number[] = []
    for (let t = 0; t + 24 < venue.apr.length; t += 1) {
      const mean = venues.reduce((sum, { apr }) => sum + (apr[t] ?? 0), 0) / venues.length
      spread.push(((venue.apr[t] ?? 0) - mean) * 100)
      supply.push(100 * Math.log((venue.supply[t + 24] ?? 0) / (venue.supply[t] ?? 0)))
      borrow.push(100 * Math.log((venue.borrow[t + 24] ?? 0) / (venue.borrow[t] ?? 0)))
    }
    return {
      supply: (correlation(spread, supply) * sd(supply)) / sd(spread),
      borrow: (correlation(spread, borrow) * sd(borrow)) / sd(spread),
      correlation: correlation(spread, supply),
    }
  })
}

export function quantile(values: Float64Array, share: number): number {
  const sorted = values.slice().sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

function sd(values: ArrayLike<number>): number {
  const center = meanOf(values, 0, values.length)
  let sum = 0
  for (let t = 0; t < values.length; t += 1) sum += ((values[t] ?? 0) - center) ** 2
  return Math.sqrt(sum / values.length)
}

export function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [ma, mb] = [meanOf(a, 0, a.length), meanOf(b, 0, b.length)]
  let sum = 0
  for (let t = 0; t < a.length; t += 1) sum += ((a[t] ?? 0) - ma) * ((b[t] ?? 0) - mb)
  return sum / a.length / (sd(a) * sd(b))
}

function halfLife(values: Float64Array, lag: number): number {
  return (-lag * Math.LN2) / Math.log(correlation(values.subarray(0, -lag), values.subarray(lag)))
}

function changes(values: Float64Array): Float64Array {
  return values.subarray(1).map((value, t) => value - (values[t] ?? 0))
}

function meanOf(values: ArrayLike<number>, from: number, to: number): number {
  const end = Math.min(to, values.length)
  let sum = 0
  for (let t = from; t < end; t += 1) sum += values[t] ?? 0
  return sum / (end - from)
}
