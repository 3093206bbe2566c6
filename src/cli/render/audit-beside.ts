import type { AuditFacts } from '../../vault/audit.ts'
import type { PriceGuardFacts } from '../../vault/audit-price-guard.ts'
import { formatBps, formatDuration } from './format.ts'
import { renderKeyValues } from './key-values.ts'
import type { Paint } from './marks.ts'
import { tokenAmount } from './rewards.ts'

type Amount = (value: bigint) => string

/** What each contract beside the vault allows whom. None of them has a role in it. */
export function renderBeside(facts: AuditFacts, paint: Paint, amount: Amount, columns: number): string[] {
  const lines = [
    ...factoryLines(facts),
    ...routerLines(facts),
    ...queueLines(facts, amount),
    ...guardLines(facts),
    ...sellerLines(facts),
  ]
  return lines.length === 0 ? [] : ['', ...renderKeyValues(lines, { title: 'Beside the vault', paint, columns })]
}

type Lines = (readonly [name: string, value: string])[]

function factoryLines({ beside: { factory } }: AuditFacts): Lines {
  if (factory === undefined) return []
  const lists = factory.lists ? 'lists this vault as opened with its Guard, seed and timelocks' : 'does not list it'
  return [['factory', `${factory.address}\n${lists}; no power over it`]]
}

function routerLines({ beside: { router } }: AuditFacts): Lines {
  if (router === undefined) return []
  const lender = router.flashLender === undefined ? 'offers no in-kind exit' : `borrows from ${router.flashLender}`
  const lines = [
    router.address,
    'whoever calls it: enter and leave with a least amount and a deadline, force an exit, leave into a venue',
    `spends only what its caller has allowed it, in that call; nobody owns it; ${lender}`,
  ]
  return [['router', lines.join('\n')]]
}

function queueLines({ beside: { redeemQueue } }: AuditFacts, amount: Amount): Lines {
  if (redeemQueue === undefined) return []
  const { address, pendingAssets, unclaimedAssets, minRequestAssets } = redeemQueue
  const lines = [
    `${address}, ${amount(pendingAssets)} wait, ${amount(unclaimedAssets)} can be claimed`,
    `holders: ask for ${amount(minRequestAssets)} or more, and take back what still waits at any time`,
    'anybody: fill in order, at the price of the moment, never while deposits are closed; nobody owns it',
  ]
  return [['redeem queue', lines.join('\n')]]
}

function guardLines({ beside: { priceGuards }, adapters }: AuditFacts): Lines {
  return priceGuards.map((item) => {
    const kind = adapters.find(({ address }) => address === item.adapter)?.kind ?? 'adapter'
    const lines = [
      `${item.address} of ${kind} ${item.adapter}`,
      `nobody may change it; stops the adapter where ${boundsText(item)}${item.isIgnored ? '; the feeds are ignored when leaving' : ''}`,
    ]
    return ['price guard', lines.join('\n')]
  })
}

/** Which token may be sold, through which pools, how much in a day, for how much less, and who can change it after how long. */
function sellerLines({ beside: { rewardSeller }, adapters, timelocks }: AuditFacts): Lines {
  if (rewardSeller === undefined) return []
  const { address, routes, uniswapFactory } = rewardSeller
  const senders = adapters.filter(({ skimRecipient }) => skimRecipient === address)
  const change = timelocks.find(({ target, name }) => target === 'rewardSeller' && name === 'setRoute')
  const lines = [
    address,
    'anybody: sell what lies in it, within the bounds below; the proceeds go to the vault, and nothing goes elsewhere',
    `trades with pools of the Uniswap factory ${uniswapFactory} alone`,
    ...(senders.length === 0
      ? ['no adapter sends rewards to it']
      : ['gets the rewards of', ...senders.map((adapter) => `  ${adapter.kind} ${adapter.address}`)]),
    ...(change === undefined ? [] : [changeText(change)]),
    'sentinels, curator and owner: lower a limit or stop a sale at once',
    ...(routes.length === 0 ? ['sells nothing: there is no route'] : []),
  ]
  return [
    ['reward seller', lines.join('\n')],
    ...routes.map((route): Lines[number] => {
      const { token, perDay, maxSlippageBps, available, hops } = route
      const name = token.symbol === '' ? 'a token' : token.symbol
      const text = [
        `${token.address}`,
        `at most ${tokenAmount(perDay, token)} a day, for at most ${formatBps(maxSlippageBps)} less than the feeds say; ${tokenAmount(available, token)} can be sold now`,
        ...hops.flatMap(({ pool, fee, priceGuardAddress, priceGuard }) => [
          `through the pool ${pool}, fee ${fee / 10_000} %`,
          `  price guard ${priceGuardAddress}`,
          ...(priceGuard === undefined ? [] : [`  no sale where ${boundsText(priceGuard)}`]),
        ]),
      ]
      return [`sells ${name}`, text.join('\n')]
    }),
  ]
}

function changeText({ seconds, abdicated }: { seconds: bigint; abdicated: boolean }): string {
  if (abdicated) return 'nobody can ever name another route or raise a limit'
  return `the curator: name routes and raise limits after ${formatDuration(Number(seconds) * 1_000)}`
}

function boundsText(guard: PriceGuardFacts): string {
  const { maxSpotDeviationBps, maxOracleDeviationBps, twapSeconds, feeds } = guard
  const fed = feeds.length === 0 ? 'no feed' : `the feeds ${feeds.join(' and ')}`
  const mean = formatDuration(twapSeconds * 1_000)
  return `the pool is ${formatBps(maxSpotDeviationBps)} off its mean of ${mean}, or that mean ${formatBps(maxOracleDeviationBps)} off ${fed}`
}
