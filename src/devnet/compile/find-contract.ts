import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../chain/paths.ts'
import { artifactNotFound } from '../../errors/devnet.ts'
import { foundrySettings } from './foundry-settings.ts'
import { withoutComments } from './resolve-imports.ts'
import type { CompileUnit } from './unit.ts'

export type FoundContract = { file: string; contract: string; unit: CompileUnit }

/** Folders that hold contracts of our own. */
const sourceFolders = ['contracts', 'src/devnet/contracts']

/**
 * Finds the file of a contract by its name or `path/File.sol:Contract`, and the unit that compiles it. One unit per
 * file: a half-written contract elsewhere disturbs nobody, and a change recompiles only what depends on it.
 *
 * @throws ARTIFACT_NOT_FOUND
 */
export function findContract(name: string, root: string = projectRoot()): FoundContract {
  const at = name.lastIndexOf(':')
  if (at > 0) {
    const file = name.slice(0, at)
    const contract = name.slice(at + 1)
    if (!existsSync(join(root, file)) || !declares(join(root, file), contract)) throw artifactNotFound(name, [])
    return { file, contract, unit: ownUnit(file, root) }
  }
  const files = sourceFolders.flatMap((folder) => solidityFiles(root, folder))
  const hits = files.filter((file) => declares(join(root, file), name))
  const [file, ...others] = hits
  if (file === undefined || others.length > 0) throw artifactNotFound(name, hits)
  return { file, contract: name, unit: ownUnit(file, root) }
}

/** Solidity files below a folder, relative to the root, sorted. */
export function solidityFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((path) => `${folder}/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.sol'))
    .sort()
}

function ownUnit(file: string, root: string): CompileUnit {
  return { name: file, entries: [file], compiler: 'solc', settings: foundrySettings(root) }
}

function declares(file: string, contract: string): boolean {
  const code = withoutComments(readFileSync(file, 'utf8'))
  return new RegExp(`\\b(?:contract|library|interface)\\s+${contract}\\b(?=[^;=]*\\{)`).test(code)
}
