import type { Refusal } from '../plan/plan.ts'
import type { StateReading } from './effects.ts'

/**
 * Compares two endpoints' readings of one block on the values that decide money, and returns a refusal `quorum` for
 * each one that differs. The block's hash comes first: two chains agree on nothing else either.
 */
export function compareReadings(first: StateReading, second: StateReading): Refusal[] {
  const refusals: Refusal[] = []
  const compare = (name: string, one: unknown, other: unknown, venue?: string): void => {
    if (one === other) return
    refusals.push({
      code: 'quorum',
      reason: `Two endpoints disagree on ${name}: ${one} and ${other}.`,
      ...(venue === undefined ? {} : { venue }),
    })
  }
  compare('the hash of the block', first.market.block.hash, second.market.block.hash)
  if (refusals.length > 0) return refusals
  compare('the chain id', first.market.chainId, second.market.chainId)
  compare('total assets', first.vault.totalAssets, second.vault.totalAssets)
  compare('total supply', first.vault.totalSupply, second.vault.totalSupply)
  compare('idle assets', first.vault.idle, second.vault.idle)
  compare('the share price', first.vault.sharePrice, second.vault.sharePrice)
  compare('the Guard’s nonce', first.vault.guard.nextNonce, second.vault.guard.nextNonce)
  for (const [index, venue] of first.market.venues.entries()) {
    const other = second.market.venues[index]
    const { name } = venue.ref
    compare(`the status of ${name}`, venue.status, other?.status, name)
    compare(`the position in ${name}`, venue.assets, other?.assets, name)
    compare(`the cap of ${name}`, venue.cap, other?.cap, name)
    compare(`what ${name} can pay out`, venue.withdrawable, other?.withdrawable, name)
    compare(`the index of ${name}`, venue.index, other?.index, name)
    compare(`the debt of ${name}`, venue.totalBorrow, other?.totalBorrow, name)
    compare(`the supply of ${name}`, venue.totalSupply, other?.totalSupply, name)
  }
  return refusals
}
