import { createPointSolver } from '../best-point.ts'

export type PaybackInput = {
  /** Income of k steps, fractions per year of the capital: `[venue][k]`. */
  income: readonly Float64Array[]
  held: readonly number[]
  /** Most steps in each venue. */
  most: readonly number[]
  /** Years over which a move must pay for itself; Infinity moves whatever it costs. */
  horizonYears: number
  planGas: number
  legGas: number
  swapShare: number
}

/**
 * Steps that water-filling with payback wants: the best of the grid of income over the horizon less what moving there
 * costs; what is held where nothing beats it. The function that is returned keeps its buffers.
 */
export function createPayback(points: number, assets: Uint8Array): (input: PaybackInput) => number[] {
  const solver = createPointSolver(points, assets)
  const values = Array.from(assets, () => new Float64Array(points + 1))
  return (input) => {
    const { income, held, most, horizonYears } = input
    const free = horizonYears === Number.POSITIVE_INFINITY
    const horizon = free ? 1 : horizonYears
    const leg = free ? 0 : input.legGas
    const plan = free ? 0 : input.planGas
    const swapPerStep = free ? 0 : input.swapShare / points
    let holding = 0
    for (let j = 0; j < values.length; j += 1) {
      const row = values[j] as Float64Array
      const rates = income[j] as Float64Array
      const here = held[j] as number
      const top = most[j] as number
      for (let k = 0; k <= top; k += 1) row[k] = horizon * (rates[k] as number) - (k === here ? 0 : leg)
      row.fill(Number.NEGATIVE_INFINITY, top + 1)
      holding += row[here] as number
    }
    if (surelyHolds(values, held, most, points, holding + plan)) return [...held]
    const best = solver.solve(values, swapPerStep, held)
    let worth = -plan - swapOf(assets, swapPerStep, held, best)
    for (let j = 0; j < values.length; j += 1) worth += (values[j] as Float64Array)[best[j] as number] as number
    return worth > holding ? best : [...held]
  }
}

/**
 * Whether a price of a step proves that nothing beats holding: at any price ≥ 0 the sum of every venue's own best, with
 * the steps charged and all of the budget paid, is no less than the best of the grid.
 */
function surelyHolds(
  values: readonly Float64Array[],
  held: readonly number[],
  most: readonly number[],
  points: number,
  enough: number,
): boolean {
  let dearest = 0
  let cheapest = Number.POSITIVE_INFINITY
  for (const [j, row] of values.entries()) {
    const here = held[j] as number
    // A leg's gas stands in every value but the one that is held: slopes are taken past it.
    if (here + 2 <= (most[j] as number))
      dearest = Math.max(dearest, (row[here + 2] as number) - (row[here + 1] as number))
    if (here >= 2) cheapest = Math.min(cheapest, (row[here - 1] as number) - (row[here - 2] as number))
  }
  const price = cheapest === Number.POSITIVE_INFINITY ? dearest : Math.max(0, (dearest + cheapest) / 2)
  let bound = price * points
  for (const row of values) {
    let best = Number.NEGATIVE_INFINITY
    for (let k = 0; k <= points; k += 1) {
      const value = (row[k] as number) - price * k
      if (value > best) best = value
    }
    bound += best
  }
  return bound <= enough
}

/** Swaps of a move between steps of the grid, as `step` of the market reckons them. */
export function swapOf(assets: Uint8Array, perStep: number, held: readonly number[], steps: readonly number[]): number {
  if (perStep === 0) return 0
  let foreign = 0
  let turned = 0
  for (let j = 0; j < assets.length; j += 1) {
    const asset = assets[j] as number
    if (asset === 0 || assets.indexOf(asset) !== j) continue
    let change = 0
    for (let i = j; i < assets.length; i += 1) {
      if (assets[i] === asset) change += (steps[i] as number) - (held[i] as number)
    }
    foreign += change
    turned += Math.abs(change)
  }
  return (perStep * (turned + Math.abs(foreign))) / 2
}
