/**
 * Places positions on the grid: `round(sum · steps / capital)` steps are shared out by largest remainder, the earlier
 * venue first among equals.
 *
 * @param positionsQ6 whole asset units in Q6; their sum is at most `capitalQ6`.
 * @returns steps per venue, with a sum of at most `gridSteps`.
 *
 * Source: docs/policy-spec.md section 6.
 */
export function gridPlaces(positionsQ6: readonly bigint[], capitalQ6: bigint, gridSteps: number): number[] {
  if (capitalQ6 <= 0n) return positionsQ6.map(() => 0)
  const steps = BigInt(gridSteps)
  const sum = positionsQ6.reduce((total, position) => total + position, 0n)
  const places = positionsQ6.map((position) => Number((position * steps) / capitalQ6))
  const remainders = positionsQ6.map((position) => (position * steps) % capitalQ6)
  let left = Number((2n * sum * steps + capitalQ6) / (2n * capitalQ6)) - places.reduce((total, k) => total + k, 0)
  while (left > 0) {
    let best = 0
    for (let j = 1; j < remainders.length; j += 1) {
      if ((remainders[j] ?? -1n) > (remainders[best] ?? -1n)) best = j
    }
    places[best] = (places[best] ?? 0) + 1
    remainders[best] = -1n
    left -= 1
  }
  return places
}
