import type { Address, Hex } from 'viem'
import type { Observation, VenueMemory } from '../observe/observation.ts'
import type { Plan, Refusal } from '../plan/plan.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import type { TransactionKind } from '../safety/signing/unsigned-transaction.ts'

/** The rungs a keeper climbs; each does everything of the one before it, and one thing more. */
export const keeperModes = ['readonly', 'dry', 'paper', 'canary', 'live'] as const
export type KeeperMode = (typeof keeperModes)[number]

/**
 * What became of a decision. `decided` and `simulating` are passed through; a row that stays there was cut short and is
 * closed at the next boot.
 */
export const decisionOutcomes = [
  'decided', // written, nothing done about it yet
  'refused', // withheld; the refusals say why
  'planned', // readonly: a plan that nobody simulates
  'simulated', // dry and paper: both gates passed, nothing signed
  'sent', // signed, journalled and broadcast; waiting for the chain
  'settled', // mined, successful, final
  'reverted', // mined, reverted
  'dropped', // can no longer be mined
  'abandoned', // the keeper ended before it signed anything
  'quarantined', // the journal and the chain can't be brought together; a person has to look
] as const
export type DecisionOutcome = (typeof decisionOutcomes)[number]

export const intentStatuses = [
  'open',
  'refused',
  'simulated',
  'signed',
  'settled',
  'reverted',
  'dropped',
  'abandoned',
  'quarantined',
] as const
type IntentStatus = (typeof intentStatuses)[number]

/**
 * Life of a signed transaction. `signed`, `broadcast` and `mined` are open: the next boot asks the chain about them. The
 * others are final.
 */
export const attemptStatuses = [
  'signed', // the raw bytes are durable; the node may or may not have them
  'broadcast', // a node accepted the bytes
  'mined', // a receipt was seen, not final yet
  'settled',
  'reverted',
  'replaced', // another attempt of the same nonce was mined
  'dropped', // its nonce was used elsewhere, or it expired unseen
  'quarantined',
] as const
type AttemptStatus = (typeof attemptStatuses)[number]

/** Totals of a vault at one block, in asset units; what the gates expect and what the chain made of it. */
export type VaultTotals = {
  blockNumber: bigint
  totalAssets: bigint
  idle: bigint
  sharePrice: bigint
  venueAssets: readonly bigint[]
}

/** Everything that decided, as it was at that block. Bigints are decimal strings once stored. */
export type DecisionDocument = {
  observation: Observation | null
  policy: PolicyDecision | null
  executionProvider: string
  venues: readonly { name: string; status: string; assets: bigint; cap: bigint; supplyAprWad: bigint }[]
  before: VaultTotals
  plan: Plan | null
  /** The planner's own account of the target, its expected gain and its costs. */
  planning: Readonly<Record<string, unknown>>
}

export type NewDecision = {
  vault: Address
  slot: number
  blockNumber: bigint
  blockHash: Hex
  /** Unix seconds. */
  blockTimestamp: bigint
  /** Unix milliseconds of the keeper's clock. */
  decidedAtMs: number
  mode: KeeperMode
  policyName: string
  policyHash: Hex
  outcome: DecisionOutcome
  refusals: readonly Refusal[]
  document: DecisionDocument
  /** Memories that this tick advanced, by venue id; stored in the same transaction. */
  memories: ReadonlyMap<Hex, VenueMemory>
  /** The reading was not believed: its block does not count as seen. */
  doubted?: boolean
}

/** A stored decision. Its document is JSON: bigints are decimal strings. */
export type DecisionRow = Omit<NewDecision, 'memories' | 'document' | 'doubted'> & {
  id: number
  document: JsonValue
  realised: Realised | null
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue }

export type GateCheck = {
  name: string
  ok: boolean
  /** One sentence with the values that were compared. */
  detail: string
}

/** What one simulation gate found. */
export type GateReport = {
  gate: 'first' | 'fork'
  /** `fork` for a first gate that had to run there because the endpoint has no eth_simulateV1. */
  ranOn: 'node' | 'fork'
  ok: boolean
  blockNumber: bigint
  /** Unix seconds of the simulated block. */
  timestamp: bigint
  gasUsed: bigint
  checks: readonly GateCheck[]
  after: VaultTotals | null
  /** Decoded reason of a revert. */
  revert?: string
  durationMs: number
}

export type NewIntent = {
  vault: Address
  slot: number
  mode: KeeperMode
  /** The Guard's nonce of the plan: what makes a second landing of the same move impossible. */
  planNonce: bigint
  /** Unix seconds. */
  deadline: bigint
  to: Address
  data: Hex
  createdAtMs: number
}

export type IntentRow = NewIntent & {
  id: number
  decisionId: number
  status: IntentStatus
  reason: string | null
  /** How often this slot was claimed; above 1 when an earlier claim was refused or abandoned. */
  claims: number
  gates: JsonValue
}

export type NewAttempt = {
  intentId: number
  kind: TransactionKind
  chainId: number
  signer: Address
  nonce: number
  hash: Hex
  /** The signed transaction, byte for byte what is broadcast. */
  raw: Hex
  /** Unix seconds after which the plan can't land; 0 where there is none. */
  deadline: bigint
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
  gas: bigint
  createdAtMs: number
}

export type StoredReceipt = {
  blockNumber: bigint
  blockHash: Hex
  success: boolean
  gasUsed: bigint
  /** Wei per gas. */
  effectiveGasPrice: bigint
}

export type AttemptRow = NewAttempt & {
  id: number
  status: AttemptStatus
  reason: string | null
  receipt: StoredReceipt | null
  /** Set where the row's own content can't be read; such a row is quarantined and never sent. */
  damage?: string
}

/** The chain's result beside the fork's forecast. */
export type Realised = {
  expected: VaultTotals | null
  realised: VaultTotals
  /** Realised less expected total assets, asset units. */
  differenceAssets: bigint | null
  /** The same, in 1/1000 of a basis point of the expected total assets. */
  differenceMilliBps: bigint | null
  gasUsed: bigint
  /** Wei. */
  gasCost: bigint
}

/** One change of an attempt, with what it means for its intent and decision: all of it is stored or none. */
type AttemptChange = {
  attemptId: number
  status: AttemptStatus
  reason?: string
  receipt?: StoredReceipt
  intentStatus?: IntentStatus
  decisionOutcome?: DecisionOutcome
  realised?: Realised
}

export type EventRow = {
  id: number
  atMs: number
  vault: Address | null
  decisionId: number | null
  name: string
  data: JsonValue
}

type JournalMeta = { schemaVersion: number; chainId: number | null; vault: Address | null }

/**
 * The keeper's write-ahead log. Every write is durable when its promise resolves. A store on another database keeps the
 * same verbs: no caller ever sees SQL, and each verb is one transaction.
 */
export type Journal = {
  meta(): Promise<JournalMeta>
  /** Ties an empty store to one chain and vault, or checks that it belongs to them (`STORE_MISMATCH`). */
  bind(identity: { chainId: number; vault: Address }): Promise<void>

  /** The newest memory of each of the venues, by venue id; a venue without one is missing from the map. */
  latestMemories(vault: Address, venueIds: readonly Hex[]): Promise<ReadonlyMap<Hex, VenueMemory>>
  /** The newest block on which a decision of the vault was taken; blocks that were doubted do not count. */
  latestDecisionBlock(vault: Address): Promise<bigint | null>
  recordDecision(decision: NewDecision): Promise<number>
  /**
   * Records a decision and claims the vault's slot for its plan, both or, where the slot is taken, neither. A slot whose
   * earlier claim ended before anything was signed (refused, simulated, abandoned) may be claimed again; any other is
   * taken for good (`SLOT_TAKEN`).
   */
  claimSlot(decision: NewDecision, intent: NewIntent): Promise<IntentRow>
  closeIntent(
    intentId: number,
    change: {
      status: IntentStatus
      reason?: string
      decisionOutcome: DecisionOutcome
      refusals?: readonly Refusal[]
      gates?: readonly GateReport[]
    },
  ): Promise<void>
  /**
   * Closes what an earlier pass left between its decision and its signature: nothing of it was ever sent. Answers the
   * ids of the decisions.
   */
  abandonUnfinished(reason: string): Promise<readonly number[]>

  /**
   * Stores a signed transaction, and with it what the gates found. Refuses a second nonce in flight for the same (chain,
   * signer): `ATTEMPT_IN_FLIGHT`.
   */
  insertAttempt(attempt: NewAttempt, gates?: readonly GateReport[]): Promise<AttemptRow>
  advanceAttempt(change: AttemptChange): Promise<void>
  openAttempts(): Promise<readonly AttemptRow[]>
  /**
   * Dropped attempts since then (Unix milliseconds) of whose nonce no attempt was ever mined: bytes that left this
   * process may turn up in a block, whatever one node said about them.
   */
  droppedAttempts(query: { sinceMs: number }): Promise<readonly AttemptRow[]>
  /** Every attempt of one nonce, closed ones included: at most one of them can ever be mined. */
  attemptsOfNonce(query: { chainId: number; signer: Address; nonce: number }): Promise<readonly AttemptRow[]>
  /**
   * Wei that the signer's mined attempts cost since then, failed ones included; Unix milliseconds. A receipt that can't be
   * read counts with the most that its attempt could cost.
   */
  gasSpent(query: { chainId: number; signer: Address; sinceMs: number }): Promise<bigint>

  appendEvent(event: {
    atMs: number
    name: string
    vault?: Address
    decisionId?: number
    data?: Readonly<Record<string, unknown>>
  }): Promise<void>

  decisions(query?: { vault?: Address; limit?: number; beforeId?: number }): Promise<readonly DecisionRow[]>
  decision(id: number): Promise<DecisionRow | null>
  intent(id: number): Promise<IntentRow | null>
  intentOfDecision(decisionId: number): Promise<IntentRow | null>
  attemptsOfIntent(intentId: number): Promise<readonly AttemptRow[]>
  attempts(query?: { limit?: number }): Promise<readonly AttemptRow[]>
  events(query?: { decisionId?: number; limit?: number }): Promise<readonly EventRow[]>

  close(): Promise<void>
}
