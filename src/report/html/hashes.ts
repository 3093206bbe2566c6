import type { RunHead } from '../run-record.ts'
import { html, type Markup } from './markup.ts'
import { timeText } from './numbers.ts'

/** Code, data, seed and policy of a run, so that it can be made again. */
export function hashesTable({ report, settings, code, digest, files }: RunHead): Markup {
  const { policy, ...data } = report.hashes
  const rows: [name: string, text: Markup][] = [
    ['policy', html`${report.policy}<br><code>${policy ?? 'a rule of the table: the code is its hash'}</code>`],
    [
      'code',
      html`Tiller ${code.version}<br><code>revision ${code.revision ?? 'unknown'}</code><br><code>sources ${code.source ?? 'not bundled'}</code>`,
    ],
    ['seed', html`<code>${report.seed}</code>, of the bootstrap`],
    ...Object.entries(data).map(([name, hash]) => [`data ${name}`, html`<code>${hash}</code>`] as [string, Markup]),
    [
      'run',
      html`<code>${digest}</code><br><code>steps ${files.steps.sha256}</code><br><code>moves ${files.moves.sha256}</code>`,
    ],
    [
      'window',
      html`<time datetime="${iso(settings.from)}">${timeText(settings.from)}</time> to <time datetime="${iso(settings.to)}">${timeText(settings.to)}</time>`,
    ],
    ['again', html`<code class="command">${commandOf(report, settings)}</code>`],
  ]
  return html`<table class="facts-table"><tbody>${rows.map(
    ([name, text]) => html`<tr><th scope="row">${name}</th><td>${text}</td></tr>`,
  )}</tbody></table>`
}

function commandOf(report: RunHead['report'], settings: RunHead['settings']): string {
  const { walkForward } = settings
  const span = (hours: number): string => (hours % 24 === 0 ? `${hours / 24}d` : `${hours}h`)
  return [
    `tiller backtest --panel <folder of ${report.panel}> --policy ${report.policy}`,
    `--capital ${report.capital} --lag ${report.lagSteps} --rung ${report.costs.rung ?? 'model'}`,
    ...(report.costs.charged ? [] : ['--no-costs']),
    ...(settings.cap < 1 ? [`--cap ${settings.cap}`] : []),
    ...(walkForward === null ? [] : [`--walk-forward ${span(walkForward.trainHours)}/${span(walkForward.testHours)}`]),
    `--from ${iso(settings.from)} --to ${iso(settings.to)}`,
    `--seed ${report.seed}`,
  ].join(' \\\n  ')
}

function iso(seconds: number): string {
  return new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z')
}
