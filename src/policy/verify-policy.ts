import type { Hex } from 'viem'
import { TillerError } from '../errors/base.ts'
import { inOneLine } from '../errors/policy.ts'
import { type ExecutionProvider, executionProviders, parseProviders, providerTable } from './execution-providers.ts'
import { forward } from './integer-network.ts'
import { findPackage, ruleHash, ruleNames } from './load-policy.ts'
import { openNetworkSession } from './onnx-session.ts'
import { type PolicyPackage, readPolicyPackage } from './package.ts'
import { networkShape } from './specification.ts'

type PolicyCheck = {
  name: 'package' | 'integer-reference' | 'execution-provider' | 'random-inputs'
  ok: boolean
  /** One line for a person. */
  detail: string
  /** Code and remedy of the error that failed the check. */
  code?: string
  remedy?: string
}

export type PolicyVerification = {
  name: string
  hash?: Hex
  ok: boolean
  checks: PolicyCheck[]
  /** The first provider of the order that is proven bit-exact. */
  executionProvider?: ExecutionProvider | 'rule'
  /** Every provider of the order: proven, or why not. */
  providers: { provider: ExecutionProvider; ok: boolean; detail: string }[]
}

export type VerifyPolicyOptions = {
  reference: string
  providers?: readonly string[]
  /** Random network inputs on which model and integer reference must agree. */
  randomInputs?: number
}

/**
 * Runs every check on a policy package and reports them all: files and hashes, integer reference against the golden
 * vectors, each execution provider against the golden vectors, model against integer reference on random inputs.
 *
 * Raises only POLICY_UNKNOWN and POLICY_PROVIDER_UNKNOWN; everything else is a failed check.
 */
export async function verifyPolicy(options: VerifyPolicyOptions): Promise<PolicyVerification> {
  const rule = ruleNames.find((name) => name === options.reference)
  if (rule !== undefined) {
    return { name: rule, hash: ruleHash(rule), ok: true, checks: [], executionProvider: 'rule', providers: [] }
  }
  const order = parseProviders(options.providers ?? executionProviders)
  const folder = await findPackage(options.reference)
  const checks: PolicyCheck[] = []
  const providers: PolicyVerification['providers'] = []

  let pack: PolicyPackage
  try {
    pack = await readPolicyPackage(folder)
  } catch (error) {
    return { name: options.reference, ok: false, checks: [failed('package', error)], providers }
  }
  const { manifest } = pack
  checks.push({
    name: 'package',
    ok: true,
    detail: `${manifest.name} ${manifest.version}: ${Object.keys(manifest.files).length} files intact, parameters ${manifest.parametersHash}`,
  })
  checks.push(checkIntegerReference(pack))

  let executionProvider: ExecutionProvider | undefined
  const { model, goldenVectors } = pack
  let fault: unknown
  for (const provider of order) {
    const missing = providerTable[provider].missing()
    if (missing !== undefined) {
      providers.push({ provider, ok: false, detail: missing.reason })
      continue
    }
    try {
      const session = await openNetworkSession({ model, goldenVectors, shape: networkShape, providers: [provider] })
      providers.push({ provider, ok: true, detail: `${goldenVectors.length} golden vectors bit for bit` })
      if (executionProvider === undefined) {
        executionProvider = provider
        checks.push(await checkRandomInputs(pack, session.run, options.randomInputs ?? 1000))
      }
      await session.close()
    } catch (error) {
      fault = error
      providers.push({ provider, ok: false, detail: error instanceof TillerError ? inOneLine(error) : String(error) })
    }
  }
  checks.push(
    executionProvider === undefined
      ? failed('execution-provider', fault ?? new Error(providers.map((p) => `${p.provider}: ${p.detail}`).join('; ')))
      : {
          name: 'execution-provider',
          ok: true,
          detail: providers.map((p) => `${p.provider} ${p.ok ? 'proven' : `refused (${p.detail})`}`).join('; '),
        },
  )
  return {
    name: manifest.name,
    hash: pack.hash,
    ok: checks.every(({ ok }) => ok),
    checks,
    providers,
    ...(executionProvider === undefined ? {} : { executionProvider }),
  }
}

function checkIntegerReference(pack: PolicyPackage): PolicyCheck {
  const wrong = pack.goldenVectors.findIndex(
    ({ observation, scores }) => forward(pack.parameters, observation).flat().join() !== scores.flat().join(),
  )
  return wrong < 0
    ? { name: 'integer-reference', ok: true, detail: `${pack.goldenVectors.length} golden vectors bit for bit` }
    : {
        name: 'integer-reference',
        ok: false,
        detail: `The integer reference does not answer golden vector ${wrong}.`,
        remedy: 'Export the package again; parameters and golden vectors are written together.',
      }
}

async function checkRandomInputs(
  pack: PolicyPackage,
  run: (observations: ArrayLike<number>, batch: number, venues: number) => Promise<Int32Array>,
  count: number,
): Promise<PolicyCheck> {
  const random = xorshift(0x7111e2)
  const { inputs, inputMin, inputMax, maxVenues } = networkShape
  for (let i = 0; i < count; i++) {
    const venues = 1 + (i % maxVenues)
    const span = i % 3 === 0 ? 64 : inputMax - inputMin + 1
    const observation = Array.from({ length: venues }, () =>
      Array.from({ length: inputs }, () => Math.floor(random() * span) - Math.floor(span / 2)),
    )
    const expected = forward(pack.parameters, observation).flat()
    const found = await run(observation.flat(), 1, venues)
    if (expected.some((value, at) => value !== found[at])) {
      return {
        name: 'random-inputs',
        ok: false,
        detail: `Model and integer reference differ on random input ${i} of ${venues} venues.`,
        remedy: 'Export the package again; model and parameters are written together.',
      }
    }
  }
  return { name: 'random-inputs', ok: true, detail: `model and integer reference agree on ${count} random inputs` }
}

/** Marsaglia's xorshift32: the inputs must be the same on every machine. */
function xorshift(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

function failed(name: PolicyCheck['name'], error: unknown): PolicyCheck {
  if (!(error instanceof TillerError)) return { name, ok: false, detail: String(error) }
  return { name, ok: false, detail: inOneLine(error), code: error.code, remedy: error.remedy }
}
