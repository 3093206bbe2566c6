import type { BacktestOfRecord } from './backtest-record.ts'
import type { ChainRecord, ChainStep, ParityLeg, VaultPlaces } from './record-chain.ts'
import type { SimulatedStep } from './simulate-days.ts'

/** How far chain and simulator may be apart. */
export const parityLimits = {
  /** Largest difference of a weight, share of total assets: a thousandth of a basis point. */
  weight: 1e-7,
  /** Difference of the share price over thirty days, basis points; shorter runs get their part of it. */
  sharePriceBpPer30Days: 1,
  /**
   * Difference of what a venue paid over the whole run, and of what the share price gained, as a share of it. A limit on
   * the price alone would let a wrong fee through: all that is earned in a month is some thirty basis points.
   */
  interest: 1e-4,
  /** Difference of what total assets gain in an hourly backtest of the same days, basis points; of up to thirty days. */
  backtestBp: 1,
} as const

/** Where chain and simulator are first further apart than they may be. */
type ParityFault = {
  step: number
  what: 'decision' | 'weight' | 'share price' | 'interest' | 'backtest'
  where: string
  chain: string
  simulator: string
  limit: string
}

type ParityDay = {
  day: number
  moves: number
  /** What a share gained since the start, on the chain, basis points. */
  gainBp: number
  /** Largest difference of the day. */
  weight: number
  sharePriceBp: number
}

type ParityVenue = {
  name: string
  /** What it paid over all hours, whole units. */
  chainInterest: number
  simulatorInterest: number
  /** Difference as a share of what it paid. */
  difference: number
}

export type ParityComparison = {
  ok: boolean
  fault: ParityFault | null
  steps: number
  moves: number
  /** Hours in which both decided alike, moves and reasons to hold. */
  equalDecisions: number
  daily: readonly ParityDay[]
  venues: readonly ParityVenue[]
  worst: { weight: number; weightAt: number; sharePriceBp: number; sharePriceAt: number; interest: number }
  gainBp: { chain: number; simulator: number }
  /** Where the difference of total assets at the end comes from, whole units; together they are it. */
  sources: { interest: number; moves: number; total: number }
}

const unit = 1e6

/** Lays two runs of the same days side by side, and the gain that a backtest of them makes. */
export function compareRuns(
  chain: ChainRecord,
  simulated: readonly SimulatedStep[],
  backtest?: BacktestOfRecord,
): ParityComparison {
  const names = chain.start.state.market.venues.map(({ ref }) => ref.name)
  const priceStart = Number(chain.steps[0]?.assetsPer1e30Shares ?? 0n)
  const gain = (price: number): number => (price / priceStart - 1) * 1e4
  const priceLimitBp = (parityLimits.sharePriceBpPer30Days * chain.steps.length) / 720
  const faults: ParityFault[] = []
  const daily: ParityDay[] = []
  const interest = names.map(() => ({ chain: 0, simulator: 0 }))
  const worst = { weight: 0, weightAt: 0, sharePriceBp: 0, sharePriceAt: 0, interest: 0 }
  let equalDecisions = 0
  let byMoves = 0

  for (const [i, hour] of chain.steps.entries()) {
    const other = simulated[i]
    if (other === undefined) break
    const fault = (what: ParityFault['what'], where: string, is: string, simulator: string, limit: string): void => {
      faults.push({ step: hour.step, what, where, chain: is, simulator, limit })
    }
    const decided = [describe(hour, names), describe(other, names)] as const
    if (decided[0] === decided[1]) equalDecisions += 1
    else fault('decision', 'the plan', decided[0], decided[1], 'the same venues, or the same reason to hold')

    const before = placesOf(hour)
    const weight = worstWeight(before, other.before, hour.after, other.after)
    if (weight.difference > parityLimits.weight) {
      const where = weight.venue === names.length ? 'idle' : (names[weight.venue] ?? '')
      fault('weight', where, percent(weight.chain), percent(weight.simulator), percent(parityLimits.weight))
    }
    const price = gain(other.assetsPer1e30Shares) - gain(Number(hour.assetsPer1e30Shares))
    if (Math.abs(price) > priceLimitBp) {
      const bp = (value: number) => `${value.toFixed(6)} bp gained`
      const both = [gain(Number(hour.assetsPer1e30Shares)), gain(other.assetsPer1e30Shares)].map(bp)
      fault('share price', 'the vault', both[0] ?? '', both[1] ?? '', `${priceLimitBp.toFixed(4)} bp`)
    }

    const last = chain.steps[i + 1]
    const next = simulated[i + 1]
    if (last !== undefined && next !== undefined) {
      addInterest(interest, 'chain', hour.after ?? before, placesOf(last))
      addInterest(interest, 'simulator', other.after ?? other.before, next.before)
    }
    if (hour.after !== null && other.after !== null) {
      const atChain = hour.after.totalAssets - before.totalAssets
      byMoves += Number(other.after.totalAssets - other.before.totalAssets - atChain) / unit
    }

    if (weight.difference > worst.weight) Object.assign(worst, { weight: weight.difference, weightAt: hour.step })
    if (Math.abs(price) > Math.abs(worst.sharePriceBp)) {
      Object.assign(worst, { sharePriceBp: price, sharePriceAt: hour.step })
    }
    addToDay(daily, hour, { weight: weight.difference, price, gainBp: gain(Number(hour.assetsPer1e30Shares)) })
  }

  const end = chain.steps.at(-1)
  const simulatedEnd = simulated.at(-1)
  const venues = names.map((name, j): ParityVenue => {
    const { chain: paid = 0, simulator = 0 } = interest[j] ?? {}
    return { name, chainInterest: paid, simulatorInterest: simulator, difference: relative(paid, simulator) }
  })
  for (const venue of venues) {
    worst.interest = Math.max(worst.interest, Math.abs(venue.difference))
    // Two readings of an hour are cut to whole asset units each.
    const rounding = (2 * chain.steps.length) / unit
    const apart = Math.abs(venue.simulatorInterest - venue.chainInterest)
    if (apart <= parityLimits.interest * Math.abs(venue.chainInterest) + rounding) continue
    faults.push({
      step: chain.steps.length,
      what: 'interest',
      where: venue.name,
      chain: venue.chainInterest.toFixed(6),
      simulator: venue.simulatorInterest.toFixed(6),
      limit: percent(parityLimits.interest),
    })
  }
  const gains = {
    chain: gain(Number(end?.assetsPer1e30Shares ?? 0n)),
    simulator: gain(simulatedEnd?.assetsPer1e30Shares ?? 0),
  }
  if (Math.abs(relative(gains.chain, gains.simulator)) > parityLimits.interest) {
    faults.push({
      step: chain.steps.length,
      what: 'share price',
      where: 'gain of the whole run',
      chain: `${gains.chain.toFixed(6)} bp`,
      simulator: `${gains.simulator.toFixed(6)} bp`,
      limit: `${percent(parityLimits.interest)} of it`,
    })
  }
  const backtestLimit = parityLimits.backtestBp * Math.max(1, chain.steps.length / 720)
  if (backtest !== undefined && Math.abs(backtest.backtestBp - backtest.chainBp) > backtestLimit) {
    faults.push({
      step: chain.steps.length,
      what: 'backtest',
      where: 'gain of total assets over the whole run',
      chain: `${backtest.chainBp.toFixed(4)} bp`,
      simulator: `${backtest.backtestBp.toFixed(4)} bp`,
      limit: `${backtestLimit.toFixed(4)} bp`,
    })
  }
  const total =
    end === undefined || simulatedEnd === undefined
      ? 0
      : Number(simulatedEnd.before.totalAssets - placesOf(end).totalAssets) / unit
  const moves = end?.after === null ? byMoves : byMoves - lastMove(chain, simulated)
  return {
    ok: faults.length === 0,
    fault: faults[0] ?? null,
    steps: chain.steps.length,
    moves: chain.moves,
    equalDecisions,
    daily,
    venues,
    worst,
    gainBp: gains,
    sources: { interest: total - moves, moves, total },
  }
}

function placesOf({ reading: { market, vault } }: ChainStep): VaultPlaces {
  return {
    venueAssets: market.venues.map(({ assets }) => assets),
    idle: vault.idle,
    totalAssets: vault.totalAssets,
  }
}

/** Which venues a plan touches and which way, or why there is none. Amounts are held together by the weights after it. */
function describe({ legs, refusal }: { legs: readonly ParityLeg[]; refusal: string | null }, names: string[]): string {
  if (legs.length === 0) return `holds: ${refusal}`
  return legs.map(({ venue, deposit }) => `${deposit ? 'into' : 'out of'} ${names[venue] ?? ''}`).join(', ')
}

type WorstWeight = { difference: number; venue: number; chain: number; simulator: number }

/** The largest difference of a weight, idle included, before the hour's move and after it. */
function worstWeight(
  before: VaultPlaces,
  otherBefore: VaultPlaces,
  after: VaultPlaces | null,
  otherAfter: VaultPlaces | null,
): WorstWeight {
  let worst: WorstWeight = { difference: 0, venue: 0, chain: 0, simulator: 0 }
  const look = (a: VaultPlaces, b: VaultPlaces): void => {
    const theirs = weights(b)
    for (const [venue, chain] of weights(a).entries()) {
      const simulator = theirs[venue] ?? 0
      const difference = Math.abs(chain - simulator)
      if (difference > worst.difference) worst = { difference, venue, chain, simulator }
    }
  }
  look(before, otherBefore)
  // Where only one of them moved, the other stands where it stood.
  if (after !== null || otherAfter !== null) look(after ?? before, otherAfter ?? otherBefore)
  return worst
}

function weights({ venueAssets, idle, totalAssets }: VaultPlaces): number[] {
  return [...venueAssets, idle].map((assets) => Number(assets) / Number(totalAssets))
}

function addInterest(
  sums: { chain: number; simulator: number }[],
  side: 'chain' | 'simulator',
  from: VaultPlaces,
  to: VaultPlaces,
): void {
  for (const [j, sum] of sums.entries()) {
    sum[side] += Number((to.venueAssets[j] ?? 0n) - (from.venueAssets[j] ?? 0n)) / unit
  }
}

function addToDay(
  daily: ParityDay[],
  { step, legs }: ChainStep,
  { weight, price, gainBp }: { weight: number; price: number; gainBp: number },
): void {
  const day = Math.floor((step - 1) / 24) + 1
  let row = daily.at(-1)
  if (row?.day !== day) {
    row = { day, moves: 0, gainBp: 0, weight: 0, sharePriceBp: 0 }
    daily.push(row)
  }
  row.gainBp = gainBp
  if (legs.length > 0) row.moves += 1
  if (weight > row.weight) row.weight = weight
  if (Math.abs(price) > Math.abs(row.sharePriceBp)) row.sharePriceBp = price
}

/** What a move in the last hour added, which the last reading does not hold yet. */
function lastMove({ steps }: ChainRecord, simulated: readonly SimulatedStep[]): number {
  const hour = steps.at(-1)
  const other = simulated.at(-1)
  if (hour === undefined || other === undefined || hour.after === null || other.after === null) return 0
  const atChain = hour.after.totalAssets - placesOf(hour).totalAssets
  return Number(other.after.totalAssets - other.before.totalAssets - atChain) / unit
}

function relative(is: number, other: number): number {
  if (is === other) return 0
  return (other - is) / Math.max(Math.abs(is), 1e-6)
}

function percent(share: number): string {
  return `${(share * 100).toFixed(6)} %`
}
