import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { projectRoot } from '../../../src/chain/paths.ts'
import { findJsonFault } from '../../../src/config/find-json-fault.ts'
import { configPath, loadConfig, loadConfigWithoutVault } from '../../../src/config/load-config.ts'
import { gweiToWei, planSettings } from '../../../src/config/plan-settings.ts'
import { showConfig } from '../../../src/config/show-config.ts'
import { TillerError } from '../../../src/errors/base.ts'
import { defaultPlanSettings } from '../../../src/plan/plan-settings.ts'
import { knownKey, validConfig } from './fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'tiller-config-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, content: unknown): string {
  const file = join(folder, name)
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    if (error instanceof TillerError) return error.message.replaceAll(folder, '/configs')
    throw error
  }
  throw new Error('It raised nothing.')
}

describe('loadConfig', () => {
  test('makes paths absolute, seen from the file', () => {
    const signer = { keystore: 'keys/keeper.json', password: { file: '~/password' } }
    const raw = validConfig({ signer, 'policy.reference': './my-policy', 'store.path': 'j.db', $schema: 'x' })
    const { config } = loadConfig({ file: write('paths.json', raw), env: {} })
    expect(config.signer).toEqual({
      keystore: join(folder, 'keys/keeper.json'),
      password: { file: join(homedir(), 'password') },
    })
    expect(config.policy.reference).toBe(join(folder, 'my-policy'))
    expect(config.store.path).toBe(join(folder, 'j.db'))
    expect(config).not.toHaveProperty('$schema')
  })

  test('finds a shipped package from anywhere, and one beside the file first', () => {
    const raw = validConfig({ 'policy.reference': 'strategies/spec' })
    const file = write('policy.json', raw)
    expect(loadConfig({ file, env: {} }).config.policy.reference).toBe(join(projectRoot(), 'strategies/spec'))
    mkdirSync(join(folder, 'strategies/spec'), { recursive: true })
    expect(loadConfig({ file, env: {} }).config.policy.reference).toBe(join(folder, 'strategies/spec'))
  })

  test('looks at --config, then TILLER_CONFIG, then the working folder', () => {
    expect(configPath({ cwd: '/a', env: {} })).toBe('/a/tiller.config.json')
    expect(configPath({ cwd: '/a', env: { TILLER_CONFIG: 'b.json' } })).toBe('/a/b.json')
    expect(configPath({ cwd: '/a', env: { TILLER_CONFIG: 'b.json' }, file: 'c.json' })).toBe('/a/c.json')
  })

  test('does without a vault only where asked to', () => {
    const file = write('no-vault.json', validConfig({ vault: undefined }))
    expect(loadConfigWithoutVault({ file, env: {} }).config.vault).toBeUndefined()
    expect(() => loadConfig({ file, env: {} })).toThrow('vault: Missing')
  })

  test('says when there is no file, no readable file, or no JSON in it', () => {
    expect(messageOf(() => loadConfig({ file: join(folder, 'gone.json'), env: {} }))).toBe(
      'There is no configuration.\n  file: /configs/gone.json\nRemedy: Write one with `tiller init`, or name another file with --config.',
    )
    expect(messageOf(() => loadConfig({ file: folder, env: {} }))).toBe(
      'The configuration can not be read.\n  file:   /configs\n  reason: EISDIR\nRemedy: Check that it is a file and that this user may read it.',
    )
    const broken = write('broken.json', `{\n  "signer": "${knownKey}" oops\n}`)
    expect(messageOf(() => loadConfig({ file: broken, env: {} }))).toBe(
      'The configuration is not valid JSON.\n  file:   /configs/broken.json\n  place:  line 2, column 82\n  reason: a comma or } was expected\nRemedy: Correct the file at that place; JSON knows no comments and no trailing commas.',
    )
  })

  test('reads a file with a byte order mark', () => {
    const file = write('bom.json', `\uFEFF${JSON.stringify(validConfig())}`)
    expect(loadConfig({ file, env: {} }).config.chain.id).toBe(31337)
  })
})

test('showConfig masks endpoints and keeps references', () => {
  const raw = validConfig({ 'chain.rpc.read': ['https://a.example/token'], signer: { privateKey: { env: 'KEY' } } })
  const shown = showConfig(loadConfig({ file: write('show.json', raw), env: {} }).config)
  expect(shown['chain']).toEqual({
    id: 31337,
    rpc: { read: ['[endpoint]'], send: '[endpoint]', simulate: '[endpoint]' },
  })
  expect(shown['signer']).toEqual({ privateKey: { env: 'KEY' } })
  expect(JSON.stringify(shown)).not.toContain('a.example')
})

test('planSettings carries limits over in wei and seconds', () => {
  const raw = validConfig({ 'keeper.limits': { maxFeePerGasGwei: 0.05, horizonHours: 24, minLegAssets: '7' } })
  expect(planSettings(loadConfig({ file: write('plan.json', raw), env: {} }).config)).toEqual({
    horizonSeconds: 86_400,
    minEdgeBps: 0,
    minLegAssets: 7n,
    deadlineSeconds: 300,
    maxLossBps: 1,
    idleReserveBps: 500,
    maxFeePerGas: 50_000_000n,
    maxPriorityFeePerGas: 100_000_000n,
    gasPerPlan: defaultPlanSettings.gasPerPlan,
    gasPerLeg: defaultPlanSettings.gasPerLeg,
    minObservedSlots: 1,
  })
})

test('gweiToWei is exact to the wei over the allowed range', () => {
  expect(gweiToWei(0.000001)).toBe(1_000n)
  expect(gweiToWei(100_000)).toBe(100_000_000_000_000n)
  expect(gweiToWei(1.5)).toBe(1_500_000_000n)
})

describe('findJsonFault', () => {
  test.each([
    ['', 1, 1, 'a value was expected'],
    ['{', 1, 2, 'a name in double quotes was expected'],
    ['{"a" 1}', 1, 6, 'a colon was expected'],
    ['{"a": 1,}', 1, 9, 'a name in double quotes was expected'],
    ['[1 2]', 1, 4, 'a comma or ] was expected'],
    ['{\n "a": // why\n 1}', 2, 7, 'a value was expected'],
    ['"a', 1, 3, 'a string is not closed'],
    ['"a\nb"', 1, 3, 'a line break or control character inside a string'],
    ['"\\x"', 1, 2, 'an escape is not known'],
    ['1 2', 1, 3, 'the file should end here'],
    ['01', 1, 2, 'the file should end here'],
  ])('places the fault of %j', (text, line, column, reason) => {
    expect(findJsonFault(text)).toEqual({ line, column, reason })
  })

  test('agrees with the platform on what is JSON', () => {
    const mutated = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '}', '"', '\\', '0', ' ', 'e', '-'))
      .map(([text, at, insert]) => {
        const place = at % (text.length + 1)
        return `${text.slice(0, place)}${insert}${text.slice(place + (insert === '' ? 1 : 0))}`
      })
    fc.assert(
      fc.property(mutated, (text) => {
        let valid = true
        try {
          JSON.parse(text)
        } catch {
          valid = false
        }
        expect(findJsonFault(text) === undefined).toBe(valid)
      }),
      { numRuns: 2_000 },
    )
  })
})
