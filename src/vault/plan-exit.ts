import { ceilDiv, min } from '../plan/integers.ts'
import type { VenueRef } from '../venues/venue.ts'

/** A venue as somebody finds it who wants out. Amounts in asset units. */
export type ExitVenue = Pick<VenueRef, 'name' | 'kind' | 'adapter' | 'data'> & {
  /** The vault's position. */
  assets: bigint
  /** What the venue would pay now. */
  withdrawable: bigint
  /** The vault takes nothing out of it for a leaver. */
  isQuarantined: boolean
  /** Plain withdrawals are paid from it or from its pool of liquidity, so `free` counts it. */
  isCounted: boolean
}

export type ExitPlanInput = {
  /** Asset units that the leaver wants, or everything. */
  wanted: bigint | 'all'
  shares: bigint
  /** What the shares would fetch if the vault could pay them out, asset units. */
  worth: bigint
  /** What the leaver could withdraw now without a penalty. */
  free: bigint
  penaltyBps: number
  venues: readonly ExitVenue[]
  /** Leave through this venue alone. */
  only?: string
  /** Take positions at venues for what they can't pay. */
  inKind: boolean
  /** What the Router could borrow for it at once; 0 without a Router or a lender. */
  lendable: bigint
  /** How many more shares than now a leg may cost, basis points. */
  toleranceBps: number
}

/** `cost` is the worth of the shares that it burns; `maxShares` bounds them. */
export type ExitLeg = { assets: bigint; cost: bigint; maxShares: bigint } & (
  | { way: 'withdraw' }
  | { way: 'force' | 'in-kind'; venue: ExitVenue }
)

export type ExitPlan = {
  legs: readonly ExitLeg[]
  /** Asset units, or worth of positions, that the legs bring. */
  brings: bigint
  /** What was asked for and no leg brings; for everything, what the rest of the shares is worth. */
  remains: bigint
}

const bps = 10_000n
/** Asset units that are not worth a leg, and that rounding may take. */
const dust = 100n

/** Kinds of venue that a Router can supply for somebody else. */
const lendingKinds: readonly string[] = ['aave-v3', 'comet', 'morpho-blue', 'erc4626']

/**
 * The cheapest way out now: what is free without a penalty, then by force out of venues that pay, then, if asked, as
 * positions at venues that don't. Through one venue alone where one is named. Pure.
 */
export function planExit(input: ExitPlanInput): ExitPlan {
  const { wanted, shares, worth, free, only, inKind } = input
  const penalty = BigInt(input.penaltyBps)
  const legs: ExitLeg[] = []
  let budget = worth
  let left = wanted === 'all' ? worth : wanted
  let brings = 0n

  const bound = (cost: bigint): bigint => {
    return min((shares * cost * (bps + BigInt(input.toleranceBps))) / (worth * bps) + 1n, shares)
  }
  const take = (most: bigint, way: 'withdraw' | { way: 'force' | 'in-kind'; venue: ExitVenue }): bigint => {
    const rate = way === 'withdraw' ? 0n : penalty
    // Shares are burnt rounded up: a little is left where everything goes.
    const affordable = rate === 0n ? budget : (budget * bps) / (bps + rate) - dust / 10n
    const assets = min(min(most, affordable), left)
    if (assets < dust) return 0n
    const cost = assets + ceilDiv(assets * rate, bps)
    legs.push({ ...(way === 'withdraw' ? { way } : way), assets, cost, maxShares: bound(cost) })
    budget -= cost
    left -= wanted === 'all' ? cost : assets
    brings += assets
    return assets
  }
  if (worth < dust) return { legs, brings, remains: left }

  const byPosition = (a: bigint, b: bigint): number => (a > b ? -1 : a < b ? 1 : 0)
  const reachable = input.venues.filter((venue) => !venue.isQuarantined && (only ?? venue.name) === venue.name)
  if (only === undefined) take(free, 'withdraw')
  const paid = new Map<ExitVenue, bigint>()
  // Of one venue that is named, only what it can't pay is taken as a position, and nothing where a position was asked for.
  const forced =
    inKind && only !== undefined ? [] : reachable.filter(({ isCounted }) => only !== undefined || !isCounted)
  for (const venue of [...forced].sort((a, b) => byPosition(a.withdrawable, b.withdrawable))) {
    paid.set(venue, take(venue.withdrawable, { way: 'force', venue }))
  }
  if (!inKind) return { legs, brings, remains: left }
  const rest = (venue: ExitVenue): bigint => {
    const gone = only === undefined && venue.isCounted ? venue.withdrawable : (paid.get(venue) ?? 0n)
    return venue.assets > gone ? venue.assets - gone : 0n
  }
  const lending = reachable.filter(({ kind }) => lendingKinds.includes(kind))
  for (const venue of [...lending].sort((a, b) => byPosition(rest(a), rest(b)))) {
    const own = rest(venue)
    take(min(own, input.lendable), { way: 'in-kind', venue })
  }
  return { legs, brings, remains: left }
}
