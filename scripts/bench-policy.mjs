#!/usr/bin/env node
// Measures inference of a policy package: one vault of 8 venues, and many vaults in one batch.
//   node scripts/bench-policy.mjs [package] [--providers cpu] [--json]
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as esbuild from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { providers: { type: 'string', default: 'cpu' }, json: { type: 'boolean', default: false } },
})
const { loadPolicy } = await loadSource()

const venues = 8
const policy = await loadPolicy({ reference: positionals[0] ?? 'seed-lending', providers: values.providers.split(',') })
const one = makeObservation(venues)
const single = await timeSingle(() => policy.decide(one), 2_000, 20_000)
const batches = []
for (const vaults of [16, 128, 1024]) {
  const many = Array.from({ length: vaults }, () => makeObservation(venues))
  const { medianUs } = await timeSingle(() => policy.decideMany(many), 5, Math.max(20, Math.round(40_000 / vaults)))
  batches.push({ vaults, medianUs, venueScoresPerSecond: Math.round((vaults * venues) / (medianUs / 1e6)) })
}
await policy.close?.()

const result = {
  policy: `${policy.name} ${policy.hash}`,
  executionProvider: policy.executionProvider,
  machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, node ${process.version}`,
  onnxruntime: JSON.parse(readFileSync(join(root, 'node_modules/onnxruntime-node/package.json'), 'utf8')).version,
  revision: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim(),
  venues,
  single,
  batches,
}
if (values.json) console.log(JSON.stringify(result, null, 2))
else {
  const { policy: name, executionProvider, machine, onnxruntime, revision } = result
  console.log(`policy    ${name}\nprovider  ${executionProvider} (onnxruntime ${onnxruntime})\nmachine   ${machine}`)
  console.log(`revision  ${revision}\n`)
  console.log(
    `one vault of ${venues} venues   median ${single.medianUs.toFixed(1)} µs   p99 ${single.p99Us.toFixed(1)} µs`,
  )
  for (const { vaults, medianUs, venueScoresPerSecond } of batches) {
    const millions = (venueScoresPerSecond / 1e6).toFixed(2)
    console.log(
      `${String(vaults).padStart(4)} vaults in one call  median ${medianUs.toFixed(0)} µs   ${millions} M venue-scores/s`,
    )
  }
}

async function loadSource() {
  const outfile = join(root, 'dist', `bench-policy.${process.pid}.mjs`)
  const { rm } = await import('node:fs/promises')
  await esbuild.build({
    entryPoints: [join(root, 'src/policy/load-policy.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'warning',
  })
  try {
    return await import(outfile)
  } finally {
    await rm(outfile)
  }
}

async function timeSingle(action, warmUp, rounds) {
  for (let i = 0; i < warmUp; i++) await action()
  const times = new Float64Array(rounds)
  for (let i = 0; i < rounds; i++) {
    const began = process.hrtime.bigint()
    await action()
    times[i] = Number(process.hrtime.bigint() - began) / 1e3
  }
  times.sort()
  return { medianUs: times[rounds >> 1], p99Us: times[Math.floor(rounds * 0.99)] }
}

// Only what inference reads of an observation.
function makeObservation(count) {
  const value = () => Math.round((Math.random() - 0.5) * 4000)
  return {
    venues: Array.from({ length: count }, (_, j) => ({
      name: `venue-${j}`,
      features: Array.from({ length: 12 }, value),
    })),
    globalFeatures: Array.from({ length: 5 }, value),
  }
}
