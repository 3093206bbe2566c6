import { type Address, decodeDeployData, decodeFunctionData, type Hex, zeroAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import type { TillerError } from '../../../src/errors/base.ts'
import { factoryAbi, guardAbi, priceGuardAbi, uniswapV3AdapterAbi, vaultAbi } from '../../../src/vault/abi.ts'
import {
  type PlanDeploymentParameters,
  planDeployment,
  type VaultArtifacts,
  type VaultPlanConfig,
  type VenuePlan,
} from '../../../src/vault/plan-deployment.ts'
import { collateralId, heldId, oracleId, protocolId } from '../../../src/vault/venue-ids.ts'

const address = (digit: number): Address => `0x${String(digit).repeat(40)}`
const deployer = address(1)
const creation = (inputs: readonly string[]) => ({
  abi: [{ type: 'constructor', stateMutability: 'nonpayable', inputs: inputs.map((type) => ({ name: '', type })) }],
  bytecode: '0x6000' as Hex,
})
const limitTypes = {
  name: '',
  type: 'tuple',
  components: [
    { name: 'cooldownSeconds', type: 'uint32' },
    { name: 'maxLossPerPlanBps', type: 'uint16' },
    { name: 'lossBudgetPerDayBps', type: 'uint16' },
    { name: 'turnoverPerDayBps', type: 'uint16' },
    { name: 'liquidFloorBps', type: 'uint16' },
  ],
}
const adapter = creation(['address', 'address'])
const artifacts = {
  Vault: creation(['address', 'address', 'string', 'string', 'uint256', 'address']),
  Guard: {
    abi: [
      {
        type: 'constructor',
        stateMutability: 'nonpayable',
        inputs: [{ name: '', type: 'address' }, limitTypes, { name: '', type: 'uint256' }],
      },
    ],
    bytecode: '0x6000',
  },
  VaultFactory: creation([]),
  AaveV3Adapter: adapter,
  CometAdapter: adapter,
  MorphoBlueAdapter: adapter,
  Erc4626Adapter: creation(['address', 'address', 'address', 'uint128', 'uint256']),
  UniswapV3Adapter: { abi: uniswapV3AdapterAbi, bytecode: '0x6001' },
  PriceGuard: { abi: priceGuardAbi, bytecode: '0x6002' },
  Router: creation(['address']),
  RedeemQueue: creation(['address', 'uint256']),
} as unknown as VaultArtifacts

const cap = { absoluteCap: 1_000n, relativeCapWad: 5n * 10n ** 17n }
const market = (collateral: number) => ({
  loanToken: address(2),
  collateralToken: address(collateral),
  oracle: address(7),
  irm: address(8),
  lltv: 86n * 10n ** 16n,
})
const config: VaultPlanConfig = {
  asset: address(2),
  name: 'Tiller',
  symbol: 'T',
  owner: address(3),
  curator: address(4),
  sentinels: [address(5)],
  keepers: [address(6)],
  limits: {
    cooldownSeconds: 3_600,
    maxLossPerPlanBps: 2,
    lossBudgetPerDayBps: 5,
    turnoverPerDayBps: 5_000,
    liquidFloorBps: 500,
  },
  venues: [
    { name: 'aave', kind: 'aave-v3', pool: address(9), ...cap },
    { name: 'weth', kind: 'morpho-blue', morpho: address(9), market: market(5), ...cap },
    { name: 'wbtc', kind: 'morpho-blue', morpho: address(9), market: market(6), ...cap },
  ],
  seedAssets: 10n,
}

const plan = (changes: Partial<VaultPlanConfig> = {}, nonce = 5n) =>
  planDeployment({ ...config, ...changes }, { deployer, nonce, artifacts })

function callsOf(data: Hex) {
  const { args } = decodeFunctionData({ abi: vaultAbi, data })
  const calls = (args?.[0] ?? []) as readonly Hex[]
  return calls.map((call) => decodeFunctionData({ abi: [...vaultAbi, ...guardAbi], data: call }))
}

describe('planDeployment', () => {
  test('creates one adapter for all markets of one Morpho and knows every address beforehand', () => {
    const { steps, venues, vault, guard } = plan()
    expect(steps.map(({ title }) => title)).toEqual([
      'create Vault',
      'create Guard',
      'create aave-v3 adapter',
      'create morpho-blue adapter',
      'configure the vault: adapters, caps, exits, fees, timelocks',
      'configure the Guard: keepers, inflow, timelocks',
      'approve the seed',
      'set the Guard and seed dead shares',
      'hand the vault over to curator and owner',
    ])
    expect(steps[0]?.creates).toBe(vault)
    expect(steps[1]?.creates).toBe(guard)
    expect(venues.map((venue) => venue.adapter)).toEqual([steps[2]?.creates, steps[3]?.creates, steps[3]?.creates])
    expect(new Set(venues.map(({ id }) => id)).size).toBe(3)
    expect(plan({}, 6n).vault).not.toBe(vault)
  })

  test('opens the vault and seeds it in one call, after everything else: nobody can come in between', () => {
    const opening = plan().steps[7]
    expect(callsOf(opening?.data ?? '0x').map(({ functionName }) => functionName)).toEqual(['setGuard', 'deposit'])
  })

  test('caps every id that a position counts against', () => {
    const configure = plan().steps[4]
    const calls = callsOf(configure?.data ?? '0x')
    expect(calls.map(({ functionName }) => functionName)).not.toContain('setGuard')
    const capped = calls
      .filter(({ functionName }) => functionName === 'increaseAbsoluteCap')
      .map(({ args }) => args?.[0])
    expect(capped).toEqual([
      ...plan().venues.map(({ id }) => id),
      protocolId(address(9)),
      collateralId(address(5)),
      oracleId(address(7)),
      collateralId(address(6)),
    ])
  })

  test('bounds a shared risk where the configuration does, and leaves out caps of zero', () => {
    const shared = { id: oracleId(address(7)), absoluteCap: 77n, relativeCapWad: 0n }
    const calls = callsOf(plan({ sharedCaps: [shared] }).steps[4]?.data ?? '0x')
    const ofOracle = calls.filter(({ args }) => args?.[0] === shared.id)
    expect(ofOracle.map(({ functionName, args }) => [functionName, args?.[1]])).toEqual([['increaseAbsoluteCap', 77n]])
  })

  test('names the pool under a vault of a vault: both count against it, and one of them pays exits', () => {
    const venues = [
      { name: 'aave', kind: 'aave-v3', pool: address(9), ...cap },
      {
        name: 'stata',
        kind: 'erc4626',
        target: address(6),
        underlyingPool: address(9),
        maxSharePriceWad: 2n * 10n ** 18n,
        minShareSupply: 7n,
        ...cap,
      },
      { name: 'comet', kind: 'comet', comet: address(7), ...cap },
    ] as const
    const { steps, venues: refs } = plan({ venues })
    expect(steps[3]?.data.slice(-192)).toBe(
      [BigInt(address(9)), 2n * 10n ** 18n, 7n].map((word) => word.toString(16).padStart(64, '0')).join(''),
    )
    const calls = callsOf(steps[5]?.data ?? '0x')
    const capped = calls.filter(({ functionName }) => functionName === 'increaseAbsoluteCap')
    expect(capped.map(({ args }) => args?.[0])).toEqual([
      ...refs.map(({ id }) => id),
      protocolId(address(9)),
      protocolId(address(6)),
      protocolId(address(7)),
    ])
    const [entries] = calls.find(({ functionName }) => functionName === 'setExitList')?.args ?? []
    expect(entries).toEqual([refs[0], refs[2]].map((ref) => ({ adapter: ref?.adapter, data: '0x' })))
    expect(() => plan({ venues, exitList: ['stata', 'aave'] })).toThrow(
      'exitList[1]: drains the same pool of liquidity as stata',
    )
    const [, stata] = venues
    expect(() => plan({ venues: [{ ...stata, maxSharePriceWad: 0n, minShareSupply: -1n }] })).toThrow(
      /venues\[0\].maxSharePriceWad: is not above 0 and below 2\^128\n {2}venues\[0\].minShareSupply: {3}is below 0/,
    )
  })

  describe('with ranges of a Uniswap v3 pool', () => {
    const feed = { aggregator: address(8), maxAgeSeconds: 90_000, minAnswer: 95_000_000n, maxAnswer: 105_000_000n }
    const range = (tickLower: number, changes: Partial<Extract<VenuePlan, { kind: 'uniswap-v3' }>> = {}) => ({
      name: `range ${tickLower}`,
      kind: 'uniswap-v3' as const,
      pool: address(9),
      otherToken: address(7),
      range: { tickLower, tickUpper: tickLower + 20 },
      bounds: { tickMin: -100, tickMax: 100, minWidth: 10, maxWidth: 40, maxSlippageBps: 20 },
      prices: {
        feed0: feed,
        feed1: feed,
        sequencerFeed: zeroAddress,
        sequencerGraceSeconds: 0,
        twapSeconds: 1_800,
        blockSeconds: 12,
        maxSpotDeviationBps: 50,
        maxOracleDeviationBps: 100,
      },
      ...cap,
      ...changes,
    })
    const aave = { name: 'aave', kind: 'aave-v3', pool: address(6), ...cap } as const

    test('creates one price guard and one adapter for a pool, and takes no range into the exit list', () => {
      const venues = [aave, range(-10), range(0)]
      const { steps, venues: refs } = plan({ venues })
      expect(steps.slice(2, 5).map(({ title }) => title)).toEqual([
        'create aave-v3 adapter',
        'create price guard',
        'create uniswap-v3 adapter',
      ])
      expect(decodeDeployData({ abi: priceGuardAbi, bytecode: '0x6002', data: steps[3]?.data ?? '0x' }).args).toEqual([
        { pool: address(9), ...range(0).prices },
      ])
      const { args } = decodeDeployData({ abi: uniswapV3AdapterAbi, bytecode: '0x6001', data: steps[4]?.data ?? '0x' })
      expect(args).toEqual([steps[0]?.creates, steps[3]?.creates, range(0).bounds])
      expect(refs.map(({ adapter }) => adapter)).toEqual([2, 4, 4].map((step) => steps[step]?.creates))

      const calls = callsOf(steps[5]?.data ?? '0x')
      const capped = calls.filter(({ functionName }) => functionName === 'increaseAbsoluteCap')
      expect(capped.map((call) => call.args?.[0])).toEqual([
        ...refs.map(({ id }) => id),
        protocolId(address(6)),
        protocolId(address(9)),
        heldId(address(7)),
      ])
      const [entries] = calls.find(({ functionName }) => functionName === 'setExitList')?.args ?? []
      expect(entries).toEqual([{ adapter: refs[0]?.adapter, data: '0x' }])
    })

    test('names what adapter, price guard and vault would refuse', () => {
      const bounds = { ...range(0).bounds, maxSlippageBps: 101 }
      const prices = { ...range(0).prices, maxSpotDeviationBps: 201, twapSeconds: 60 }
      const venues = [range(0, { bounds, prices }), range(90), range(0, { name: 'twin', bounds, prices })]
      expect(() => plan({ venues, exitList: ['twin'] })).toThrow(
        [
          '  venues[0].bounds.maxSlippageBps:      is not 1 to 100',
          '  venues[0].prices.maxSpotDeviationBps: is 201, which is not 1 to 200; give basis points, e.g. 50 for 0.5 %',
          '  venues[0].prices.twapSeconds:         is 60, which is not 600 to 86400; 1800 is half an hour',
          '  venues[1].range:                      leaves its bounds',
          '  venues[1]:                            differs from range 0 in bounds, prices or otherToken',
          '  venues[2].bounds.maxSlippageBps:      is not 1 to 100',
          '  venues[2].prices.maxSpotDeviationBps: is 201, which is not 1 to 200; give basis points, e.g. 50 for 0.5 %',
          '  venues[2].prices.twapSeconds:         is 60, which is not 600 to 86400; 1800 is half an hour',
          '  venues[2].range:                      repeats another one',
          '  exitList[0]:                          is a range of a pool: its exit is not exact',
        ].join('\n'),
      )
      const five = [-20, -10, 0, 10, 20].map((tick) => range(tick))
      expect(() => plan({ venues: five })).toThrow('venues[4]: is a fifth range of one pool')
    })
  })

  describe('with a Router and a redeem queue', () => {
    const periphery = { router: { flashLender: address(9) }, redeemQueue: { minRequestAssets: 100n } }
    const by = (changes: Partial<PlanDeploymentParameters>, own: Partial<VaultPlanConfig> = {}) =>
      planDeployment({ ...config, periphery, ...own }, { deployer, nonce: 5n, artifacts, viaCreate2: true, ...changes })

    test('creates the Router of the chain where it is missing, and a queue of the vault', () => {
      const made = by({})
      expect(made.steps.slice(4, 6).map(({ title }) => title)).toEqual([
        'create the Router of the chain',
        'create redeem queue',
      ])
      expect(made.periphery).toEqual({ router: made.steps[4]?.creates, redeemQueue: made.steps[5]?.creates })
      expect(made.contracts.slice(-2)).toEqual([
        {
          contract: 'Router',
          address: made.periphery.router,
          args: [address(9)],
          encodedArgs: `0x${'9'.repeat(40).padStart(64, '0')}`,
        },
        {
          contract: 'RedeemQueue',
          address: made.periphery.redeemQueue,
          args: [made.vault, 100n],
          encodedArgs: `0x${made.vault.slice(2).toLowerCase().padStart(64, '0')}${(100).toString(16).padStart(64, '0')}`,
        },
      ])
    })

    test('the Router is one for all deployers, salts and vaults of a chain, and one for each lender', () => {
      const { router } = by({}).periphery
      expect(by({ deployer: address(2), nonce: 77n }, { name: 'Other' }).periphery.router).toBe(router)
      expect(by({}, { periphery: { router: {} } }).periphery.router).not.toBe(router)
      expect(by({ nonce: 6n }).periphery.redeemQueue).not.toBe(by({}).periphery.redeemQueue)
    })

    test('a Router that stands is named and not created again', () => {
      const made = by({ routerStands: true })
      expect(made.steps.map(({ title }) => title)).not.toContain('create the Router of the chain')
      expect(made.periphery.router).toBe(by({}).periphery.router)
      expect(made.contracts.map(({ contract }) => contract)).toContain('Router')
    })

    test('without CREATE2 each deployment creates one of its own', () => {
      const made = by({ viaCreate2: false })
      expect(made.steps.slice(4, 6).map(({ title }) => title)).toEqual(['create Router', 'create redeem queue'])
      expect(made.steps[4]?.to).toBeUndefined()
    })

    test('a queue takes no requests of nothing', () => {
      expect(() => plan({ periphery: { redeemQueue: { minRequestAssets: 0n } } })).toThrow(
        'periphery.redeemQueue.minRequestAssets: is 0 or does not fit 128 bits',
      )
    })
  })

  test('believes gains at half of all assets a year at most, or as the plan says within the hard limits', () => {
    const rateOf = (changes: Partial<VaultPlanConfig>) =>
      callsOf(plan(changes).steps[4]?.data ?? '0x').find(({ functionName }) => functionName === 'setMaxRate')?.args
    expect(rateOf({})).toEqual([15_854_895_992n])
    expect(plan().maxRatePerSecondWad).toBe(15_854_895_992n)
    expect(rateOf({ maxRatePerSecondWad: 63_419_583_967n })).toEqual([63_419_583_967n])
    for (const maxRatePerSecondWad of [63_419_583_968n, 3_170_979_197n]) {
      expect(() => plan({ maxRatePerSecondWad })).toThrow(
        `maxRatePerSecondWad: is ${maxRatePerSecondWad}, not 3170979198 to 63419583967 (10 % to 200 % a year)`,
      )
    }
  })

  test('hands nothing over where the deployer stays owner and curator', () => {
    const { steps, ownerMustAccept } = plan({ owner: deployer, curator: deployer })
    expect(ownerMustAccept).toBe(false)
    expect(steps.at(-1)?.title).toBe('set the Guard and seed dead shares')
  })

  test('through a factory it creates, configures as curator, and lets the factory open and hand over', () => {
    const factory = { address: address(8), steps: [] }
    const made = planDeployment(
      { ...config, performanceFeeBps: 100, feeRecipient: address(7), timelocks: { addKeeper: 864_000n } },
      { deployer, nonce: 5n, artifacts, factory, viaCreate2: true },
    )
    expect(made.steps.map(({ title }) => title)).toEqual([
      'create Vault and Guard through the factory',
      'create aave-v3 adapter',
      'create morpho-blue adapter',
      'configure the vault: adapters, caps, exits, fees, timelocks',
      'configure the Guard: keepers, inflow, timelocks',
      'approve the seed',
      'open the vault: Guard, dead-share seed, curator, owner',
    ])
    const { args } = decodeFunctionData({ abi: factoryAbi, data: made.steps[0]?.data ?? '0x' })
    expect(args?.[0]).toMatchObject({ curator: config.curator, timelock: 259_200n, boundsTimelock: 604_800n })
    const inVault = callsOf(made.steps[3]?.data ?? '0x').map(({ functionName }) => functionName)
    expect(inVault).toContain('increasePerformanceFee')
    // Owner's functions, which the factory calls itself.
    expect(inVault).not.toContain('setFeeRecipient')
    expect(inVault).not.toContain('addSentinel')
    const inGuard = callsOf(made.steps[4]?.data ?? '0x')
    expect(inGuard.at(-1)).toMatchObject({ functionName: 'increaseTimelock', args: ['0x4032b72b', 864_000n] })
    expect(made.ownerMustAccept).toBe(true)
    expect(made.timelocks.guard).toEqual({
      default: 259_200n,
      setLimits: 604_800n,
      setInflowPerDay: 604_800n,
      addKeeper: 864_000n,
    })
  })

  test('refuses fees without a recipient, timelocks of what has none, and those that only the owner may set', () => {
    const faulty = {
      ...config,
      managementFeeBps: 201,
      forcedExitPenaltyBps: 0,
      timelocks: { deposit: 1n, unfreeze: 1n },
    }
    const factory = { address: address(8), steps: [] }
    expect(() => planDeployment(faulty, { deployer, nonce: 5n, artifacts, factory })).toThrow(
      [
        'The vault cannot be deployed as configured.',
        '  timelocks.deposit:    is no timelocked function; those are setGuard, addAdapter, removeAdapter, increaseAbsoluteCap, increaseRelativeCap, setExitList, setMaxRate, increasePerformanceFee, increaseManagementFee, setForcedExitPenalty, reinstate, lift, removeSentinel, abdicate, setLimits, setInflowPerDay, addKeeper, unfreeze',
        "  timelocks.unfreeze:   is the owner's to lengthen, once it has accepted the vault from the factory",
        '  managementFeeBps:     is 201, above 200 (2 %)',
        '  feeRecipient:         is needed where there is a fee',
        '  forcedExitPenaltyBps: is 0, not 1 to 200 (2 %)',
        'Remedy: Correct the values named above and deploy again; nothing was sent.',
      ].join('\n'),
    )
  })

  test('names every fault of a configuration at once', () => {
    let found: unknown
    try {
      plan({
        owner: zeroAddress,
        seedAssets: 0n,
        timelockSeconds: 31n * 86_400n,
        limits: { ...config.limits, cooldownSeconds: 1, maxLossPerPlanBps: 21, lossBudgetPerDayBps: 51 },
        venues: [
          { name: 'a', kind: 'aave-v3', pool: address(9), absoluteCap: 1n << 128n, relativeCapWad: 2n * 10n ** 18n },
          { name: 'a', kind: 'morpho-blue', morpho: address(9), market: { ...market(5), loanToken: deployer }, ...cap },
        ],
        exitList: ['b', 'a', 'a'],
      })
    } catch (error) {
      found = error
    }
    expect((found as TillerError).code).toBe('VAULT_PLAN_INVALID')
    expect((found as TillerError).message).toBe(
      [
        'The vault cannot be deployed as configured.',
        '  owner:                      is the zero address',
        '  seedAssets:                 must be above 0: dead shares protect the first depositors',
        '  timelockSeconds:            is 2678400 seconds, above 30 days',
        '  limits.cooldownSeconds:     is 1, below 600',
        '  limits.maxLossPerPlanBps:   is 21, above 20 (0.2 %)',
        '  limits.lossBudgetPerDayBps: is 51, above 50 (0.5 %)',
        '  venues[0].absoluteCap:      does not fit 128 bits',
        '  venues[0].relativeCapWad:   is 2000000000000000000, not 0 to 1e18',
        '  venues[1].name:             repeats a',
        `  venues[1].market.loanToken: is not the asset ${config.asset}`,
        '  exitList[0]:                names no venue: b',
        '  exitList[2]:                repeats a',
        'Remedy: Correct the values named above and deploy again; nothing was sent.',
      ].join('\n'),
    )
  })

  const faultOf = (changes: Parameters<typeof plan>[0], chainId?: number, byFactory = false): string => {
    try {
      planDeployment(
        { ...config, ...changes },
        {
          ...{ deployer, nonce: 5n, artifacts, ...(chainId === undefined ? {} : { chainId }) },
          ...(byFactory ? { factory: { address: address(77), steps: [] } } : {}),
        },
      )
    } catch (error) {
      return (error as TillerError).message.split('\n').slice(1, -1).join('\n')
    }
    return 'nothing'
  }

  test('refuses timelocks that the contracts would refuse there, by name and value', () => {
    const short = { timelockSeconds: 3_600n, timelocks: { setExitList: 60n } }
    expect(faultOf(short, 31_337)).toBe('nothing')
    expect(faultOf(short, 1)).toBe(
      '  timelockSeconds:       is 3600 seconds, below 1 day, the least outside test chains\n' +
        '  timelocks.setExitList: is 60 seconds, below 1 day, the least outside test chains',
    )
    const twoDays = { timelockSeconds: 172_800n, boundsTimelockSeconds: 259_200n, timelocks: { addKeeper: 259_200n } }
    expect(faultOf(twoDays, 1)).toBe('nothing')
    expect(faultOf(twoDays, 1, true)).toBe(
      '  timelockSeconds:       is 172800 seconds, below 3 days, the least of a vault that the factory opens\n' +
        '  boundsTimelockSeconds: is 259200 seconds, below 7 days, the least of a vault that the factory opens\n' +
        '  timelocks.addKeeper:   is 259200 seconds, below 7 days, the least of a vault that the factory opens',
    )
  })

  test('refuses a role twice and a share too small to count', () => {
    const [first] = config.keepers
    if (first === undefined) throw new Error('there is a keeper')
    expect(faultOf({ keepers: [first, first] })).toBe(`  keepers[1]: repeats ${first}`)
    expect(faultOf({ venues: config.venues.map((venue) => ({ ...venue, relativeCapWad: 4_000n })) })).toContain(
      '  venues[0].relativeCapWad: is 4000, less than the vault can count; 40 % is 400000000000000000',
    )
  })
})
