import { type Plan, type Refusal, wholePosition } from '../plan/plan.ts'
import type { StateReading, TickSettings } from './effects.ts'

/** A canary moves little or nothing: it never scales a plan, since that would change the policy's weights. */
export function canaryRefusal({ market, vault }: StateReading, plan: Plan, settings: TickSettings): Refusal | null {
  if (settings.mode !== 'canary') return null
  let withdrawn = 0n
  let deposited = 0n
  for (const leg of plan.legs) {
    const venue = market.venues.find(({ ref }) => ref.adapter === leg.adapter && ref.data === leg.data)
    if (leg.deposit) deposited += leg.assets
    else withdrawn += leg.assets === wholePosition ? (venue?.assets ?? vault.totalAssets) : leg.assets
  }
  const moved = withdrawn > deposited ? withdrawn : deposited
  const allowed = (vault.totalAssets * BigInt(settings.canaryMaxMoveBps)) / 10_000n
  if (moved <= allowed) return null
  return { code: 'canary_cap', reason: `The plan moves ${moved}, a canary may move ${allowed}.` }
}
