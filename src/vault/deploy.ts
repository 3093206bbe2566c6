import {
  type Account,
  type Address,
  BaseError,
  type Chain,
  type Client,
  erc20Abi,
  type Hex,
  isAddressEqual,
  isHex,
  keccak256,
  type Transport,
  WaitForTransactionReceiptTimeoutError,
  zeroAddress,
} from 'viem'
import {
  call,
  estimateGas,
  getChainId,
  getCode,
  getTransactionCount,
  readContract,
  sendTransaction,
  waitForTransactionReceipt,
} from 'viem/actions'
import { loadArtifacts } from '../chain/artifacts.ts'
import { steadyFees } from '../chain/steady-fees.ts'
import { TillerError } from '../errors/base.ts'
import { chainIdMismatch, transactionPending } from '../errors/chain.ts'
import {
  assetUnreadable,
  create2DeployerMissing,
  deployerWithoutAccount,
  deploymentAddressMismatch,
  deploymentStepReverted,
  factoryUnknown,
  planOfAnotherChain,
  seedUnaffordable,
  vaultPlanInvalid,
} from '../errors/vault.ts'
import type { VenueRef } from '../venues/venue.ts'
import { factoryAbi } from './abi.ts'
import { findPriceFaults } from './check-prices.ts'
import { create2Deployer, planFactory } from './factory.ts'
import { type Periphery, routerStep } from './periphery.ts'
import {
  artifactOf,
  type DeploymentPlan,
  type DeploymentStep,
  type PlanDeploymentParameters,
  planDeployment,
  type VaultArtifacts,
  type VaultPlanConfig,
} from './plan-deployment.ts'
import { revertReason } from './revert-reason.ts'
import { needsPriceGuard, placesOfRewardSeller } from './reward-seller.ts'
import { placesOf } from './venue-adapters.ts'

export type { DeploymentPlan, VaultPlanConfig, VenuePlan } from './plan-deployment.ts'

export type VaultDeployment = {
  vault: Address
  guard: Address
  asset: Address
  venues: readonly VenueRef[]
  periphery: Periphery
  /** What was sent, in order. */
  transactions: readonly DeploymentTransaction[]
  /** True where the configured owner must still call `acceptOwnership`. */
  ownerMustAccept: boolean
}

/** `creates` names the contract that it created. */
type DeploymentTransaction = { title: string; hash: Hex; gasUsed: bigint; blockNumber: bigint; creates?: Address }

export type DeployVaultOptions = PrepareDeploymentOptions & {
  /** Called before each transaction, and after it with its hash and gas. */
  onStep?: (step: DeploymentStep, done?: { hash: Hex; gasUsed: bigint }) => void
  /** Called once a transaction is sent; a chain that mines on request mines here. */
  afterSend?: () => Promise<void>
}

export type PrepareDeploymentOptions = {
  /** Puts the factory of this build onto a chain that lacks it; else such a chain is deployed to without one. */
  deployFactory?: boolean
}

/** What a deployment creates; all of it is compiled, whichever kinds of lending venue a vault has. */
export const deploymentContracts = [
  'Vault',
  'Guard',
  'VaultFactory',
  'AaveV3Adapter',
  'CometAdapter',
  'MorphoBlueAdapter',
  'Erc4626Adapter',
] as const satisfies readonly (keyof VaultArtifacts)[]

/** What it creates beside the vault where the plan asks for it, as that of a devnet's vault does. */
export const peripheryContracts = ['Router', 'RedeemQueue'] as const satisfies readonly (keyof VaultArtifacts)[]

/** How long one step may wait for its block. */
const receiptTimeoutMs = 180_000

/** The account that sends; it needs ether and the seed. */
export type DeployerClient = Client<Transport, Chain | undefined, Account | undefined>

/**
 * Lists what `deployVault` would send from the client's account, with every address, and checks that the account can pay
 * for the seed. Nothing is sent.
 *
 * @throws VAULT_PLAN_INVALID, VAULT_PLAN_CHAIN, CHAIN_ID_MISMATCH, DEPLOYER_WITHOUT_ACCOUNT, SEED_UNAFFORDABLE, ASSET_UNREADABLE, FACTORY_UNKNOWN,
 * CREATE2_DEPLOYER_MISSING
 */
export async function prepareDeployment(
  client: DeployerClient,
  config: VaultPlanConfig,
  options: PrepareDeploymentOptions = {},
): Promise<DeploymentPlan> {
  const deployer = client.account?.address
  if (deployer === undefined) throw deployerWithoutAccount()
  const chainId = await getChainId(client)
  const expected = client.chain?.id ?? chainId
  if (expected !== chainId) throw chainIdMismatch('send', expected, chainId)
  // Told alone: on another chain nothing else is as the plan says either.
  if (config.chainId !== undefined && config.chainId !== chainId) throw planOfAnotherChain(config.chainId, chainId)
  await checkContracts(client, config, chainId)
  const [artifacts, nonce, decimals, balance] = await Promise.all([
    loadVaultArtifacts(config),
    getTransactionCount(client, { address: deployer, blockTag: 'pending' }),
    readAsset(client, config.asset, 'decimals', []),
    readAsset(client, config.asset, 'balanceOf', [deployer]),
  ])
  const exists = async (address: Address): Promise<boolean> => ((await getCode(client, { address })) ?? '0x') !== '0x'
  const viaCreate2 = await exists(create2Deployer)
  const router = config.periphery?.router
  const routerStands =
    router !== undefined && (await exists(routerStep(artifactOf(artifacts, 'Router'), router).creates))
  const factory = await findFactory(client, artifacts, config, { ...options, exists })
  const plan = planDeployment(config, {
    chainId,
    deployer,
    nonce: BigInt(nonce),
    artifacts,
    viaCreate2,
    routerStands,
    ...(factory === undefined ? {} : { factory }),
  })
  const least = 10n ** (decimals > 2n ? decimals - 2n : 0n)
  if (config.seedAssets < least) {
    throw vaultPlanInvalid([{ path: 'seedAssets', fault: `is below ${least}, a hundredth of a whole unit` }])
  }
  if (balance < config.seedAssets) throw seedUnaffordable(deployer, config.asset, balance, config.seedAssets)
  return plan
}

/** Refuses a plan that names a place where the chain has no contract: a mistyped address, or another chain's. */
async function checkContracts(client: DeployerClient, config: VaultPlanConfig, chainId: number): Promise<void> {
  const { router, rewardSeller } = config.periphery ?? {}
  const flashLender = router?.flashLender
  const places: [path: string, address: Address][] = [
    ['asset', config.asset],
    ...(config.gate === undefined ? [] : [['gate', config.gate] satisfies [string, Address]]),
    ...config.venues.flatMap((venue, index) =>
      placesOf(venue).map(([name, at]): [string, Address] => [`venues[${index}].${name}`, at]),
    ),
    ...(flashLender === undefined ? [] : [['periphery.router.flashLender', flashLender] satisfies [string, Address]]),
    ...(rewardSeller === undefined ? [] : placesOfRewardSeller(rewardSeller)),
  ]
  // The zero address is told by the plan itself.
  const named = places.filter(([, address]) => !isAddressEqual(address, zeroAddress))
  const codes = await Promise.all(named.map(([, address]) => getCode(client, { address })))
  const faults = named
    .filter((_, index) => (codes[index] ?? '0x') === '0x')
    .map(([path, address]) => ({ path, fault: `is ${address}, where chain ${chainId} has no contract` }))
  if (faults.length === 0) faults.push(...(await findPriceFaults(client, config)))
  if (faults.length > 0) throw vaultPlanInvalid(faults)
}

/** The factory that the plan names, or this build's where the chain has it or is to get it. */
async function findFactory(
  client: DeployerClient,
  artifacts: VaultArtifacts,
  config: VaultPlanConfig,
  options: PrepareDeploymentOptions & { exists(address: Address): Promise<boolean> },
): Promise<PlanDeploymentParameters['factory']> {
  const { exists } = options
  if (config.factory !== undefined) {
    const read = { address: config.factory, abi: factoryAbi } as const
    const found = await Promise.all([
      readContract(client, { ...read, functionName: 'vaultCodeHash' }),
      readContract(client, { ...read, functionName: 'guardCodeHash' }),
    ]).catch(() => undefined)
    const own = [keccak256(artifacts.Vault.bytecode), keccak256(artifacts.Guard.bytecode)]
    if (found === undefined) throw factoryUnknown(config.factory, 'there is no factory')
    if (found[0] !== own[0] || found[1] !== own[1]) throw factoryUnknown(config.factory, 'it creates other code')
    return { address: config.factory, steps: [] }
  }
  const { factory, steps } = planFactory(artifacts)
  if (await exists(factory)) return { address: factory, steps: [] }
  if (options.deployFactory !== true) return undefined
  if (!(await exists(create2Deployer))) throw create2DeployerMissing(create2Deployer)
  const missing = await Promise.all(steps.map(async ({ creates }) => !(await exists(creates))))
  return { address: factory, steps: steps.filter((_, index) => missing[index]) }
}

async function readAsset(
  client: DeployerClient,
  asset: Address,
  functionName: 'decimals' | 'balanceOf',
  args: readonly [] | readonly [Address],
): Promise<bigint> {
  const request = { address: asset, abi: erc20Abi, functionName, args } as Parameters<typeof readContract>[1]
  return BigInt(
    (await readContract(client, request).catch((error: unknown) => {
      // What is wrong with the connection stays what it is.
      if (error instanceof BaseError && error.walk((cause) => cause instanceof TillerError) !== null) throw error
      throw assetUnreadable(asset, functionName, error)
    })) as bigint | number,
  )
}

/**
 * Deploys vault, Guard and the adapters that the configuration names, sets caps, exits and roles, and seeds dead shares;
 * each transaction waits for the one before it.
 *
 * @throws what `prepareDeployment` and `sendDeployment` do
 */
export async function deployVault(
  client: DeployerClient,
  config: VaultPlanConfig,
  options: DeployVaultOptions = {},
): Promise<VaultDeployment> {
  return sendDeployment(client, await prepareDeployment(client, config, options), options)
}

/**
 * Sends the transactions of a plan, each after the one before it.
 *
 * @throws DEPLOYMENT_STEP_REVERTED, DEPLOYMENT_ADDRESS_MISMATCH, TRANSACTION_PENDING
 */
export async function sendDeployment(
  client: DeployerClient,
  plan: DeploymentPlan,
  options: Pick<DeployVaultOptions, 'onStep' | 'afterSend'> = {},
): Promise<VaultDeployment> {
  const transactions: DeploymentTransaction[] = []
  for (const step of plan.steps) {
    // Code at an address of CREATE2 is the code that was planned, whoever put it there in the meantime.
    if (step.to === create2Deployer && step.creates !== undefined) {
      const code = await getCode(client, { address: step.creates })
      if (code !== undefined) continue
    }
    options.onStep?.(step)
    const done = await send(client, plan.deployer, step, options)
    transactions.push({ title: step.title, ...done, ...(step.creates === undefined ? {} : { creates: step.creates }) })
    options.onStep?.(step, done)
  }
  const { vault, guard, asset, venues, periphery, ownerMustAccept } = plan
  return { vault, guard, asset, venues, periphery, transactions, ownerMustAccept }
}

async function send(
  client: DeployerClient,
  deployer: Address,
  step: DeploymentStep,
  { afterSend }: DeployVaultOptions,
): Promise<{ hash: Hex; gasUsed: bigint; blockNumber: bigint }> {
  const account = client.account ?? deployer
  const request = step.to === undefined ? { data: step.data } : { to: step.to, data: step.data }
  let hash: Hex
  try {
    // A quarter more than the estimate, which is made at the head: the block of the transaction may cost more.
    const gas = ((await estimateGas(client, { account, ...request })) * 5n) / 4n
    const fees = await steadyFees(client)
    hash = await sendTransaction(client, { account, chain: client.chain ?? null, gas, ...fees, ...request })
  } catch (error) {
    throw deploymentStepReverted(step.title, 'not sent', reasonOf(error), error)
  }
  await afterSend?.()
  const receipt = await waitForTransactionReceipt(client, {
    hash,
    pollingInterval: Math.min(client.pollingInterval, 250),
    timeout: receiptTimeoutMs,
  }).catch((error: unknown) => {
    if (!(error instanceof WaitForTransactionReceiptTimeoutError)) throw error
    throw transactionPending(step.title, hash, receiptTimeoutMs / 1000)
  })
  if (receipt.status !== 'success') {
    // Only a call tells why; it runs on the state after the block, which the failed transaction did not change.
    const reason = await call(client, { account, ...request }).then(() => 'no reason given', reasonOf)
    throw deploymentStepReverted(step.title, hash, reason)
  }
  if (step.creates !== undefined) {
    const code = await getCode(client, { address: step.creates })
    const found = receipt.contractAddress ?? step.creates
    if (code === undefined || !isAddressEqual(found, step.creates)) {
      throw deploymentAddressMismatch(step.title, step.creates, receipt.contractAddress ?? 'none')
    }
  }
  return { hash, gasUsed: receipt.gasUsed, blockNumber: receipt.blockNumber }
}

/** Everything that the deployment of a plan may create, compiled. */
export async function loadVaultArtifacts(
  config: Pick<VaultPlanConfig, 'venues' | 'periphery'>,
): Promise<VaultArtifacts> {
  const { router, redeemQueue, rewardSeller } = config.periphery ?? {}
  const hasRange = config.venues.some(({ kind }) => kind === 'uniswap-v3')
  const names: (keyof VaultArtifacts)[] = [
    ...deploymentContracts,
    ...(hasRange ? (['UniswapV3Adapter'] as const) : []),
    ...(hasRange || needsPriceGuard(rewardSeller) ? (['PriceGuard'] as const) : []),
    ...(rewardSeller === undefined ? [] : (['RewardSeller'] as const)),
    ...(router === undefined ? [] : (['Router'] as const)),
    ...(redeemQueue === undefined ? [] : (['RedeemQueue'] as const)),
  ]
  const artifacts = await loadArtifacts(names)
  return Object.fromEntries(names.map((name, index) => [name, artifacts[index]])) as unknown as VaultArtifacts
}

/** The contract's own words where the error carries revert data, else viem's short message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.message : String(error)
  const withData = error.walk((cause) => isHex((cause as { data?: unknown }).data))
  const data = (withData as { data?: unknown } | null)?.data
  return isHex(data) ? revertReason(data) : error.shortMessage
}
