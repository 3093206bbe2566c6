import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClients } from '../chain/endpoint.ts'
import { toChainError } from '../chain/to-chain-error.ts'
import { configPath, loadConfigWithoutVault } from '../config/load-config.ts'
import { isHttpUrl, type SignerConfig } from '../config/schema.ts'
import { chainNotNamed, usageError } from '../errors/cli.ts'
import { locationOf } from './commands/config.ts'
import type { Context } from './context.ts'
import { findDevnet } from './find-devnet.ts'

export type ChainOptions = { rpc?: string; rpcEnv?: string }

/** Adds the options that name a chain for commands which need no configuration. */
export function withChain(command: Command): Command {
  return command
    .option('--rpc <url>', 'an endpoint of the chain (default: the configured one, else the devnet that runs)')
    .option('--rpc-env <name>', 'the same by environment variable, for a URL that holds a token')
}

export type OpenChain = { chainId: number; clients: ChainClients; signer?: SignerConfig }

/**
 * The chain that the options name, else the configured one, else the devnet that runs.
 *
 * Raises USAGE_NO_CHAIN where there is none, USAGE, and what the configuration and the endpoint raise.
 */
export async function openChain(context: Context, options: ChainOptions): Promise<OpenChain> {
  const url = givenUrl(context, options)
  if (url !== undefined) {
    // Any id will do for the question what the id is.
    const { client } = createClients({ chainId: 1, read: [url] }).read[0]
    const chainId = await client.getChainId().catch((error: unknown) => {
      throw toChainError(error, 'read[0]', 'eth_chainId')
    })
    return { chainId, clients: createClients({ chainId, read: [url] }) }
  }
  const location = locationOf(context)
  const file = configPath(location)
  const isNamed = context.options.config !== undefined || context.io.env['TILLER_CONFIG'] !== undefined
  if (isNamed || existsSync(file)) {
    const { config } = loadConfigWithoutVault(location)
    const { chain, signer } = config
    const clients = createClients({ chainId: chain.id, ...chain.rpc })
    return { chainId: chain.id, clients, ...(signer === undefined ? {} : { signer }) }
  }
  const devnet = await findDevnet()
  if (devnet === undefined) throw chainNotNamed(file)
  const { chainId } = devnet.deployment
  return { chainId, clients: createClients({ chainId, read: [devnet.url] }) }
}

function givenUrl(context: Context, { rpc, rpcEnv }: ChainOptions): string | undefined {
  if (rpc !== undefined && rpcEnv !== undefined) throw usageError('Give --rpc or --rpc-env, not both.')
  if (rpcEnv === undefined) {
    if (rpc !== undefined && !isHttpUrl(rpc)) throw usageError('--rpc takes an http or https URL.')
    return rpc
  }
  const url = context.io.env[rpcEnv]
  if (url === undefined || url === '') throw usageError(`The environment variable ${rpcEnv} is not set.`)
  if (!isHttpUrl(url)) throw usageError(`The environment variable ${rpcEnv} holds no http or https URL.`)
  return url
}
