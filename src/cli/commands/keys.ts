import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import type { Address, Hex } from 'viem'
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts'
import {
  encryptKeystore,
  keystoreAddress,
  loadSigner,
  openKeystore,
  parsePrivateKey,
  readEnvironment,
  readSecretFile,
  writeKeystore,
} from '../../config/keys.ts'
import { usageError } from '../../errors/cli.ts'
import { keysNoPassword } from '../../errors/keys.ts'
import { createAsk } from '../ask.ts'
import type { Context } from '../context.ts'
import { renderKeyValues } from '../render/key-values.ts'
import { mark } from '../render/marks.ts'

type PasswordOptions = { passwordFile?: string; passwordEnv?: string }

const defaultFile = 'keeper.keystore.json'

/** `tiller keys new|import|address|test` */
export function register(command: Command, context: Context): void {
  const withPassword = (sub: Command) =>
    sub
      .addOption(
        new Option('--password-file <file>', 'the password is the first line of this file').conflicts('passwordEnv'),
      )
      .option('--password-env <name>', 'the password is in this environment variable')

  withPassword(command.command('new'))
    .description('make a key and write it as an encrypted keystore')
    .option('--out <file>', 'where the keystore is written', defaultFile)
    .action(async (options: PasswordOptions & { out: string }) => {
      const password = await newPassword(context, options)
      await store(context, options, generatePrivateKey(), password)
    })

  withPassword(command.command('import'))
    .description('write an existing key as an encrypted keystore; the key itself is never an argument')
    .option('--out <file>', 'where the keystore is written', defaultFile)
    .addOption(new Option('--key-env <name>', 'the key is in this environment variable').conflicts('keyFile'))
    .option('--key-file <file>', 'the key is the first line of this file')
    .action(async (options: PasswordOptions & { out: string; keyEnv?: string; keyFile?: string }) => {
      const key = await givenKey(context, options)
      const password = await newPassword(context, options)
      await store(context, options, key, password)
    })

  withPassword(command.command('address'))
    .description('the address of a keystore, or of the configured signer')
    .argument('[keystore]', 'a keystore file')
    .action(async (file: string | undefined, options: PasswordOptions) => {
      const address = await addressOf(context, file, options)
      context.answer({ document: { address }, lines: [address] })
    })

  withPassword(command.command('test'))
    .description('open the key, sign and recover: shows that keystore and password fit')
    .argument('[keystore]', 'a keystore file; the configured signer when absent')
    .action(async (file: string | undefined, options: PasswordOptions) => {
      const key = await openedKey(context, file, options)
      const { privateKeyToAccount } = await import('viem/accounts')
      const { recoverMessageAddress } = await import('viem')
      const account = privateKeyToAccount(key)
      const message = 'tiller keys test'
      const recovered = await recoverMessageAddress({ message, signature: await account.signMessage({ message }) })
      const ok = recovered === account.address
      context.answer({
        document: { address: account.address, ok },
        lines: [`${mark(ok ? 'ok' : 'fail', context.paint)} ${account.address} opens, signs and is recovered.`],
        exitCode: ok ? 0 : 1,
      })
    })
}

async function store(
  context: Context,
  { out, passwordEnv, passwordFile }: PasswordOptions & { out: string },
  key: Hex,
  password: string,
): Promise<void> {
  // As it was given here, it can be given to the keeper.
  const reference = passwordFile === undefined ? { env: passwordEnv ?? 'TILLER_PASSWORD' } : { file: passwordFile }
  const file = resolve(context.io.cwd, out)
  writeKeystore(file, await encryptKeystore(key, password))
  const address = privateKeyToAddress(key)
  context.answer({
    document: { address, keystore: file },
    lines: [
      `${mark('ok', context.paint)} The key is written, encrypted, for this user only.`,
      ...renderKeyValues(
        [
          ['address', address],
          ['keystore', file],
        ],
        { paint: context.paint },
      ),
      `Next: "signer": { "keystore": ${JSON.stringify(out)}, "password": ${JSON.stringify(reference)} }`,
    ],
  })
}

async function givenKey(context: Context, options: { keyEnv?: string; keyFile?: string }): Promise<Hex> {
  if (options.keyEnv !== undefined) {
    return parsePrivateKey(readEnvironment(options.keyEnv, context.io.env), options.keyEnv)
  }
  if (options.keyFile !== undefined) {
    const file = resolve(context.io.cwd, options.keyFile)
    return parsePrivateKey(readSecretFile(file), file)
  }
  const ask = await createAsk(context, ['--key-env or --key-file'])
  return parsePrivateKey(await ask.secret('Private key (not shown)'), 'what was typed')
}

function givenPassword(context: Context, options: PasswordOptions): string | undefined {
  if (options.passwordEnv !== undefined) return readEnvironment(options.passwordEnv, context.io.env)
  if (options.passwordFile !== undefined) return readSecretFile(resolve(context.io.cwd, options.passwordFile))
  return undefined
}

async function newPassword(context: Context, options: PasswordOptions): Promise<string> {
  const given = givenPassword(context, options)
  if (given !== undefined) return given
  if (!context.interactive) throw keysNoPassword()
  const ask = await createAsk(context, ['--password-file'])
  const first = await ask.secret('Password for the keystore', {
    validate: (value) => (value.length < 8 ? 'At least 8 characters.' : undefined),
  })
  const second = await ask.secret('The same password again')
  if (first !== second) throw usageError('The two passwords differ.')
  return first
}

async function addressOf(context: Context, file: string | undefined, options: PasswordOptions): Promise<Address> {
  if (file === undefined) {
    const { signerAddress } = await import('../../config/keys.ts')
    const { config } = await loadWithoutVault(context)
    return (await signerAddress(config, context.io.env)) ?? (await loadSigner(config, context.io.env)).address
  }
  const path = resolve(context.io.cwd, file)
  return keystoreAddress(path) ?? privateKeyToAddress(await openedKey(context, file, options))
}

async function openedKey(context: Context, file: string | undefined, options: PasswordOptions): Promise<Hex> {
  if (file === undefined) {
    const { config } = await loadWithoutVault(context)
    return (await loadSigner(config, context.io.env)).privateKey
  }
  const given = givenPassword(context, options)
  if (given === undefined && !context.interactive) throw keysNoPassword()
  const password = given ?? (await (await createAsk(context, [])).secret('Password of the keystore'))
  return openKeystore(resolve(context.io.cwd, file), password)
}

async function loadWithoutVault(context: Context) {
  const { loadConfigWithoutVault } = await import('../../config/load-config.ts')
  const { locationOf } = await import('./config.ts')
  return loadConfigWithoutVault(locationOf(context))
}
