import { type Abi, type Address, type Hex, keccak256, padHex, parseAbi, toBytes } from 'viem'
import { cometAprFloat, cometCurveFloat, cometSupplyAprWad } from '../../venues/comet/rates.ts'
import {
  adaptiveCurveRates,
  morphoInterest,
  morphoSupplyAprWad,
  morphoUtilisationWad,
} from '../../venues/morpho-blue/rates.ts'
import type { PanelVenue } from '../panel.ts'
import type { PullSpec } from './venue-spec.ts'

export type PullCall = { address: Address; abi: Abi; functionName: string; args?: readonly unknown[] }

/** What a venue says at one block, in the smallest unit of the asset. */
export type Reading = {
  /** 1e18 = 100 % a year; absent where the rate is the growth of a share. */
  supplyAprWad?: bigint
  /** Assets of a fixed number of shares. */
  assetsPerShare?: bigint
  totalSupply: bigint
  totalBorrow?: bigint
  available?: bigint
}

/** How a venue is read at any block. */
export type PullSource = {
  id: string
  /** Of the asset. */
  token: Address
  /** Events that say that something changed; absent where the rate moves by itself, and every step is read. */
  events?: { address: Address; topics: readonly (Hex | null)[] }
  calls: readonly PullCall[]
  /** @param results - What the calls returned, in their order. */
  decode(results: readonly unknown[], blockTimestamp: bigint): Reading
  /** Kind and parameters of the curve, as they were at the newest block. */
  venue: Omit<PanelVenue, 'id' | 'asset'>
}

/** Reads contracts at the newest block of the span; undefined where a call failed. */
export type ReadNow = (calls: readonly PullCall[]) => Promise<readonly unknown[]>

const tokenAbi = parseAbi([
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address) view returns (uint256)',
])

/** Looks at a venue at the newest block and says how to read it at any other; undefined where it does not answer. */
export async function openSource(spec: PullSpec, read: ReadNow): Promise<PullSource | undefined> {
  if (spec.kind === 'aave-v3') return openAave(spec, read)
  if (spec.kind === 'comet') return openComet(spec, read)
  if (spec.kind === 'morpho-blue') return openMorpho(spec, read)
  return openErc4626(spec, read)
}

const aaveAbi = parseAbi([
  'struct ReserveConfigurationMap { uint256 data; }',
  'struct ReserveDataLegacy { ReserveConfigurationMap configuration; uint128 liquidityIndex; uint128 currentLiquidityRate; uint128 variableBorrowIndex; uint128 currentVariableBorrowRate; uint128 currentStableBorrowRate; uint40 lastUpdateTimestamp; uint16 id; address aTokenAddress; address stableDebtTokenAddress; address variableDebtTokenAddress; address interestRateStrategyAddress; uint128 accruedToTreasury; uint128 unbacked; uint128 isolationModeTotalDebt; }',
  'function getReserveData(address asset) view returns (ReserveDataLegacy)',
])

const aaveStrategyAbi = parseAbi([
  'struct InterestRateData { uint16 optimalUsageRatio; uint32 baseVariableBorrowRate; uint32 variableRateSlope1; uint32 variableRateSlope2; }',
  'function getInterestRateDataBps(address reserve) view returns (InterestRateData)',
  // Before v3.1 a strategy served one curve.
  'function OPTIMAL_USAGE_RATIO() view returns (uint256)',
  'function getVariableRateSlope2() view returns (uint256)',
])

type ReserveData = {
  configuration: { data: bigint }
  currentLiquidityRate: bigint
  aTokenAddress: Address
  variableDebtTokenAddress: Address
  interestRateStrategyAddress: Address
}

async function openAave(spec: PullSpec & { kind: 'aave-v3' }, read: ReadNow): Promise<PullSource | undefined> {
  const { pool, asset } = spec
  const reserveCall = { address: pool, abi: aaveAbi, functionName: 'getReserveData', args: [asset] }
  const [reserve] = (await read([reserveCall])) as [ReserveData | undefined]
  if (reserve === undefined || BigInt(reserve.aTokenAddress) === 0n) return undefined
  const strategy = { address: reserve.interestRateStrategyAddress, abi: aaveStrategyAbi }
  const [bps, optimalRay, slope2Ray] = (await read([
    { ...strategy, functionName: 'getInterestRateDataBps', args: [asset] },
    { ...strategy, functionName: 'OPTIMAL_USAGE_RATIO' },
    { ...strategy, functionName: 'getVariableRateSlope2' },
  ])) as [{ optimalUsageRatio: number; variableRateSlope2: number } | undefined, bigint | undefined, bigint | undefined]
  const kink = bps === undefined ? fraction(optimalRay, 1e27) : bps.optimalUsageRatio / 1e4
  const slope2 = bps === undefined ? fraction(slope2Ray, 1e27) : bps.variableRateSlope2 / 1e4
  return {
    id: spec.id,
    token: asset,
    events: {
      address: pool,
      topics: [
        keccak256(toBytes('ReserveDataUpdated(address,uint256,uint256,uint256,uint256,uint256)')),
        padHex(asset, { size: 32 }),
      ],
    },
    calls: [
      reserveCall,
      { address: reserve.aTokenAddress, abi: tokenAbi, functionName: 'totalSupply' },
      { address: reserve.variableDebtTokenAddress, abi: tokenAbi, functionName: 'totalSupply' },
      { address: asset, abi: tokenAbi, functionName: 'balanceOf', args: [reserve.aTokenAddress] },
    ],
    decode(results) {
      const [now, totalSupply, totalBorrow, available] = results as [ReserveData, bigint, bigint, bigint]
      return { supplyAprWad: now.currentLiquidityRate / 10n ** 9n, totalSupply, totalBorrow, available }
    },
    venue: {
      kind: 'kinked',
      ...(kink === undefined ? {} : { kink }),
      ...(slope2 === undefined ? {} : { slope2 }),
      reserveFactor: Number((reserve.configuration.data >> 64n) & 0xffffn) / 1e4,
    },
  }
}

const cometAbi = parseAbi([
  'function baseToken() view returns (address)',
  'function getUtilization() view returns (uint256)',
  'function supplyKink() view returns (uint256)',
  'function supplyPerSecondInterestRateBase() view returns (uint256)',
  'function supplyPerSecondInterestRateSlopeLow() view returns (uint256)',
  'function supplyPerSecondInterestRateSlopeHigh() view returns (uint256)',
  'function totalSupply() view returns (uint256)',
  'function totalBorrow() view returns (uint256)',
])

async function openComet(spec: PullSpec & { kind: 'comet' }, read: ReadNow): Promise<PullSource | undefined> {
  const comet = { address: spec.comet, abi: cometAbi }
  const [token] = (await read([{ ...comet, functionName: 'baseToken' }])) as [Address | undefined]
  if (token === undefined) return undefined
  const calls = [
    { ...comet, functionName: 'getUtilization' },
    { ...comet, functionName: 'supplyKink' },
    { ...comet, functionName: 'supplyPerSecondInterestRateBase' },
    { ...comet, functionName: 'supplyPerSecondInterestRateSlopeLow' },
    { ...comet, functionName: 'supplyPerSecondInterestRateSlopeHigh' },
    { ...comet, functionName: 'totalSupply' },
    { ...comet, functionName: 'totalBorrow' },
    { address: token, abi: tokenAbi, functionName: 'balanceOf', args: [spec.comet] },
  ]
  const curveOf = ([, kinkWad = 0n, base = 0n, low = 0n, high = 0n]: readonly bigint[]) => ({
    kinkWad,
    basePerSecondWad: base,
    slopeLowPerSecondWad: low,
    slopeHighPerSecondWad: high,
  })
  const now = await read(calls)
  if (now.includes(undefined)) return undefined
  const curve = cometCurveFloat(curveOf(now as readonly bigint[]))
  return {
    id: spec.id,
    token,
    events: { address: spec.comet, topics: [] },
    calls,
    decode(results) {
      const values = results as readonly bigint[]
      const [utilisationWad = 0n] = values
      const [totalSupply = 0n, totalBorrow = 0n, available = 0n] = values.slice(5)
      return { supplyAprWad: cometSupplyAprWad(curveOf(values), utilisationWad), totalSupply, totalBorrow, available }
    },
    venue: {
      kind: 'comet',
      kink: curve.kink,
      slope2: cometAprFloat(curve, 1) - cometAprFloat(curve, curve.kink),
    },
  }
}

const morphoAbi = parseAbi([
  'function market(bytes32 id) view returns (uint128 totalSupplyAssets, uint128 totalSupplyShares, uint128 totalBorrowAssets, uint128 totalBorrowShares, uint128 lastUpdate, uint128 fee)',
  'function idToMarketParams(bytes32 id) view returns (address loanToken, address collateralToken, address oracle, address irm, uint256 lltv)',
  'function rateAtTarget(bytes32 id) view returns (int256)',
])

async function openMorpho(spec: PullSpec & { kind: 'morpho-blue' }, read: ReadNow): Promise<PullSource | undefined> {
  const morpho = { address: spec.morpho, abi: morphoAbi, args: [spec.market] }
  const [parameters] = (await read([{ ...morpho, functionName: 'idToMarketParams' }])) as [
    readonly [Address, Address, Address, Address, bigint] | undefined,
  ]
  if (parameters === undefined || BigInt(parameters[0]) === 0n) return undefined
  const [token, , , irm] = parameters
  return {
    id: spec.id,
    token,
    calls: [
      { ...morpho, functionName: 'market' },
      { address: irm, abi: morphoAbi, functionName: 'rateAtTarget', args: [spec.market] },
    ],
    decode(results, blockTimestamp) {
      const [market, rateAtTarget] = results as [readonly bigint[], bigint]
      const [supplied = 0n, , borrowed = 0n, , lastUpdate = 0n, feeWad = 0n] = market
      const before = { totalSupplyAssets: supplied, totalBorrowAssets: borrowed }
      const elapsed = blockTimestamp > lastUpdate ? blockTimestamp - lastUpdate : 0n
      const due = adaptiveCurveRates(morphoUtilisationWad(before), rateAtTarget, elapsed)
      const interest = morphoInterest(borrowed, due.meanBorrowRateWad, elapsed)
      const now = { totalSupplyAssets: supplied + interest, totalBorrowAssets: borrowed + interest }
      const utilisationWad = morphoUtilisationWad(now)
      const spot = adaptiveCurveRates(utilisationWad, due.endRateAtTargetWad, 0n)
      return {
        supplyAprWad: morphoSupplyAprWad(spot.endBorrowRateWad, utilisationWad, feeWad),
        totalSupply: now.totalSupplyAssets,
        totalBorrow: now.totalBorrowAssets,
        available: now.totalSupplyAssets - now.totalBorrowAssets,
      }
    },
    venue: { kind: 'adaptive' },
  }
}

const vaultAbi = parseAbi([
  'function asset() view returns (address)',
  'function decimals() view returns (uint8)',
  'function convertToAssets(uint256 shares) view returns (uint256)',
  'function totalAssets() view returns (uint256)',
])

async function openErc4626(spec: PullSpec & { kind: 'erc4626' }, read: ReadNow): Promise<PullSource | undefined> {
  const vault = { address: spec.vault, abi: vaultAbi }
  const [token, decimals] = (await read([
    { ...vault, functionName: 'asset' },
    { ...vault, functionName: 'decimals' },
  ])) as [Address | undefined, number | undefined]
  if (token === undefined || decimals === undefined) return undefined
  // So many shares that the rounding of one unit does not show in an hour's growth.
  const shares = 10n ** BigInt(decimals) * 10n ** 9n
  return {
    id: spec.id,
    token,
    calls: [
      { ...vault, functionName: 'convertToAssets', args: [shares] },
      { ...vault, functionName: 'totalAssets' },
    ],
    decode(results) {
      const [assetsPerShare, totalSupply] = results as [bigint, bigint]
      return { assetsPerShare, totalSupply }
    },
    venue: { kind: 'exogenous' },
  }
}

function fraction(value: bigint | undefined, one: number): number | undefined {
  return value === undefined ? undefined : Number(value) / one
}
