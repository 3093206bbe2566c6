import type { AuditFacts } from '../../vault/audit.ts'
import type { Finding } from '../../vault/audit-findings.ts'
import { renderBeside } from './audit-beside.ts'
import { formatAmount, formatBps, formatDuration, formatTime, formatWadPercent } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import { mark, type Paint } from './marks.ts'
import { renderTable } from './table.ts'
import { wrap } from './text.ts'

const unbounded = (1n << 128n) - 1n
const wad = 10n ** 18n
const year = 365n * 86_400n

/** Whom a vault allows what, in plain words, and what is worth worrying about. */
export function renderAudit(
  facts: AuditFacts,
  findings: readonly Finding[],
  paint: Paint,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const { asset, block, fees, guard } = facts
  const amount = (value: bigint) => `${formatAmount(value, asset.decimals, 2)} ${asset.symbol}`.trim()
  const cap = (value: bigint) => (value >= unbounded ? 'no bound' : amount(value))
  const duration = (seconds: bigint) => formatDuration(Number(seconds) * 1_000)
  return [
    ...renderKeyValues(
      [
        ['vault', `${facts.vault}  ${facts.name} (${facts.symbol})`],
        ['block', `${block.number}, ${formatTime(block.timestamp)}`],
        ['asset', `${asset.address} ${asset.symbol}`],
        ['total assets', `${amount(facts.totalAssets)}, of which ${amount(facts.liquid)} could be paid now`],
        [
          'deposits',
          facts.entriesOpen ? (facts.gate === undefined ? 'open to anybody' : `as ${facts.gate} allows`) : 'closed',
        ],
        [
          'fees',
          `${formatBps(fees.performanceFeeBps)} of gains, ${formatBps(fees.managementFeeBps)} of all assets a year${fees.recipient === undefined ? '' : `, to ${fees.recipient}`}`,
        ],
        ['gains', `come into the price at ${formatWadPercent(facts.maxRatePerSecondWad * year)} a year at most`],
        ['forced exit', `anybody may take shares out of any venue for ${formatBps(facts.forcedExitPenaltyBps)}`],
        ['exits from', ['idle', ...facts.exitList].join(', ')],
      ],
      { paint, columns },
    ),
    '',
    ...renderKeyValues(roleLines(facts, duration, amount), { title: 'Who may do what', paint, columns }),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'holds', align: 'right' },
        { name: 'cap', align: 'right' },
        { name: 'share', align: 'right' },
      ],
      facts.venues.map(({ name, allocation, absoluteCap, relativeCapWad }) => [
        name,
        amount(allocation),
        cap(absoluteCap),
        formatWadPercent(relativeCapWad),
      ]),
      paint,
      columns,
    ),
    '',
    // In lines of their own: an address neither fits beside the numbers nor may be left out.
    ...renderKeyValues(
      facts.venues.map((venue): [string, string] => [venue.name, venueText(venue, cap)]),
      { title: 'Where they stand', paint, columns },
    ),
    ...(guard === undefined ? [] : ['', ...guardLines(guard, paint, amount)]),
    ...renderBeside(facts, paint, amount, columns),
    ...(facts.pending.length === 0
      ? []
      : ['', ...pendingLines(facts, paint).flatMap((line) => wrap(line, columns, '    '))]),
    '',
    paint.bold('Findings'),
    ...(findings.length === 0
      ? [`  ${mark('ok', paint)} nothing`]
      : findings.flatMap((finding) => wrap(findingLine(finding, paint), columns, '    '))),
  ]
}

function roleLines(
  facts: AuditFacts,
  duration: (seconds: bigint) => string,
  amount: (value: bigint) => string,
): [string, string][] {
  const { owner, curator, sentinels, guard } = facts
  const waits = (proposer: 'owner' | 'curator') => {
    const groups = new Map<bigint, Set<string>>()
    for (const item of facts.timelocks) {
      if (item.proposer !== proposer || item.abdicated) continue
      // Adapters of one kind have the same functions.
      groups.set(item.seconds, (groups.get(item.seconds) ?? new Set()).add(item.words))
    }
    return [...groups]
      .sort(([a], [b]) => Number(a - b))
      .map(([seconds, words]) => `after ${duration(seconds)}: ${[...words].join('; ')}`)
  }
  const kind = (isContract: boolean) => (isContract ? 'a contract' : 'a key')
  return [
    [
      'owner',
      [
        `${owner.address}, ${kind(owner.isContract)}`,
        ...(facts.pendingOwner === undefined
          ? []
          : [`until ${facts.pendingOwner} accepts the ownership, which it may at any time`]),
        'at once: name curator, sentinels and fee recipient; hand the ownership over; stop plans; retire or quarantine a venue',
        ...waits('owner'),
      ].join('\n'),
    ],
    [
      'curator',
      [
        `${curator.address}, ${kind(curator.isContract)}`,
        'at once: lower caps, fees and bounds; stop plans; retire or quarantine a venue',
        ...waits('curator'),
        'after as long as a timelock is: shorten it; lengthening is at once',
      ].join('\n'),
    ],
    [
      'sentinels',
      [
        sentinels.length === 0 ? 'nobody' : sentinels.join(', '),
        'at once: lower caps and bounds; take assets out of a venue; retire or quarantine it; stop plans; revoke what waits',
      ].join('\n'),
    ],
    [
      'keepers',
      guard === undefined
        ? 'nobody: there is no Guard'
        : [
            guard.keepers.map((keeper) => `${keeper.address}, ${kind(keeper.isContract)}`).join('\n') || 'nobody',
            `through the Guard only: move assets between idle and the venues below, and lose at most ${formatBps(guard.limits.lossBudgetPerDayBps)} a day with it, ${amount(guard.lossAvailable)} now`,
          ].join('\n'),
    ],
    ['anybody', 'accrue; execute what has matured; claim the fees for their recipient; leave, also by force'],
  ]
}

/** The adapter, and the caps that a venue shares with others. */
function venueText({ adapter, shared }: AuditFacts['venues'][number], cap: (value: bigint) => string): string {
  const bounded = shared.filter(({ absoluteCap, relativeCapWad }) => absoluteCap < unbounded || relativeCapWad < wad)
  return [
    `adapter ${adapter}`,
    ...bounded.map(({ name, absoluteCap, relativeCapWad }) => {
      const share = relativeCapWad < wad ? `, ${formatWadPercent(relativeCapWad)} of the vault` : ''
      return `shares the cap of ${name}: ${cap(absoluteCap)}${share}`
    }),
  ].join('\n')
}

function guardLines(
  guard: NonNullable<AuditFacts['guard']>,
  paint: Paint,
  amount: (value: bigint) => string,
): string[] {
  const { limits } = guard
  return renderKeyValues(
    [
      ['address', guard.address],
      ['plans', guard.frozen ? 'stopped: the Guard is frozen' : 'allowed'],
      ['loss', `${formatBps(limits.maxLossPerPlanBps)} a plan, ${formatBps(limits.lossBudgetPerDayBps)} a day`],
      ['turnover', `${formatBps(limits.turnoverPerDayBps)} a day, ${amount(guard.turnoverAvailable)} now`],
      ['liquid floor', formatBps(limits.liquidFloorBps)],
      ['cooldown', formatDuration(limits.cooldownSeconds * 1_000)],
    ],
    { title: 'Guard', paint },
  )
}

function pendingLines({ pending, block }: AuditFacts, paint: Paint): string[] {
  return [
    paint.bold('What waits'),
    ...pending.map(({ words, executableAt, isAlive }) => {
      if (!isAlive) return `  ${words}: never, for its proposer lost the role`
      const left = Number(executableAt - block.timestamp) * 1_000
      const when = left <= 0 ? 'anybody may execute it now' : `in ${formatDuration(left)}, ${formatTime(executableAt)}`
      return `  ${words}: ${when}`
    }),
  ]
}

function findingLine({ severity, code, text }: Finding, paint: Paint): string {
  const shown = severity === 'serious' ? 'fail' : severity === 'warning' ? 'warn' : 'skip'
  return `  ${mark(shown, paint)} ${text} ${paint.dim(code)}`
}
