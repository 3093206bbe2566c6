import { existsSync } from 'node:fs'
import { type Address, isAddressEqual } from 'viem'
import { configPath, loadConfigWithoutVault } from '../config/load-config.ts'
import { readAudit } from '../vault/audit.ts'
import type { BesideVault } from '../vault/audit-beside.ts'
import { auditFindings } from '../vault/audit-findings.ts'
import type { NamedVenue } from '../vault/audit-venues.ts'
import { locationOf } from './commands/config.ts'
import type { Context } from './context.ts'
import { findDeployment } from './find-deployment.ts'
import { type ChainOptions, openChain } from './open-chain.ts'
import { renderAudit } from './render/audit.ts'
import { formatDuration, formatSmall } from './render/format.ts'

export type AuditOptions = ChainOptions & { block?: number; fromBlock?: number; deployment?: string }

/** `tiller vault audit`: exit code 1 where a finding is serious. */
export async function auditCommand(context: Context, address: Address, options: AuditOptions): Promise<void> {
  const { client } = (await openChain(context, options)).clients.read[0]
  const facts = await readAudit(client, address, {
    ...(options.block === undefined ? {} : { blockNumber: BigInt(options.block) }),
    ...(options.fromBlock === undefined ? {} : { fromBlock: BigInt(options.fromBlock) }),
    ...namedByFile(context, address, client.chain.id, options),
    amount: (units, decimals, symbol) => `${formatSmall(units, decimals)} ${symbol}`.trim(),
    duration: (seconds) => formatDuration(Number(seconds) * 1_000),
  })
  const findings = auditFindings(facts)
  context.answer({
    document: { ...facts, findings },
    lines: renderAudit(facts, findings, context.paint, context.columns),
    exitCode: findings.some(({ severity }) => severity === 'serious') ? 1 : 0,
  })
}

/**
 * What stands beside the vault, and markets in which nothing lies yet, cannot be found from it: the deployment file names
 * them, else the configuration where it names this vault.
 */
function namedByFile(
  context: Context,
  vault: Address,
  chainId: number,
  options: AuditOptions,
): { beside: BesideVault; venues: readonly NamedVenue[] } {
  const found = findDeployment(context, vault, chainId, options.deployment)
  if (found !== undefined) {
    const { factory, periphery, venues } = found
    return { beside: { ...(factory === undefined ? {} : { factory }), ...periphery }, venues }
  }
  const location = locationOf(context)
  if (!existsSync(configPath(location))) return { beside: {}, venues: [] }
  const { vault: own, chain } = loadConfigWithoutVault(location).config
  if (own === undefined || chain.id !== chainId || !isAddressEqual(own.address, vault))
    return { beside: {}, venues: [] }
  const { router, redeemQueue, rewardSeller, venues } = own
  return {
    beside: {
      ...(router === undefined ? {} : { router }),
      ...(redeemQueue === undefined ? {} : { redeemQueue }),
      ...(rewardSeller === undefined ? {} : { rewardSeller }),
    },
    venues,
  }
}
