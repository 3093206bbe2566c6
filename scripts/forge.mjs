#!/usr/bin/env node
// Runs Foundry's forge, the binary of the npm package, with the given arguments in the project's root.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Path of a Foundry binary inside its platform package. */
export function foundryBinary(tool) {
  const require = createRequire(import.meta.url)
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const manifest = require.resolve(
    `@foundry-rs/${tool}-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}/package.json`,
  )
  return join(dirname(manifest), 'bin', `${tool}${suffix}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const child = spawn(foundryBinary('forge'), process.argv.slice(2), {
    cwd: dirname(dirname(fileURLToPath(import.meta.url))),
    stdio: 'inherit',
    env: { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' },
  })
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
}
