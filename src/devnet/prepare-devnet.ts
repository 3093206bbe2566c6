import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startAnvil } from '../chain/anvil.ts'
import { cacheDir, projectRoot } from '../chain/paths.ts'
import { withBuildLock } from './build-lock.ts'
import { compileUnits, unitKey } from './compile/compile-units.ts'
import { packageVersion } from './compile/unit.ts'
import { deployAll, deploySteps, genesisTimestamp } from './deploy/deploy-all.ts'
import { compiledContracts, devnetUnits, uniswapContracts } from './deploy/sources.ts'
import { type DevnetDeployment, devnetAccountNames, formatDeployment, parseDeployment } from './deployment.ts'
import { createRpc } from './rpc.ts'
import { stripDump } from './strip-dump.ts'

/** How far a build is: `done` of `total`, and what it is doing. Sent several times a second. */
export type DevnetProgress = { done: number; total: number; label: string }

export type PrepareDevnetOptions = {
  onProgress?: (progress: DevnetProgress) => void
  /** Compile and deploy again, whatever the cache has. */
  fresh?: boolean
}

export type PreparedDevnet = {
  /** Content hash of all that went in: sources, compilers, artifacts, anvil, deploy steps. */
  hash: string
  /** State file for anvil's `--load-state`. */
  stateFile: string
  deployment: DevnetDeployment
  /** False where the cache had it. */
  built: boolean
}

/** Arguments that the build and every start share: they decide who can sign and what anvil believes balances are. */
export const devnetAnvilArguments = ['--accounts', String(devnetAccountNames.length), '--balance', '1000000'] as const

const total = 100
const compileShare = 90

/**
 * Makes the devnet's state file and deployment, or finds them in the cache: compiles the protocols (two processes),
 * deploys and seeds them on a fresh anvil, keeps the stripped dump under `cacheDir()/devnet/<hash>/`.
 *
 * Several processes may call it at once: one builds, the others wait for it.
 *
 * @throws COMPILE_FAILED, COMPILER_CRASHED, IMPORT_NOT_FOUND, DEVNET_BUILD_REVERTED, DEVNET_BUILD_LOCKED, ANVIL_MISSING
 */
export async function prepareDevnet(options: PrepareDevnetOptions = {}): Promise<PreparedDevnet> {
  const units = devnetUnits()
  const hash = createHash('sha256')
    .update(JSON.stringify([units.map(unitKey), versions(), buildCode()]))
    .digest('hex')
    .slice(0, 16)
  const folder = join(cacheDir(), 'devnet', hash)
  if (options.fresh !== true) {
    const found = readPrepared(hash, folder)
    if (found !== undefined) return found
  }
  return withBuildLock(`${folder}.lock`, async () => {
    // Another process may have finished it while this one waited.
    const found = options.fresh === true ? undefined : readPrepared(hash, folder)
    if (found !== undefined) return found
    await build(folder, options)
    const built = readPrepared(hash, folder)
    if (built === undefined) throw new Error(`The devnet was built but can't be read back from ${folder}`)
    return { ...built, built: true }
  })
}

/** A build that the cache has, by its hash; undefined where it is absent or damaged. */
export function findPrepared(hash: string): PreparedDevnet | undefined {
  return readPrepared(hash, join(cacheDir(), 'devnet', hash))
}

/** Versions of the packages that shape the result and are not part of a compile unit's key. */
function versions(): string[] {
  return ['@foundry-rs/anvil', '@uniswap/v3-core', '@uniswap/v3-periphery', '@uniswap/v3-sdk'].map(
    (name) => `${name}@${packageVersion(name)}`,
  )
}

/** The text of the deploy steps themselves: a changed seed is another devnet. */
function buildCode(): string[] {
  const folder = join(projectRoot(), 'src', 'devnet')
  const files = readdirSync(join(folder, 'deploy')).map((name) => join(folder, 'deploy', name))
  return [...files, join(folder, 'strip-dump.ts'), join(folder, 'deployment.ts')]
    .sort()
    .map((file) => readFileSync(file, 'utf8'))
}

type Sealed = { stateHash: string; deployment: string }

/** Undefined where there is nothing, or something damaged. */
function readPrepared(hash: string, folder: string): PreparedDevnet | undefined {
  const stateFile = join(folder, 'state.json')
  try {
    const sealed: Sealed = JSON.parse(readFileSync(join(folder, 'deployment.json'), 'utf8'))
    if (sha256(readFileSync(stateFile)) !== sealed.stateHash) return undefined
    return { hash, stateFile, deployment: parseDeployment(sealed.deployment), built: false }
  } catch {
    return undefined
  }
}

async function build(folder: string, options: PrepareDevnetOptions): Promise<void> {
  const progress = options.onProgress ?? (() => {})
  const compiled = compiledContracts(await compile(options, progress))

  const fresh = `${folder}.${process.pid}`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  try {
    const dumpState = join(fresh, 'dump.json')
    const anvil = await startAnvil({ timestamp: genesisTimestamp, dumpState, args: devnetAnvilArguments })
    let deployment: DevnetDeployment
    try {
      let step = 0
      deployment = await deployAll(createRpc(anvil.url), { compiled, uniswap: uniswapContracts() }, (name) => {
        const done = compileShare + ((total - compileShare) * step) / deploySteps.length
        progress({ done, total, label: `deploying ${name}` })
        step += 1
      })
    } finally {
      await anvil.stop()
    }
    const state = stripDump(readFileSync(dumpState, 'utf8'))
    rmSync(dumpState)
    writeFileSync(join(fresh, 'state.json'), state)
    const sealed: Sealed = { stateHash: sha256(state), deployment: formatDeployment(deployment) }
    writeFileSync(join(fresh, 'deployment.json'), JSON.stringify(sealed))
    putInPlace(fresh, folder)
    progress({ done: total, total, label: 'devnet built' })
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

/** Between two finished units the share follows the clock: solc itself says nothing until it is done. */
async function compile(
  { fresh = false }: PrepareDevnetOptions,
  progress: (event: DevnetProgress) => void,
): Promise<Awaited<ReturnType<typeof compileUnits>>> {
  const units = devnetUnits()
  const open = new Set(units.map(({ name }) => name))
  const started = Date.now()
  let shown = 0
  const report = (): void => {
    const elapsed = (Date.now() - started) / 1_000
    const byClock = elapsed / (elapsed + 10)
    const byUnits = (units.length - open.size) / units.length
    shown = Math.max(shown, compileShare * (open.size === 0 ? 1 : Math.max(byClock, byUnits / 2)))
    progress({ done: shown, total, label: `compiling ${[...open].join(', ')}` })
  }
  const timer = setInterval(report, 200)
  try {
    report()
    return await compileUnits(units, {
      fresh,
      onUnit: (unit) => {
        open.delete(unit.name)
        if (open.size > 0) report()
      },
    })
  } finally {
    clearInterval(timer)
  }
}

/** Swaps a finished folder in; what was there is moved aside first, since a rename does not replace a full folder. */
function putInPlace(fresh: string, folder: string): void {
  const old = `${folder}.${process.pid}.old`
  if (existsSync(folder)) renameSync(folder, old)
  renameSync(fresh, folder)
  rmSync(old, { recursive: true, force: true })
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
