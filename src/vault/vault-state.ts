import type { Address, Hex } from 'viem'

/** Bounds of the Guard, as `IGuard.limits()` returns them. */
export type GuardLimits = {
  cooldownSeconds: number
  maxLossPerPlanBps: number
  lossBudgetPerDayBps: number
  turnoverPerDayBps: number
  liquidFloorBps: number
}

type GuardState = {
  address: Address
  nextNonce: bigint
  /** Unix seconds; 0 before the first plan. */
  lastRebalanceAt: bigint
  frozen: boolean
  /** Whether the keeper that was asked about may call `rebalance`. */
  keeperAllowed: boolean
  limits: GuardLimits
  /** Asset units that a plan could use or lose now. */
  turnoverAvailable: bigint
  /** Asset units in idle that plans took out of venues without drawing turnover: they draw it when they go in again. */
  turnoverOwed: bigint
  lossAvailable: bigint
  /** Asset units that could go into each venue now, in venue order. */
  inflowAvailable: readonly bigint[]
}

/** A cap that several venues of the vault share: a protocol, a collateral, an oracle. */
export type CapGroup = {
  id: Hex
  /** min(absolute cap, relative cap × total assets), asset units. */
  cap: bigint
  /** Positions in venue order. */
  venues: readonly number[]
}

/** One vault at one block. Amounts in asset units, shares in share units. */
export type VaultState = {
  address: Address
  asset: Address
  assetDecimals: number
  shareDecimals: number
  /** Live total assets: idle plus every venue, interest due included. */
  totalAssets: bigint
  totalSupply: bigint
  idle: bigint
  /** What an exit could be paid with now: idle and what the exit list could pull. */
  liquid: bigint
  /** Per venue in venue order: whether it stands in the exit list. */
  exits: readonly boolean[]
  /**
   * False while the vault refuses every deposit: no Guard, a venue quarantined or marked below its report, or a sudden
   * loss that may still be recovered.
   */
  entriesOpen: boolean
  /** What the shares that wait in the redeem queue are worth at the exit price; 0 without a queue. */
  queuedAssets: bigint
  /** Caps over several venues; a venue's own cap is `VenueState.cap`. */
  capGroups: readonly CapGroup[]
  /** Assets that one whole share (10^shareDecimals) redeems for. */
  sharePrice: bigint
  guard: GuardState
}
