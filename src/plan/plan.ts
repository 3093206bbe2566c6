import type { Address, Hex } from 'viem'

/** One deposit or withdrawal at one venue; `IGuard.Leg`. */
export type Leg = {
  adapter: Address
  deposit: boolean
  /** Asset units; `wholePosition` on a withdrawal takes everything. */
  assets: bigint
  data: Hex
}

/** `type(uint128).max`: on a withdrawal, the whole position. */
export const wholePosition = (1n << 128n) - 1n

/** `IGuard.Plan`: withdrawals first, then deposits. */
export type Plan = {
  nonce: bigint
  /** Unix seconds. */
  deadline: bigint
  minTotalAssetsAfter: bigint
  legs: readonly Leg[]
}

/** Why a tick did not move anything. Codes are stable and documented in docs/reasons.md. */
export const refusalCodes = [
  'hold', // the policy asks for what is held
  'below_edge', // the gain over the horizon does not pay for gas and rounding
  'cooldown',
  'frozen',
  'missing_role',
  'turnover_exhausted',
  'inflow_exhausted',
  'loss_budget_exhausted',
  'liquidity', // a venue can't pay out what the plan takes
  'venue_cap', // the venue or the vault's cap does not admit the deposit
  'liquid_floor',
  'venue_closed', // retired or quarantined: nothing may go in
  'stale_venue', // a venue that the plan touches could not be read
  'observation_incomplete', // too little history for the policy's features
  'quorum', // two endpoints disagree on a value that decides money
  'endpoint_behind',
  'simulation_reverted', // first gate
  'fork_gate_failed', // second gate, or its post-state
  'fee_ceiling', // base fee above what the configuration allows
  'gas_money', // the signer can't pay
  'policy_failed', // NaN, infinity, wrong length
  'open_attempt', // an earlier transaction of this vault is not settled yet
  'plan_expired', // the deadline passed before it could be sent
  'nothing_changed', // all legs fell below the smallest leg worth moving
  'slot_taken', // this slot's one move was signed already
  'canary_cap', // mode canary: the plan moves more than the canary may
  'gas_budget', // the signer's rolling gas budget is used up
  'signing_refused', // the signing policy does not allow the transaction
] as const

export type RefusalCode = (typeof refusalCodes)[number]

export type Refusal = {
  code: RefusalCode
  /** One sentence with the values that decided. */
  reason: string
  /** The venue it concerns, if one. */
  venue?: string
}
