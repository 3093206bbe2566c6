import type { MarketState } from '../market/market-state.ts'
import type { Observation } from '../observe/observation.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import type { VaultState } from '../vault/vault-state.ts'
import { allocate } from './allocation-rule.ts'
import { idleReserve } from './idle-reserve.ts'
import { max, min } from './integers.ts'
import type { Target } from './plan-legs.ts'
import type { PlanSettings } from './plan-settings.ts'

/** Parts into which a step of weights is cut when a bucket does not admit all of it. */
const parts = 16n

/**
 * What a decision asks for, the full step first and ever smaller ones after it.
 *
 * Only the Guard's buckets are a reason to take a smaller one. For scores a smaller step is the allocation rule solved
 * again with the largest step halved, as the rule itself does for turnover; for weights it is a part of the way.
 */
export function* targets(
  market: MarketState,
  observation: Observation,
  decision: PolicyDecision,
  assetDecimals: number,
): Generator<Target> {
  if (decision.kind === 'hold') return
  const capital = (observation.capitalQ6 * 10n ** BigInt(assetDecimals)) / 64n
  if (decision.kind === 'scores') {
    let previous: readonly number[] | undefined
    for (let maxStep = observation.gridSteps; maxStep > 0; maxStep >>= 1) {
      const steps = allocate(observation, decision.scores, { maxStep })
      if (previous !== undefined && steps.every((step, j) => step === previous?.[j])) continue
      previous = steps
      yield fromSteps(observation, steps, capital)
    }
    return
  }
  for (let part = parts; part > 0n; part--) yield fromWeights(market, observation, decision.weightsBps, capital, part)
}

/** Whether a target leaves every venue alone. */
export function isHold(target: Target): boolean {
  return target.assets.every((assets) => assets === null)
}

/**
 * Idle assets above the reserve, into the venue that lies furthest below its place on the grid: no step changes. None
 * where the rule leaves steps unplaced, for what is then idle is its choice.
 */
export function sweepTarget(
  market: MarketState,
  vault: VaultState,
  observation: Observation,
  { idleReserveBps }: Pick<PlanSettings, 'idleReserveBps'>,
): Target | undefined {
  const { venues, gridSteps, capitalQ6 } = observation
  if (venues.reduce((total, { ownSteps }) => total + ownSteps, 0) < gridSteps) return undefined
  const spare = vault.idle - idleReserve(vault, idleReserveBps)
  const capital = (capitalQ6 * 10n ** BigInt(vault.assetDecimals)) / 64n
  const gaps = market.venues.map(({ assets, cap, depositable }, j) => {
    const { ownSteps = 0, stale = true } = venues[j] ?? {}
    if (stale) return 0n
    const room = min(min(cap - cap / 10_000n - assets, depositable), vault.guard.inflowAvailable[j] ?? 0n)
    return max(0n, min((capital * BigInt(ownSteps)) / BigInt(gridSteps) - assets, room))
  })
  const widest = gaps.reduce((found, gap) => max(found, gap), 0n)
  const amount = min(widest, spare)
  if (amount <= 0n) return undefined
  const into = gaps.indexOf(widest)
  return {
    assets: market.venues.map(({ assets }, j) => (j === into ? assets + amount : null)),
    fullyInvested: false,
  }
}

function fromSteps(observation: Observation, steps: readonly number[], capital: bigint): Target {
  const grid = BigInt(observation.gridSteps)
  return {
    assets: observation.venues.map((venue, j) => {
      const step = steps[j] ?? venue.ownSteps
      return step === venue.ownSteps ? null : (capital * BigInt(step)) / grid
    }),
    fullyInvested: steps.reduce((total, step) => total + step, 0) >= observation.gridSteps,
  }
}

function fromWeights(
  market: MarketState,
  observation: Observation,
  weightsBps: readonly number[],
  capital: bigint,
  part: bigint,
): Target {
  return {
    assets: observation.venues.map((venue, j) => {
      const state = market.venues[j]
      const weight = weightsBps[j]
      if (venue.stale || state === undefined || weight === undefined) return null
      const asked = (capital * BigInt(weight)) / 10_000n
      return state.assets + ((asked - state.assets) * part) / parts
    }),
    fullyInvested: false,
  }
}
