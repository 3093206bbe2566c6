import { execFile } from 'node:child_process'
import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { getAddress } from 'viem'
import { anvilBinary } from '../chain/anvil.ts'
import { checkEndpoint, type EndpointCheck } from '../chain/check-endpoint.ts'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClient, ChainEndpoint } from '../chain/endpoint.ts'
import { loadSigner, signerAddress } from '../config/keys.ts'
import { gweiToWei } from '../config/plan-settings.ts'
import type { Config } from '../config/schema.ts'
import { venueRefs } from '../config/venue-refs.ts'
import { TillerError } from '../errors/base.ts'
import { openJournal } from '../journal/open-journal.ts'
import { acquireStoreLock } from '../journal/store-lock.ts'
import { max, min } from '../plan/integers.ts'
import { executionProviders, providerTable } from '../policy/execution-providers.ts'
import { loadPolicy } from '../policy/load-policy.ts'
import { adapterAbi, guardAbi, vaultAbi } from '../vault/abi.ts'
import { formatAmount, formatDuration } from './render/format.ts'
import type { Check, Finding } from './run-checks.ts'

export type DoctorInput = {
  config: Config
  env: Readonly<Record<string, string | undefined>>
  /** Unix milliseconds of this machine. */
  now: number
}

const ok = (detail: string): Finding => ({ status: 'ok', detail })
const warn = (detail: string, remedy: string): Finding => ({ status: 'warn', detail, remedy })
const fail = (detail: string, remedy: string): Finding => ({ status: 'fail', detail, remedy })

/** How far the chain may be ahead of this machine before one of the clocks is wrong, in seconds. */
const clockTolerance = 15n

/** Checks that need no configuration. */
export function machineChecks(): Check[] {
  return [
    {
      name: 'node',
      async run() {
        const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
        const enough = major > 20 || (major === 20 && minor >= 19)
        return enough
          ? ok(`Node ${process.versions.node}`)
          : fail(`Node ${process.versions.node} is too old`, 'Install Node 20.19 or later.')
      },
    },
    {
      name: 'anvil',
      async run() {
        const { stdout } = await promisify(execFile)(anvilBinary(), ['--version'], { timeout: 10_000 })
        return ok(
          `${
            stdout
              .split('\n')[0]
              ?.trim()
              .replace(/^anvil version: /i, '') ?? 'there'
          }, which runs the fork gate`,
        )
      },
    },
    {
      name: 'providers',
      async run() {
        const missing = executionProviders.map((name) => ({ name, part: providerTable[name].missing() }))
        const usable = missing.filter(({ part }) => part === undefined).map(({ name }) => name)
        const absent = missing.flatMap(({ name, part }) => (part === undefined ? [] : [`${name}: ${part.reason}`]))
        return ok(`usable: ${usable.join(', ')}${absent.length === 0 ? '' : `; not here: ${absent.join('; ')}`}`)
      },
    },
  ]
}

/** Checks of everything that a configuration names. All are independent of each other. */
export function configuredChecks(input: DoctorInput): Check[] {
  const { config, env, now } = input
  const clients = createClients({ chainId: config.chain.id, ...config.chain.rpc, retries: 0, timeoutMs: 8_000 })
  const seconds = BigInt(Math.floor(now / 1_000))
  const { maxHeadAgeSeconds, maxEndpointLagBlocks } = config.keeper.limits
  const examine = (endpoint: ChainEndpoint) => checkEndpoint(endpoint, { chainId: config.chain.id, now: seconds })
  // Asked once, told by several checks.
  const examined = new Map<string, Promise<EndpointCheck>>()
  const about = (endpoint: ChainEndpoint) => {
    const known = examined.get(endpoint.label) ?? examine(endpoint)
    known.catch(() => {})
    examined.set(endpoint.label, known)
    return known
  }
  const { client } = clients.read[0]
  const { read, simulate, send } = config.chain.rpc
  const roles = [
    ...clients.read.map((endpoint, index) => ({ endpoint, url: read[index] ?? '' })),
    { endpoint: clients.simulate, url: simulate },
    { endpoint: clients.send, url: send },
  ]
  // One that serves several purposes is asked once and told once, under all its names.
  const distinct = roles
    .filter(({ url }, index) => roles.findIndex((other) => other.url === url) === index)
    .map(({ endpoint, url }) => ({
      endpoint,
      name: roles
        .filter((other) => other.url === url)
        .map((other) => other.endpoint.label)
        .join(', '),
    }))
  const simulating = distinct.find(({ name }) => name.includes('simulate'))?.endpoint ?? clients.simulate

  return [
    ...distinct.map(
      ({ endpoint, name }): Check => ({
        name,
        async run() {
          const { head, headAgeSeconds, clientVersion, latencyMs } = await about(endpoint)
          const facts = `chain ${config.chain.id}, block ${head.number}, ${ageText(headAgeSeconds)}, ${clientVersion.split('/').slice(0, 2).join('/')}, ${latencyMs} ms`
          if (maxHeadAgeSeconds > 0 && headAgeSeconds > BigInt(maxHeadAgeSeconds)) {
            return fail(
              `${facts}: behind`,
              'Wait until the node has caught up, use another endpoint, or set keeper.limits.maxHeadAgeSeconds to 0 on a chain whose time is simulated.',
            )
          }
          return ok(facts)
        },
      }),
    ),
    {
      name: 'endpoint lag',
      async run() {
        const heads = await Promise.all(distinct.map(async ({ endpoint }) => (await about(endpoint)).head.number))
        const lag = heads.reduce(max) - heads.reduce(min)
        return lag <= BigInt(maxEndpointLagBlocks)
          ? ok(distinct.length === 1 ? 'one endpoint' : `endpoints are ${lag} blocks apart`)
          : fail(
              `endpoints are ${lag} blocks apart, ${maxEndpointLagBlocks} are allowed`,
              'Replace the endpoint that is behind, or raise keeper.limits.maxEndpointLagBlocks.',
            )
      },
    },
    {
      name: 'clock',
      async run() {
        const { headAgeSeconds } = await about(clients.read[0])
        return headAgeSeconds >= -clockTolerance
          ? ok(
              headAgeSeconds < 0n
                ? `the chain is ${-headAgeSeconds} s ahead`
                : 'the chain is not ahead of this machine',
            )
          : fail(
              `the newest block is ${-headAgeSeconds} s in the future of this machine`,
              'Set the clock of this machine by NTP.',
            )
      },
    },
    {
      name: 'first gate',
      async run() {
        const { supportsSimulateV1 } = await about(simulating)
        return supportsSimulateV1
          ? ok('eth_simulateV1 is there')
          : warn(
              'the simulate endpoint has no eth_simulateV1: the first gate runs on the fork, which is slower',
              'Name an endpoint with eth_simulateV1 (geth, reth, nethermind, anvil) as chain.rpc.simulate.',
            )
      },
    },
    { name: 'vault', run: () => checkVault(config, client) },
    { name: 'venues', run: () => checkVenues(config, client) },
    { name: 'role', run: () => checkRole(config, env, client) },
    { name: 'gas money', run: () => checkGasMoney(config, env, client) },
    { name: 'signer', run: () => checkSigner(config, env) },
    { name: 'policy', run: () => checkPolicy(config) },
    { name: 'store', run: () => checkStore(config) },
  ]
}

function ageText(seconds: bigint): string {
  return seconds < 0n ? `${-seconds} s ahead` : `${formatDuration(Number(seconds) * 1_000)} old`
}

async function checkVault(config: Config, client: ChainClient): Promise<Finding[]> {
  const { address, guard, asset } = config.vault
  const code = await client.getCode({ address })
  if (code === undefined || code === '0x') {
    return [fail(`there is no contract at ${address}`, 'Correct vault.address, or deploy with `tiller vault deploy`.')]
  }
  const vault = { address, abi: vaultAbi } as const
  const [foundGuard, foundAsset, foundVault, frozen] = await Promise.all([
    client.readContract({ ...vault, functionName: 'guard' }),
    client.readContract({ ...vault, functionName: 'asset' }),
    client.readContract({ address: guard, abi: guardAbi, functionName: 'vault' }),
    client.readContract({ address: guard, abi: guardAbi, functionName: 'frozen' }),
  ])
  const findings: Finding[] = []
  if (getAddress(foundGuard) !== guard || getAddress(foundVault) !== address) {
    findings.push(
      fail(`vault ${address} and Guard ${guard} do not name each other`, 'Correct vault.address and vault.guard.'),
    )
  }
  if (asset !== undefined && getAddress(foundAsset) !== asset) {
    findings.push(fail(`the asset is ${foundAsset}, the configuration says ${asset}`, 'Correct vault.asset.'))
  }
  if (frozen) {
    findings.push(
      warn('the Guard is frozen: no plan is accepted', 'Ask the owner to unfreeze it once the cause is known.'),
    )
  }
  return findings.length > 0 ? findings : [ok(`vault and Guard name each other, asset ${foundAsset}`)]
}

async function checkVenues(config: Config, client: ChainClient): Promise<Finding[]> {
  const vault = { address: config.vault.address, abi: vaultAbi } as const
  const findings = await Promise.all(
    venueRefs(config.vault).map(async ({ name, adapter, data, id }): Promise<Finding[]> => {
      const [known, cap, ids] = await Promise.all([
        client.readContract({ ...vault, functionName: 'isAdapter', args: [adapter] }),
        client.readContract({ ...vault, functionName: 'effectiveCap', args: [adapter, data] }).catch(() => undefined),
        client
          .readContract({ address: adapter, abi: adapterAbi, functionName: 'ids', args: [data] })
          .catch(() => undefined),
      ])
      if (!known) {
        return [
          fail(
            `${name}: the vault does not know the adapter ${adapter}`,
            'Correct the venue, or add the adapter to the vault.',
          ),
        ]
      }
      if (ids?.[0] !== id) {
        return [
          fail(
            `${name}: the adapter does not accept its data`,
            'Correct the data of the venue; `tiller init` finds it on the chain.',
          ),
        ]
      }
      if (cap === undefined || cap === 0n) {
        return [
          warn(`${name}: its cap is zero, nothing can be put there`, 'Ask the curator to raise the caps of the venue.'),
        ]
      }
      return []
    }),
  )
  const found = findings.flat()
  return found.length > 0 ? found : [ok(`${findings.length} venues, each known to the vault and with a cap`)]
}

async function checkRole(config: Config, env: DoctorInput['env'], client: ChainClient): Promise<Finding> {
  const keeper = await signerAddress(config, env)
  if (keeper === undefined) {
    return { status: 'skip', detail: `no signer is configured, none is needed in mode ${config.keeper.mode}` }
  }
  const allowed = await client.readContract({
    address: config.vault.guard,
    abi: guardAbi,
    functionName: 'isKeeper',
    args: [keeper],
  })
  return allowed
    ? ok(`${keeper} is a keeper of the Guard`)
    : fail(
        `${keeper} is no keeper of the Guard`,
        `Ask the owner to submit and execute addKeeper(${keeper}) on the Guard.`,
      )
}

async function checkGasMoney(config: Config, env: DoctorInput['env'], client: ChainClient): Promise<Finding> {
  const keeper = await signerAddress(config, env)
  if (keeper === undefined) return { status: 'skip', detail: 'no signer is configured' }
  const { maxGasPerPlan, maxFeePerGasGwei, maxPriorityFeeGwei } = config.keeper.limits
  const [balance, block] = await Promise.all([client.getBalance({ address: keeper }), client.getBlock()])
  const price = (block.baseFeePerGas ?? 0n) * 2n + gweiToWei(maxPriorityFeeGwei)
  const ceiling = gweiToWei(maxFeePerGasGwei)
  const perPlan = BigInt(maxGasPerPlan) * (price < ceiling ? price : ceiling)
  const eth = (wei: bigint) => `${formatAmount(wei, 18, 6)} ETH`
  const detail = `${keeper} has ${eth(balance)}; a plan may need ${eth(perPlan)}`
  const remedy = `Send ETH to ${keeper}.`
  const signs = config.keeper.mode === 'canary' || config.keeper.mode === 'live'
  if (balance < perPlan) return signs ? fail(detail, remedy) : warn(detail, remedy)
  return balance < perPlan * 10n ? warn(`${detail}: fewer than ten plans`, remedy) : ok(detail)
}

async function checkSigner(config: Config, env: DoctorInput['env']): Promise<Finding[]> {
  const { signer } = config
  if (signer === undefined) return [{ status: 'skip', detail: `none is needed in mode ${config.keeper.mode}` }]
  const { address, canSign } = await loadSigner(config, env)
  const files =
    'keystore' in signer ? [signer.keystore, ...('file' in signer.password ? [signer.password.file] : [])] : []
  const open = process.platform === 'win32' ? [] : files.filter((file) => (statSync(file).mode & 0o077) !== 0)
  return [
    ok(canSign ? `the key of ${address} opens` : `${address}, an address without a key`),
    ...open.map((file) => warn(`${file} can be read by other users`, `Run chmod 600 ${file}`)),
  ]
}

async function checkPolicy(config: Config): Promise<Finding[]> {
  const policy = await loadPolicy(config.policy)
  try {
    const vectors = policy.package?.goldenVectors.length
    const refused = policy.refusedProviders.map(({ provider }) => provider).join(', ')
    const facts = [
      `${policy.name} on ${policy.executionProvider}`,
      ...(vectors === undefined ? [] : [`${vectors} golden vectors pass`]),
      ...(refused === '' ? [] : [`${refused} not usable here`]),
    ]
    if (config.policy.hash !== undefined && config.policy.hash !== policy.hash) {
      return [
        fail(
          `the policy ${policy.name} has the hash ${policy.hash}, the configuration pins ${config.policy.hash}`,
          'Restore the pinned package, or pin the new hash after looking at what changed.',
        ),
      ]
    }
    return [ok(facts.join(', '))]
  } finally {
    await policy.close?.()
  }
}

async function checkStore(config: Config): Promise<Finding> {
  const { path } = config.store
  if (!existsSync(path)) {
    const folder = existingFolder(dirname(path))
    try {
      accessSync(folder, constants.W_OK)
      return ok(`${path} will be made at the first run`)
    } catch {
      return fail(`${folder} can not be written`, 'Give this user the right to write there, or set store.path.')
    }
  }
  const journal = await openJournal({ path, access: 'read' })
  const { schemaVersion, vault } = await journal.meta()
  await journal.close()
  if (vault !== null && getAddress(vault) !== config.vault.address) {
    return fail(`${path} is the journal of the vault ${vault}`, 'Set store.path to a file of its own for each vault.')
  }
  try {
    acquireStoreLock(path, { pid: process.pid, startedAt: new Date().toISOString() }).release()
  } catch (error) {
    if (error instanceof TillerError && error.code === 'STORE_LOCKED') {
      const holder = error.details['pid']
      return warn(
        `${path} opens; a keeper holds it${holder === undefined ? '' : ` (process ${holder})`}`,
        'Nothing, if that keeper is meant to run; a second one on the same store is refused.',
      )
    }
    throw error
  }
  return ok(`${path} opens, version ${schemaVersion}, and no keeper holds it`)
}

function existingFolder(folder: string): string {
  let at = folder
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return at
}
