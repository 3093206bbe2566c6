import { type Address, isAddressEqual, zeroAddress } from 'viem'
import type { PriceGuardPlan } from '../venues/uniswap-v3/encode.ts'
import type { Fault } from './check-plan.ts'

/** What the constructor of a price guard would refuse, as far as its values tell. Pure. */
export function checkPrices(prices: PriceGuardPlan, path: string, fault: Fault): void {
  for (const name of ['maxSpotDeviationBps', 'maxOracleDeviationBps'] as const) {
    if (prices[name] < 1 || prices[name] > 200) {
      fault(`${path}.${name}`, `is ${prices[name]}, which is not 1 to 200; give basis points, e.g. 50 for 0.5 %`)
    }
  }
  const { twapSeconds, blockSeconds, feed0, feed1 } = prices
  if (twapSeconds < 600 || twapSeconds > 86_400) {
    fault(`${path}.twapSeconds`, `is ${twapSeconds}, which is not 600 to 86400; 1800 is half an hour`)
  }
  if (blockSeconds < 1) fault(`${path}.blockSeconds`, 'is 0; give the shortest time between two blocks, e.g. 12')
  if (isNone(feed0.aggregator) && isNone(feed1.aggregator)) {
    fault(`${path}.feed0.aggregator`, 'is the zero address, and so is that of feed1; give at least one feed')
  }
  for (const name of ['feed0', 'feed1'] as const) {
    const { aggregator, maxAgeSeconds, minAnswer, maxAnswer } = prices[name]
    if (isNone(aggregator)) continue
    if (maxAgeSeconds < 1) {
      fault(`${path}.${name}.maxAgeSeconds`, "is 0; give a little more than the feed's heartbeat, e.g. 90000 for a day")
    }
    if (minAnswer === 0n) fault(`${path}.${name}.minAnswer`, 'is 0; give the lowest answer that is to count')
    if (minAnswer >= maxAnswer) fault(`${path}.${name}.maxAnswer`, `is ${maxAnswer}, which is not above minAnswer`)
    if (maxAnswer >= 1n << 128n) fault(`${path}.${name}.maxAnswer`, 'does not fit 128 bits')
  }
}

/** The contracts that a price guard reads, by their names in the plan. */
export function placesOfPrices({ feed0, feed1, sequencerFeed }: PriceGuardPlan): [name: string, address: Address][] {
  return [
    ['prices.feed0.aggregator', feed0.aggregator],
    ['prices.feed1.aggregator', feed1.aggregator],
    ['prices.sequencerFeed', sequencerFeed],
  ]
}

/** Observations that a pool must keep for the guard's window, as its constructor counts them. */
export function observationsOf({ twapSeconds, blockSeconds }: PriceGuardPlan): number {
  return Math.ceil(twapSeconds / Math.max(1, blockSeconds)) + 1
}

/** One text for equal plans. */
export function textOfPrices(pool: Address, prices: PriceGuardPlan): string {
  const plain = (_: string, part: unknown) => (typeof part === 'bigint' ? part.toString() : part)
  return JSON.stringify([pool, prices], plain).toLowerCase()
}

function isNone(address: Address): boolean {
  return isAddressEqual(address, zeroAddress)
}
