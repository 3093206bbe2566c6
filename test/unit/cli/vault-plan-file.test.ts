import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readVaultPlan } from '../../../src/cli/vault-plan-file.ts'
import { TillerError } from '../../../src/errors/base.ts'

const folder = mkdtempSync(join(tmpdir(), 'tiller-plan-'))
const file = join(folder, 'plan.json')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The example of docs/cli.md. */
function example(): Record<string, unknown> {
  const page = readFileSync('docs/cli.md', 'utf8')
  return JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '')
}

function messageOf(content: string): string {
  writeFileSync(file, content)
  try {
    readVaultPlan(file)
  } catch (error) {
    if (error instanceof TillerError) return error.message.replaceAll(folder, '/plans')
    throw error
  }
  throw new Error('It raised nothing.')
}

test('the example of the documentation is a plan', () => {
  writeFileSync(file, JSON.stringify(example()))
  const plan = readVaultPlan(file)
  expect(plan.seedAssets).toBe(10_000_000n)
  expect(plan.timelockSeconds).toBe(259_200n)
  expect(plan.venues[0]).toMatchObject({ kind: 'aave-v3', absoluteCap: 1_000_000_000_000n })
  expect(plan).not.toHaveProperty('exitList')
})

test('a plan may ask for a Router and a redeem queue', () => {
  const periphery = { router: { flashLender: `0x${'11'.repeat(20)}` }, redeemQueue: { minRequestAssets: '100000000' } }
  writeFileSync(file, JSON.stringify({ ...example(), periphery }))
  expect(readVaultPlan(file).periphery).toEqual({ ...periphery, redeemQueue: { minRequestAssets: 100_000_000n } })
  expect(messageOf(JSON.stringify({ ...example(), periphery: { queue: {} } }))).toContain(
    'fault 1: periphery: Unrecognized key: "queue"',
  )
})

test('every fault of a plan is listed at once', () => {
  const { name: _, ...rest } = example()
  expect(messageOf(JSON.stringify({ ...rest, asset: '0x1', seedAssets: -1, extra: true }))).toMatchInlineSnapshot(`
    "The file does not describe a vault that can be deployed.
      file:    /plans/plan.json
      fault 1: asset: must be an address
      fault 2: name: Invalid input: expected string, received undefined
      fault 3: seedAssets: Too small: expected number to be >=0
      fault 4: the whole file: Unrecognized key: "extra"
    Remedy: Correct each value; docs/cli.md shows a whole file."
  `)
})

test('a plan that is no JSON says where', () => {
  expect(messageOf('{"asset": }')).toMatchInlineSnapshot(`
    "The file does not describe a vault that can be deployed.
      file:    /plans/plan.json
      fault 1: line 1, column 11: a value was expected
    Remedy: Correct each value; docs/cli.md shows a whole file."
  `)
})
