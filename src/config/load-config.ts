import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { projectRoot } from '../chain/paths.ts'
import { configInvalid, configNotFound, configNotJson, configUnreadable } from '../errors/config.ts'
import { readDeploymentFile, sectionOfDeployment } from '../vault/deployment-file.ts'
import { findJsonFault } from './find-json-fault.ts'
import { parseConfig } from './parse-config.ts'
import type { Config, ConfigFile, SignerConfig } from './schema.ts'

const configFileName = 'tiller.config.json'

export type LoadConfigOptions = {
  /** The file; `TILLER_CONFIG`, else `tiller.config.json` in the working folder when absent. */
  file?: string
  env?: Readonly<Record<string, string | undefined>>
  /** Working folder. */
  cwd?: string
}

export type LoadedConfig<C = Config> = {
  config: C
  file: string
  warnings: readonly string[]
  /** Which environment variable gave a value, by path. */
  overrides: Readonly<Record<string, string>>
}

/** The configuration before the vault exists. */
export type ConfigWithoutVault = Omit<Config, 'vault'> & { vault?: Config['vault'] }

/**
 * Reads and checks the configuration, with overrides `TILLER_*` from the environment.
 *
 * Raises CONFIG_NOT_FOUND, CONFIG_UNREADABLE, CONFIG_NOT_JSON, CONFIG_INVALID or CONFIG_LITERAL_KEY; the last two list
 * every fault at once.
 */
export function loadConfig(options: LoadConfigOptions = {}): LoadedConfig {
  return load(options, true) as LoadedConfig
}

/** The same, where the section `vault` may be absent. */
export function loadConfigWithoutVault(options: LoadConfigOptions = {}): LoadedConfig<ConfigWithoutVault> {
  return load(options, false)
}

/** Where the configuration is looked for. */
export function configPath(options: LoadConfigOptions = {}): string {
  const { env = process.env, cwd = process.cwd() } = options
  return resolve(cwd, options.file ?? env['TILLER_CONFIG'] ?? configFileName)
}

/** Reads the file without checking it. Raises CONFIG_NOT_FOUND, CONFIG_UNREADABLE or CONFIG_NOT_JSON. */
export function readConfigFile(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw code === 'ENOENT' ? configNotFound(file) : configUnreadable(file, code)
  }
  text = text.replace(/^\uFEFF/, '')
  const fault = findJsonFault(text)
  if (fault !== undefined) throw configNotJson(file, fault.line, fault.column, fault.reason)
  return JSON.parse(text)
}

function load(options: LoadConfigOptions, vaultRequired: boolean): LoadedConfig<ConfigWithoutVault> {
  const { env = process.env } = options
  const file = configPath(options)
  const raw = withDeployment(readConfigFile(file), dirname(file))
  const { config, faults, warnings, overrides } = parseConfig(raw, { env, vaultRequired })
  if (config === undefined) throw configInvalid(file, faults)
  return { config: anchor(config.file, config.endpoints, dirname(file)), file, warnings, overrides }
}

/** Puts what a deployment file says in place of `vault.deployment`; what the configuration itself says has precedence. */
function withDeployment(raw: unknown, folder: string): unknown {
  const { vault } = (typeof raw === 'object' && raw !== null ? raw : {}) as { vault?: { deployment?: unknown } }
  if (typeof vault !== 'object' || typeof vault?.deployment !== 'string') return raw
  const found = readDeploymentFile(resolvePath(vault.deployment, folder))
  return { ...(raw as object), vault: { ...sectionOfDeployment(found), ...vault } }
}

/** Makes every path absolute, seen from the folder of the file. */
function anchor(file: ConfigFile, endpoints: Config['chain']['rpc'], folder: string): Config {
  const { $schema: _, signer, ...rest } = file
  const absolute = (path: string) => resolvePath(path, folder)
  return {
    ...rest,
    chain: { id: file.chain.id, rpc: endpoints },
    policy: { ...file.policy, reference: policyReference(file.policy.reference, folder) },
    store: { path: absolute(file.store.path) },
    ...(signer === undefined ? {} : { signer: anchorSigner(signer, absolute) }),
  }
}

function anchorSigner(signer: SignerConfig, absolute: (path: string) => string): SignerConfig {
  if (!('keystore' in signer)) return signer
  const { keystore, password } = signer
  return {
    keystore: absolute(keystore),
    password: 'file' in password ? { file: absolute(password.file) } : password,
  }
}

function resolvePath(path: string, folder: string): string {
  if (path === '~' || path.startsWith('~/')) return join(homedir(), path.slice(1))
  return isAbsolute(path) ? path : resolve(folder, path)
}

/** A path is seen from the file first, and from Tiller's own folder where shipped packages lie; names stay names. */
function policyReference(reference: string, folder: string): string {
  if (!/[\\/~]/.test(reference) && !reference.startsWith('.')) return reference
  const own = resolvePath(reference, folder)
  if (existsSync(own)) return own
  const shipped = resolve(projectRoot(), reference)
  return existsSync(shipped) ? shipped : own
}
