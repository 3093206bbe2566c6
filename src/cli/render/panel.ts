import type { Finding } from '../../history/finding.ts'
import type { ImportedVenue } from '../../history/import/table.ts'
import type { Panel } from '../../history/panel.ts'
import type { PanelSource } from '../../history/panel-source.ts'
import type { Pulled } from '../../history/pull/pull-panel.ts'
import { assumedCurve } from '../../market/venue-model.ts'
import { formatDuration, formatTime } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import { mark, type Paint, type Status } from './marks.ts'
import { renderTable } from './table.ts'

const statusOf: Record<Finding['level'], Status> = { error: 'fail', warning: 'warn', note: 'skip' }

/** What was imported, venue by venue, and which rows were left out by which rule. */
export function renderImported(
  found: {
    folder: string
    panel: Panel
    venues: readonly ImportedVenue[]
    outside: readonly string[]
    findings: readonly Finding[]
  },
  paint: Paint,
  columns: number,
): string[] {
  const { folder, panel, venues, outside, findings } = found
  const doubtful = findings.filter(({ level }) => level !== 'note').length
  return [
    ...renderKeyValues(
      [
        ['panel', `${panel.name}, ${panel.asset}`],
        ['span', spanOf(panel.startSeconds, panel.endSeconds, panel.steps, panel.stepSeconds)],
      ],
      { paint },
    ),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'kind' },
        { name: 'curve', optional: true },
        { name: 'rows', align: 'right' },
        { name: 'from', optional: true },
        { name: 'to', optional: true },
        { name: 'median APR', align: 'right' },
        { name: 'by rule', optional: true },
      ],
      venues.map(({ venue, rows, dropped }, index) => [
        venue.id,
        venue.kind,
        venue.kink === undefined ? '' : `kink ${venue.kink}, slope ${venue.slope2}`,
        String(rows.timestamps.length),
        formatTime(rows.timestamps[0] ?? Number.NaN).slice(0, 16),
        formatTime(rows.timestamps.at(-1) ?? Number.NaN).slice(0, 16),
        percent(median(panel.supplyApr[index])),
        dropped.map(({ rule, rows }) => `${rows} ${rule}`).join(', '),
      ]),
      paint,
      columns,
    ),
    ...(outside.length === 0 ? [] : ['', `No row in this span: ${outside.join(', ')}; left out.`]),
    ...openCurves(venues, paint),
    ...withoutImpact(venues, paint),
    '',
    `${mark('ok', paint)} ${folder} is written${doubtful === 0 ? '.' : `; ${doubtful} ${doubtful === 1 ? 'thing' : 'things'} to look at.`}`,
    paint.dim(`Next: tiller data verify ${folder}`),
  ]
}

/** What was pulled, venue by venue, and how. */
export function renderPulled(
  found: { folder: string; panel: Panel; pulled: Pulled; findings: readonly Finding[] },
  paint: Paint,
  columns: number,
): string[] {
  const { folder, panel, pulled, findings } = found
  const doubtful = findings.filter(({ level }) => level !== 'note').length
  return [
    ...renderKeyValues(
      [
        ['panel', `${panel.name}, ${panel.asset}`],
        ['span', spanOf(panel.startSeconds, panel.endSeconds, panel.steps, panel.stepSeconds)],
        ['chain', `${pulled.chainId}, blocks ${pulled.firstBlock} to ${pulled.lastBlock}, ${pulled.requests} requests`],
      ],
      { paint },
    ),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'kind' },
        { name: 'rows', align: 'right' },
        { name: 'read', optional: true },
        { name: 'median APR', align: 'right' },
        { name: 'deposits', align: 'right' },
      ],
      pulled.source.venues.map(({ venue, rows }, index) => [
        venue.id,
        venue.kind,
        String(rows.timestamps.length),
        pulled.venues[index]?.by === 'event' ? 'after events' : 'each step',
        percent(median(panel.supplyApr[index])),
        amount(panel.totalSupply[index]?.at(-1)),
      ]),
      paint,
      columns,
    ),
    '',
    `${mark('ok', paint)} ${folder} is written${doubtful === 0 ? '.' : `; ${doubtful} ${doubtful === 1 ? 'thing' : 'things'} to look at.`}`,
    paint.dim(`Next: tiller data verify ${folder}`),
  ]
}

/** What was generated, venue by venue. */
export function renderGenerated(
  generated: { folder: string; panel: Panel; findings: readonly Finding[] },
  paint: Paint,
  columns: number,
): string[] {
  const { folder, panel, findings } = generated
  const doubtful = findings.filter(({ level }) => level !== 'note').length
  return [
    ...renderKeyValues(
      [
        ['panel', `${panel.name}, ${panel.asset}`],
        ['span', spanOf(panel.startSeconds, panel.endSeconds, panel.steps, panel.stepSeconds)],
      ],
      { paint },
    ),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'kind' },
        { name: 'asset' },
        { name: 'median APR', align: 'right' },
        { name: 'highest', align: 'right' },
        { name: 'deposits', align: 'right' },
      ],
      panel.venues.map(({ id, kind, asset }, index) => [
        id,
        kind,
        asset,
        percent(median(panel.supplyApr[index])),
        percent(panel.supplyApr[index]?.reduce((most, apr) => Math.max(most, apr), 0) ?? Number.NaN),
        amount(median(panel.totalSupply[index])),
      ]),
      paint,
      columns,
    ),
    '',
    `${mark('ok', paint)} ${folder} is written${doubtful === 0 ? '.' : `; ${doubtful} ${doubtful === 1 ? 'thing' : 'things'} to look at.`}`,
    paint.dim(`Next: tiller backtest --panel ${folder} --policy smoothed-water-filling`),
  ]
}

/** Findings by code: what it is, where it is, what to do about it. */
export function renderVerified(
  verified: { source: PanelSource; findings: readonly Finding[]; isSound: boolean; milliseconds: number },
  view: { paint: Paint; columns: number; places: number },
): string[] {
  const { source, findings } = verified
  const { paint } = view
  const steps = Math.floor((source.endSeconds - source.startSeconds) / source.stepSeconds)
  const rows = source.venues.reduce((sum, venue) => sum + venue.rows.timestamps.length, 0)
  const byCode = new Map<string, Finding[]>()
  for (const finding of findings) byCode.set(finding.code, [...(byCode.get(finding.code) ?? []), finding])
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
  const summary = `${plural(count('error'), 'error')}, ${plural(count('warning'), 'warning')}, ${plural(count('note'), 'note')}`

  return [
    ...renderKeyValues(
      [
        ['panel', `${source.name}, ${source.asset}, ${plural(source.venues.length, 'venue')}, ${rows} rows`],
        ['span', spanOf(source.startSeconds, source.endSeconds, steps, source.stepSeconds)],
      ],
      { paint },
    ),
    '',
    ...[...byCode.values()].flatMap((group) => {
      const [first] = group
      if (first === undefined) return []
      const shown = group.slice(0, view.places)
      return [
        `${mark(statusOf[first.level], paint)} ${paint.bold(first.code)}  ${first.what}`,
        ...renderTable(
          [
            { name: 'where' },
            { name: 'time' },
            { name: 'found' },
            { name: 'rows', align: 'right' },
            { name: 'rule', optional: true },
          ],
          shown.map((one) => [
            `${one.file}${one.line === undefined ? '' : `:${one.line}`}`,
            one.timeSeconds === undefined ? '' : formatTime(one.timeSeconds),
            `${one.column === undefined ? '' : `${one.column}: `}${one.found}`,
            String(one.rows),
            one.rule,
          ]),
          paint,
          view.columns,
        ).map((line) => `  ${line}`),
        ...(group.length > shown.length ? [`  and ${group.length - shown.length} more; --all shows them`] : []),
        `  ${paint.bold('Remedy:')} ${first.remedy}`,
        '',
      ]
    }),
    `${mark(verified.isSound ? 'ok' : 'fail', paint)} ${findings.length === 0 ? 'Nothing is wrong' : summary}. ${paint.dim(formatDuration(verified.milliseconds))}`,
  ]
}

function spanOf(start: number, end: number, steps: number, stepSeconds: number): string {
  return `${formatTime(start)} to ${formatTime(end)}, ${steps} steps of ${formatDuration(stepSeconds * 1_000)}`
}

function amount(value: number | undefined): string {
  return value === undefined || Number.isNaN(value) ? '' : Math.round(value).toLocaleString('en-US')
}

function percent(fraction: number): string {
  return Number.isNaN(fraction) ? '' : `${(fraction * 100).toFixed(2)} %`
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function median(values: Float64Array | undefined): number {
  const sorted = values?.filter((value) => !Number.isNaN(value)).sort()
  return sorted?.[sorted.length >> 1] ?? Number.NaN
}

/** What a backtest can't charge where a record has rates alone. */
function withoutImpact(venues: readonly ImportedVenue[], paint: Paint): string[] {
  const bare = venues.filter(
    ({ rows: { columns } }) => columns.totalSupply === undefined && columns.available === undefined,
  )
  if (bare.length === 0) return []
  const which = bare.length === venues.length ? 'No venue has amounts' : `Without amounts: ${bare.length}`
  return [
    '',
    `${mark('skip', paint)} ${which}: a backtest knows no own impact and no limit of exits there, which flatters whoever moves, large capital most. Nor does a panel know chains: nobody pays for a bridge.`,
  ]
}

/** What a backtest will assume where an import leaves the curve open. */
function openCurves(venues: readonly ImportedVenue[], paint: Paint): string[] {
  const open = venues.filter(
    ({ venue: { kind, kink } }) => (kind === 'kinked' || kind === 'comet') && kink === undefined,
  )
  if (open.length === 0) return []
  const { kink, slope2 } = assumedCurve
  return [
    '',
    `${mark('skip', paint)} Curves left open: a backtest assumes a kink at ${kink} and a slope of ${slope2}. --fit-curves takes them from the record.`,
  ]
}
