/** What a record says about the curve of its market. */
type FittedCurve = {
  /** Utilisation at the kink. */
  kink: number
  /** Rise of the rate from the kink to full utilisation, fraction per year. */
  slope2: number
  /** Rows above the kink that the fit rests on. */
  rows: number
}

const day = 86_400

/** Governance changes curves: each span of so many days is fitted by itself. */
const eraSeconds = 60 * day

const kinks = { from: 0.7, to: 0.97, step: 0.005 }

/**
 * A span with fewer rows above the kink, or that reach less far from there to 1, says nothing about the slope there; and what
 * is not steeper by a factor is no kink.
 */
const least = { rows: 100, above: 30, reach: 0.2, allAbove: 200, steeper: 2.5 }

/** Rows farther from the fit than so many of its median distances are left out: the curve changed, or the record lagged. */
const outlier = 4

/**
 * Fits a curve that is straight on both sides of a kink to recorded rates: in each span of 60 days the kink that leaves the
 * least squared distance, then the medians over spans, weighted by how many rows lie above the kink.
 *
 * @param rates - Borrow rates (kinked) or supply rates (Comet), fractions per year, one for each utilisation.
 * @returns undefined where the record never reaches far enough above a kink.
 */
export function fitCurve(
  timestamps: Float64Array,
  utilisations: Float64Array,
  rates: Float64Array,
): FittedCurve | undefined {
  const eras = new Map<number, { u: number; rate: number }[]>()
  for (let index = 0; index < timestamps.length; index += 1) {
    const [u, rate] = [utilisations[index] as number, rates[index] as number]
    if (!(u > 0.05 && u <= 1) || !Number.isFinite(rate)) continue
    const era = Math.floor((timestamps[index] as number) / eraSeconds)
    const rows = eras.get(era)
    if (rows === undefined) eras.set(era, [{ u, rate }])
    else rows.push({ u, rate })
  }
  const fits = [...eras.values()].flatMap((rows) => fitEra(rows) ?? [])
  const rows = fits.reduce((sum, fit) => sum + fit.rows, 0)
  if (rows < least.allAbove) return undefined
  return {
    kink: weightedMedian(fits.map(({ kink, rows }) => ({ value: kink, weight: rows }))),
    slope2: weightedMedian(fits.map(({ slope2, rows }) => ({ value: slope2, weight: rows }))),
    rows,
  }
}

type Row = { u: number; rate: number }

function fitEra(rows: readonly Row[]): FittedCurve | undefined {
  if (rows.length < least.rows) return undefined
  const coarse = bestHinge(rows)
  if (coarse === undefined) return undefined
  const distances = rows.map((row) => Math.abs(row.rate - valueAt(coarse, row.u)))
  const median = [...distances].sort((x, y) => x - y)[distances.length >> 1] ?? 0
  const close = rows.filter((_, index) => (distances[index] as number) <= outlier * Math.max(median, 1e-5))
  const fine = bestHinge(close)
  if (fine === undefined) return undefined
  const slope = fine.slope + fine.bend
  const above = close.filter(({ u }) => u > fine.kink)
  const reaches = above.some(({ u }) => u > fine.kink + least.reach * (1 - fine.kink))
  if (!reaches || slope <= 0 || slope < least.steeper * fine.slope) return undefined
  return { kink: fine.kink, slope2: slope * (1 - fine.kink), rows: above.length }
}

type Hinge = { kink: number; base: number; slope: number; bend: number; distance: number }

function valueAt({ kink, base, slope, bend }: Hinge, u: number): number {
  return base + slope * u + bend * Math.max(0, u - kink)
}

function bestHinge(rows: readonly Row[]): Hinge | undefined {
  let best: Hinge | undefined
  for (let kink = kinks.from; kink <= kinks.to; kink += kinks.step) {
    if (rows.filter(({ u }) => u > kink).length < least.above) continue
    const fit = hingeAt(rows, kink)
    if (fit !== undefined && (best === undefined || fit.distance < best.distance)) best = fit
  }
  return best
}

/** Least squares of base + slope × u + bend × max(0, u − kink), by the normal equations. */
function hingeAt(rows: readonly Row[], kink: number): Hinge | undefined {
  const sums = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]
  for (const { u, rate } of rows) {
    const x = [1, u, Math.max(0, u - kink), rate]
    for (const [i, row] of sums.entries()) {
      for (let j = 0; j < 4; j += 1) row[j] = (row[j] as number) + (x[i] as number) * (x[j] as number)
    }
  }
  const solved = solve(sums)
  if (solved === undefined) return undefined
  const [base = 0, slope = 0, bend = 0] = solved
  const hinge = { kink: Number(kink.toFixed(4)), base, slope, bend, distance: 0 }
  for (const { u, rate } of rows) hinge.distance += (rate - valueAt(hinge, u)) ** 2
  return hinge
}

/** Gauss with pivots; undefined where the rows do not tell the columns apart. */
function solve(a: number[][]): number[] | undefined {
  const n = a.length
  for (let column = 0; column < n; column += 1) {
    let pivot = column
    for (let row = column + 1; row < n; row += 1) {
      if (Math.abs(a[row]?.[column] as number) > Math.abs(a[pivot]?.[column] as number)) pivot = row
    }
    const top = a[pivot] as number[]
    if (Math.abs(top[column] as number) < 1e-12) return undefined
    a[pivot] = a[column] as number[]
    a[column] = top
    for (let row = 0; row < n; row += 1) {
      if (row === column) continue
      const line = a[row] as number[]
      const factor = (line[column] as number) / (top[column] as number)
      for (let j = column; j <= n; j += 1) line[j] = (line[j] as number) - factor * (top[j] as number)
    }
  }
  return a.map((row, index) => (row[n] as number) / (row[index] as number))
}

function weightedMedian(values: readonly { value: number; weight: number }[]): number {
  const sorted = [...values].sort((a, b) => a.value - b.value)
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2
  let seen = 0
  for (const { value, weight } of sorted) {
    seen += weight
    if (seen >= half) return value
  }
  return Number.NaN
}
