import { integerOutOfRange, observationLength } from '../errors/observe.ts'
import { specification } from '../policy/specification.ts'
import type { Observation } from './observation.ts'

const { laneBits, offset, lanesMax } = specification.observation.packing
const { venuesPerWord, venueBits } = specification.allocation.scorePacking
const scoreCount = specification.architecture.scores
const lane = BigInt(laneBits)
const mask = (1n << lane) - 1n

/**
 * Packs 13-bit signed integers into one word: v + 4096, the first value in the lowest bits; an absent lane is 0.
 *
 * Raises OBSERVATION_LENGTH above 19 values, INTEGER_OUT_OF_RANGE. Source: docs/policy-spec.md section 4.
 */
export function packValues(values: readonly number[]): bigint {
  if (values.length > lanesMax) throw observationLength('values in a word', lanesMax, values.length)
  let word = 0n
  values.forEach((value, i) => {
    if (!Number.isInteger(value) || value < -offset || value >= offset) {
      throw integerOutOfRange('A packed value', value, -offset, offset - 1)
    }
    word |= BigInt(value + offset) << (lane * BigInt(i))
  })
  return word
}

/** The first `count` values of a word; the inverse of `packValues`. */
export function unpackValues(word: bigint, count: number): number[] {
  return Array.from({ length: count }, (_, i) => Number((word >> (lane * BigInt(i))) & mask) - offset)
}

/** One word per venue in venue order, and the word of the global features. */
export function packObservation(
  observation: Pick<Observation, 'globalFeatures'> & {
    venues: readonly { features: readonly number[] }[]
  },
): { venueWords: bigint[]; globalWord: bigint } {
  return {
    venueWords: observation.venues.map((venue) => packValues(venue.features)),
    globalWord: packValues(observation.globalFeatures),
  }
}

/** Scores `[venue][8]` as words of two venues each, the first venue in the lowest 104 bits. */
export function packScores(scores: readonly (readonly number[])[]): bigint[] {
  const words: bigint[] = []
  scores.forEach((row, j) => {
    if (row.length !== scoreCount) throw observationLength('scores of a venue', scoreCount, row.length)
    const at = Math.floor(j / venuesPerWord)
    words[at] = (words[at] ?? 0n) | (packValues(row) << BigInt(venueBits * (j % venuesPerWord)))
  })
  return words
}

/** Scores of `venues` venues from their words; the inverse of `packScores`. Raises OBSERVATION_LENGTH. */
export function unpackScores(words: readonly bigint[], venues: number): number[][] {
  const expected = Math.ceil(venues / venuesPerWord)
  if (words.length !== expected) throw observationLength('score words', expected, words.length)
  return Array.from({ length: venues }, (_, j) =>
    unpackValues((words[Math.floor(j / venuesPerWord)] ?? 0n) >> BigInt(venueBits * (j % venuesPerWord)), scoreCount),
  )
}
