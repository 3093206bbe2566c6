import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, erc20Abi, getAddress, type Hex, keccak256 } from 'viem'
import { getBlock, getChainId, getCode, readContract } from 'viem/actions'
import { codeRevision } from '../chain/code-revision.ts'
import { projectRoot } from '../chain/paths.ts'
import { findContract } from '../devnet/compile/find-contract.ts'
import { packageVersion, standardJson } from '../devnet/compile/unit.ts'
import { type DeployerClient, loadVaultArtifacts, type VaultDeployment } from './deploy.ts'
import { type DeploymentFile, formatDeploymentFile } from './deployment-file.ts'
import { artifactOf, type DeploymentPlan, type VaultPlanConfig } from './plan-deployment.ts'
import { writeVerificationBundle } from './verification-bundle.ts'

export type RecordedDeployment = {
  deployment: DeploymentFile
  /** Path of the deployment file. */
  file: string
  /** Folder of the bundle for source verification, beside it. */
  bundle: string
}

/**
 * Writes what was deployed below `folder`: `deployment.json`, which the keeper reads, and `verification/`, which a source
 * verifier takes. What lies on the chain is read, not assumed.
 *
 * @throws VERIFICATION_MISMATCH, and the errors of the transport
 */
export async function recordDeployment(
  client: DeployerClient,
  parameters: {
    folder: string
    config: VaultPlanConfig
    plan: DeploymentPlan
    deployed: VaultDeployment
    ethUsdFeed?: Address
  },
): Promise<RecordedDeployment> {
  const { folder, config, plan, deployed, ethUsdFeed } = parameters
  const artifacts = await loadVaultArtifacts(config)
  const last = deployed.transactions.at(-1)
  const [chainId, block, symbol, decimals, codes] = await Promise.all([
    getChainId(client),
    getBlock(client, last === undefined ? {} : { blockNumber: last.blockNumber }),
    readContract(client, { address: plan.asset, abi: erc20Abi, functionName: 'symbol' }).catch(() => ''),
    readContract(client, { address: plan.asset, abi: erc20Abi, functionName: 'decimals' }),
    Promise.all(plan.contracts.map(async ({ address }) => (await getCode(client, { address })) ?? '0x')),
  ])
  const creators = creatingTransactions(plan, deployed)
  const deployment: DeploymentFile = {
    version: 1,
    chainId,
    block: { number: block.number, hash: block.hash, timestamp: block.timestamp },
    vault: plan.vault,
    guard: plan.guard,
    ...(plan.factory === undefined ? {} : { factory: plan.factory }),
    deployer: plan.deployer,
    asset: { address: getAddress(plan.asset), symbol, decimals },
    roles: {
      owner: config.owner,
      ownerMustAccept: plan.ownerMustAccept,
      curator: config.curator,
      sentinels: [...config.sentinels],
      keepers: [...config.keepers],
      ...(config.feeRecipient === undefined ? {} : { feeRecipient: config.feeRecipient }),
      ...(config.gate === undefined ? {} : { gate: config.gate }),
    },
    timelocks: { vault: { ...plan.timelocks.vault }, guard: { ...plan.timelocks.guard } },
    venues: plan.venues.map(({ name, kind, adapter, data, id }) => ({ name, kind, adapter, data, id })),
    periphery: { ...plan.periphery },
    ...(ethUsdFeed === undefined ? {} : { ethUsdFeed }),
    contracts: plan.contracts.map(({ contract, address, encodedArgs }, index) => ({
      contract,
      address,
      codeHash: keccak256(codes[index] ?? '0x'),
      creationCodeHash: keccak256(artifactOf(artifacts, contract).bytecode),
      constructorArguments: encodedArgs,
    })),
    transactions: deployed.transactions.map(({ creates: _, ...transaction }) => transaction),
    build: buildOf(),
  }
  const bundle = join(folder, 'verification')
  await writeVerificationBundle(
    bundle,
    chainId,
    plan.contracts.map(({ contract, address, args, encodedArgs }, index) => {
      const transaction = creators.get(address)
      return {
        contract,
        address,
        abi: artifactOf(artifacts, contract).abi,
        args,
        encodedArgs,
        code: codes[index] ?? '0x',
        ...(transaction === undefined ? {} : { transaction }),
      }
    }),
  )
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'deployment.json')
  writeFileSync(file, formatDeploymentFile(deployment))
  return { deployment, file, bundle }
}

/** The factory creates vault and Guard in one transaction, which names the vault. */
function creatingTransactions(plan: DeploymentPlan, deployed: VaultDeployment): Map<Address, Hex> {
  const found = new Map<Address, Hex>()
  for (const { creates, hash } of deployed.transactions) {
    if (creates === undefined) continue
    found.set(creates, hash)
    if (creates === plan.vault && plan.factory !== undefined) found.set(plan.guard, hash)
  }
  return found
}

function buildOf(): DeploymentFile['build'] {
  const { version }: { version: string } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8'))
  const { unit } = findContract('Vault')
  const { outputSelection: _, ...settings } = standardJson(unit).settings
  return { version, revision: codeRevision(), compiler: `solc ${packageVersion(unit.compiler)}`, settings }
}
