#!/usr/bin/env node
// `npm run coverage:contracts`: line and branch coverage of contracts/ by the forge tests, per file. The tests deploy
// their own build here (TILLER_ARTIFACTS=none), since coverage needs unoptimised code with its source map.
// With a devnet beside them (`npm run coverage:contracts -- --devnet`) the tests on the real protocols count too.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foundryBinary } from './forge.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const withDevnet = process.argv.includes('--devnet')
const folder = mkdtempSync(join(tmpdir(), 'tiller-coverage-'))
const report = join(folder, 'lcov.info')
// Gas figures and proofs mean nothing in unoptimised code.
const forge = [foundryBinary('forge'), 'coverage', '--report', 'lcov', '--report-file', report]
const args = [...forge, '--no-match-contract', 'Gas', '--no-match-path', 'test/contracts/symbolic/**']
const devnet = [process.execPath, 'scripts/run-source.mjs', 'scripts/with-devnet.ts']
const [command, ...rest] = withDevnet ? [...devnet, ...args] : args

try {
  const { status } = spawnSync(command, rest, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      FOUNDRY_PROFILE: 'test',
      FOUNDRY_DISABLE_NIGHTLY_WARNING: '1',
      FOUNDRY_OUT: 'out/coverage',
      FOUNDRY_CACHE_PATH: 'cache/coverage',
      FOUNDRY_FUZZ_RUNS: '64',
      FOUNDRY_INVARIANT_RUNS: '4',
      TILLER_ARTIFACTS: 'none',
    },
  })
  const rows = parseLcov(readFileSync(report, 'utf8')).filter(({ file }) => file.startsWith('contracts/'))
  const total = rows.reduce(
    (sum, row) => ({
      file: 'total',
      lines: add(sum.lines, row.lines),
      branches: add(sum.branches, row.branches),
    }),
    { file: 'total', lines: [0, 0], branches: [0, 0] },
  )
  const width = Math.max(...rows.map(({ file }) => file.length))
  console.log(`${'contract'.padEnd(width)}  ${'lines'.padStart(16)}  ${'branches'.padStart(16)}`)
  for (const { file, lines, branches } of [...rows, total]) {
    console.log(`${file.padEnd(width)}  ${share(lines).padStart(16)}  ${share(branches).padStart(16)}`)
  }
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function add([hit, all], [moreHit, moreAll]) {
  return [hit + moreHit, all + moreAll]
}

function share([hit, all]) {
  return all === 0 ? '–' : `${((100 * hit) / all).toFixed(1)} % of ${all}`
}

/** Hit and found lines and branches of each file. */
function parseLcov(text) {
  return text
    .split('end_of_record')
    .map((record) => {
      const value = (key) => Number(new RegExp(`^${key}:(\\d+)`, 'm').exec(record)?.[1] ?? 0)
      const file = /^SF:(.+)$/m.exec(record)?.[1] ?? ''
      return { file, lines: [value('LH'), value('LF')], branches: [value('BRH'), value('BRF')] }
    })
    .filter(({ file }) => file !== '')
}
