import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { type Command, Option } from 'commander'
import { getAddress, isAddress, toHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { checkEndpoint } from '../../chain/check-endpoint.ts'
import { createClients } from '../../chain/create-clients.ts'
import type { ChainClient } from '../../chain/endpoint.ts'
import { projectRoot } from '../../chain/paths.ts'
import { encryptKeystore, keystoreAddress, writeKeystore } from '../../config/keys.ts'
import { configPath } from '../../config/load-config.ts'
import { type ConfigInput, isHttpUrl, type KeeperMode, keeperModes, type VaultConfig } from '../../config/schema.ts'
import { type DevnetDeployment, devnetAccountNames, devnetMnemonic } from '../../devnet/deployment.ts'
import { notInteractive, usageError } from '../../errors/cli.ts'
import { configExists } from '../../errors/config.ts'
import { ruleNames } from '../../policy/load-policy.ts'
import { manifestFile } from '../../policy/package.ts'
import { sectionOfDeployment } from '../../vault/deployment-file.ts'
import { type Ask, createAsk } from '../ask.ts'
import type { Context } from '../context.ts'
import { deployDevnetVault, vaultSection } from '../devnet-vault.ts'
import { discoverVault } from '../discover-vault.ts'
import { findDeployment } from '../find-deployment.ts'
import { findDevnet } from '../find-devnet.ts'
import { addressText, wholeNumber } from '../parse-argument.ts'
import { renderKeyValues } from '../render/key-values.ts'
import { mark } from '../render/marks.ts'
import { writeConfig } from '../write-config.ts'
import { locationOf } from './config.ts'

type InitOptions = {
  devnet?: boolean
  rpc?: string[]
  rpcEnv?: string[]
  chainId?: number
  vault?: `0x${string}`
  deployment?: string
  policy?: string
  mode?: KeeperMode
  keystore?: string
  passwordEnv?: string
  passwordFile?: string
  keyEnv?: string
  ethUsdFeed?: `0x${string}`
  force?: boolean
}

type VaultSection = Omit<VaultConfig, 'idleReserveBps'>

type Draft = {
  chain: ConfigInput['chain']
  vault: VaultSection
  /** What a devnet's keeper needs beside its mode. */
  keeper?: Record<string, unknown>
  signer?: ConfigInput['signer']
}

/** `tiller init` */
export function register(command: Command, context: Context): void {
  command
    .option('--devnet', 'for the devnet that runs; deploys a vault there unless --vault names one')
    .option('--rpc <url...>', 'one or two endpoints to read')
    .option('--rpc-env <name...>', 'the same by environment variable, for URLs that hold a token')
    .option('--chain-id <id>', 'chain id; asked of the endpoint when absent', wholeNumber(1))
    .option('--vault <address>', 'the vault; Guard, asset and venues are read from the chain', addressText)
    .option('--deployment <file>', 'what `tiller vault deploy` wrote of it; default: deployments/<chain>-<vault>/')
    .option('--eth-usd-feed <address>', 'Chainlink-style feed in which gas is valued', addressText)
    .option('--policy <name>', `a rule (${ruleNames.join(', ')}) or the folder of a package`)
    .addOption(new Option('--mode <mode>', 'the rung to start on').choices([...keeperModes]))
    .option('--keystore <file>', 'keystore of the keeper')
    .option('--password-env <name>', 'environment variable with the password of the keystore')
    .option('--password-file <file>', 'file with the password of the keystore')
    .option('--key-env <name>', 'environment variable with the private key of the keeper')
    .option('--force', 'overwrite the configuration that is there')
    .action((options: InitOptions) => init(context, options))
}

async function init(context: Context, options: InitOptions): Promise<void> {
  const location = locationOf(context)
  const file = configPath(location)
  if (existsSync(file) && options.force !== true) {
    if (!context.interactive) throw configExists(file)
    const ask = await createAsk(context, [])
    if (!(await ask.confirm(`${file} exists. Overwrite it?`, false))) throw configExists(file)
  }
  const devnet = await wantsDevnet(context, options)
  const policy = options.policy ?? (await askPolicy(context, devnet))
  // On a devnet the questions come first: a vault is deployed after the last chance to cancel.
  const early = devnet ? (options.mode ?? (await askMode(context, true))) : undefined
  const draft = devnet ? await draftDevnet(context, options, dirname(file)) : await draftChain(context, options)
  const canSign = draft.signer !== undefined && !('address' in draft.signer)
  const mode = early ?? options.mode ?? (await askMode(context, canSign))
  const raw = {
    $schema: './tiller.config.schema.json',
    chain: draft.chain,
    vault: draft.vault,
    policy: { reference: policy },
    keeper: { mode, ...draft.keeper },
    ...(draft.signer === undefined ? {} : { signer: draft.signer }),
  }
  const written = writeConfig(location, raw, { overwrite: true })
  await writeSchema(dirname(written))
  context.answer({
    document: {
      file: written,
      chainId: draft.chain.id,
      vault: draft.vault.address,
      policy,
      mode,
      venues: draft.vault.venues.length,
    },
    lines: [
      `${mark('ok', context.paint)} ${written} is written and valid.`,
      ...renderKeyValues(
        [
          ['chain', String(draft.chain.id)],
          ['vault', draft.vault.address],
          ['venues', draft.vault.venues.map(({ name }) => name).join(', ')],
          ['policy', policy],
          ['mode', mode],
        ],
        { paint: context.paint },
      ),
      '',
      'Next:',
      '  tiller doctor                               checks everything at once',
      ...(devnet ? ['  tiller vault deposit 1000000 --from alice   puts a depositor in'] : []),
      '  tiller plan                                 shows what the policy would do now',
      '  tiller keeper once                          runs one tick in the configured mode',
    ],
  })
}

async function wantsDevnet(context: Context, options: InitOptions): Promise<boolean> {
  if (options.devnet !== undefined) return options.devnet
  if (options.rpc !== undefined || options.rpcEnv !== undefined) return false
  if ((await findDevnet()) === undefined) return false
  if (!context.interactive) return true
  return (await createAsk(context, [])).confirm('A devnet is running. Set up for it?', true)
}

async function draftDevnet(context: Context, options: InitOptions, folder: string): Promise<Draft> {
  const devnet = await findDevnet()
  if (devnet === undefined) throw usageError('No devnet is running; start one with `tiller devnet up --detach`.')
  const { url, deployment } = devnet
  const { client } = createClients({ chainId: deployment.chainId, read: [url] }).read[0]
  const { ethUsd } = deployment.feeds
  const vault =
    options.vault === undefined
      ? vaultSection(await deployDevnetVault(url, deployment, (title) => context.note(`… ${title}`)), ethUsd)
      : { ...(await describeVault(context, client, options.vault, options)), ethUsdFeed: ethUsd }
  const own = givenSigner(options)
  return {
    chain: { id: deployment.chainId, rpc: { read: [url] } },
    vault,
    // The clock of a devnet is simulated: its head is always old, and its market makes a block an hour, in a second.
    keeper: { schedule: '* * * * * *', limits: { maxHeadAgeSeconds: 0, deadlineSeconds: 10_800 } },
    signer: own ?? (await devnetSigner(deployment, folder)),
  }
}

/** The devnet's keeper, whose key everybody knows, in a keystore like a real one. */
async function devnetSigner(deployment: DevnetDeployment, folder: string): Promise<NonNullable<ConfigInput['signer']>> {
  const keystore = join(folder, '.tiller', 'devnet-keeper.json')
  const password = join(folder, '.tiller', 'devnet-password')
  if (!existsSync(keystore) || keystoreAddress(keystore) !== deployment.accounts.keeper) {
    const account = mnemonicToAccount(devnetMnemonic, { addressIndex: devnetAccountNames.indexOf('keeper') })
    const key = account.getHdKey().privateKey
    if (key === null) throw new Error('A key derived from a mnemonic has a private part.')
    mkdirSync(dirname(password), { recursive: true, mode: 0o700 })
    writeKeystore(keystore, await encryptKeystore(toHex(key), 'devnet'))
  }
  writeFileSync(password, 'devnet\n', { mode: 0o600 })
  return { keystore: relative(folder, keystore), password: { file: relative(folder, password) } }
}

async function draftChain(context: Context, options: InitOptions): Promise<Draft> {
  const missing = [
    ...(options.rpc === undefined && options.rpcEnv === undefined ? ['--rpc or --rpc-env'] : []),
    ...(options.vault === undefined ? ['--vault'] : []),
  ]
  const ask = missing.length > 0 || context.interactive ? await createAsk(context, missing) : undefined
  const read = await endpoints(options, ask)
  const urls = read.map((item) => urlOf(item, context.io.env))
  const [first, second] = urls
  if (first === undefined) throw usageError('An endpoint is needed.')
  const chainId = options.chainId ?? (await askChainId(first))
  const clients = createClients({ chainId, read: second === undefined ? [first] : [first, second] })
  const now = BigInt(Math.floor(context.io.now() / 1_000))
  await Promise.all(clients.read.map((endpoint) => checkEndpoint(endpoint, { chainId, now })))
  const vault = await describeVault(context, clients.read[0].client, options.vault ?? (await askVault(ask)), options)
  const signer = givenSigner(options) ?? (ask === undefined ? undefined : await askSigner(ask))
  return {
    chain: { id: chainId, rpc: { read } },
    vault: options.ethUsdFeed === undefined ? vault : { ...vault, ethUsdFeed: options.ethUsdFeed },
    ...(signer === undefined ? {} : { signer }),
  }
}

/** The vault as its deployment file names it, else as the chain does. */
async function describeVault(
  context: Context,
  client: ChainClient,
  address: `0x${string}`,
  options: InitOptions,
): Promise<VaultSection> {
  const { vault, mayMissMarkets } = await discoverVault(client, address)
  const deployment = findDeployment(context, address, client.chain.id, options.deployment)
  if (deployment !== undefined) return sectionOfDeployment(deployment)
  if (mayMissMarkets) {
    const why = 'a Morpho market in which nothing lies yet can not be found from the chain'
    context.note(`${mark('warn', context.errorPaint)} Look at the venues: ${why}. --deployment names all of them.`)
  }
  return vault
}

type EndpointInput = ConfigInput['chain']['rpc']['read'][number]

async function endpoints(options: InitOptions, ask: Ask | undefined): Promise<EndpointInput[]> {
  const given = [...(options.rpc ?? []), ...(options.rpcEnv ?? []).map((name) => ({ env: name }))]
  if (given.length > 2) throw usageError('At most two endpoints are read.')
  if (given.length > 0) return given
  if (ask === undefined) throw notInteractive(['--rpc or --rpc-env'])
  const url = await ask.text('URL of an endpoint, or the name of an environment variable that holds it', {
    validate: (value) => (isHttpUrl(value) || isName(value) ? undefined : 'Give an http or https URL, or a name.'),
  })
  return [isHttpUrl(url) ? url : { env: url }]
}

const isName = (text: string) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)

function urlOf(item: EndpointInput, env: Context['io']['env']): string {
  if (typeof item === 'string') {
    if (!isHttpUrl(item)) throw usageError('An endpoint is an http or https URL.')
    return item
  }
  const url = env[item.env]
  if (url === undefined || !isHttpUrl(url)) throw usageError(`${item.env} holds no http or https URL.`)
  return url
}

async function askChainId(url: string): Promise<number> {
  // Any id will do for the question what the id is.
  const { client } = createClients({ chainId: 1, read: [url] }).read[0]
  return (client as ChainClient).getChainId()
}

async function askVault(ask: Ask | undefined): Promise<`0x${string}`> {
  if (ask === undefined) throw notInteractive(['--vault'])
  const text = await ask.text('Address of the vault', {
    validate: (value) => (isAddress(value) ? undefined : 'Give an address.'),
  })
  return getAddress(text)
}

function givenSigner(options: InitOptions): ConfigInput['signer'] {
  if (options.keyEnv !== undefined) return { privateKey: { env: options.keyEnv } }
  if (options.keystore === undefined) return undefined
  const password =
    options.passwordFile !== undefined
      ? { file: options.passwordFile }
      : { env: options.passwordEnv ?? 'TILLER_PASSWORD' }
  return { keystore: options.keystore, password }
}

async function askSigner(ask: Ask): Promise<ConfigInput['signer']> {
  const kind = await ask.select('Who signs?', [
    { value: 'none', label: 'nobody yet', hint: 'readonly, dry and paper need no key' },
    { value: 'keystore', label: 'a keystore', hint: 'from tiller keys new' },
    { value: 'env', label: 'a key in an environment variable' },
  ])
  if (kind === 'none') return undefined
  const name = { validate: (value: string) => (isName(value) ? undefined : 'Give the name of a variable.') }
  if (kind === 'env') return { privateKey: { env: await ask.text('Name of the variable with the key', name) } }
  const keystore = await ask.text('Path of the keystore', { initial: 'keeper.keystore.json' })
  const env = await ask.text('Name of the variable with its password', { ...name, initial: 'TILLER_PASSWORD' })
  return { keystore, password: { env } }
}

const rule = 'smoothed-water-filling'
const shippedPolicy = 'seed-lending'

/** The shipped network on a devnet; elsewhere the rule, because the network has seen generated markets only. */
async function askPolicy(context: Context, devnet: boolean): Promise<string> {
  const packages = shippedPackages()
  const first = devnet && packages.includes(shippedPolicy) ? shippedPolicy : rule
  if (!context.interactive) return first
  const ask = await createAsk(context, [])
  const hints: Record<string, string> = { [rule]: 'the allocation rule by itself' }
  for (const name of packages) hints[name] = 'a shipped network, trained on generated markets only'
  const names = [first, rule, ...packages, ...ruleNames]
  return ask.select(
    'Which policy decides?',
    [...new Set(names)].map((name) => ({ value: name, label: name, hint: hints[name] ?? 'a baseline' })),
  )
}

/** Names of the policy packages under strategies/. */
function shippedPackages(): string[] {
  const folder = join(projectRoot(), 'strategies')
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, manifestFile)))
    .sort()
}

async function askMode(context: Context, canSign: boolean): Promise<KeeperMode> {
  if (!context.interactive) return 'dry'
  const ask = await createAsk(context, [])
  return ask.select('On which rung does the keeper start?', [
    { value: 'dry' as const, label: 'dry', hint: 'plans and simulates, sends nothing' },
    { value: 'readonly' as const, label: 'readonly', hint: 'observes and decides' },
    { value: 'paper' as const, label: 'paper', hint: 'as dry, a rehearsal: the forecasts are kept' },
    ...(canSign
      ? [
          { value: 'canary' as const, label: 'canary', hint: 'sends small plans' },
          { value: 'live' as const, label: 'live', hint: 'sends' },
        ]
      : []),
  ])
}

/** The schema beside the configuration, where its `$schema` points. */
async function writeSchema(folder: string): Promise<void> {
  const { editorSchema } = await import('../../config/fields.ts')
  const { jsonText } = await import('../output.ts')
  writeFileSync(join(folder, 'tiller.config.schema.json'), `${jsonText(editorSchema())}\n`)
}
