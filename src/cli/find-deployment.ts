import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Address, getAddress, isAddressEqual } from 'viem'
import { usageError } from '../errors/cli.ts'
import { type DeploymentFile, readDeploymentFile } from '../vault/deployment-file.ts'
import type { Context } from './context.ts'

/**
 * The deployment file of a vault: the one that is named, else the one where `tiller vault deploy` puts it below the working
 * folder, if it is there. Raises USAGE for that of another vault, and CONFIG_DEPLOYMENT_FILE.
 */
export function findDeployment(
  context: Context,
  vault: Address,
  chainId: number,
  named: string | undefined,
): DeploymentFile | undefined {
  const usual = join('deployments', `${chainId}-${getAddress(vault)}`, 'deployment.json')
  const file = resolve(context.io.cwd, named ?? usual)
  if (named === undefined && !existsSync(file)) return undefined
  const found = readDeploymentFile(file)
  if (found.chainId !== chainId || !isAddressEqual(found.vault, vault)) {
    throw usageError(`The deployment file is that of ${found.vault} on chain ${found.chainId}.`)
  }
  return found
}
