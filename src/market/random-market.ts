import { drawUniform } from './draw.ts'
import type { MarketSpec, VenueSpec } from './market-spec.ts'

/** Ranges from which a market at random is drawn; `log` spreads evenly over orders of magnitude. */
export const randomRanges = {
  kink: { min: 0.8, max: 0.93 },
  slope1: { min: 0.025, max: 0.07 },
  slope2: { min: 0.08, max: 0.75, log: true },
  base: { min: 0, max: 0.008 },
  marketRate: { min: 0.025, max: 0.09 },
  supply: { min: 20e6, max: 800e6, log: true },
  sizeSd: { min: 0.015, max: 0.05 },
  offset: { min: -0.8, max: 0.25 },
  utilisationSd: { min: 0.25, max: 0.9 },
  aboveKink: { min: 0.1, max: 1 },
  supplyShare: { min: 0.3, max: 0.7 },
  hoursPerJump: { min: 48, max: 960, log: true },
  jumpScale: { min: 0.2, max: 0.9 },
  jumpHours: { min: 2, max: 12, log: true },
  hoursPerWhale: { min: 24, max: 240, log: true },
  whaleScale: { min: 0.01, max: 0.06 },
  hoursPerFreeze: { min: 2_000, max: 80_000, log: true },
  hoursPerGovernance: { min: 1_000, max: 20_000, log: true },
  /** Log units per percentage point and day. */
  elasticity: { min: 0, max: 0.01 },
  driftApr: { min: 0.025, max: 0.09 },
  usdPer400k: { min: 0.3, max: 110, log: true },
} as const satisfies Record<string, { min: number; max: number; log?: boolean }>

/**
 * A market drawn from wide ranges, so that what is trained on many of them does not depend on one: `venues` venues of the
 * asset USDC, each kinked (half of them), Comet's, adaptive or exogenous.
 */
export function randomMarket(seed: bigint, venues: number): MarketSpec {
  const draw = (venue: string, name: keyof typeof randomRanges): number => {
    const { min, max, ...more } = randomRanges[name]
    const share = drawUniform(seed, 0, venue, `random ${name}`)
    return 'log' in more ? min * (max / min) ** share : min + (max - min) * share
  }
  return {
    seed,
    asset: 'USDC',
    startSeconds: 0,
    venues: Array.from({ length: venues }, (_, index): VenueSpec => {
      const id = `venue-${index}`
      const of = (name: keyof typeof randomRanges): number => draw(id, name)
      const curve = randomCurve(drawUniform(seed, 0, id, 'random kind'), of)
      const lends = curve.kind !== 'exogenous'
      const narrow = curve.kind === 'adaptive' ? 0.3 : 1
      return {
        id,
        asset: 'USDC',
        curve,
        supply: of('supply'),
        sizeSd: of('sizeSd'),
        offset: of('offset') * narrow,
        utilisationSd: of('utilisationSd') * narrow,
        aboveKink: of('aboveKink'),
        supplyShare: of('supplyShare'),
        jumpsPerHour: lends ? 1 / of('hoursPerJump') : 0,
        jumpScale: of('jumpScale'),
        jumpHours: of('jumpHours'),
        whalesPerHour: 1 / of('hoursPerWhale'),
        whaleScale: of('whaleScale'),
        freezesPerHour: lends ? 1 / of('hoursPerFreeze') : 0,
        governancePerHour: lends && curve.kind !== 'adaptive' ? 1 / of('hoursPerGovernance') : 0,
        supplyElasticity: lends ? of('elasticity') : 0,
        borrowElasticity: lends ? -draw(`${id} borrowers`, 'elasticity') : 0,
      }
    }),
    gas: { usdPer400k: draw('gas', 'usdPer400k'), fastSd: 0.3, fastHours: 5, slowSd: 0.5, slowHours: 120 },
  }
}

function randomCurve(kind: number, of: (name: keyof typeof randomRanges) => number): VenueSpec['curve'] {
  const [kink, base, slope1, slope2] = [of('kink'), of('base'), of('slope1'), of('slope2')]
  if (kind < 0.5) return { kind: 'kinked', kink, base, slope1, slope2, reserveFactor: 0.1 }
  // The supply curve of Comet rises less above its kink than the borrow curve of a kinked market.
  if (kind < 0.7) return { kind: 'comet', kink, base, slope1: slope1 * 0.8, slope2: slope2 * 0.5 }
  if (kind < 0.9) return { kind: 'adaptive', marketRate: of('marketRate'), fee: 0 }
  return { kind: 'exogenous', apr: of('driftApr'), sd: 0.3, halfLifeHours: 720 }
}
