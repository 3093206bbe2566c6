#!/usr/bin/env node
// Runs a TypeScript file of this folder: node scripts/run-source.mjs scripts/bench-tick.ts [arguments]
import { mkdirSync, rmSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ensureBuilt } from './build.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [source, ...rest] = process.argv.slice(2)
if (source === undefined) {
  console.error('Usage: node scripts/run-source.mjs FILE.ts [arguments]')
  process.exit(2)
}
await ensureBuilt()
const { build } = await import('esbuild')
// Inside the project, so that packages and package.json are found from it.
const folder = join(root, 'dist', 'scripts')
mkdirSync(folder, { recursive: true })
const outfile = join(folder, `${basename(source, '.ts')}.${process.pid}.mjs`)
await build({
  entryPoints: [resolve(source)],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  logLevel: 'warning',
})
process.argv.splice(1, 2, outfile)
process.argv.length = 2
process.argv.push(...rest)
try {
  await import(pathToFileURL(outfile).href)
} finally {
  rmSync(outfile, { force: true })
}
