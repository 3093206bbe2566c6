import type { Refusal, RefusalCode } from '../../plan/plan.ts'
import { adviceOn } from './advice.ts'
import { mark, type Paint } from './marks.ts'
import { wrap } from './text.ts'

/** Reasons that time alone does not heal: a person has to look. The others are the keeper at its work. */
const alarming: ReadonlySet<string> = new Set<RefusalCode>([
  'policy_failed',
  'stale_venue',
  'frozen',
  'missing_role',
  'quorum',
  'gas_money',
  'simulation_reverted',
  'fork_gate_failed',
  'signing_refused',
])

/**
 * Lines of the reasons of a decision: each code once, with the venues it stands for, its sentences, and what to do.
 * Sentences that differ in nothing but the name of the venue are told once.
 */
export function renderRefusals(
  refusals: readonly Refusal[],
  paint: Paint,
  options: { columns?: number; indent?: string } = {},
): string[] {
  const { columns = Number.POSITIVE_INFINITY, indent = '' } = options
  const inner = `${indent}    `
  return groupRefusals(refusals).flatMap(({ code, venues, reasons }) => {
    const where = venues.length === 0 ? '' : paint.dim(`  ${venues.join(', ')}`)
    const advice = adviceOn(code)
    return [
      ...wrap(
        `${indent}${mark(alarming.has(code) ? 'fail' : 'skip', paint)} ${paint.bold(code)}${where}`,
        columns,
        inner,
      ),
      ...reasons.flatMap((reason) => wrap(`${inner}${reason}`, columns, inner)),
      ...(advice === undefined ? [] : wrap(`${inner}${paint.dim(`What to do: ${advice}`)}`, columns, inner)),
    ]
  })
}

/** `observation_incomplete ×5, cooldown`. */
export function countCodes(refusals: readonly Refusal[]): string {
  const codes = refusals.map(({ code }) => code)
  return [...new Set(codes)]
    .map((code) => {
      const count = codes.filter((other) => other === code).length
      return count === 1 ? code : `${code} ×${count}`
    })
    .join(', ')
}

type RefusalGroup = { code: string; venues: readonly string[]; reasons: readonly string[] }

function groupRefusals(refusals: readonly Refusal[]): RefusalGroup[] {
  return [...new Set(refusals.map(({ code }) => code))].map((code) => {
    const own = refusals.filter((refusal) => refusal.code === code)
    const venues = own.flatMap(({ venue }) => (venue === undefined ? [] : [venue]))
    // With the venues named in the head line, the same sentence about each of them is one sentence.
    const bare = own.map(({ reason, venue }) =>
      venue !== undefined && reason.startsWith(`${venue} `) ? `It ${reason.slice(venue.length + 1)}` : reason,
    )
    const told = new Set(bare).size === 1 ? bare : own.map(({ reason }) => reason)
    return { code, venues, reasons: [...new Set(told)] }
  })
}
