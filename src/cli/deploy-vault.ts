import { join, relative, resolve } from 'node:path'
import { type Address, createWalletClient, custom, erc20Abi } from 'viem'
import { configPath, loadConfigWithoutVault } from '../config/load-config.ts'
import { cancelled, planMissing, usageError } from '../errors/cli.ts'
import {
  type DeployerClient,
  type DeploymentPlan,
  prepareDeployment,
  sendDeployment,
  type VaultDeployment,
  type VaultPlanConfig,
} from '../vault/deploy.ts'
import { planWarnings } from '../vault/plan-warnings.ts'
import { type RecordedDeployment, recordDeployment } from '../vault/record-deployment.ts'
import { rehearseDeployment } from '../vault/rehearse-deployment.ts'
import { sharedExposures } from '../vault/shared-risks.ts'
import { createAsk } from './ask.ts'
import { locationOf } from './commands/config.ts'
import type { Context } from './context.ts'
import { deployDevnetVault, vaultSection } from './devnet-vault.ts'
import { findDevnet } from './find-devnet.ts'
import { type ChainOptions, openChain } from './open-chain.ts'
import { renderDeployment } from './render/deployment.ts'
import { formatAmount } from './render/format.ts'
import { renderKeyValues } from './render/key-values.ts'
import { mark } from './render/marks.ts'
import { findSender, type SenderOptions } from './sender.ts'
import { readVaultPlan } from './vault-plan-file.ts'
import { writeVaultSection } from './write-config.ts'

export type DeployOptions = SenderOptions &
  ChainOptions & {
    plan?: string
    dryRun?: boolean
    yes?: boolean
    withFactory?: boolean
    out?: string
    write?: boolean
  }

/** `tiller vault deploy`: rehearses the whole deployment, shows it, asks, sends it, and writes down what stands. */
export async function deployCommand(context: Context, options: DeployOptions): Promise<void> {
  if (options.plan === undefined) {
    const devnet = await findDevnet()
    if (devnet === undefined || options.rpc !== undefined || options.rpcEnv !== undefined) throw planMissing()
    if (options.dryRun === true) throw planMissing()
    const note = (title: string) => context.note(`… ${title}`)
    const { client, config, plan, ...deployed } = await deployDevnetVault(devnet.url, devnet.deployment, note)
    const ethUsdFeed = devnet.deployment.feeds.ethUsd
    const recorded = await record(context, options, { client, config, plan, deployed, ethUsdFeed })
    answerDeployed(context, deployed, recorded, options, ethUsdFeed)
    return
  }
  const config = readVaultPlan(resolve(context.io.cwd, options.plan))
  const { chainId, clients, signer } = await openChain(context, options)
  if (options.write === true) checkWritable(context, chainId)
  const { client } = clients.send
  const sender = await findSender(context, options, { client, signer })
  const wallet = createWalletClient({
    account: sender.account,
    chain: client.chain,
    transport: custom({ request: client.request }),
  })
  const plan = await prepareDeployment(wallet, config, { deployFactory: options.withFactory === true })
  const rehearsal = await rehearseDeployment(clients.simulate.client, plan)
  const asset = await describeAsset(wallet, plan.asset)
  const tokens = await describeTokens(wallet, plan)
  const shown = renderDeployment({ config, plan, rehearsal, asset, tokens, chainId }, context.paint, context.columns)
  if (options.dryRun === true) {
    const { vault, guard, venues, periphery, contracts, timelocks, maxRatePerSecondWad, factory } = plan
    const steps = plan.steps.map((step, index) => ({ ...step, ...rehearsal.steps[index] }))
    context.answer({
      document: {
        ...{ sent: false, vault, guard, factory: factory ?? null, venues, periphery, contracts, timelocks },
        ...{ maxRatePerSecondWad, sharedRisks: sharedExposures(config), warnings: planWarnings(config, asset, tokens) },
        rewards: plan.rewards ?? null,
        ...{ rehearsal, steps },
      },
      lines: [...shown, 'Nothing was sent.'],
    })
    return
  }
  for (const line of shown) context.note(line)
  if (options.yes !== true) {
    const ask = await createAsk(context, ['--yes'])
    if (!(await ask.confirm(`Send ${plan.steps.length} transactions from ${plan.deployer}?`, false))) throw cancelled()
  }
  const deployed = await sendDeployment(wallet, plan, {
    onStep: (step, done) => {
      if (done === undefined) context.note(`… ${step.title}`)
    },
  })
  const recorded = await record(context, options, { client: wallet, config, plan, deployed })
  answerDeployed(context, deployed, recorded, options)
}

/** What could not be written down afterwards is refused before anything is sent. */
function checkWritable(context: Context, chainId: number): void {
  const location = locationOf(context)
  const { chain } = loadConfigWithoutVault(location).config
  if (chain.id !== chainId) {
    throw usageError(`--write would put a vault of chain ${chainId} into ${configPath(location)} of chain ${chain.id}.`)
  }
}

async function describeAsset(client: DeployerClient, address: Address) {
  const { readContract } = await import('viem/actions')
  const [decimals, symbol] = await Promise.all([
    readContract(client, { address, abi: erc20Abi, functionName: 'decimals' }),
    readContract(client, { address, abi: erc20Abi, functionName: 'symbol' }).catch(() => ''),
  ])
  return { decimals, symbol }
}

/** The tokens that the reward seller of a plan sells. */
async function describeTokens(client: DeployerClient, { rewards }: DeploymentPlan) {
  const sold = rewards?.routes.map(({ token }) => token) ?? []
  const known = await Promise.all(sold.map(async (token) => [token, await describeAsset(client, token)] as const))
  return new Map(known)
}

type Recordable = {
  client: DeployerClient
  config: VaultPlanConfig
  plan: DeploymentPlan
  deployed: VaultDeployment
  ethUsdFeed?: Address
}

async function record(context: Context, options: DeployOptions, made: Recordable): Promise<RecordedDeployment> {
  const { client, plan } = made
  const own = join('deployments', `${await chainOf(client)}-${plan.vault}`)
  return recordDeployment(client, { folder: resolve(context.io.cwd, options.out ?? own), ...made })
}

async function chainOf(client: DeployerClient): Promise<number> {
  return client.chain?.id ?? (await import('viem/actions')).getChainId(client)
}

/** A path as seen from the working folder, where that is shorter. */
function shortest(context: Context, file: string): string {
  const seen = relative(context.io.cwd, file)
  return seen.startsWith('..') ? file : seen
}

function answerDeployed(
  context: Context,
  deployed: VaultDeployment,
  recorded: RecordedDeployment,
  options: DeployOptions,
  ethUsdFeed?: Address,
): void {
  const section = vaultSection(deployed, ethUsdFeed)
  const gasUsed = deployed.transactions.reduce((sum, transaction) => sum + transaction.gasUsed, 0n)
  const written = options.write === true ? writeVaultSection(locationOf(context), section) : undefined
  const { file, bundle } = recorded
  const { vault, guard, asset, venues, periphery, transactions, ownerMustAccept } = deployed
  context.answer({
    document: {
      ...{ vault, guard, asset, venues, periphery, transactions, ownerMustAccept, gasUsed, section, file, bundle },
      ...(written === undefined ? {} : { written }),
    },
    lines: [
      `${mark('ok', context.paint)} The vault stands: ${transactions.length} transactions, ${formatAmount(gasUsed, 0)} gas.`,
      ...renderKeyValues(
        [
          ['vault', vault],
          ['guard', guard],
          ['venues', venues.map(({ name }) => name).join(', ')],
          ...(periphery.router === undefined ? [] : [['router', periphery.router] as const]),
          ...(periphery.redeemQueue === undefined ? [] : [['redeem queue', periphery.redeemQueue] as const]),
          ...(periphery.rewardSeller === undefined ? [] : [['reward seller', periphery.rewardSeller] as const]),
          ['deployment', shortest(context, file)],
          ['verification', shortest(context, bundle)],
        ],
        { paint: context.paint },
      ),
      '',
      'Next:',
      ...(ownerMustAccept
        ? [
            '  the owner accepts: acceptOwnership() on the vault, calldata 0x79ba5097; until then nobody can use the role',
          ]
        : []),
      `  tiller vault audit ${vault}${options.rpcEnv === undefined ? '' : ` --rpc-env ${options.rpcEnv}`}`,
      ...(written === undefined
        ? [
            `  the keeper's configuration names the file: "vault": { "deployment": ${JSON.stringify(shortest(context, file))} }`,
          ]
        : [`  tiller doctor; the section "vault" is in ${written}`]),
    ],
  })
}
