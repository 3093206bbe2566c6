import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Address, getAddress, isAddressEqual } from 'viem'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClient } from '../chain/endpoint.ts'
import { configPath, loadConfigWithoutVault } from '../config/load-config.ts'
import { usageError } from '../errors/cli.ts'
import { readAudit } from '../vault/audit.ts'
import type { BesideVault } from '../vault/audit-beside.ts'
import { auditFindings } from '../vault/audit-findings.ts'
import { readDeploymentFile } from '../vault/deployment-file.ts'
import { locationOf } from './commands/config.ts'
import type { Context } from './context.ts'
import { findDevnet } from './find-devnet.ts'
import { renderAudit } from './render/audit.ts'
import { formatAmount, formatDuration } from './render/format.ts'

export type AuditOptions = { block?: number; fromBlock?: number; deployment?: string }

/** `tiller vault audit`: exit code 1 where a finding is serious. */
export async function auditCommand(context: Context, address: Address, options: AuditOptions): Promise<void> {
  const client = await clientOf(context)
  const facts = await readAudit(client, address, {
    ...(options.block === undefined ? {} : { blockNumber: BigInt(options.block) }),
    ...(options.fromBlock === undefined ? {} : { fromBlock: BigInt(options.fromBlock) }),
    beside: besideVault(context, address, client.chain.id, options),
    amount: (units, decimals, symbol) => `${formatAmount(units, decimals, 2)} ${symbol}`.trim(),
    duration: (seconds) => formatDuration(Number(seconds) * 1_000),
  })
  const findings = auditFindings(facts)
  context.answer({
    document: { ...facts, findings },
    lines: renderAudit(facts, findings, context.paint, context.columns),
    exitCode: findings.some(({ severity }) => severity === 'serious') ? 1 : 0,
  })
}

/** The configured chain; without a configuration, a running devnet. */
async function clientOf(context: Context): Promise<ChainClient> {
  const location = locationOf(context)
  const devnet = existsSync(configPath(location)) ? undefined : await findDevnet()
  if (devnet !== undefined) {
    return createClients({ chainId: devnet.deployment.chainId, read: [devnet.url] }).read[0].client
  }
  const { config } = loadConfigWithoutVault(location)
  return createClients({ chainId: config.chain.id, ...config.chain.rpc }).read[0].client
}

/**
 * What stands beside the vault cannot be found from it: the deployment file names it, else the configuration where it
 * names this vault.
 */
function besideVault(context: Context, vault: Address, chainId: number, options: AuditOptions): BesideVault {
  const usual = join('deployments', `${chainId}-${getAddress(vault)}`, 'deployment.json')
  const file = resolve(context.io.cwd, options.deployment ?? usual)
  if (options.deployment !== undefined || existsSync(file)) {
    const found = readDeploymentFile(file)
    if (found.chainId !== chainId || !isAddressEqual(found.vault, vault)) {
      throw usageError(`The deployment file is that of ${found.vault} on chain ${found.chainId}.`)
    }
    return { ...(found.factory === undefined ? {} : { factory: found.factory }), ...found.periphery }
  }
  const location = locationOf(context)
  if (!existsSync(configPath(location))) return {}
  const { vault: own } = loadConfigWithoutVault(location).config
  if (own === undefined || !isAddressEqual(own.address, vault)) return {}
  const { router, redeemQueue } = own
  return { ...(router === undefined ? {} : { router }), ...(redeemQueue === undefined ? {} : { redeemQueue }) }
}
