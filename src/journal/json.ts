import { z } from 'zod'
import type { VenueMemory } from '../observe/observation.ts'
import type { Realised, StoredReceipt } from './journal.ts'

/** Serialises a value as JSON with every bigint as a decimal string and every map as an object. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_name, item: unknown) => {
    if (typeof item === 'bigint') return item.toString()
    if (item instanceof Map) return Object.fromEntries(item)
    return item
  })
}

export const decimal = z
  .string()
  .regex(/^-?[0-9]+$/)
  .transform((text) => BigInt(text))

export const hex = z
  .string()
  .regex(/^0x[0-9a-fA-F]*$/)
  .transform((text) => text as `0x${string}`)

/** A quantity of JSON-RPC; `0x` alone is none. */
export const quantity = z
  .string()
  .regex(/^0x[0-9a-fA-F]+$/)
  .transform((text) => BigInt(text))

/** A text column that holds JSON. */
export const parsedJson = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' })
    return z.NEVER
  }
})

export const memorySchema: z.ZodType<VenueMemory> = z.object({
  slot: z.int(),
  index: decimal,
  observedAt: decimal,
  aprE9: decimal,
  averagesQ8: z.tuple([decimal, decimal, decimal, decimal, decimal]),
  volatilityQ8: decimal,
  spikeSlots: z.int(),
  sizeSlot: z.int(),
  supplyQ6: decimal,
  borrowQ6: decimal,
  supply72Q6: decimal,
  borrow72Q6: decimal,
  own72Q6: decimal,
  roomQ6: decimal,
  count: z.int(),
})

export const receiptSchema: z.ZodType<StoredReceipt> = z.object({
  blockNumber: decimal,
  blockHash: hex,
  success: z.boolean(),
  gasUsed: decimal,
  effectiveGasPrice: decimal,
})

export const totalsSchema = z.object({
  blockNumber: decimal,
  totalAssets: decimal,
  idle: decimal,
  sharePrice: decimal,
  venueAssets: z.array(decimal),
})

export const realisedSchema: z.ZodType<Realised> = z.object({
  expected: totalsSchema.nullable(),
  realised: totalsSchema,
  differenceAssets: decimal.nullable(),
  differenceMilliBps: decimal.nullable(),
  gasUsed: decimal,
  gasCost: decimal,
})

const refusalCodeText = z.string()
export const refusalsSchema = z.array(
  z.object({ code: refusalCodeText, reason: z.string(), venue: z.string().optional() }),
)
