import type { Address } from 'viem'
import type { RewardSellerPlan } from '../../vault/reward-seller.ts'
import type { DeploymentView } from './deployment.ts'
import { formatAmount, formatBps, formatDuration } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import type { Paint } from './marks.ts'

/** A token as a person knows it. */
export type Token = { symbol: string; decimals: number }

/** `5.25 WETH`: whole units with as many decimals as the amount has, eight at most. */
export function tokenAmount(units: bigint, { symbol, decimals }: Token): string {
  const text = formatAmount(units, decimals, 8)
  return `${text.includes('.') ? text.replace(/\.?0+$/, '') : text} ${symbol}`.trim()
}

/** Which rewards a planned vault sells: how much in a day, at what slippage, through which pools, and who may change it. */
export function renderRewards({ config, plan, tokens }: DeploymentView, paint: Paint, columns: number): string[] {
  const seller = config.periphery?.rewardSeller
  const { rewards, periphery } = plan
  if (seller === undefined || rewards === undefined) return []
  const names = (adapter: Address) => plan.venues.filter((venue) => venue.adapter === adapter).map(({ name }) => name)
  const wait = formatDuration(Number(plan.timelocks.vault['default'] ?? 0n) * 1_000)
  const entries: (readonly [string, string])[] = [
    ['seller', `${periphery.rewardSeller}\ntrades with pools of the factory ${seller.uniswapFactory} alone`],
    ...rewards.routes.map((route, index): readonly [string, string] => {
      const token = tokens.get(route.token) ?? { symbol: '', decimals: 0 }
      return [
        token.symbol === '' ? 'token' : token.symbol,
        [
          `at most ${tokenAmount(route.perDay, token)} a day, for at most ${formatBps(route.maxSlippageBps)} less than the feeds say`,
          `token ${route.token}`,
          ...route.hops.flatMap(({ pool, priceGuard, isNew }, number) => [
            `through the pool ${pool}`,
            `price guard ${priceGuard}${isNew ? '' : ', which stands already'}`,
            ...guardText(seller, index, number),
          ]),
        ].join('\n'),
      ]
    }),
    ['from', rewards.adapters.map((adapter) => `${adapter}  ${names(adapter).join(', ')}`).join('\n') || 'no adapter'],
    [
      'who',
      [
        'anybody may sell within these bounds; the proceeds go to the vault',
        `the curator names routes and recipients of rewards after ${wait}`,
        'sentinels, curator and owner lower a limit or stop a sale at once',
      ].join('\n'),
    ],
  ]
  return [...renderKeyValues(entries, { title: 'Rewards', paint, columns }), '']
}

/** What a new price guard watches. */
function guardText(seller: RewardSellerPlan, route: number, hop: number): string[] {
  const prices = seller.routes[route]?.hops[hop]?.prices
  if (prices === undefined) return []
  const { feed0, feed1, twapSeconds, maxSpotDeviationBps, maxOracleDeviationBps } = prices
  const mean = formatDuration(twapSeconds * 1_000)
  return [
    `no sale where the pool is ${formatBps(maxSpotDeviationBps)} off its mean of ${mean}, or that ${formatBps(maxOracleDeviationBps)} off the feeds`,
    `feed0 ${feed0.aggregator}`,
    `feed1 ${feed1.aggregator}`,
  ]
}
