import { resolve } from 'node:path'
import { type Account, type Address, getAddress, isAddress } from 'viem'
import { privateKeyToAccount, toAccount } from 'viem/accounts'
import type { ChainClient } from '../chain/endpoint.ts'
import { loadSigner, openKeystore, parsePrivateKey, readEnvironment, readSecretFile } from '../config/keys.ts'
import type { SignerConfig } from '../config/schema.ts'
import { devnetAccountNames } from '../devnet/deployment.ts'
import { accountNotUnlocked } from '../errors/cli.ts'
import { keysNoPassword } from '../errors/keys.ts'
import { createAsk } from './ask.ts'
import type { Context } from './context.ts'

export type SenderOptions = {
  from?: string
  keystore?: string
  keyEnv?: string
  passwordFile?: string
  passwordEnv?: string
}

/** Who sends a transaction of a person: a key, or an account that a devnet's node signs for. */
export type Sender = { address: Address; account: Account }

/**
 * Finds the account that the options name, else the configured signer.
 *
 * Raises USAGE_ACCOUNT and everything that opening a key raises.
 */
export async function findSender(
  context: Context,
  options: SenderOptions,
  parameters: { client: ChainClient; signer?: SignerConfig | undefined },
): Promise<Sender> {
  const { env, cwd } = context.io
  if (options.from !== undefined) return unlocked(options.from, parameters.client)
  if (options.keyEnv !== undefined) {
    return local(parsePrivateKey(readEnvironment(options.keyEnv, env), options.keyEnv))
  }
  if (options.keystore !== undefined) {
    return local(await openKeystore(resolve(cwd, options.keystore), await password(context, options)))
  }
  return local((await loadSigner({ signer: parameters.signer }, env)).privateKey)
}

async function password(context: Context, options: SenderOptions): Promise<string> {
  if (options.passwordEnv !== undefined) return readEnvironment(options.passwordEnv, context.io.env)
  if (options.passwordFile !== undefined) return readSecretFile(resolve(context.io.cwd, options.passwordFile))
  if (!context.interactive) throw keysNoPassword()
  return (await createAsk(context, ['--password-file'])).secret('Password of the keystore')
}

function local(key: `0x${string}`): Sender {
  const account = privateKeyToAccount(key)
  return { address: account.address, account }
}

async function unlocked(name: string, client: ChainClient): Promise<Sender> {
  const accounts = await client.request({ method: 'eth_accounts' as never }).catch(() => [])
  const known = (accounts as Address[]).map((address) => getAddress(address))
  const index = devnetAccountNames.indexOf(name as never)
  const wanted = index >= 0 ? known[index] : isAddress(name) ? getAddress(name) : undefined
  if (wanted === undefined || !known.includes(wanted)) throw accountNotUnlocked(name)
  return { address: wanted, account: toAccount(wanted) }
}
