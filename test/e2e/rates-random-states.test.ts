import { AdaptiveCurveIrmLib, MarketUtils } from '@morpho-org/blue-sdk'
import {
  type Abi,
  type Address,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeFunctionData,
  type Hex,
  keccak256,
  pad,
  parseAbi,
  toHex,
} from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BatchRpc, createBatchRpc, requireAll } from '../../src/devnet/agents/batch-rpc.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { drawUint32 } from '../../src/market/draw.ts'
import {
  aaveLiquidityIndex,
  aaveRateParametersFloat,
  aaveRates,
  aaveRatesFloat,
  aaveVariableBorrowIndex,
} from '../../src/venues/aave-v3/rates.ts'
import {
  type CometCurve,
  cometAccrued,
  cometAprFloat,
  cometCurveFloat,
  cometRatePerSecondWad,
  cometUtilisationWad,
} from '../../src/venues/comet/rates.ts'
import { driftAprFloat, driftAprWad, driftedAssets, driftedAssetsFloat } from '../../src/venues/erc4626/rates.ts'
import {
  adaptiveCurve,
  adaptiveCurveRates,
  adaptiveCurveRatesFloat,
  morphoInterest,
  morphoUtilisationWad,
} from '../../src/venues/morpho-blue/rates.ts'

// The contracts' own storage is set to random states for one call each, so that every formula is asked of the contract
// far from where a deployment would ever be.

const wad = 10n ** 18n
const ray = 10n ** 27n

const abi = parseAbi([
  'struct CalculateInterestRatesParams { uint256 unbacked; uint256 liquidityAdded; uint256 liquidityTaken; uint256 totalDebt; uint256 reserveFactor; address reserve; bool usingVirtualBalance; uint256 virtualUnderlyingBalance; }',
  'function calculateInterestRates(CalculateInterestRatesParams params) view returns (uint256, uint256)',
  'function getReserveNormalizedIncome(address asset) view returns (uint256)',
  'function getReserveNormalizedVariableDebt(address asset) view returns (uint256)',
  'function getUtilization() view returns (uint256)',
  'function getSupplyRate(uint256 utilization) view returns (uint64)',
  'function getBorrowRate(uint256 utilization) view returns (uint64)',
  'function totalSupply() view returns (uint256)',
  'function totalBorrow() view returns (uint256)',
  'function supplyKink() view returns (uint256)',
  'function supplyPerSecondInterestRateBase() view returns (uint256)',
  'function supplyPerSecondInterestRateSlopeLow() view returns (uint256)',
  'function supplyPerSecondInterestRateSlopeHigh() view returns (uint256)',
  'function borrowKink() view returns (uint256)',
  'function borrowPerSecondInterestRateBase() view returns (uint256)',
  'function borrowPerSecondInterestRateSlopeLow() view returns (uint256)',
  'function borrowPerSecondInterestRateSlopeHigh() view returns (uint256)',
  'function rates(int256 utilisation, int256 startRateAtTarget, int256 elapsed) pure returns (int256, int256)',
  'struct MarketParams { address loanToken; address collateralToken; address oracle; address irm; uint256 lltv; }',
  'function accrueInterest(MarketParams marketParams)',
  'function market(bytes32 id) view returns (uint128, uint128, uint128, uint128, uint128, uint128)',
  'function rateAtTarget(bytes32 id) view returns (int256)',
  'function totalAssets() view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
])

type Name = Exclude<(typeof abi)[number], { type: 'error' }>['name']
/** A view of a contract; `slots` are set in its storage for this call alone. */
type Read = { to: Address; name: Name; args?: readonly unknown[]; slots?: Readonly<Record<Hex, bigint>> }

let devnet: Devnet
let batch: BatchRpc
let now: bigint

beforeAll(async () => {
  devnet = await startDevnet({ noMining: true })
  batch = createBatchRpc(devnet.url, 120_000)
  const [block] = await requireAll(batch, [{ method: 'eth_getBlockByNumber', params: ['latest', false] }])
  now = BigInt((block as { timestamp: Hex }).timestamp)
})

afterAll(async () => {
  await devnet?.stop()
})

function encode(name: Name, args: readonly unknown[] = []): Hex {
  return encodeFunctionData({ abi: abi as Abi, functionName: name, args })
}

function decode(name: Name, data: unknown): unknown {
  return decodeFunctionResult({ abi: abi as Abi, functionName: name, data: data as Hex })
}

function stateDiff(slots: Readonly<Record<Hex, bigint>>): Record<Hex, Hex> {
  return Object.fromEntries(Object.entries(slots).map(([slot, value]) => [slot, word(value)]))
}

async function readAll<T = bigint>(reads: readonly Read[]): Promise<T[]> {
  const answers = await requireAll(
    batch,
    reads.map(({ to, name, args, slots }) => ({
      method: 'eth_call',
      params: [
        { to, data: encode(name, args) },
        'latest',
        ...(slots === undefined ? [] : [{ [to]: { stateDiff: stateDiff(slots) } }]),
      ],
    })),
  )
  return answers.map((answer, index) => decode(reads[index]?.name ?? 'market', answer) as T)
}

function word(value: bigint): Hex {
  return pad(toHex(value), { size: 32 })
}

/** Slot `offset` of the struct that a mapping at `slot` holds for a key. */
function mapped(key: Hex, slot: bigint, offset = 0n): Hex {
  const start = keccak256(
    encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [pad(key, { size: 32 }), slot]),
  )
  return word(BigInt(start) + offset)
}

/** A random number below `bound`, of (step, name). */
function random(step: number, name: string, bound: bigint): bigint {
  const high = BigInt(drawUint32(41n, step, 'random state', name, 0))
  return (((high << 32n) | BigInt(drawUint32(41n, step, 'random state', name, 1))) * bound) >> 64n
}

/** A random number of any size up to `10^digits`. */
function anySize(step: number, name: string, digits: number): bigint {
  return random(step, name, 10n ** (1n + random(step, `${name} size`, BigInt(digits))))
}

function steps<T>(count: number, of: (step: number) => T): T[] {
  return Array.from({ length: count }, (_, step) => of(step))
}

/** Largest difference of floats from what the contract says. */
function worst(pairs: readonly (readonly [number, number])[]): number {
  return pairs.reduce((most, [a, b]) => Math.max(most, Math.abs(a - b)), 0)
}

describe('Aave v3', () => {
  test('rates are the strategy contract’s over 2000 random curves and reserves: to the wei, and in float to 1e-9', async () => {
    const { aave, tokens } = devnet.deployment
    const states = steps(2_000, (step) => ({
      optimalUsageRatio: 100n + random(step, 'kink', 9_801n),
      base: random(step, 'base', 2_000n),
      slope1: random(step, 'slope 1', 5_000n),
      slope2: 5_000n + random(step, 'slope 2', 30_000n),
      totalDebt: step % 50 === 0 ? 0n : anySize(step, 'debt', 16),
      availableLiquidity: anySize(step, 'liquidity', 16) + 1n,
      deficit: step % 4 === 0 ? anySize(step, 'deficit', 10) : 0n,
      reserveFactorBps: random(step, 'reserve factor', 10_001n),
    }))
    const answers = await readAll<readonly [bigint, bigint]>(
      states.map((state) => ({
        to: aave.rateStrategy,
        name: 'calculateInterestRates',
        args: [
          {
            unbacked: state.deficit,
            liquidityAdded: 0n,
            liquidityTaken: 0n,
            totalDebt: state.totalDebt,
            reserveFactor: state.reserveFactorBps,
            reserve: tokens.usdc,
            usingVirtualBalance: true,
            virtualUnderlyingBalance: state.availableLiquidity,
          },
        ],
        slots: {
          [mapped(tokens.usdc, 0n)]:
            state.optimalUsageRatio | (state.base << 16n) | (state.slope1 << 48n) | (state.slope2 << 80n),
        },
      })),
    )
    const bps = 10n ** 23n
    const floats: (readonly [number, number])[] = []
    for (const [index, state] of states.entries()) {
      const parameters = {
        optimalUsageRatioRay: state.optimalUsageRatio * bps,
        baseVariableBorrowRateRay: state.base * bps,
        variableRateSlope1Ray: state.slope1 * bps,
        variableRateSlope2Ray: state.slope2 * bps,
        reserveFactorBps: state.reserveFactorBps,
      }
      const found = aaveRates(parameters, state)
      const answer = answers[index] ?? [0n, 0n]
      expect([found.liquidityRateRay, found.variableBorrowRateRay], `state ${index}`).toEqual([...answer])
      if (state.deficit > 0n) continue
      const used = Number(state.totalDebt) / Number(state.totalDebt + state.availableLiquidity)
      const float = aaveRatesFloat(aaveRateParametersFloat(parameters), used)
      floats.push([float.supplyApr, Number(answer[0]) / 1e27], [float.borrowApr, Number(answer[1]) / 1e27])
    }
    expect(worst(floats)).toBeLessThan(1e-9)
  })

  test('indices are the pool’s over 1500 random rates and times, to the wei', async () => {
    const { aave, tokens } = devnet.deployment
    const third = mapped(tokens.usdc, 52n, 3n)
    const [stored] = await requireAll(batch, [{ method: 'eth_getStorageAt', params: [aave.pool, third, 'latest'] }])
    const kept = BigInt(stored as Hex) & ~(((1n << 40n) - 1n) << 128n)
    const states = steps(1_500, (step) => ({
      liquidityIndex: ray + random(step, 'liquidity index', 4n * ray),
      liquidityRate: random(step, 'liquidity rate', ray / (1n + (BigInt(step) % 40n))),
      borrowIndex: ray + random(step, 'borrow index', 4n * ray),
      borrowRate: random(step, 'borrow rate', 2n * ray),
      elapsed: step % 100 === 0 ? 0n : anySize(step, 'elapsed', 7),
    }))
    const reads = (name: Name): Read[] =>
      states.map(({ liquidityIndex, liquidityRate, borrowIndex, borrowRate, elapsed }) => ({
        to: aave.pool,
        name,
        args: [tokens.usdc],
        slots: {
          [mapped(tokens.usdc, 52n, 1n)]: liquidityIndex | (liquidityRate << 128n),
          [mapped(tokens.usdc, 52n, 2n)]: borrowIndex | (borrowRate << 128n),
          [third]: kept | ((now - elapsed) << 128n),
        },
      }))
    expect(
      states.map(({ liquidityIndex, liquidityRate, elapsed }) =>
        aaveLiquidityIndex(liquidityIndex, liquidityRate, elapsed),
      ),
    ).toEqual(await readAll(reads('getReserveNormalizedIncome')))
    expect(
      states.map(({ borrowIndex, borrowRate, elapsed }) => aaveVariableBorrowIndex(borrowIndex, borrowRate, elapsed)),
    ).toEqual(await readAll(reads('getReserveNormalizedVariableDebt')))
  })
})

describe('Comet', () => {
  test('utilisation, accrued totals and both rates are the contract’s over 1500 random totals and times', async () => {
    const comet = devnet.deployment.comet.usdc
    const curves = await cometCurves(comet)
    const states = steps(1_500, (step) => ({
      baseSupplyIndex: 10n ** 15n + random(step, 'supply index', 10n ** 15n),
      baseBorrowIndex: 10n ** 15n + random(step, 'borrow index', 2n * 10n ** 15n),
      totalSupplyBase: step % 60 === 0 ? 0n : anySize(step, 'supplied', 17),
      totalBorrowBase: step % 61 === 0 ? 0n : anySize(step, 'borrowed', 16),
      elapsed: step % 100 === 0 ? 0n : anySize(step, 'elapsed', 7),
    })).map((state) => {
      // Rates are 64 bits in the contract: beyond some hundredfold utilisation it reverts.
      const most = (state.totalSupplyBase * state.baseSupplyIndex * 3n) / state.baseBorrowIndex
      const totalBorrowBase = state.totalBorrowBase < most ? state.totalBorrowBase : most
      return { ...state, totalBorrowBase }
    })
    const reads = (name: Name): Read[] =>
      states.map((state) => ({
        to: comet,
        name,
        slots: {
          [word(0n)]: state.baseSupplyIndex | (state.baseBorrowIndex << 64n),
          [word(1n)]: state.totalSupplyBase | (state.totalBorrowBase << 104n) | ((now - state.elapsed) << 208n),
        },
      }))
    const utilisations = await readAll(reads('getUtilization'))
    expect(states.map(cometUtilisationWad)).toEqual(utilisations)
    const accrued = states.map((state) => cometAccrued(state, curves, state.elapsed))
    expect(accrued.map((totals) => (totals.totalSupplyBase * totals.baseSupplyIndex) / 10n ** 15n)).toEqual(
      await readAll(reads('totalSupply')),
    )
    expect(accrued.map((totals) => (totals.totalBorrowBase * totals.baseBorrowIndex) / 10n ** 15n)).toEqual(
      await readAll(reads('totalBorrow')),
    )
    for (const [side, name] of [
      ['supply', 'getSupplyRate'],
      ['borrow', 'getBorrowRate'],
    ] as const) {
      const rates = await readAll(utilisations.map((used) => ({ to: comet, name, args: [used] })))
      expect(utilisations.map((used) => cometRatePerSecondWad(curves[side], used))).toEqual(rates)
      const float = cometCurveFloat(curves[side])
      expect(
        worst(
          utilisations.map((used, index) => [
            cometAprFloat(float, Number(used) / 1e18),
            (Number(rates[index]) * 31_536_000) / 1e18,
          ]),
        ),
      ).toBeLessThan(1e-9)
    }
  })

  async function cometCurves(comet: Address): Promise<{ supply: CometCurve; borrow: CometCurve }> {
    const curve = async (side: 'supply' | 'borrow'): Promise<CometCurve> => {
      const [kinkWad = 0n, basePerSecondWad = 0n, slopeLowPerSecondWad = 0n, slopeHighPerSecondWad = 0n] =
        await readAll([
          { to: comet, name: `${side}Kink` },
          { to: comet, name: `${side}PerSecondInterestRateBase` },
          { to: comet, name: `${side}PerSecondInterestRateSlopeLow` },
          { to: comet, name: `${side}PerSecondInterestRateSlopeHigh` },
        ])
      return { kinkWad, basePerSecondWad, slopeLowPerSecondWad, slopeHighPerSecondWad }
    }
    return { supply: await curve('supply'), borrow: await curve('borrow') }
  }
})

describe('Morpho Blue', () => {
  test('the adaptive curve is the contract’s and blue-sdk’s over 2500 random states: to the wei, and in float to 1e-9', async () => {
    const { minRateAtTargetWad: min, maxRateAtTargetWad: max } = adaptiveCurve
    const states = steps(2_500, (step) => ({
      utilisation:
        step % 40 === 0 ? ([0n, (9n * wad) / 10n, wad][(step / 40) % 3] ?? 0n) : random(step, 'used', wad + 1n),
      rateAtTarget: step % 25 === 0 ? 0n : min + random(step, 'rate at target', max - min + 1n),
      elapsed: step % 3 === 0 ? random(step, 'elapsed', 86_400n * 3_650n) : random(step, 'elapsed', 86_400n),
    }))
    const answers = await readAll<readonly [bigint, bigint]>(
      states.map(({ utilisation, rateAtTarget, elapsed }) => ({
        to: devnet.deployment.morpho.irm,
        name: 'rates',
        args: [utilisation, rateAtTarget, elapsed],
      })),
    )
    const yearly = (rate: bigint): number => (Number(rate) * 31_536_000) / 1e18
    const floats: (readonly [number, number])[] = []
    for (const [index, { utilisation, rateAtTarget, elapsed }] of states.entries()) {
      const [mean, end] = answers[index] ?? [0n, 0n]
      const exact = adaptiveCurveRates(utilisation, rateAtTarget, elapsed)
      expect([exact.meanBorrowRateWad, exact.endRateAtTargetWad], `state ${index}`).toEqual([mean, end])
      const sdk = AdaptiveCurveIrmLib.getBorrowRate(utilisation, rateAtTarget, elapsed)
      expect([sdk.avgBorrowRate, sdk.endRateAtTarget], `state ${index}`).toEqual([mean, end])
      if (elapsed > 86_400n) continue
      const float = adaptiveCurveRatesFloat(Number(utilisation) / 1e18, yearly(rateAtTarget), Number(elapsed))
      floats.push([float.meanBorrowApr, yearly(mean)], [float.endRateAtTarget, yearly(end)])
    }
    expect(worst(floats)).toBeLessThan(1e-9)
  })

  test('an accrual leaves what is computed, and what blue-sdk computes, over 1000 random markets', async () => {
    const { morpho, irm, markets } = devnet.deployment.morpho
    const market = markets[0]
    if (market === undefined) throw new Error('the devnet has no market')
    const { minRateAtTargetWad: min } = adaptiveCurve
    const states = steps(1_000, (step) => {
      const totalSupplyAssets = anySize(step, 'supplied', 18) + 1n
      return {
        totalSupplyAssets,
        totalBorrowAssets: (totalSupplyAssets * random(step, 'used', 10_001n)) / 10_000n,
        rateAtTarget: step % 30 === 0 ? 0n : min + random(step, 'rate at target', 5n * 10n ** 9n),
        elapsed: 1n + anySize(step, 'elapsed', 6),
        feeWad: step % 2 === 0 ? 0n : random(step, 'fee', wad / 4n),
      }
    })
    const answers: unknown[] = []
    for (let from = 0; from < states.length; from += 100) {
      const part = states.slice(from, from + 100).map((state) => ({
        method: 'eth_simulateV1',
        params: [
          {
            blockStateCalls: [
              {
                blockOverrides: { time: toHex(now + state.elapsed) },
                stateOverrides: {
                  [morpho]: {
                    stateDiff: stateDiff({
                      [mapped(market.id, 3n, 0n)]:
                        state.totalSupplyAssets | ((state.totalSupplyAssets * 1_000_000n) << 128n),
                      [mapped(market.id, 3n, 1n)]:
                        state.totalBorrowAssets | ((state.totalBorrowAssets * 1_000_000n) << 128n),
                      [mapped(market.id, 3n, 2n)]: now | (state.feeWad << 128n),
                    }),
                  },
                  [irm]: { stateDiff: stateDiff({ [mapped(market.id, 0n)]: state.rateAtTarget }) },
                },
                calls: [
                  { to: morpho, data: encode('accrueInterest', [market.params]) },
                  { to: morpho, data: encode('market', [market.id]) },
                  { to: irm, data: encode('rateAtTarget', [market.id]) },
                ],
              },
            ],
            validation: false,
          },
          'latest',
        ],
      }))
      answers.push(...(await requireAll(batch, part)))
    }
    for (const [index, state] of states.entries()) {
      const [block] = answers[index] as { calls: { status: Hex; returnData: Hex }[] }[]
      const [accrual, after, rateAtTarget] = block?.calls ?? []
      expect(accrual?.status, `state ${index}`).toBe('0x1')
      const used = morphoUtilisationWad(state)
      const rates = adaptiveCurveRates(used, state.rateAtTarget, state.elapsed)
      const interest = morphoInterest(state.totalBorrowAssets, rates.meanBorrowRateWad, state.elapsed)
      const [supplied, , borrowed, , lastUpdate] = decode('market', after?.returnData) as bigint[]
      expect([supplied, borrowed, lastUpdate], `state ${index}`).toEqual([
        state.totalSupplyAssets + interest,
        state.totalBorrowAssets + interest,
        now + state.elapsed,
      ])
      expect(decode('rateAtTarget', rateAtTarget?.returnData)).toBe(rates.endRateAtTargetWad)
      expect(MarketUtils.getUtilization(state)).toBe(used)
      const sdk = MarketUtils.getAccruedInterest(
        rates.meanBorrowRateWad,
        { ...state, totalSupplyShares: state.totalSupplyAssets * 1_000_000n, fee: state.feeWad },
        state.elapsed,
      )
      expect(sdk.interest, `state ${index}`).toBe(interest)
    }
  })
})

describe('ERC-4626', () => {
  test('drift is the vault’s over 1500 random rates and times: to the wei, and in float to 1e-9', async () => {
    const vault = devnet.deployment.erc4626.usdc
    const [held = 0n] = await readAll([{ to: devnet.deployment.tokens.usdc, name: 'balanceOf', args: [vault] }])
    const states = steps(1_500, (step) => ({
      managed: random(step, 'managed', held / 3n),
      rate: random(step, 'rate', wad),
      elapsed: 1n + anySize(step, 'elapsed', 6),
    }))
    const answers = await readAll(
      states.map(({ managed, rate, elapsed }) => ({
        to: vault,
        name: 'totalAssets' as const,
        slots: { [word(6n)]: rate, [word(7n)]: managed, [word(8n)]: now - elapsed },
      })),
    )
    expect(states.map(({ managed, rate, elapsed }) => driftedAssets(managed, rate, elapsed))).toEqual(answers)
    const floats = states.flatMap(({ managed, rate, elapsed }, index): (readonly [number, number])[] => {
      if (managed === 0n) return []
      const after = answers[index] ?? 0n
      const drift = driftAprWad(
        { assetsPerShare: managed, timestamp: 0n },
        { assetsPerShare: after, timestamp: elapsed },
      )
      expect(drift <= rate).toBe(true)
      const grown = driftedAssetsFloat(Number(managed), Number(rate) / 1e18, Number(elapsed))
      const pairs: (readonly [number, number])[] = [[grown / Number(managed), Number(after) / Number(managed)]]
      // Over seconds one unit of rounding is a rate of its own: the float drift has the same prices to work with.
      if (elapsed > 3_600n) {
        pairs.push([driftAprFloat(Number(managed), Number(after), Number(elapsed)), Number(drift) / 1e18])
      }
      return pairs
    })
    expect(floats.length).toBeGreaterThan(1_500)
    expect(worst(floats)).toBeLessThan(1e-9)
  })
})
