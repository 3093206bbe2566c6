import type { InferenceSession, Tensor } from 'onnxruntime-node'
import {
  type GoldenMismatch,
  inOneLine,
  PolicyError,
  policyGoldenMismatch,
  policyModelInvalid,
  policyNoProvider,
  policyOutputInvalid,
  policyVectorLength,
} from '../errors/policy.ts'
import { type ExecutionProvider, providerTable, type RefusedProvider, shortReason } from './execution-providers.ts'
import type { GoldenVector } from './package.ts'

/** Shape and range of a network's input and output; taken from the specification. */
export type NetworkShape = {
  /** Values per venue. */
  inputs: number
  /** Scores per venue. */
  scores: number
  maxVenues: number
  inputMin: number
  inputMax: number
  scoreMin: number
  scoreMax: number
}

/** Integer scores of a batch. `scores[(b * venues + j) * shape.scores + s]`. */
export type NetworkSession = {
  /** The provider that runs, proven by the golden vectors. */
  executionProvider: ExecutionProvider
  /** Those before it in the order, and why they were not used. */
  refused: readonly RefusedProvider[]
  /**
   * Runs `batch` vaults of `venues` venues each. `observations` is `[batch][venues][inputs]` flattened: integers that
   * float32 carries exactly. Raises POLICY_OUTPUT_INVALID and POLICY_VECTOR_LENGTH.
   */
  run(observations: ArrayLike<number>, batch: number, venues: number): Promise<Int32Array>
  close(): Promise<void>
}

export type OpenNetworkSessionOptions = {
  model: Uint8Array
  shape: NetworkShape
  goldenVectors: readonly GoldenVector[]
  /** In the order in which they are tried. */
  providers: readonly ExecutionProvider[]
}

/**
 * Opens a model on the first provider of the order that exists, takes every node, and answers the golden vectors bit
 * for bit. What was tried before it is returned with its reason.
 *
 * Raises POLICY_NO_PROVIDER where none could start; where one could start but is broken (a fault of the model, a wrong
 * bit, NaN), the fault of the last such provider: POLICY_MODEL_INVALID, POLICY_GOLDEN_MISMATCH, POLICY_OUTPUT_INVALID.
 */
export async function openNetworkSession(options: OpenNetworkSessionOptions): Promise<NetworkSession> {
  const runtime = await loadRuntime()
  const refused: RefusedProvider[] = []
  let fault: PolicyError | undefined
  for (const provider of options.providers) {
    const entry = providerTable[provider]
    const missing = entry.missing()
    if (missing !== undefined) {
      refused.push({ provider, ...missing })
      continue
    }
    let session: InferenceSession
    try {
      session = await runtime.InferenceSession.create(options.model, entry.sessionOptions)
    } catch (error) {
      const reason = shortReason(error)
      if (provider === 'cpu') fault = policyModelInvalid(reason, error)
      refused.push({ provider, reason, remedy: 'Install what the provider needs, or leave it out of the order.' })
      continue
    }
    try {
      checkModelForm(session, options.shape)
      const run = createRunner(runtime, session, options.shape)
      await checkGoldenVectors(run, options, provider)
      return { executionProvider: provider, refused, run, close: () => session.release() }
    } catch (error) {
      await session.release()
      fault = error instanceof PolicyError ? error : policyModelInvalid(shortReason(error), error)
      refused.push({ provider, reason: inOneLine(fault), remedy: fault.remedy })
    }
  }
  throw fault ?? policyNoProvider(refused.map(({ provider, reason }) => `${provider}: ${reason}`))
}

type Runtime = typeof import('onnxruntime-node')

async function loadRuntime(): Promise<Runtime> {
  // TF32 keeps 10 bits of mantissa where the network needs 24. Read by the CUDA libraries when they are loaded.
  process.env['NVIDIA_TF32_OVERRIDE'] ??= '0'
  const runtime = await import('onnxruntime-node')
  // Providers that fail to load say so here in the error that is thrown; the log line besides would go to stderr.
  runtime.env.logLevel = 'fatal'
  return runtime
}

const inputNames = ['observation', 'mask', 'recip'] as const

function checkModelForm(session: InferenceSession, shape: NetworkShape): void {
  const expected: Readonly<Record<string, number>> = { observation: shape.inputs, mask: 1, recip: 1 }
  if (
    session.inputNames.length !== inputNames.length ||
    inputNames.some((name) => !session.inputNames.includes(name))
  ) {
    throw policyModelInvalid(`inputs are ${session.inputNames.join(', ')}, not ${inputNames.join(', ')}`)
  }
  for (const metadata of session.inputMetadata) checkTensorForm('input', metadata, expected[metadata.name] ?? 0)
  const output = session.outputMetadata[0]
  if (session.outputNames.length !== 1 || output?.name !== 'scores') {
    throw policyModelInvalid(`outputs are ${session.outputNames.join(', ')}, not scores`)
  }
  checkTensorForm('output', output, shape.scores)
}

function checkTensorForm(kind: string, metadata: InferenceSession.ValueMetadata, last: number): void {
  const found = metadata.isTensor ? `${metadata.type}[${metadata.shape.join(', ')}]` : 'no tensor'
  const fits =
    metadata.isTensor &&
    metadata.type === 'float32' &&
    metadata.shape.length === 3 &&
    metadata.shape[2] === last &&
    typeof metadata.shape[0] !== 'number'
  if (!fits) {
    throw policyModelInvalid(`${kind} ${metadata.name} is ${found}, not float32[batch, venues, ${last}]`)
  }
}

type Slot = {
  observation: Float32Array
  feeds: Record<string, Tensor>
  busy: boolean
}

/** Tensors are kept per shape, because making them costs as much as running one vault through the network. */
const slotsKept = 32

function createRunner(runtime: Runtime, session: InferenceSession, shape: NetworkShape): NetworkSession['run'] {
  const slots = new Map<string, Slot>()

  function takeSlot(batch: number, venues: number): Slot {
    const key = `${batch}x${venues}`
    const kept = slots.get(key)
    if (kept !== undefined && !kept.busy) return kept
    const { Tensor } = runtime
    const observation = new Float32Array(batch * venues * shape.inputs)
    const mask = new Float32Array(batch * venues).fill(1)
    const recip = new Float32Array(batch).fill(Math.floor(4096 / venues))
    const slot = {
      observation,
      feeds: {
        observation: new Tensor('float32', observation, [batch, venues, shape.inputs]),
        mask: new Tensor('float32', mask, [batch, venues, 1]),
        recip: new Tensor('float32', recip, [batch, 1, 1]),
      },
      busy: false,
    }
    if (kept === undefined && slots.size < slotsKept) slots.set(key, slot)
    return slot
  }

  return async (observations, batch, venues) => {
    if (venues < 1 || venues > shape.maxVenues) {
      throw policyVectorLength('The list of venues', `1 to ${shape.maxVenues}`, venues)
    }
    const expected = batch * venues * shape.inputs
    if (observations.length !== expected) {
      throw policyVectorLength('The observation of the network', expected, observations.length)
    }
    const slot = takeSlot(batch, venues)
    slot.busy = true
    try {
      slot.observation.set(observations)
      const results = await session.run(slot.feeds)
      return toIntegers(results['scores']?.data, batch * venues * shape.scores, shape)
    } finally {
      slot.busy = false
    }
  }
}

function toIntegers(data: unknown, length: number, shape: NetworkShape): Int32Array {
  if (!(data instanceof Float32Array)) throw policyOutputInvalid('something that is not float32', {})
  if (data.length !== length) throw policyVectorLength('The answer of the policy', length, data.length)
  const integers = new Int32Array(length)
  for (let i = 0; i < length; i++) {
    const value = data[i] ?? Number.NaN
    if (!(Number.isInteger(value) && value >= shape.scoreMin && value <= shape.scoreMax)) {
      const where = { score: i % shape.scores, value }
      if (!Number.isFinite(value)) throw policyOutputInvalid('a value that is not finite', where)
      if (!Number.isInteger(value)) throw policyOutputInvalid('a value that is not an integer', where)
      throw policyOutputInvalid('a value out of range', { ...where, min: shape.scoreMin, max: shape.scoreMax })
    }
    integers[i] = value
  }
  return integers
}

/** Runs the golden vectors in one batch per number of venues, and the first of each alone as well. */
async function checkGoldenVectors(
  run: NetworkSession['run'],
  { goldenVectors, shape }: OpenNetworkSessionOptions,
  provider: ExecutionProvider,
): Promise<void> {
  for (const [venues, vectors] of groupByVenues(goldenVectors)) {
    const first = vectors.slice(0, 1)
    for (const batch of vectors.length > 1 ? [first, vectors] : [first]) {
      const found = await run(
        batch.flatMap(({ vector }) => vector.observation.flat()),
        batch.length,
        venues,
      )
      const expected = batch.flatMap(({ vector }) => vector.scores.flat())
      const at = expected.findIndex((value, i) => value !== found[i])
      if (at >= 0 || expected.length !== found.length) {
        throw policyGoldenMismatch(locateMismatch(Math.max(at, 0), expected, found, { batch, venues, shape, provider }))
      }
    }
  }
}

type Indexed = { vector: GoldenVector; index: number }

function groupByVenues(vectors: readonly GoldenVector[]): Map<number, Indexed[]> {
  const groups = new Map<number, Indexed[]>()
  vectors.forEach((vector, index) => {
    const group = groups.get(vector.observation.length) ?? []
    group.push({ vector, index })
    groups.set(vector.observation.length, group)
  })
  return groups
}

function locateMismatch(
  at: number,
  expected: readonly number[],
  found: Int32Array,
  where: { batch: readonly Indexed[]; venues: number; shape: NetworkShape; provider: string },
): GoldenMismatch {
  const perVault = where.venues * where.shape.scores
  return {
    provider: where.provider,
    vector: where.batch[Math.floor(at / perVault)]?.index ?? 0,
    venue: Math.floor((at % perVault) / where.shape.scores),
    score: at % where.shape.scores,
    expected: expected[at] ?? 0,
    found: found[at] ?? 0,
  }
}
