import type { PolicyDecision } from '../policy/policy.ts'

/**
 * Says what is wrong with a policy's answer, or null. A network is not trusted: NaN, infinities, fractions and vectors
 * of another length than the vault's venues end here.
 */
export function checkDecision(decision: PolicyDecision, venueCount: number): string | null {
  if (decision.kind === 'hold') return null
  if (decision.kind === 'weights') {
    const { weightsBps } = decision
    if (weightsBps.length !== venueCount) return `${weightsBps.length} weights for ${venueCount} venues`
    const wrong = weightsBps.findIndex((weight) => !Number.isInteger(weight) || weight < 0)
    if (wrong >= 0) return `weight ${wrong} is ${weightsBps[wrong]}, not a whole number of basis points`
    const sum = weightsBps.reduce((total, weight) => total + weight, 0)
    return sum <= 10_000 ? null : `the weights add up to ${sum} basis points`
  }
  const { scores } = decision
  if (scores.length !== venueCount) return `scores for ${scores.length} venues, the vault has ${venueCount}`
  const width = scores[0]?.length ?? 0
  for (const [venue, row] of scores.entries()) {
    if (row.length !== width || width === 0) return `venue ${venue} has ${row.length} scores, venue 0 has ${width}`
    const wrong = row.findIndex((score) => !Number.isSafeInteger(score))
    if (wrong >= 0) return `score ${wrong} of venue ${venue} is ${row[wrong]}, not an integer`
  }
  return null
}
