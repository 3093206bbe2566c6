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

/**
 * Runs forge; resolves to its exit code. The tests (profile `test`) deploy what the default profile builds, so that is
 * built before them.
 */
export async function forge(args, options = {}) {
  const isTest = args[0] === 'test' || args[0] === 'coverage'
  if (isTest) {
    const code = await run(['build'], { ...options, stdio: ['ignore', 'inherit', 'inherit'] }, {})
    if (code !== 0) return { code, output: '' }
  }
  let output = ''
  const code = await run(
    args,
    options,
    isTest ? { FOUNDRY_PROFILE: process.env.FOUNDRY_PROFILE ?? 'test' } : {},
    (chunk) => {
      output += chunk
    },
  )
  return { code, output }
}

function run(args, { stdio = 'inherit' }, env, onOutput) {
  return new Promise((resolve) => {
    const child = spawn(foundryBinary('forge'), args, {
      cwd: dirname(dirname(fileURLToPath(import.meta.url))),
      stdio,
      env: { ...process.env, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1', ...env },
    })
    child.stdout?.on('data', onOutput)
    child.on('exit', (code, signal) => resolve(signal ? 1 : (code ?? 1)))
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exit((await forge(process.argv.slice(2))).code)
}
