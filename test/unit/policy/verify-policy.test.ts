import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inspectPolicy } from '../../../src/policy/inspect-policy.ts'
import { schemaHash, specification } from '../../../src/policy/specification.ts'
import { verifyPolicy } from '../../../src/policy/verify-policy.ts'
import { makePackage, table } from './make-package.ts'

const providers = ['cpu']

describe('verify', () => {
  test('passes the shipped policy with every check', async () => {
    const found = await verifyPolicy({ reference: 'seed-lending', providers, randomInputs: 200 })
    expect(found.checks.filter(({ ok }) => !ok)).toEqual([])
    expect(found.checks.map(({ name }) => name)).toEqual([
      'package',
      'integer-reference',
      'random-inputs',
      'execution-provider',
    ])
    expect(found).toMatchObject({ ok: true, name: 'seed-lending', executionProvider: 'cpu' })
  })

  test('passes a rule, which has nothing to check', async () => {
    expect(await verifyPolicy({ reference: 'hold' })).toMatchObject({ ok: true, executionProvider: 'rule' })
  })

  test('fails a changed package with code and remedy', async () => {
    const reference = await makePackage()
    await appendFile(join(reference, 'policy.onnx'), 'x')
    const { ok, checks } = await verifyPolicy({ reference, providers })
    expect(ok).toBe(false)
    expect(checks).toMatchObject([{ name: 'package', ok: false, code: 'POLICY_FILE_CHANGED' }])
  })

  test('fails a model that is not made of the parameters beside it', async () => {
    const parameters = new Uint8Array(1088)
    parameters[1087 - 7] = 3 // bias of the first score
    const vectors = [{ observation: table(2, 17, 0), scores: table(2, 8, 0) }]
    const goldenVectors = { format: 'tiller-golden-vectors-1', architecture: specification.architecture.id, vectors }
    const { ok, checks } = await verifyPolicy({
      reference: await makePackage({ parameters, goldenVectors }),
      providers,
    })
    expect(ok).toBe(false)
    expect(checks.filter((check) => !check.ok)).toMatchObject([
      { name: 'integer-reference', detail: 'The integer reference does not answer golden vector 0.' },
      { name: 'random-inputs', detail: 'Model and integer reference differ on random input 0 of 1 venues.' },
    ])
  })

  test('says of every provider why it is not used', async () => {
    const { ok, providers: found } = await verifyPolicy({
      reference: await makePackage({ model: 'nan-parameter' }),
      providers,
    })
    expect(ok).toBe(false)
    expect(found).toEqual([
      { provider: 'cpu', ok: false, detail: 'The policy answered a value that is not finite. score 0, value NaN' },
    ])
  })
})

describe('inspect', () => {
  test('says what a package is without running it', async () => {
    const reference = await makePackage({ model: 'nan-parameter' })
    await appendFile(join(reference, 'MODEL_CARD.md'), 'x')
    const found = await inspectPolicy(reference)
    if (found.kind !== 'package') throw new Error('not a package')
    expect(found.schemaMatches).toBe(true)
    expect(found.manifest.specification.schemaHash).toBe(schemaHash)
    expect(found.files.map(({ role, intact }) => [role, intact])).toEqual([
      ['model', true],
      ['parameters', true],
      ['goldenVectors', true],
      ['modelCard', false],
    ])
  })

  test('describes a rule', async () => {
    expect(await inspectPolicy('greedy')).toMatchObject({ kind: 'rule', name: 'greedy' })
  })
})
