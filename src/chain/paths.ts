import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of Tiller's own package.json, found upwards from this module (source or bundle). */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (true) {
    const manifest = join(folder, 'package.json')
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'tiller') return folder
    const parent = dirname(folder)
    if (parent === folder) throw new Error(`No package.json named "tiller" above ${fileURLToPath(import.meta.url)}`)
    folder = parent
  }
}

/** Where content-addressed build products live: `TILLER_CACHE_DIR`, else the user's cache folder. */
export function cacheDir(): string {
  const { TILLER_CACHE_DIR, XDG_CACHE_HOME } = process.env
  return TILLER_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tiller')
}

/** The bundled file of an entry point, e.g. `devnet/compile.entry`. */
export function entryPath(name: string): string {
  return join(projectRoot(), 'dist', `${name}.mjs`)
}
