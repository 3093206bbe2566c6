import { existsSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { importNotFound } from '../../errors/devnet.ts'

/** `prefix=target`, as solc and foundry.toml write it. */
export type Remapping = `${string}=${string}`

/**
 * Reads the entry files and everything that they import, as solc's `sources`: source unit name to text. Names are paths
 * relative to `root`, so that the compiled metadata is equal on every machine.
 *
 * @throws IMPORT_NOT_FOUND
 */
export function resolveImports(
  root: string,
  entries: readonly string[],
  remappings: readonly Remapping[],
): Record<string, string> {
  const sources = new Map<string, string>()
  const open = entries.map((name) => ({ name, importer: 'the list of entries', path: name }))
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (sources.has(next.name)) continue
    const file = posix.join(root, next.name)
    if (!existsSync(file)) throw importNotFound(next.importer, next.path, next.name)
    const text = readFileSync(file, 'utf8')
    sources.set(next.name, text)
    for (const path of importPaths(text)) {
      open.push({ name: sourceUnitName(next.name, path, remappings), importer: next.name, path })
    }
  }
  return Object.fromEntries([...sources].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The paths that a Solidity file imports, in order; comments are skipped. */
export function importPaths(text: string): string[] {
  const code = withoutComments(text)
  return [...code.matchAll(/\bimport\s+(?:[^'";]*?\bfrom\s+)?(["'])(.+?)\1/g)].map((match) => match[2] ?? '')
}

/**
 * Name of the source unit that an import means: relative paths against the importer, then the remapping with the longest
 * prefix (Solidity documentation, "Import path resolution").
 */
export function sourceUnitName(importer: string, path: string, remappings: readonly Remapping[]): string {
  const relative = path.startsWith('./') || path.startsWith('../')
  const name = relative ? posix.join(posix.dirname(importer), path) : path
  let best: { prefix: string; target: string } | undefined
  for (const remapping of remappings) {
    const at = remapping.indexOf('=')
    const prefix = remapping.slice(0, at)
    if (name.startsWith(prefix) && prefix.length >= (best?.prefix.length ?? 0)) {
      best = { prefix, target: remapping.slice(at + 1) }
    }
  }
  return best === undefined ? name : best.target + name.slice(best.prefix.length)
}

/** The text with comments cut out; what looks like a comment inside a string stays. */
export function withoutComments(text: string): string {
  return text.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|\/\/[^\n]*|\/\*[\s\S]*?\*\//g,
    (_, literal: string | undefined) => literal ?? ' ',
  )
}
