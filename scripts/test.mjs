#!/usr/bin/env node
// `npm test`: builds what the tests need, runs the contract tests (beside a devnet, for those on the real protocols) and
// the TypeScript tests, and adds up the counts.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureBuilt } from './build.mjs'
import { foundryBinary } from './forge.mjs'
import { checkGasPage, compareSnapshots, readSnapshots, restoreSnapshots } from './gas.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const reports = mkdtempSync(join(tmpdir(), 'tiller-test-'))
const withDevnet = [join(root, 'scripts/run-source.mjs'), join(root, 'scripts/with-devnet.ts')]
const vitestBin = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')

/** Runs a command with its output shown; resolves to its exit code and what it printed. */
function run(command, args, { capture = false, env = {} } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
      env: { ...process.env, FORCE_COLOR: process.stdout.isTTY ? '1' : '0', ...env },
    })
    let output = ''
    child.stdout?.on('data', (chunk) => {
      output += chunk
    })
    child.on('exit', (code) => resolve({ code: code ?? 1, output }))
  })
}

/** Passed and failed tests in forge's JSON report. */
function countForge(output) {
  let passed = 0
  let failed = 0
  for (const [suite, { test_results }] of Object.entries(JSON.parse(output))) {
    for (const [name, { status, reason }] of Object.entries(test_results)) {
      if (status === 'Success') passed += 1
      else {
        failed += 1
        console.error(`FAIL ${suite} ${name}: ${reason ?? status}`)
      }
    }
  }
  return { passed, failed }
}

await ensureBuilt()
const totals = { passed: 0, failed: 0 }
let exitCode = 0

console.log('contract tests (forge)')
// Built first, so that what the compiler says goes to the terminal and not into the report.
const tests = { FOUNDRY_PROFILE: 'test' }
const built =
  (await run(foundryBinary('forge'), ['build'])).code ||
  (await run(foundryBinary('forge'), ['build'], { env: tests })).code
const committedGas = readSnapshots()
const forge =
  built === 0
    ? await run(process.execPath, [...withDevnet, foundryBinary('forge'), 'test', '--json'], {
        capture: true,
        env: tests,
      })
    : { code: built, output: '' }
try {
  const { passed, failed } = countForge(forge.output.slice(forge.output.indexOf('{')))
  totals.passed += passed
  totals.failed += failed
  console.log(`contracts: ${passed} passed, ${failed} failed`)
} catch {
  console.error('The contract tests gave no report.')
  totals.failed += 1
}
if (forge.code !== 0) exitCode = 1
else {
  // The run wrote its own figures; what is committed stays unless somebody asks for new ones.
  const drift = [...compareSnapshots(committedGas, readSnapshots()), ...checkGasPage(committedGas)]
  restoreSnapshots(committedGas)
  for (const line of drift) console.error(`GAS ${line}`)
  if (drift.length > 0) {
    console.error('Gas is not as committed; npm run gas writes new figures.')
    totals.failed += 1
    exitCode = 1
  } else totals.passed += 1
}

console.log('TypeScript tests (vitest)')
const report = join(reports, 'vitest.json')
const vitest = await run(process.execPath, [
  vitestBin,
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
  ...process.argv.slice(2),
])
try {
  const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
  totals.passed += numPassedTests
  totals.failed += numFailedTests
} catch {
  totals.failed += 1
}
if (vitest.code !== 0) exitCode = 1
rmSync(reports, { recursive: true, force: true })

console.log(`\n${totals.passed} passed, ${totals.failed} failed`)
process.exit(exitCode || (totals.failed > 0 ? 1 : 0))
