import { type Address, erc20Abi, getAddress } from 'viem'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClient } from '../chain/endpoint.ts'
import type { Config } from '../config/schema.ts'
import { vaultAbi } from '../vault/abi.ts'
import type { Context } from './context.ts'
import { findSender, type Sender, type SenderOptions } from './sender.ts'

/** The configured vault, and who acts on it. */
export type Position = { asset: Address; decimals: number; client: ChainClient; sender: Sender; config: Config }

/** Opens the configured vault with the account that sends. Raises what the configuration, the key and the endpoint raise. */
export async function openPosition(context: Context, options: SenderOptions): Promise<Position> {
  const { config } = await context.loadConfig()
  const { client } = createClients({ chainId: config.chain.id, ...config.chain.rpc }).send
  const sender = await findSender(context, options, { client, signer: config.signer })
  const asset = getAddress(
    await client.readContract({ address: config.vault.address, abi: vaultAbi, functionName: 'asset' }),
  )
  const decimals = await client.readContract({ address: asset, abi: erc20Abi, functionName: 'decimals' })
  return { asset, decimals, client, sender, config }
}
