import type { VaultTotals } from '../journal/journal.ts'
import type { StateReading } from '../keeper/effects.ts'

/** Reduces a reading to the totals that expected and realised are compared on. */
export function vaultTotals({ market, vault }: StateReading): VaultTotals {
  return {
    blockNumber: market.block.number,
    totalAssets: vault.totalAssets,
    idle: vault.idle,
    sharePrice: vault.sharePrice,
    venueAssets: market.venues.map(({ assets }) => assets),
  }
}
