import { formatUnits } from 'viem'
import {
  checkAccess,
  checkBuckets,
  checkFee,
  checkGates,
  checkMoves,
  checkWithoutLegs,
  closedVenue,
  lossAllowed,
  secondsToFullStep,
  whyHold,
} from './check-moves.ts'
import { gainOverHorizon, horizonSeconds, rateAtE9 } from './estimate-gain.ts'
import { ceilDiv, floorDiv, sum } from './integers.ts'
import type { Plan, Refusal } from './plan.ts'
import { planCost } from './plan-cost.ts'
import type { PlanInput } from './plan-input.ts'
import { type Moves, planLegs, type Target } from './plan-legs.ts'
import type { PlanResult, VenueChange } from './plan-result.ts'
import { queueMoves } from './queue-moves.ts'
import { isHold, sweepTarget, targets } from './targets.ts'

const usd = 100_000_000n

/**
 * Plans one rebalance: decision → target → legs → checks. Pure.
 *
 * The target is the policy's, by the allocation rule or by weights. What follows may withhold the plan, with a refusal
 * for every reason found, but never changes a weight. Two exceptions lie in the nature of things: amounts are fitted to
 * the money at hand and rounded below caps, and where a bucket of the Guard holds less than the full step, the largest
 * smaller step that fits is taken (`limitedBy`) if it pays for a plan of its own, since with one that is emptied by a day's
 * turnover the full step might never fit. And a venue that can't pay out or take its leg is held (`limitedBy` again) while
 * the rule is solved for the others, which it must not block.
 *
 * Where shares wait in the redeem queue for more than the vault can pay, freeing that comes first, and no policy is asked:
 * the plan only withdraws, and the policy's move has the next slot.
 *
 * Exactly one of `plan` and `refusals` is empty. Raises nothing of its own.
 */
export function planRebalance(input: PlanInput): PlanResult {
  const freeing = freeForQueue(input)
  if (freeing !== undefined) return freeing
  const first = attempt(input)
  if (input.decision.kind !== 'scores') return first
  let result = first
  let { observation } = input
  // Each pass holds at least one venue more.
  while (result.plan === null) {
    const stuck = result.refusals.filter(
      ({ code }) => code === 'liquidity' || code === 'venue_cap' || code === 'venue_closed',
    )
    const venues = observation.venues.map((venue) =>
      stuck.some(({ venue: name }) => name === venue.name) ? { ...venue, stale: true } : venue,
    )
    if (venues.every(({ stale }, j) => stale === observation.venues[j]?.stale)) return first
    observation = { ...observation, venues }
    result = attempt({ ...input, observation })
  }
  if (result === first) return first
  const limitedBy = first.refusals.some(({ code }) => code === 'liquidity') ? 'liquidity' : 'venue_cap'
  return { ...result, limitedBy }
}

function freeForQueue(input: PlanInput): PlanResult | undefined {
  const moves = queueMoves(input)
  if (moves === undefined) return undefined
  if ([...checkAccess(input), ...checkFee(input), ...checkMoves(input, moves)].length > 0) return undefined
  const result = describe(input, moves, moves, null)
  return { ...result, plan: planOf(input, moves), freedForQueue: result.withdrawnAssets }
}

function attempt(input: PlanInput): PlanResult {
  const { market, vault, observation, decision, settings } = input
  if (decision.kind === 'hold') return withheld(input, undefined, null, withStanding(input, whyHold(input)))

  let full: Moves | undefined
  let refused: Refusal[] = []
  for (const target of targets(market, observation, decision, vault.assetDecimals)) {
    const moves = planLegs(market, vault, target, settings)
    const buckets = checkBuckets(input, moves)
    if (full === undefined) {
      full = moves
      refused = buckets
      if (isHold(target)) return sweep(input) ?? withheld(input, full, null, withStanding(input, whyHold(input)))
      if (buckets.length === 0) return judge(input, full, target, moves, null)
    } else if (moves.legs.length > 0 && buckets.length === 0) {
      const limitedBy = refused[0]?.code === 'inflow_exhausted' ? 'inflow_exhausted' : 'turnover_exhausted'
      return worthNow(input, full, judge(input, full, target, moves, limitedBy), refused)
    }
  }
  return withheld(input, full, null, [...checkGates(input), ...refused, ...(full ? checkMoves(input, full) : [])])
}

/**
 * A partial step makes a second plan necessary, which costs gas again. It is worth that only if what it gains until the
 * bucket admits the whole step, and not over the horizon, exceeds its cost.
 */
function worthNow(input: PlanInput, full: Moves, result: PlanResult, refused: readonly Refusal[]): PlanResult {
  if (result.plan === null || input.settings.minEdgeBps === null) return result
  const wait = secondsToFullStep(input, full)
  if (wait <= 0n) return result
  const gain = (result.expectedGain * wait) / BigInt(horizonSeconds(input))
  if (gain > result.cost.totalAssets) return result
  const amount = (assets: bigint): string => formatUnits(assets, input.vault.assetDecimals)
  const refusals = refused.map((refusal) => ({
    ...refusal,
    reason:
      `${refusal.reason} A partial step would gain ${amount(gain)} in the ${wait} s until the whole one may fit, less ` +
      `than its own cost of ${amount(result.cost.totalAssets)}.`,
  }))
  return { ...withheld(input, full, result.limitedBy, refusals), ...economics(result) }
}

/**
 * What the rule leaves uninvested is below half a step of the grid, and would earn nothing for as long as it holds. Where
 * all steps are placed and it pays for a leg, it goes to the venue that lies furthest below its own place.
 */
function sweep(input: PlanInput): PlanResult | undefined {
  const { market, vault, decision, settings } = input
  if (decision.kind !== 'scores' || settings.minEdgeBps === null) return undefined
  const target = sweepTarget(market, vault, input.observation, settings)
  if (target === undefined) return undefined
  const moves = planLegs(market, vault, target, settings)
  if (moves.legs.length === 0 || checkBuckets(input, moves).length > 0) return undefined
  const result = judge(input, moves, target, moves, null)
  return result.plan === null ? undefined : result
}

/** Checks moves that the buckets admit, and makes the plan if nothing stands against it. */
function judge(
  input: PlanInput,
  full: Moves,
  target: Target,
  moves: Moves,
  limitedBy: PlanResult['limitedBy'],
): PlanResult {
  if (moves.legs.length === 0)
    return withheld(input, full, limitedBy, withStanding(input, whyNothing(input, target, moves)))
  const result = describe(input, full, moves, limitedBy)
  const refusals = [...checkGates(input), ...checkClipping(input, moves), ...checkMoves(input, moves)]
  const edge = checkEdge(input, result)
  if (edge !== undefined) refusals.push(edge)
  if (refusals.length > 0) return { ...describe(input, full, undefined, limitedBy), ...economics(result), refusals }
  return { ...result, plan: planOf(input, moves) }
}

function planOf(input: PlanInput, { legs }: Moves): Plan {
  const { vault, settings, now } = input
  return {
    nonce: vault.guard.nextNonce,
    deadline: now + BigInt(settings.deadlineSeconds),
    minTotalAssetsAfter: vault.totalAssets - lossAllowed(input),
    legs,
  }
}

/**
 * The reasons why there are no legs, and beside them all that would stand against legs: what a person mends first, what
 * time mends last. Where nothing is asked for, only the former is worth a word.
 */
function withStanding(input: PlanInput, reasons: readonly Refusal[]): Refusal[] {
  if (reasons.every(({ code }) => code === 'hold' || code === 'nothing_changed')) {
    return [...checkAccess(input), ...reasons]
  }
  const told = (refusal: Refusal): boolean =>
    reasons.some(({ code, venue }) => code === refusal.code && venue === refusal.venue)
  return [...checkGates(input).filter((gate) => !told(gate)), ...reasons, ...checkWithoutLegs(input)]
}

/** A target without a leg: the policy asks for what is held, or caps or the smallest leg took everything. */
function whyNothing(input: PlanInput, target: Target, moves: Moves): Refusal[] {
  const { market, vault, settings } = input
  if (target.assets.every((assets, j) => assets === null || assets === market.venues[j]?.assets)) return whyHold(input)
  const capped = market.venues.flatMap(({ ref: { name }, cap, closed }, j): Refusal[] => {
    const clipped = moves.clipped[j] ?? 0n
    if (clipped < settings.minLegAssets || clipped === 0n) return []
    if (closed !== undefined) return [closedVenue(name, closed)]
    const reason = `The vault's caps leave no room in ${name}; its own cap is ${formatUnits(cap, vault.assetDecimals)}.`
    return [{ code: 'venue_cap', reason, venue: name }]
  })
  if (capped.length > 0) return capped
  return [
    {
      code: 'nothing_changed',
      reason: `Every leg is below the smallest one of ${formatUnits(settings.minLegAssets, vault.assetDecimals)}.`,
    },
  ]
}

/**
 * The rule knows a venue's cap. Where caps still take more than one step of the grid off its deposits, it was a cap that
 * the rule does not know (a group's), and what would be left is not what it chose.
 */
function checkClipping({ market, vault, observation, decision }: PlanInput, moves: Moves): Refusal[] {
  if (decision.kind !== 'scores') return []
  const step = (observation.capitalQ6 * 10n ** BigInt(vault.assetDecimals)) / (64n * BigInt(observation.gridSteps))
  return market.venues.flatMap(({ ref, closed }, j): Refusal[] => {
    const clipped = moves.clipped[j] ?? 0n
    if (clipped <= step) return []
    if (closed !== undefined) return [closedVenue(ref.name, closed)]
    const amount = formatUnits(clipped, vault.assetDecimals)
    return [
      {
        code: 'venue_cap',
        reason: `Caps of the vault take ${amount} off the deposit into ${ref.name}.`,
        venue: ref.name,
      },
    ]
  })
}

function checkEdge(input: PlanInput, result: PlanResult): Refusal | undefined {
  const { settings, vault } = input
  if (settings.minEdgeBps === null) return undefined
  const moved = movedAssets(result)
  const net = result.expectedGain - result.cost.totalAssets
  if (net > 0n && net * 10_000n >= BigInt(settings.minEdgeBps) * moved) return undefined
  const amount = (assets: bigint): string => formatUnits(assets, vault.assetDecimals)
  const least = ceilDiv(BigInt(settings.minEdgeBps) * moved, 10_000n)
  const asked =
    least === 0n ? 'more than nothing' : `at least ${amount(least)} (${settings.minEdgeBps} bp of what moves)`
  return {
    code: 'below_edge',
    reason:
      `Gain of ${amount(result.expectedGain)} over ${Math.round(horizonSeconds(input) / 3600)} h less cost of ` +
      `${amount(result.cost.totalAssets)} leaves ${amount(net)}; ${asked} is asked for.`,
  }
}

function withheld(
  input: PlanInput,
  full: Moves | undefined,
  limitedBy: PlanResult['limitedBy'],
  refusals: readonly Refusal[],
): PlanResult {
  return { ...describe(input, full, undefined, limitedBy), refusals }
}

/** The numbers of a result: what is held, what was asked for, and what `moves` make of it. */
function describe(
  input: PlanInput,
  full: Moves | undefined,
  moves: Moves | undefined,
  limitedBy: PlanResult['limitedBy'],
): PlanResult {
  const { market, vault, observation, decision, settings } = input
  const horizon = horizonSeconds(input)
  let expectedGain = 0n
  const venues = market.venues.map(({ ref, assets }, j): VenueChange => {
    const assetsAfter = assets - (moves?.withdrawn[j] ?? 0n) + (moves?.deposited[j] ?? 0n)
    const rateBeforeE9 = rateAtE9(observation, decision, j, assets, vault.assetDecimals)
    const rateAfterE9 =
      assetsAfter === assets ? rateBeforeE9 : rateAtE9(observation, decision, j, assetsAfter, vault.assetDecimals)
    expectedGain += gainOverHorizon(assets, rateBeforeE9, assetsAfter, rateAfterE9, horizon)
    return {
      name: ref.name,
      assetsBefore: assets,
      assetsTarget: full?.wanted[j] ?? assets,
      assetsAfter,
      weightBeforeBps: weightBps(assets, vault.totalAssets),
      weightAfterBps: weightBps(assetsAfter, vault.totalAssets),
      rateBeforeE9,
      rateAfterE9,
    }
  })
  const withdrawnAssets = sum(moves?.withdrawn ?? [])
  const depositedAssets = sum(moves?.deposited ?? [])
  const cost = planCost({
    legs: moves?.legs.length ?? 0,
    baseFeePerGas: market.block.baseFeePerGas,
    ethPriceE8: input.ethPriceE8,
    assetPriceE8: input.assetPriceE8 ?? usd,
    assetDecimals: vault.assetDecimals,
    settings,
  })
  const result: PlanResult = {
    plan: null,
    refusals: [],
    targetAssets: venues.map(({ assetsTarget }) => assetsTarget),
    venues,
    idleBefore: vault.idle,
    idleAfter: vault.idle + withdrawnAssets - depositedAssets,
    withdrawnAssets,
    depositedAssets,
    expectedGain,
    cost,
    edgeBps: 0n,
    limitedBy,
  }
  const moved = movedAssets(result)
  return moved === 0n ? result : { ...result, edgeBps: floorDiv((expectedGain - cost.totalAssets) * 10_000n, moved) }
}

/** What a withheld plan would have gained and cost stays in its result, for `explain`. */
function economics(result: PlanResult): Pick<PlanResult, 'expectedGain' | 'cost' | 'edgeBps'> {
  const { expectedGain, cost, edgeBps } = result
  return { expectedGain, cost, edgeBps }
}

/** The larger of what goes out and what goes in: money that goes from venue to venue counts once. */
function movedAssets({ withdrawnAssets, depositedAssets }: PlanResult): bigint {
  return withdrawnAssets > depositedAssets ? withdrawnAssets : depositedAssets
}

function weightBps(assets: bigint, totalAssets: bigint): number {
  return totalAssets === 0n ? 0 : Number((assets * 10_000n) / totalAssets)
}
