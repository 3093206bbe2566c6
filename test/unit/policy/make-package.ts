import { createHash } from 'node:crypto'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccak256 } from 'viem'
import type { Observation } from '../../../src/observe/observation.ts'
import { parameterCount } from '../../../src/policy/integer-network.ts'
import { integerScales, type PolicyManifest } from '../../../src/policy/package.ts'
import { featureGroups, schemaHash, specification } from '../../../src/policy/specification.ts'

const fixtures = join(import.meta.dirname, 'fixtures')

export type PackageOptions = {
  /** Name of a file in `fixtures`, without ending; made by strategies/trainer/tests/make_bad_models.py. */
  model?: string
  modelBytes?: Uint8Array
  parameters?: Uint8Array
  goldenVectors?: unknown
  /** Changes the manifest after hashes and sizes were filled in. */
  edit?: (manifest: PolicyManifest) => unknown
}

/** Writes a whole policy package around one of the fixture models; without options, a network that answers zero. */
export async function makePackage(options: PackageOptions = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tiller-policy-'))
  const parameters = options.parameters ?? new Uint8Array(parameterCount())
  const golden = options.goldenVectors ?? {
    format: 'tiller-golden-vectors-1',
    architecture: specification.architecture.id,
    vectors: [2, 2, 5].map((venues) => ({
      observation: table(venues, specification.architecture.inputs, 100),
      scores: table(venues, specification.architecture.scores, 0),
    })),
  }
  const contents = {
    model: ['policy.onnx', options.modelBytes ?? (await readFile(join(fixtures, `${options.model ?? 'zero'}.onnx`)))],
    parameters: ['parameters.bin', parameters],
    goldenVectors: ['golden-vectors.json', Buffer.from(JSON.stringify(golden))],
    modelCard: ['MODEL_CARD.md', Buffer.from('# test\n')],
  } as const
  const entry = async ([file, bytes]: readonly [string, Uint8Array]) => {
    await writeFile(join(folder, file), bytes)
    return { file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
  }
  const manifest: PolicyManifest = {
    format: 'tiller-policy-1',
    name: 'test-policy',
    version: '0.0.1',
    description: 'Answers zero.',
    licence: 'GPL-3.0-or-later',
    specification: { id: specification.id, schemaHash },
    featureGroups: featureGroups.map((group) => ({ ...group })),
    architecture: specification.architecture.id,
    integerScales,
    action: { decoding: specification.allocation.id, scores: specification.allocation.scores.map(({ name }) => name) },
    parametersHash: keccak256(parameters),
    files: {
      model: await entry(contents.model),
      parameters: await entry(contents.parameters),
      goldenVectors: await entry(contents.goldenVectors),
      modelCard: await entry(contents.modelCard),
    },
    training: {
      method: 'none',
      data: [{ name: 'none', hash: 'none' }],
      seeds: [0],
      codeRevision: 'none',
      codeHash: 'none',
      device: 'none',
      config: {},
      versions: {},
    },
    metrics: [{ name: 'none', unit: '1', value: 0 }],
  }
  const written = options.edit?.(manifest) ?? manifest
  await writeFile(join(folder, 'manifest.json'), typeof written === 'string' ? written : JSON.stringify(written))
  return folder
}

export function table(rows: number, columns: number, value: number): number[][] {
  return Array.from({ length: rows }, () => new Array<number>(columns).fill(value))
}

export type VenueSketch = { apr?: number; own?: number; cap?: number; stale?: boolean; features?: number[] }

/** An observation of 1,000,000 units of capital; `apr` in percent, `own` and `cap` in steps of a grid of 20. */
export function makeObservation(venues: readonly VenueSketch[], globalFeatures?: number[]): Observation {
  const capitalQ6 = 1_000_000n * 64n
  return {
    slot: 1,
    capitalQ6,
    gridSteps: 20,
    gasPerLegE12: 2_500_000n,
    globalFeatures: globalFeatures ?? new Array<number>(5).fill(0),
    venues: venues.map(({ apr = 4, own = 0, cap = 20, stale = false, features }, j) => {
      const aprE9 = BigInt(Math.round(apr * 1e7))
      const average = aprE9 << 8n
      const supply = 100_000_000n * 64n
      const borrow = 80_000_000n * 64n
      return {
        name: `venue-${j}`,
        features: features ?? new Array<number>(12).fill(0),
        memory: {
          slot: 1,
          index: 10n ** 27n,
          observedAt: 3600n,
          aprE9,
          averagesQ8: [average, average, average, average, average],
          volatilityQ8: 0n,
          spikeSlots: 0,
          sizeSlot: 1,
          supplyQ6: supply,
          borrowQ6: borrow,
          supply72Q6: supply,
          borrow72Q6: borrow,
          own72Q6: (capitalQ6 * BigInt(own)) / 20n,
          roomQ6: supply,
          count: 100,
        },
        curve: { mode: 'none', kinkQ16: 58982, rate0E9: 0n, rateKinkE9: 0n, rateMaxE9: 0n },
        ownQ6: (capitalQ6 * BigInt(own)) / 20n,
        ownSteps: own,
        capSteps: cap,
        stale,
      }
    }),
  }
}
