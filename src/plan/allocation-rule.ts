import { integerOutOfRange, observationLength, venueCountUnsupported } from '../errors/observe.ts'
import { curveFactor } from '../observe/curve-factor.ts'
import type { Observation, VenueObservation } from '../observe/observation.ts'
import { clamp, exp2Q10 } from '../policy/integer-math.ts'
import { specification } from '../policy/specification.ts'

const { allocation, architecture, observation: limits } = specification
const rateMaxE9 = BigInt(allocation.rateMaxE9)
const valueScale = BigInt(allocation.valueScale)
const poolScale = 2 ** architecture.poolShift

/** What the rule reads of an observation. */
export type RuleObservation = Pick<Observation, 'capitalQ6' | 'gridSteps' | 'gasPerLegE12'> & {
  venues: readonly Pick<VenueObservation, 'memory' | 'curve' | 'ownSteps' | 'capSteps' | 'stale'>[]
}

export type AllocateOptions = {
  /** Largest change of one venue, in steps. @default gridSteps */
  maxStep?: number
  /**
   * Most steps that may leave venues altogether. Where the best point takes out more, the largest step is halved until it
   * does not; at zero everything stays. @default no bound
   */
  maxOutSteps?: number
}

/**
 * Steps of the grid that each venue should hold: the exact best point under the caps, by max-plus convolution. Where
 * nothing beats holding, the steps that are held.
 *
 * @param scores `[venue][8]` as the network gives them; all zero is the rule itself.
 *
 * Raises OBSERVATION_LENGTH, OBSERVATION_VENUE_COUNT, INTEGER_OUT_OF_RANGE. Source: docs/policy-spec.md section 6.
 */
export function allocate(
  observation: RuleObservation,
  scores: readonly (readonly number[])[],
  options: AllocateOptions = {},
): number[] {
  const own = observation.venues.map((venue) => venue.ownSteps)
  const values = valueTable(observation, scores)
  if (observation.capitalQ6 === 0n) return own
  let maxStep = options.maxStep ?? observation.gridSteps
  while (maxStep > 0) {
    const best = bestPoint(observation, values, maxStep)
    const out = best.reduce((sum, k, j) => sum + Math.max(0, (own[j] ?? 0) - k), 0)
    if (options.maxOutSteps === undefined || out <= options.maxOutSteps) return best
    maxStep >>= 1
  }
  return own
}

/**
 * What each venue is worth at each number of steps, over the horizon and net of its leg's gas, in 1e-12 of the capital:
 * `[venue][0…gridSteps]`. Raises as `allocate` does.
 */
export function valueTable(observation: RuleObservation, scores: readonly (readonly number[])[]): number[][] {
  const { venues, gridSteps, capitalQ6, gasPerLegE12 } = observation
  const { venuesMin, venuesMax } = limits.time
  if (venues.length < venuesMin || venues.length > venuesMax) {
    throw venueCountUnsupported(venues.length, venuesMin, venuesMax)
  }
  if (scores.length !== venues.length) throw observationLength('score rows', venues.length, scores.length)
  const horizonQ4 = BigInt(horizonSlotsQ4(scores))
  const perStep = horizonQ4 * valueScale
  const divisor = BigInt(gridSteps * allocation.slotsPerYear * 16)
  return venues.map(({ memory, curve, ownSteps }, j) => {
    const [c, d6, d24, d168, d504, , b] = readScores(scores[j] ?? [])
    const [e6, e24, e72, e168, e504] = memory.averagesQ8.map((average) => average >> 8n) as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ]
    const mixed = (e72 * (1024n - d6 - d24 - d168 - d504) + d6 * e6 + d24 * e24 + d168 * e168 + d504 * e504) >> 10n
    const mix = mixed < 0n ? 0n : mixed > rateMaxE9 ? rateMaxE9 : mixed
    const corrected = (mix * (1024n + c)) >> 10n
    const factor = curveFactor(curve, memory, capitalQ6, gridSteps)
    const leg = Number((gasPerLegE12 * (1024n + b)) >> 10n)
    return Array.from({ length: gridSteps + 1 }, (_, k) => {
      const rateE9 = (corrected * factor(k)) >> 16n
      return Number((rateE9 * BigInt(k) * perStep) / divisor) - (k === ownSteps ? 0 : leg)
    })
  })
}

/** Slots over which a move must pay, Q4: 168 slots times 2 to the mean of the horizon scores. */
export function horizonSlotsQ4(scores: readonly (readonly number[])[]): number {
  const at = allocation.scores.findIndex(({ symbol }) => symbol === 'h')
  const { min, max } = allocation.scores[at] ?? { min: 0, max: 0 }
  const sum = scores.reduce((total, row) => total + checkScore(row[at] ?? Number.NaN), 0)
  const mean = Math.floor((sum * (architecture.recip[scores.length - 1] ?? 0)) / poolScale)
  const power = exp2Q10(clamp(mean, min, max), allocation.exp2.constantsQ30)
  return Math.floor((allocation.horizonSlotsQ4 * power) / 65536)
}

function bestPoint({ venues, gridSteps }: RuleObservation, values: readonly number[][], maxStep: number): number[] {
  const width = gridSteps + 1
  let best = new Array<number>(width).fill(0)
  const choices: number[][] = []
  venues.forEach(({ ownSteps, capSteps, stale }, j) => {
    const value = values[j] ?? []
    const low = stale ? ownSteps : Math.max(0, ownSteps - maxStep)
    const high = stale ? ownSteps : Math.min(gridSteps, Math.max(ownSteps, capSteps), ownSteps + maxStep)
    const next = new Array<number>(width).fill(Number.NEGATIVE_INFINITY)
    const choice = new Array<number>(width).fill(0)
    for (let t = low; t < width; t += 1) {
      let top = Number.NEGATIVE_INFINITY
      let chosen = 0
      if (ownSteps <= t) {
        top = (best[t - ownSteps] ?? 0) + (value[ownSteps] ?? 0)
        chosen = ownSteps
      }
      for (let k = low; k <= Math.min(high, t); k += 1) {
        const candidate = (best[t - k] ?? 0) + (value[k] ?? 0)
        if (candidate > top) {
          top = candidate
          chosen = k
        }
      }
      next[t] = top
      choice[t] = chosen
    }
    best = next
    choices.push(choice)
  })
  const hold = venues.reduce((sum, { ownSteps }, j) => sum + (values[j]?.[ownSteps] ?? 0), 0)
  if ((best[gridSteps] ?? 0) <= hold) return venues.map((venue) => venue.ownSteps)
  const result = new Array<number>(venues.length).fill(0)
  let left = gridSteps
  for (let j = venues.length - 1; j >= 0; j -= 1) {
    const k = choices[j]?.[left] ?? 0
    result[j] = k
    left -= k
  }
  return result
}

function readScores(row: readonly number[]): [bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint] {
  if (row.length !== allocation.scores.length) {
    throw observationLength('scores of a venue', allocation.scores.length, row.length)
  }
  return allocation.scores.map(({ min, max }, i) => BigInt(clamp(checkScore(row[i] ?? Number.NaN), min, max))) as [
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
    bigint,
  ]
}

function checkScore(value: number): number {
  const { scoreMin, scoreMax } = architecture
  if (!Number.isInteger(value) || value < scoreMin || value > scoreMax) {
    throw integerOutOfRange('A score', value, scoreMin, scoreMax)
  }
  return value
}
