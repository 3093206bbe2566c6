import type { Refusal } from '../plan/plan.ts'
import type { ChainState } from '../vault/state-query.ts'

/**
 * Compares what two endpoints say about the same block, on the values that decide money: block, total assets, share
 * price, idle, the Guard's bounds, and every venue's position, index, caps and liquidity.
 *
 * Both reads are pinned to one block, so any difference means that one endpoint lies or is broken. Returns the refusal
 * `quorum` that names the first difference, or null.
 */
export function compareStates(first: ChainState, second: ChainState): Refusal | null {
  const theirs = new Map(values(second).map(({ name, value }) => [name, value]))
  for (const { name, value, venue } of values(first)) {
    const other = theirs.get(name)
    if (other === value) continue
    return {
      code: 'quorum',
      reason: `The endpoints disagree on ${name}: ${String(value)} and ${String(other)}.`,
      ...(venue === undefined ? {} : { venue }),
    }
  }
  return null
}

type Value = { name: string; value: unknown; venue?: string }

function values({ market, vault, ethPriceUsdE8 }: ChainState): Value[] {
  const { guard } = vault
  const ofVault: [string, unknown][] = [
    ['the chain id', market.chainId],
    ['the block number', market.block.number],
    ['the block hash', market.block.hash],
    ['total assets', vault.totalAssets],
    ['total supply', vault.totalSupply],
    ['the share price', vault.sharePrice],
    ['idle', vault.idle],
    ['liquid', vault.liquid],
    ['whether entries are open', vault.entriesOpen],
    ['what waits in the redeem queue', vault.queuedAssets],
    ['the ETH price', ethPriceUsdE8],
    ['the next nonce of the Guard', guard.nextNonce],
    ['frozen', guard.frozen],
    ['the role of the keeper', guard.keeperAllowed],
    ['the time of the last rebalance', guard.lastRebalanceAt],
    ['the turnover available', guard.turnoverAvailable],
    ['the turnover owed', guard.turnoverOwed],
    ['the loss available', guard.lossAvailable],
    ...Object.entries(guard.limits).map(([name, limit]): [string, unknown] => [`the limit ${name}`, limit]),
    ...vault.capGroups.map(({ id, cap }): [string, unknown] => [`the shared cap ${id}`, cap]),
  ]
  const ofVenues = market.venues.flatMap((venue, j): Value[] => {
    const { name } = venue.ref
    const list: [string, unknown][] = [
      ['status', venue.status],
      ['closing', venue.closed ?? 'open'],
      ['position', venue.assets],
      ['withdrawable amount', venue.withdrawable],
      ['depositable amount', venue.depositable],
      ['cap', venue.cap],
      ['inflow available', guard.inflowAvailable[j]],
      ['index', venue.index],
      ['total supply', venue.totalSupply],
      ['total borrow', venue.totalBorrow],
    ]
    return list.map(([what, value]) => ({ name: `the ${what} of ${name}`, value, venue: name }))
  })
  return [...ofVault.map(([name, value]) => ({ name, value })), ...ofVenues]
}
