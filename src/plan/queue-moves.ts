import { rateAtE9 } from './estimate-gain.ts'
import { ceilDiv, max, min } from './integers.ts'
import { roundingPerLeg } from './plan-cost.ts'
import type { PlanInput } from './plan-input.ts'
import { type Moves, toLegs } from './plan-legs.ts'

/**
 * Withdrawals that make the vault liquid for its redeem queue, or undefined where it is or nothing can be done.
 *
 * Filling the queue pulls from idle and from the exit list by itself. What is missing beyond that can only come out of
 * the venues that do not stand there; those that earn least give first. A basis point more is taken, for what the
 * waiting shares earn until the queue is filled. No rate gain asks for these moves, and no policy is asked.
 */
export function queueMoves(input: Pick<PlanInput, 'market' | 'vault' | 'observation' | 'decision' | 'settings'>) {
  const { market, vault, observation, decision, settings } = input
  const missing = vault.queuedAssets - vault.liquid
  if (missing <= 0n) return undefined
  const rate = (venue: number): bigint =>
    rateAtE9(observation, decision, venue, market.venues[venue]?.assets ?? 0n, vault.assetDecimals)
  const sources = market.venues
    .flatMap(({ status }, j) => (status === 'ok' && vault.exits[j] !== true ? [{ j, rate: rate(j) }] : []))
    .sort((a, b) => (a.rate < b.rate ? -1 : a.rate > b.rate ? 1 : a.j - b.j))

  const none = market.venues.map(() => 0n)
  const withdrawn = [...none]
  let left = missing + ceilDiv(missing, 10_000n) + roundingPerLeg
  for (const { j } of sources) {
    const { assets = 0n, withdrawable = 0n } = market.venues[j] ?? {}
    const take = min(max(left, settings.minLegAssets), min(assets, withdrawable))
    if (left <= 0n || take === 0n || take < settings.minLegAssets) continue
    withdrawn[j] = take
    left -= take
  }
  const legs = toLegs(market, withdrawn, none)
  if (legs.length === 0) return undefined
  const wanted = market.venues.map(({ assets }, j) => assets - (withdrawn[j] ?? 0n))
  return { legs, withdrawn, deposited: none, wanted, clipped: none } satisfies Moves
}
