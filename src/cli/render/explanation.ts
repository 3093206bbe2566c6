import { z } from 'zod'
import type { AttemptRow, DecisionRow, IntentRow } from '../../journal/journal.ts'
import { formatAmount, formatTime, formatWadPercent } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import { mark, type Paint } from './marks.ts'
import { renderTable } from './table.ts'

const integer = z.union([z.string().regex(/^-?[0-9]+$/), z.int()]).transform((value) => BigInt(value))

/** The parts of a stored decision that are shown. Rows of other versions may lack some: every part is optional. */
const documentSchema = z.object({
  executionProvider: z.string().catch('unknown'),
  venues: z
    .array(z.object({ name: z.string(), status: z.string(), assets: integer, cap: integer, supplyAprWad: integer }))
    .catch([]),
  before: z.object({ totalAssets: integer, idle: integer, sharePrice: integer }).nullable().catch(null),
  policy: z.object({ kind: z.string() }).loose().nullable().catch(null),
  planning: z
    .object({
      venues: z
        .array(z.object({ name: z.string(), assetsBefore: integer, assetsTarget: integer, assetsAfter: integer }))
        .catch([]),
      expectedGain: integer.nullable().catch(null),
      edgeBps: integer.nullable().catch(null),
      cost: z.object({ gas: integer, totalAssets: integer }).nullable().catch(null),
      limitedBy: z.string().nullable().catch(null),
    })
    .partial()
    .catch({}),
})

/** Reports by gate, as the journal keeps them. */
const gatesSchema = z
  .record(
    z.string(),
    z.object({
      gate: z.string(),
      ranOn: z.string().optional(),
      ok: z.boolean(),
      durationMs: z.number().optional(),
      revert: z.string().optional(),
      checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).catch([]),
    }),
  )
  .catch({})

export type Explained = { decision: DecisionRow; intent: IntentRow | null; attempts: readonly AttemptRow[] }

/** What each outcome means, in a sentence for a person. */
const outcomes: Readonly<Record<string, string>> = {
  decided: 'The decision was written; what became of it is not known yet.',
  refused: 'Nothing was moved, for the reasons below.',
  planned: 'A plan was made; in this mode nothing is simulated or sent.',
  simulated: 'A plan was made and passed the gates; in this mode nothing is sent.',
  sent: 'A transaction was sent and waits for the chain.',
  settled: 'The plan was sent, mined, and is final.',
  reverted: 'The transaction was mined and reverted; nothing moved but the gas.',
  dropped: 'The transaction can no longer be mined; nothing moved.',
  abandoned: 'The keeper ended before it signed anything; nothing moved.',
  quarantined: 'Journal and chain do not agree about this one; a person has to look.',
}

/**
 * Lines that say why a decision was taken: what was seen, what the policy asked for, what withheld or allowed it, what
 * the simulations said and what the chain made of it. Amounts are in asset units of `assetDecimals`.
 */
export function renderExplanation(explained: Explained, paint: Paint, assetDecimals = 6): string[] {
  const { decision, intent, attempts } = explained
  const document = documentSchema.safeParse(decision.document)
  const shown = document.success ? document.data : undefined
  const amount = (value: bigint) => formatAmount(value, assetDecimals, 2)

  const lines = [
    `${paint.bold(`Decision ${decision.id}`)}: ${decision.outcome}. ${outcomes[decision.outcome] ?? ''}`.trimEnd(),
    ...renderKeyValues(
      [
        ['block', `${decision.blockNumber} at ${formatTime(decision.blockTimestamp)}, slot ${decision.slot}`],
        ['policy', `${decision.policyName} on ${shown?.executionProvider ?? 'unknown'}`],
        ['mode', decision.mode],
      ],
      { paint },
    ),
  ]

  if (shown?.before != null) {
    lines.push(
      `${paint.dim('assets')}  ${amount(shown.before.totalAssets)}, of which ${amount(shown.before.idle)} idle`,
    )
  }
  if (shown !== undefined && shown.venues.length > 0) {
    const planned = new Map((shown.planning.venues ?? []).map((venue) => [venue.name, venue]))
    lines.push(
      '',
      ...renderTable(
        [
          { name: 'venue' },
          { name: 'supply APR', align: 'right' },
          { name: 'held', align: 'right' },
          { name: 'asked for', align: 'right' },
          { name: 'planned', align: 'right' },
          { name: 'cap', align: 'right' },
        ],
        shown.venues.map((venue) => {
          const change = planned.get(venue.name)
          return [
            venue.status === 'ok' ? venue.name : `${venue.name} (${venue.status})`,
            formatWadPercent(venue.supplyAprWad),
            amount(venue.assets),
            change === undefined ? '' : amount(change.assetsTarget),
            change === undefined ? '' : amount(change.assetsAfter),
            amount(venue.cap),
          ]
        }),
        paint,
      ),
    )
    const { expectedGain, cost, edgeBps, limitedBy } = shown.planning
    if (expectedGain != null && cost != null) {
      lines.push(
        '',
        `Expected gain over the horizon ${amount(expectedGain)}, cost ${amount(cost.totalAssets)} (${cost.gas} gas), edge ${edgeBps ?? 0} bps of what moves.`,
      )
    }
    if (limitedBy != null) lines.push(`The step is partial: ${limitedBy}.`)
  }

  if (decision.refusals.length > 0) {
    lines.push('', paint.bold('Why nothing moved'))
    for (const { code, reason, venue } of decision.refusals) {
      lines.push(`${mark('fail', paint)} ${code}${venue === undefined ? '' : ` (${venue})`}  ${reason}`)
    }
  }

  const gates = intent === null ? [] : Object.values(gatesSchema.parse(intent.gates))
  if (gates.length > 0) lines.push('', paint.bold('Simulation'))
  for (const gate of gates) {
    const time = gate.durationMs === undefined ? '' : ` in ${Math.round(gate.durationMs)} ms`
    const where = gate.ranOn === undefined ? '' : ` on the ${gate.ranOn}`
    lines.push(
      `${mark(gate.ok ? 'ok' : 'fail', paint)} ${gate.gate} gate${where}${time}${gate.revert === undefined ? '' : `: ${gate.revert}`}`,
    )
    for (const check of gate.checks) {
      if (!check.ok || !gate.ok) lines.push(`  ${mark(check.ok ? 'ok' : 'fail', paint)} ${check.name}  ${check.detail}`)
    }
  }

  if (attempts.length > 0) lines.push('', paint.bold('Transactions'))
  for (const attempt of attempts) {
    const receipt = attempt.receipt
    const mined = receipt === null ? '' : `, block ${receipt.blockNumber}, ${receipt.gasUsed} gas`
    lines.push(
      `${attempt.hash}  nonce ${attempt.nonce}  ${attempt.status}${mined}${attempt.reason === null ? '' : `: ${attempt.reason}`}`,
    )
  }
  const { realised } = decision
  if (realised?.differenceAssets != null) {
    lines.push(`Realised against expected: ${amount(realised.differenceAssets)} in total assets.`)
  }
  return lines
}
