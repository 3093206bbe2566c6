import type { DaysResult, DaysThatMatter } from '../days-that-matter.ts'
import type { RunHead, RunRecord } from '../run-record.ts'
import { breakable, data, html, type Markup } from './markup.ts'
import { dayText, fixed, fraction, percent, signed, whole } from './numbers.ts'

type Row = {
  name: string
  kind: 'policy' | 'rule' | 'reference'
  netAprPct: number
  sharePct: number | null
  shareCi95: readonly [number | null, number | null] | null
  /** What the policy is ahead by, points a year. */
  ahead: { pct: number; ci95: readonly [number | null, number | null] } | null
  trades: number | null
  turnover: number | null
  gasUsd: number | null
}

/** Every rule beside the policy and what they are measured by, the best on top; of a short run without intervals. */
export function rulesTable({ report, intervals }: RunHead, short: boolean): Markup {
  const rows = rowsOf(report, intervals)
  const at = places(report)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Rules, scrolls sideways"><table class="rules"><thead><tr><th scope="col">rule</th><th scope="col" class="n">net APR</th><th scope="col" class="dots"><svg class="plot" height="16" aria-hidden="true"><text class="tick" x="${at(report.bestStatic.netAprPct).x}" y="12" text-anchor="middle">best static</text></svg></th><th scope="col" class="n mid">share of headroom, 95 %</th><th scope="col" class="n mid">policy ahead, points a year, 95 %</th><th scope="col" class="n">moves</th><th scope="col" class="n">turnover</th><th scope="col" class="n">gas</th></tr></thead><tbody>
${rows.map((row) => rowMarkup(row, report, at, short))}</tbody></table></div>`
}

function rowsOf(report: RunHead['report'], intervals: RunHead['intervals']): Row[] {
  const none = { trades: null, turnover: null, gasUsd: null }
  const rows: Row[] = [
    {
      ...none,
      name: 'upper bound, proven',
      kind: 'reference',
      netAprPct: report.bound.netAprPct,
      sharePct: 100,
      shareCi95: null,
      ahead: null,
    },
    {
      ...none,
      name: 'best static mix, in hindsight',
      kind: 'reference',
      netAprPct: report.bestStatic.netAprPct,
      sharePct: 0,
      shareCi95: null,
      ahead: null,
    },
    {
      name: report.policy,
      kind: 'policy',
      netAprPct: report.netAprPct,
      sharePct: report.sharePct,
      shareCi95: report.ci95,
      ahead: null,
      trades: report.trades,
      turnover: report.turnover,
      gasUsd: report.gasUsd,
    },
  ]
  if (report.clairvoyant !== null) {
    rows.push({
      ...none,
      name: `clairvoyant, in steps of 1/${report.clairvoyant.points}`,
      kind: 'reference',
      netAprPct: report.clairvoyant.netAprPct,
      sharePct: (100 * (report.clairvoyant.netAprPct - report.bestStatic.netAprPct)) / report.headroomPct,
      shareCi95: null,
      ahead: null,
      trades: report.clairvoyant.trades,
    })
  }
  for (const [name, rule] of Object.entries(report.baselines)) {
    if (name === report.policy) continue
    const interval = intervals[name]
    rows.push({
      name,
      kind: 'rule',
      netAprPct: rule.netAprPct,
      sharePct: rule.sharePct,
      shareCi95: interval?.shareCi95 ?? null,
      ahead: interval === undefined ? null : { pct: interval.behindPct, ci95: interval.behindCi95 },
      trades: rule.trades,
      turnover: rule.turnover,
      gasUsd: rule.gasUsd,
    })
  }
  return rows.sort((a, b) => b.netAprPct - a.netAprPct)
}

type Places = (netAprPct: number) => { x: string; isOff: boolean }

/** Places on the line of all net APRs: from one and a half headrooms below the best static mix to the bound. */
function places(report: RunHead['report']): Places {
  const others = Object.values(report.baselines).map(({ netAprPct }) => netAprPct)
  const floor = report.bestStatic.netAprPct - 1.5 * report.headroomPct
  const low = Math.max(floor, Math.min(report.netAprPct, report.bestStatic.netAprPct, ...others))
  const high = report.bound.netAprPct
  return (value) => ({
    x: `${(4 + (92 * (Math.max(low, value) - low)) / (high - low)).toFixed(2)}%`,
    isOff: value < low - 1e-12,
  })
}

function rowMarkup(row: Row, report: RunHead['report'], at: Places, short: boolean): Markup {
  const { x, isOff } = at(row.netAprPct)
  const fixedLines = [report.bestStatic.netAprPct, report.bound.netAprPct].map(
    (value) => html`<line class="grid" x1="${at(value).x}" x2="${at(value).x}" y2="22"/>`,
  )
  const dot = isOff
    ? html`<text class="tick off" x="0" y="15">◂</text>`
    : html`<circle class="dot ${row.kind}" cx="${x}" cy="11" r="${row.kind === 'policy' ? 5 : 3.5}"/>`
  return html`<tr class="${row.kind}"><th scope="row">${breakable(row.name)}</th><td class="n">${data(row.netAprPct, percent(row.netAprPct, 3))}</td><td class="dots"><svg class="plot" height="22" aria-hidden="true">${fixedLines}${dot}</svg></td><td class="n">${row.sharePct === null ? '–' : data(row.sharePct, percent(row.sharePct, 1))}${below(short ? null : row.shareCi95, 1, false)}</td><td class="n">${row.ahead === null ? '–' : html`${data(row.ahead.pct, signed(row.ahead.pct, 3))}${below(short ? null : row.ahead.ci95, 3, true)}`}</td><td class="n">${row.trades === null ? '–' : data(row.trades, whole(row.trades))}</td><td class="n">${row.turnover === null ? '–' : data(row.turnover, `${fixed(row.turnover, 1)}\u00a0×`)}</td><td class="n">${row.gasUsd === null ? '–' : data(row.gasUsd, `$${whole(row.gasUsd)}`)}</td></tr>`
}

/** An interval below the value that it belongs to. */
function below(
  interval: readonly [number | null, number | null] | null,
  digits: number,
  withSign: boolean,
): Markup | undefined {
  const [low, high] = interval ?? [null, null]
  if (low === null || high === null) return undefined
  const text = (value: number): string => (withSign ? signed(value, digits) : fixed(value, digits))
  return html`<small>${data(low, text(low))} to ${data(high, text(high))}</small>`
}

/** The ten days on which policy and best static mix were furthest apart, and what the run is without them. */
export function daysTable(matter: DaysThatMatter, { head }: RunRecord): Markup {
  const { capital } = head.report
  const results: [name: string, result: DaysResult | null][] = [
    ['all days', matter.all],
    [`without these ${matter.days.length}`, matter.without],
    ['without the ten best', matter.withoutBest],
  ]
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Results without some days"><table><thead><tr><th scope="col">result</th><th scope="col" class="n">net APR</th><th scope="col" class="n">best static</th><th scope="col" class="n">ahead, points a year</th><th scope="col" class="n">share of headroom</th></tr></thead><tbody>
${results.map(([name, result]) =>
  result === null
    ? html`<tr><th scope="row">${name}</th><td class="n" colspan="4">nothing is left</td></tr>`
    : html`<tr><th scope="row">${name}</th><td class="n">${data(result.netAprPct, percent(result.netAprPct, 3))}</td><td class="n">${data(result.bestStaticAprPct, percent(result.bestStaticAprPct, 3))}</td><td class="n">${data(result.leadPct, signed(result.leadPct, 3))}</td><td class="n">${result.sharePct === null ? '–' : data(result.sharePct, percent(result.sharePct, 1))}</td></tr>`,
)}</tbody></table></div>
<div class="scroll" tabindex="0" role="region" aria-label="The ten days"><table class="days"><thead><tr><th scope="col">day, UTC</th><th scope="col" class="n">ahead, bp</th><th scope="col" class="n">${head.settings.asset}</th><th scope="col" class="n">policy, bp</th><th scope="col" class="n">best static, bp</th><th scope="col">paid most that day</th><th scope="col" class="n">mean APR</th><th scope="col" class="n">we held there</th></tr></thead><tbody>
${matter.days.map(
  ({ start, lead, net, bestStatic, best }) =>
    html`<tr><th scope="row"><time datetime="${dayText(start)}">${dayText(start)}</time></th><td class="n ${lead < 0 ? 'loss' : ''}">${data(1e4 * lead, signed(1e4 * lead, 2))}</td><td class="n">${data(lead * capital, `${lead > 0 ? '+' : ''}${whole(lead * capital)}`)}</td><td class="n">${data(1e4 * net, signed(1e4 * net, 2))}</td><td class="n">${data(1e4 * bestStatic, signed(1e4 * bestStatic, 2))}</td>${
      best === null
        ? html`<td>–</td><td class="n">–</td><td class="n">–</td>`
        : html`<td>${head.venues[best.venue]?.id}</td><td class="n">${fraction(best.apr, 1)}</td><td class="n">${fraction(best.weight, 0)}</td>`
    }</tr>`,
)}</tbody></table></div>`
}

/** The windows of a walk-forward, each with its own best static mix and bound; nothing for a single one. */
export function windowsTable({ report }: RunHead): Markup | undefined {
  if (report.windows.length < 2) return undefined
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Windows"><table><thead><tr><th scope="col">window from, UTC</th><th scope="col">to</th><th scope="col" class="n">net APR</th><th scope="col" class="n">best static</th><th scope="col" class="n">bound</th><th scope="col" class="n">ahead, points a year</th></tr></thead><tbody>
${report.windows.map(
  ({ from, to, netAprPct, bestStaticAprPct, boundAprPct }) =>
    html`<tr><th scope="row">${dayText(from)}</th><td>${dayText(to)}</td><td class="n">${data(netAprPct, percent(netAprPct, 3))}</td><td class="n">${data(bestStaticAprPct, percent(bestStaticAprPct, 3))}</td><td class="n">${data(boundAprPct, percent(boundAprPct, 3))}</td><td class="n ${netAprPct < bestStaticAprPct ? 'loss' : ''}">${data(netAprPct - bestStaticAprPct, signed(netAprPct - bestStaticAprPct, 3))}</td></tr>`,
)}</tbody></table></div>`
}
