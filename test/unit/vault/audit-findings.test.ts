import type { Address } from 'viem'
import { expect, test } from 'vitest'
import type { AuditFacts } from '../../../src/vault/audit.ts'
import { auditFindings } from '../../../src/vault/audit-findings.ts'
import type { PriceGuardFacts } from '../../../src/vault/audit-price-guard.ts'
import type { RewardSellerFacts } from '../../../src/vault/audit-reward-seller.ts'
import { adapterFunctions, timelockedFunctions } from '../../../src/vault/timelocked-functions.ts'

const address = (digit: number): Address => `0x${String(digit).repeat(40)}`
const day = 86_400n

const sound: AuditFacts = {
  chainId: 1,
  block: { number: 9n, hash: `0x${'09'.repeat(32)}`, timestamp: 1_000n },
  vault: address(1),
  name: 'Tiller',
  symbol: 'T',
  asset: { address: address(2), symbol: 'USDC', decimals: 6 },
  totalAssets: 100n,
  totalSupply: 100n,
  idle: 100n,
  liquid: 100n,
  seedShares: 10n,
  entriesOpen: true,
  owner: { address: address(3), isContract: true },
  curator: { address: address(4), isContract: true },
  sentinels: [address(5)],
  guard: {
    address: address(6),
    limits: {
      cooldownSeconds: 3_600,
      maxLossPerPlanBps: 2,
      lossBudgetPerDayBps: 5,
      turnoverPerDayBps: 5_000,
      liquidFloorBps: 500,
    },
    frozen: false,
    keepers: [{ address: address(7), isContract: true }],
    turnoverAvailable: 50n,
    lossAvailable: 1n,
  },
  fees: { performanceFeeBps: 0, managementFeeBps: 0, unclaimedShares: 0n },
  forcedExitPenaltyBps: 20,
  maxRatePerSecondWad: 1n,
  timelocks: timelockedFunctions.map((item) => ({ ...item, seconds: 7n * day, abdicated: false })),
  adapters: [{ address: address(8), kind: 'aave-v3', retired: false, quarantined: false, marked: false, mark: 0n }],
  venues: [
    {
      name: 'aave-v3',
      adapter: address(8),
      data: '0x',
      id: `0x${'11'.repeat(32)}`,
      absoluteCap: 100n,
      relativeCapWad: 5n * 10n ** 17n,
      allocation: 0n,
      inExitList: true,
      isExact: true,
      shared: [],
    },
  ],
  exitList: ['aave-v3'],
  unnamedCaps: [],
  pending: [],
  beside: { priceGuards: [] },
  code: [{ name: 'Vault', address: address(1), codeHash: `0x${'22'.repeat(32)}`, matches: true }],
}

const soundGuard: PriceGuardFacts = {
  ...{ address: address(2), pool: address(9), feeds: [address(7)], twapSeconds: 1_800 },
  ...{ maxSpotDeviationBps: 50, maxOracleDeviationBps: 100, isFed: true, passes: true },
  ...{ historySeconds: 1_800n, cardinality: 151 },
}

const codes = (changes: Partial<AuditFacts>) =>
  auditFindings({ ...sound, ...changes }).map(({ severity, code }) => `${severity} ${code}`)

test('a sound vault has nothing worse than a note', () => {
  expect(codes({})).toEqual(['note KEEPER_CONTRACT'])
})

test('what makes a vault unsafe is serious and stands first', () => {
  const one = { address: address(7), isContract: false }
  const [first] = sound.timelocks
  if (first === undefined) throw new Error('there are timelocked functions')
  expect(
    codes({
      owner: one,
      curator: one,
      seedShares: 0n,
      timelocks: [{ ...first, seconds: day - 1n }],
      code: sound.code.map((item) => ({ ...item, matches: false })),
    }),
  ).toEqual([
    'serious ROLES_SHARED',
    'serious TIMELOCK_SHORT',
    'serious SEED_MISSING',
    'serious CODE_DIFFERS',
    'warning OWNER_IS_CURATOR',
    'warning OWNER_EOA',
    'note KEEPER_CONTRACT',
    'note CURATOR_EOA',
  ])
  const { guard: _, ...unguarded } = sound
  expect(auditFindings(unguarded)[0]?.code).toBe('GUARD_MISSING')
})

test('venues, roles and changes that a depositor should know of are warnings', () => {
  const [venue] = sound.venues
  const [adapter] = sound.adapters
  if (venue === undefined || adapter === undefined) throw new Error('there is a venue')
  const wide = { ...venue, relativeCapWad: 10n ** 18n, inExitList: false }
  const pending = {
    ...{ target: 'vault' as const, address: address(1), data: '0x' as const, words: 'raise a cap' },
    ...{ proposer: address(4), isAlive: true, submittedInBlock: 1n },
  }
  expect(
    codes({
      sentinels: [],
      venues: [wide],
      adapters: [{ ...adapter, quarantined: true }],
      entriesOpen: false,
      pending: [
        { ...pending, executableAt: 1_000n },
        { ...pending, executableAt: 1_001n },
        { ...pending, executableAt: 1_000n, isAlive: false },
      ],
    }),
  ).toEqual([
    'warning NO_SENTINEL',
    'warning CAP_ALL',
    'warning EXIT_LIST_MISSES',
    'warning QUARANTINED',
    'warning ENTRIES_CLOSED',
    'warning MATURED',
    'note KEEPER_CONTRACT',
    'note PENDING',
    'note PENDING_DEAD',
  ])
})

test('what stands beside the vault is judged, too: a foreign queue, a silent factory, feeds that are ignored', () => {
  const priceGuard = { ...soundGuard, adapter: address(8), isIgnored: true }
  const redeemQueue = { address: address(3), vault: address(9), ...{ minRequestAssets: 1n, pendingAssets: 0n } }
  expect(
    codes({
      beside: {
        factory: { address: address(6), lists: false },
        redeemQueue: { ...redeemQueue, unclaimedAssets: 0n },
        priceGuards: [priceGuard, { ...priceGuard, isIgnored: false }],
      },
    }),
  ).toEqual(['serious QUEUE_FOREIGN', 'warning FACTORY_SILENT', 'warning ORACLE_IGNORED', 'note KEEPER_CONTRACT'])
  const own = { ...redeemQueue, vault: address(1), unclaimedAssets: 0n }
  expect(
    codes({ beside: { factory: { address: address(6), lists: true }, redeemQueue: own, priceGuards: [] } }),
  ).toEqual(['note KEEPER_CONTRACT'])
})

test('a maximum rate above all assets a year is a warning, and says what a lying venue may do with it', () => {
  const rate = (maxRatePerSecondWad: bigint) =>
    auditFindings({ ...sound, maxRatePerSecondWad }).find(({ code }) => code === 'MAX_RATE_HIGH')
  expect(rate(31_709_791_984n)).toBeUndefined()
  expect(rate(63_419_583_967n)?.text).toBe('A venue that reports too much raises the exit price by up to 200 % a year.')
})

test('a timelock of an adapter is judged like those of the vault, and says whose it is', () => {
  const [first] = adapterFunctions('erc4626')
  if (first === undefined) throw new Error('there are some')
  const found = auditFindings({
    ...sound,
    timelocks: [{ ...first, adapter: address(8), seconds: day - 1n, abdicated: false }],
  })
  expect(found[0]?.text).toBe(
    `It takes less than a day to name who gets tokens that lie in an adapter and are no position (${address(8)}.setSkimRecipient: 86399 s).`,
  )
})

test('a venue whose exits are not exact is not missed in the exit list', () => {
  const [venue] = sound.venues
  if (venue === undefined) throw new Error('there is a venue')
  expect(codes({ venues: [{ ...venue, inExitList: false, isExact: false }] })).toEqual(['note KEEPER_CONTRACT'])
})

test('caps on ids that no venue explains are named, for a market in which nothing lies has no other name', () => {
  const id = `0x${'ab'.repeat(32)}` as const
  expect(auditFindings({ ...sound, unnamedCaps: [{ id, absoluteCap: 5n, relativeCapWad: 1n }] })).toContainEqual({
    code: 'CAP_UNNAMED',
    severity: 'warning',
    text: `Caps stand on ids that no venue above explains: markets in which nothing lies yet, or what they share. A deployment file names them (--deployment): ${id}.`,
  })
})

test('rewards that go elsewhere, price guards that cannot judge and histories that are short are told', () => {
  const [adapter] = sound.adapters
  if (adapter === undefined) throw new Error('there is an adapter')
  const token = { address: address(5), symbol: 'RWD', decimals: 18 }
  const hop = (priceGuard?: PriceGuardFacts): RewardSellerFacts['routes'][number]['hops'][number] => ({
    ...{ pool: address(9), fee: 500, priceGuardAddress: address(2) },
    ...(priceGuard === undefined ? {} : { priceGuard }),
  })
  const seller = (hops: RewardSellerFacts['routes'][number]['hops'], vault = address(1)): RewardSellerFacts => ({
    ...{ address: address(3), vault, uniswapFactory: address(4), tokens: [token] },
    routes: [{ token, perDay: 1n, maxSlippageBps: 100, available: 0n, hops }],
  })
  const found = (rewardSeller: RewardSellerFacts | undefined, skimRecipient?: Address) =>
    auditFindings({
      ...sound,
      adapters: [{ ...adapter, ...(skimRecipient === undefined ? {} : { skimRecipient }) }],
      beside: { priceGuards: [], ...(rewardSeller === undefined ? {} : { rewardSeller }) },
    })
      .filter(({ code }) => code !== 'KEEPER_CONTRACT')
      .map(({ severity, code, text }) => `${severity} ${code}: ${text}`)
  const guarded = (changes: Partial<PriceGuardFacts>) => found(seller([hop({ ...soundGuard, ...changes })]), address(3))

  expect(guarded({})).toEqual([])
  expect(found(undefined)).toEqual([])
  expect(found(undefined, address(6))).toEqual([
    `note SKIM_RECIPIENT: What lies in aave-v3 ${address(8)} and is no position goes to ${address(6)}.`,
  ])
  expect(found(seller([hop(soundGuard)]), address(6))).toEqual([
    `warning SKIM_ELSEWHERE: Rewards of aave-v3 ${address(8)} go to ${address(6)}, not to the reward seller.`,
  ])
  expect(found(seller([hop(soundGuard)]))).toEqual([
    `note SKIM_UNSET: Rewards that reach aave-v3 ${address(8)} stay there: it names nobody who gets them.`,
  ])
  expect(found(seller([hop(soundGuard)], address(9)), address(3))).toEqual([
    `serious SELLER_FOREIGN: The reward seller ${address(3)} belongs to ${address(9)}.`,
  ])
  expect(found(seller([hop(soundGuard), hop()]), address(3))).toEqual([
    `serious PRICE_GUARD_NONE: The price guard ${address(2)} of the sale of RWD does not answer.`,
  ])
  expect(guarded({ feeds: [] })).toEqual([
    `serious FEED_MISSING: The price guard ${address(2)} has no feed: nothing but the pool itself says what is a fair price.`,
  ])
  expect(guarded({ isFed: false, passes: false })).toEqual([
    `warning FEED_SILENT: The feeds of the price guard ${address(2)} give no price now: RWD is not sold.`,
  ])
  expect(guarded({ historySeconds: 1_799n, passes: false })).toEqual([
    `warning POOL_HISTORY_SHORT: The pool ${address(9)} remembers 1799 s, and the price guard ${address(2)} needs 1800 s: RWD is not sold.`,
  ])
  expect(guarded({ cardinality: 150 })).toEqual([
    `warning POOL_HISTORY_SHORT: The pool ${address(9)} remembers 150 trades, fewer than the 1800 s of the price guard ${address(2)} may hold: who trades in each block keeps it from passing.`,
  ])
  expect(guarded({ passes: false })).toEqual([
    `note PRICES_DISAGREE: The price guard ${address(2)} refuses now, for pool, mean and feeds disagree: RWD is not sold.`,
  ])
})
