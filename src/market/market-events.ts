import { hashName, philoxInto, toOpenUnit } from './draw.ts'
import { freezeHours, governance, motion } from './market-spec.ts'
import { eventKinds, keepOf, type SimulatedMarket } from './simulated-market.ts'
import { curveForm } from './venue-model.ts'

const kindHashes = Uint32Array.from(eventKinds, (kind) => hashName(kind))
const [jumpKind, whaleKind, freezeKind, governanceKind] = [0, 1, 2, 3] as const
const surgeName = hashName('surge')
const keepSurge = keepOf(motion.surgeHours)
/** A single move changes log deposits by this at most. */
const largestWhale = 0.3

/** Lets happen at a venue what is due at this hour, and finds out when the next event is. */
export function happen(market: SimulatedMarket, venue: number, hour: number): void {
  const { frame, of } = market
  of.nextAny[venue] = Number.POSITIVE_INFINITY
  if (due(market, venue, hour, jumpKind, of.jumpsPerHour[venue] as number)) {
    const upwards = uniform(market, 2) < 2 / 3
    const size = (of.jumpScale[venue] as number) * Math.abs(studentT3(market, venue, jumpKind))
    of.jump[venue] = (of.jump[venue] as number) + (upwards ? size : -size / 2)
  }
  if (due(market, venue, hour, whaleKind, of.whalesPerHour[venue] as number)) {
    const size = (of.whaleScale[venue] as number) * studentT3(market, venue, whaleKind)
    const bounded = Math.max(-largestWhale, Math.min(largestWhale, size))
    of.whale[venue] = (of.whale[venue] as number) + bounded
    of.whaleGap[venue] = (of.whaleGap[venue] as number) + bounded
  }
  if (due(market, venue, hour, freezeKind, of.freezesPerHour[venue] as number)) {
    const length = freezeHours.min * (freezeHours.max / freezeHours.min) ** uniform(market, 2)
    of.frozenUntil[venue] = Math.max(of.frozenUntil[venue] as number, hour + Math.round(length))
  }
  const form = frame.form[venue] as number
  if (form !== curveForm.kinked && form !== curveForm.comet) return
  if (due(market, venue, hour, governanceKind, of.governancePerHour[venue] as number)) moveCurve(market, venue)
}

/** Lets demand surge at all venues where that is due, and earlier surges fade. */
export function surge(market: SimulatedMarket, hour: number): void {
  const { common } = market
  common.surge *= keepSurge
  if (hour < common.nextSurge) return
  philoxInto(common.surges, surgeName, 0, 0, common.keyLow, common.keyHigh, common.words)
  const wait = -Math.log(uniform(market, 0)) * motion.surgeEveryHours
  const { min, max } = motion.surgeSize
  if (common.nextSurge >= 0) common.surge += min + (max - min) * uniform(market, 1)
  common.nextSurge = hour + 1 + Math.floor(wait)
  common.surges += 1
}

/**
 * True where an event of this kind is due. Waiting times are exponential, so nothing is drawn in an hour without one. The
 * words of the draw then stay in `common.words`: 0 is spent on the waiting time.
 */
function due(market: SimulatedMarket, venue: number, hour: number, kind: number, perHour: number): boolean {
  if (perHour <= 0) return false
  const { of, common, frame } = market
  const at = kind * frame.venues + venue
  let next = of.nextEvent[at] as number
  const fresh = next < 0
  if (!fresh && hour < next) {
    of.nextAny[venue] = Math.min(of.nextAny[venue] as number, next)
    return false
  }
  const count = of.events[at] as number
  philoxInto(
    count,
    of.hash[venue] as number,
    kindHashes[kind] as number,
    0,
    common.keyLow,
    common.keyHigh,
    common.words,
  )
  next = hour + 1 + Math.floor(-Math.log(uniform(market, 0)) / perHour)
  of.nextEvent[at] = next
  of.nextAny[venue] = Math.min(of.nextAny[venue] as number, next)
  of.events[at] = count + 1
  return !fresh
}

function uniform(market: SimulatedMarket, word: number): number {
  return toOpenUnit(market.common.words[word] as number)
}

/** Student's t with three degrees of freedom and variance one, for the event that `due` has just drawn. */
function studentT3(market: SimulatedMarket, venue: number, kind: number): number {
  const { of, common, frame } = market
  const count = of.events[kind * frame.venues + venue] as number
  philoxInto(
    count,
    of.hash[venue] as number,
    kindHashes[kind] as number,
    1,
    common.keyLow,
    common.keyHigh,
    common.words,
  )
  const angle = 2 * Math.PI * uniform(market, 1)
  const radius = Math.sqrt(-2 * Math.log(uniform(market, 0)))
  const normal = radius * Math.cos(angle)
  const other = radius * Math.sin(angle)
  return normal / Math.sqrt(other * other - 2 * Math.log(uniform(market, 2)))
}

/** Governance sets a new kink and new slopes; utilisation follows within days. */
function moveCurve(market: SimulatedMarket, venue: number): void {
  const { frame, of } = market
  const between = ({ min, max }: { min: number; max: number }, share: number): number => min + (max - min) * share
  const kink = between(governance.kink, uniform(market, 1))
  frame.kink[venue] = kink
  of.kinkTarget[venue] = Math.log(kink / (1 - kink))
  const { slope2 } = governance
  frame.slope2[venue] = slope2.min * (slope2.max / slope2.min) ** uniform(market, 2)
  // Half a word each for two uniforms, whose sum less one is triangular with variance 1/6.
  const half = uniform(market, 3) * 65_536
  const triangular = Math.floor(half) / 65_536 + (half % 1) - 1
  const moved = (frame.slope1[venue] as number) * Math.exp(triangular * Math.sqrt(6) * governance.slope1Sd)
  frame.slope1[venue] = Math.min(governance.slope1.max, Math.max(governance.slope1.min, moved))
}
