import type { RunRecord } from '../run-record.ts'
import { html, type Markup } from './markup.ts'
import { basisPoints, dayText, fixed, fraction } from './numbers.ts'
import { linePath, stairs, sumPath } from './paths.ts'
import { across, plot, plotTop, type TimeAxis } from './plot.ts'
import { bucketCount, bucketed, bucketStart, cumulative, drawdownOf } from './reduce.ts'
import { placeOf, scaleOf, tickDigits, timeTicks } from './scale.ts'

const lineBuckets = 600
const areaBuckets = 400

/** The axis of a run; where windows follow each other, each beginning is a mark. */
export function timeAxis({ head }: Pick<RunRecord, 'head'>): TimeAxis {
  const { from, to } = head.settings
  const marks = head.report.windows.slice(1).map((window) => window.from)
  return { from, to, ticks: timeTicks(from, to), marks: marks.length > 60 ? [] : marks }
}

/** Share price of policy, best static mix and bound, from 1; interest is set aside, so returns are sums. */
export function sharePriceChart({ steps }: RunRecord, axis: TimeAxis): Markup {
  const count = bucketCount(steps.net.length, lineBuckets)
  const lines = [steps.bound, steps.bestStatic, steps.net].map((series) => bucketed(cumulative(series), count).last)
  const names = ['bound', 'static', 'policy']
  const all = lines.flatMap((line) => Array.from(line))
  const scale = scaleOf(1 + Math.min(0, ...all), 1 + Math.max(...all), 240)
  const last = (line: Float64Array | undefined): string => fixed(1 + (line?.at(-1) ?? 0), 4)
  return plot({
    label: `Share price, from 1.0000 to ${last(lines[2])} for the policy, ${last(lines[1])} for the best static mix, ${last(lines[0])} for the upper bound.`,
    scale,
    axis,
    text: (value) => fixed(value, Math.max(3, tickDigits(scale))),
    field: lines.map(
      (line, i) =>
        html`<path class="line ${names[i] ?? ''}" d="${sumPath(
          1,
          line.map((sum) => 1 + sum),
          scale,
        )}"/>`,
    ),
  })
}

/** What the policy is ahead of the best static mix, and what the bound is: basis points of the capital. */
export function leadChart({ steps }: RunRecord, axis: TimeAxis, heavyDays: readonly number[]): Markup {
  const count = bucketCount(steps.net.length, lineBuckets)
  const ahead = (series: Float64Array): Float64Array =>
    bucketed(cumulative(series.map((value, t) => 1e4 * (value - (steps.bestStatic[t] as number)))), count).last
  const [policy, bound] = [ahead(steps.net), ahead(steps.bound)]
  const all = [...policy, ...bound]
  const scale = scaleOf(Math.min(0, ...all), Math.max(...all), 150)
  const zero = (plotTop + placeOf(scale, 0)).toFixed(1)
  return plot({
    label: `Ahead of the best static mix at the end: the policy ${basisPoints(policy.at(-1) ?? 0, 1)}, the upper bound ${basisPoints(bound.at(-1) ?? 0, 1)} of the capital.`,
    scale,
    axis,
    text: (value) => basisPoints(value, tickDigits(scale)),
    field: html`<path class="line bound" d="${sumPath(0, bound, scale)}"/><path class="line policy" d="${sumPath(0, policy, scale)}"/>`,
    over: html`<line class="zero" x2="100%" y1="${zero}" y2="${zero}"/>${heavyDays.map(
      (start) =>
        html`<line class="heavy" x1="${across(axis, start + 43_200)}" x2="${across(axis, start + 43_200)}" y1="${plotTop + scale.height - 7}" y2="${plotTop + scale.height}"/>`,
    )}`,
  })
}

/** How far the share price stands below its highest so far, basis points. */
export function drawdownChart({ steps }: RunRecord, axis: TimeAxis): Markup {
  const count = bucketCount(steps.net.length, lineBuckets)
  const drawdown = drawdownOf(cumulative(steps.net)).map((value) => 1e4 * value)
  const lowest = bucketed(drawdown, count).low
  if (drawdown.every((value) => value === 0)) return html`<p class="note">None: it never fell.</p>`
  const deepest = drawdown.reduce((least, value, t) => (value < (drawdown[least] as number) ? t : least), 0)
  const scale = scaleOf(drawdown[deepest] as number, 0, 64, 2)
  const zero = new Float64Array(count)
  return plot({
    label: `Drawdown; the deepest is ${basisPoints(drawdown[deepest] as number)} on ${dayText(steps.time[deepest] as number)}.`,
    scale,
    axis,
    bare: true,
    text: (value) => basisPoints(value, tickDigits(scale)),
    field: html`<path class="drawdown" d="${stairs(lowest, zero, scale)}"/><path class="line loss" d="${linePath(lowest, scale)}"/>`,
  })
}

/** Shares of the capital by venue, one on the other; what is left to the top is idle. */
export function allocationChart({ steps, head }: RunRecord, axis: TimeAxis): Markup {
  const count = bucketCount(steps.net.length, areaBuckets)
  const scale = { low: 0, high: 1, height: 230, ticks: [0, 0.25, 0.5, 0.75, 1] }
  let bottom = new Float64Array(count)
  const areas = steps.weight.map((series, j) => {
    const base = bottom
    const top = bucketed(series, count).mean.map((mean, b) => Math.min(1, mean + (base[b] as number)))
    bottom = new Float64Array(top)
    return top.some((value, b) => value > (base[b] as number) + 1e-6)
      ? html`<path class="area v${j % 16}" d="${stairs(base, top, scale)}"/>`
      : ''
  })
  const held = head.venues.map(({ id }, j) => `${id} ${fraction(meanOf(steps.weight[j] as Float64Array), 0)}`)
  return plot({
    label: `Allocation over time; on average ${held.join(', ')}.`,
    scale,
    axis,
    text: (value) => fraction(value, 0),
    field: areas,
  })
}

/** Steps whose values the reader of the page can call up: the middle of each stretch. */
export function sampledSteps(rows: number, most = areaBuckets): number[] {
  const count = bucketCount(rows, most)
  return Array.from({ length: count }, (_, b) =>
    Math.floor((bucketStart(b, count, rows) + bucketStart(b + 1, count, rows) - 1) / 2),
  )
}

export function meanOf(series: Float64Array): number {
  let sum = 0
  let known = 0
  for (const value of series) {
    if (Number.isNaN(value)) continue
    sum += value
    known += 1
  }
  return known === 0 ? Number.NaN : sum / known
}
