import { type Day, daysOf, heaviestDays, withoutDays } from './days.ts'
import type { RunRecord } from './run-record.ts'

const secondsPerYear = 31_536_000
const shownDays = 10

/** Results over a set of days: percent a year, and the share of the headroom, null where there is none. */
export type DaysResult = { netAprPct: number; bestStaticAprPct: number; leadPct: number; sharePct: number | null }

type DayThatMatters = {
  /** Unix seconds of its beginning, UTC. */
  start: number
  /** Shares of the capital: what the policy earned above the best static mix, and what each earned. */
  lead: number
  net: number
  bestStatic: number
  /** The venue that paid most on average without us, its mean rate, and what we held there on average. */
  best: { venue: number; apr: number; weight: number } | null
}

export type DaysThatMatter = {
  days: DayThatMatters[]
  all: DaysResult
  /** Without these days, and without the ten best of them all; null where nothing is left then. */
  without: DaysResult | null
  withoutBest: DaysResult | null
}

/** The ten UTC days on which policy and best static mix were furthest apart, either way, and the results without them. */
export function daysThatMatter({ head, steps }: RunRecord): DaysThatMatter {
  const { net, bestStatic, bound, time } = steps
  const leadOf = net.map((value, t) => value - (bestStatic[t] as number))
  const days = {
    lead: daysOf(time, leadOf),
    net: daysOf(time, net),
    bestStatic: daysOf(time, bestStatic),
    headroom: daysOf(
      time,
      bound.map((value, t) => value - (bestStatic[t] as number)),
    ),
  }
  const perYear = 100 * (secondsPerYear / head.settings.stepSeconds)
  const resultWithout = (left: readonly Day[]): DaysResult => {
    const rest = (all: readonly Day[]): number => withoutDays(all, left).sum
    const count = withoutDays(days.lead, left).steps
    const headroom = rest(days.headroom)
    return {
      netAprPct: (rest(days.net) / count) * perYear,
      bestStaticAprPct: (rest(days.bestStatic) / count) * perYear,
      leadPct: (rest(days.lead) / count) * perYear,
      sharePct: headroom > 0 ? (100 * rest(days.lead)) / headroom : null,
    }
  }
  const sumOn = (all: readonly Day[], start: number): number => all.find((day) => day.start === start)?.sum ?? 0
  const heaviest = heaviestDays(days.lead, shownDays)
  const isAll = heaviest.length === days.lead.length
  return {
    days: heaviest.map(({ start, sum }) => ({
      start,
      lead: sum,
      net: sumOn(days.net, start),
      bestStatic: sumOn(days.bestStatic, start),
      best: bestVenue(steps, start),
    })),
    all: resultWithout([]),
    without: isAll ? null : resultWithout(heaviest),
    withoutBest: isAll ? null : resultWithout(heaviestDays(days.lead, shownDays, (sum) => sum)),
  }
}

function bestVenue({ time, apr, weight }: RunRecord['steps'], start: number): DayThatMatters['best'] {
  const first = time.findIndex((at) => at >= start)
  let end = first
  while (end < time.length && (time[end] as number) < start + 86_400) end += 1
  let best: DayThatMatters['best'] = null
  for (const [venue, row] of apr.entries()) {
    let sum = 0
    let held = 0
    for (let t = first; t < end; t += 1) {
      sum += Number.isNaN(row[t] as number) ? 0 : (row[t] as number)
      held += weight[venue]?.[t] ?? 0
    }
    const mean = sum / (end - first)
    if (mean > (best?.apr ?? 0)) best = { venue, apr: mean, weight: held / (end - first) }
  }
  return best
}
