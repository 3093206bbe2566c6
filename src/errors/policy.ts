import { TillerError } from './base.ts'

type Details = Readonly<Record<string, string | number | bigint | boolean>>

/** An error of loading, checking or running a policy. Codes start with `POLICY_`. */
export class PolicyError extends TillerError {
  override readonly name = 'PolicyError'
}

/** Message and values of an error in one line, for lists and tables. */
export function inOneLine(error: TillerError): string {
  const facts = Object.entries(error.details).map(([name, value]) => `${name} ${value}`)
  return [error.shortMessage, facts.join(', ')].join(' ').trim()
}

export function policyUnknown(reference: string, rules: readonly string[], packages: readonly string[]): PolicyError {
  return new PolicyError('The policy is neither a built-in rule nor a policy folder.', {
    code: 'POLICY_UNKNOWN',
    details: { reference, rules: rules.join(', '), packages: packages.join(', ') || 'none' },
    remedy: 'Name one of the rules or shipped packages, or a folder that holds a manifest.json.',
  })
}

export function policyFileMissing(folder: string, file: string): PolicyError {
  return new PolicyError('A file of the policy package is missing.', {
    code: 'POLICY_FILE_MISSING',
    details: { package: folder, file },
    remedy: 'Restore the package from where it was published, or export it again.',
  })
}

/** `faults` are `path: what is wrong`, all of them at once. */
export function policyFileInvalid(
  folder: string,
  file: string,
  faults: readonly string[],
  cause?: unknown,
): PolicyError {
  return new PolicyError(`A file of the policy package does not have the documented form.`, {
    code: 'POLICY_FILE_INVALID',
    details: { package: folder, file, faults: faults.join('; ') },
    remedy: 'Compare the file with docs/policy-package.md and export the package again.',
    cause,
  })
}

export function policyFileChanged(file: string, expectedSha256: string, foundSha256: string): PolicyError {
  return new PolicyError('A file of the policy package is not the one that its manifest names.', {
    code: 'POLICY_FILE_CHANGED',
    details: { file, expectedSha256, foundSha256 },
    remedy: 'Restore the package from where it was published; never edit one by hand.',
  })
}

export function policySchemaMismatch(policyHash: string, tillerHash: string): PolicyError {
  return new PolicyError('The policy was made for another policy specification than the one this version runs.', {
    code: 'POLICY_SCHEMA_MISMATCH',
    details: { 'schema hash of the policy': policyHash, 'schema hash of this version': tillerHash },
    remedy: 'Use a policy that was exported for this version, or the version that the policy was exported for.',
  })
}

export function policyUnsupported(what: string, found: string, supported: readonly string[]): PolicyError {
  return new PolicyError(`The policy names ${what} that this version does not know.`, {
    code: 'POLICY_UNSUPPORTED',
    details: { found, supported: supported.join(', ') },
    remedy: 'Use a policy that was exported for this version.',
  })
}

export function policyParametersChanged(expectedHash: string, foundHash: string): PolicyError {
  return new PolicyError('The parameters of the policy do not hash to what its manifest commits to.', {
    code: 'POLICY_PARAMETERS_CHANGED',
    details: { expectedHash, foundHash },
    remedy: 'Export the package again; model, parameters and manifest are written together.',
  })
}

export function policyModelInvalid(fault: string, cause?: unknown): PolicyError {
  return new PolicyError('The model of the policy cannot be run.', {
    code: 'POLICY_MODEL_INVALID',
    details: { fault },
    remedy: 'Export the package again with strategies/trainer.',
    cause,
  })
}

/** `refusals` are `provider: reason`. */
export function policyNoProvider(refusals: readonly string[]): PolicyError {
  return new PolicyError('No execution provider of the configured order can run the policy.', {
    code: 'POLICY_NO_PROVIDER',
    details: { refused: refusals.join('; ') },
    remedy: 'Add cpu to the list of execution providers, or install the missing provider.',
  })
}

export function policyProviderUnknown(provider: string, known: readonly string[]): PolicyError {
  return new PolicyError('The execution provider is unknown.', {
    code: 'POLICY_PROVIDER_UNKNOWN',
    details: { provider, known: known.join(', ') },
    remedy: 'Name providers out of the known ones, in the order in which they shall be tried.',
  })
}

export type GoldenMismatch = {
  provider: string
  vector: number
  venue: number
  score: number
  expected: number
  found: number
}

export function policyGoldenMismatch(mismatch: GoldenMismatch): PolicyError {
  return new PolicyError('The policy does not answer its golden vectors bit for bit.', {
    code: 'POLICY_GOLDEN_MISMATCH',
    details: mismatch,
    remedy: 'Use another execution provider; if cpu fails too, the package is broken: export it again.',
  })
}

export function policyOutputInvalid(fault: string, details: Details): PolicyError {
  return new PolicyError(`The policy answered ${fault}.`, {
    code: 'POLICY_OUTPUT_INVALID',
    details,
    remedy: 'Run `tiller policy verify`; the vault stays where it is until the policy answers integers in range.',
  })
}

export function policyVectorLength(what: string, expected: number | string, found: number): PolicyError {
  return new PolicyError(`${what} does not have the length that the specification gives.`, {
    code: 'POLICY_VECTOR_LENGTH',
    details: { expected, found },
    remedy: 'Check that observation, policy and specification are of one version.',
  })
}
