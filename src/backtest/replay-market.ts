/**
 * A window of a market as the backtest, the best static mix and both bounds see it, so that none of them plays another
 * game than the policy: others do not answer us, interest is set aside, and the capital at work stays the same.
 *
 * Amounts are in asset units, rates are fractions per year. Float64: nothing here moves money.
 */
export type ReplayMarket = {
  venues: number
  steps: number
  yearsPerStep: number
  capital: number
  /**
   * Rate that `own` of ours is paid in a step; 0 where the venue is not there. It must not rise with `own`: the proof of
   * the upper bound leans on it.
   */
  supplyApr(step: number, venue: number, own: number): number
  /** Most that may stand in each venue. */
  caps: Float64Array
  /** Number of the asset of each venue; 0 is the asset of the vault, in which idle stands, too. */
  assets: Uint8Array
  /** Cost of changing one unit from one asset to another. */
  swapShare: number
  /** Gas of a plan that moves anything, and of each venue that it touches; per step, in asset units. */
  planGas: Float64Array
  legGas: Float64Array
  /** What stands in each venue before the first step. */
  start: Float64Array
}

/** Income of each venue at k = 0…`points` steps of the grid, shares of the capital: `[venue][step * (points + 1) + k]`. */
export function incomeTables(market: ReplayMarket, points: number): Float64Array[] {
  const { steps, capital, yearsPerStep } = market
  const width = points + 1
  return Array.from({ length: market.venues }, (_, venue) => {
    const table = new Float64Array(steps * width)
    for (let step = 0; step < steps; step += 1) {
      for (let k = 1; k <= points; k += 1) {
        const share = k / points
        table[step * width + k] = market.supplyApr(step, venue, share * capital) * share * yearsPerStep
      }
    }
    return table
  })
}

/** The largest step of the grid that the cap of each venue admits. */
export function capSteps(market: ReplayMarket, points: number): number[] {
  return Array.from(market.caps, (cap) => Math.min(points, Math.floor((cap / market.capital) * points + 1e-9)))
}

/** What a move costs, as a share of the capital. Weights are shares of the capital; a swap is paid on what changes its asset. */
export function moveCost(market: ReplayMarket, step: number, from: Float64Array, to: Float64Array): number {
  const { venues } = market
  let legs = 0
  for (let j = 0; j < venues; j += 1) if (from[j] !== to[j]) legs += 1
  if (legs === 0) return 0
  const gas = (market.planGas[step] as number) + (market.legGas[step] as number) * legs
  return gas / market.capital + swapCost(market, from, to)
}

/** The part of a move's cost that swaps make, as a share of the capital; as `step` of the market reckons it. */
export function swapCost(market: ReplayMarket, from: Float64Array, to: Float64Array): number {
  const { venues, assets, swapShare } = market
  if (swapShare <= 0) return 0
  let foreign = 0
  let turned = 0
  for (let j = 0; j < venues; j += 1) {
    const asset = assets[j] as number
    if (asset === 0 || assets.indexOf(asset) !== j) continue
    let change = 0
    for (let i = j; i < venues; i += 1) if (assets[i] === asset) change += (to[i] as number) - (from[i] as number)
    foreign += change
    turned += Math.abs(change)
  }
  return (swapShare * (turned + Math.abs(foreign))) / 2
}
