#!/usr/bin/env node
// The invariants at length: chunk after chunk of random sequences, each with its own seed.
//   node scripts/long-invariants.mjs [--chunks 20] [--runs 32] [--depth 150] [--seed 1] [--fresh]
// What is done is kept in .tiller/long-invariants.json, so an interrupted run goes on where it was.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { forge } from './forge.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stateFile = join(root, '.tiller', 'long-invariants.json')
const { values } = parseArgs({
  options: {
    chunks: { type: 'string', default: '20' },
    runs: { type: 'string', default: '32' },
    depth: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    fresh: { type: 'boolean', default: false },
  },
})
const [chunks, runs, depth, firstSeed] = [values.chunks, values.runs, values.depth, values.seed].map((text) => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is not a positive whole number.`)
  return number
})

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
const revision =
  git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'contracts', 'test') ? ' and changes' : '')
const key = JSON.stringify({ revision, runs, depth, firstSeed })

/** Calls of the chunks of an earlier, interrupted run with the same code and settings. */
function load() {
  if (values.fresh) rmSync(stateFile, { force: true })
  try {
    const state = JSON.parse(readFileSync(stateFile, 'utf8'))
    return state.key === key ? state.calls : []
  } catch {
    return []
  }
}

const calls = load()
if (calls.length > 0) console.log(`goes on after ${calls.length} chunks`)
const began = Date.now()
const before = calls.length
process.env.FOUNDRY_INVARIANT_RUNS = String(runs)
process.env.FOUNDRY_INVARIANT_DEPTH = String(depth)

while (calls.length < chunks) {
  const seed = firstSeed + calls.length
  const { code, output } = await forge(
    ['test', '--match-path', 'test/contracts/invariant/*', '--fuzz-seed', String(seed)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const found = [...output.matchAll(/\(runs: \d+, calls: (\d+), reverts: \d+\)/g)].map(([, text]) => Number(text))
  if (code !== 0 || found.length === 0) {
    console.error(output)
    console.error(
      `Seed ${seed} broke a property. Repeat it: FOUNDRY_INVARIANT_RUNS=${runs} FOUNDRY_INVARIANT_DEPTH=${depth} npm run test:contracts -- --match-path 'test/contracts/invariant/*' --fuzz-seed ${seed}`,
    )
    process.exit(1)
  }
  calls.push(found.reduce((sum, n) => sum + n, 0))
  mkdirSync(dirname(stateFile), { recursive: true })
  writeFileSync(stateFile, JSON.stringify({ key, calls }))
  const left = ((Date.now() - began) / (calls.length - before)) * (chunks - calls.length)
  console.log(`${calls.length} of ${chunks} chunks, seed ${seed}, ${total()} calls, ${Math.ceil(left / 1000)} s left`)
}

console.log(
  `All properties held over ${total()} calls, revision ${revision}, seeds ${firstSeed} to ${firstSeed + chunks - 1}.`,
)
rmSync(stateFile, { force: true })

function total() {
  return calls.reduce((sum, n) => sum + n, 0)
}
