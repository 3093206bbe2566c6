import { assumedCurve } from '../../market/venue-model.ts'
import type { RunRecord } from '../run-record.ts'
import { html, type Markup } from './markup.ts'
import { fraction, stepName } from './numbers.ts'
import { bandPath, linePath, stairs } from './paths.ts'
import { plot, plotTop, type TimeAxis } from './plot.ts'
import { bucketCount, bucketed, quantile } from './reduce.ts'
import { placeOf, type Scale, scaleOf, tickDigits } from './scale.ts'
import { meanOf } from './time-charts.ts'

const height = 92
/** Height of the strip that shows how much of the capital stands at the venue. */
const strip = 10

/** For each venue its rate and its utilisation against its kink, all on the same two scales. */
export function venueCharts(run: RunRecord, axis: TimeAxis): Markup[] {
  const { steps, head } = run
  const count = bucketCount(steps.time.length, head.venues.length > 8 ? 240 : 400)
  const usual = Math.max(...steps.apr.map((row) => known(quantile(row, 0.975), 0)))
  const rates = scaleOf(0, Math.max(usual * 1.1, 0.001), height, 3)
  const least = Math.min(...steps.used.map((row) => known(quantile(row, 0.01), 1)))
  const uses = scaleOf(Math.min(least, 0.75), 1, height, 3)
  return head.venues.map((venue, j) => {
    const rate = rateChart(run, j, axis, rates, count)
    const isUsed = (steps.used[j] as Float64Array).some((value) => !Number.isNaN(value))
    const without =
      venue.kind === 'exogenous' ? ' Its rate is set elsewhere: no utilisation.' : ' Its utilisation is not known.'
    return html`<article class="venue"><h4><svg class="swatch" aria-hidden="true"><rect class="v${j % 16}" width="12" height="12"/></svg>${venue.id} <span class="kind">${venue.kind}, ${venue.asset}</span></h4>
<p class="note">${rate.note}${isUsed ? '' : without}</p>
<div class="pair"><figure><figcaption>Supply APR</figcaption>${rate.picture}</figure>${isUsed ? html`<figure>${utilisationChart(run, j, axis, uses, count)}</figure>` : ''}</div></article>`
  })
}

function rateChart(
  { steps, head }: RunRecord,
  j: number,
  axis: TimeAxis,
  scale: Scale,
  count: number,
): { picture: Markup; note: Markup } {
  const apr = steps.apr[j] as Float64Array
  const weight = steps.weight[j] as Float64Array
  const { low, high, mean } = bucketed(apr, count)
  const highest = quantile(apr, 1)
  const cut = highest > scale.high ? `, off the scale at ${fraction(highest, 1)}` : ''
  const median = quantile(apr, 0.5)
  const [mass, earned] = apr.reduce(
    ([sum, income], _, t) => {
      const held = weight[t] as number
      const paid = known(steps.paid[j]?.[t], 0)
      return [sum + held, income + held * paid] as const
    },
    [0, 0] as readonly [number, number],
  )
  const held = meanOf(weight)
  const bar: Scale = { low: 0, high: 1, height: strip, ticks: [] }
  const shares = bucketed(weight, count).mean
  return {
    note: html`${Number.isNaN(median) ? 'No rate is known.' : `Paid ${fraction(median)} in the median ${stepName(head.settings.stepSeconds)}, ${fraction(highest)} at most.`} ${
      mass > 0 ? `Held ${fraction(held, 1)} of the capital on average, at ${fraction(earned / mass)}.` : 'Never held.'
    }`,
    picture: plot({
      label: `Supply APR of ${head.venues[j]?.id ?? ''}: median ${fraction(median)}, highest ${fraction(highest)}${cut}.`,
      scale,
      axis,
      text: (value) => (value === 0 ? '' : fraction(value, tickDigits(scale, 100))),
      field: html`<path class="band v${j % 16}" d="${bandPath(low, high, scale)}"/><path class="line v${j % 16}" d="${linePath(mean, scale)}"/><g transform="translate(0 ${height - strip})"><path class="held" d="${stairs(new Float64Array(count), shares, bar)}"/></g>`,
      ...(cut === ''
        ? {}
        : {
            over: html`<text class="tick far" x="100%" y="${plotTop - 4}" text-anchor="end">▲ to ${fraction(highest, 1)}</text>`,
          }),
    }),
  }
}

function utilisationChart({ steps, head }: RunRecord, j: number, axis: TimeAxis, scale: Scale, count: number): Markup {
  const used = steps.used[j] as Float64Array
  const venue = head.venues[j] as RunRecord['head']['venues'][number]
  const mean = meanOf(used)
  const buckets = bucketed(used, count)
  const kink = venue.kink ?? assumedCurve.kink
  const above =
    used.reduce((sum, value) => sum + (value > kink ? 1 : 0), 0) /
    used.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : 1), 0)
  const y = (plotTop + placeOf(scale, kink)).toFixed(1)
  const name = venue.kink === null ? `kink ${fraction(kink, 0)}, assumed` : `kink ${fraction(kink, 0)}`
  return html`<figcaption>Utilisation; above its kink ${fraction(above, 0)} of the time</figcaption>${plot({
    label: `Utilisation of ${venue.id}: ${fraction(mean, 0)} on average, above its kink of ${fraction(kink, 0)} in ${fraction(above, 0)} of all steps.`,
    scale,
    axis,
    text: (value) => fraction(value, 0),
    field: html`<path class="band v${j % 16}" d="${bandPath(buckets.low, buckets.high, scale)}"/><path class="line v${j % 16}" d="${linePath(buckets.mean, scale)}"/>`,
    over: html`<line class="kink" x2="100%" y1="${y}" y2="${y}"/><text class="tick kink-name" x="100%" y="${Number(y) - 3}" text-anchor="end">${name}</text>`,
  })}`
}

function known(value: number | undefined, otherwise: number): number {
  return value === undefined || Number.isNaN(value) ? otherwise : value
}
