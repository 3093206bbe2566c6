#!/usr/bin/env node
// The adversarial keeper at length: random plans against fresh vaults, chunk after chunk, each with its own seed.
//   node scripts/long-adversary.mjs [--plans 10000] [--chunk 500] [--seed 1] [--out docs/results/adversarial-keeper.md] [--fresh]
// What is done is kept in .tiller/long-adversary.json, so an interrupted run goes on where it was.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { forge } from './forge.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stateFile = join(root, '.tiller', 'long-adversary.json')
const { values } = parseArgs({
  options: {
    plans: { type: 'string', default: '10000' },
    chunk: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    fresh: { type: 'boolean', default: false },
  },
})
const [plans, chunk, firstSeed] = [values.plans, values.chunk, values.seed].map((text) => {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`${text} is not a positive whole number.`)
  return number
})

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
const revision =
  git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'contracts', 'test') ? ' and changes' : '')
const key = JSON.stringify({ revision, chunk, firstSeed })

/** Runs of an earlier, interrupted call with the same code and settings. */
function load() {
  if (values.fresh) rmSync(stateFile, { force: true })
  try {
    const state = JSON.parse(readFileSync(stateFile, 'utf8'))
    return state.key === key ? state.runs : []
  } catch {
    return []
  }
}

const runs = load()
const sent = () => runs.reduce((sum, run) => sum + run.sent, 0)
if (runs.length > 0) console.log(`goes on after ${sent()} plans`)
const began = Date.now()
const before = sent()

while (sent() < plans) {
  const seed = firstSeed + runs.length / 2
  process.env.TILLER_SEED = String(seed)
  process.env.TILLER_PLANS = String(chunk)
  const { code, output } = await forge(
    ['test', '--match-path', 'test/contracts/guard/AdversarialKeeper.t.sol', '-vv'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const found = [...output.matchAll(/ADVERSARY (\{.*\})/g)].map(([, text]) => ({ seed, ...JSON.parse(text) }))
  if (code !== 0 || found.length !== 2) {
    console.error(output)
    console.error(
      `Seed ${seed} broke a bound. Repeat it: TILLER_SEED=${seed} TILLER_PLANS=${chunk} npm run test:contracts -- --match-contract AdversarialKeeper`,
    )
    process.exit(1)
  }
  runs.push(...found)
  mkdirSync(dirname(stateFile), { recursive: true })
  writeFileSync(stateFile, JSON.stringify({ key, runs }))
  const left = ((Date.now() - began) / (sent() - before)) * Math.max(0, plans - sent())
  const worst = Math.max(...runs.map(({ worstOfBudgetE9 }) => worstOfBudgetE9)) / 1e7
  console.log(
    `${sent()} of ${plans} plans, seed ${seed}, worst so far ${worst.toFixed(1)} % of the budget, ${Math.ceil(left / 1000)} s left`,
  )
}

const page = render()
if (values.out === undefined) console.log(`\n${page}`)
else writeFileSync(join(root, values.out), page)
rmSync(stateFile, { force: true })

function render() {
  const rows = [false, true].map((plays) => {
    const kind = runs.filter((run) => run.plays === plays)
    const total = (field) => kind.reduce((sum, run) => sum + run[field], 0)
    const most = (field) => Math.max(...kind.map((run) => run[field]))
    const bp = (e9) => `${(e9 / 1e5).toFixed(2)} bp`
    const perDay = Math.max(...kind.map(({ lostE9, seconds }) => lostE9 / (seconds / 86_400)))
    return `| ${[
      plays ? 'thief with capital and games' : 'thief of the key',
      kind.length,
      total('sent'),
      total('accepted'),
      (total('seconds') / 86_400).toFixed(0),
      bp(most('lostE9')),
      bp(perDay),
      `${(most('worstOfBudgetE9') / 1e7).toFixed(2)} %`,
      bp(most('profitE9')),
    ].join(' | ')} |`
  })
  return `# \`npm run long:adversary\`

${new Date().toISOString().slice(0, 10)}, revision ${revision}, ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, seeds ${firstSeed} to ${firstSeed + runs.length / 2 - 1}.

A keeper's stolen key, with and without an accomplice's capital, sends random plans to vaults of 1,000,000 with the default
bounds: 2 bp a plan, a loss budget of 5 bp a day. The venues charge up to 10 bp for entry and exit, and all of it goes to
the accomplice; nothing else takes or gives. Every vault is fresh and lives for days. After every transaction the
depositors' loss is at most bucket and refill, 5 bp + 5 bp a day, and a few units of rounding; the run stops where it is
not. So does the accomplice's profit at the end. No malformed plan was taken.

| who | vaults | plans sent | accepted | days | worst loss of a vault's depositors | worst a day | worst share of the budget | worst profit |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}

The loss is a share of what the depositors' shares were worth at first; the share of the budget is the largest at any
moment of a vault's life. With capital the thief also enters and leaves vault and venues, forces exits, gives to both, and
does all of it around its plans within one transaction.
`
}
