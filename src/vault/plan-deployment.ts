import {
  type Abi,
  type Address,
  encodeDeployData,
  encodeFunctionData,
  erc20Abi,
  getAddress,
  getContractAddress,
  type Hex,
  keccak256,
  zeroAddress,
} from 'viem'
import { vaultPlanInvalid } from '../errors/vault.ts'
import { encodeMorphoBlueData, type MorphoMarketParams } from '../venues/morpho-blue/encode.ts'
import {
  encodeUniswapV3Data,
  type PriceGuardPlan,
  type UniswapV3Bounds,
  type UniswapV3Range,
} from '../venues/uniswap-v3/encode.ts'
import type { VenueRef } from '../venues/venue.ts'
import { venueId } from '../venues/venue-id.ts'
import { guardAbi, vaultAbi } from './abi.ts'
import type { GuardLimits } from './vault-state.ts'
import { collateralId, heldId, marketLiquidityId, oracleId, protocolId } from './venue-ids.ts'

export type VenuePlan = {
  /** Short name, unique inside the vault, e.g. `aave-v3:usdc`. */
  name: string
  /** Largest position in asset units. */
  absoluteCap: bigint
  /** Largest position as a share of total assets, 1e18 = all. */
  relativeCapWad: bigint
} & (
  | { kind: 'aave-v3'; pool: Address }
  | { kind: 'comet'; comet: Address }
  | { kind: 'morpho-blue'; morpho: Address; market: MorphoMarketParams }
  | {
      kind: 'erc4626'
      target: Address
      /** Pool of another protocol in which the target keeps its assets, e.g. Aave's under a StataToken. Default: none. */
      underlyingPool?: Address | undefined
      /** Highest price at which a share may be bought: whole assets for a whole share, 1e18 = 1. */
      maxSharePriceWad: bigint
      /** Fewest shares that the target must have issued, in its own units; keeps out of fresh, inflatable vaults. */
      minShareSupply: bigint
    }
  | {
      kind: 'uniswap-v3'
      pool: Address
      /** The pool's token that is not the asset. */
      otherToken: Address
      range: UniswapV3Range
      /** The same for all ranges of one pool: they share an adapter. */
      bounds: UniswapV3Bounds
      prices: PriceGuardPlan
    }
)

/** A cap on a risk that several venues share; see `venue-ids.ts`. */
type SharedCap = { id: Hex; absoluteCap: bigint; relativeCapWad: bigint }

export type VaultPlanConfig = {
  asset: Address
  name: string
  symbol: string
  /** Must accept the ownership unless it is the deployer. */
  owner: Address
  curator: Address
  sentinels: readonly Address[]
  keepers: readonly Address[]
  /** Seconds that loosening calls wait; 0 only on test chains. Default 3 days. */
  timelockSeconds?: bigint
  /** Contract that may refuse entry and receipt of shares, never an exit; it never changes. Default: none. */
  gate?: Address
  limits: GuardLimits
  venues: readonly VenuePlan[]
  /**
   * Names of the venues from which exits are paid, in this order. Default: all, in the order of `venues`, but only the
   * first of those that drain one pool of liquidity.
   */
  exitList?: readonly string[]
  /** Shared ids that are not named here get no bound of their own. */
  sharedCaps?: readonly SharedCap[]
  /** Largest growth of the exit price per second, 1e18 = 100 %. Default: 200 % a year. */
  maxRatePerSecondWad?: bigint
  /** Asset units whose shares go to a dead address, paid by the deployer. */
  seedAssets: bigint
}

type Creation = { abi: Abi; bytecode: Hex }

/** The contracts that a deployment needs, compiled. */
export type VaultArtifacts = Record<
  'Vault' | 'Guard' | 'AaveV3Adapter' | 'CometAdapter' | 'MorphoBlueAdapter' | 'Erc4626Adapter',
  Creation
> & {
  /** Needed where a venue is a range of a Uniswap v3 pool. */
  UniswapV3Adapter?: Creation
  PriceGuard?: Creation
}

/** One transaction of a deployment. */
export type DeploymentStep = {
  /** What it does, in one line. */
  title: string
  /** Absent for a creation. */
  to?: Address
  data: Hex
  /** Address of the contract that it creates. */
  creates?: Address
}

export type DeploymentPlan = {
  vault: Address
  guard: Address
  asset: Address
  deployer: Address
  venues: readonly VenueRef[]
  steps: readonly DeploymentStep[]
  /** True where the configured owner must still call `acceptOwnership`. */
  ownerMustAccept: boolean
}

/** Shares sent here never move. */
export const deadAddress: Address = '0x000000000000000000000000000000000000dEaD'

const unbounded = (1n << 128n) - 1n
const wad = 10n ** 18n
const threeDays = 3n * 86_400n

const adapterNames = {
  'aave-v3': 'AaveV3Adapter',
  comet: 'CometAdapter',
  'morpho-blue': 'MorphoBlueAdapter',
  erc4626: 'Erc4626Adapter',
  'uniswap-v3': 'UniswapV3Adapter',
} as const

/**
 * Lists the transactions that deploy and configure a vault, with every address known beforehand from the deployer's
 * nonce. Pure: nothing is sent.
 *
 * The deployer is owner and curator until the last step. Configuration applies at once because nobody holds a share yet;
 * the seed deposit ends that phase.
 *
 * @throws VAULT_PLAN_INVALID
 */
export function planDeployment(
  config: VaultPlanConfig,
  { deployer, nonce, artifacts }: { deployer: Address; nonce: bigint; artifacts: VaultArtifacts },
): DeploymentPlan {
  checkConfig(config)
  const steps: DeploymentStep[] = []
  const create = (title: string, { abi, bytecode }: Creation, args: readonly unknown[]): Address => {
    const creates = getContractAddress({ from: deployer, nonce: nonce + BigInt(steps.length) })
    steps.push({ title: `create ${title}`, data: encodeDeployData({ abi, bytecode, args }), creates })
    return creates
  }

  const timelock = config.timelockSeconds ?? threeDays
  const vault = create('Vault', artifacts.Vault, [
    config.asset,
    deployer,
    config.name,
    config.symbol,
    timelock,
    config.gate ?? zeroAddress,
  ])
  const guard = create('Guard', artifacts.Guard, [vault, config.limits, timelock])

  /** What the adapter's constructor takes after the vault; a price guard is made for it. */
  const createTarget = (venue: VenuePlan): Address => {
    if (venue.kind !== 'uniswap-v3') return targetOf(venue)
    return create('price guard', artifactOf(artifacts, 'PriceGuard'), [{ pool: venue.pool, ...venue.prices }])
  }
  const adapters = new Map<string, Address>()
  const venues = config.venues.map((venue): VenueRef => {
    const target = targetOf(venue)
    const key = `${venue.kind} ${target}`
    const known = adapters.get(key)
    const args = known !== undefined ? [] : [vault, createTarget(venue), ...boundsOf(venue)]
    const adapter = known ?? create(`${venue.kind} adapter`, artifactOf(artifacts, adapterNames[venue.kind]), args)
    adapters.set(key, adapter)
    const data = dataOf(venue)
    return { name: venue.name, kind: venue.kind, adapter, data, id: venueId(adapter, data) }
  })

  const inVault = vaultCalls(config, [...adapters.values()], venues)
  steps.push(batch('configure the vault: adapters, caps, exits, sentinels', vault, inVault))
  if (config.keepers.length > 0) {
    const calls = config.keepers.map((account) =>
      encodeFunctionData({ abi: guardAbi, functionName: 'addKeeper', args: [account] }),
    )
    steps.push(batch('give the keepers their role', guard, calls))
  }
  steps.push({
    title: 'approve the seed',
    to: config.asset,
    data: encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [vault, config.seedAssets] }),
  })
  // One call: with the Guard the vault takes deposits, and whoever came in before the seed would end the setup.
  const opening = [
    encodeFunctionData({ abi: vaultAbi, functionName: 'setGuard', args: [guard] }),
    encodeFunctionData({ abi: vaultAbi, functionName: 'deposit', args: [config.seedAssets, deadAddress] }),
  ]
  steps.push(batch('set the Guard and seed dead shares', vault, opening))
  const handOver: Hex[] = []
  if (!same(config.curator, deployer)) {
    handOver.push(encodeFunctionData({ abi: vaultAbi, functionName: 'setCurator', args: [config.curator] }))
  }
  const ownerMustAccept = !same(config.owner, deployer)
  if (ownerMustAccept) {
    handOver.push(encodeFunctionData({ abi: vaultAbi, functionName: 'transferOwnership', args: [config.owner] }))
  }
  if (handOver.length > 0) steps.push(batch('hand the vault over to curator and owner', vault, handOver))

  return { vault, guard, asset: config.asset, deployer, venues, steps, ownerMustAccept }
}

function artifactOf(artifacts: VaultArtifacts, name: keyof VaultArtifacts): Creation {
  const artifact = artifacts[name]
  if (artifact === undefined) throw new Error(`unreachable: ${name} was not compiled for a plan that needs it`)
  return artifact
}

function vaultCalls(config: VaultPlanConfig, adapters: readonly Address[], venues: readonly VenueRef[]): Hex[] {
  const calls = adapters.map((adapter) =>
    encodeFunctionData({ abi: vaultAbi, functionName: 'addAdapter', args: [adapter] }),
  )
  const cap = ({ id, absoluteCap, relativeCapWad }: SharedCap): void => {
    // Raising a cap from zero to zero is refused by the vault, and zero forbids anyway.
    if (absoluteCap > 0n) {
      calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'increaseAbsoluteCap', args: [id, absoluteCap] }))
    }
    if (relativeCapWad > 0n) {
      calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'increaseRelativeCap', args: [id, relativeCapWad] }))
    }
  }
  const shared = new Map<Hex, SharedCap>()
  config.venues.forEach((venue, index) => {
    const ref = venues[index]
    if (ref === undefined) return
    cap({ id: ref.id, absoluteCap: venue.absoluteCap, relativeCapWad: venue.relativeCapWad })
    for (const id of sharedIdsOf(venue)) shared.set(id, { id, absoluteCap: unbounded, relativeCapWad: wad })
  })
  for (const bound of config.sharedCaps ?? []) shared.set(bound.id, bound)
  for (const bound of shared.values()) cap(bound)

  const exits = (config.exitList ?? defaultExits(config.venues)).flatMap((name) =>
    venues.filter((venue) => venue.name === name).map(({ adapter, data }) => ({ adapter, data })),
  )
  calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'setExitList', args: [exits] }))
  if (config.maxRatePerSecondWad !== undefined) {
    calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'setMaxRate', args: [config.maxRatePerSecondWad] }))
  }
  for (const account of config.sentinels) {
    calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'addSentinel', args: [account] }))
  }
  return calls
}

function batch(title: string, to: Address, calls: readonly Hex[]): DeploymentStep {
  return { title, to, data: encodeFunctionData({ abi: vaultAbi, functionName: 'multicall', args: [calls] }) }
}

function targetOf(venue: VenuePlan): Address {
  if (venue.kind === 'aave-v3' || venue.kind === 'uniswap-v3') return venue.pool
  if (venue.kind === 'comet') return venue.comet
  if (venue.kind === 'morpho-blue') return venue.morpho
  return venue.target
}

/** What the adapter's constructor takes after vault and target. */
function boundsOf(venue: VenuePlan): readonly unknown[] {
  if (venue.kind === 'uniswap-v3') return [venue.bounds]
  if (venue.kind !== 'erc4626') return []
  return [venue.underlyingPool ?? zeroAddress, venue.maxSharePriceWad, venue.minShareSupply]
}

function dataOf(venue: VenuePlan): Hex {
  if (venue.kind === 'morpho-blue') return encodeMorphoBlueData(venue.market)
  return venue.kind === 'uniswap-v3' ? encodeUniswapV3Data(venue.range) : '0x'
}

/** What the adapter's `ids` returns after the venue's own. */
function sharedIdsOf(venue: VenuePlan): Hex[] {
  if (venue.kind === 'aave-v3') return [protocolId(venue.pool)]
  if (venue.kind === 'comet') return [protocolId(venue.comet)]
  if (venue.kind === 'morpho-blue') {
    const { collateralToken, oracle } = venue.market
    return [collateralId(collateralToken), oracleId(oracle), protocolId(venue.morpho)]
  }
  if (venue.kind === 'uniswap-v3') return [protocolId(venue.pool), heldId(venue.otherToken)]
  const { target, underlyingPool = target } = venue
  return same(target, underlyingPool) || same(underlyingPool, zeroAddress)
    ? [protocolId(target)]
    : [protocolId(target), protocolId(underlyingPool)]
}

/** What the adapter's `liquidityId` returns. */
function liquidityIdOf(venue: VenuePlan): Hex {
  if (venue.kind === 'morpho-blue') return marketLiquidityId(venue.morpho, keccak256(dataOf(venue)))
  if (venue.kind === 'uniswap-v3') return protocolId(venue.pool)
  return sharedIdsOf(venue).at(-1) ?? protocolId(targetOf(venue))
}

/**
 * The vault refuses two exits from one pool of liquidity: it would be counted twice. And it refuses a range of a pool,
 * whose exit is not exact.
 */
function defaultExits(all: readonly VenuePlan[]): string[] {
  const venues = all.filter(({ kind }) => kind !== 'uniswap-v3')
  const pools = venues.map(liquidityIdOf)
  return venues.filter((_, index) => pools.indexOf(pools[index] ?? '0x') === index).map(({ name }) => name)
}

function checkConfig(config: VaultPlanConfig): void {
  const faults: { path: string; fault: string }[] = []
  const fault = (path: string, text: string): void => {
    faults.push({ path, fault: text })
  }
  const notZero = (path: string, address: Address): void => {
    if (same(address, zeroAddress)) fault(path, 'is the zero address')
  }
  notZero('asset', config.asset)
  notZero('owner', config.owner)
  notZero('curator', config.curator)
  config.sentinels.forEach((account, index) => {
    notZero(`sentinels[${index}]`, account)
  })
  config.keepers.forEach((account, index) => {
    notZero(`keepers[${index}]`, account)
  })
  if (config.seedAssets <= 0n) fault('seedAssets', 'must be above 0: dead shares protect the first depositors')
  if ((config.timelockSeconds ?? threeDays) > 30n * 86_400n) fault('timelockSeconds', 'is above 30 days')

  const { limits } = config
  if (limits.cooldownSeconds < 600) fault('limits.cooldownSeconds', 'is below 600')
  if (limits.maxLossPerPlanBps > 20) fault('limits.maxLossPerPlanBps', 'is above 20')
  if (limits.lossBudgetPerDayBps > 50) fault('limits.lossBudgetPerDayBps', 'is above 50')
  if (limits.liquidFloorBps > 10_000) fault('limits.liquidFloorBps', 'is above 10000')

  if (config.venues.length === 0 || config.venues.length > 16) fault('venues', 'must be 1 to 16')
  const names = config.venues.map(({ name }) => name)
  config.venues.forEach((venue, index) => {
    const path = `venues[${index}]`
    if (names.indexOf(venue.name) !== index) fault(`${path}.name`, `repeats ${venue.name}`)
    notZero(`${path}.${venue.kind}`, targetOf(venue))
    if (venue.absoluteCap < 0n || venue.absoluteCap > unbounded) fault(`${path}.absoluteCap`, 'does not fit 128 bits')
    if (venue.relativeCapWad < 0n || venue.relativeCapWad > wad) fault(`${path}.relativeCapWad`, 'is not 0 to 1e18')
    if (venue.kind === 'erc4626') {
      if (venue.maxSharePriceWad <= 0n || venue.maxSharePriceWad > unbounded) {
        fault(`${path}.maxSharePriceWad`, 'is not above 0 and below 2^128')
      }
      if (venue.minShareSupply < 0n) fault(`${path}.minShareSupply`, 'is below 0')
    }
    if (venue.kind === 'uniswap-v3') checkRange(venue, path, config.venues.slice(0, index), fault)
    if (venue.kind === 'morpho-blue' && !same(venue.market.loanToken, config.asset)) {
      fault(`${path}.market.loanToken`, `is not the asset ${config.asset}`)
    }
  })
  const exits = config.exitList ?? []
  exits.forEach((name, index) => {
    if (!names.includes(name)) fault(`exitList[${index}]`, `names no venue: ${name}`)
    if (exits.indexOf(name) !== index) fault(`exitList[${index}]`, `repeats ${name}`)
    const venue = config.venues.find((candidate) => candidate.name === name)
    if (venue?.kind === 'uniswap-v3') fault(`exitList[${index}]`, `is a range of a pool: its exit is not exact`)
    const rival = exits
      .slice(0, index)
      .flatMap((other) => config.venues.filter((candidate) => candidate.name === other && other !== name))
      .find((other) => venue !== undefined && liquidityIdOf(other) === liquidityIdOf(venue))
    if (rival !== undefined) fault(`exitList[${index}]`, `drains the same pool of liquidity as ${rival.name}`)
  })
  if (faults.length > 0) throw vaultPlanInvalid(faults)
}

/** What the constructors of adapter and price guard would refuse, and what two ranges of one pool must share. */
function checkRange(
  venue: Extract<VenuePlan, { kind: 'uniswap-v3' }>,
  path: string,
  before: readonly VenuePlan[],
  fault: (path: string, text: string) => void,
): void {
  const { range, bounds, prices } = venue
  const width = range.tickUpper - range.tickLower
  if (range.tickLower < bounds.tickMin || range.tickUpper > bounds.tickMax) fault(`${path}.range`, 'leaves its bounds')
  if (width < bounds.minWidth || width > bounds.maxWidth)
    fault(`${path}.range`, `has a width of ${width} out of bounds`)
  if (bounds.minWidth < 1) fault(`${path}.bounds.minWidth`, 'is below 1')
  if (bounds.maxSlippageBps < 1 || bounds.maxSlippageBps > 100) {
    fault(`${path}.bounds.maxSlippageBps`, 'is not 1 to 100')
  }
  for (const name of ['maxSpotDeviationBps', 'maxOracleDeviationBps'] as const) {
    if (prices[name] < 1 || prices[name] > 200) fault(`${path}.prices.${name}`, 'is not 1 to 200')
  }
  if (prices.twapSeconds < 600 || prices.twapSeconds > 86_400)
    fault(`${path}.prices.twapSeconds`, 'is not 600 to 86400')
  const ranges = before.flatMap((other) => (other.kind === 'uniswap-v3' && same(other.pool, venue.pool) ? [other] : []))
  if (ranges.length === 4) fault(path, 'is a fifth range of one pool')
  const [first] = ranges
  if (first === undefined) return
  const shared = (plan: typeof venue): string => toText([plan.bounds, plan.prices, plan.otherToken])
  if (shared(first) !== shared(venue)) fault(path, `differs from ${first.name} in bounds, prices or otherToken`)
  if (ranges.some((other) => toText(other.range) === toText(range))) fault(`${path}.range`, 'repeats another one')
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? part.toString() : part))
}

function same(a: Address, b: Address): boolean {
  return getAddress(a) === getAddress(b)
}
