import { createPointSolver } from './best-point.ts'
import { capSteps, moveCost, type ReplayMarket } from './replay-market.ts'

const defaultPoints = 200

export type StaticMix = {
  /** Shares of the capital. */
  weights: Float64Array
  /** Share of the capital earned over the window, the entry from the start paid. */
  net: number
}

/**
 * Returns the best fixed mix of a window in hindsight, entered once from the start.
 *
 * The sum over the window of each venue's income is a function of its own weight alone, so the exact best point of the
 * grid is one max-plus convolution. Staying at the start is among the candidates.
 *
 * @param staticPoints steps into which the capital is cut; half a percent each by default.
 */
export function bestStatic(market: ReplayMarket, staticPoints = defaultPoints): StaticMix {
  const { venues, steps, capital, yearsPerStep } = market
  const caps = capSteps(market, staticPoints)
  const held = Array.from(market.start, (own) => Math.round((own / capital) * staticPoints))
  const leg = (market.legGas[0] ?? 0) / capital
  const values = Array.from({ length: venues }, (_, venue) => {
    const table = new Float64Array(staticPoints + 1).fill(Number.NEGATIVE_INFINITY)
    const sums = new Float64Array(staticPoints + 1)
    const top = Math.max(caps[venue] as number, held[venue] as number)
    for (let step = 0; step < steps; step += 1) {
      for (let k = 1; k <= top; k += 1) {
        sums[k] = (sums[k] as number) + market.supplyApr(step, venue, (k / staticPoints) * capital)
      }
    }
    for (let k = 0; k <= staticPoints; k += 1) {
      const share = k / staticPoints
      const here = k === held[venue]
      if (k > (caps[venue] as number) && !here) continue
      table[k] = (sums[k] as number) * share * yearsPerStep - (here ? 0 : leg)
    }
    return table
  })
  const swapPerStep = market.swapShare / staticPoints
  const best = createPointSolver(staticPoints, market.assets).solve(values, swapPerStep, held)
  const stay = market.start.map((own) => own / capital)
  const weights = Float64Array.from(best, (k, j) => (k === held[j] ? (stay[j] as number) : k / staticPoints))
  // A venue that stays off the grid may leave the sum a hair above one.
  const sum = weights.reduce((total, weight) => total + weight, 0)
  if (sum > 1) for (const [j, k] of best.entries()) weights[j] = k / staticPoints
  const candidates = [weights, stay].map((mix) => ({ weights: mix, net: staticNet(market, mix) }))
  return candidates.reduce((a, b) => (b.net > a.net ? b : a))
}

/** Share of the capital that fixed weights earn over a window, entered from its start at its first step. */
export function staticNet(market: ReplayMarket, weights: Float64Array): number {
  const series = staticSeries(market, weights)
  return series.reduce((sum, net) => sum + net, 0)
}

/** The same, step by step. */
export function staticSeries(market: ReplayMarket, weights: Float64Array): Float64Array {
  const { capital, yearsPerStep, venues } = market
  const series = new Float64Array(market.steps)
  for (let step = 0; step < market.steps; step += 1) {
    let income = 0
    for (let j = 0; j < venues; j += 1) {
      const weight = weights[j] as number
      if (weight > 0) income += market.supplyApr(step, j, weight * capital) * weight
    }
    series[step] = income * yearsPerStep
  }
  const start = market.start.map((own) => own / capital)
  if (series.length > 0) series[0] = (series[0] as number) - moveCost(market, 0, start, weights)
  return series
}

/** Weights of the one venue that earned most over a window with as much as its cap admits, then of the next, in hindsight. */
export function bestSingle(market: ReplayMarket): Float64Array {
  const { venues, steps, capital, caps } = market
  const earned = Float64Array.from({ length: venues }, (_, j) => {
    const own = Math.min(capital, caps[j] as number)
    let income = 0
    for (let step = 0; step < steps; step += 1) income += market.supplyApr(step, j, own)
    return income
  })
  const weights = new Float64Array(venues)
  let left = 1
  for (const j of Array.from(earned.keys()).sort((a, b) => (earned[b] as number) - (earned[a] as number))) {
    weights[j] = Math.min(left, (caps[j] as number) / capital)
    left -= weights[j] as number
  }
  return weights
}
