import type { MarketState } from '../market/market-state.ts'
import type { CapGroup, VaultState } from '../vault/vault-state.ts'
import { idleReserve } from './idle-reserve.ts'
import { max, min, sum } from './integers.ts'
import type { Leg } from './plan.ts'
import { wholePosition } from './plan.ts'
import { roundingPerLeg } from './plan-cost.ts'

/** A place that the policy asks for, per venue in venue order; amounts in asset units. */
export type Target = {
  /** `null`: no leg, whatever the position is. */
  assets: readonly (bigint | null)[]
  /** True where the policy leaves nothing idle but the reserve, so that what rounding leaves over is put to work too. */
  fullyInvested: boolean
}

export type Moves = {
  legs: readonly Leg[]
  /** Assets out of and into each venue, in venue order. */
  withdrawn: readonly bigint[]
  deposited: readonly bigint[]
  /** What the target asked for, before it was fitted to the money at hand and to caps. */
  wanted: readonly bigint[]
  /** What caps of the vault took off each deposit. */
  clipped: readonly bigint[]
}

export type MoveSettings = { minLegAssets: bigint; idleReserveBps: number }

/**
 * Turns a target into withdrawals and deposits that the money at hand pays for.
 *
 * - A target of zero takes the whole position.
 * - Moves smaller than the smallest leg are dropped.
 * - Deposits share what is idle and what is withdrawn, less the reserve and less what rounding inside the venues may
 *   take: scaled down where the target (on a coarse grid) asks for more, scaled up where it asks to be fully invested.
 * - No deposit goes beyond a cap. Caps are taken one basis point short, for the interest between this block and the one
 *   in which the plan lands.
 */
export function planLegs(market: MarketState, vault: VaultState, target: Target, settings: MoveSettings): Moves {
  const { venues } = market
  const wanted = venues.map(({ assets }, j) => target.assets[j] ?? assets)
  const movable = venues.map(({ status }, j) => status === 'ok' && target.assets[j] != null)

  const withdrawn = venues.map(({ assets }, j) => {
    const surplus = movable[j] === true ? assets - (wanted[j] ?? assets) : 0n
    return surplus > 0n && surplus >= settings.minLegAssets ? surplus : 0n
  })
  const wants = venues.map(({ assets }, j) => (movable[j] === true ? max(0n, (wanted[j] ?? assets) - assets) : 0n))
  const touched = withdrawn.filter((assets) => assets > 0n).length + wants.filter((assets) => assets > 0n).length
  const reserve = idleReserve(vault, settings.idleReserveBps)
  const available = max(0n, vault.idle + sum(withdrawn) - reserve - roundingPerLeg * BigInt(touched))

  const total = sum(wants)
  const scaled = total > available || (target.fullyInvested && total > 0n)
  const room = venues.map(({ cap, assets }) => max(0n, cap - cap / 10_000n - assets))
  const shares = wants.map((want, j) => {
    const share = scaled && total > 0n ? (want * available) / total : want
    // What is scaled up stays within what venue and Guard accept; whether the wish itself does is checked later.
    return min(share, max(want, min(venues[j]?.depositable ?? 0n, vault.guard.inflowAvailable[j] ?? 0n)))
  })
  const inRoom = shares.map((share, j) => min(share, room[j] ?? 0n))
  const fitted = withinGroups(market, vault.capGroups, withdrawn, inRoom)
  const clipped = shares.map((share, j) => share - (fitted[j] ?? 0n))
  const deposited = fitted.map((assets) => (assets > 0n && assets >= settings.minLegAssets ? assets : 0n))
  return { legs: toLegs(market, withdrawn, deposited), withdrawn, deposited, wanted, clipped }
}

/** Cuts deposits, all venues of a group alike, so that no shared cap is exceeded. */
function withinGroups(
  market: MarketState,
  groups: readonly CapGroup[],
  withdrawn: readonly bigint[],
  deposited: readonly bigint[],
): bigint[] {
  const cut = [...deposited]
  for (const { cap, venues } of groups) {
    const stays = sum(venues.map((j) => (market.venues[j]?.assets ?? 0n) - (withdrawn[j] ?? 0n)))
    const room = max(0n, cap - cap / 10_000n - stays)
    const total = sum(venues.map((j) => cut[j] ?? 0n))
    if (total > room) for (const j of venues) cut[j] = ((cut[j] ?? 0n) * room) / total
  }
  return cut
}

/** Withdrawals first, then deposits, each in venue order. */
export function toLegs(market: MarketState, withdrawn: readonly bigint[], deposited: readonly bigint[]): Leg[] {
  const legs: Leg[] = []
  market.venues.forEach(({ ref, assets }, j) => {
    const out = withdrawn[j] ?? 0n
    if (out > 0n) {
      legs.push({ adapter: ref.adapter, deposit: false, assets: out === assets ? wholePosition : out, data: ref.data })
    }
  })
  market.venues.forEach(({ ref }, j) => {
    const into = deposited[j] ?? 0n
    if (into > 0n) legs.push({ adapter: ref.adapter, deposit: true, assets: into, data: ref.data })
  })
  return legs
}
