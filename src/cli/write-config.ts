import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { configPath, type LoadConfigOptions, readConfigFile } from '../config/load-config.ts'
import { parseConfig } from '../config/parse-config.ts'
import { configExists, configInvalid } from '../errors/config.ts'
import { jsonText } from './output.ts'

/**
 * Checks a configuration as it will be read and writes it whole. Raises CONFIG_EXISTS, or CONFIG_INVALID with every
 * fault; nothing is written then.
 */
export function writeConfig(
  location: LoadConfigOptions,
  raw: Readonly<Record<string, unknown>>,
  options: { overwrite: boolean; vaultRequired?: boolean },
): string {
  const { env = process.env } = location
  const file = configPath(location)
  if (existsSync(file) && !options.overwrite) throw configExists(file)
  const { faults } = parseConfig(raw, { env, vaultRequired: options.vaultRequired ?? true })
  // A variable that is not set yet is no fault of the file: it is set where the keeper runs.
  const own = faults.filter(({ code }) => code !== 'CONFIG_ENV_MISSING')
  if (own.length > 0) throw configInvalid(file, own)
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, `${jsonText(raw)}\n`)
  renameSync(temporary, file)
  return file
}

/**
 * Puts the section `vault` into the configuration that is there, and returns its path. What belongs to the chain or to the
 * keeper and not to the vault (feed, Router, reserve) stays where the section does not say otherwise.
 */
export function writeVaultSection(location: LoadConfigOptions, section: object): string {
  const file = configPath(location)
  const raw = readConfigFile(file) as { vault?: Readonly<Record<string, unknown>> }
  const kept = Object.fromEntries(
    ['ethUsdFeed', 'router', 'idleReserveBps'].flatMap((name) => {
      const value = raw.vault?.[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
  return writeConfig(location, { ...raw, vault: { ...kept, ...section } }, { overwrite: true })
}
