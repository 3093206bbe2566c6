import type { VaultState } from '../vault/vault-state.ts'
import { ceilDiv } from './integers.ts'

/** Asset units that deposits leave idle: a share of total assets, rounded up, and what waits in the redeem queue. */
export function idleReserve(vault: Pick<VaultState, 'totalAssets' | 'queuedAssets'>, idleReserveBps: number): bigint {
  return ceilDiv(vault.totalAssets * BigInt(idleReserveBps), 10_000n) + vault.queuedAssets
}
