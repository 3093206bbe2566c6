import { join, resolve } from 'node:path'
import { type Address, createWalletClient, custom, erc20Abi } from 'viem'
import { createClients } from '../chain/create-clients.ts'
import { loadConfigWithoutVault } from '../config/load-config.ts'
import { cancelled, usageError } from '../errors/cli.ts'
import {
  type DeployerClient,
  type DeploymentPlan,
  prepareDeployment,
  sendDeployment,
  type VaultDeployment,
  type VaultPlanConfig,
} from '../vault/deploy.ts'
import { type RecordedDeployment, recordDeployment } from '../vault/record-deployment.ts'
import { rehearseDeployment } from '../vault/rehearse-deployment.ts'
import { planWarnings, sharedExposures } from '../vault/shared-risks.ts'
import { createAsk } from './ask.ts'
import { locationOf } from './commands/config.ts'
import type { Context } from './context.ts'
import { deployDevnetVault, vaultSection } from './devnet-vault.ts'
import { findDevnet } from './find-devnet.ts'
import { jsonText } from './output.ts'
import { renderDeployment } from './render/deployment.ts'
import { formatAmount } from './render/format.ts'
import { renderKeyValues } from './render/key-values.ts'
import { mark } from './render/marks.ts'
import { findSender, type SenderOptions } from './sender.ts'
import { readVaultPlan } from './vault-plan-file.ts'
import { writeVaultSection } from './write-config.ts'

export type DeployOptions = SenderOptions & {
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
    if (devnet === undefined) throw usageError('Without a running devnet, --plan names what is deployed.')
    if (options.dryRun === true) throw usageError('--dry-run needs --plan.')
    const note = (title: string) => context.note(`… ${title}`)
    const { client, config, plan, ...deployed } = await deployDevnetVault(devnet.url, devnet.deployment, note)
    const ethUsdFeed = devnet.deployment.feeds.ethUsd
    const recorded = await record(context, options, { client, config, plan, deployed, ethUsdFeed })
    answerDeployed(context, deployed, recorded, options, ethUsdFeed)
    return
  }
  const config = readVaultPlan(resolve(context.io.cwd, options.plan))
  const { config: settings } = loadConfigWithoutVault(locationOf(context))
  const clients = createClients({ chainId: settings.chain.id, ...settings.chain.rpc })
  const { client } = clients.send
  const sender = await findSender(context, options, { client, signer: settings.signer })
  const wallet = createWalletClient({
    account: sender.account,
    chain: client.chain,
    transport: custom({ request: client.request }),
  })
  const plan = await prepareDeployment(wallet, config, { deployFactory: options.withFactory === true })
  const rehearsal = await rehearseDeployment(clients.simulate.client, plan)
  const asset = await describeAsset(wallet, plan.asset)
  const shown = renderDeployment({ config, plan, rehearsal, asset, chainId: settings.chain.id }, context.paint)
  if (options.dryRun === true) {
    const { vault, guard, venues, periphery, contracts, timelocks, maxRatePerSecondWad, factory } = plan
    const steps = plan.steps.map((step, index) => ({ ...step, ...rehearsal.steps[index] }))
    context.answer({
      document: {
        ...{ sent: false, vault, guard, factory: factory ?? null, venues, periphery, contracts, timelocks },
        ...{ maxRatePerSecondWad, sharedRisks: sharedExposures(config), warnings: planWarnings(config) },
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

async function describeAsset(client: DeployerClient, address: Address) {
  const { readContract } = await import('viem/actions')
  const [decimals, symbol] = await Promise.all([
    readContract(client, { address, abi: erc20Abi, functionName: 'decimals' }),
    readContract(client, { address, abi: erc20Abi, functionName: 'symbol' }).catch(() => ''),
  ])
  return { decimals, symbol }
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
          ['deployment', file],
          ['verification', bundle],
        ],
        { paint: context.paint },
      ),
      ...(ownerMustAccept ? ['The configured owner must still call acceptOwnership on the vault.'] : []),
      ...(written === undefined
        ? ['The section for the configuration (--write puts it there):', jsonText({ vault: section })]
        : [`The section "vault" is in ${written}.`]),
    ],
  })
}
