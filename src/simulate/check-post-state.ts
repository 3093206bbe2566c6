import type { GateCheck } from '../journal/journal.ts'
import type { StateReading } from '../keeper/effects.ts'
import type { Plan } from '../plan/plan.ts'

export type PostStateBounds = {
  /** How much lower the share price may be after the plan, basis points. */
  maxSharePriceLossBps: number
}

/**
 * Holds the state after a simulated plan against the plan's own bounds, the Guard's limits and the caps: "it did not
 * revert" is not enough. Returns every check, the failed ones included; `ok` of all of them is the verdict.
 *
 * Caps are asked of venues and groups that the plan pays into: interest may carry a position over its cap at any time,
 * and only new money is the plan's doing. The liquid floor binds, as in the Guard, a plan that pays in.
 */
export function checkPostState(
  before: StateReading,
  after: StateReading,
  plan: Plan,
  bounds: PostStateBounds,
): GateCheck[] {
  const { vault } = after
  const venues = after.market.venues
  const paidInto = venues.flatMap((venue, index) =>
    plan.legs.some((leg) => leg.deposit && samePosition(leg, venue.ref)) ? [index] : [],
  )
  const touched = venues.filter(({ ref }) => plan.legs.some((leg) => samePosition(leg, ref)))

  const nonceExpected = before.vault.guard.nextNonce + 1n
  const priceFloor = atLeastAfterLoss(before.vault.sharePrice, bounds.maxSharePriceLossBps)
  const lossFloor = atLeastAfterLoss(before.vault.totalAssets, before.vault.guard.limits.maxLossPerPlanBps)
  const floor = (vault.totalAssets * BigInt(vault.guard.limits.liquidFloorBps) + 9_999n) / 10_000n
  const checks: GateCheck[] = [
    {
      name: 'plan_nonce',
      ok: vault.guard.nextNonce === nonceExpected,
      detail: `The Guard's next nonce is ${vault.guard.nextNonce}, expected ${nonceExpected}.`,
    },
    {
      name: 'share_price',
      ok: vault.sharePrice >= priceFloor,
      detail: `Share price ${before.vault.sharePrice} becomes ${vault.sharePrice}, at least ${priceFloor} is asked for.`,
    },
    {
      name: 'plan_minimum',
      ok: vault.totalAssets >= plan.minTotalAssetsAfter,
      detail: `Total assets ${vault.totalAssets}, the plan asks for at least ${plan.minTotalAssetsAfter}.`,
    },
    {
      name: 'loss_bound',
      ok: vault.totalAssets >= lossFloor,
      detail: `Total assets ${before.vault.totalAssets} become ${vault.totalAssets}, the Guard's loss bound asks for at least ${lossFloor}.`,
    },
    {
      name: 'liquid_floor',
      ok: vault.liquid >= floor || paidInto.length === 0,
      detail: `Liquid assets ${vault.liquid}, the floor is ${floor}.`,
    },
    ...touched.map((venue) => ({
      name: `readable:${venue.ref.name}`,
      ok: venue.status === 'ok',
      detail: venue.status === 'ok' ? 'The venue can be read.' : `The venue can't be read: ${venue.staleReason ?? ''}`,
    })),
    ...paidInto.flatMap((index) => {
      const venue = venues[index]
      if (venue === undefined) return []
      return [
        {
          name: `cap:${venue.ref.name}`,
          ok: venue.assets <= venue.cap,
          detail: `Position ${venue.assets}, cap ${venue.cap}.`,
        },
      ]
    }),
    ...vault.capGroups
      .filter((group) => group.venues.some((index) => paidInto.includes(index)))
      .map((group) => {
        const held = group.venues.reduce((sum, index) => sum + (venues[index]?.assets ?? 0n), 0n)
        return { name: `cap:${group.id}`, ok: held <= group.cap, detail: `Positions ${held}, shared cap ${group.cap}.` }
      }),
  ]
  return checks
}

function samePosition(leg: { adapter: string; data: string }, ref: { adapter: string; data: string }): boolean {
  return leg.adapter.toLowerCase() === ref.adapter.toLowerCase() && leg.data.toLowerCase() === ref.data.toLowerCase()
}

/** Rounded down: the last unit of rounding inside the venues is not a loss. */
function atLeastAfterLoss(amount: bigint, lossBps: number): bigint {
  return (amount * BigInt(10_000 - lossBps)) / 10_000n
}
