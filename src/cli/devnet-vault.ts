import { createWalletClient, custom, erc20Abi } from 'viem'
import { toAccount } from 'viem/accounts'
import { createClients } from '../chain/create-clients.ts'
import type { VaultConfig } from '../config/schema.ts'
import type { DevnetDeployment } from '../devnet/deployment.ts'
import { devnetVaultPlan } from '../devnet/devnet-vault-plan.ts'
import { vaultAbi } from '../vault/abi.ts'
import { deployVault, type VaultDeployment } from '../vault/deploy.ts'
import { sendStep } from './send-transaction.ts'
import type { Sender } from './sender.ts'

/**
 * Deploys the devnet's vault, at most 50 million in a venue, with the accounts that the devnet's node signs for; the
 * owner accepts at once.
 */
export async function deployDevnetVault(
  url: string,
  deployment: DevnetDeployment,
  onStep: (title: string) => void = () => {},
): Promise<VaultDeployment> {
  const { accounts, tokens } = deployment
  const plan = devnetVaultPlan(deployment, 50_000_000n)
  const { client } = createClients({ chainId: deployment.chainId, read: [url] }).send
  const as = (address: `0x${string}`): Sender => ({ address, account: toAccount(address) })
  await sendStep(client, as(accounts.alice), {
    title: 'give the deployer the seed',
    to: tokens.usdc,
    abi: erc20Abi,
    functionName: 'transfer',
    args: [accounts.deployer, plan.seedAssets],
  })
  const wallet = createWalletClient({
    account: accounts.deployer,
    chain: client.chain,
    transport: custom({ request: client.request }),
  })
  const deployed = await deployVault(wallet, plan, {
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
  return deployed
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
  }
}
