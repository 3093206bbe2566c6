import type { Hex } from 'viem'
import { z } from 'zod'
import document from '../../strategies/spec/lending-v1.json' with { type: 'json' }

const hash = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/)
  .transform((text) => text as Hex)
const integer = z.int()
const positive = z.int().positive()
const named = z.object({ name: z.string(), formula: z.string() })

/** What the code reads of `strategies/spec/lending-v1.json`; texts for people are not listed. */
const specificationSchema = z.object({
  id: z.string(),
  version: positive,
  schemaHash: hash,
  architectureHash: hash,
  decodingHash: hash,
  observation: z.object({
    group: z.string(),
    groupVersion: positive,
    time: z.object({
      slotSeconds: positive,
      minimumGapSeconds: positive,
      replayLimitSlots: positive,
      staleAfterSlots: positive,
      minimumCount: positive,
      countMax: positive,
      venuesMin: positive,
      venuesMax: positive,
    }),
    rate: z.object({
      oneE9: positive,
      secondsPerYear: positive,
      aprMaxE9: positive,
      logFloorE9: positive,
      levelFloorE9: positive,
      indexBits: positive,
    }),
    averages: z.object({
      halfLivesSlots: z.array(positive).length(5),
      alphaQ20: z.tuple([positive, positive, positive, positive, positive]),
    }),
    volatility: z.object({ alphaQ20: positive }),
    spike: z.object({ max: positive }),
    sizes: z.object({ max: positive, fastAlphaQ20: positive, slowAlphaQ20: positive }),
    curve: z.object({ rateMaxE9: positive, factorMaxQ16: positive }),
    gas: z.object({ unitsPerLeg: positive, maxE12: positive }),
    gridSteps: z.object({ upToTwoVenues: positive, more: positive }),
    features: z.object({ clamp: positive, venue: z.array(named), global: z.array(named) }),
    packing: z.object({ laneBits: positive, offset: positive, lanesMax: positive }),
  }),
  architecture: z.object({
    id: z.string(),
    inputs: positive,
    hidden: positive,
    scores: positive,
    parameterMax: positive,
    biasScale: positive,
    shift: positive,
    inputMax: positive,
    activationMax: positive,
    scoreMin: integer,
    scoreMax: integer,
    poolShift: positive,
    recip: z.array(positive),
    rowBound: positive,
    parameters: z.array(z.object({ name: z.string(), shape: z.array(positive).min(1).max(2) })),
  }),
  allocation: z.object({
    id: z.string(),
    scores: z.array(z.object({ name: z.string(), symbol: z.string(), min: integer, max: integer })).length(8),
    scorePacking: z.object({ laneBits: positive, offset: positive, venuesPerWord: positive, venueBits: positive }),
    horizonSlotsQ4: positive,
    slotsPerYear: positive,
    valueScale: positive,
    rateMaxE9: positive,
    exp2: z.object({ constantsQ30: z.array(positive).length(10) }),
  }),
})

export type PolicySpecification = z.output<typeof specificationSchema>

/** Constants of docs/policy-spec.md, parsed from `strategies/spec/lending-v1.json`. */
export const specification: PolicySpecification = specificationSchema.parse(document)

/** keccak256 of the canonical JSON of the section `observation`: a policy that names another was made for another input. */
export const schemaHash: Hex = specification.schemaHash

/** Feature groups that the specification defines, as a manifest lists them. */
export const featureGroups: readonly { name: string; version: number }[] = [
  { name: specification.observation.group, version: specification.observation.groupVersion },
]

/** Shape and range of a network's input and output. */
export const networkShape = {
  inputs: specification.architecture.inputs,
  scores: specification.architecture.scores,
  maxVenues: specification.observation.time.venuesMax,
  inputMin: -specification.architecture.inputMax,
  inputMax: specification.architecture.inputMax,
  scoreMin: specification.architecture.scoreMin,
  scoreMax: specification.architecture.scoreMax,
} as const
