import { type Abi, type Address, decodeFunctionResult, encodeFunctionData, type Hex, parseAbi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BatchRpc, createBatchRpc, requireAll } from '../../src/devnet/agents/batch-rpc.ts'
import { createMarketAgents, type MarketAgents } from '../../src/devnet/agents/create-market-agents.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { drawUint32 } from '../../src/market/draw.ts'
import { aaveLiquidityIndex, aaveRates, aaveVariableBorrowIndex } from '../../src/venues/aave-v3/rates.ts'
import { type CometCurve, cometAccrued, cometUtilisationWad } from '../../src/venues/comet/rates.ts'
import { driftedAssets } from '../../src/venues/erc4626/rates.ts'
import { adaptiveCurveRates, morphoInterest, morphoUtilisationWad } from '../../src/venues/morpho-blue/rates.ts'

const ray = 10n ** 27n

const abi = parseAbi([
  'struct InterestRateDataRay { uint256 optimalUsageRatio; uint256 baseVariableBorrowRate; uint256 variableRateSlope1; uint256 variableRateSlope2; }',
  'function getInterestRateData(address reserve) view returns (InterestRateDataRay)',
  'struct ReserveConfigurationMap { uint256 data; }',
  'struct ReserveDataLegacy { ReserveConfigurationMap configuration; uint128 liquidityIndex; uint128 currentLiquidityRate; uint128 variableBorrowIndex; uint128 currentVariableBorrowRate; uint128 currentStableBorrowRate; uint40 lastUpdateTimestamp; uint16 id; address aTokenAddress; address stableDebtTokenAddress; address variableDebtTokenAddress; address interestRateStrategyAddress; uint128 accruedToTreasury; uint128 unbacked; uint128 isolationModeTotalDebt; }',
  'function getReserveData(address asset) view returns (ReserveDataLegacy)',
  'function getReserveNormalizedIncome(address asset) view returns (uint256)',
  'function getReserveNormalizedVariableDebt(address asset) view returns (uint256)',
  'function getUtilization() view returns (uint256)',
  'struct TotalsBasic { uint64 baseSupplyIndex; uint64 baseBorrowIndex; uint64 trackingSupplyIndex; uint64 trackingBorrowIndex; uint104 totalSupplyBase; uint104 totalBorrowBase; uint40 lastAccrualTime; uint8 pauseFlags; }',
  'function totalsBasic() view returns (TotalsBasic)',
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
  'function scaledTotalSupply() view returns (uint256)',
  'function getVirtualUnderlyingBalance(address asset) view returns (uint128)',
  'struct MarketParams { address loanToken; address collateralToken; address oracle; address irm; uint256 lltv; }',
  'function accrueInterest(MarketParams marketParams)',
  'function market(bytes32 id) view returns (uint128 totalSupplyAssets, uint128 totalSupplyShares, uint128 totalBorrowAssets, uint128 totalBorrowShares, uint128 lastUpdate, uint128 fee)',
  'function rateAtTarget(bytes32 id) view returns (int256)',
  'function managed() view returns (uint256)',
  'function ratePerYearWad() view returns (uint256)',
  'function lastAccrual() view returns (uint256)',
  'function totalAssets() view returns (uint256)',
])

type Name = Exclude<(typeof abi)[number], { type: 'error' }>['name']
type Read = { to: Address; name: Name; args?: readonly unknown[] }

let devnet: Devnet
let batch: BatchRpc
let agents: MarketAgents

beforeAll(async () => {
  devnet = await startDevnet({ noMining: true })
  batch = createBatchRpc(devnet.url)
  agents = await createMarketAgents({ rpcUrl: devnet.url, deployment: devnet.deployment, seed: 77 })
  await agents.prepare()
})

afterAll(async () => {
  await devnet?.stop()
})

/** Calls many views at the head in one request. */
async function readAll(reads: readonly Read[]): Promise<unknown[]> {
  const answers = await requireAll(
    batch,
    reads.map(({ to, name, args = [] }) => ({
      method: 'eth_call',
      params: [{ to, data: encodeFunctionData({ abi: abi as Abi, functionName: name, args }) }, 'latest'],
    })),
  )
  return answers.map((data, index) =>
    decodeFunctionResult({ abi: abi as Abi, functionName: reads[index]?.name ?? '', data: data as Hex }),
  )
}

function random(step: number, name: string, bound: bigint): bigint {
  const high = BigInt(drawUint32(3n, step, 'rates', name, 0))
  return (((high << 32n) | BigInt(drawUint32(3n, step, 'rates', name, 1))) * bound) >> 64n
}

async function headTimestamp(): Promise<bigint> {
  const [block] = await requireAll(batch, [{ method: 'eth_getBlockByNumber', params: ['latest', false] }])
  return BigInt((block as { timestamp: Hex }).timestamp)
}

// Random states, far from any deployment's, are in rates-random-states.test.ts.
test('stored rates, indices and totals of all venues are as computed, over 120 hours of a moving market', async () => {
  const { aave, comet, morpho, erc4626, tokens } = devnet.deployment
  const curves = await cometCurves(comet.usdc)
  for (let step = 0; step < 120; step += 1) {
    const report = await agents.step(step)
    expect(report.failed).toEqual([])
    const now = await headTimestamp()
    const [reserve, income, debt, rateData, available, scaledDebt] = (await readAll([
      { to: aave.pool, name: 'getReserveData', args: [tokens.usdc] },
      { to: aave.pool, name: 'getReserveNormalizedIncome', args: [tokens.usdc] },
      { to: aave.pool, name: 'getReserveNormalizedVariableDebt', args: [tokens.usdc] },
      { to: aave.rateStrategy, name: 'getInterestRateData', args: [tokens.usdc] },
      { to: aave.pool, name: 'getVirtualUnderlyingBalance', args: [tokens.usdc] },
      { to: aave.variableDebtUsdc, name: 'scaledTotalSupply' },
    ])) as [Reserve, bigint, bigint, RateData, bigint, bigint]
    const elapsed = now - BigInt(reserve.lastUpdateTimestamp)
    expect(aaveLiquidityIndex(reserve.liquidityIndex, reserve.currentLiquidityRate, elapsed)).toBe(income)
    expect(aaveVariableBorrowIndex(reserve.variableBorrowIndex, reserve.currentVariableBorrowRate, elapsed)).toBe(debt)
    const stored = aaveRates(
      {
        optimalUsageRatioRay: rateData.optimalUsageRatio,
        baseVariableBorrowRateRay: rateData.baseVariableBorrowRate,
        variableRateSlope1Ray: rateData.variableRateSlope1,
        variableRateSlope2Ray: rateData.variableRateSlope2,
        reserveFactorBps: 1_000n,
      },
      {
        availableLiquidity: available,
        // The debt token rounds up: `TokenMath.getVTokenBalance`.
        totalDebt: (scaledDebt * reserve.variableBorrowIndex + ray - 1n) / ray,
      },
    )
    expect([stored.liquidityRateRay, stored.variableBorrowRateRay]).toEqual([
      reserve.currentLiquidityRate,
      reserve.currentVariableBorrowRate,
    ])

    const [basic, utilisation, totalSupply, totalBorrow] = (await readAll([
      { to: comet.usdc, name: 'totalsBasic' },
      { to: comet.usdc, name: 'getUtilization' },
      { to: comet.usdc, name: 'totalSupply' },
      { to: comet.usdc, name: 'totalBorrow' },
    ])) as [Totals, bigint, bigint, bigint]
    expect(cometUtilisationWad(basic)).toBe(utilisation)
    const accrued = cometAccrued(basic, curves, now - BigInt(basic.lastAccrualTime))
    expect((basic.totalSupplyBase * accrued.baseSupplyIndex) / 10n ** 15n).toBe(totalSupply)
    expect((basic.totalBorrowBase * accrued.baseBorrowIndex) / 10n ** 15n).toBe(totalBorrow)

    const [managed, ratePerYearWad, lastAccrual, totalAssets] = (await readAll([
      { to: erc4626.usdc, name: 'managed' },
      { to: erc4626.usdc, name: 'ratePerYearWad' },
      { to: erc4626.usdc, name: 'lastAccrual' },
      { to: erc4626.usdc, name: 'totalAssets' },
    ])) as [bigint, bigint, bigint, bigint]
    expect(driftedAssets(managed, ratePerYearWad, now - lastAccrual)).toBe(totalAssets)

    const later = now + 1n + random(step, 'later', 3_000n)
    const before = await readMarkets(devnet)
    await requireAll(batch, [
      ...morpho.markets.map(({ params }) => ({
        method: 'eth_sendTransaction',
        params: [
          {
            from: devnet.deployment.accounts.anyone,
            to: morpho.morpho,
            data: encodeFunctionData({ abi, functionName: 'accrueInterest', args: [params] }),
            gas: '0x100000',
            maxFeePerGas: '0x5af3107a4000',
            maxPriorityFeePerGas: '0x0',
          },
        ],
      })),
    ])
    await requireAll(batch, [{ method: 'evm_mine', params: [Number(later)] }])
    const after = await readMarkets(devnet)
    for (const [index, { market, rateAtTarget }] of before.entries()) {
      const [totalSupplyAssets, , totalBorrowAssets, , lastUpdate] = market
      const rates = adaptiveCurveRates(
        morphoUtilisationWad({ totalSupplyAssets, totalBorrowAssets }),
        rateAtTarget,
        later - lastUpdate,
      )
      const interest = morphoInterest(totalBorrowAssets, rates.meanBorrowRateWad, later - lastUpdate)
      expect(after[index]?.market.slice(0, 5)).toEqual([
        totalSupplyAssets + interest,
        market[1],
        totalBorrowAssets + interest,
        market[3],
        later,
      ])
      expect(after[index]?.rateAtTarget).toBe(rates.endRateAtTargetWad)
    }
  }
})

type Reserve = {
  liquidityIndex: bigint
  currentLiquidityRate: bigint
  variableBorrowIndex: bigint
  currentVariableBorrowRate: bigint
  lastUpdateTimestamp: number
}
type RateData = {
  optimalUsageRatio: bigint
  baseVariableBorrowRate: bigint
  variableRateSlope1: bigint
  variableRateSlope2: bigint
}
type Totals = {
  baseSupplyIndex: bigint
  baseBorrowIndex: bigint
  totalSupplyBase: bigint
  totalBorrowBase: bigint
  lastAccrualTime: number
}
type MarketTuple = readonly [bigint, bigint, bigint, bigint, bigint, bigint]

async function readMarkets({ deployment }: Devnet): Promise<{ market: MarketTuple; rateAtTarget: bigint }[]> {
  const { morpho } = deployment
  const answers = await readAll(
    morpho.markets.flatMap(({ id }): Read[] => [
      { to: morpho.morpho, name: 'market', args: [id] },
      { to: morpho.irm, name: 'rateAtTarget', args: [id] },
    ]),
  )
  return morpho.markets.map((_, index) => ({
    market: answers[2 * index] as MarketTuple,
    rateAtTarget: answers[2 * index + 1] as bigint,
  }))
}

async function cometCurves(comet: Address): Promise<{ supply: CometCurve; borrow: CometCurve }> {
  const curve = async (side: 'supply' | 'borrow'): Promise<CometCurve> => {
    const [kinkWad = 0n, basePerSecondWad = 0n, slopeLowPerSecondWad = 0n, slopeHighPerSecondWad = 0n] = (await readAll(
      [
        { to: comet, name: `${side}Kink` },
        { to: comet, name: `${side}PerSecondInterestRateBase` },
        { to: comet, name: `${side}PerSecondInterestRateSlopeLow` },
        { to: comet, name: `${side}PerSecondInterestRateSlopeHigh` },
      ],
    )) as bigint[]
    return { kinkWad, basePerSecondWad, slopeLowPerSecondWad, slopeHighPerSecondWad }
  }
  return { supply: await curve('supply'), borrow: await curve('borrow') }
}
