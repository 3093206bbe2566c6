import { curveFactor } from '../observe/curve-factor.ts'
import type { Observation } from '../observe/observation.ts'
import { wholeUnitsQ6 } from '../observe/whole-units.ts'
import { clamp } from '../policy/integer-math.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import { specification } from '../policy/specification.ts'
import { horizonSlotsQ4 } from './allocation-rule.ts'
import { floorDiv, max, min } from './integers.ts'
import type { PlanInput } from './plan-input.ts'

const secondsPerYear = 31_536_000n
const { scores: bounds, rateMaxE9, horizonSlotsQ4: horizonAtZeroQ4 } = specification.allocation

/**
 * Time over which a move of this decision must pay for itself; seconds. Scores set a horizon of their own: that of the
 * settings is what scores of zero stand for, and others scale it.
 */
export function horizonSeconds({ decision, settings }: Pick<PlanInput, 'decision' | 'settings'>): number {
  if (decision.kind !== 'scores') return settings.horizonSeconds
  return Math.max(1, Math.floor((settings.horizonSeconds * horizonSlotsQ4(decision.scores)) / horizonAtZeroQ4))
}

/**
 * The supply APR that a decision counts on at a venue before its own impact, 1e9 = 100 %: the mix of half-lives and the
 * correction of the scores (docs/policy-spec.md section 6); for other decisions the 72-slot average, as with scores of
 * zero.
 */
function expectedRateE9(observation: Observation, decision: PolicyDecision, venue: number): bigint {
  const seen = observation.venues[venue]
  if (seen === undefined) return 0n
  const scores = decision.kind === 'scores' ? (decision.scores[venue] ?? []) : []
  const score = (index: number): bigint => {
    const { min: low = 0, max: high = 0 } = bounds[index] ?? {}
    return BigInt(clamp(scores[index] ?? 0, low, high))
  }
  const [e6, e24, e72, e168, e504] = seen.memory.averagesQ8.map((average) => average >> 8n) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const [rate, d6, d24, d168, d504] = [score(0), score(1), score(2), score(3), score(4)]
  const mix = (e72 * (1024n - d6 - d24 - d168 - d504) + d6 * e6 + d24 * e24 + d168 * e168 + d504 * e504) >> 10n
  return (max(0n, min(mix, BigInt(rateMaxE9))) * (1024n + rate)) >> 10n
}

/** Rate of a venue with the vault holding `assets` there, 1e9 = 100 %; own impact included. */
export function rateAtE9(
  observation: Observation,
  decision: PolicyDecision,
  venue: number,
  assets: bigint,
  assetDecimals: number,
): bigint {
  const seen = observation.venues[venue]
  if (seen === undefined) return 0n
  // The factor at any position: one step of a grid that is as large as the position.
  const factorQ16 = curveFactor(seen.curve, seen.memory, wholeUnitsQ6(assets, assetDecimals), 1)(1)
  return (expectedRateE9(observation, decision, venue) * factorQ16) >> 16n
}

/**
 * Gain in asset units over the horizon from standing at (`assetsAfter`, `rateAfterE9`) instead of (`assetsBefore`,
 * `rateBeforeE9`), floored.
 */
export function gainOverHorizon(
  assetsBefore: bigint,
  rateBeforeE9: bigint,
  assetsAfter: bigint,
  rateAfterE9: bigint,
  horizonSeconds: number,
): bigint {
  return floorDiv(
    (assetsAfter * rateAfterE9 - assetsBefore * rateBeforeE9) * BigInt(horizonSeconds),
    10n ** 9n * secondsPerYear,
  )
}
