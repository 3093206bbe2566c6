import type { RunRecord } from '../run-record.ts'
import { data, html, type Markup } from './markup.ts'
import { amount, basisPoints, fixed } from './numbers.ts'
import { plotTop } from './plot.ts'
import { cumulative } from './reduce.ts'
import { placeOf, scaleOf, tickDigits } from './scale.ts'

const kinds = [
  { key: 'gas', name: 'gas', what: 'of the transactions that moved something' },
  { key: 'swap', name: 'swaps', what: 'between assets' },
  {
    key: 'impact',
    name: 'own impact',
    what: 'what our deposit took off the rates that we were paid; the gross return has it inside',
  },
] as const

const height = 150
const secondsPerYear = 31_536_000

type Span = { label: string; from: number; to: number }

/** Costs by kind: a bar for each month, week or day, and their totals. */
export function costs({ steps, head }: RunRecord): Markup {
  const { capital } = head.report
  const { asset, stepSeconds } = head.settings
  const perYear = (100 * secondsPerYear) / (steps.time.length * stepSeconds)
  const totals = kinds.map(({ key }) => cumulative(steps[key]).at(-1) ?? 0)
  return html`${bars(steps)}
<div class="scroll"><table class="costs"><thead><tr><th scope="col">cost</th><th scope="col" class="n">${asset}</th><th scope="col" class="n">points a year</th><th scope="col" class="wide">what it is</th></tr></thead><tbody>
${kinds.map(
  ({ name, key, what }, i) =>
    html`<tr><th scope="row"><svg class="swatch" aria-hidden="true"><rect class="cost-${key}" width="12" height="12"/></svg>${name}</th><td class="n">${data((totals[i] as number) * capital, amount((totals[i] as number) * capital, asset))}</td><td class="n">${data((totals[i] as number) * perYear, fixed((totals[i] as number) * perYear, 3))}</td><td class="wide">${what}</td></tr>`,
)}</tbody></table></div>`
}

function bars(steps: RunRecord['steps']): Markup {
  const spans = spansOf(steps.time)
  const sums = spans.map(({ from, to }) =>
    kinds.map(({ key }) => 1e4 * steps[key].subarray(from, to).reduce((sum, value) => sum + value, 0)),
  )
  const tallest = Math.max(...sums.map((row) => row.reduce((sum, value) => sum + value, 0)), 0.01)
  const scale = scaleOf(0, tallest, height, 3)
  const slot = 100 / spans.length
  const every = Math.ceil(spans.length / 9)
  const y = (value: number): string => (plotTop + placeOf(scale, value)).toFixed(1)
  const columns = spans.map(({ label }, i) => {
    let base = 0
    const rects = kinds.map(({ key, name }, k) => {
      const size = sums[i]?.[k] as number
      const top = placeOf(scale, base + size)
      const rect =
        size <= 0
          ? ''
          : html`<rect class="cost-${key}" x="${(i * slot + slot * 0.12).toFixed(2)}%" width="${(slot * 0.76).toFixed(2)}%" y="${(plotTop + top).toFixed(1)}" height="${(placeOf(scale, base) - top).toFixed(1)}"><title>${label}, ${name}: ${basisPoints(size)}</title></rect>`
      base += size
      return rect
    })
    const isLabelled = i % every === 0
    return html`${rects}${isLabelled ? html`<text class="tick time${(i / every) % 3 === 0 ? '' : ' narrow-off'}" x="${((i + (i === 0 ? 0.12 : 0.5)) * slot).toFixed(2)}%" y="${plotTop + height + 15}" text-anchor="${i === 0 ? 'start' : 'middle'}">${label}</text>` : ''}`
  })
  return html`<svg class="plot" height="${plotTop + height + 20}" role="img" aria-label="Costs by kind over time, basis points of the capital; the totals stand in the table below.">
${scale.ticks.map((tick) => html`<line class="grid" x2="100%" y1="${y(tick)}" y2="${y(tick)}"/>`)}${columns}
${scale.ticks.map((tick) => html`<text class="tick" y="${(Number(y(tick)) - 3).toFixed(1)}">${fixed(tick, tickDigits(scale))}\u00a0bp</text>`)}</svg>`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** Months of a long run, weeks of a shorter one, days of a short one; stretches of rows, in UTC. */
function spansOf(time: Float64Array): Span[] {
  const days = ((time.at(-1) ?? 0) - (time[0] ?? 0)) / 86_400
  const keyOf = (seconds: number): { key: string; label: string } => {
    const at = new Date(seconds * 1_000)
    const month = `${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`
    if (days > 150) return { key: month, label: month }
    const start = days > 30 ? seconds - (seconds % (7 * 86_400)) : seconds - (seconds % 86_400)
    const first = new Date(Math.max(start, time[0] ?? 0) * 1_000)
    return { key: String(start), label: `${first.getUTCDate()} ${months[first.getUTCMonth()]}` }
  }
  const spans: (Span & { key: string })[] = []
  for (const [t, seconds] of time.entries()) {
    const { key, label } = keyOf(seconds)
    const last = spans.at(-1)
    if (last?.key === key) last.to = t + 1
    else spans.push({ key, label, from: t, to: t + 1 })
  }
  return spans
}
