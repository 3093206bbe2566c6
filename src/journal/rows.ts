import { getAddress, keccak256 } from 'viem'
import { z } from 'zod'
import type { Refusal } from '../plan/plan.ts'
import {
  type AttemptRow,
  attemptStatuses,
  type DecisionRow,
  decisionOutcomes,
  type EventRow,
  type IntentRow,
  intentStatuses,
  type JsonValue,
  keeperModes,
} from './journal.ts'
import { decimal, hex, parsedJson, realisedSchema, receiptSchema, refusalsSchema } from './json.ts'

const address = hex.transform((text) => getAddress(text))
const jsonText = parsedJson.transform((value) => value as JsonValue)

export const decisionRowSchema = z
  .object({
    id: z.int(),
    vault: address,
    slot: z.int(),
    block_number: decimal,
    block_hash: hex,
    block_timestamp: decimal,
    decided_at_ms: z.number(),
    mode: z.enum(keeperModes),
    policy_name: z.string(),
    policy_hash: hex,
    outcome: z.enum(decisionOutcomes),
    refusals: parsedJson.pipe(refusalsSchema),
    document: jsonText,
    realised: z.union([z.null(), parsedJson.pipe(realisedSchema)]),
  })
  .transform(
    (row): DecisionRow => ({
      id: row.id,
      vault: row.vault,
      slot: row.slot,
      blockNumber: row.block_number,
      blockHash: row.block_hash,
      blockTimestamp: row.block_timestamp,
      decidedAtMs: row.decided_at_ms,
      mode: row.mode,
      policyName: row.policy_name,
      policyHash: row.policy_hash,
      outcome: row.outcome,
      refusals: row.refusals as readonly Refusal[],
      document: row.document,
      realised: row.realised,
    }),
  )

export const intentRowSchema = z
  .object({
    id: z.int(),
    vault: address,
    slot: z.int(),
    decision_id: z.int(),
    mode: z.enum(keeperModes),
    plan_nonce: decimal,
    deadline: decimal,
    to_address: address,
    data: hex,
    status: z.enum(intentStatuses),
    reason: z.string().nullable(),
    claims: z.int(),
    gates: jsonText,
    created_at_ms: z.number(),
  })
  .transform(
    (row): IntentRow => ({
      id: row.id,
      vault: row.vault,
      slot: row.slot,
      decisionId: row.decision_id,
      mode: row.mode,
      planNonce: row.plan_nonce,
      deadline: row.deadline,
      to: row.to_address,
      data: row.data,
      status: row.status,
      reason: row.reason,
      claims: row.claims,
      gates: row.gates,
      createdAtMs: row.created_at_ms,
    }),
  )

const attemptRowSchema = z
  .object({
    id: z.int(),
    intent_id: z.int(),
    kind: z.enum(['rebalance', 'cancel', 'fill']),
    chain_id: z.int(),
    signer: address,
    nonce: z.int().nonnegative(),
    hash: hex,
    raw: hex,
    deadline: decimal,
    max_fee_per_gas: decimal,
    max_priority_fee_per_gas: decimal,
    gas: decimal,
    status: z.enum(attemptStatuses),
    reason: z.string().nullable(),
    receipt: z.union([z.null(), parsedJson.pipe(receiptSchema)]),
    created_at_ms: z.number(),
  })
  .refine((row) => keccak256(row.raw) === row.hash, { error: 'The raw bytes do not hash to the row’s hash.' })
  .transform(
    (row): AttemptRow => ({
      id: row.id,
      intentId: row.intent_id,
      kind: row.kind,
      chainId: row.chain_id,
      signer: row.signer,
      nonce: row.nonce,
      hash: row.hash,
      raw: row.raw,
      deadline: row.deadline,
      maxFeePerGas: row.max_fee_per_gas,
      maxPriorityFeePerGas: row.max_priority_fee_per_gas,
      gas: row.gas,
      status: row.status,
      reason: row.reason,
      receipt: row.receipt,
      createdAtMs: row.created_at_ms,
    }),
  )

/** A row that can't be read in full still has to be seen: what is legible of it, marked as damaged. */
export function readAttempt(row: unknown): AttemptRow {
  const parsed = attemptRowSchema.safeParse(row)
  if (parsed.success) return parsed.data
  const legible = z.object({ id: z.int(), intent_id: z.int() }).parse(row)
  return {
    id: legible.id,
    intentId: legible.intent_id,
    kind: 'rebalance',
    chainId: 0,
    signer: '0x0000000000000000000000000000000000000000',
    nonce: 0,
    hash: '0x',
    raw: '0x',
    deadline: 0n,
    maxFeePerGas: 0n,
    maxPriorityFeePerGas: 0n,
    gas: 0n,
    status: 'quarantined',
    reason: null,
    receipt: null,
    createdAtMs: 0,
    damage: z.prettifyError(parsed.error),
  }
}

export const eventRowSchema = z
  .object({
    id: z.int(),
    at_ms: z.number(),
    vault: z.union([z.null(), address]),
    decision_id: z.int().nullable(),
    name: z.string(),
    data: jsonText,
  })
  .transform(
    (row): EventRow => ({
      id: row.id,
      atMs: row.at_ms,
      vault: row.vault,
      decisionId: row.decision_id,
      name: row.name,
      data: row.data,
    }),
  )
