import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderConfigDocs } from '../../../src/config/config-docs.ts'
import { configFields, configJsonSchema, environmentNameOf } from '../../../src/config/fields.ts'

test('docs/configuration.md is what the schema says', () => {
  expect(readFileSync('docs/configuration.md', 'utf8'), 'run node scripts/generate-config-docs.mjs').toBe(
    renderConfigDocs(),
  )
})

test('every value has a description, what is expected, and an environment variable of its own', () => {
  const fields = configFields()
  expect(fields.filter(({ description }) => description === '').map(({ path }) => path)).toEqual([])
  expect(fields.filter(({ expected }) => expected === 'another value').map(({ path }) => path)).toEqual([])
  const names = fields.map(({ env }) => env)
  expect(new Set(names).size).toBe(names.length)
})

test('names of environment variables come from the path', () => {
  expect(environmentNameOf('keeper.limits.maxFeePerGasGwei')).toBe('TILLER_KEEPER_LIMITS_MAX_FEE_PER_GAS_GWEI')
  expect(environmentNameOf('chain.rpc.read')).toBe('TILLER_CHAIN_RPC_READ')
})

test('the JSON Schema forbids unknown names and carries defaults', () => {
  const schema = configJsonSchema() as { additionalProperties: boolean; required: string[]; $schema: string }
  expect(schema.additionalProperties).toBe(false)
  expect(schema.required).toEqual(['chain', 'vault'])
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema')
  expect(JSON.stringify(schema)).toContain('"default":"1000000"')
})
