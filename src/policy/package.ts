import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Hex, keccak256 } from 'viem'
import { z } from 'zod'
import { TillerError } from '../errors/base.ts'
import {
  inOneLine,
  policyFileChanged,
  policyFileInvalid,
  policyFileMissing,
  policyParametersChanged,
  policySchemaMismatch,
  policyUnsupported,
} from '../errors/policy.ts'
import { type NetworkParameters, parseParameters } from './integer-network.ts'
import { featureGroups, schemaHash, specification } from './specification.ts'

export const manifestFile = 'manifest.json'

const hex32 = z
  .string()
  .regex(/^0x[0-9a-f]{64}$/, 'must be 0x and 64 lower-case hexadecimal digits')
  .transform((value) => value as Hex)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits')
const integer = z.number().int()
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be the name of a file inside the package')
const fileEntry = z.strictObject({ file: fileName, bytes: integer.positive(), sha256 })

/** The form of `manifest.json`; docs/policy-package.md explains each field. */
const manifestSchema = z.strictObject({
  format: z.literal('tiller-policy-1'),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'must be lower-case words joined by hyphens'),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be major.minor.patch'),
  description: z.string().min(1),
  licence: z.string().min(1),
  specification: z.strictObject({ id: z.string().min(1), schemaHash: hex32 }),
  featureGroups: z.array(z.strictObject({ name: z.string().min(1), version: integer.positive() })).min(1),
  architecture: z.string().min(1),
  integerScales: z.strictObject({
    inputMax: integer,
    activationMax: integer,
    parameterMax: integer,
    biasScale: integer,
    shift: integer,
    rowBound: integer,
  }),
  action: z.strictObject({ decoding: z.string().min(1), scores: z.array(z.string().min(1)).min(1) }),
  parametersHash: hex32,
  files: z.strictObject({
    model: fileEntry,
    parameters: fileEntry,
    goldenVectors: fileEntry,
    modelCard: fileEntry,
  }),
  training: z.strictObject({
    method: z.string().min(1),
    data: z.array(z.strictObject({ name: z.string().min(1), hash: z.string().min(1) })).min(1),
    seeds: z.array(integer).min(1),
    codeRevision: z.string().min(1),
    codeHash: z.string().min(1),
    device: z.string().min(1),
    config: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    versions: z.record(z.string(), z.string()),
  }),
  metrics: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        unit: z.string().min(1),
        value: z.number(),
        interval95: z.tuple([z.number(), z.number()]).optional(),
        note: z.string().optional(),
      }),
    )
    .min(1),
})

export type PolicyManifest = z.infer<typeof manifestSchema>

/** One network input with the output that every implementation must give, bit for bit. */
export type GoldenVector = {
  /** `[venue][value]` */
  observation: readonly (readonly number[])[]
  /** `[venue][score]` */
  scores: readonly (readonly number[])[]
}

const goldenVectorsSchema = z.strictObject({
  format: z.literal('tiller-golden-vectors-1'),
  architecture: z.string(),
  vectors: z
    .array(z.strictObject({ observation: z.array(z.array(integer)).min(1), scores: z.array(z.array(integer)).min(1) }))
    .min(1),
})

/** A package that was read, hashed and checked; its network has not run yet. */
export type PolicyPackage = {
  folder: string
  manifest: PolicyManifest
  /** keccak256 of the bytes of manifest.json: what a vault pins. */
  hash: Hex
  model: Uint8Array
  parameters: NetworkParameters
  goldenVectors: readonly GoldenVector[]
}

/** Whether a folder looks like a policy package. */
export async function isPolicyPackage(folder: string): Promise<boolean> {
  return (await stat(join(folder, manifestFile)).catch(() => undefined))?.isFile() ?? false
}

/** Reads and parses the manifest alone. Raises POLICY_FILE_MISSING and POLICY_FILE_INVALID. */
export async function readManifest(folder: string): Promise<{ manifest: PolicyManifest; hash: Hex }> {
  const bytes = await readPackageFile(folder, manifestFile)
  return { manifest: parseJson(folder, manifestFile, bytes, manifestSchema), hash: keccak256(bytes) }
}

/**
 * Reads a policy package and checks everything that can be checked without running it: the form of every file, their
 * SHA-256, the schema hash of the specification, feature groups, architecture, action decoding and parametersHash.
 *
 * Raises POLICY_FILE_MISSING, POLICY_FILE_INVALID, POLICY_FILE_CHANGED, POLICY_SCHEMA_MISMATCH, POLICY_UNSUPPORTED and
 * POLICY_PARAMETERS_CHANGED.
 */
export async function readPolicyPackage(folder: string): Promise<PolicyPackage> {
  const { manifest, hash } = await readManifest(folder)
  checkSupport(manifest)
  const model = await readChecked(folder, manifest.files.model)
  const parameterBytes = await readChecked(folder, manifest.files.parameters)
  const goldenBytes = await readChecked(folder, manifest.files.goldenVectors)
  await readChecked(folder, manifest.files.modelCard)

  const parametersHash = keccak256(parameterBytes)
  if (parametersHash !== manifest.parametersHash) {
    throw policyParametersChanged(manifest.parametersHash, parametersHash)
  }
  const parameters = parseParameterFile(folder, manifest.files.parameters.file, parameterBytes)
  const golden = parseJson(folder, manifest.files.goldenVectors.file, goldenBytes, goldenVectorsSchema)
  checkGoldenVectors(folder, manifest.files.goldenVectors.file, golden.vectors)
  return { folder, manifest, hash, model, parameters, goldenVectors: golden.vectors }
}

function checkSupport(manifest: PolicyManifest): void {
  if (manifest.specification.schemaHash !== schemaHash) {
    throw policySchemaMismatch(manifest.specification.schemaHash, schemaHash)
  }
  const known = featureGroups.map(({ name, version }) => `${name} ${version}`)
  for (const { name, version } of manifest.featureGroups) {
    if (!known.includes(`${name} ${version}`)) {
      throw policyUnsupported('a group of features', `${name} ${version}`, known)
    }
  }
  const { architecture, allocation } = specification
  if (manifest.architecture !== architecture.id) {
    throw policyUnsupported('an architecture', manifest.architecture, [architecture.id])
  }
  if (manifest.action.decoding !== allocation.id) {
    throw policyUnsupported('a decoding of actions', manifest.action.decoding, [allocation.id])
  }
  const scores = allocation.scores.map(({ name }) => name).join(' ')
  if (manifest.action.scores.join(' ') !== scores) {
    throw policyUnsupported('scores', manifest.action.scores.join(' '), [scores])
  }
  const scales = JSON.stringify(Object.entries(manifest.integerScales).sort())
  const expectedScales = JSON.stringify(Object.entries(integerScales).sort())
  if (scales !== expectedScales) throw policyUnsupported('integer scales', scales, [expectedScales])
}

/** Scales of the architecture as a manifest repeats them, so that a reader needs no second file. */
export const integerScales = {
  inputMax: specification.architecture.inputMax,
  activationMax: specification.architecture.activationMax,
  parameterMax: specification.architecture.parameterMax,
  biasScale: specification.architecture.biasScale,
  shift: specification.architecture.shift,
  rowBound: specification.architecture.rowBound,
} as const

function parseParameterFile(folder: string, file: string, bytes: Uint8Array): NetworkParameters {
  try {
    return parseParameters(bytes)
  } catch (error) {
    throw policyFileInvalid(
      basename(folder),
      file,
      [error instanceof TillerError ? inOneLine(error) : String(error)],
      error,
    )
  }
}

function checkGoldenVectors(folder: string, file: string, vectors: readonly GoldenVector[]): void {
  const { inputs, scores } = specification.architecture
  const { venuesMax } = specification.observation.time
  const faults = vectors.flatMap((vector, i) => {
    const venues = vector.observation.length
    const fits =
      venues <= venuesMax &&
      vector.scores.length === venues &&
      vector.observation.every((row) => row.length === inputs) &&
      vector.scores.every((row) => row.length === scores)
    return fits ? [] : [`vectors.${i}: not [venues][${inputs}] and [venues][${scores}] of one number of venues`]
  })
  if (faults.length > 0) throw policyFileInvalid(basename(folder), file, faults.slice(0, 5))
}

async function readPackageFile(folder: string, file: string): Promise<Uint8Array> {
  try {
    return await readFile(join(folder, file))
  } catch {
    throw policyFileMissing(basename(folder), file)
  }
}

async function readChecked(
  folder: string,
  entry: { file: string; bytes: number; sha256: string },
): Promise<Uint8Array> {
  const bytes = await readPackageFile(folder, entry.file)
  const found = createHash('sha256').update(bytes).digest('hex')
  if (bytes.length !== entry.bytes || found !== entry.sha256) throw policyFileChanged(entry.file, entry.sha256, found)
  return bytes
}

function parseJson<Output>(folder: string, file: string, bytes: Uint8Array, schema: z.ZodType<Output>): Output {
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (error) {
    throw policyFileInvalid(basename(folder), file, ['it is not JSON'], error)
  }
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'file'}: ${message}`)
  throw policyFileInvalid(basename(folder), file, faults.slice(0, 10))
}
