import {
  type Account,
  type Address,
  BaseError,
  type Chain,
  type Client,
  erc20Abi,
  type Hex,
  isHex,
  type Transport,
  WaitForTransactionReceiptTimeoutError,
} from 'viem'
import {
  call,
  estimateGas,
  getTransactionCount,
  readContract,
  sendTransaction,
  waitForTransactionReceipt,
} from 'viem/actions'
import { loadArtifacts } from '../chain/artifacts.ts'
import { steadyFees } from '../chain/steady-fees.ts'
import { transactionPending } from '../errors/chain.ts'
import {
  deployerWithoutAccount,
  deploymentAddressMismatch,
  deploymentStepReverted,
  seedUnaffordable,
  vaultPlanInvalid,
} from '../errors/vault.ts'
import type { VenueRef } from '../venues/venue.ts'
import {
  type DeploymentPlan,
  type DeploymentStep,
  planDeployment,
  type VaultArtifacts,
  type VaultPlanConfig,
} from './plan-deployment.ts'
import { revertReason } from './revert-reason.ts'

export type { DeploymentPlan, VaultPlanConfig, VenuePlan } from './plan-deployment.ts'

export type VaultDeployment = {
  vault: Address
  guard: Address
  asset: Address
  venues: readonly VenueRef[]
  /** What was sent, in order. */
  transactions: readonly { title: string; hash: Hex; gasUsed: bigint }[]
  /** True where the configured owner must still call `acceptOwnership`. */
  ownerMustAccept: boolean
}

export type DeployVaultOptions = {
  /** Called before each transaction, and after it with its hash and gas. */
  onStep?: (step: DeploymentStep, done?: { hash: Hex; gasUsed: bigint }) => void
  /** Called once a transaction is sent; a chain that mines on request mines here. */
  afterSend?: () => Promise<void>
}

/** What a deployment creates; all of it is compiled, whichever kinds of lending venue a vault has. */
export const deploymentContracts = [
  'Vault',
  'Guard',
  'AaveV3Adapter',
  'CometAdapter',
  'MorphoBlueAdapter',
  'Erc4626Adapter',
] as const

/** What it creates besides where a venue is a range of a Uniswap v3 pool. */
const rangeContracts = ['UniswapV3Adapter', 'PriceGuard'] as const

/** How long one step may wait for its block. */
const receiptTimeoutMs = 180_000

/** The account that sends; it needs ether and the seed. */
export type DeployerClient = Client<Transport, Chain | undefined, Account | undefined>

/**
 * Lists what `deployVault` would send from the client's account, with every address, and checks that the account can pay
 * for the seed. Nothing is sent.
 *
 * @throws VAULT_PLAN_INVALID, DEPLOYER_WITHOUT_ACCOUNT, SEED_UNAFFORDABLE
 */
export async function prepareDeployment(client: DeployerClient, config: VaultPlanConfig): Promise<DeploymentPlan> {
  const deployer = client.account?.address
  if (deployer === undefined) throw deployerWithoutAccount()
  const [artifacts, nonce, decimals, balance] = await Promise.all([
    loadVaultArtifacts(config),
    getTransactionCount(client, { address: deployer, blockTag: 'pending' }),
    readContract(client, { address: config.asset, abi: erc20Abi, functionName: 'decimals' }),
    readContract(client, { address: config.asset, abi: erc20Abi, functionName: 'balanceOf', args: [deployer] }),
  ])
  const plan = planDeployment(config, { deployer, nonce: BigInt(nonce), artifacts })
  const least = 10n ** BigInt(Math.max(0, decimals - 2))
  if (config.seedAssets < least) {
    throw vaultPlanInvalid([{ path: 'seedAssets', fault: `is below ${least}, a hundredth of a whole unit` }])
  }
  if (balance < config.seedAssets) throw seedUnaffordable(deployer, config.asset, balance, config.seedAssets)
  return plan
}

/**
 * Deploys vault, Guard and the adapters that the configuration names, sets caps, exits and roles, and seeds dead shares;
 * each transaction waits for the one before it.
 *
 * @throws VAULT_PLAN_INVALID, DEPLOYER_WITHOUT_ACCOUNT, SEED_UNAFFORDABLE, DEPLOYMENT_STEP_REVERTED,
 * DEPLOYMENT_ADDRESS_MISMATCH
 */
export async function deployVault(
  client: DeployerClient,
  config: VaultPlanConfig,
  options: DeployVaultOptions = {},
): Promise<VaultDeployment> {
  const plan = await prepareDeployment(client, config)
  const transactions: { title: string; hash: Hex; gasUsed: bigint }[] = []
  for (const step of plan.steps) {
    options.onStep?.(step)
    const done = await send(client, plan.deployer, step, options)
    transactions.push({ title: step.title, ...done })
    options.onStep?.(step, done)
  }
  const { vault, guard, asset, venues, ownerMustAccept } = plan
  return { vault, guard, asset, venues, transactions, ownerMustAccept }
}

async function send(
  client: DeployerClient,
  deployer: Address,
  step: DeploymentStep,
  { afterSend }: DeployVaultOptions,
): Promise<{ hash: Hex; gasUsed: bigint }> {
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
  const found = receipt.contractAddress?.toLowerCase()
  if (step.creates !== undefined && found !== step.creates.toLowerCase()) {
    throw deploymentAddressMismatch(step.title, step.creates, receipt.contractAddress ?? 'none')
  }
  return { hash, gasUsed: receipt.gasUsed }
}

async function loadVaultArtifacts(config: VaultPlanConfig): Promise<VaultArtifacts> {
  const hasRanges = config.venues.some(({ kind }) => kind === 'uniswap-v3')
  const [Vault, Guard, AaveV3Adapter, CometAdapter, MorphoBlueAdapter, Erc4626Adapter] =
    await loadArtifacts(deploymentContracts)
  const [UniswapV3Adapter, PriceGuard] = hasRanges ? await loadArtifacts(rangeContracts) : []
  if (!(Vault && Guard && AaveV3Adapter && CometAdapter && MorphoBlueAdapter && Erc4626Adapter)) {
    throw new Error('unreachable: loadArtifacts returns one artifact for each name')
  }
  return {
    Vault,
    Guard,
    AaveV3Adapter,
    CometAdapter,
    MorphoBlueAdapter,
    Erc4626Adapter,
    ...(UniswapV3Adapter && PriceGuard ? { UniswapV3Adapter, PriceGuard } : {}),
  }
}

/** The contract's own words where the error carries revert data, else viem's short message. */
function reasonOf(error: unknown): string {
  if (!(error instanceof BaseError)) return error instanceof Error ? error.message : String(error)
  const withData = error.walk((cause) => isHex((cause as { data?: unknown }).data))
  const data = (withData as { data?: unknown } | null)?.data
  return isHex(data) ? revertReason(data) : error.shortMessage
}
