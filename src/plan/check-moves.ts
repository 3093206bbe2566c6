import { formatUnits } from 'viem'
import { ceilDiv, max, min, sum } from './integers.ts'
import type { Refusal } from './plan.ts'
import { roundingPerLeg } from './plan-cost.ts'
import type { PlanInput } from './plan-input.ts'
import type { Moves } from './plan-legs.ts'

const day = 86_400n

type CheckInput = Pick<PlanInput, 'market' | 'vault' | 'observation' | 'settings' | 'now'>

/** What only a person can mend: no plan of this signer gets through, today or later. */
export function checkAccess({ vault: { guard } }: Pick<CheckInput, 'vault'>): Refusal[] {
  const refusals: Refusal[] = []
  if (!guard.keeperAllowed) {
    refusals.push({ code: 'missing_role', reason: 'The signer is no keeper of the Guard.' })
  }
  if (guard.frozen) refusals.push({ code: 'frozen', reason: 'The Guard is frozen.' })
  return refusals
}

/** What stands against any plan at this block, whatever it moves. */
export function checkGates(input: CheckInput): Refusal[] {
  const { market, observation, settings } = input
  const refusals = [...checkAccess(input), ...checkFee(input)]
  observation.venues.forEach(({ name, memory }, j) => {
    // A venue that can't be read, or is not the policy's to move, keeps what it has and blocks nobody.
    const { status, unsteered } = market.venues[j] ?? {}
    if (status !== 'ok' || unsteered || memory.count >= settings.minObservedSlots) return
    refusals.push({
      code: 'observation_incomplete',
      reason: `${name} was observed in ${memory.count} slots of at least ${settings.minObservedSlots}.`,
      venue: name,
    })
  })
  return refusals
}

/** Gas above the ceiling. */
export function checkFee({ market, settings }: Pick<CheckInput, 'market' | 'settings'>): Refusal[] {
  const fee = market.block.baseFeePerGas + settings.maxPriorityFeePerGas
  if (fee <= settings.maxFeePerGas) return []
  const reason = `Base fee and tip of ${gwei(fee)} gwei exceed the ceiling of ${gwei(settings.maxFeePerGas)} gwei.`
  return [{ code: 'fee_ceiling', reason }]
}

/**
 * What else stands in the way where a plan did not even come to legs: so that a person hears it now, and not once the
 * first reason is gone.
 */
export function checkWithoutLegs(input: CheckInput): Refusal[] {
  const { vault } = input
  const budget = (vault.totalAssets * BigInt(vault.guard.limits.lossBudgetPerDayBps)) / 10_000n
  // A vault too small for any budget has used up none.
  return [...(budget < roundingPerLeg ? [] : checkLossBudget(input, 1)), ...checkCooldown(input)]
}

/** Why a policy has nothing to move: it holds, no venue is ready for it, or caps leave no room for what is idle. */
export function whyHold({ market, vault, observation }: CheckInput): Refusal[] {
  const ready = observation.venues.filter(({ stale }) => !stale)
  if (ready.length > 0) {
    const placed = observation.venues.reduce((total, { ownSteps }) => total + ownSteps, 0)
    const full = placed < observation.gridSteps && ready.every(({ capSteps, ownSteps }) => capSteps <= ownSteps)
    if (!full) return [{ code: 'hold', reason: 'The policy asks for what is held.' }]
    return market.venues.flatMap(({ ref, cap, closed }, j): Refusal[] => {
      if (observation.venues[j]?.stale !== false) return []
      if (closed !== undefined) return [closedVenue(ref.name, closed)]
      const reason = `There is no room for a step of the grid in ${ref.name}; the vault's cap on it is ${amounts(vault.assetDecimals)(cap)}.`
      return [{ code: 'venue_cap', reason, venue: ref.name }]
    })
  }
  return observation.venues.map(({ name, memory }, j): Refusal => {
    const { status, closed, unsteered, staleReason = 'unknown' } = market.venues[j] ?? {}
    if (closed === 'quarantined') return closedVenue(name, closed)
    if (unsteered && status === 'ok') {
      return { code: 'hold', reason: `${name} earns no rate, so the policy leaves it as it is.`, venue: name }
    }
    return status === 'ok'
      ? {
          code: 'observation_incomplete',
          reason: `${name} has too little or too old a history: ${memory.count} observed slots, the last one ${memory.slot}.`,
          venue: name,
        }
      : { code: 'stale_venue', reason: `${name} could not be read: ${staleReason}.`, venue: name }
  })
}

/** What a bucket of the Guard does not admit: the two bounds under which a smaller step may still go through. */
export function checkBuckets(input: Pick<CheckInput, 'market' | 'vault'>, moves: Moves): Refusal[] {
  const { market, vault } = input
  const refusals: Refusal[] = []
  if (sum(moves.deposited) === 0n) return refusals
  const amount = amounts(vault.assetDecimals)
  const { withdrawn, settled } = turnoverOf(input, moves)
  if (withdrawn + settled > vault.guard.turnoverAvailable) {
    const back = settled === 0n ? '' : ` and puts back ${amount(settled)} that earlier plans took out`
    refusals.push({
      code: 'turnover_exhausted',
      reason: `The plan takes ${amount(withdrawn)} out of venues${back}; the turnover bucket holds ${amount(vault.guard.turnoverAvailable)}.`,
    })
  }
  market.venues.forEach(({ ref }, j) => {
    const into = moves.deposited[j] ?? 0n
    const available = vault.guard.inflowAvailable[j] ?? 0n
    if (into <= available) return
    refusals.push({
      code: 'inflow_exhausted',
      reason: `The plan puts ${amount(into)} into ${ref.name}; its inflow bucket holds ${amount(available)}.`,
      venue: ref.name,
    })
  })
  return refusals
}

/**
 * Seconds until the buckets could admit all of `moves`, or hold all that they ever do; 0 where waiting brings nothing. A
 * bucket refills within a day of what was drawn from it last.
 */
export function secondsToFullStep({ market, vault, now }: CheckInput, moves: Moves): bigint {
  const { guard, totalAssets } = vault
  const wholeRefill = max(0n, guard.lastRebalanceAt + day - max(now, market.block.timestamp))
  const inflowShort = market.venues.some((_, j) => (moves.deposited[j] ?? 0n) > (guard.inflowAvailable[j] ?? 0n))
  const capacity = (totalAssets * BigInt(guard.limits.turnoverPerDayBps)) / 10_000n
  if (inflowShort || capacity === 0n) return wholeRefill
  const { withdrawn, settled } = turnoverOf({ market, vault }, moves)
  const missing = min(withdrawn + settled, capacity) - guard.turnoverAvailable
  return min(wholeRefill, ceilDiv(max(0n, missing) * day, capacity))
}

/** What venues, caps and the other bounds of the Guard do not admit. */
export function checkMoves(input: Omit<CheckInput, 'observation'>, moves: Moves): Refusal[] {
  const { market, vault } = input
  const { guard } = vault
  const amount = amounts(vault.assetDecimals)
  const refusals: Refusal[] = []
  market.venues.forEach((venue, j) => {
    const { name } = venue.ref
    const out = moves.withdrawn[j] ?? 0n
    if (out > venue.withdrawable) {
      refusals.push({
        code: 'liquidity',
        reason: `The plan takes ${amount(out)} out of ${name}, which can pay ${amount(venue.withdrawable)} now.`,
        venue: name,
      })
    }
    const into = moves.deposited[j] ?? 0n
    if (into > 0n && venue.closed !== undefined) {
      refusals.push(closedVenue(name, venue.closed))
    } else if (into > venue.depositable) {
      refusals.push({
        code: 'venue_cap',
        reason: `The plan puts ${amount(into)} into ${name}, which accepts ${amount(venue.depositable)} now.`,
        venue: name,
      })
    }
  })

  refusals.push(...checkLossBudget(input, moves.legs.length))
  // A plan that only withdraws is held up by neither cooldown nor floor (contracts/Guard.sol).
  if (sum(moves.deposited) === 0n) return refusals

  refusals.push(...checkCooldown(input))
  const floor = ceilDiv(vault.totalAssets * BigInt(guard.limits.liquidFloorBps), 10_000n)
  const liquid = liquidAfter(input, moves)
  // What the queue waits for is not the plan's to tie up; where it is not there, no plan is to blame.
  const due = min(floor + vault.queuedAssets, vault.liquid)
  if (liquid < floor || liquid < due) {
    const queued = vault.queuedAssets === 0n ? '' : `, and ${amount(vault.queuedAssets)} wait in the redeem queue`
    refusals.push({
      code: 'liquid_floor',
      reason: `After the plan ${amount(liquid)} could be paid out at once; the liquid floor is ${amount(floor)}${queued}.`,
    })
  }
  return refusals
}

/** Nothing may go into a venue, whatever its caps say. */
export function closedVenue(name: string, closed: 'retired' | 'quarantined'): Refusal {
  return { code: 'venue_closed', reason: `${name} is ${closed}: nothing may go in.`, venue: name }
}

function checkLossBudget(input: Pick<CheckInput, 'vault' | 'settings'>, legs: number): Refusal[] {
  const rounding = roundingPerLeg * BigInt(legs)
  const budget = lossAllowed(input)
  if (rounding <= budget) return []
  const reason = `Rounding may take ${rounding} asset units; the loss budget leaves ${budget}.`
  return [{ code: 'loss_budget_exhausted', reason }]
}

function checkCooldown({ market, vault: { guard }, now }: Pick<CheckInput, 'market' | 'vault' | 'now'>): Refusal[] {
  const landing = max(now, market.block.timestamp)
  const readyAt = guard.lastRebalanceAt + BigInt(guard.limits.cooldownSeconds)
  if (landing >= readyAt) return []
  return [{ code: 'cooldown', reason: `The cooldown lasts ${readyAt - landing} s more.` }]
}

/** Asset units that this plan may lose: the settings' bound, the Guard's per plan, and what the budget still holds. */
export function lossAllowed({ vault, settings }: Pick<CheckInput, 'vault' | 'settings'>): bigint {
  const share = (bps: number): bigint => (vault.totalAssets * BigInt(bps)) / 10_000n
  return min(min(share(settings.maxLossBps), share(vault.guard.limits.maxLossPerPlanBps)), vault.guard.lossAvailable)
}

/** Idle asset, and what the exit list could pull, once the moves are made. */
function liquidAfter({ vault }: Pick<CheckInput, 'vault'>, moves: Moves): bigint {
  const toIdle = sum(moves.withdrawn) - sum(moves.deposited)
  const toExits = vault.exits.map((exit, j) => (exit ? (moves.deposited[j] ?? 0n) - (moves.withdrawn[j] ?? 0n) : 0n))
  return vault.liquid + toIdle + sum(toExits)
}

/**
 * What a plan that deposits draws from the turnover bucket, as the Guard reckons it (contracts/Guard.sol): what it takes
 * out of venues, and of its deposits beyond that as much as earlier plans left owed.
 *
 * The Guard counts what really comes out, and a whole position is a little larger when the plan lands.
 */
function turnoverOf(
  { market, vault }: Pick<CheckInput, 'market' | 'vault'>,
  moves: Moves,
): { withdrawn: bigint; settled: bigint } {
  const withdrawn = sum(
    moves.withdrawn.map((out, j) => (out > 0n && out === market.venues[j]?.assets ? out + ceilDiv(out, 10_000n) : out)),
  )
  return { withdrawn, settled: min(vault.guard.turnoverOwed, max(0n, sum(moves.deposited) - withdrawn)) }
}

function amounts(decimals: number): (assets: bigint) => string {
  return (assets) => formatUnits(assets, decimals)
}

function gwei(wei: bigint): string {
  return formatUnits(wei, 9)
}
