import type { Address, Hex } from 'viem'
import type { AgreedState } from '../chain/read-agreed-state.ts'
import type { GateReport, Journal, KeeperMode, StoredReceipt } from '../journal/journal.ts'
import type { BlockRef } from '../market/market-state.ts'
import type { Observation, VenueMemory } from '../observe/observation.ts'
import type { Plan, Refusal } from '../plan/plan.ts'
import type { Policy, PolicyDecision } from '../policy/policy.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import type { ChainState } from '../vault/state-query.ts'
import type { VenueState } from '../venues/venue.ts'

/** What `readState` gives: everything at one block. */
export type StateReading = ChainState

/** The part of the planner's result that the tick acts on; the rest of it is journalled as it stands. */
export type PlanOutcome = {
  plan: Plan | null
  refusals: readonly Refusal[]
}

export type KeeperClock = {
  /** Unix milliseconds; simulated runs give the chain's time. */
  unixMs(): number
  /** Milliseconds of a clock that never goes back, for durations. */
  monotonicMs(): number
  /** Ends early, without an error, when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** The part of the logger that the keeper uses; event names are a fixed vocabulary, see docs/keeper.md. */
export type KeeperLogger = {
  debug(event: string, fields?: Record<string, unknown>): void
  info(event: string, fields?: Record<string, unknown>): void
  warn(event: string, fields?: Record<string, unknown>): void
  error(event: string, fields?: Record<string, unknown>): void
}

export type AccountState = {
  /** Nonce of the next transaction by mined blocks, and with the node's pool on top. */
  latestNonce: number
  pendingNonce: number
  /** Wei. */
  balance: bigint
  /** Wei per gas that the node suggests. */
  suggestedPriorityFeePerGas: bigint
}

/** What the keeper asks of a node apart from `readState`. One request or one batch each. */
export type ChainPort = {
  head(): Promise<BlockRef>
  account(address: Address): Promise<AccountState>
  /** Resolves when a node has the bytes (also when it had them before). */
  broadcast(raw: Hex): Promise<void>
  receipt(hash: Hex): Promise<StoredReceipt | null>
  /** Whether the node knows the transaction, mined or pending. */
  knows(hash: Hex): Promise<boolean>
}

export type Signer = {
  address: Address
  /** Returns the signed, serialised transaction. */
  sign(transaction: UnsignedTransaction): Promise<Hex>
}

/** What a gate runs and what it holds the result against. */
export type GateInput = {
  transaction: UnsignedTransaction
  plan: Plan
  before: StateReading
  /** Unix seconds of the block in which the transaction is expected to land. */
  timestamp: bigint
}

export type Gates = {
  /** The unsigned call with the post-state read in the same bundle; its gas is the base of the gas limit. */
  first(input: GateInput): Promise<GateReport>
  /**
   * Starts bringing the fork to the block while the first gate still runs. Never rejects: a failure shows in `fork`.
   */
  prepareFork?(input: GateInput): Promise<void>
  /** The exact unsigned transaction, executed on the fork by impersonation. */
  fork(input: GateInput): Promise<GateReport>
}

/** Everything that one pass does to the world or asks of it. */
export type TickEffects = {
  clock: KeeperClock
  logger: KeeperLogger
  journal: Journal
  chain: ChainPort
  gates: Gates
  policy: Policy
  /** Absent in the modes that never sign. */
  signer?: Signer
  readState(request?: { blockNumber?: bigint }): Promise<StateReading>
  /** The reading that a pass decides on: the head, on which all read endpoints agree and which is recent enough. */
  readAgreedState(): Promise<AgreedState>
  advanceMemory(memory: VenueMemory | undefined, venue: VenueState, block: BlockRef, assetDecimals: number): VenueMemory
  observe(input: { reading: StateReading; memories: readonly VenueMemory[] }): Observation
  plan(input: {
    reading: StateReading
    observation: Observation
    decision: PolicyDecision
    /** Unix seconds. */
    now: bigint
  }): PlanOutcome
  /** Called after a node took the bytes: a simulated run mines here. */
  onBroadcast?(hash: Hex): Promise<void>
}

/** What the signer may sign, as far as the configuration and the vault say it. */
type SigningLimits = {
  /** Ids of the vault's own venues. */
  venueIds: readonly Hex[]
  maxCalldataBytes: number
}

/** Settings of one pass; every unit is in the name. */
export type TickSettings = {
  mode: KeeperMode
  chainId: number
  vault: Address
  guard: Address
  /** The account that will send; known without its key in readonly and dry mode. */
  keeper: Address
  slotSeconds: number
  /** Expected time between blocks; the gates simulate the next block at head + this. */
  blockSeconds: number
  /** A head older than this refuses the pass; 0 turns the check off, for chains whose time is simulated. */
  maxHeadAgeSeconds: number
  /** Blocks on top of the receipt's own before it is settled; 0 settles at once. */
  settleDepth: number
  /** Wei per gas that no transaction may exceed, its one fee bump included. */
  maxFeePerGasCeiling: bigint
  /** Overrides the node's suggestion. */
  priorityFeePerGas?: bigint
  gasLimitCeiling: bigint
  /** Wei that the signer may spend on gas in any 24 hours, failed transactions included. */
  gasBudgetPerDayWei: bigint
  signing: SigningLimits
  /** Wait for a receipt before the fees are bumped once, and again before the pass gives up waiting. */
  receiptTimeoutMs: number
  receiptPollMs: number
  /** A policy that has not answered by then has failed. */
  policyTimeoutMs: number
  /** Canary: a plan that takes more than this out of idle and venues is withheld, in basis points of total assets. */
  canaryMaxMoveBps: number
}
