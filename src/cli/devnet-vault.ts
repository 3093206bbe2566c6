import { createWalletClient, custom, erc20Abi } from 'viem'
import { toAccount } from 'viem/accounts'
import { createClients } from '../chain/create-clients.ts'
import type { VaultConfig } from '../config/schema.ts'
import type { DevnetDeployment } from '../devnet/deployment.ts'
import { devnetVaultPlan } from '../devnet/devnet-vault-plan.ts'
import { vaultAbi } from '../vault/abi.ts'
import {
  type DeployerClient,
  type DeploymentPlan,
  prepareDeployment,
  sendDeployment,
  type VaultDeployment,
  type VaultPlanConfig,
} from '../vault/deploy.ts'
import { sendStep } from './send-transaction.ts'
import type { Sender } from './sender.ts'

/** A vault that was deployed, with what it was made of. */
export type DevnetVault = VaultDeployment & { client: DeployerClient; config: VaultPlanConfig; plan: DeploymentPlan }

/**
 * Deploys the devnet's vault through the factory, at most 50 million in a venue, with the accounts that the devnet's node
 * signs for; the owner accepts at once.
 */
export async function deployDevnetVault(
  url: string,
  deployment: DevnetDeployment,
  onStep: (title: string) => void = () => {},
): Promise<DevnetVault> {
  const { accounts, tokens } = deployment
  const config = devnetVaultPlan(deployment, 50_000_000n)
  const { client } = createClients({ chainId: deployment.chainId, read: [url] }).send
  const as = (address: `0x${string}`): Sender => ({ address, account: toAccount(address) })
  await sendStep(client, as(accounts.alice), {
    title: 'give the deployer the seed',
    to: tokens.usdc,
    abi: erc20Abi,
    functionName: 'transfer',
    args: [accounts.deployer, config.seedAssets],
  })
  const wallet = createWalletClient({
    account: accounts.deployer,
    chain: client.chain,
    transport: custom({ request: client.request }),
  })
  const plan = await prepareDeployment(wallet, config, { deployFactory: true })
  const deployed = await sendDeployment(wallet, plan, {
    onStep: (step, done) => {
      if (done === undefined) onStep(step.title)
    },
  })
  onStep('the owner accepts')
  await sendStep(client, as(accounts.owner), {
    title: 'accept the ownership',
    to: deployed.vault,
    abi: vaultAbi,
    functionName: 'acceptOwnership',
    args: [],
  })
  return { ...deployed, ownerMustAccept: false, client: wallet, config, plan: { ...plan, ownerMustAccept: false } }
}

/** The section `vault` of a configuration for a vault that was deployed. */
export function vaultSection(
  deployed: VaultDeployment,
  ethUsdFeed?: `0x${string}`,
): Omit<VaultConfig, 'idleReserveBps'> {
  return {
    address: deployed.vault,
    guard: deployed.guard,
    asset: deployed.asset,
    venues: deployed.venues.map(({ name, kind, adapter, data }) => ({ name, kind, adapter, data })),
    ...(ethUsdFeed === undefined ? {} : { ethUsdFeed }),
    ...deployed.periphery,
  }
}
