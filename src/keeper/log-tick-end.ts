import type { TickEffects, TickSettings } from './effects.ts'
import type { TickReport } from './tick-report.ts'

/** One wide line at the end of a pass. */
export function logTickEnd({ logger }: TickEffects, settings: TickSettings, report: TickReport): void {
  logger.info('tick.end', {
    vault: settings.vault,
    mode: settings.mode,
    decision: report.decisionId,
    outcome: report.outcome,
    reasons: report.refusals.map(({ code }) => code),
    slot: report.slot,
    block: report.blockNumber,
    totalAssets: report.reading.vault.totalAssets,
    sharePrice: report.reading.vault.sharePrice,
    legs: report.plan?.legs.length ?? 0,
    tx: (report.attempts.find(({ status }) => status !== 'replaced') ?? report.attempts.at(-1))?.hash,
    gasUsed: report.gasUsed > 0n ? report.gasUsed : undefined,
    differenceAssets: report.realised?.differenceAssets ?? undefined,
    ms: report.totalMs,
    ...Object.fromEntries(Object.entries(report.timings).map(([stage, ms]) => [`${stage}Ms`, ms])),
  })
}
