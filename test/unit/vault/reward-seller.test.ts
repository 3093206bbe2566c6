import { type Address, decodeFunctionData, type Hex, zeroAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { adapterAbi, priceGuardAbi, rewardSellerAbi, uniswapV3AdapterAbi, vaultAbi } from '../../../src/vault/abi.ts'
import { planDeployment, type VaultArtifacts, type VaultPlanConfig } from '../../../src/vault/plan-deployment.ts'
import { planWarnings } from '../../../src/vault/plan-warnings.ts'
import { needsPriceGuard, placesOfRewardSeller, type RewardSellerPlan } from '../../../src/vault/reward-seller.ts'
import type { VenuePlan } from '../../../src/vault/venue-adapters.ts'

const address = (digit: number): Address => `0x${String(digit).repeat(40)}`
const creation = (inputs: readonly string[], bytecode: Hex = '0x6000') => ({
  abi: [{ type: 'constructor', stateMutability: 'nonpayable', inputs: inputs.map((type) => ({ name: '', type })) }],
  bytecode,
})
const limits = {
  ...{ cooldownSeconds: 3_600, maxLossPerPlanBps: 2, lossBudgetPerDayBps: 5 },
  ...{ turnoverPerDayBps: 5_000, liquidFloorBps: 500 },
}
const guardInput = {
  ...{ name: '', type: 'tuple' },
  components: Object.keys(limits).map((name) => ({ name, type: name === 'cooldownSeconds' ? 'uint32' : 'uint16' })),
}
const artifacts = {
  Vault: creation(['address', 'address', 'string', 'string', 'uint256', 'address']),
  Guard: {
    abi: [
      {
        ...{ type: 'constructor', stateMutability: 'nonpayable' },
        inputs: [{ name: '', type: 'address' }, guardInput, { name: '', type: 'uint256' }],
      },
    ],
    bytecode: '0x6000',
  },
  AaveV3Adapter: creation(['address', 'address']),
  CometAdapter: creation(['address', 'address'], '0x6005'),
  UniswapV3Adapter: { abi: uniswapV3AdapterAbi, bytecode: '0x6001' },
  PriceGuard: { abi: priceGuardAbi, bytecode: '0x6002' },
  RewardSeller: { abi: rewardSellerAbi, bytecode: '0x6003' },
} as unknown as VaultArtifacts

const cap = { absoluteCap: 1_000_000_000n, relativeCapWad: 4n * 10n ** 17n }
const config: VaultPlanConfig = {
  ...{ asset: address(2), name: 'A', symbol: 'A', owner: address(1), curator: address(3), sentinels: [address(4)] },
  ...{ keepers: [address(5)], seedAssets: 1n, limits },
  venues: [
    { ...cap, name: 'aave', kind: 'aave-v3', pool: address(7) },
    { ...cap, name: 'comet', kind: 'comet', comet: address(8) },
  ],
}
const feed = (digit: number) => ({ aggregator: address(digit), maxAgeSeconds: 90_000, minAnswer: 1n, maxAnswer: 9n })
const prices = {
  ...{ feed0: feed(6), feed1: { ...feed(7), aggregator: zeroAddress }, sequencerFeed: zeroAddress },
  ...{ sequencerGraceSeconds: 0, twapSeconds: 1_800, blockSeconds: 12 },
  ...{ maxSpotDeviationBps: 50, maxOracleDeviationBps: 100 },
}
const seller: RewardSellerPlan = {
  uniswapFactory: address(9),
  routes: [
    {
      token: '0x0000000000000000000000000000000000000011',
      hops: [
        {
          pool: '0x0000000000000000000000000000000000000021',
          priceGuard: '0x0000000000000000000000000000000000000031',
        },
        { pool: '0x0000000000000000000000000000000000000022', prices },
      ],
      perDay: 1_000n,
      maxSlippageBps: 100,
    },
    {
      token: '0x0000000000000000000000000000000000000012',
      hops: [{ pool: '0x0000000000000000000000000000000000000022', prices }],
      perDay: 2_000n,
      maxSlippageBps: 200,
    },
  ],
}

const plan = (rewardSeller: RewardSellerPlan, changes: Partial<VaultPlanConfig> = {}) =>
  planDeployment(
    { ...config, periphery: { rewardSeller }, ...changes },
    { deployer: address(1), nonce: 5n, artifacts, viaCreate2: true },
  )

describe('a plan with a reward seller', () => {
  test('creates price guards and seller, and names routes and recipients before the seed', () => {
    const made = plan(seller)
    expect(made.steps.map(({ title }) => title)).toEqual([
      'create Vault',
      'create Guard',
      'create aave-v3 adapter',
      'create comet adapter',
      'create price guard',
      'create reward seller',
      'configure the vault: adapters, caps, exits, fees, timelocks',
      'configure the Guard: keepers, inflow, timelocks',
      'configure the reward seller: routes',
      'name the seller for rewards of aave',
      'name the seller for rewards of comet',
      'approve the seed',
      'set the Guard and seed dead shares',
      'hand the vault over to curator and owner',
    ])
    const guard = made.steps[4]?.creates
    const at = made.periphery.rewardSeller
    expect(at).toBe(made.steps[5]?.creates)
    expect(made.contracts.slice(-2)).toMatchObject([
      { contract: 'PriceGuard', address: guard },
      { contract: 'RewardSeller', address: at, args: [made.vault, address(9)] },
    ])
    const [calls] = decodeFunctionData({ abi: vaultAbi, data: made.steps[8]?.data ?? '0x' }).args as [readonly Hex[]]
    expect(made.steps[8]?.to).toBe(at)
    const none = { pool: zeroAddress, priceGuard: zeroAddress }
    const [first, second] = seller.routes
    const place = (pool: Address, priceGuard: unknown) => ({ pool, priceGuard })
    expect(calls.map((data) => decodeFunctionData({ abi: rewardSellerAbi, data }).args)).toEqual(
      [
        [
          '0x0000000000000000000000000000000000000011',
          {
            first: place('0x0000000000000000000000000000000000000021', '0x0000000000000000000000000000000000000031'),
            second: place('0x0000000000000000000000000000000000000022', guard),
            ...{ maxSlippageBps: first?.maxSlippageBps, perDay: first?.perDay },
          },
        ],
        [
          '0x0000000000000000000000000000000000000012',
          {
            first: place('0x0000000000000000000000000000000000000022', guard),
            second: none,
            ...{ maxSlippageBps: second?.maxSlippageBps, perDay: second?.perDay },
          },
        ],
      ].map((item) => expect.objectContaining(item)),
    )
    for (const index of [9, 10]) {
      expect(made.steps[index]?.to).toBe(made.venues[index - 9]?.adapter)
      const { functionName, args } = decodeFunctionData({ abi: adapterAbi, data: made.steps[index]?.data ?? '0x' })
      expect([functionName, args]).toEqual(['setSkimRecipient', [at]])
    }
  })

  test('a range of the same pool, watched in the same way, shares the price guard', () => {
    const range: VenuePlan = {
      ...{ ...cap, name: 'range', kind: 'uniswap-v3', pool: '0x0000000000000000000000000000000000000022', prices },
      ...{ otherToken: address(7), range: { tickLower: 0, tickUpper: 20 } },
      bounds: { tickMin: 0, tickMax: 20, minWidth: 1, maxWidth: 20, maxSlippageBps: 10 },
    }
    const made = plan(seller, { venues: [range] })
    const guards = made.contracts.filter(({ contract }) => contract === 'PriceGuard')
    expect(guards).toHaveLength(1)
    expect(made.rewards?.routes[1]?.hops[0]).toMatchObject({ priceGuard: guards[0]?.address, isNew: true })
  })

  test('takes rewards from the venues that it names alone, and none of them may be', () => {
    expect(plan({ ...seller, skimFrom: ['comet'] }).rewards?.adapters).toHaveLength(1)
    expect(plan({ ...seller, skimFrom: [] }).rewards?.adapters).toEqual([])
    expect(plan({ ...seller, routes: [] }).steps.map(({ title }) => title)).not.toContain(
      'configure the reward seller: routes',
    )
  })

  test('names every value that the seller would refuse, and what to give instead', () => {
    const [first] = seller.routes
    if (first === undefined) throw new Error('there is a route')
    const bad = { ...prices, blockSeconds: 0, feed0: { ...feed(6), minAnswer: 0n, maxAnswer: 0n, maxAgeSeconds: 0 } }
    const faulty: RewardSellerPlan = {
      uniswapFactory: zeroAddress,
      skimFrom: ['aave', 'aave', 'morpho'],
      routes: [
        { ...first, token: address(2), perDay: 0n },
        { ...first, token: address(8), perDay: 1n << 128n, maxSlippageBps: 0 },
        { ...first, maxSlippageBps: 201, hops: [{ pool: zeroAddress, prices: bad }] },
        first,
      ],
    }
    expect(() => plan(faulty)).toThrow(
      [
        'The vault cannot be deployed as configured.',
        '  periphery.rewardSeller.uniswapFactory:                               is the zero address',
        '  periphery.rewardSeller.routes[0].token:                              is the asset; give the token that venues pay beside it: the asset itself needs no sale',
        '  periphery.rewardSeller.routes[0].perDay:                             is 0; give what may be sold in a day, above 0 and below 2^128, in the smallest unit',
        '  periphery.rewardSeller.routes[1].token:                              is a position of the vault at a venue; that is never sold',
        `  periphery.rewardSeller.routes[1].perDay:                             is ${1n << 128n}; give what may be sold in a day, above 0 and below 2^128, in the smallest unit`,
        '  periphery.rewardSeller.routes[1].maxSlippageBps:                     is 0, which is not 1 to 200 (2 %); fees of the pools count in it',
        '  periphery.rewardSeller.routes[2].maxSlippageBps:                     is 201, which is not 1 to 200 (2 %); fees of the pools count in it',
        '  periphery.rewardSeller.routes[2].hops[0].pool:                       is the zero address',
        '  periphery.rewardSeller.routes[2].hops[0].prices.blockSeconds:        is 0; give the shortest time between two blocks, e.g. 12',
        "  periphery.rewardSeller.routes[2].hops[0].prices.feed0.maxAgeSeconds: is 0; give a little more than the feed's heartbeat, e.g. 90000 for a day",
        '  periphery.rewardSeller.routes[2].hops[0].prices.feed0.minAnswer:     is 0; give the lowest answer that is to count',
        '  periphery.rewardSeller.routes[2].hops[0].prices.feed0.maxAnswer:     is 0, which is not above minAnswer',
        '  periphery.rewardSeller.routes[3].token:                              repeats 0x0000000000000000000000000000000000000011; a token has one route',
        '  periphery.rewardSeller.skimFrom[1]:                                  repeats aave',
        '  periphery.rewardSeller.skimFrom[2]:                                  names no venue: morpho; those are aave, comet',
        'Remedy: Correct the values named above and deploy again; nothing was sent.',
      ].join('\n'),
    )
    const fedByNobody = { ...prices, feed0: { ...feed(6), aggregator: zeroAddress } }
    expect(() =>
      plan({ ...seller, routes: [{ ...first, hops: [{ pool: address(7), prices: fedByNobody }] }] }),
    ).toThrow('prices.feed0.aggregator: is the zero address, and so is that of feed1; give at least one feed')
  })

  test('warns of limits that sell next to nothing, of no route and of no adapter', () => {
    const warn = (rewardSeller: RewardSellerPlan) =>
      planWarnings(
        { ...config, periphery: { rewardSeller } },
        { decimals: 6, symbol: 'USDC' },
        new Map(seller.routes.map(({ token }) => [token, { decimals: 6, symbol: 'RWD' }])),
      ).map(({ code, text }) => `${code}: ${text}`)
    expect(warn({ ...seller, routes: seller.routes.map((route) => ({ ...route, perDay: 1_000n })) })).toEqual([])
    expect(warn({ ...seller, routes: seller.routes.map((route) => ({ ...route, perDay: 999n })) })[1]).toBe(
      'SALE_SMALL: periphery.rewardSeller.routes[1].perDay is less than 0.001 RWD a day. One RWD is 1 and 6 zeros.',
    )
    expect(warn({ ...seller, routes: [], skimFrom: [] })).toEqual([
      'SALE_NONE: The reward seller sells nothing yet: its routes are added by the curator, after the timelock.',
      'SKIM_NONE: No adapter sends rewards to the reward seller: skimFrom is empty.',
    ])
  })

  test('knows every contract that it needs, by its path', () => {
    expect(placesOfRewardSeller(seller).map(([path]) => path)).toEqual([
      'periphery.rewardSeller.uniswapFactory',
      'periphery.rewardSeller.routes[0].token',
      'periphery.rewardSeller.routes[0].hops[0].pool',
      'periphery.rewardSeller.routes[0].hops[0].priceGuard',
      'periphery.rewardSeller.routes[0].hops[1].pool',
      'periphery.rewardSeller.routes[0].hops[1].prices.feed0.aggregator',
      'periphery.rewardSeller.routes[0].hops[1].prices.feed1.aggregator',
      'periphery.rewardSeller.routes[0].hops[1].prices.sequencerFeed',
      'periphery.rewardSeller.routes[1].token',
      'periphery.rewardSeller.routes[1].hops[0].pool',
      'periphery.rewardSeller.routes[1].hops[0].prices.feed0.aggregator',
      'periphery.rewardSeller.routes[1].hops[0].prices.feed1.aggregator',
      'periphery.rewardSeller.routes[1].hops[0].prices.sequencerFeed',
    ])
    expect([needsPriceGuard(seller), needsPriceGuard({ ...seller, routes: [] }), needsPriceGuard(undefined)]).toEqual([
      true,
      false,
      false,
    ])
  })
})
