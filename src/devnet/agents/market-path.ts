import { drawNormal, drawStudentT3, drawUniform } from '../../market/draw.ts'
import { elasticity, gasAndPrice, marketRate, savingsRate, timeScales, type VenueCalibration } from './calibration.ts'

/**
 * The exogenous part of the simulated market: a pure function of (seed, step). Two chains that run the same seed see
 * the same path, whatever their vaults do.
 *
 * Floating point: these numbers steer simulated participants and never touch a vault's money.
 */
export type MarketPoint = {
  step: number
  /** Demand that all venues have in common, standard normal in the long run. */
  common: number
  /** Rate that borrowers pay anywhere, fraction per year. */
  marketRate: number
  ethPriceUsdE8: bigint
  baseFeeWei: bigint
  /** Rate of the savings vault, 1e18 = 100 % a year; it changes once a day. */
  savingsRateWad: bigint
  venues: ReadonlyMap<string, VenuePoint>
}

type VenuePoint = {
  /** Deviation of logit utilisation from its mean: two time scales, common factor and jumps. */
  utilisation: number
  /** Deviation of log deposits. */
  supply: number
  /** Utilisation is pinned at 1. */
  frozen: boolean
}

export type MarketPath = { at(step: number): MarketPoint }

type VenueState = { fast: number; slow: number; jump: number; sizeFast: number; sizeSlow: number; frozenUntil: number }

type State = {
  commonFast: number
  commonSlow: number
  eth: number
  gasFast: number
  gasSlow: number
  savings: number
  venues: Map<string, VenueState>
}

/**
 * Creates the path of a market for named venues. Points are computed forwards once and kept, so any step may be asked
 * for in any order.
 */
export function createMarketPath(seed: bigint, venues: ReadonlyMap<string, VenueCalibration>): MarketPath {
  const points: MarketPoint[] = []
  let state: State | undefined
  return {
    at(step) {
      if (!Number.isSafeInteger(step) || step < 0) throw new RangeError(`A step is a non-negative integer, not ${step}`)
      while (points.length <= step) {
        state = advance(seed, points.length, state, venues)
        points.push(toPoint(points.length, state, points.at(-1), venues))
      }
      const point = points[step]
      if (point === undefined) throw new Error(`unreachable: point ${step}`)
      return point
    },
  }
}

function advance(
  seed: bigint,
  step: number,
  before: State | undefined,
  venues: ReadonlyMap<string, VenueCalibration>,
): State {
  const draw = (venue: string, agent: string): number => drawNormal(seed, step, venue, agent)
  const { fastHours, slowHours, jumpHours } = timeScales
  const next: State = {
    commonFast: revert(before?.commonFast, fastHours, draw('market', 'common-fast')),
    commonSlow: revert(before?.commonSlow, slowHours, draw('market', 'common-slow')),
    // Ether and gas start at their medians, where the devnet's feeds stand.
    eth: revert(before?.eth ?? 0, gasAndPrice.ethHours, draw('market', 'eth')),
    gasFast: revert(before?.gasFast ?? 0, gasAndPrice.gasFastHours, draw('market', 'gas-fast')),
    gasSlow: revert(before?.gasSlow ?? 0, gasAndPrice.gasSlowHours, draw('market', 'gas-slow')),
    savings: revert(before?.savings ?? 0, savingsRate.hours, draw('market', 'savings')),
    venues: new Map(),
  }
  for (const [name, calibration] of venues) {
    const previous = before?.venues.get(name)
    const jumped = drawUniform(seed, step, name, 'jump', 0) < calibration.jumpsPerHour
    const size = Math.abs(drawStudentT3(seed, step, name, 'jump-size')) * calibration.jumpScale
    const upwards = drawUniform(seed, step, name, 'jump', 1) < 2 / 3
    const jump = (previous?.jump ?? 0) * 2 ** (-1 / jumpHours) + (jumped ? (upwards ? size : -size / 2) : 0)
    const freezes = drawUniform(seed, step, name, 'freeze', 0) < calibration.freezesPerHour
    const length = Math.ceil(-Math.log(drawUniform(seed, step, name, 'freeze', 1)) * calibration.freezeHours)
    next.venues.set(name, {
      fast: revert(previous?.fast, fastHours, draw(name, 'utilisation-fast')),
      slow: revert(previous?.slow, slowHours, draw(name, 'utilisation-slow')),
      jump,
      sizeFast: revert(previous?.sizeFast, fastHours, draw(name, 'size-fast')),
      sizeSlow: revert(previous?.sizeSlow, slowHours, draw(name, 'size-slow')),
      frozenUntil: freezes ? Math.max(previous?.frozenUntil ?? 0, step + length) : (previous?.frozenUntil ?? 0),
    })
  }
  return next
}

function toPoint(
  step: number,
  state: State,
  before: MarketPoint | undefined,
  venues: ReadonlyMap<string, VenueCalibration>,
): MarketPoint {
  const { fastShare, commonShare } = timeScales
  const mix = (fast: number, slow: number): number => Math.sqrt(fastShare) * fast + Math.sqrt(1 - fastShare) * slow
  const common = mix(state.commonFast, state.commonSlow)
  const points = new Map<string, VenuePoint>()
  for (const [name, calibration] of venues) {
    const own = state.venues.get(name)
    if (own === undefined) throw new Error(`unreachable: no state of ${name}`)
    const deviation = Math.sqrt(commonShare) * common + Math.sqrt(1 - commonShare) * mix(own.fast, own.slow)
    points.set(name, {
      utilisation: calibration.utilisationSd * deviation + own.jump,
      supply: calibration.supplySd * mix(own.sizeFast, own.sizeSlow),
      frozen: step < own.frozenUntil,
    })
  }
  const ethPriceUsd = gasAndPrice.ethPriceUsd * Math.exp(gasAndPrice.ethSd * state.eth)
  // The dollar cost of gas has the stated median; the base fee follows from it and from ether's price.
  const usdPerGas =
    (gasAndPrice.usdPer400kGas / 400_000) *
    Math.exp(gasAndPrice.gasFastSd * state.gasFast + gasAndPrice.gasSlowSd * state.gasSlow)
  const savings = Math.min(
    savingsRate.maximum,
    Math.max(savingsRate.minimum, savingsRate.median * Math.exp(savingsRate.sd * state.savings)),
  )
  const renews = before === undefined || step % savingsRate.everyHours === 0
  return {
    step,
    common,
    marketRate: marketRate.median * Math.exp(marketRate.commonLoading * common),
    ethPriceUsdE8: BigInt(Math.round(ethPriceUsd * 1e8)),
    baseFeeWei: BigInt(Math.max(1, Math.round((usdPerGas / ethPriceUsd) * 1e18))),
    // Whole millionths, so that the rate reads well.
    savingsRateWad: renews ? BigInt(Math.round(savings * 1e6)) * 10n ** 12n : before.savingsRateWad,
    venues: points,
  }
}

/** One hour of a standard Ornstein-Uhlenbeck process; the first value is a draw from the stationary law. */
function revert(before: number | undefined, halfLifeHours: number, normal: number): number {
  if (before === undefined) return normal
  const keep = 2 ** (-1 / halfLifeHours)
  return keep * before + Math.sqrt(1 - keep * keep) * normal
}

/** How far deposits and borrows have answered a rate advantage, in log units. */
export type Response = { supply: number; borrow: number }

/** Returns the response one hour later; `advantagePoints` is the venue's APR less the mean of all, percentage points. */
export function respond(before: Response, advantagePoints: number): Response {
  const keep = 2 ** (-1 / elasticity.memoryHours)
  const bounded = (x: number): number => Math.min(elasticity.bound, Math.max(-elasticity.bound, x))
  return {
    supply: bounded(keep * before.supply + (elasticity.supplyPerPointDay * advantagePoints) / 24),
    borrow: bounded(keep * before.borrow + (elasticity.borrowPerPointDay * advantagePoints) / 24),
  }
}
