import type { DeploymentPlan, VaultPlanConfig } from '../../vault/deploy.ts'
import type { Rehearsal } from '../../vault/rehearse-deployment.ts'
import { formatAmount, formatBps, formatDuration, formatWadPercent } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import type { Paint } from './marks.ts'
import { renderTable } from './table.ts'

export type DeploymentView = {
  config: VaultPlanConfig
  plan: DeploymentPlan
  rehearsal: Rehearsal
  asset: { decimals: number; symbol: string }
  chainId: number
}

/** Everything that a deployment would do, before it is done: addresses, roles, timelocks, caps, fees, bounds, cost. */
export function renderDeployment(view: DeploymentView, paint: Paint): string[] {
  const { config, plan, rehearsal, asset, chainId } = view
  const { limits } = config
  const amount = (value: bigint) => `${formatAmount(value, asset.decimals, 2)} ${asset.symbol}`
  const list = (accounts: readonly string[]) => (accounts.length === 0 ? 'nobody' : accounts.join('\n'))
  return [
    ...renderKeyValues(
      [
        ['chain', String(chainId)],
        ['asset', `${config.asset} ${asset.symbol}`],
        ['vault', `${plan.vault}  ${config.name} (${config.symbol})`],
        ['guard', plan.guard],
        ['factory', plan.factory ?? 'none: the chain has none of this build'],
        ['gate', config.gate ?? 'none: anybody may deposit'],
        ['seed', `${amount(config.seedAssets)}, whose shares nobody can take`],
      ],
      { title: 'Contracts', paint },
    ),
    '',
    ...renderKeyValues(
      [
        ['deployer', `${plan.deployer}  no role once the vault is open`],
        ['owner', `${config.owner}${plan.ownerMustAccept ? '  must accept' : ''}`],
        ['curator', config.curator],
        ['sentinels', list(config.sentinels)],
        ['keepers', list(config.keepers)],
        ['fee recipient', config.feeRecipient ?? 'none'],
      ],
      { title: 'Roles', paint },
    ),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'adapter' },
        { name: 'cap', align: 'right' },
        { name: 'share', align: 'right' },
        { name: 'a day', align: 'right', optional: true },
      ],
      config.venues.map((venue, index) => [
        venue.name,
        plan.venues[index]?.adapter ?? '',
        amount(venue.absoluteCap),
        formatWadPercent(venue.relativeCapWad),
        amount(venue.inflowPerDay ?? venue.absoluteCap),
      ]),
      paint,
    ),
    '',
    ...renderKeyValues(
      [
        ['performance fee', formatBps(config.performanceFeeBps ?? 0)],
        ['management fee', `${formatBps(config.managementFeeBps ?? 0)} a year`],
        ['forced exit', `${formatBps(config.forcedExitPenaltyBps ?? 20)} penalty`],
        ['loss', `${formatBps(limits.maxLossPerPlanBps)} a plan, ${formatBps(limits.lossBudgetPerDayBps)} a day`],
        ['turnover', `${formatBps(limits.turnoverPerDayBps)} a day`],
        ['liquid floor', formatBps(limits.liquidFloorBps)],
        ['cooldown', formatDuration(limits.cooldownSeconds * 1_000)],
      ],
      { title: 'Fees and bounds', paint },
    ),
    '',
    ...renderKeyValues(
      [...timelockLines('vault', plan.timelocks.vault), ...timelockLines('guard', plan.timelocks.guard)],
      { title: 'Timelocks', paint },
    ),
    '',
    ...renderTable(
      [
        { name: '#', align: 'right' },
        { name: 'transaction' },
        { name: 'gas', align: 'right' },
        { name: 'ether', align: 'right' },
      ],
      [
        ...rehearsal.steps.map(({ title, gasUsed, costWei }, index) => [
          String(index + 1),
          title,
          formatAmount(gasUsed, 0),
          formatAmount(costWei, 18, 6),
        ]),
        ['', 'all', formatAmount(rehearsal.gasUsed, 0), formatAmount(rehearsal.costWei, 18, 6)],
      ],
      paint,
    ),
    `Simulated on block ${rehearsal.block} at ${formatAmount(rehearsal.gasPriceWei, 9, 3)} gwei.`,
  ]
}

function timelockLines(target: string, timelocks: Readonly<Record<string, bigint>>): [string, string][] {
  return Object.entries(timelocks).map(([name, seconds]) => [
    `${target} ${name === 'default' ? '(else)' : name}`,
    formatDuration(Number(seconds) * 1_000),
  ])
}
