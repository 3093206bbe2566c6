import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readVaultPlan } from '../../../src/cli/vault-plan-file.ts'
import { TillerError } from '../../../src/errors/base.ts'

const folder = mkdtempSync(join(tmpdir(), 'tiller-plan-'))
const file = join(folder, 'plan.json')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The example for Ethereum, with its roles filled in. */
function example(): Record<string, unknown> {
  const account = (digits: string) => `0x${digits.padStart(40, '0')}`
  return {
    ...JSON.parse(readFileSync('docs/examples/ethereum-usdc.json', 'utf8')),
    ...{ owner: account('a1'), curator: account('a2'), sentinels: [account('a3')], keepers: [account('a4')] },
    feeRecipient: account('a5'),
  }
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

test('the example for Ethereum is a plan once its roles are filled in, and says which are missing until then', () => {
  writeFileSync(file, JSON.stringify(example()))
  const plan = readVaultPlan(file)
  expect(plan).toMatchObject({ chainId: 1, seedAssets: 10_000_000n, timelockSeconds: 259_200n })
  expect(plan.venues[0]).toMatchObject({ kind: 'aave-v3', absoluteCap: 20_000_000_000_000n })
  const missing = messageOf(readFileSync('docs/examples/ethereum-usdc.json', 'utf8')).split('\n').slice(2, -1)
  expect(missing.map((line) => line.split(':')[0]?.trim())).toEqual([
    'owner',
    'curator',
    'sentinels[0]',
    'keepers[0]',
    'feeRecipient',
  ])
})

test('the example for the devnet is a plan', () => {
  expect(readVaultPlan('docs/examples/devnet-usdc.json')).toMatchObject({ chainId: 31_337, symbol: 'mfUSDC' })
})

test('a plan may ask for a Router and a redeem queue', () => {
  const periphery = { router: { flashLender: `0x${'11'.repeat(20)}` }, redeemQueue: { minRequestAssets: '100000000' } }
  writeFileSync(file, JSON.stringify({ ...example(), periphery }))
  expect(readVaultPlan(file).periphery).toEqual({ ...periphery, redeemQueue: { minRequestAssets: 100_000_000n } })
  expect(messageOf(JSON.stringify({ ...example(), periphery: { queue: {} } }))).toContain(
    'periphery.queue: there is no such name; the names here are router, redeemQueue, rewardSeller',
  )
})

test('a plan may ask for a reward seller, whose pools have a price guard each, or the parameters of one', () => {
  expect(readVaultPlan('docs/examples/devnet-rewards.json').periphery?.rewardSeller).toMatchObject({
    routes: [{ hops: [{ prices: { feed0: { minAnswer: 95_000_000n } } }], perDay: 50_000_000_000n }],
    skimFrom: ['aave-v3:usdc', 'comet:usdc'],
  })
  const place = `0x${'11'.repeat(20)}`
  const hop = { pool: place, priceGuard: place }
  const route = { token: place, hops: [hop, hop], perDay: 5, maxSlippageBps: 100 }
  const faultsOf = (rewardSeller: object) =>
    messageOf(JSON.stringify({ ...example(), periphery: { rewardSeller } }))
      .split('\n')
      .slice(2, -1)
  const bad = { uniswapFactory: place, routes: [{ ...route, perDay: '5.0' }] }
  expect(faultsOf({ ...bad, skimFrom: 'aave' })).toEqual([
    '  periphery.rewardSeller.routes[0].perDay: is "5.0"; give a whole number of the smallest unit of the reward token, e.g. "5000000000000000000" for 5 of 18 decimals',
    '  periphery.rewardSeller.skimFrom:         is "aave"; give a list of names of venues; all when absent',
  ])
  const two = 'a list of one or two pools, the last of which trades the asset'
  const either = 'either "priceGuard", the address of one for this pool, or "prices", the parameters of a new one'
  const hops = [[], [hop, hop, hop], [{ pool: place }]]
  expect(faultsOf({ uniswapFactory: place, routes: hops.map((list) => ({ ...route, hops: list })) })).toEqual([
    `  periphery.rewardSeller.routes[0].hops:    is an empty list; give ${two}`,
    `  periphery.rewardSeller.routes[1].hops:    is a list of 3; give ${two}`,
    `  periphery.rewardSeller.routes[2].hops[0]: is an object; give ${either}`,
  ])
})

test('every fault of a plan is listed at once, with what was found and what is due', () => {
  const { name: _, limits, sharedCaps: __, ...rest } = example()
  const venue = { name: 'a', kind: 'aave-v4', absoluteCap: '50,000', relativeCapWad: 0.4 }
  const faulty = {
    ...rest,
    asset: '0x1',
    ownr: '0x1',
    curator: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB49',
    keepers: '0x00000000000000000000000000000000000000a4',
    timelockSeconds: '3 days',
    performanceFeeBps: 0.1,
    limits: { ...(limits as object), liquidFloorBps: '5%' },
    venues: [venue, { ...venue, kind: 'comet', commet: '0x1', relativeCapWad: '4000000000000000000' }],
    seedAssets: -1,
  }
  expect(messageOf(JSON.stringify(faulty))).toMatchInlineSnapshot(`
    "The file does not describe a vault that can be deployed.
      file:                     /plans/plan.json
      asset:                    is "0x1"; give an address: 0x and 40 hexadecimal digits
      name:                     is missing; give a text of 1 to 60 characters
      curator:                  is "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB49"; give the address as its owner wrote it: a digit or the case of a letter is off, for its checksum does not fit
      keepers:                  is "0x00000000000000000000000000000000000000a4"; give a list of addresses, e.g. [] for nobody
      timelockSeconds:          is "3 days"; give a whole number of seconds, e.g. 259200 for 3 days
      performanceFeeBps:        is 0.1; give a whole number of basis points, e.g. 100 for 1 %
      limits.liquidFloorBps:    is "5%"; give a whole number of basis points, e.g. 100 for 1 %
      venues[0].kind:           is "aave-v4"; give one of aave-v3, comet, morpho-blue, erc4626, uniswap-v3
      venues[1].absoluteCap:    is "50,000"; give a whole number of the smallest unit of the asset, e.g. "1000000" for one USDC
      venues[1].relativeCapWad: is "4000000000000000000"; give a share of 1e18, e.g. "400000000000000000" for 40 %; 1e18 at most
      venues[1].comet:          is missing; give an address: 0x and 40 hexadecimal digits
      venues[1].commet:         there is no such name; did you mean comet?
      seedAssets:               is -1; give a whole number of the smallest unit of the asset, e.g. "1000000" for one USDC
      ownr:                     there is no such name; did you mean owner?
    Remedy: Correct each value; docs/examples has whole files, docs/deploying.md explains every name."
  `)
})

test('a plan that is no JSON says where', () => {
  expect(messageOf('{"asset": }')).toMatchInlineSnapshot(`
    "The file does not describe a vault that can be deployed.
      file:              /plans/plan.json
      line 1, column 11: a value was expected
    Remedy: Correct each value; docs/examples has whole files, docs/deploying.md explains every name."
  `)
})

test('a value that looks like a key is not printed', () => {
  const key = `0x${'4f'.repeat(32)}`
  expect(messageOf(JSON.stringify({ ...example(), owner: key, [key]: 1 }))).not.toContain(key)
})

test('a file that is not there and a folder are no plans', () => {
  const raised = (path: string) => {
    try {
      readVaultPlan(path)
    } catch (error) {
      return error instanceof TillerError ? `${error.code} ${error.details['reason']}` : error
    }
    return 'nothing'
  }
  expect(raised(join(folder, 'none.json'))).toBe('USAGE_PLAN_UNREADABLE there is no such file')
  expect(raised(folder)).toBe('USAGE_PLAN_UNREADABLE it is a folder')
})
