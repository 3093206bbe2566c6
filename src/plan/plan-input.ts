import type { MarketState } from '../market/market-state.ts'
import type { Observation } from '../observe/observation.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import type { VaultState } from '../vault/vault-state.ts'
import type { PlanSettings } from './plan-settings.ts'

/** Everything that `planRebalance` reads; market, vault and observation are of one block. */
export type PlanInput = {
  market: MarketState
  vault: VaultState
  observation: Observation
  decision: PolicyDecision
  settings: PlanSettings
  /** Unix seconds of the injected clock. */
  now: bigint
  /** USD per ETH and per whole asset unit, 1e8 = 1 USD. */
  ethPriceE8: bigint
  /** @default 100000000n */
  assetPriceE8?: bigint
}
