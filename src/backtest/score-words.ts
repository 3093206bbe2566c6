import { horizonSlotsQ4 } from '../plan/allocation-rule.ts'
import { specification } from '../policy/specification.ts'

const { allocation } = specification
const shownVenues = 3

/**
 * What the scores of a network tell the allocation rule, in words: how far they correct the smoothed rate of a venue, how
 * much dearer or cheaper they make its leg, and the time within which a move must pay for itself.
 */
export function scoreWords(scores: readonly (readonly number[])[], venues: readonly string[]): string {
  if (scores.every((row) => row.every((score) => score === 0))) return 'no correction: the allocation rule by itself'
  const rates = correctionsOf('c', scores, venues)
  const legs = correctionsOf('b', scores, venues)
  return [
    ...(rates === '' ? [] : [`smoothed rates corrected, ${rates}`]),
    ...(legs === '' ? [] : [`gas of a leg counted, ${legs}`]),
    `a move must pay for itself within ${Math.round(horizonSlotsQ4(scores) / 16)} h`,
  ].join('; ')
}

/** `aave +4 %, comet −2 %`: the largest corrections by one kind of score; nothing where all are below half a percent. */
function correctionsOf(symbol: string, scores: readonly (readonly number[])[], venues: readonly string[]): string {
  const at = allocation.scores.findIndex((one) => one.symbol === symbol)
  const { min, max } = allocation.scores[at] ?? { min: 0, max: 0 }
  return scores
    .map((row, j) => ({
      name: venues[j] ?? `venue ${j}`,
      percent: (100 * Math.min(max, Math.max(min, row[at] ?? 0))) / 1024,
    }))
    .filter(({ percent }) => Math.abs(percent) >= 0.5)
    .sort((a, b) => Math.abs(b.percent) - Math.abs(a.percent))
    .slice(0, shownVenues)
    .map(({ name, percent }) => `${name} ${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(0)} %`)
    .join(', ')
}
