// Writes test/vectors/aave-math-utils.json: indices as Aave's own TypeScript library computes them, at random states.
//   npm pack @aave/math-utils, unpacked with its dependencies somewhere:
//   node scripts/make-aave-vectors.mjs FOLDER/node_modules/@aave/math-utils
//
// The library is no dependency: it is asked once, and what it answered is what the unit test holds.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  console.error('Usage: node scripts/make-aave-vectors.mjs FOLDER/node_modules/@aave/math-utils')
  process.exit(2)
}
const packageFile = join(resolve(folder), 'package.json')
const { version } = JSON.parse(readFileSync(packageFile, 'utf8'))
const library = createRequire(packageFile)(resolve(folder))

let word = 7
/** Lehmer's generator of Park and Miller: 31 bits. */
function next() {
  word = (word * 48_271) % 2_147_483_647
  return BigInt(word)
}

const ray = 10n ** 27n
const states = Array.from({ length: 300 }, () => {
  const indexRay = ray + (next() * 4n * ray) / 2_147_483_647n
  const rateRay = ((next() * ray) / 2_147_483_647n) >> (next() % 8n)
  const elapsed = Number(((next() * 40_000_000n) / 2_147_483_647n) >> (next() % 16n))
  const at = { rate: String(rateRay), lastUpdateTimestamp: 1_700_000_000, currentTimestamp: 1_700_000_000 + elapsed }
  const income = library.getReserveNormalizedIncome({ ...at, index: String(indexRay) })
  const compounded = library.rayMul(library.calculateCompoundedInterest(at), String(indexRay))
  return {
    indexRay: String(indexRay),
    rateRay: String(rateRay),
    elapsed,
    liquidityIndexRay: income.toFixed(0),
    variableBorrowIndexRay: compounded.toFixed(0),
  }
})
const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'test', 'vectors', 'aave-math-utils.json')
writeFileSync(file, `${JSON.stringify({ library: '@aave/math-utils', version, states }, null, 1)}\n`)
console.log(`${states.length} states of @aave/math-utils ${version} in ${file}`)
