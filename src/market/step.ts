import { invalidTarget } from '../errors/simulation.ts'
import { depositRoomAt, type MarketFrame, supplyAprAt, withdrawableAt } from './venue-model.ts'

const secondsPerYear = 31_536_000

/** What one vault holds, in asset units. Mutable: `step` changes it in place. */
export type Holdings = {
  idle: number
  readonly positions: Float64Array
  /** What depositors have asked back and not been paid yet. */
  queued: number
}

/** What moving costs. */
export type MoveCosts = {
  /** Gas units for every venue that a plan touches, and once for every plan. */
  gasPerVenue: number
  gasPerPlan: number
  /** Price of turning one asset into another, basis points of what is turned. */
  swapBps: number
  /** Added for every million units turned at once, basis points. */
  swapImpactBpsPerMillion: number
  /** US dollars per asset unit. */
  assetPriceUsd: number
  /** Legs smaller than this many asset units are left out. */
  leastLeg: number
}

/** 200,000 gas per touched venue, 2 bp for a swap between assets. */
export const defaultCosts: Readonly<MoveCosts> = {
  gasPerVenue: 200_000,
  gasPerPlan: 0,
  swapBps: 2,
  swapImpactBpsPerMillion: 0,
  assetPriceUsd: 1,
  leastLeg: 0.01,
}

export const noCosts: Readonly<MoveCosts> = { ...defaultCosts, gasPerVenue: 0, swapBps: 0 }

/** What one step did; asset units. Mutable: `step` overwrites it. */
export type StepReport = {
  interest: number
  gas: number
  swap: number
  /** Assets moved out of venues by the plan. */
  turnover: number
  /** Venues that the plan touched. */
  touched: number
  /** What the plan wanted to take out and could not, for want of liquidity; likewise to put in, for want of room. */
  lockedIn: number
  shutOut: number
  /** 1 where the plan was left out because its cost was more than the cash it would have had. */
  refused: number
  /** Paid to depositors who had asked for it. */
  paid: number
  /** What was moved, signed, `[venue]`. */
  readonly legs: Float64Array
  /** Hours of this step in which depositors waited: 0 or the step's length. */
  unservedHours: number
}

/** Holdings that are all idle. */
export function createHoldings(venues: number, idle: number): Holdings {
  return { idle, positions: new Float64Array(venues), queued: 0 }
}

export function createReport(venues: number): StepReport {
  return {
    legs: new Float64Array(venues),
    interest: 0,
    gas: 0,
    swap: 0,
    turnover: 0,
    touched: 0,
    lockedIn: 0,
    shutOut: 0,
    refused: 0,
    paid: 0,
    unservedHours: 0,
  }
}

/** Idle and all positions, asset units, at par. */
export function totalAssets(holdings: Holdings): number {
  let total = holdings.idle
  const { positions } = holdings
  for (let venue = 0; venue < positions.length; venue += 1) total += positions[venue] as number
  return total
}

/**
 * One step of a vault in a market: the plan decided before this step takes effect, depositors who wait are paid, and what
 * then stands in the venues earns the step's rates. In place; nothing is allocated.
 *
 * assets after = assets before + interest - gas - swap - paid, to float precision.
 *
 * @param targets position wanted at each venue, asset units; undefined holds. It was decided on data before this step.
 *
 * Raises INVALID_TARGET.
 */
export function step(
  frame: MarketFrame,
  holdings: Holdings,
  targets: Float64Array | undefined,
  costs: Readonly<MoveCosts>,
  report: StepReport,
): void {
  report.gas = 0
  report.swap = 0
  report.turnover = 0
  report.touched = 0
  report.lockedIn = 0
  report.shutOut = 0
  report.refused = 0
  report.legs.fill(0)
  if (targets !== undefined) move(frame, holdings, targets, costs, report)
  report.paid = 0
  report.unservedHours = 0
  if (holdings.queued > 0) pay(frame, holdings, report)
  accrue(frame, holdings, report)
}

/**
 * Legs: out of venues up to what is free, then into others up to what they take and what cash there is. Gas is paid in
 * asset units out of the plan's cash, and so are swaps. A plan that can't pay for itself is left out.
 */
function move(
  frame: MarketFrame,
  holdings: Holdings,
  targets: Float64Array,
  costs: Readonly<MoveCosts>,
  report: StepReport,
): void {
  const { positions } = holdings
  const { legs } = report
  const capital = totalAssets(holdings)
  let out = 0
  let into = 0
  let touched = 0
  for (let venue = 0; venue < frame.venues; venue += 1) {
    const target = targets[venue] as number
    if (!(target >= 0 && target < Number.POSITIVE_INFINITY)) throw invalidTarget(venue, target)
    const own = positions[venue] as number
    const wanted = target - own
    let leg = 0
    if (wanted >= costs.leastLeg) {
      const room = depositRoomAt(frame, venue, own, capital)
      leg = Math.min(wanted, room)
      report.shutOut += wanted - leg
      if (leg < costs.leastLeg) leg = 0
      into += leg
    } else if (wanted <= -costs.leastLeg) {
      const free = withdrawableAt(frame, venue, own)
      leg = -wanted < free ? wanted : -free
      report.lockedIn += leg - wanted
      if (leg > -costs.leastLeg) leg = 0
      out -= leg
    }
    legs[venue] = leg
    if (leg !== 0) touched += 1
  }
  if (touched === 0) return
  const gas = ((costs.gasPerPlan + costs.gasPerVenue * touched) * frame.usdPerGas) / costs.assetPriceUsd
  const turned = frame.assets > 1 ? swapped(frame, legs) : 0
  const swap = (turned * (costs.swapBps + (costs.swapImpactBpsPerMillion * turned) / 1e6)) / 1e4
  const cash = holdings.idle + out - gas - swap
  if (!(cash >= 0)) {
    legs.fill(0)
    report.refused = 1
    return
  }
  const share = into > cash ? cash / into : 1
  for (let venue = 0; venue < frame.venues; venue += 1) {
    const leg = legs[venue] as number
    if (leg > 0) legs[venue] = leg * share
    // A whole withdrawal leaves exactly nothing.
    const after = (positions[venue] as number) + (legs[venue] as number)
    positions[venue] = Math.max(after, 0)
  }
  holdings.idle = share < 1 ? 0 : cash - into
  report.gas = gas
  report.swap = swap
  report.turnover = out
  report.touched = touched
}

/** Amount that changes its asset: half of what all assets gain and lose; idle stands with the vault's own. */
function swapped(frame: MarketFrame, legs: Float64Array): number {
  let foreign = 0
  let turned = 0
  for (let asset = 1; asset < frame.assets; asset += 1) {
    let change = 0
    for (let venue = 0; venue < frame.venues; venue += 1) {
      if (frame.asset[venue] === asset) change += legs[venue] as number
    }
    foreign += change
    turned += Math.abs(change)
  }
  return (turned + Math.abs(foreign)) / 2
}

/** Pays depositors who wait: out of idle, then out of venues in their order, as a vault's exit list does. */
function pay(frame: MarketFrame, holdings: Holdings, report: StepReport): void {
  const { positions } = holdings
  const fromIdle = Math.min(holdings.idle, holdings.queued)
  holdings.idle -= fromIdle
  let paid = fromIdle
  let due = holdings.queued - fromIdle
  for (let venue = 0; venue < frame.venues && due > 0; venue += 1) {
    const own = positions[venue] as number
    // What the plan has taken out of this venue is no longer free.
    const byPlan = Math.min(report.legs[venue] as number, 0)
    const free = withdrawableAt(frame, venue, own - byPlan) + byPlan
    const taken = Math.max(0, Math.min(free, own, due))
    positions[venue] = own - taken
    paid += taken
    due -= taken
  }
  report.paid = paid
  report.unservedHours = due > 0 ? frame.stepSeconds / 3_600 : 0
  holdings.queued = due
}

/** Simple interest within the step, on what stands in the venue after the moves. */
function accrue(frame: MarketFrame, holdings: Holdings, report: StepReport): void {
  const { positions } = holdings
  const years = frame.stepSeconds / secondsPerYear
  let interest = 0
  for (let venue = 0; venue < frame.venues; venue += 1) {
    const own = positions[venue] as number
    if (own <= 0) continue
    const earned = own * supplyAprAt(frame, venue, own) * years
    positions[venue] = own + earned
    interest += earned
  }
  report.interest = interest
}
