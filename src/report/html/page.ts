import { createHash } from 'node:crypto'
import { leastIntervalDays } from '../../backtest/metric.ts'
import { daysThatMatter } from '../days-that-matter.ts'
import type { RunHead, RunRecord } from '../run-record.ts'
import { costs } from './cost-chart.ts'
import { decisionList, decisionMarks, listedMoves } from './decisions.ts'
import { hashesTable } from './hashes.ts'
import { breakable, type Content, html, type Markup, raw } from './markup.ts'
import { amount, dayText, dollars, fixed, fraction, percent, signed, stepName, timeText, whole } from './numbers.ts'
import { policySummary } from './policy-summary.ts'
import { cumulative, drawdownOf } from './reduce.ts'
import { timeTicks } from './scale.ts'
import { script } from './script.ts'
import { style } from './style.ts'
import { daysTable, rulesTable, windowsTable } from './tables.ts'
import {
  allocationChart,
  drawdownChart,
  leadChart,
  meanOf,
  sampledSteps,
  sharePriceChart,
  timeAxis,
} from './time-charts.ts'
import { venueCharts } from './venue-charts.ts'

/** By it a file is known that a report has written. */
export const generator = 'tiller report'

/**
 * Makes the report of a run: one document that asks for nothing from anywhere, and may not. It reads without scripts; with
 * them it shows the values of any time and explains decisions in place.
 */
export function renderReport(run: RunRecord): string {
  const { head, moves } = run
  const axis = timeAxis(run)
  const matter = daysThatMatter(run)
  const shown = listedMoves(run)
  const windows = windowsTable(head)
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="generator" content="${generator}">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>${head.report.policy} on ${head.report.panel}: backtest</title>
<style>${raw(style)}</style></head>
<body><main>
${header(head)}
<section class="over-time" aria-labelledby="over-time"><div class="side"><div class="head"><h2 id="over-time">Over time</h2>
<p class="note">Interest is set aside, so returns are sums and the capital at work stays ${amount(head.report.capital, head.settings.asset)}. All times are UTC.${
    windows === undefined
      ? ''
      : ` ${head.report.windows.length} windows, each from an even split; dotted lines part them.`
  }</p></div>${readout(run)}</div>
<div class="body"><div class="stack">
${figure('Share price', lineKey(), sharePriceChart(run, axis))}
${figure('Drawdown', html`<p class="note">Below the highest share price so far.</p>`, drawdownChart(run, axis))}
${figure(
  'Ahead of the best static mix',
  html`<p class="note">The same lines as above, less the best static mix. Ticks at the bottom are <a href="#ten-days">the ten days that matter most</a>.</p>`,
  leadChart(
    run,
    axis,
    matter.days.map(({ start }) => start),
  ),
)}
</div>
<div class="stack"><div><h3>Allocation and decisions</h3>${venueKey(run)}
<p class="note">${
    moves.length === 0
      ? 'Nothing was moved.'
      : `Marks are moves, as large as what they moved. Point at one, or reach it with the keyboard, for its reasons${shown.length < moves.length ? `; the ${shown.length} largest are explained` : ''}.`
  }</p>
${moves.length === 0 ? '' : decisionMarks(run, axis, shown)}
<figure>${allocationChart(run, axis)}</figure></div></div>
<div class="stack"><div><h3>Rates and utilisation, venue by venue</h3><p class="note">Pale: from the lowest to the highest ${stepName(head.settings.stepSeconds)}. Line: the mean. Dark foot: how much of the capital stood there. Utilisation has our deposit inside. All venues on the same scales.</p></div>${venueCharts(run, { ...axis, ticks: timeTicks(axis.from, axis.to, 5) })}</div>
</div></section>
${section('rules', 'Against the rules', html`<p class="note">Everybody plays the same market with the same costs. The share is of the headroom: from the best static mix in hindsight, 0 %, to the proven upper bound, 100 %. Intervals: blocks of 14 days, resampled; those of the lead are paired.</p><p class="note dots-note">Dots: net APR between what was worst and the bound; ◂ is far below.</p>`, rulesTable(head, isShort(head.settings)))}
${section('ten-days', 'The ten days that matter most', html`<p class="note">Where policy and best static mix were furthest apart, either way. A result that falls with ten days was made by ten days.</p>`, daysTable(matter, run))}
${section('costs', 'Costs', html`<p class="note">${head.report.costs.charged ? chargedText(head) : 'No gas and no swaps were charged in this run.'}</p>`, costs(run))}
${windows === undefined ? '' : section('windows', 'Windows', html`<p class="note">Each stands behind ${whole((head.settings.walkForward?.trainHours ?? 0) / 24)} days on which rules are tuned. The best static mix is chosen anew in each, in hindsight.</p>`, windows)}
${section(
  'decisions',
  'Decisions',
  html`<p class="note">${policySummary(head.report.policy)}</p>`,
  moves.length === 0
    ? html`<p>Nothing was moved.</p>`
    : html`<details><summary>${shown.length < moves.length ? `The ${shown.length} largest of ${whole(moves.length)} moves` : moves.length === 1 ? 'The one move' : `All ${moves.length} moves`}, with reasons</summary>${decisionList(run, shown)}</details>`,
)}
${section('cannot-know', 'What a replay can’t know', false, caveats(head))}
${section('made-of', 'What it was made of', html`<p class="note">The same code, data, seed and policy give the same numbers.</p>`, hashesTable(head))}
</main><footer>Made by Tiller ${head.code.version}. This file asks for nothing from the network.</footer>
<script type="application/json" id="values">${raw(valuesOf(run))}</script>
<script>${raw(script)}</script></body></html>
`.markup
}

function header({ report, settings }: RunHead): Markup {
  const { sharePct, ci95, bestStatic, bound, costs } = report
  const [low, high] = ci95
  const lead = report.netAprPct - bestStatic.netAprPct
  const title =
    sharePct > 0
      ? `${report.policy} earned ${percent(report.netAprPct)} a year net, ${percent(sharePct, 0)} of the headroom.`
      : `${report.policy} earned ${percent(report.netAprPct)} a year net, ${fixed(Math.abs(lead), 2)} points less than the best static mix.`
  const chance =
    low === null || high === null || isShort(settings)
      ? 'The run is too short for an interval: two blocks of 14 days are the least.'
      : low > 0
        ? `The 95 % interval of its share, ${fixed(low, 0)} to ${fixed(high, 0)} %, is above zero.`
        : high < 0
          ? `The 95 % interval of its share, ${fixed(low, 0)} to ${fixed(high, 0)} %, is below zero.`
          : `The 95 % interval of its share, ${fixed(low, 0)} to ${fixed(high, 0)} %, holds zero: this may be chance.`
  const days = (settings.to - settings.from) / 86_400
  return html`<header><p class="eyebrow"><b>Tiller</b> backtest of ${report.panel}, <span class="nowrap">${timeText(settings.from)}</span> to <span class="nowrap">${timeText(settings.to)}</span></p>
<h1>${title}</h1>
<p class="dek">A fixed mix chosen in hindsight would have earned ${percent(bestStatic.netAprPct)}, and nobody could have earned more than ${percent(bound.netAprPct)}. ${chance}</p>
${costs.charged ? '' : html`<p class="warning" role="note">Without costs: nobody earns this.</p>`}
<dl class="facts">
${fact('net APR', percent(report.netAprPct), `gross ${percent(report.grossAprPct)}`)}
${fact('share of headroom', percent(sharePct, 1), low === null || high === null || isShort(settings) ? 'too short for an interval' : `95 %: ${fixed(low, 1)} to ${fixed(high, 1)}`)}
${overOthers(report, isShort(settings))}
${fact('worst 7 days', percent(report.worst7dPct, 3), report.unservedWithdrawalHours === 0 ? 'of the capital; a tenth could always be paid out' : `of the capital; for ${whole(report.unservedWithdrawalHours)} h a tenth could not be paid out`)}
${fact('moves', whole(report.trades), `turnover ${fixed(report.turnover, 1)} × the capital`)}
${fact('gas and swaps', dollars(report.gasUsd + report.swapUsd), `gas ${dollars(report.gasUsd)}, swaps ${dollars(report.swapUsd)}`)}
${fact('capital', amount(report.capital, settings.asset), `lag ${report.lagSteps} ${report.lagSteps === 1 ? 'step' : 'steps'}, ${costs.rung === null ? 'the model’s gas' : `rung ${costs.rung}`}`)}
${fact('length', `${whole(days)}\u00a0days`, `${whole(report.steps)} steps of ${fixed(settings.stepSeconds / 3_600, settings.stepSeconds % 3_600 === 0 ? 0 : 2)} h`)}
</dl></header>`
}

/** Shorter than two blocks of the bootstrap: what it draws is nearly always the same. */
function isShort({ from, to }: RunHead['settings']): boolean {
  return to - from < leastIntervalDays * 86_400
}

/** What it is ahead of the rule to beat; where it is that rule, what is left to be had. */
function overOthers(
  { policy, overTunedRulePct, overTunedRuleCi95: [low, high], ...report }: RunHead['report'],
  short: boolean,
): Markup {
  if (policy === 'smoothed-water-filling-payback') {
    return fact('headroom', percent(report.headroomPct), 'a year, between best static mix and bound')
  }
  const interval = low === null || high === null || short ? '' : `, 95 %: ${signed(low, 2)} to ${signed(high, 2)}`
  return fact('over the tuned rule', signed(overTunedRulePct, 3), `points a year${interval}`)
}

function fact(name: string, value: string, note: Content): Markup {
  return html`<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`
}

function section(id: string, title: string, note: Content, body: Content): Markup {
  return html`<section aria-labelledby="${id}"><div class="side"><h2 id="${id}">${title}</h2>${note}</div><div class="body">${body}</div></section>`
}

function figure(title: string, note: Content, picture: Markup): Markup {
  return html`<div><h3>${title}</h3>${note}<figure>${picture}</figure></div>`
}

function lineKey(): Markup {
  const lines = [
    ['policy', 'policy'],
    ['static', 'best static mix, in hindsight'],
    ['bound', 'upper bound'],
  ] as const
  return html`<ul class="key">${lines.map(
    ([kind, name]) => html`<li><svg aria-hidden="true"><path class="line ${kind}" d="M0 5H22"/></svg>${name}</li>`,
  )}</ul>`
}

function venueKey({ head, steps }: RunRecord): Markup {
  const idle = 1 - steps.weight.reduce((sum, series) => sum + meanOf(series), 0)
  return html`<ul class="key">${head.venues.map(
    ({ id }, j) =>
      html`<li><svg class="swatch" aria-hidden="true"><rect class="v${j % 16}" width="12" height="12"/></svg>${id} ${fraction(meanOf(steps.weight[j] as Float64Array), 0)}</li>`,
  )}${idle < 0.005 ? '' : html`<li>idle ${fraction(idle, 0)}</li>`}</ul>`
}

/** Values of the time that is pointed at; filled by the script, and hidden without one. */
function readout({ head }: RunRecord): Markup {
  return html`<aside class="readout" id="readout" hidden aria-label="Values at a time"><p class="at" data-value="time"></p>
<input type="range" id="time" min="0" max="1" value="0" aria-label="Time">
<dl class="three"><div><dt>share price</dt><dd data-value="price"></dd></div><div><dt>ahead</dt><dd data-value="lead"></dd></div><div><dt>drawdown</dt><dd data-value="drawdown"></dd></div></dl>
<table class="by-venue"><thead><tr><th scope="col">venue</th><th scope="col" class="n">held</th><th scope="col" class="n">paid</th><th scope="col" class="n">used</th></tr></thead><tbody>${head.venues.map(
    ({ id }, j) =>
      html`<tr><th scope="row"><svg class="swatch" aria-hidden="true"><rect class="v${j % 16}" width="12" height="12"/></svg>${breakable(id)}</th><td class="n" data-value="weight${j}"></td><td class="n" data-value="paid${j}"></td><td class="n" data-value="used${j}"></td></tr>`,
  )}</tbody></table>
<div class="buttons"><button type="button" id="previous" aria-label="Previous decision">‹ Decision</button><button type="button" id="next" aria-label="Next decision">Decision ›</button><button type="button" id="close">Close</button></div>
<div class="said" id="explanation" aria-live="polite"></div></aside>`
}

function chargedText({ report: { costs }, venues, settings }: RunHead): string {
  const swaps = venues.some(({ asset }) => asset !== settings.asset) ? ` A swap costs ${costs.swapBps} bp.` : ''
  return `A move costs ${whole(costs.gasPerPlan)} gas and ${whole(costs.gasPerVenue)} for each venue that it touches, at the price of its hour.${swaps}`
}

function caveats({ settings, report }: RunHead): Markup {
  const warnings = (report.warnings ?? []).map((warning) => html`<li><b>Of this run:</b> ${warning}</li>`)
  return html`<ul class="plain">${warnings}<li>Others do not answer our flows. The larger the capital, the more that flatters everybody, the bound included.</li><li>Our own deposit moves a rate along the venue’s curve from the observed one; where a panel does not say the curve, one is assumed.</li><li>A policy stands here bare: what the keeper’s filters may withhold is not in it.</li><li>The best static mix may be all of one risky venue${settings.cap < 1 ? `; here none holds more than ${fraction(settings.cap, 0)}` : '; a cap takes that away from everybody'}.</li><li>The record ends on ${dayText(settings.to)}. What paid in it need not pay after it.</li></ul>`
}

/** What the script needs, as JSON that can't end its element. */
function valuesOf({ head, steps }: RunRecord): string {
  const at = sampledSteps(steps.time.length)
  const pick = (series: Float64Array, digits: number): (number | null)[] =>
    at.map((t) => {
      const value = series[t] as number
      return Number.isNaN(value) ? null : Number(value.toFixed(digits))
    })
  const sums = cumulative(steps.net)
  const lead = cumulative(steps.net.map((value, t) => 1e4 * (value - (steps.bestStatic[t] as number))))
  const hundred = (series: Float64Array | undefined): Float64Array =>
    (series ?? new Float64Array(0)).map((x) => 100 * x)
  return JSON.stringify({
    from: head.settings.from,
    to: head.settings.to,
    time: pick(steps.time, 0),
    price: pick(
      sums.map((sum) => 1 + sum),
      5,
    ),
    lead: pick(lead, 1),
    drawdown: pick(
      drawdownOf(sums).map((value) => 1e4 * value),
      2,
    ),
    venues: head.venues.map((_, j) => ({
      weight: pick(hundred(steps.weight[j]), 1),
      paid: pick(hundred(steps.paid[j]), 2),
      used: pick(hundred(steps.used[j]), 1),
    })),
  }).replaceAll('<', '\\u003c')
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
