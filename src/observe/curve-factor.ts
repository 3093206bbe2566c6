import { specification } from '../policy/specification.ts'
import type { RateCurve } from '../venues/venue.ts'
import type { VenueMemory } from './observation.ts'

const one = 65536n
const rateMax = BigInt(specification.observation.curve.rateMaxE9)
const factorMax = BigInt(specification.observation.curve.factorMaxQ16)

/** Sizes over which the rate's own average ran, whole asset units in Q6. */
export type CurveSizes = Pick<VenueMemory, 'supply72Q6' | 'borrow72Q6' | 'own72Q6'>

/**
 * Function of a number of grid steps k that gives, in Q16, by how much the averaged supply rate of a venue changes when
 * the vault holds k of `gridSteps` steps of its capital there. It never rises with k.
 *
 * @param capitalQ6 capital on the grid, whole asset units in Q6.
 *
 * Source: docs/policy-spec.md section 3.
 */
export function curveFactor(
  curve: RateCurve,
  sizes: CurveSizes,
  capitalQ6: bigint,
  gridSteps: number,
): (k: number) => bigint {
  if (curve.mode === 'none') return () => one
  const { supply72Q6, borrow72Q6, own72Q6 } = sizes
  const borrowed = borrow72Q6 * one
  const others = supply72Q6 > own72Q6 ? supply72Q6 - own72Q6 : 0n
  const now = supplyRate(curve, ratio(borrowed, supply72Q6))
  if (now === 0n) return () => one
  const steps = BigInt(gridSteps)
  return (k) => {
    const then = supplyRate(curve, ratio(borrowed, others + (capitalQ6 * BigInt(k)) / steps))
    return min((then * one) / now, factorMax)
  }
}

/** `min(65536, borrow · 65536 / max(supply, 1))`. */
export function utilisationQ16(borrow: bigint, supply: bigint): bigint {
  return ratio(borrow * one, supply)
}

/** Kink of a curve inside what the specification allows. */
export function kinkQ16(curve: RateCurve): bigint {
  return min(BigInt(curve.kinkQ16), one)
}

/** A curve that falls is taken as flat there, so that more supply never raises the rate. */
function supplyRate(curve: RateCurve, utilisation: bigint): bigint {
  const kink = kinkQ16(curve)
  const rate0 = min(curve.rate0E9, rateMax)
  const rateKink = max(min(curve.rateKinkE9, rateMax), rate0)
  const top = max(min(curve.rateMaxE9, rateMax), rateKink)
  const base =
    utilisation <= kink
      ? rate0 + ((rateKink - rate0) * utilisation) / max(kink, 1n)
      : rateKink + ((top - rateKink) * (utilisation - kink)) / (one - kink)
  return curve.mode === 'borrow' ? (base * utilisation) >> 16n : base
}

function ratio(numerator: bigint, supply: bigint): bigint {
  return min(numerator / max(supply, 1n), one)
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
