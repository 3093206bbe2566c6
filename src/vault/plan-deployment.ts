import {
  type Abi,
  type Address,
  encodeDeployData,
  encodeFunctionData,
  erc20Abi,
  getAddress,
  getContractAddress,
  type Hex,
  numberToHex,
  size,
  sliceHex,
  zeroAddress,
} from 'viem'
import type { PriceGuardPlan } from '../venues/uniswap-v3/encode.ts'
import type { VenueRef } from '../venues/venue.ts'
import { venueId } from '../venues/venue-id.ts'
import { adapterAbi, factoryAbi, guardAbi, vaultAbi } from './abi.ts'
import { checkPlan } from './check-plan.ts'
import { create2Step, createdAddress } from './factory.ts'
import { type Periphery, type PeripheryPlan, routerArguments, routerStep } from './periphery.ts'
import { textOfPrices } from './price-guard-plan.ts'
import { type PlannedRoute, planRoutes, routeCalls } from './reward-seller.ts'
import { timelockedFunctions } from './timelocked-functions.ts'
import type { GuardLimits } from './vault-state.ts'
import {
  adapterArguments,
  adapterContracts,
  type DeployableKind,
  dataOf,
  defaultExits,
  sharedIdsOf,
  targetOf,
  type VenuePlan,
} from './venue-adapters.ts'

export type { VenuePlan } from './venue-adapters.ts'

/** A cap on a risk that several venues share; see `venue-ids.ts`. */
type SharedCap = { id: Hex; absoluteCap: bigint; relativeCapWad: bigint }

export type VaultPlanConfig = {
  /** The chain that the addresses belong to; another one is refused. Default: whichever the endpoint serves. */
  chainId?: number
  asset: Address
  name: string
  symbol: string
  /** Must accept the ownership unless it is the deployer of a vault without factory. */
  owner: Address
  curator: Address
  sentinels: readonly Address[]
  keepers: readonly Address[]
  /** Seconds that loosening calls wait; below a day only on test chains. Default 3 days. */
  timelockSeconds?: bigint
  /**
   * The same for what admits an adapter, an allocator or a keeper, and for the Guard's bounds. Default 7 days; where
   * `timelockSeconds` is below a day, as on a test chain, that.
   */
  boundsTimelockSeconds?: bigint
  /** Timelocks of single functions of vault and Guard by name, e.g. `setExitList`, in seconds. */
  timelocks?: Readonly<Record<string, bigint>>
  /** Contract that may refuse entry and receipt of shares, never an exit; it never changes. Default: none. */
  gate?: Address
  /** Share of new gains, basis points. Default 0. */
  performanceFeeBps?: number
  /** Share of total assets in a year, basis points. Default 0. */
  managementFeeBps?: number
  /** Gets the fees; needed where there is one. */
  feeRecipient?: Address
  /** What a forced exit costs beside its measured cost, basis points. Default: the vault's own, 20. */
  forcedExitPenaltyBps?: number
  limits: GuardLimits
  venues: readonly VenuePlan[]
  /**
   * Names of the venues from which exits are paid, in this order. Default: all, in the order of `venues`, but only the
   * first of those that drain one pool of liquidity.
   */
  exitList?: readonly string[]
  /** Shared ids that are not named here get no bound of their own. */
  sharedCaps?: readonly SharedCap[]
  /** Largest growth of the exit price per second, 1e18 = 100 %. Default: 50 % a year; the vault's hard limit is 200 %. */
  maxRatePerSecondWad?: bigint
  /** Asset units whose shares go to a dead address, paid by the deployer. */
  seedAssets: bigint
  /** Contracts beside the vault. Default: none. */
  periphery?: PeripheryPlan
  /** A factory to go through. Default: the one of this build, where the chain has it. */
  factory?: Address
  /** With the deployer it decides the addresses that the factory gives. Default: the deployer's nonce. */
  salt?: Hex
}

type Creation = { abi: Abi; bytecode: Hex }

/** The contracts that a deployment needs, compiled. */
export type VaultArtifacts = Record<
  'Vault' | 'Guard' | 'VaultFactory' | Exclude<(typeof adapterContracts)[DeployableKind], 'UniswapV3Adapter'>,
  Creation
> & {
  /** Needed where a venue is a range of a Uniswap v3 pool. */
  UniswapV3Adapter?: Creation
  PriceGuard?: Creation
  /** Needed where the plan asks for them. */
  Router?: Creation
  RedeemQueue?: Creation
  RewardSeller?: Creation
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

/** A contract that a deployment creates, as it is verified later. */
type CreatedContract = {
  contract: keyof VaultArtifacts
  address: Address
  /** As the constructor names them. */
  args: readonly unknown[]
  /** ABI-encoded constructor arguments. */
  encodedArgs: Hex
}

export type DeploymentPlan = {
  vault: Address
  guard: Address
  asset: Address
  deployer: Address
  /** The factory that creates and opens the vault, where one does. */
  factory?: Address
  venues: readonly VenueRef[]
  /** Router, redeem queue and reward seller where the plan asks for them. */
  periphery: Periphery
  /** What the reward seller sells, and the adapters that send it rewards. */
  rewards?: { routes: readonly PlannedRoute[]; adapters: readonly Address[] }
  /** Largest growth of the exit price per second, 1e18 = 100 %. */
  maxRatePerSecondWad: bigint
  /** Vault, Guard, adapters, and what stands beside them. */
  contracts: readonly CreatedContract[]
  /** Seconds by function; `default` where a function has none of its own. */
  timelocks: { vault: Readonly<Record<string, bigint>>; guard: Readonly<Record<string, bigint>> }
  steps: readonly DeploymentStep[]
  /** True where the configured owner must still call `acceptOwnership`. */
  ownerMustAccept: boolean
}

export type PlanDeploymentParameters = {
  /** Where it is deployed; decides whether timelocks may be as short as on test chains. Default: a test chain. */
  chainId?: number
  deployer: Address
  nonce: bigint
  artifacts: VaultArtifacts
  /** The factory to go through, with the steps that put it there where it is missing. */
  factory?: { address: Address; steps: readonly DeploymentStep[] }
  /** The chain has the contract that creates with CREATE2; without it addresses follow the deployer's nonce. */
  viaCreate2?: boolean
  /** The Router that the plan asks for stands already. */
  routerStands?: boolean
}

/** Shares sent here never move. */
export const deadAddress: Address = '0x000000000000000000000000000000000000dEaD'

const unbounded = (1n << 128n) - 1n
const wad = 10n ** 18n
const day = 86_400n

/**
 * Half of all assets in a year, per second: far above what lending earns, and a quarter of what the vault allows at most.
 * So a venue that lies about its position is believed slowly.
 */
const defaultMaxRatePerSecondWad = wad / (2n * 365n * day) + 1n

/**
 * Lists the transactions that deploy and configure a vault, with every address known beforehand. Pure: nothing is sent.
 *
 * Through a factory: it creates vault and Guard, the deployer configures as curator, and the factory opens the vault and
 * hands it over. Without one the deployer is owner and curator until the last step. Either way configuration applies at
 * once because nobody holds a share yet; the seed ends that phase.
 *
 * @throws VAULT_PLAN_INVALID
 */
export function planDeployment(config: VaultPlanConfig, parameters: PlanDeploymentParameters): DeploymentPlan {
  checkPlan(config, parameters.factory !== undefined, parameters.chainId ?? 31_337)
  const { deployer, nonce, artifacts, factory, viaCreate2 = false, routerStands = false } = parameters
  const steps: DeploymentStep[] = [...(factory?.steps ?? [])]
  const contracts: CreatedContract[] = []
  const timelock = config.timelockSeconds ?? 3n * day
  const boundsTimelock = config.boundsTimelockSeconds ?? (timelock < day ? timelock : larger(7n * day, timelock))
  const salt = config.salt ?? numberToHex(nonce, { size: 32 })

  const encode = (contract: keyof VaultArtifacts, args: readonly unknown[]): { code: Hex; encodedArgs: Hex } => {
    const { abi, bytecode } = artifactOf(artifacts, contract)
    const code = encodeDeployData({ abi, bytecode, args })
    return { code, encodedArgs: size(code) === size(bytecode) ? '0x' : sliceHex(code, size(bytecode)) }
  }
  const create = (title: string, contract: keyof VaultArtifacts, args: readonly unknown[]): Address => {
    const { code, encodedArgs } = encode(contract, args)
    const step = viaCreate2 ? create2Step(salt, code) : createStep(deployer, nonce + BigInt(steps.length), code)
    const address = step.creates
    steps.push({ title: `create ${title}`, ...step })
    contracts.push({ contract, address, args, encodedArgs })
    return address
  }
  const place = (contract: 'Vault' | 'Guard', args: readonly unknown[]): Address => {
    if (factory === undefined) return create(contract, contract, args)
    const { code, encodedArgs } = encode(contract, args)
    const address = createdAddress(factory.address, deployer, salt, code)
    contracts.push({ contract, address, args, encodedArgs })
    return address
  }

  const gate = config.gate ?? zeroAddress
  const firstOwner = factory?.address ?? deployer
  const vault = place('Vault', [config.asset, firstOwner, config.name, config.symbol, timelock, gate])
  const guard = place('Guard', [vault, config.limits, timelock])
  if (factory !== undefined) {
    const { asset, name, symbol, owner, curator, sentinels, limits, feeRecipient = zeroAddress } = config
    const setup = {
      asset,
      name,
      symbol,
      gate,
      owner,
      curator,
      feeRecipient,
      sentinels,
      limits,
      timelock,
      boundsTimelock,
    }
    steps.push({
      title: 'create Vault and Guard through the factory',
      to: factory.address,
      data: encodeFunctionData({ abi: factoryAbi, functionName: 'create', args: [{ ...setup, salt }] }),
      creates: vault,
    })
  }

  const priceGuards = new Map<string, Address>()
  /** A price guard holds nothing: whoever watches one pool in the same way shares it. */
  const guardOf = (pool: Address, prices: PriceGuardPlan): Address => {
    const key = textOfPrices(pool, prices)
    const guard = priceGuards.get(key) ?? create('price guard', 'PriceGuard', [{ pool, ...prices }])
    priceGuards.set(key, guard)
    return guard
  }
  /** What the adapter's constructor takes after the vault; a price guard is made for it. */
  const createTarget = (venue: VenuePlan): Address =>
    venue.kind === 'uniswap-v3' ? guardOf(venue.pool, venue.prices) : targetOf(venue)
  const adapters = new Map<string, Address>()
  const venues = config.venues.map((venue): VenueRef => {
    const contract = adapterContracts[venue.kind]
    // One adapter for all ranges of a pool; `checkRange` holds their bounds and prices together.
    const own = venue.kind === 'uniswap-v3' ? [targetOf(venue)] : adapterArguments(venue, targetOf(venue))
    const key = [venue.kind, ...own].join(' ')
    const known = adapters.get(key)
    const adapter =
      known ?? create(`${venue.kind} adapter`, contract, [vault, ...adapterArguments(venue, createTarget(venue))])
    adapters.set(key, adapter)
    const data = dataOf(venue)
    return { name: venue.name, kind: venue.kind, adapter, data, id: venueId(adapter, data) }
  })

  const periphery: Periphery = {}
  const { router, redeemQueue, rewardSeller } = config.periphery ?? {}
  if (router !== undefined && viaCreate2) {
    const { encodedArgs } = encode('Router', routerArguments(router))
    const step = routerStep(artifactOf(artifacts, 'Router'), router)
    periphery.router = step.creates
    if (!routerStands) steps.push({ title: 'create the Router of the chain', ...step })
    contracts.push({ contract: 'Router', address: step.creates, args: routerArguments(router), encodedArgs })
  } else if (router !== undefined) periphery.router = create('Router', 'Router', routerArguments(router))
  if (redeemQueue !== undefined) {
    periphery.redeemQueue = create('redeem queue', 'RedeemQueue', [vault, redeemQueue.minRequestAssets])
  }
  let rewards: DeploymentPlan['rewards']
  if (rewardSeller !== undefined) {
    const routes = planRoutes(rewardSeller, guardOf)
    const from = venues.filter(({ name }) => rewardSeller.skimFrom?.includes(name) ?? true)
    rewards = { routes, adapters: [...new Set(from.map(({ adapter }) => adapter))] }
    periphery.rewardSeller = create('reward seller', 'RewardSeller', [vault, rewardSeller.uniswapFactory])
  }

  const { calls: ownTimelocks, timelocks } = timelockCalls(config, timelock, boundsTimelock, factory !== undefined)
  const maxRatePerSecondWad = config.maxRatePerSecondWad ?? defaultMaxRatePerSecondWad
  const inVault = [
    ...vaultCalls({ ...config, maxRatePerSecondWad }, [...adapters.values()], venues, factory !== undefined),
    ...ownTimelocks.vault,
  ]
  steps.push(batch('configure the vault: adapters, caps, exits, fees, timelocks', vault, inVault))
  const inGuard = [...guardCalls(config, venues), ...ownTimelocks.guard]
  if (inGuard.length > 0) steps.push(batch('configure the Guard: keepers, inflow, timelocks', guard, inGuard))

  if (rewards !== undefined && periphery.rewardSeller !== undefined) {
    // Behind the adapters' admission: the seller refuses what is a position of one.
    const calls = routeCalls(rewards.routes)
    if (calls.length > 0) steps.push(batch('configure the reward seller: routes', periphery.rewardSeller, calls))
    const args = [periphery.rewardSeller] as const
    const data = encodeFunctionData({ abi: adapterAbi, functionName: 'setSkimRecipient', args })
    for (const to of rewards.adapters) {
      const [first, ...others] = venues.filter(({ adapter }) => adapter === to).map(({ name }) => name)
      const more = others.length === 0 ? '' : ` and ${others.length} more`
      steps.push({ title: `name the seller for rewards of ${first}${more}`, to, data })
    }
  }

  steps.push({
    title: 'approve the seed',
    to: config.asset,
    data: encodeFunctionData({
      abi: erc20Abi,
      functionName: 'approve',
      args: [factory?.address ?? vault, config.seedAssets],
    }),
  })
  const ownerMustAccept = factory !== undefined || !same(config.owner, deployer)
  if (factory === undefined) steps.push(...openWithoutFactory(config, deployer, vault, guard))
  else {
    steps.push({
      title: 'open the vault: Guard, dead-share seed, curator, owner',
      to: factory.address,
      data: encodeFunctionData({ abi: factoryAbi, functionName: 'open', args: [vault, config.seedAssets] }),
    })
  }
  const deployerAccepts = ownerMustAccept && same(config.owner, deployer)
  if (deployerAccepts) {
    const data = encodeFunctionData({ abi: vaultAbi, functionName: 'acceptOwnership' })
    steps.push({ title: 'accept the ownership', to: vault, data })
  }
  return {
    vault,
    guard,
    asset: config.asset,
    deployer,
    ...(factory === undefined ? {} : { factory: factory.address }),
    venues,
    periphery,
    ...(rewards === undefined ? {} : { rewards }),
    maxRatePerSecondWad,
    contracts,
    timelocks,
    steps,
    ownerMustAccept: ownerMustAccept && !deployerAccepts,
  }
}

/** The compiled contract; one that was not loaded for this plan is a fault of the caller. */
export function artifactOf(artifacts: VaultArtifacts, name: keyof VaultArtifacts): Creation {
  const artifact = artifacts[name]
  if (artifact === undefined) throw new Error(`unreachable: ${name} was not compiled for a plan that needs it`)
  return artifact
}

function createStep(deployer: Address, nonce: bigint, code: Hex) {
  return { data: code, creates: getContractAddress({ from: deployer, nonce }) }
}

function openWithoutFactory(
  config: VaultPlanConfig,
  deployer: Address,
  vault: Address,
  guard: Address,
): DeploymentStep[] {
  // One call: with the Guard the vault takes deposits, and whoever came in before the seed would end the setup.
  const opening = [
    encodeFunctionData({ abi: vaultAbi, functionName: 'setGuard', args: [guard] }),
    encodeFunctionData({ abi: vaultAbi, functionName: 'deposit', args: [config.seedAssets, deadAddress] }),
  ]
  const handOver: Hex[] = []
  if (!same(config.curator, deployer)) {
    handOver.push(encodeFunctionData({ abi: vaultAbi, functionName: 'setCurator', args: [config.curator] }))
  }
  if (!same(config.owner, deployer)) {
    handOver.push(encodeFunctionData({ abi: vaultAbi, functionName: 'transferOwnership', args: [config.owner] }))
  }
  const steps = [batch('set the Guard and seed dead shares', vault, opening)]
  if (handOver.length > 0) steps.push(batch('hand the vault over to curator and owner', vault, handOver))
  return steps
}

/** Changes of timelocks in vault and Guard, and what holds after them. The factory itself lengthens those of bounds. */
function timelockCalls(config: VaultPlanConfig, timelock: bigint, boundsTimelock: bigint, byFactory: boolean) {
  const calls: Record<'vault' | 'guard', Hex[]> = { vault: [], guard: [] }
  const timelocks: Record<'vault' | 'guard', Record<string, bigint>> = {
    vault: { default: timelock },
    guard: { default: timelock },
  }
  for (const { name, selector, target, isBound } of timelockedFunctions) {
    const initial = byFactory && isBound ? larger(boundsTimelock, timelock) : timelock
    const wanted = config.timelocks?.[name] ?? (isBound ? larger(boundsTimelock, timelock) : timelock)
    if (wanted !== timelock) timelocks[target][name] = wanted
    if (wanted === initial) continue
    const functionName = wanted > initial ? 'increaseTimelock' : 'decreaseTimelock'
    calls[target].push(encodeFunctionData({ abi: vaultAbi, functionName, args: [selector, wanted] }))
  }
  return { calls, timelocks }
}

function guardCalls(config: VaultPlanConfig, venues: readonly VenueRef[]): Hex[] {
  const calls = config.keepers.map((account) =>
    encodeFunctionData({ abi: guardAbi, functionName: 'addKeeper', args: [account] }),
  )
  config.venues.forEach(({ inflowPerDay }, index) => {
    const id = venues[index]?.id
    if (inflowPerDay === undefined || id === undefined) return
    calls.push(encodeFunctionData({ abi: guardAbi, functionName: 'setInflowPerDay', args: [id, inflowPerDay] }))
  })
  return calls
}

function vaultCalls(
  config: VaultPlanConfig & { maxRatePerSecondWad: bigint },
  adapters: readonly Address[],
  venues: readonly VenueRef[],
  byFactory: boolean,
): Hex[] {
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
  calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'setMaxRate', args: [config.maxRatePerSecondWad] }))
  // The factory names sentinels and fee recipient itself: both are the owner's to name, which it is until it opens.
  if (!byFactory) {
    for (const account of config.sentinels) {
      calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'addSentinel', args: [account] }))
    }
    if (config.feeRecipient !== undefined) {
      calls.push(encodeFunctionData({ abi: vaultAbi, functionName: 'setFeeRecipient', args: [config.feeRecipient] }))
    }
  }
  const setNumber = (
    functionName: 'increasePerformanceFee' | 'increaseManagementFee' | 'setForcedExitPenalty',
    bps: number | undefined,
  ): void => {
    if (bps) calls.push(encodeFunctionData({ abi: vaultAbi, functionName, args: [bps] }))
  }
  setNumber('increasePerformanceFee', config.performanceFeeBps)
  setNumber('increaseManagementFee', config.managementFeeBps)
  setNumber('setForcedExitPenalty', config.forcedExitPenaltyBps)
  return calls
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function batch(title: string, to: Address, calls: readonly Hex[]): DeploymentStep {
  return { title, to, data: encodeFunctionData({ abi: vaultAbi, functionName: 'multicall', args: [calls] }) }
}

function same(a: Address, b: Address): boolean {
  return getAddress(a) === getAddress(b)
}
