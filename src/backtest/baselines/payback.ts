import { type BestPointInput, bestPoint } from '../best-point.ts'

export type PaybackInput = {
  /** Income of k steps, fractions per year of the capital: `[venue][k]`. */
  income: readonly Float64Array[]
  points: number
  held: readonly number[]
  /** Most steps in each venue. */
  most: readonly number[]
  assets: Uint8Array
  /** Years over which a move must pay for itself; Infinity moves whatever it costs. */
  horizonYears: number
  planGas: number
  legGas: number
  swapShare: number
}

/**
 * Steps that water-filling with payback wants: the best of the grid of income over the horizon less what moving there
 * costs; what is held where nothing beats it.
 */
export function paybackSteps(input: PaybackInput, workspace: Float64Array[] = []): number[] {
  const { income, points, held, most, horizonYears } = input
  const free = horizonYears === Number.POSITIVE_INFINITY
  const horizon = free ? 1 : horizonYears
  let holding = 0
  const values = income.map((row, j) => {
    workspace[j] ??= new Float64Array(points + 1)
    const values = workspace[j] as Float64Array
    const here = held[j] as number
    const top = most[j] as number
    const leg = free ? 0 : input.legGas
    for (let k = 0; k <= points; k += 1) {
      values[k] = k > top ? Number.NEGATIVE_INFINITY : horizon * (row[k] as number) - (k === here ? 0 : leg)
    }
    holding += values[here] as number
    return values
  })
  if (surelyHolds(values, held, most, points, holding + (free ? 0 : input.planGas))) return [...held]
  const point: BestPointInput = {
    values,
    points,
    assets: input.assets,
    swapPerStep: free ? 0 : input.swapShare / points,
    held,
  }
  const best = bestPoint(point)
  let worth = -(free ? 0 : input.planGas) - swapOf(point, best)
  for (const [j, k] of best.entries()) worth += (values[j] as Float64Array)[k] as number
  return worth > holding ? best : [...held]
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

function swapOf({ assets, swapPerStep, held }: BestPointInput, steps: readonly number[]): number {
  if (swapPerStep === 0) return 0
  const change = new Map<number, number>()
  for (const [j, k] of steps.entries()) {
    const asset = assets[j] as number
    if (asset !== 0) change.set(asset, (change.get(asset) ?? 0) + k - (held[j] as number))
  }
  let foreign = 0
  let turned = 0
  for (const steps of change.values()) {
    foreign += steps
    turned += Math.abs(steps)
  }
  return (swapPerStep * (turned + Math.abs(foreign))) / 2
}
