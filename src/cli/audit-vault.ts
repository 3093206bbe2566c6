import { existsSync } from 'node:fs'
import type { Address } from 'viem'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClient } from '../chain/endpoint.ts'
import { configPath, loadConfigWithoutVault } from '../config/load-config.ts'
import { readAudit } from '../vault/audit.ts'
import { auditFindings } from '../vault/audit-findings.ts'
import { locationOf } from './commands/config.ts'
import type { Context } from './context.ts'
import { findDevnet } from './find-devnet.ts'
import { renderAudit } from './render/audit.ts'
import { formatAmount, formatDuration } from './render/format.ts'

export type AuditOptions = { block?: number; fromBlock?: number }

/** `tiller vault audit`: exit code 1 where a finding is serious. */
export async function auditCommand(context: Context, address: Address, options: AuditOptions): Promise<void> {
  const client = await clientOf(context)
  const facts = await readAudit(client, address, {
    ...(options.block === undefined ? {} : { blockNumber: BigInt(options.block) }),
    ...(options.fromBlock === undefined ? {} : { fromBlock: BigInt(options.fromBlock) }),
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
