import type { ReplayMarket } from './replay-market.ts'

/** Points per venue on which multipliers are sought, and cells on which the bound is proven. */
const searchPoints = 40
const proofCells = 400
/** Most states over all steps of the proof of a venue; a longer window is proven on fewer cells. */
const proofStates = 30e6

export type UpperBoundOptions = {
  /** Passes of the search for multipliers. @default 300 */
  passes?: number
  /** Cells per venue in the proof; more are tighter. @default 400, fewer above 75 000 steps */
  cells?: number
  /** Called now and then with the share that is done. */
  onProgress?(fraction: number): void
}

export type UpperBound = {
  /** No policy earns more than this over the window: a share of the capital. */
  net: number
  /** The same, step by step; sums to `net`. */
  netSeries: Float64Array
  passes: number
}

/**
 * Returns a proven upper bound of what any policy can earn in a window, for any number of venues, mixes off every grid
 * included: the Lagrangian dual of the budget.
 *
 * With a price λ_t ≥ 0 for capital in each step, the venues fall apart, and the best path of one venue, its fixed gas
 * included, is a dynamic program over one number. Swaps and the gas that legs share are priced from below in the same
 * way. Whatever the prices are, the sum bounds the clairvoyant from above; they are sought by descent, and the proof is
 * then made on cells, in which a venue pays the rate of the cell's lower end. docs/backtest.md has the proof.
 */
export function upperBound(market: ReplayMarket, options: UpperBoundOptions = {}): UpperBound {
  const passes = options.passes ?? 300
  const cells = options.cells ?? Math.max(searchPoints, Math.min(proofCells, Math.floor(proofStates / market.steps)))
  const prices = createPrices(market)
  const best = copyPrices(prices)
  const search = Array.from({ length: market.venues }, (_, venue) => pointTable(market, venue))
  const adam = createAdam(prices)
  const slope = copyPrices(prices)
  const work = createWork(market.steps)
  const paths = Array.from({ length: market.venues }, () => createPath(market.steps, work))
  let lowest = Number.POSITIVE_INFINITY
  for (let pass = 0; pass < passes; pass += 1) {
    let value = budgetValue(market, prices)
    for (let venue = 0; venue < market.venues; venue += 1) {
      value += bestPath(market, venue, search[venue] as VenueTable, prices, paths[venue] as Path)
    }
    if (value < lowest) {
      lowest = value
      assignPrices(best, prices)
    }
    slopes(market, paths, slope)
    adam.descend(prices, slope, pass / passes)
    options.onProgress?.((pass + 1) / (passes + 1))
  }
  let net = budgetValue(market, best)
  const netSeries = budgetSeries(market, best)
  for (let venue = 0; venue < market.venues; venue += 1) {
    const path = paths[venue] as Path
    net += bestPath(market, venue, cellTable(market, venue, cells), best, path)
    for (let step = 0; step < market.steps; step += 1)
      netSeries[step] = (netSeries[step] as number) + (path.net[step] as number)
  }
  options.onProgress?.(1)
  return { net, netSeries, passes }
}

/** Multipliers. Rates per year where they price capital, pure numbers elsewhere. */
type Prices = {
  /** `[step]` ≥ 0: what a year of the whole capital costs. */
  capital: Float64Array
  /** `[asset][step]` in [−1, 1]: direction in which an asset is swapped; 0 is all foreign assets together. */
  swap: Float64Array[]
  /** `[venue][step]` ≥ 0, at most one over all venues: share of a plan's gas that a leg bears. */
  plan: Float64Array[]
}

/** What a venue earns in each step at each of its states, and how much capital the state takes at the least. */
type VenueTable = {
  states: number
  /** `[state]`: lower and upper end of the weights in it. */
  low: Float64Array
  high: Float64Array
  /** `[step * states + state]`: rate per year that is paid on all weights of the state, or more than is paid. */
  apr: Float64Array
}

type Path = {
  /** Weight held in each step, and whether the venue is touched in it. */
  weight: Float64Array
  touched: Uint8Array
  /** Income less prices and gas. */
  net: Float64Array
  /** Tables of the search, the same ones for every search over so many states; what is in them is old. */
  work(states: number): Work
}

type Work = {
  /** `[state]` */
  value: Float64Array
  /** `[step * states + state]`: whether the state is kept, and whether its upper end is best. */
  stays: Uint8Array
  upper: Uint8Array
  /** `[step]`: the state to jump to. */
  target: Uint16Array
}

function createWork(steps: number): Path['work'] {
  let known: Work | undefined
  return (states) => {
    if (known?.value.length !== states) {
      known = {
        value: new Float64Array(states),
        stays: new Uint8Array(steps * states),
        upper: new Uint8Array(steps * states),
        target: new Uint16Array(steps),
      }
    }
    return known
  }
}

/** The searches of all venues share their tables: one is done before the next begins. */
function createPath(steps: number, work: Path['work']): Path {
  return { weight: new Float64Array(steps), touched: new Uint8Array(steps), net: new Float64Array(steps), work }
}

function createPrices({ steps, venues, assets, swapShare, planGas, supplyApr }: ReplayMarket): Prices {
  const foreign = swapShare > 0 ? Math.max(...assets) : 0
  const capital = new Float64Array(steps)
  for (let step = 0; step < steps; step += 1) {
    for (let venue = 0; venue < venues; venue += 1) {
      capital[step] = (capital[step] as number) + supplyApr(step, venue, 0) / venues
    }
  }
  const shared = planGas.some((gas) => gas > 0)
  return {
    capital,
    swap: foreign > 0 ? Array.from({ length: foreign + 1 }, () => new Float64Array(steps)) : [],
    plan: shared ? Array.from({ length: venues }, () => new Float64Array(steps).fill(1 / venues)) : [],
  }
}

function seriesOf({ capital, swap, plan }: Prices): Float64Array[] {
  return [capital, ...swap, ...plan]
}

function copyPrices({ capital, swap, plan }: Prices): Prices {
  return { capital: capital.slice(), swap: swap.map((row) => row.slice()), plan: plan.map((row) => row.slice()) }
}

function assignPrices(to: Prices, from: Prices): void {
  const sources = seriesOf(from)
  for (const [i, series] of seriesOf(to).entries()) series.set(sources[i] as Float64Array)
}

/** The part of the dual that no venue's path enters: the price of all capital, and of the foreign assets held before. */
function budgetSeries(market: ReplayMarket, prices: Prices): Float64Array {
  const series = prices.capital.map((price) => price * market.yearsPerStep)
  if (prices.swap.length > 0 && series.length > 0) {
    let before = 0
    for (let j = 0; j < market.venues; j += 1) {
      before += (swapPrice(prices, market.assets[j] as number, 0) * (market.start[j] as number)) / market.capital
    }
    series[0] = (series[0] as number) + (before * market.swapShare) / 2
  }
  return series
}

function budgetValue(market: ReplayMarket, prices: Prices): number {
  return budgetSeries(market, prices).reduce((sum, value) => sum + value, 0)
}

/** Multiplier of an asset's growth in a step: its own and that of all foreign assets. */
function swapPrice(prices: Prices, asset: number, step: number): number {
  if (asset === 0 || step >= prices.capital.length) return 0
  return ((prices.swap[asset] as Float64Array)[step] as number) + ((prices.swap[0] as Float64Array)[step] as number)
}

/**
 * Best path of one venue at the given prices: U_t(s) = income_t(s) − price_t × weight(s) + max(U_{t+1}(s), max U_{t+1} − gas).
 *
 * @returns its value; the path goes into `path`.
 */
function bestPath(market: ReplayMarket, venue: number, table: VenueTable, prices: Prices, path: Path): number {
  const { steps, capital, yearsPerStep, swapShare } = market
  const { states, low, high, apr } = table
  const asset = market.assets[venue] as number
  const swaps = prices.swap.length > 0
  const plan = prices.plan[venue]
  const { value, stays, upper, target } = path.work(states)
  value.fill(0)
  const gasOf = (step: number): number =>
    ((market.legGas[step] as number) +
      (plan === undefined ? 0 : (plan[step] as number) * (market.planGas[step] as number))) /
    capital
  let top = 0
  for (let step = steps - 1; step >= 0; step -= 1) {
    let price = (prices.capital[step] as number) * yearsPerStep
    if (swaps) price += ((swapPrice(prices, asset, step) - swapPrice(prices, asset, step + 1)) * swapShare) / 2
    const jump = step === steps - 1 ? Number.NEGATIVE_INFINITY : top - gasOf(step + 1)
    const row = step * states
    top = Number.NEGATIVE_INFINITY
    let best = 0
    for (let s = 0; s < states; s += 1) {
      const margin = (apr[row + s] as number) * yearsPerStep - price
      // The bracket is linear in the weight, so one end of the state is best.
      const isHigh = margin >= 0
      const keep = value[s] as number
      const stay = keep >= jump
      const sum = margin * ((isHigh ? high[s] : low[s]) as number) + (stay ? keep : jump)
      stays[row + s] = stay ? 1 : 0
      upper[row + s] = isHigh ? 1 : 0
      value[s] = sum
      if (sum > top) {
        top = sum
        best = s
      }
    }
    target[step] = best
  }
  const start = (market.start[venue] as number) / capital
  let state = stateOf(table, start)
  const entering = (value[state] as number) < top - gasOf(0)
  const total = entering ? top - gasOf(0) : (value[state] as number)
  let touched = entering
  if (entering) state = target[0] as number
  for (let step = 0; step < steps; step += 1) {
    let price = (prices.capital[step] as number) * yearsPerStep
    if (swaps) price += ((swapPrice(prices, asset, step) - swapPrice(prices, asset, step + 1)) * swapShare) / 2
    const at = step * states + state
    const weight = (upper[at] === 1 ? high[state] : low[state]) as number
    path.weight[step] = weight
    path.touched[step] = touched ? 1 : 0
    path.net[step] = ((apr[at] as number) * yearsPerStep - price) * weight - (touched ? gasOf(step) : 0)
    touched = step + 1 < steps && stays[at] === 0
    if (touched) state = target[step + 1] as number
  }
  return total
}

/** The state in which a weight lies: the exact one for points, the cell for cells. */
function stateOf({ states, low, high }: VenueTable, weight: number): number {
  let nearest = 0
  for (let s = 0; s < states; s += 1) {
    if (weight > (low[s] as number) && weight <= (high[s] as number)) return s
    if (Math.abs(weight - (high[s] as number)) < Math.abs(weight - (high[nearest] as number))) nearest = s
  }
  return nearest
}

function topWeight(market: ReplayMarket, venue: number): number {
  return Math.min(1, Math.max(market.caps[venue] as number, market.start[venue] as number) / market.capital)
}

/** Single weights: quick to search on, and a little below what cells give. */
function pointTable(market: ReplayMarket, venue: number): VenueTable {
  const top = topWeight(market, venue)
  const states = searchPoints + 1
  const low = Float64Array.from({ length: states }, (_, s) => (top * s) / searchPoints)
  const apr = new Float64Array(market.steps * states)
  for (let step = 0; step < market.steps; step += 1) {
    for (let s = 0; s < states; s += 1) {
      apr[step * states + s] = market.supplyApr(step, venue, (low[s] as number) * market.capital)
    }
  }
  return { states, low, high: low, apr }
}

/** Nothing, and then cells that are open below: the rate of a cell's lower end is never less than what it pays. */
function cellTable(market: ReplayMarket, venue: number, cells: number): VenueTable {
  const top = topWeight(market, venue)
  const states = cells + 1
  const high = Float64Array.from({ length: states }, (_, s) => (top * s) / cells)
  const low = Float64Array.from({ length: states }, (_, s) => (top * Math.max(0, s - 1)) / cells)
  const apr = new Float64Array(market.steps * states)
  for (let step = 0; step < market.steps; step += 1) {
    for (let s = 0; s < states; s += 1) {
      apr[step * states + s] = market.supplyApr(step, venue, (low[s] as number) * market.capital)
    }
  }
  return { states, low, high, apr }
}

/** Slope of the dual at the prices for which the paths are best. */
function slopes(market: ReplayMarket, paths: readonly Path[], slope: Prices): void {
  const { steps, venues, swapShare } = market
  for (const series of seriesOf(slope)) series.fill(0)
  for (let step = 0; step < steps; step += 1) {
    let placed = 0
    for (let j = 0; j < venues; j += 1) placed += (paths[j] as Path).weight[step] as number
    slope.capital[step] = 1 - placed
  }
  if (slope.swap.length > 0) {
    for (let j = 0; j < venues; j += 1) {
      const asset = market.assets[j] as number
      if (asset === 0) continue
      let before = (market.start[j] as number) / market.capital
      for (let step = 0; step < steps; step += 1) {
        const weight = (paths[j] as Path).weight[step] as number
        for (const row of [slope.swap[asset] as Float64Array, slope.swap[0] as Float64Array]) {
          row[step] = (row[step] as number) - ((weight - before) * swapShare) / 2
        }
        before = weight
      }
    }
  }
  for (const [j, row] of slope.plan.entries()) {
    const { touched } = paths[j] as Path
    for (let step = 0; step < steps; step += 1) row[step] = touched[step] === 1 ? -1 : 0
  }
}

/** Lengths of the stretches of steps that are also moved together: a price that is wrong for weeks is mended at once. */
const stretches = [1, 6, 36, 216, 1296]

/**
 * Descent with a step of its own for each multiplier and each stretch of them (Kingma and Ba, Adam, 2015), falling to
 * nothing, inside their bounds.
 */
function createAdam(prices: Prices): { descend(prices: Prices, slope: Prices, done: number): void } {
  const memories = seriesOf(prices).map((series) =>
    stretches.map((length) => {
      const count = Math.ceil(series.length / length)
      return { length, mean: new Float64Array(count), square: new Float64Array(count) }
    }),
  )
  let level = 0
  for (const price of prices.capital) level += price / Math.max(1, prices.capital.length)
  let count = 0
  return {
    descend(current, slope, done) {
      count += 1
      const fall = (1 - done) ** 2
      const correction1 = 1 - 0.9 ** count
      const correction2 = 1 - 0.99 ** count
      const gradients = seriesOf(slope)
      for (const [i, price] of seriesOf(current).entries()) {
        const gradient = gradients[i] as Float64Array
        const rate = ((i === 0 ? 0.05 * level : 0.05) * fall) / Math.sqrt(stretches.length)
        const low = i === 0 || i > current.swap.length ? 0 : -1
        const high = i === 0 ? Number.POSITIVE_INFINITY : 1
        for (const { length, mean, square } of memories[i] as (typeof memories)[number]) {
          for (let at = 0; at < mean.length; at += 1) {
            const from = at * length
            const to = Math.min(price.length, from + length)
            let g = 0
            for (let step = from; step < to; step += 1) g += gradient[step] as number
            const m = 0.9 * (mean[at] as number) + 0.1 * g
            const v = 0.99 * (square[at] as number) + 0.01 * g * g
            mean[at] = m
            square[at] = v
            if (v === 0) continue
            const change = (rate * (m / correction1)) / (Math.sqrt(v / correction2) + 1e-12)
            for (let step = from; step < to; step += 1) {
              price[step] = Math.min(high, Math.max(low, (price[step] as number) - change))
            }
          }
        }
      }
      // The legs of a plan bear at most all of its gas.
      for (let step = 0; current.plan.length > 0 && step < current.capital.length; step += 1) {
        let sum = 0
        for (const row of current.plan) sum += row[step] as number
        if (sum > 1) for (const row of current.plan) row[step] = (row[step] as number) / sum
      }
    },
  }
}
