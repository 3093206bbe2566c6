import { isAddressEqual } from 'viem'
import type { AuditFacts } from './audit.ts'
import type { Add } from './audit-findings.ts'
import type { PriceGuardFacts } from './audit-price-guard.ts'

/** Seconds between two blocks on Ethereum: in the worst case each of them holds a trade. */
const blockSeconds = 12

/** What is wrong with the seller of rewards, with who sends to it, and with the price guards of ranges and routes. Pure. */
export function rewardFindings({ beside, vault, adapters }: AuditFacts, add: Add): void {
  const { rewardSeller: seller, priceGuards } = beside
  if (seller !== undefined && !isAddressEqual(seller.vault, vault)) {
    add('serious', 'SELLER_FOREIGN', `The reward seller ${seller.address} belongs to ${seller.vault}.`)
  }
  for (const { address, kind, skimRecipient } of adapters) {
    const name = `${kind} ${address}`
    if (skimRecipient === undefined) {
      if (seller === undefined) continue
      add('note', 'SKIM_UNSET', `Rewards that reach ${name} stay there: it names nobody who gets them.`)
    } else if (seller === undefined) {
      add('note', 'SKIM_RECIPIENT', `What lies in ${name} and is no position goes to ${skimRecipient}.`)
    } else if (!isAddressEqual(skimRecipient, seller.address)) {
      add('warning', 'SKIM_ELSEWHERE', `Rewards of ${name} go to ${skimRecipient}, not to the reward seller.`)
    }
  }
  for (const guard of priceGuards) {
    guardFindings(guard, `${guard.adapter} does not move`, add)
    if (!guard.isIgnored) continue
    const text = `${guard.adapter} may be left at prices that the feeds of ${guard.address} contradict.`
    add('warning', 'ORACLE_IGNORED', text)
  }
  for (const { token, hops } of seller?.routes ?? []) {
    for (const { priceGuard, priceGuardAddress } of hops) {
      const name = token.symbol === '' ? token.address : token.symbol
      if (priceGuard === undefined) {
        add(
          'serious',
          'PRICE_GUARD_NONE',
          `The price guard ${priceGuardAddress} of the sale of ${name} does not answer.`,
        )
      } else guardFindings(priceGuard, `${name} is not sold`, add)
    }
  }
}

/** `rest` says what stands still as long as the guard refuses. */
function guardFindings(guard: PriceGuardFacts, rest: string, add: Add): void {
  const { address, feeds, isFed, passes, pool, historySeconds, cardinality, twapSeconds } = guard
  const name = `price guard ${address}`
  if (feeds.length === 0) {
    add('serious', 'FEED_MISSING', `The ${name} has no feed: nothing but the pool itself says what is a fair price.`)
  } else if (!isFed) add('warning', 'FEED_SILENT', `The feeds of the ${name} give no price now: ${rest}.`)
  const isShort = historySeconds < BigInt(twapSeconds)
  if (isShort) {
    const text = `The pool ${pool} remembers ${historySeconds} s, and the ${name} needs ${twapSeconds} s: ${rest}.`
    add('warning', 'POOL_HISTORY_SHORT', text)
  } else if ((cardinality - 1) * blockSeconds < twapSeconds) {
    const text = `The pool ${pool} remembers ${cardinality} trades, fewer than the ${twapSeconds} s of the ${name} may hold: who trades in each block keeps it from passing.`
    add('warning', 'POOL_HISTORY_SHORT', text)
  }
  if (isFed && !isShort && !passes) {
    add('note', 'PRICES_DISAGREE', `The ${name} refuses now, for pool, mean and feeds disagree: ${rest}.`)
  }
}
