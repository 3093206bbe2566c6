import { type Abi, type Address, encodeDeployData, type Hex, zeroAddress, zeroHash } from 'viem'
import { create2Step } from './factory.ts'
import type { RewardSellerPlan } from './reward-seller.ts'

/** Contracts beside a vault that its deployment may bring. */
export type PeripheryPlan = {
  /**
   * The Router of the chain: one for all vaults, at an address that its code and its lender decide. In-kind exits borrow
   * from `flashLender`, a Morpho Blue; without one there are none.
   */
  router?: { flashLender?: Address | undefined } | undefined
  /** A redeem queue of the vault's own, for requests worth at least so many asset units. */
  redeemQueue?: { minRequestAssets: bigint } | undefined
  /** A seller of rewards for the vault alone. */
  rewardSeller?: RewardSellerPlan | undefined
}

/** Where they stand. */
export type Periphery = { router?: Address; redeemQueue?: Address; rewardSeller?: Address }

/** What the Router's constructor takes. */
export function routerArguments({ flashLender }: NonNullable<PeripheryPlan['router']>): readonly [Address] {
  return [flashLender ?? zeroAddress]
}

/** Creates the Router where it stands on every chain that can create with CREATE2; whoever sends it, the result is one. */
export function routerStep(
  { abi, bytecode }: { abi: Abi; bytecode: Hex },
  router: NonNullable<PeripheryPlan['router']>,
): { to: Address; data: Hex; creates: Address } {
  return create2Step(zeroHash, encodeDeployData({ abi, bytecode, args: routerArguments(router) }))
}
