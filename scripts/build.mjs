#!/usr/bin/env node
// Bundles src/ into dist/: the command line (src/cli/main.entry.ts) and every other `*.entry.ts`, which run in processes
// of their own. Skipped when nothing that it reads has changed since the last build (by content).
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stampFile = join(root, 'dist', '.stamp')

/** Files below `folder` whose name passes `keep`, sorted. */
function filesBelow(folder, keep) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && keep(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** Hash of everything that goes into the bundle. */
function contentStamp() {
  const hash = createHash('sha256')
  const inputs = [
    ...filesBelow(join(root, 'src'), (name) => name.endsWith('.ts') || name.endsWith('.json')),
    ...filesBelow(join(root, 'strategies', 'spec'), (name) => name.endsWith('.json')),
    join(root, 'package-lock.json'),
    fileURLToPath(import.meta.url),
  ]
  for (const file of inputs) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  return hash.digest('hex')
}

/** Bundles the entry points into `outdir`; throws esbuild's own error, which it has printed. */
async function bundle(entryPoints, outdir) {
  const { build } = await import('esbuild')
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir,
    outbase: join(root, 'src'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    chunkNames: 'chunks/[name]-[hash]',
    sourcemap: true,
    logLevel: 'warning',
  })
}

/** Builds dist/ when it is missing or out of date; returns whether it built. */
export async function ensureBuilt() {
  const stamp = contentStamp()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return false
  const entryPoints = filesBelow(join(root, 'src'), (name) => name.endsWith('.entry.ts'))
  // Two processes may build at once: each writes its own folder and swaps it in.
  const fresh = join(root, `dist.${process.pid}`)
  mkdirSync(fresh, { recursive: true })
  try {
    await bundle(entryPoints, fresh)
    writeFileSync(join(fresh, '.stamp'), stamp)
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true })
    throw error
  }
  const old = join(root, `dist.old.${process.pid}`)
  mkdirSync(old, { recursive: true })
  try {
    renameSync(join(root, 'dist'), join(old, 'dist'))
  } catch {
    // There was none, or the other process took it away first.
  }
  try {
    renameSync(fresh, join(root, 'dist'))
  } catch {
    rmSync(fresh, { recursive: true, force: true }) // the other process was first, with the same content
  }
  rmSync(old, { recursive: true, force: true })
  return true
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const started = performance.now()
  const built = await ensureBuilt()
  console.error(built ? `built dist/ in ${Math.round(performance.now() - started)} ms` : 'dist/ is up to date')
}
