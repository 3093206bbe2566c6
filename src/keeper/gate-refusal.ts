import type { GateReport } from '../journal/journal.ts'
import type { Refusal, RefusalCode } from '../plan/plan.ts'

/** The refusal that says which checks of a gate failed. */
export function gateRefusal(code: RefusalCode, report: GateReport): Refusal {
  const failed = report.checks.filter(({ ok }) => !ok)
  return { code, reason: failed.map(({ name, detail }) => `${name}: ${detail}`).join(' ') }
}
