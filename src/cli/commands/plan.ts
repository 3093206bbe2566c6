import type { Command } from 'commander'
import type { PlanResult } from '../../plan/plan-result.ts'
import type { Context } from '../context.ts'
import { type PlanPreview, previewPlan } from '../preview-plan.ts'
import { formatAmount, formatBps, formatGain, formatSupplyApr, formatTime } from '../render/format.ts'
import { mark, type Paint } from '../render/marks.ts'
import { renderRefusals } from '../render/refusals.ts'
import { renderTable } from '../render/table.ts'

/** `tiller plan` */
export function register(command: Command, context: Context): void {
  command.action(async () => {
    const { config } = await context.loadConfig()
    const preview = await previewPlan(config, { now: context.io.now(), env: context.io.env })
    context.answer({ document: documentOf(preview), lines: renderPreview(preview, context.paint, context.columns) })
  })
}

function documentOf(preview: PlanPreview) {
  const { state, keeper, policy, decision, plan, observedSlots } = preview
  return {
    block: state.market.block,
    vault: state.vault.address,
    keeper,
    policy,
    decision,
    totalAssets: state.vault.totalAssets,
    observedSlots,
    ...plan,
  }
}

/** Lines of a plan that was not sent. */
export function renderPreview(
  { state, policy, plan, observedSlots }: PlanPreview,
  paint: Paint,
  columns = Number.POSITIVE_INFINITY,
): string[] {
  const { market, vault } = state
  const amount = (value: bigint) => formatAmount(value, vault.assetDecimals, 2)
  return [
    `${paint.bold(policy.name)} on ${policy.executionProvider} at block ${market.block.number}, ${formatTime(market.block.timestamp)}`,
    `${amount(vault.totalAssets)} in the vault, ${amount(vault.idle)} idle; ${Math.min(...observedSlots)} slots observed`,
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'supply APR', align: 'right' },
        { name: 'now', align: 'right' },
        { name: 'weight', align: 'right' },
        { name: 'asked for', align: 'right' },
        { name: 'after', align: 'right' },
        { name: 'weight', align: 'right' },
      ],
      plan.venues.map((venue, index) => [
        venue.name,
        formatSupplyApr(market.venues[index]),
        amount(venue.assetsBefore),
        formatBps(venue.weightBeforeBps),
        amount(venue.assetsTarget),
        amount(venue.assetsAfter),
        formatBps(venue.weightAfterBps),
      ]),
      paint,
    ),
    '',
    ...outcomeLines(plan, vault.assetDecimals, paint, columns),
  ]
}

function outcomeLines(plan: PlanResult, decimals: number, paint: Paint, columns: number): string[] {
  const amount = (value: bigint) => formatAmount(value, decimals, 2)
  if (plan.plan === null) {
    return ['Nothing would move:', ...renderRefusals(plan.refusals, paint, { columns })]
  }
  return [
    `${mark('ok', paint)} ${plan.plan.legs.length} legs: ${amount(plan.withdrawnAssets)} out of venues, ${amount(plan.depositedAssets)} into venues.`,
    `  ${formatGain(plan.expectedGain, plan.cost.totalAssets, decimals)}`,
    ...(plan.freedForQueue === undefined
      ? []
      : [`  It frees ${amount(plan.freedForQueue)} for the redeem queue; the policy is not followed in this plan.`]),
    ...(plan.limitedBy === null ? [] : [`  A partial step: ${plan.limitedBy}.`]),
    paint.dim('  Nothing was simulated or sent; `tiller keeper once` does that in the configured mode.'),
  ]
}
