import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Hex } from 'viem'
import { findPackage, type RuleName, ruleHash, ruleNames } from './load-policy.ts'
import { type PolicyManifest, readManifest } from './package.ts'
import { schemaHash } from './specification.ts'

type InspectedFile = {
  role: string
  file: string
  /** 0 where the file is missing. */
  bytes: number
  /** Whether length and SHA-256 are those of the manifest. */
  intact: boolean
}

export type PolicyInspection =
  | { kind: 'rule'; name: RuleName; hash: Hex; description: string }
  | {
      kind: 'package'
      name: string
      hash: Hex
      folder: string
      manifest: PolicyManifest
      files: InspectedFile[]
      /** Whether this version runs the specification that the policy was made for. */
      schemaMatches: boolean
    }

const ruleDescriptions: Readonly<Record<RuleName, string>> = {
  hold: 'Leaves everything where it is.',
  'equal-weight': 'Spreads the capital evenly, and moves only when a venue is off its share by more than a band.',
  greedy: 'Chases the best rate of the last slot when it promises more than 50 basis points.',
  'smoothed-water-filling': 'The allocation rule without corrections: smoothed rates, own impact, payback of gas.',
}

/**
 * Says what a policy is without running it. Changed or missing files are reported, not raised.
 *
 * Raises POLICY_UNKNOWN, POLICY_FILE_MISSING and POLICY_FILE_INVALID for the manifest itself.
 */
export async function inspectPolicy(reference: string): Promise<PolicyInspection> {
  const rule = ruleNames.find((name) => name === reference)
  if (rule !== undefined) {
    return { kind: 'rule', name: rule, hash: ruleHash(rule), description: ruleDescriptions[rule] }
  }
  const folder = await findPackage(reference)
  const { manifest, hash } = await readManifest(folder)
  const files = await Promise.all(
    Object.entries(manifest.files).map(async ([role, entry]): Promise<InspectedFile> => {
      const bytes = await readFile(join(folder, entry.file)).catch(() => undefined)
      const intact = bytes?.length === entry.bytes && createHash('sha256').update(bytes).digest('hex') === entry.sha256
      return { role, file: entry.file, bytes: bytes?.length ?? 0, intact }
    }),
  )
  return {
    kind: 'package',
    name: manifest.name,
    hash,
    folder: basename(folder),
    manifest,
    files,
    schemaMatches: manifest.specification.schemaHash === schemaHash,
  }
}
