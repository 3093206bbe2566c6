import { existsSync, readdirSync } from 'node:fs'
import { appendFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectRoot } from '../../../src/chain/paths.ts'
import { parameterCount } from '../../../src/policy/integer-network.ts'
import { loadPolicy } from '../../../src/policy/load-policy.ts'
import { schemaHash, specification } from '../../../src/policy/specification.ts'
import { makeObservation, makePackage, type PackageOptions, table } from './make-package.ts'

const cpu = ['cpu']

async function load(options: PackageOptions = {}) {
  return loadPolicy({ reference: await makePackage(options), providers: cpu })
}

async function fault(action: Promise<unknown>): Promise<{ code: string; message: string }> {
  try {
    await action
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return { code, message }
  }
  throw new Error('nothing was raised')
}

describe('a policy package', () => {
  test('answers scores for the venues of the observation', async () => {
    const policy = await load()
    expect(policy.name).toBe('test-policy')
    expect(policy.executionProvider).toBe('cpu')
    expect(policy.hash).toMatch(/^0x[0-9a-f]{64}$/)
    for (const venues of [1, 2, 16]) {
      expect(await policy.decide(makeObservation(new Array(venues).fill({})))).toEqual({
        kind: 'scores',
        scores: table(venues, 8, 0),
      })
    }
    await policy.close?.()
  })

  test('decides many vaults of different sizes in order', async () => {
    const policy = await loadPolicy({ reference: 'seed-lending', providers: cpu })
    const observations = [3, 2, 3, 5, 2].map((venues, i) =>
      makeObservation(
        Array.from({ length: venues }, (_, j) => ({ features: new Array<number>(12).fill(200 * i - 90 * j) })),
        [10, 20, 30, 40, i],
      ),
    )
    const many = await policy.decideMany(observations)
    const single = await Promise.all(observations.map((observation) => policy.decide(observation)))
    expect(many).toEqual(single)
    expect(new Set(many.map((decision) => JSON.stringify(decision))).size).toBe(5)
    await policy.close?.()
  })

  test('saturates values out of range and counts them', async () => {
    const policy = await load()
    const features = [5000, -5000, ...new Array<number>(10).fill(0)]
    await policy.decide(makeObservation([{ features }, {}]))
    expect(policy.saturatedValues()).toBe(2)
  })

  test('refuses an observation of another length', async () => {
    const policy = await load()
    const features = new Array<number>(11).fill(0)
    expect(await fault(policy.decide(makeObservation([{ features }])) as Promise<unknown>)).toMatchInlineSnapshot(`
      {
        "code": "POLICY_VECTOR_LENGTH",
        "message": "The observation of venue-0 does not have the length that the specification gives.
        expected: 17
        found:    16
      Remedy: Check that observation, policy and specification are of one version.",
      }
    `)
    expect(await fault(policy.decide(makeObservation([])) as Promise<unknown>)).toMatchInlineSnapshot(`
      {
        "code": "POLICY_VECTOR_LENGTH",
        "message": "The list of venues does not have the length that the specification gives.
        expected: 1 to 16
        found:    0
      Remedy: Check that observation, policy and specification are of one version.",
      }
    `)
    expect(
      await fault(policy.decide(makeObservation(new Array(17).fill({}))) as Promise<unknown>),
    ).toMatchInlineSnapshot(`
      {
        "code": "POLICY_VECTOR_LENGTH",
        "message": "The list of venues does not have the length that the specification gives.
        expected: 1 to 16
        found:    17
      Remedy: Check that observation, policy and specification are of one version.",
      }
    `)
  })
})

describe('what is not a policy', () => {
  test('a name that is neither rule nor folder: rules and shipped packages are named', async () => {
    const strategies = join(projectRoot(), 'strategies')
    const packages = readdirSync(strategies).filter((name) => existsSync(join(strategies, name, 'manifest.json')))
    expect(packages).toContain('seed-lending')
    expect(await fault(loadPolicy({ reference: 'no-such-policy' }))).toEqual({
      code: 'POLICY_UNKNOWN',
      message: [
        'The policy is neither a built-in rule nor a policy folder.',
        '  reference: no-such-policy',
        '  rules:     hold, equal-weight, greedy, smoothed-water-filling',
        `  packages:  ${packages.sort().join(', ')}`,
        'Remedy: Name one of the rules or shipped packages, or a folder that holds a manifest.json.',
      ].join('\n'),
    })
  })

  test('an execution provider that does not exist', async () => {
    const reference = await makePackage()
    expect(await fault(loadPolicy({ reference, providers: ['cpu', 'quantum'] }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_PROVIDER_UNKNOWN",
        "message": "The execution provider is unknown.
        provider: quantum
        known:    cuda, webgpu, cpu
      Remedy: Name providers out of the known ones, in the order in which they shall be tried.",
      }
    `)
  })
})

describe('a package that does not match its manifest', () => {
  test('a missing file', async () => {
    const folder = await makePackage()
    await rm(join(folder, 'policy.onnx'))
    const { code, message } = await fault(loadPolicy({ reference: folder }))
    expect({ code, message: message.replace(basename(folder), 'FOLDER') }).toMatchInlineSnapshot(`
      {
        "code": "POLICY_FILE_MISSING",
        "message": "A file of the policy package is missing.
        package: FOLDER
        file:    policy.onnx
      Remedy: Restore the package from where it was published, or export it again.",
      }
    `)
  })

  test('a changed file', async () => {
    const folder = await makePackage()
    await appendFile(join(folder, 'MODEL_CARD.md'), 'better than everything\n')
    expect(await fault(loadPolicy({ reference: folder }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_FILE_CHANGED",
        "message": "A file of the policy package is not the one that its manifest names.
        file:           MODEL_CARD.md
        expectedSha256: e621bcce928241db8b0609ac56504cd1e81a1d7d9625d6c00eca21d2de76295d
        foundSha256:    b9134e4d93a955abab292b708a4613270b768e6fc9fd5b8cdaab92a0fcc75e01
      Remedy: Restore the package from where it was published; never edit one by hand.",
      }
    `)
  })

  test('parameters with another hash', async () => {
    const found = await fault(load({ edit: (manifest) => ({ ...manifest, parametersHash: `0x${'1'.repeat(64)}` }) }))
    expect(found).toMatchInlineSnapshot(`
      {
        "code": "POLICY_PARAMETERS_CHANGED",
        "message": "The parameters of the policy do not hash to what its manifest commits to.
        expectedHash: 0x1111111111111111111111111111111111111111111111111111111111111111
        foundHash:    0x6d9fa425e81b789c60a2a69b0da9bceb0a2912ddafc0d71226d7ed1064a052eb
      Remedy: Export the package again; model, parameters and manifest are written together.",
      }
    `)
  })

  test('parameters whose rows float32 does not carry exactly', async () => {
    const found = await fault(load({ parameters: new Uint8Array(parameterCount()).fill(127) }))
    expect(found.code).toBe('POLICY_FILE_INVALID')
    expect(found.message).toContain('parameters.bin')
  })

  test('too few parameters', async () => {
    expect((await fault(load({ parameters: new Uint8Array(7) }))).code).toBe('POLICY_FILE_INVALID')
  })

  test('a manifest that is not JSON', async () => {
    const folder = await makePackage()
    await writeFile(join(folder, 'manifest.json'), '{"format":')
    const { code, message } = await fault(loadPolicy({ reference: folder }))
    expect({ code, message: message.replace(basename(folder), 'FOLDER') }).toMatchInlineSnapshot(`
      {
        "code": "POLICY_FILE_INVALID",
        "message": "A file of the policy package does not have the documented form.
        package: FOLDER
        file:    manifest.json
        faults:  it is not JSON
      Remedy: Compare the file with docs/policy-package.md and export the package again.",
      }
    `)
  })

  test('a manifest with several faults names them all', async () => {
    const { code, message } = await fault(
      load({ edit: (manifest) => ({ ...manifest, version: 'new', licence: '', parametersHash: '0x12' }) }),
    )
    expect(code).toBe('POLICY_FILE_INVALID')
    for (const path of ['version', 'licence', 'parametersHash']) expect(message).toContain(`${path}: `)
  })

  test('golden vectors of another shape', async () => {
    const goldenVectors = {
      format: 'tiller-golden-vectors-1',
      architecture: specification.architecture.id,
      vectors: [{ observation: table(2, 17, 0), scores: table(3, 8, 0) }],
    }
    const { code, message } = await fault(load({ goldenVectors }))
    expect(code).toBe('POLICY_FILE_INVALID')
    expect(message).toContain('vectors.0: not [venues][17] and [venues][8] of one number of venues')
  })

  test('a file entry that points out of the package', async () => {
    const found = await fault(
      load({
        edit: (manifest) => {
          manifest.files.model.file = '../policy.onnx'
          return manifest
        },
      }),
    )
    expect(found.code).toBe('POLICY_FILE_INVALID')
    expect(found.message).toContain('files.model.file: must be the name of a file inside the package')
  })
})

describe('a policy for another version', () => {
  test('a schema hash of another specification names both', async () => {
    const other = `0x${'a'.repeat(64)}` as const
    const found = await fault(
      load({ edit: (manifest) => ({ ...manifest, specification: { id: 'lending-v0', schemaHash: other } }) }),
    )
    expect(found.code).toBe('POLICY_SCHEMA_MISMATCH')
    expect(found.message).toBe(
      [
        'The policy was made for another policy specification than the one this version runs.',
        `  schema hash of the policy:   ${other}`,
        `  schema hash of this version: ${schemaHash}`,
        'Remedy: Use a policy that was exported for this version, or the version that the policy was exported for.',
      ].join('\n'),
    )
  })

  test.each([
    ['architecture', { architecture: 'transformer-9000' }],
    ['feature group', { featureGroups: [{ name: 'sentiment', version: 1 }] }],
    ['action decoding', { action: { decoding: 'softmax', scores: ['a'] } }],
  ])('an unknown %s', async (_, change) => {
    expect((await fault(load({ edit: (manifest) => ({ ...manifest, ...change }) }))).code).toBe('POLICY_UNSUPPORTED')
  })
})

describe('a model that must not decide', () => {
  test('NaN in a parameter', async () => {
    expect(await fault(load({ model: 'nan-parameter' }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_OUTPUT_INVALID",
        "message": "The policy answered a value that is not finite.
        score: 0
        value: NaN
      Remedy: Run \`tiller policy verify\`; the vault stays where it is until the policy answers integers in range.",
      }
    `)
  })

  test('an answer that is not an integer', async () => {
    expect(await fault(load({ model: 'fraction' }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_OUTPUT_INVALID",
        "message": "The policy answered a value that is not an integer.
        score: 0
        value: 0.109375
      Remedy: Run \`tiller policy verify\`; the vault stays where it is until the policy answers integers in range.",
      }
    `)
  })

  test('an answer out of range', async () => {
    expect(await fault(load({ model: 'out-of-range' }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_OUTPUT_INVALID",
        "message": "The policy answered a value out of range.
        score: 0
        value: 15625
        min:   -4096
        max:   4095
      Remedy: Run \`tiller policy verify\`; the vault stays where it is until the policy answers integers in range.",
      }
    `)
  })

  test('another number of inputs', async () => {
    expect(await fault(load({ model: 'sixteen-inputs' }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_MODEL_INVALID",
        "message": "The model of the policy cannot be run.
        fault: input observation is float32[batch, venues, 16], not float32[batch, venues, 17]
      Remedy: Export the package again with strategies/trainer.",
      }
    `)
  })

  test('other types and names', async () => {
    expect(await fault(load({ model: 'one-double-input' }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_MODEL_INVALID",
        "message": "The model of the policy cannot be run.
        fault: inputs are observation, not observation, mask, recip
      Remedy: Export the package again with strategies/trainer.",
      }
    `)
  })

  test('bytes that are no model', async () => {
    const found = await fault(load({ modelBytes: Buffer.from('not a model') }))
    expect(found).toMatchInlineSnapshot(`
      {
        "code": "POLICY_MODEL_INVALID",
        "message": "The model of the policy cannot be run.
        fault: Failed to load model because protobuf parsing failed.
      Remedy: Export the package again with strategies/trainer.",
      }
    `)
  })

  test('one wrong bit names vector, venue and score', async () => {
    const goldenVectors = {
      format: 'tiller-golden-vectors-1',
      architecture: specification.architecture.id,
      vectors: [
        { observation: table(2, 17, 1), scores: table(2, 8, 0) },
        {
          observation: table(3, 17, 1),
          scores: table(3, 8, 0).map((row, j) => (j === 2 ? [0, 0, 0, 0, 0, 1, 0, 0] : row)),
        },
      ],
    }
    expect(await fault(load({ goldenVectors }))).toMatchInlineSnapshot(`
      {
        "code": "POLICY_GOLDEN_MISMATCH",
        "message": "The policy does not answer its golden vectors bit for bit.
        provider: cpu
        vector:   1
        venue:    2
        score:    5
        expected: 1
        found:    0
      Remedy: Use another execution provider; if cpu fails too, the package is broken: export it again.",
      }
    `)
  })
})
