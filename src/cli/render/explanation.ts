import type { AttemptRow, DecisionRow, IntentRow } from '../../journal/journal.ts'
import { formatAmount, formatGain, formatSmall, formatTime, formatWadPercent } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import { mark, type Paint } from './marks.ts'
import { renderRefusals } from './refusals.ts'
import { parseStoredDocument, parseStoredGates, type StoredDocument, type StoredGate } from './stored-decision.ts'
import { renderTable } from './table.ts'
import { wrap } from './text.ts'

export type Explained = { decision: DecisionRow; intent: IntentRow | null; attempts: readonly AttemptRow[] }

export type ExplanationOptions = {
  /** @default 6 */
  assetDecimals?: number
  /** Where lines are broken. */
  columns?: number
}

/** What each outcome means, in a sentence for a person. */
const outcomes: Readonly<Record<string, string>> = {
  decided: 'The decision was written; what became of it is not known yet.',
  refused: 'Nothing was moved, for the reasons below.',
  planned: 'A plan was made; in this mode nothing is simulated or sent.',
  simulated: 'A plan was made and passed both gates; in this mode nothing is sent.',
  sent: 'A transaction was sent and waits for the chain.',
  settled: 'The plan was sent, mined, and is final.',
  reverted: 'The transaction was mined and reverted; nothing moved but the gas.',
  dropped: 'The transaction can no longer be mined; nothing moved.',
  abandoned: 'The keeper ended before it signed anything; nothing moved.',
  quarantined: 'Journal and chain do not agree about this one; a person has to look.',
}

/**
 * Lines that say why a decision was taken: what was seen, what the policy asked for, what bound or withheld it, what it
 * was expected to bring, what the simulations said, what was paid, and what the chain made of it.
 */
export function renderExplanation(explained: Explained, paint: Paint, options: ExplanationOptions = {}): string[] {
  const { decision, intent, attempts } = explained
  const { assetDecimals = 6, columns = Number.POSITIVE_INFINITY } = options
  const shown = parseStoredDocument(decision.document)
  const gates = intent === null ? [] : parseStoredGates(intent.gates)
  const amount: Amount = (value, digits = 2) => formatAmount(value, assetDecimals, digits)
  const sections = [
    head(decision, shown, amount, paint, assetDecimals),
    shown === undefined ? [] : seen(shown, amount, paint, columns),
    shown === undefined ? [] : askedFor(shown, amount, paint, { assetDecimals, columns }),
    reasons(decision, paint, columns),
    simulation(gates, amount, paint, assetDecimals),
    transactions(attempts, paint),
    outcome(decision, shown, gates, { amount, paint, assetDecimals }),
  ]
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section, index) => (index === 0 ? section : ['', ...section]))
    .flatMap((line) => wrap(line, columns, '    '))
}

type Amount = (value: bigint, digits?: number) => string

const perHundred = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(0)} %`

function head(
  decision: DecisionRow,
  shown: StoredDocument | undefined,
  amount: Amount,
  paint: Paint,
  assetDecimals: number,
): string[] {
  const before = shown?.before
  return [
    `${paint.bold(`Decision ${decision.id}: ${decision.outcome}.`)} ${outcomes[decision.outcome] ?? ''}`.trimEnd(),
    ...renderKeyValues(
      [
        ['block', `${decision.blockNumber} at ${formatTime(decision.blockTimestamp)}, slot ${decision.slot}`],
        ['policy', `${decision.policyName} on ${shown?.executionProvider ?? 'unknown'}`],
        ['mode', decision.mode],
        ...(before == null
          ? []
          : ([
              [
                'assets',
                `${amount(before.totalAssets)}, of which ${amount(before.idle)} idle; share price ${amount(before.sharePrice, assetDecimals)}`,
              ],
            ] as [string, string][])),
      ],
      { paint },
    ),
  ]
}

function seen({ venues, observation }: StoredDocument, amount: Amount, paint: Paint, columns: number): string[] {
  if (venues.length === 0) return []
  const memories = new Map((observation?.venues ?? []).map(({ name, memory }) => [name, memory]))
  const average = (name: string, index: number): string => {
    const value = memories.get(name)?.averagesQ8[index]
    return value === undefined ? '' : formatWadPercent((value >> 8n) * 1_000_000_000n)
  }
  return [
    paint.bold('What was seen'),
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'supply APR', align: 'right' },
        { name: '6 h', align: 'right', optional: true },
        { name: '3 d', align: 'right' },
        { name: '21 d', align: 'right', optional: true },
        { name: 'lent out', align: 'right', optional: true },
        { name: 'hours', align: 'right', optional: true },
        { name: 'held', align: 'right' },
        { name: 'cap', align: 'right' },
      ],
      venues.map(({ name, status, supplyAprWad, assets, cap }) => {
        const memory = memories.get(name)
        const lent =
          memory === undefined || memory.supply72Q6 === 0n || memory.borrow72Q6 === 0n
            ? ''
            : formatWadPercent((memory.borrow72Q6 * 10n ** 18n) / memory.supply72Q6)
        return [
          status === 'ok' ? name : `${name} (${status})`,
          formatWadPercent(supplyAprWad),
          average(name, 0),
          average(name, 2),
          average(name, 4),
          lent,
          memory === undefined ? '' : String(memory.count),
          amount(assets),
          amount(cap),
        ]
      }),
      paint,
      columns,
    ),
  ]
}

function askedFor(
  shown: StoredDocument,
  amount: Amount,
  paint: Paint,
  options: { assetDecimals: number; columns: number },
): string[] {
  const { assetDecimals } = options
  const { policy, planning, observation } = shown
  const planned = planning.venues ?? []
  const { expectedGain, cost } = planning
  const account =
    expectedGain == null || cost == null || cost.totalAssets === 0n
      ? []
      : [
          `${formatGain(expectedGain, cost.totalAssets, assetDecimals)} The cost is ${formatAmount(cost.gas, 0)} gas for ${formatSmall(cost.gasAssets, assetDecimals)}, and rounding of ${amount(cost.roundingAssets, assetDecimals)}.`,
        ]
  if (policy === null && planned.length === 0) return []
  const scores = policy?.kind === 'scores' ? policy.scores : undefined
  const columns = [
    { name: 'venue' },
    ...(scores === undefined
      ? []
      : [
          { ...right('rate by'), optional: true },
          { ...right('to move'), optional: true },
        ]),
    ...(policy?.kind === 'weights' ? [right('weight')] : []),
    right('asked for'),
    right('planned'),
    { ...right('change'), optional: true },
    { name: 'bound by' },
  ]
  return [
    paint.bold('What the policy asked for'),
    answerLine(policy),
    ...(planned.length === 0
      ? []
      : renderTable(
          columns,
          planned.map(({ name, assetsBefore, assetsTarget, assetsAfter }, index) => [
            name,
            ...(scores === undefined
              ? []
              : [
                  perHundred(within(scores[index]?.[0], -614, 1024)),
                  perHundred(within(scores[index]?.[6], -1024, 3072)),
                ]),
            ...(policy?.kind === 'weights' ? [`${((policy.weightsBps[index] ?? 0) / 100).toFixed(2)} %`] : []),
            amount(assetsTarget),
            amount(assetsAfter),
            change(assetsAfter - assetsBefore, amount),
            boundOf(shown, index, { target: assetsTarget, after: assetsAfter, assetDecimals }),
          ]),
          paint,
          options.columns,
        )),
    ...(planning.idleAfter == null ? [] : [`${amount(planning.idleAfter)} stays idle.`]),
    ...(planning.freedForQueue == null
      ? []
      : [`It frees ${amount(planning.freedForQueue)} for the redeem queue; the policy was not followed in this pass.`]),
    ...(planning.limitedBy == null
      ? []
      : [`The step is partial: ${planning.limitedBy}. The next plan goes on from there.`]),
    ...account,
    ...(scores === undefined || observation === null ? [] : [paint.dim(scoresLegend(scores))]),
  ]
}

function answerLine(policy: StoredDocument['policy']): string {
  if (policy === null) return 'It was not asked, or its answer was not taken.'
  if (policy.kind === 'hold') return 'It asks to hold: everything stays where it is.'
  if (policy.kind === 'weights') return 'Weights of its own.'
  return policy.scores.every((row) => row.every((score) => score === 0))
    ? 'No correction: the allocation rule by itself.'
    : 'Corrections to the allocation rule, which then solved the grid exactly.'
}

/** Q10 to percent, inside the bounds that the rule clamps to. */
function within(score: number | undefined, low: number, high: number): number {
  return (Math.min(high, Math.max(low, score ?? 0)) / 1024) * 100
}

function scoresLegend(scores: readonly (readonly number[])[]): string {
  const mean = scores.reduce((sum, row) => sum + (row[5] ?? 0), 0) / Math.max(1, scores.length)
  const hours = 168 * 2 ** (Math.min(3072, Math.max(-3584, mean)) / 1024)
  return `rate by: how far it corrects the smoothed rate. to move: how much dearer or cheaper it makes a leg. Its horizon is ${hours.toFixed(0)} h.`
}

/** What kept a venue from more, or cut its step. */
function boundOf(
  { observation, planning }: StoredDocument,
  index: number,
  { target, after, assetDecimals }: { target: bigint; after: bigint; assetDecimals: number },
): string {
  const venue = observation?.venues[index]
  const steps = observation?.gridSteps ?? 0
  // One step of the grid in asset units; sizes are whole units in Q6.
  const step = steps === 0 ? 0n : ((observation?.capitalQ6 ?? 0n) * 10n ** BigInt(assetDecimals)) / 64n / BigInt(steps)
  const atCap =
    venue !== undefined && step > 0n && target > 0n && venue.capSteps < steps
      ? (target + step / 2n) / step >= BigInt(venue.capSteps)
      : false
  // Rounding below a cap takes a few units; a cut step is more than that.
  const { limitedBy } = planning
  const cut = (target > after ? target - after : after - target) > 1_000n ? (limitedBy ?? 'money at hand') : null
  return [...(atCap ? [`cap, ${venue?.capSteps} of ${steps} steps`] : []), ...(cut === null ? [] : [cut])].join('; ')
}

function reasons({ refusals }: DecisionRow, paint: Paint, columns: number): string[] {
  if (refusals.length === 0) return []
  return [paint.bold('Why nothing moved'), ...renderRefusals(refusals, paint, { columns })]
}

function simulation(gates: readonly StoredGate[], amount: Amount, paint: Paint, assetDecimals: number): string[] {
  if (gates.length === 0) return []
  return [
    paint.bold('Simulation'),
    ...gates.flatMap(({ gate, ranOn, ok, durationMs, gasUsed, revert, after, checks }) => {
      const passed = checks.filter((check) => check.ok)
      const failed = checks.filter((check) => !check.ok)
      const facts = [
        ...(checks.length === 0 ? [] : [`${passed.length} of ${checks.length} checks hold`]),
        ...(gasUsed === null || gasUsed === 0n ? [] : [`${formatAmount(gasUsed, 0)} gas`]),
        ...(after === null
          ? []
          : [`${amount(after.totalAssets)} after, share price ${amount(after.sharePrice, assetDecimals)}`]),
        ...(durationMs === undefined ? [] : [`${Math.round(durationMs)} ms`]),
      ]
      return [
        `${mark(ok ? 'ok' : 'fail', paint)} ${gate} gate${ranOn === undefined ? '' : ` on the ${ranOn}`}: ${[...(revert === undefined ? [] : [revert]), ...facts].join(', ')}`,
        ...failed.map(({ name, detail }) => `  ${mark('fail', paint)} ${name}  ${detail}`),
        ...(passed.length === 0 ? [] : [paint.dim(`    ${passed.map(({ name }) => name).join(', ')}`)]),
      ]
    }),
  ]
}

function transactions(attempts: readonly AttemptRow[], paint: Paint): string[] {
  if (attempts.length === 0) return []
  return [
    paint.bold('Transactions'),
    ...attempts.flatMap(({ hash, nonce, status, reason, receipt, maxFeePerGas }) => [
      `${hash}  nonce ${nonce}  ${status}${receipt === null ? '' : ` in block ${receipt.blockNumber}`}${reason === null ? '' : `: ${reason}`}`,
      receipt === null
        ? `  offers up to ${formatAmount(maxFeePerGas, 9, 4)} gwei`
        : `  fee ${formatAmount(receipt.gasUsed * receipt.effectiveGasPrice, 18, 8)} ETH: ${formatAmount(receipt.gasUsed, 0)} gas at ${formatAmount(receipt.effectiveGasPrice, 9, 4)} gwei`,
    ]),
  ]
}

/** Forecast and fact beside each other. */
function outcome(
  { realised }: DecisionRow,
  shown: StoredDocument | undefined,
  gates: readonly StoredGate[],
  { amount, paint, assetDecimals }: { amount: Amount; paint: Paint; assetDecimals: number },
): string[] {
  if (realised == null) return []
  const cost = shown?.planning.cost
  const expected = realised.expected ?? gates.find(({ gate }) => gate === 'fork')?.after ?? null
  const inAssets = (wei: bigint): bigint | null =>
    cost == null || cost.wei === 0n ? null : (wei * cost.gasAssets) / cost.wei
  const fee = inAssets(realised.gasCost)
  const row = (name: string, was: bigint | null | undefined, is: bigint | null, show: (value: bigint) => string) => [
    name,
    was == null ? '' : show(was),
    is === null ? '' : show(is),
    was == null || is === null ? '' : change(is - was, show),
  ]
  const exact = (value: bigint) => amount(value, assetDecimals)
  return [
    paint.bold('Expected and realised'),
    ...renderTable(
      [{ name: '' }, right('expected'), right('realised'), right('difference')],
      [
        row('total assets', expected?.totalAssets, realised.realised.totalAssets, exact),
        row('idle', expected?.idle, realised.realised.idle, exact),
        row('share price', expected?.sharePrice, realised.realised.sharePrice, exact),
        row('gas', cost?.gas, realised.gasUsed, (value) => formatAmount(value, 0)),
        row('fee in the asset', cost?.gasAssets, fee, exact),
      ],
      paint,
    ),
    paint.dim('Assets are those of the fork gate at the next block; gas and fee are the estimates of planning.'),
  ]
}

function right(name: string): { name: string; align: 'right' } {
  return { name, align: 'right' }
}

function change(value: bigint, show: (value: bigint) => string): string {
  if (value === 0n) return '0'
  return `${value < 0n ? '−' : '+'}${show(value < 0n ? -value : value)}`
}
