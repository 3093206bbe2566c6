import { z } from 'zod'

const integer = z.union([z.string().regex(/^-?[0-9]+$/), z.int()]).transform((value) => BigInt(value))

const totals = z.object({ totalAssets: integer, idle: integer, sharePrice: integer })

/** The parts of a stored decision that are shown. Rows of other versions may lack some: every part is optional. */
const documentSchema = z.object({
  executionProvider: z.string().catch('unknown'),
  venues: z
    .array(z.object({ name: z.string(), status: z.string(), assets: integer, cap: integer, supplyAprWad: integer }))
    .catch([]),
  observation: z
    .object({
      gridSteps: z.int(),
      capitalQ6: integer,
      venues: z.array(
        z.object({
          name: z.string(),
          capSteps: z.int(),
          ownSteps: z.int(),
          memory: z.object({
            count: z.int(),
            /** Half-lives of 6, 24, 72, 168 and 504 slots; Q8, 1e9 = 100 %. */
            averagesQ8: z.array(integer),
            supply72Q6: integer.catch(0n),
            borrow72Q6: integer.catch(0n),
          }),
        }),
      ),
    })
    .nullable()
    .catch(null),
  before: totals.nullable().catch(null),
  policy: z
    .discriminatedUnion('kind', [
      z.object({ kind: z.literal('scores'), scores: z.array(z.array(z.number())) }),
      z.object({ kind: z.literal('weights'), weightsBps: z.array(z.number()) }),
      z.object({ kind: z.literal('hold') }),
    ])
    .nullable()
    .catch(null),
  planning: z
    .object({
      venues: z
        .array(
          z.object({
            name: z.string(),
            assetsBefore: integer,
            assetsTarget: integer,
            assetsAfter: integer,
            rateBeforeE9: integer.optional(),
          }),
        )
        .catch([]),
      expectedGain: integer.nullable().catch(null),
      cost: z
        .object({
          gas: integer,
          wei: integer.catch(0n),
          gasAssets: integer.catch(0n),
          roundingAssets: integer.catch(0n),
          totalAssets: integer,
        })
        .nullable()
        .catch(null),
      depositedAssets: integer.nullable().catch(null),
      withdrawnAssets: integer.nullable().catch(null),
      idleAfter: integer.nullable().catch(null),
      limitedBy: z.string().nullable().catch(null),
      freedForQueue: integer.nullable().catch(null),
    })
    .partial()
    .catch({}),
})

/** Reports by gate, as the journal keeps them. */
const gatesSchema = z
  .record(
    z.string(),
    z.object({
      gate: z.string(),
      ranOn: z.string().optional(),
      ok: z.boolean(),
      durationMs: z.number().optional(),
      gasUsed: integer.nullable().catch(null),
      revert: z.string().optional(),
      after: totals.nullable().catch(null),
      checks: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })).catch([]),
    }),
  )
  .catch({})

export type StoredDocument = z.output<typeof documentSchema>

export type StoredGate = z.output<typeof gatesSchema>[string]

/** Reads the document of a decision; undefined where it holds nothing that can be shown. */
export function parseStoredDocument(document: unknown): StoredDocument | undefined {
  const parsed = documentSchema.safeParse(document)
  return parsed.success ? parsed.data : undefined
}

/** Reads the reports of the gates. */
export function parseStoredGates(gates: unknown): StoredGate[] {
  return Object.values(gatesSchema.parse(gates))
}
