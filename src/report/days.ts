/** What a day brought: its beginning in Unix seconds (UTC), its sum, and how many steps it has. */
export type Day = { start: number; sum: number; steps: number }

const daySeconds = 86_400

/** Sums of a series by UTC day, in order. Where a step is longer than a day, each step is one. */
export function daysOf(time: Float64Array, series: Float64Array): Day[] {
  const days: Day[] = []
  for (const [t, value] of series.entries()) {
    const start = Math.floor((time[t] as number) / daySeconds) * daySeconds
    const last = days.at(-1)
    if (last?.start === start) {
      last.sum += value
      last.steps += 1
    } else {
      days.push({ start, sum: value, steps: 1 })
    }
  }
  return days
}

/** The days that weigh most, by what `weigh` makes of their sum; the heaviest first, equal ones by time. */
export function heaviestDays(days: readonly Day[], count: number, weigh: (sum: number) => number = Math.abs): Day[] {
  return [...days].sort((a, b) => weigh(b.sum) - weigh(a.sum) || a.start - b.start).slice(0, count)
}

/** Sum and number of steps of what is left of a series without some of its days. */
export function withoutDays(days: readonly Day[], left: readonly Day[]): { sum: number; steps: number } {
  const out = new Set(left.map(({ start }) => start))
  const rest = days.filter(({ start }) => !out.has(start))
  return {
    sum: rest.reduce((sum, day) => sum + day.sum, 0),
    steps: rest.reduce((sum, day) => sum + day.steps, 0),
  }
}
