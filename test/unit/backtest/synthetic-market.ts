import type { ReplayMarket } from '../../../src/backtest/replay-market.ts'
import { drawNormal, drawUniform } from '../../../src/market/draw.ts'

export type SyntheticOptions = {
  seed: bigint
  venues: number
  steps: number
  capital?: number
  /** Gas of a leg and of a plan, shares of the capital. */
  leg?: number
  plan?: number
  swapShare?: number
  /** Asset of each venue. @default one asset */
  assets?: readonly number[]
  /** Caps as shares of the capital. @default none */
  cap?: number
  /** Start as shares of the capital. @default an even split */
  start?: readonly number[]
}

/** Rates that wander, with a kink: the first half of what we add costs more than the second. */
export function syntheticMarket(options: SyntheticOptions): ReplayMarket {
  const { seed, venues, steps } = options
  const capital = options.capital ?? 1_000
  const rates = Array.from({ length: venues }, (_, j) => {
    let level = 0
    return Float64Array.from({ length: steps }, (_, t) => {
      level = 0.9 * level + 0.5 * drawNormal(seed, t, `venue ${j}`, 'rate')
      return 0.05 * Math.exp(level)
    })
  })
  const depth = Array.from({ length: venues }, (_, j) => 0.3 + 5 * drawUniform(seed, 0, `venue ${j}`, 'depth'))
  return {
    venues,
    steps,
    yearsPerStep: 1 / 8760,
    capital,
    supplyApr(step, venue, own) {
      const share = own / capital / (depth[venue] as number)
      const rate = (rates[venue] as Float64Array)[step] as number
      return rate / (1 + share) - 0.4 * rate * Math.min(share, 0.1)
    },
    caps: new Float64Array(venues).fill((options.cap ?? 1) * capital),
    assets: Uint8Array.from({ length: venues }, (_, j) => options.assets?.[j] ?? 0),
    swapShare: options.swapShare ?? 0,
    planGas: Float64Array.from(
      { length: steps },
      (_, t) => (options.plan ?? 0) * capital * (0.5 + drawUniform(seed, t, 'gas', 'plan')),
    ),
    legGas: Float64Array.from(
      { length: steps },
      (_, t) => (options.leg ?? 0) * capital * (0.5 + drawUniform(seed, t, 'gas', 'leg')),
    ),
    start: Float64Array.from({ length: venues }, (_, j) => (options.start?.[j] ?? 1 / venues) * capital),
  }
}

/** A path of weights that jumps to random mixes now and then. */
export function randomPath(market: ReplayMarket, seed: bigint, points?: number): Float64Array[] {
  let weights: Float64Array = market.start.map((own) => own / market.capital)
  return Array.from({ length: market.steps }, (_, t) => {
    if (drawUniform(seed, t, 'path', 'moves') < 0.2) {
      const raw = Array.from({ length: market.venues }, (_, j) => drawUniform(seed, t, `venue ${j}`, 'weight') ** 3)
      const keep = drawUniform(seed, t, 'path', 'idle') < 0.3 ? 1.3 : 1
      const sum = raw.reduce((a, b) => a + b, 0) * keep
      weights = Float64Array.from(raw, (value, j) => {
        const cap = (market.caps[j] as number) / market.capital
        const weight = Math.min(cap, value / sum)
        return points === undefined ? weight : Math.floor(weight * points) / points
      })
    }
    return weights
  })
}
