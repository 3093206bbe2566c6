/**
 * Puts events on a grid: the value of step t is that of the last row at or before `start + t * stepSeconds`; NaN before
 * the first row, and at and after `deadAfter` (Unix seconds). Rows are in order of time; of equal times the last stands.
 */
export function resample(
  timestamps: Float64Array,
  values: Float64Array,
  grid: { startSeconds: number; stepSeconds: number; steps: number },
  deadAfter = Number.POSITIVE_INFINITY,
): Float64Array {
  const { startSeconds, stepSeconds, steps } = grid
  const out = new Float64Array(steps).fill(Number.NaN)
  let next = 0
  let standing = Number.NaN
  for (let step = 0; step < steps; step += 1) {
    const time = startSeconds + step * stepSeconds
    if (time >= deadAfter) break
    while (next < timestamps.length && (timestamps[next] as number) <= time) {
      standing = values[next] as number
      next += 1
    }
    out[step] = standing
  }
  return out
}

const day = 86_400

/** A floating rate that repeats to the last digit over three rows or more, and for so long, is a feed that died. */
export const frozenFeed = { rows: 3, seconds: 3 * day }

/** Ten times the usual distance of two rows is no pause any more; three days at least, so that one weekend is not death. */
const patience = { gaps: 10, seconds: 3 * day }

/** Median distance between rows in seconds; undefined for fewer than two. */
export function medianGap(timestamps: Float64Array): number | undefined {
  if (timestamps.length < 2) return undefined
  const gaps = new Float64Array(timestamps.length - 1)
  for (let index = 0; index < gaps.length; index += 1) {
    gaps[index] = (timestamps[index + 1] as number) - (timestamps[index] as number)
  }
  return gaps.sort()[gaps.length >> 1]
}

/**
 * From when on a venue counts as dead, Unix seconds: its last row stands for three days or for ten times the median
 * distance of its rows, whichever is longer. A venue with one row only has no usual distance, and never dies.
 */
export function deathOf(timestamps: Float64Array): number {
  const last = timestamps.at(-1)
  const gap = medianGap(timestamps)
  if (last === undefined || gap === undefined) return Number.POSITIVE_INFINITY
  return last + Math.max(patience.seconds, patience.gaps * gap)
}
