import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../src/config/parse-config.ts'
import { configInvalid } from '../../../src/errors/config.ts'
import { knownKey, validConfig } from './fixture.ts'

const faultsOf = (raw: unknown, env: Record<string, string> = {}) => parseConfig(raw, { env }).faults
const messageOf = (raw: unknown, env: Record<string, string> = {}) =>
  configInvalid('c.json', faultsOf(raw, env)).message

describe('a valid configuration', () => {
  test('is taken with every default in place', () => {
    const { config, faults, warnings } = parseConfig(validConfig(), { env: {} })
    expect(faults).toEqual([])
    expect(warnings).toEqual([])
    expect(config?.endpoints).toEqual({
      read: ['http://127.0.0.1:8545'],
      send: 'http://127.0.0.1:8545',
      simulate: 'http://127.0.0.1:8545',
    })
    expect(config?.file.vault.idleReserveBps).toBe(500)
    expect(config?.file.vault.venues[0]?.data).toBe('0x')
    expect(config?.file.keeper.mode).toBe('dry')
    expect(config?.file.keeper.schedule).toBe('0 * * * *')
    expect(config?.file.keeper.limits.minLegAssets).toBe(1_000_000n)
    expect(config?.file.policy).toEqual({
      reference: 'smoothed-water-filling',
      providers: ['cuda', 'webgpu', 'cpu'],
    })
    expect(config?.file.store.path).toBe('.tiller/journal.db')
  })

  test('holds addresses with checksum, whatever their case was', () => {
    const { config } = parseConfig(validConfig({ 'vault.address': '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266' }), {
      env: {},
    })
    expect(config?.file.vault.address).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  })

  test('may have a market id or a policy hash of 32 bytes', () => {
    expect(faultsOf(validConfig({ 'policy.hash': `0x${'cd'.repeat(32)}` }))).toEqual([])
  })

  test('may lack the vault where the caller says so', () => {
    const raw = validConfig({ vault: undefined })
    expect(parseConfig(raw, { env: {}, vaultRequired: false }).faults).toEqual([])
    expect(messageOf(raw)).toBe(
      [
        'The configuration c.json has one fault.',
        '  vault: Missing. Give an object with address, guard, venues.',
        'Remedy: Correct each value; `tiller config schema` prints what is allowed.',
      ].join('\n'),
    )
  })

  test('takes endpoints from the environment by reference', () => {
    const raw = validConfig({
      'chain.rpc.read': [{ env: 'A_URL' }, 'http://b.example'],
      'chain.rpc.send': { env: 'TILLER_SEND_URL' },
    })
    const env = { A_URL: 'https://a.example/token', TILLER_SEND_URL: 'https://send.example' }
    const { config, warnings } = parseConfig(raw, { env })
    expect(config?.endpoints).toEqual({
      read: ['https://a.example/token', 'http://b.example'],
      send: 'https://send.example',
      simulate: 'https://a.example/token',
    })
    expect(warnings).toEqual([])
  })
})

describe('a faulty configuration', () => {
  test('has all its faults listed at once, each with path, value and remedy', () => {
    const raw = validConfig({
      'chain.id': 'mainnet',
      'chain.rpc.read': ['localhost:8545', { env: 'NOT_SET' }],
      'vault.address': '0x123',
      'vault.guard': '0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
      'vault.venues.0.kind': 'aave',
      'vault.venues.1.name': 'aave-v3:usdc',
      'vault.idleReserveBps': 10_001,
      'policy.providers': ['tpu'],
      'keeper.mode': 'live',
      'keeper.schedule': 'hourly',
      'keeper.limits': { minEdgeBp: 5, minLegAssets: -1, deadlineSeconds: 1.5 },
      'log.level': 'loud',
      store: 'journal.db',
    })
    expect(messageOf(raw)).toMatchInlineSnapshot(`
      "The configuration c.json has 16 faults.
        chain.id:                      Found "mainnet". Give a whole number from 1.
        chain.rpc.read.0:              Found [endpoint]. Give an http or https URL, or { "env": "NAME" } where the URL holds a token.
        vault.address:                 Found "0x123". Give an address: 0x and 40 hexadecimal digits, in lower case or with a valid checksum.
        vault.guard:                   Found "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266". Give an address: 0x and 40 hexadecimal digits, in lower case or with a valid checksum.
        vault.venues.0.kind:           Found "aave". Give one of aave-v3, comet, morpho-blue, erc4626, uniswap-v3.
        vault.idleReserveBps:          Found 10001. Give a whole number from 0 to 10000.
        policy.providers.0:            Found "tpu". Give one of cuda, webgpu, cpu.
        keeper.schedule:               Found "hourly". Give a cron expression such as "0 * * * *".
        keeper.limits.minLegAssets:    Found -1. Give a whole number of asset units, as a number or as a decimal string.
        keeper.limits.deadlineSeconds: Found 1.5. Give a whole number from 12 to 14400.
        keeper.limits.minEdgeBp:       There is no such name. Did you mean minEdgeBps?
        store:                         Found "journal.db". Give an object with path.
        log.level:                     Found "loud". Give one of debug, info, warn, error.
        vault.venues.1.name:           Found "aave-v3:usdc" a second time. Give each venue a name of its own.
        signer:                        Missing, and mode live signs. Give a keystore or a private key by reference, or take the mode readonly, dry or paper.
        chain.rpc.read.1:              NOT_SET is not set. Set NOT_SET to an http or https URL in the environment of the process.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
  })

  test('lets a plan land later than an hour only where time is simulated', () => {
    const limits = (deadlineSeconds: number, maxHeadAgeSeconds?: number) =>
      validConfig({
        'keeper.limits': { deadlineSeconds, ...(maxHeadAgeSeconds === undefined ? {} : { maxHeadAgeSeconds }) },
      })
    expect(faultsOf(limits(3_600))).toEqual([])
    expect(faultsOf(limits(14_400, 0))).toEqual([])
    const fault = {
      code: 'CONFIG_VALUE',
      path: 'keeper.limits.deadlineSeconds',
      found: 'Found 3601, and keeper.limits.maxHeadAgeSeconds is not 0',
      remedy:
        'Give at most 3600; only on a chain of simulated time, which has maxHeadAgeSeconds 0, may a plan land later.',
    }
    expect(faultsOf(limits(3_601))).toEqual([fault])
    expect(faultsOf(limits(3_601, 60))).toEqual([fault])
    // What the schema itself refuses is told once.
    expect(faultsOf(limits(14_401)).map(({ path }) => path)).toEqual(['keeper.limits.deadlineSeconds'])
    const variable = { TILLER_KEEPER_LIMITS_DEADLINE_SECONDS: '7200' }
    expect(faultsOf(validConfig(), variable).map(({ path }) => path)).toEqual([
      'keeper.limits.deadlineSeconds (from TILLER_KEEPER_LIMITS_DEADLINE_SECONDS)',
    ])
  })

  test('that is no object says so', () => {
    expect(messageOf([1])).toMatchInlineSnapshot(`
      "The configuration c.json has one fault.
        (the whole file): Found a list of 1. Give an object with chain, vault.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
    expect(messageOf('x')).toMatchInlineSnapshot(`
      "The configuration c.json has one fault.
        (the whole file): Found "x". Give an object with chain, vault.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
  })

  test('with a signer of no known form names the part that is wrong', () => {
    expect(messageOf(validConfig({ signer: { keystore: 'a.json' } }))).toMatchInlineSnapshot(`
      "The configuration c.json has one fault.
        signer.password: Missing. Give { "env": "NAME" } or { "file": "path" }; a password itself never stands in the configuration.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
    expect(messageOf(validConfig({ signer: { keystore: 'a.json', password: 'hunter2' } }))).toMatchInlineSnapshot(`
      "The configuration c.json has one fault.
        signer.password: Found [secret]. Give { "env": "NAME" } or { "file": "path" }; a password itself never stands in the configuration.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
    expect(messageOf(validConfig({ signer: { privatekey: { env: 'A' } } }))).toMatchInlineSnapshot(`
      "The configuration c.json has 2 faults.
        signer.privateKey: Missing. Give an object with env.
        signer.privatekey: There is no such name. Did you mean privateKey?
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
    expect(messageOf(validConfig({ signer: 'keeper' }))).toMatchInlineSnapshot(`
      "The configuration c.json has one fault.
        signer: Found [secret]. Give { "keystore": "path", "password": { "env": "NAME" } }, { "privateKey": { "env": "NAME" } } or { "address": "0x…" }.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
  })

  test('with the mode live and only an address can not sign', () => {
    const signer = { address: '0x00000000000000000000000000000000000000c1' }
    expect(messageOf(validConfig({ 'keeper.mode': 'live', signer }))).toMatchInlineSnapshot(`
      "The configuration c.json has one fault.
        signer: Found an address only, and mode live signs. Give a keystore or a private key by reference, or take the mode readonly, dry or paper.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
    expect(faultsOf(validConfig({ 'keeper.mode': 'paper', signer }))).toEqual([])
  })

  test('names a repeated endpoint, position or provider', () => {
    const raw = validConfig({
      'chain.rpc.read': ['http://a.example', 'http://a.example'],
      'policy.providers': ['cpu', 'cpu'],
      'vault.venues.1': { name: 'b', kind: 'aave-v3', adapter: '0x00000000000000000000000000000000000000B1' },
    })
    expect(messageOf(raw)).toMatchInlineSnapshot(`
      "The configuration c.json has 3 faults.
        vault.venues.1:   Found the same adapter and data a second time. List each position once.
        chain.rpc.read.1: Found the first endpoint again. Name another endpoint, or only one.
        policy.providers: Found a provider twice. Name each provider once.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
  })
})

describe('a literal key', () => {
  const places: [string, unknown][] = [
    ['signer', { privateKey: knownKey }],
    ['signer', { privateKey: { env: knownKey.slice(2) } }],
    ['signer', { privatKey: knownKey }],
    ['signer', knownKey],
    ['note', { deep: [` ${knownKey} `] }],
    ['vault.address', knownKey],
    ['chain.rpc.read', [knownKey]],
    ['store.path', 'test test test test test test test test test test test junk'],
    [knownKey, 1],
    ['keeper.limits', { [knownKey]: 1 }],
  ]
  test.each(places)('is refused at %s and never repeated', (path, value) => {
    const error = configInvalid('c.json', faultsOf(validConfig({ [path]: value })))
    expect(error.code).toBe('CONFIG_LITERAL_KEY')
    const text = `${error.message}${JSON.stringify(error)}`.toLowerCase()
    expect(text).not.toContain(knownKey.slice(2))
    expect(text).not.toContain('junk')
  })

  test('has a message that says where it stands and what to do', () => {
    expect(messageOf(validConfig({ signer: { privateKey: knownKey } }))).toMatchInlineSnapshot(`
      "The configuration c.json has one fault.
        signer.privateKey: Found what looks like a private key or seed phrase. Refer to it: { "privateKey": { "env": "NAME" } }, or a keystore with a password by reference.
      Remedy: Take the key out of the file, keep it in a keystore (\`tiller keys import\`), and treat it as known to others."
    `)
  })
})

describe('overrides from the environment', () => {
  test('replace values of every kind', () => {
    const env = {
      TILLER_CHAIN_ID: '1',
      TILLER_CHAIN_RPC_READ: 'http://a.example, http://b.example',
      TILLER_KEEPER_MODE: 'readonly',
      TILLER_KEEPER_LIMITS_MIN_EDGE_BPS: '7',
      TILLER_KEEPER_LIMITS_MIN_LEG_ASSETS: '5000000',
      TILLER_POLICY_PROVIDERS: 'cpu',
      TILLER_SIGNER_PRIVATE_KEY_ENV: 'KEEPER_KEY',
      TILLER_VAULT_VENUES: '[{"name":"x","kind":"erc4626","adapter":"0x00000000000000000000000000000000000000c1"}]',
    }
    const { config, overrides } = parseConfig(validConfig(), { env })
    expect(config?.file.chain.id).toBe(1)
    expect(config?.endpoints.read).toEqual(['http://a.example', 'http://b.example'])
    expect(config?.file.keeper.mode).toBe('readonly')
    expect(config?.file.keeper.limits.minEdgeBps).toBe(7)
    expect(config?.file.keeper.limits.minLegAssets).toBe(5_000_000n)
    expect(config?.file.policy.providers).toEqual(['cpu'])
    expect(config?.file.signer).toEqual({ privateKey: { env: 'KEEPER_KEY' } })
    expect(config?.file.vault.venues.map((venue) => venue.name)).toEqual(['x'])
    expect(overrides['keeper.mode']).toBe('TILLER_KEEPER_MODE')
  })

  test('are named in the fault that they cause', () => {
    expect(messageOf(validConfig(), { TILLER_KEEPER_MODE: 'fast', TILLER_CHAIN_ID: '0x1' })).toMatchInlineSnapshot(`
      "The configuration c.json has 2 faults.
        chain.id (from TILLER_CHAIN_ID):       Found "0x1". Give a whole number from 1.
        keeper.mode (from TILLER_KEEPER_MODE): Found "fast". Give one of readonly, dry, paper, canary, live.
      Remedy: Correct each value; \`tiller config schema\` prints what is allowed."
    `)
  })

  test('warn of a variable that overrides nothing', () => {
    const { warnings } = parseConfig(validConfig(), {
      env: { TILLER_KEPER_MODE: 'live', TILLER_COLOR: '1', TILLER_CACHE_DIR: '/tmp', PATH: '/bin' },
    })
    expect(warnings).toEqual([
      'TILLER_COLOR is set and overrides nothing.',
      'TILLER_KEPER_MODE is set and overrides nothing; TILLER_KEEPER_MODE exists.',
    ])
  })
})

test('never raises and never repeats a key, whatever the file holds', () => {
  const anything = fc.object({ withNullPrototype: false, maxDepth: 4, values: [fc.constant(knownKey), fc.jsonValue()] })
  fc.assert(
    fc.property(anything, (raw) => {
      const { faults, config } = parseConfig(raw, { env: {} })
      expect(config).toBeUndefined()
      expect(faults.length).toBeGreaterThan(0)
      expect(JSON.stringify(faults)).not.toContain(knownKey.slice(2))
    }),
    { numRuns: 50 },
  )
})
