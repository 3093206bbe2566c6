import type { VaultBooks } from './record-chain.ts'

/**
 * What a share redeems for, reckoned beside the vault (contracts/base/Accounting.sol): stored total assets follow live
 * ones at the maximum rate, and the performance fee is taken in shares on what the price is above its mark. Float64.
 */
export type ShareBook = {
  /** Asset units for 1e30 share units, fees due included. `live`: total assets, whole units. */
  assetsPer1e30Shares(live: number, timestamp: bigint): number
  /** What an accrual stores. */
  accrue(live: number, timestamp: bigint): void
}

export function createShareBook(books: VaultBooks, totalSupply: bigint): ShareBook {
  const fee = books.performanceFeeBps / 1e4
  const rate = Number(books.maxRatePerSecondWad) / 1e18
  let stored = Number(books.storedAssets)
  let at = books.lastAccrualAt
  let shares = Number(totalSupply + books.virtualShares)
  let mark = Number(books.highWaterMark) / 1e30

  const due = (live: number, timestamp: bigint) => {
    const assets = Math.min(live * 1e6, stored * (1 + rate * Number(timestamp - at)))
    const gain = fee === 0 ? 0 : Math.max(0, assets + 1 - mark * shares)
    const after = shares * (1 + (gain * fee) / (assets + 1 - gain * fee))
    return { assets, shares: after, price: (assets + 1) / after, taxed: gain > 0 }
  }
  return {
    assetsPer1e30Shares: (live, timestamp) => due(live, timestamp).price * 1e30,
    accrue(live, timestamp) {
      const next = due(live, timestamp)
      stored = next.assets
      shares = next.shares
      if (next.taxed) mark = next.price
      at = timestamp
    },
  }
}
