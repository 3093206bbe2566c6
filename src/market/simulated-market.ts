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

/** Kinds of events, in the order of `nextEvent`. */
export const eventKinds = ['jump', 'whale', 'freeze', 'governance'] as const

/** Parameters and state, each `[venue]`; events `[kind × venues + venue]`. */
type VenueColumns = Readonly<ReturnType<typeof createColumns>>

/** One literal, so that all markets have one shape and what runs over them stays compiled. */
function createColumns({ venues }: MarketSpec) {
  const given = (read: (venue: VenueSpec) => number): Float64Array => Float64Array.from(venues, read)
  const zero = (): Float64Array => new Float64Array(venues.length)
  return {
    hash: Uint32Array.from(venues, ({ id }) => hashName(id)),
    supply: given((venue) => venue.supply),
    sizeSd: given((venue) => venue.sizeSd),
    offset: given((venue) => venue.offset),
    utilisationSd: given((venue) => venue.utilisationSd),
    aboveKink: given((venue) => venue.aboveKink),
    supplyShare: given((venue) => venue.supplyShare),
    jumpsPerHour: given((venue) => venue.jumpsPerHour),
    jumpScale: given((venue) => venue.jumpScale),
    jumpKept: given((venue) => keepOf(venue.jumpHours)),
    whalesPerHour: given((venue) => venue.whalesPerHour),
    whaleScale: given((venue) => venue.whaleScale),
    freezesPerHour: given((venue) => venue.freezesPerHour),
    governancePerHour: given((venue) => venue.governancePerHour),
    supplyElasticity: given((venue) => venue.supplyElasticity),
    borrowElasticity: given((venue) => venue.borrowElasticity),
    fast: zero(),
    slow: zero(),
    sizeFast: zero(),
    sizeSlow: zero(),
    jump: zero(),
    whale: zero(),
    whaleGap: zero(),
    kinkLogit: zero(),
    kinkTarget: zero(),
    /** Log of utilisation at the first kink, at which deposits are of their usual size. */
    usualLog: zero(),
    /** What a deposit earned over the past hour. */
    apr: zero(),
    supplyAnswer: zero(),
    borrowAnswer: zero(),
    frozenUntil: zero(),
    /** Adaptive curves: what borrowers pay anywhere. */
    marketRate: zero(),
    /** Exogenous venues: median rate, deviation of its log, what an hour leaves of it, and how it stands. */
    driftApr: zero(),
    driftSd: zero(),
    driftKept: zero(),
    drift: zero(),
    /** Hour of the next event, of all kinds and of each, and how many there were. */
    nextAny: zero(),
    nextEvent: new Float64Array(eventKinds.length * venues.length).fill(-1),
    events: new Uint32Array(eventKinds.length * venues.length),
  }
}

/** A market before its first hour; `advanceMarket` brings it there. */
export function createMarket(spec: MarketSpec): SimulatedMarket {
  const frame = createFrame(spec.venues.length)
  const of = createColumns(spec)
  const assets = [spec.asset]
  for (const [venue, venueSpec] of spec.venues.entries()) {
    if (!assets.includes(venueSpec.asset)) assets.push(venueSpec.asset)
    frame.asset[venue] = assets.indexOf(venueSpec.asset)
    frame.capShare[venue] = venueSpec.capShare ?? 1
    frame.depositLimit[venue] = venueSpec.depositLimit ?? Number.POSITIVE_INFINITY
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
