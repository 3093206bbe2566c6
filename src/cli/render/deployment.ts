import type { Address } from 'viem'
import type { DeploymentPlan, VaultPlanConfig, VenuePlan } from '../../vault/deploy.ts'
import { planWarnings } from '../../vault/plan-warnings.ts'
import type { Rehearsal } from '../../vault/rehearse-deployment.ts'
import { sharedExposures } from '../../vault/shared-risks.ts'
import { timelockedFunctions } from '../../vault/timelocked-functions.ts'
import { defaultExits, placesOf } from '../../vault/venue-adapters.ts'
import { formatAmount, formatBps, formatDuration, formatWadPercent } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import { mark, type Paint } from './marks.ts'
import { renderRewards, type Token } from './rewards.ts'
import { renderTable } from './table.ts'
import { wrap } from './text.ts'

const unbounded = (1n << 128n) - 1n
const year = 365n * 86_400n

export type DeploymentView = {
  config: VaultPlanConfig
  plan: DeploymentPlan
  rehearsal: Rehearsal
  asset: { decimals: number; symbol: string }
  /** The tokens that the reward seller sells. */
  tokens: ReadonlyMap<Address, Token>
  chainId: number
}

/** Everything that a deployment would do, before it is done: addresses, roles, timelocks, caps, fees, bounds, cost. */
export function renderDeployment(view: DeploymentView, paint: Paint, columns = Number.POSITIVE_INFINITY): string[] {
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
        ...peripheryLines(view, amount),
        ['seed', `${amount(config.seedAssets)}, whose shares nobody can take`],
      ],
      { title: 'Contracts', paint, columns },
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
      { title: 'Roles', paint, columns },
    ),
    '',
    ...renderKeyValues(
      config.venues.map((venue, index) => [venue.name, venueText(venue, plan.venues[index]?.adapter ?? '')]),
      { title: 'Venues', paint, columns },
    ),
    '',
    ...renderTable(
      [
        { name: 'venue' },
        { name: 'cap', align: 'right' },
        { name: 'share', align: 'right' },
        { name: 'most in a day', align: 'right', optional: true },
      ],
      config.venues.map((venue) => [
        venue.name,
        amount(venue.absoluteCap),
        formatWadPercent(venue.relativeCapWad),
        amount(venue.inflowPerDay ?? venue.absoluteCap),
      ]),
      paint,
      columns,
    ),
    '',
    ...riskLines(view, amount, paint, columns),
    ...renderRewards(view, paint, columns),
    ...renderKeyValues(
      [
        ['performance fee', formatBps(config.performanceFeeBps ?? 0)],
        ['management fee', `${formatBps(config.managementFeeBps ?? 0)} a year`],
        ['forced exit', `${formatBps(config.forcedExitPenaltyBps ?? 20)} penalty`],
        ['exits from', ['idle', ...(config.exitList ?? defaultExits(config.venues))].join(', ')],
        ['loss', `${formatBps(limits.maxLossPerPlanBps)} a plan, ${formatBps(limits.lossBudgetPerDayBps)} a day`],
        ['turnover', `${formatBps(limits.turnoverPerDayBps)} a day`],
        ['liquid floor', formatBps(limits.liquidFloorBps)],
        ['gains', `come into the price at ${formatWadPercent(plan.maxRatePerSecondWad * year)} a year at most`],
        ['cooldown', formatDuration(limits.cooldownSeconds * 1_000)],
      ],
      { title: 'Fees and bounds', paint, columns },
    ),
    '',
    ...renderKeyValues(
      [...timelockLines('vault', plan.timelocks.vault), ...timelockLines('guard', plan.timelocks.guard)],
      { title: 'Timelocks', paint, columns },
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
    ...planWarnings(config, asset, view.tokens).flatMap(({ code, text }) =>
      wrap(`${mark('warn', paint)} ${text} ${paint.dim(code)}`, columns, '  '),
    ),
  ]
}

/** What a venue is made of: its kind, every address, and the adapter that holds the position there. */
function venueText(venue: VenuePlan, adapter: string): string {
  const [first, ...others] = placesOf(venue)
  const name = (text: string) => text.replace(/^(?:market|prices)\./, '').replace(/\.aggregator$/, '')
  return [
    `${venue.kind} ${first?.[1] ?? ''}`,
    ...others.map(([path, address]) => `${name(path)} ${address}`),
    ...(venue.kind === 'morpho-blue' ? [`lent up to ${formatWadPercent(venue.market.lltv)} of the collateral`] : []),
    `adapter ${adapter}`,
  ].join('\n')
}

function peripheryLines({ config, plan }: DeploymentView, amount: (value: bigint) => string): [string, string][] {
  const { router, redeemQueue, rewardSeller } = config.periphery ?? {}
  const lines: [string, string][] = []
  if (router !== undefined) {
    const stands = plan.steps.some(({ creates }) => creates === plan.periphery.router) ? '' : ', which stands already'
    const lender = router.flashLender === undefined ? 'no in-kind exits' : `in-kind exits lent by ${router.flashLender}`
    lines.push(['router', `${plan.periphery.router}  of the chain${stands}\n${lender}`])
  }
  if (redeemQueue !== undefined) {
    const least = amount(redeemQueue.minRequestAssets)
    lines.push(['redeem queue', `${plan.periphery.redeemQueue}  for requests of ${least} and more`])
  }
  if (rewardSeller !== undefined) {
    const count = rewardSeller.routes.length
    lines.push(['reward seller', `${plan.periphery.rewardSeller}  sells ${count} ${count === 1 ? 'token' : 'tokens'}`])
  }
  return lines
}

/** What venues have in common, with its cap; that of a Morpho bounds all of its markets together. */
function riskLines(
  { config }: DeploymentView,
  amount: (value: bigint) => string,
  paint: Paint,
  columns: number,
): string[] {
  const exposures = sharedExposures(config)
  if (exposures.length === 0) return []
  const entries = exposures.map(({ risk, address, venues, absoluteCap, isDefault, togetherWad }) => {
    const cap = isDefault
      ? 'no cap of its own'
      : absoluteCap >= unbounded
        ? 'a share only'
        : `cap ${amount(absoluteCap)}`
    const text = `${address}  ${cap}; at most ${formatWadPercent(togetherWad)} of the vault together\nof ${venues.join(', ')}`
    return [risk, text] as const
  })
  return [...renderKeyValues(entries, { title: 'Shared risks', paint, columns }), '']
}

function timelockLines(target: 'vault' | 'guard', timelocks: Readonly<Record<string, bigint>>): [string, string][] {
  return Object.entries(timelocks).map(([name, seconds]) => {
    const known = timelockedFunctions.find((item) => item.target === target && item.name === name)
    const words = name === 'default' ? 'everything else that loosens' : (known?.words ?? '')
    return [
      `${target} ${name === 'default' ? '(else)' : name}`,
      `${formatDuration(Number(seconds) * 1_000).padEnd(10)}  ${words}`,
    ]
  })
}
