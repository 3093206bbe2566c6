#!/usr/bin/env node
// Writes docs/configuration.md from the schema of the configuration; a test holds the two together.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
// Inside the project, so that the bundle finds its packages.
const bundle = join(root, 'dist', `config-docs.${process.pid}.mjs`)
mkdirSync(dirname(bundle), { recursive: true })
try {
  await build({
    absWorkingDir: root,
    entryPoints: ['src/config/config-docs.ts'],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    logLevel: 'warning',
  })
  const { renderConfigDocs } = await import(pathToFileURL(bundle).href)
  writeFileSync(join(root, 'docs', 'configuration.md'), renderConfigDocs())
} finally {
  rmSync(bundle, { force: true })
}
