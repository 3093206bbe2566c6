import { hashName, philoxInto, toOpenUnit } from './draw.ts'
import { type MarketSpec, motion, type VenueSpec } from './market-spec.ts'
import { createFrame, curveForm, type MarketFrame } from './venue-model.ts'

/**
 * A market of other participants, hour by hour. What is drawn is a pure function of (seed, hour, venue) and does not
 * depend on what we do, so that two policies meet the same market; how others answer rates does depend on us.
 *
 * Floating point: these numbers steer simulations and never touch a vault's money.
 */
export type SimulatedMarket = {
  readonly spec: MarketSpec
  /** The venues at the present hour, without us. Filled in place. */
  readonly frame: MarketFrame
  /** Hours that were simulated; the frame stands for hour `hours - 1`. */
  hours: number
  readonly common: CommonState
  readonly of: VenueColumns
}

type CommonState = {
  readonly keyLow: number
  readonly keyHigh: number
  readonly words: Uint32Array
  readonly normals: Float64Array
  fast: number
  slow: number
  /** What is left of surges of demand, hour of the next one, and how many there were. */
  surge: number
  nextSurge: number
  surges: number
  gasFast: number
  gasSlow: number
  /** Median of US dollars per gas, deviations of its log and what an hour leaves of them. */
  readonly gasMedian: number
  readonly gasFastSd: number
  readonly gasSlowSd: number
  readonly gasFastKept: number
  readonly gasSlowKept: number
}

const parameterNames = [
  'supply',
  'sizeSd',
  'offset',
  'utilisationSd',
  'aboveKink',
  'supplyShare',
  'jumpsPerHour',
  'jumpScale',
  'whalesPerHour',
  'whaleScale',
  'freezesPerHour',
  'governancePerHour',
  'supplyElasticity',
  'borrowElasticity',
] as const satisfies readonly (keyof VenueSpec)[]

const stateNames = [
  'fast',
  'slow',
  'sizeFast',
  'sizeSlow',
  'jump',
  'jumpKept',
  'whale',
  'whaleGap',
  'kinkLogit',
  'kinkTarget',
  /** Log of utilisation at the first kink, at which deposits are of their usual size. */
  'usualLog',
  /** What a deposit earned over the past hour. */
  'apr',
  'supplyAnswer',
  'borrowAnswer',
  'frozenUntil',
  /** Exogenous venues: median rate, deviation of its log, and what an hour leaves of it. */
  'driftApr',
  'driftSd',
  'driftKept',
  'drift',
  'marketRate',
] as const

/** Parameters and state, each `[venue]`; events `[kind × venues + venue]`. */
type VenueColumns = Readonly<Record<(typeof parameterNames)[number] | (typeof stateNames)[number], Float64Array>> & {
  readonly hash: Uint32Array
  /** Hour of the next event, of all kinds and of each, and how many there were. */
  readonly nextAny: Float64Array
  readonly nextEvent: Float64Array
  readonly events: Uint32Array
}

/** Kinds of events, in the order of `nextEvent`. */
export const eventKinds = ['jump', 'whale', 'freeze', 'governance'] as const

/** A market before its first hour; `advanceMarket` brings it there. */
export function createMarket(spec: MarketSpec): SimulatedMarket {
  const venues = spec.venues.length
  const frame = createFrame(venues)
  const columns: Record<string, Float64Array> = {}
  for (const name of parameterNames) columns[name] = Float64Array.from(spec.venues, (venue) => venue[name])
  for (const name of stateNames) columns[name] = new Float64Array(venues)
  const of: VenueColumns = {
    ...(columns as Omit<VenueColumns, 'hash' | 'nextAny' | 'nextEvent' | 'events'>),
    hash: Uint32Array.from(spec.venues, ({ id }) => hashName(id)),
    nextAny: new Float64Array(venues),
    nextEvent: new Float64Array(eventKinds.length * venues).fill(-1),
    events: new Uint32Array(eventKinds.length * venues),
  }
  const assets = [spec.asset]
  for (const [venue, venueSpec] of spec.venues.entries()) {
    if (!assets.includes(venueSpec.asset)) assets.push(venueSpec.asset)
    frame.asset[venue] = assets.indexOf(venueSpec.asset)
    frame.capShare[venue] = venueSpec.capShare ?? 1
    frame.depositLimit[venue] = venueSpec.depositLimit ?? Number.POSITIVE_INFINITY
    of.jumpKept[venue] = keepOf(venueSpec.jumpHours)
    setCurve(frame, of, venue, venueSpec)
  }
  frame.assets = assets.length
  return {
    spec,
    frame,
    hours: 0,
    common: {
      keyLow: Number(BigInt.asUintN(32, spec.seed)),
      keyHigh: Number(BigInt.asUintN(32, spec.seed >> 32n)),
      words: new Uint32Array(4),
      normals: new Float64Array(4),
      fast: 0,
      slow: 0,
      surge: 0,
      nextSurge: -1,
      surges: 0,
      gasFast: 0,
      gasSlow: 0,
      gasMedian: spec.gas.usdPer400k / 400_000,
      gasFastSd: spec.gas.fastSd,
      gasSlowSd: spec.gas.slowSd,
      gasFastKept: keepOf(spec.gas.fastHours),
      gasSlowKept: keepOf(spec.gas.slowHours),
    },
    of,
  }
}

function setCurve(frame: MarketFrame, of: VenueColumns, venue: number, { curve }: VenueSpec): void {
  frame.form[venue] = curveForm[curve.kind]
  if (curve.kind === 'kinked' || curve.kind === 'comet') {
    frame.kink[venue] = curve.kink
    frame.base[venue] = curve.base
    frame.slope1[venue] = curve.slope1
    frame.slope2[venue] = curve.slope2
    frame.keep[venue] = curve.kind === 'kinked' ? 1 - curve.reserveFactor : 1
  } else if (curve.kind === 'adaptive') {
    frame.kink[venue] = 0.9
    frame.rateAtTarget[venue] = curve.marketRate
    frame.keep[venue] = 1 - curve.fee
    of.marketRate[venue] = curve.marketRate
  } else {
    of.driftApr[venue] = curve.apr
    of.driftSd[venue] = curve.sd
    of.driftKept[venue] = keepOf(curve.halfLifeHours)
  }
  const kink = frame.kink[venue] as number
  of.kinkLogit[venue] = Math.log(kink / (1 - kink))
  of.kinkTarget[venue] = of.kinkLogit[venue] as number
  of.usualLog[venue] = Math.log(kink)
}

/** Four independent standard normals of (seed, hour, name), into `common.normals`. Box and Muller over Philox4x32-10. */
export function drawNormals(common: CommonState, hour: number, venue: number, agent: number): void {
  const { words, normals } = common
  philoxInto(hour, venue, agent, 0, common.keyLow, common.keyHigh, words)
  for (let pair = 0; pair < 4; pair += 2) {
    const radius = Math.sqrt(-2 * Math.log(toOpenUnit(words[pair] as number)))
    const angle = 2 * Math.PI * toOpenUnit(words[pair + 1] as number)
    normals[pair] = radius * Math.cos(angle)
    normals[pair + 1] = radius * Math.sin(angle)
  }
}

/** Share of a deviation that is left after an hour. */
export function keepOf(halfLifeHours: number): number {
  return 2 ** (-1 / halfLifeHours)
}

/** Standard deviation of the noise that keeps a deviation standard normal in the long run. */
export function noiseOf(keep: number): number {
  return Math.sqrt(1 - keep * keep)
}

/** Shares of the fast and the slow motion in a deviation of variance one. */
export const mixFast = Math.sqrt(motion.fastShare)
export const mixSlow = Math.sqrt(1 - motion.fastShare)
