import type { Address } from 'viem'
import { describe, expect, test } from 'vitest'
import type { VaultPlanConfig } from '../../../src/vault/plan-deployment.ts'
import { planWarnings } from '../../../src/vault/plan-warnings.ts'
import type { VenuePlan } from '../../../src/vault/venue-adapters.ts'
import { protocolId } from '../../../src/vault/venue-ids.ts'

const address = (digit: number): Address => `0x${String(digit).repeat(40)}`
const percent = 10n ** 16n
const usdc = { decimals: 6, symbol: 'USDC' }
const cap = { absoluteCap: 1_000_000_000n, relativeCapWad: 40n * percent }

const market = (name: string, share: bigint, collateral: number, oracle: number): VenuePlan => ({
  ...{ ...cap, name, kind: 'morpho-blue', morpho: address(9) },
  market: {
    ...{ loanToken: address(2), collateralToken: address(collateral), oracle: address(oracle), irm: address(8) },
    lltv: 86n * percent,
  },
  relativeCapWad: share * percent,
})

const config: VaultPlanConfig = {
  ...{ asset: address(2), name: 'A', symbol: 'A', owner: address(1), curator: address(3), sentinels: [address(4)] },
  ...{ keepers: [address(5)], seedAssets: 1n },
  limits: {
    ...{ cooldownSeconds: 3_600, maxLossPerPlanBps: 2, lossBudgetPerDayBps: 5 },
    ...{ turnoverPerDayBps: 5_000, liquidFloorBps: 500 },
  },
  venues: [{ ...cap, name: 'aave', kind: 'aave-v3', pool: address(7) }],
}

const warn = (changes: Partial<VaultPlanConfig>) => planWarnings({ ...config, ...changes }, usdc)
const texts = (changes: Partial<VaultPlanConfig>) => warn(changes).map(({ code, text }) => `${code}: ${text}`)

test('says nothing of a plan with a key for each role, default timelocks and sensible caps', () => {
  expect(warn({})).toEqual([])
})

test('warns where one account holds several roles, however it is written', () => {
  const mixed = '0xABcdEFABcdEFabcdEfAbCdefabcdeFABcDEFabCD'
  const lower: Address = `0x${mixed.slice(2).toLowerCase()}`
  expect(texts({ owner: mixed, keepers: [lower] })).toEqual([
    `ROLES_SHARED: ${mixed} is owner and keeper: one stolen key is all of them. Give each role an account of its own.`,
  ])
})

test('warns where nobody can stop plans, and where nobody can make them', () => {
  expect(texts({ sentinels: [], keepers: [] })).toEqual([
    'SENTINEL_MISSING: Nobody is sentinel: only owner and curator can stop plans in an emergency.',
    'KEEPER_MISSING: Nobody is keeper: the assets stay idle until one is added after a timelock.',
  ])
})

test('warns of a timelock below a day', () => {
  expect(texts({ timelockSeconds: 3_600n, timelocks: { setExitList: 60n, setMaxRate: 86_400n } })).toEqual([
    'TIMELOCK_SHORT: timelockSeconds is 3600 seconds: depositors have less than a day to leave. Only test chains take that.',
    'TIMELOCK_SHORT: timelocks.setExitList is 60 seconds: depositors have less than a day to leave. Only test chains take that.',
  ])
})

test('warns where basis points look like percent, and amounts like whole units', () => {
  const [aave] = config.venues
  if (aave === undefined) throw new Error('there is a venue')
  expect(
    texts({
      performanceFeeBps: 10,
      limits: { ...config.limits, turnoverPerDayBps: 50, liquidFloorBps: 5 },
      venues: [{ ...aave, absoluteCap: 50_000_000n, relativeCapWad: 4_000_000_000n }],
    }),
  ).toEqual([
    'UNIT_PERCENT: performanceFeeBps is 10, that is 0.10 %. For 10 % write 1000.',
    'UNIT_PERCENT: limits.turnoverPerDayBps is 50, that is 0.50 %. For 50 % write 5000.',
    'UNIT_PERCENT: limits.liquidFloorBps is 5, that is 0.05 %. For 5 % write 500.',
    'CAP_SMALL: absoluteCap of aave is less than 1000 USDC. One USDC is 1 and 6 zeros.',
    'CAP_SMALL: relativeCapWad of aave is less than 1 % of the vault. 1 % is 10000000000000000.',
  ])
})

describe('shared risks', () => {
  test('a warning where more than four fifths of the vault may lie behind one', () => {
    expect(warn({ venues: [market('a', 41n, 3, 4), market('b', 40n, 5, 6)] })).toEqual([
      {
        code: 'SHARED_RISK_WIDE',
        text: `a, b share the protocol ${address(9)} and may together hold 81 % of the vault: one fault there takes that much. A cap in sharedCaps bounds it.`,
      },
    ])
  })

  test('nothing at four fifths, of a bounded risk, or of one venue alone', () => {
    const wide = [market('a', 50n, 3, 4), market('b', 50n, 5, 6)]
    const own = { id: protocolId(address(9)), absoluteCap: 5n, relativeCapWad: 80n * percent }
    expect(warn({ venues: [market('a', 40n, 3, 4), market('b', 40n, 5, 6)] })).toEqual([])
    expect(warn({ venues: wide, sharedCaps: [own] })).toEqual([])
    expect(warn({ venues: [market('a', 100n, 3, 4)] })).toEqual([])
  })
})
