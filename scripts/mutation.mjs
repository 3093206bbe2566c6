#!/usr/bin/env node
// `npm run mutation`: seeded mutation testing of Vault, Guard and what they inherit.
//
//   --seed N      draws the sample (default 1)          --sample N   how many mutants count (default 300)
//   --jobs N      mutants judged at a time (default 2)  --fresh      forgets earlier verdicts
//   --only ID     judges one mutant and prints its diff --report     writes the page from the verdicts so far
//   --files A,B   other sources than the default
//
// A mutant is one small change of the source. It is compiled alone and the forge tests run against it (nothing else is
// compiled: the tests take deployed code from a folder, see test/contracts/Deployed.sol). What does not compile and what
// compiles to the same code is not counted. Verdicts are kept in cache/mutation and found again by a later run as long
// as sources and tests are the same; interrupt and resume at will.
import { execFileSync, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { forge } from './forge.mjs'
import { mutantsOf, shuffled } from './mutation/mutate.mjs'
import { codesOf, compile, runStage, writeArtefacts } from './mutation/worker.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values: options } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    sample: { type: 'string', default: '300' },
    jobs: { type: 'string', default: '2' },
    files: { type: 'string' },
    only: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
  },
})
const seed = Number(options.seed)
const wanted = Number(options.sample)
const contracts = ['contracts/Vault.sol', 'contracts/Guard.sol']
const files = options.files?.split(',') ?? defaultFiles()
const page = join(root, 'docs', 'results', 'mutation.md')
const explanationsFile = join(root, 'test', 'contracts', 'mutation-survivors.json')
/** Fuzzing is cut short: a mutant that only the ten-thousandth case shows is called a survivor, and told. */
const fuzz = { runs: 48, invariantRuns: 6 }
/** Not run against mutants: other contracts, other chains, and figures that any change moves. */
const others = 'test/contracts/{integration,policy,lens,devnet,symbolic,oracle,uniswap}/**'
const apart = ['--no-match-contract', 'Gas']

const tree = compile(contracts, {}, ['ast'])
if (tree.sources === undefined) {
  console.error(tree.errors.map(({ formattedMessage }) => formattedMessage).join('\n'))
  process.exit(1)
}
const all = files.flatMap((file) => mutantsOf(file, read(file), tree.sources[file].ast))
const order = shuffled(all, seed)

const stateKey = createHash('sha256')
  .update(JSON.stringify([contracts, files].flat().map(read)))
  .update(testText())
const stateFolder = join(root, 'cache', 'mutation')
const stateFile = join(stateFolder, `${stateKey.digest('hex').slice(0, 16)}.jsonl`)
mkdirSync(stateFolder, { recursive: true })
if (options.fresh) rmSync(stateFile, { force: true })
const verdicts = new Map(
  existsSync(stateFile)
    ? readFileSync(stateFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line))
        .map((verdict) => [verdict.id, verdict])
    : [],
)

if (options.report) {
  writePage()
  process.exit(0)
}

console.log(`${all.length} mutants of ${files.join(', ')}; seed ${seed}, sample of ${wanted}`)
console.log('building contracts and tests')
if ((await forge(['build'])).code !== 0) process.exit(1)
process.env.FOUNDRY_PROFILE = 'test'
if ((await forge(['build'], { stdio: ['ignore', 'ignore', 'inherit'] })).code !== 0) process.exit(1)
const baseline = codesOf(contracts)
if (baseline === undefined) throw new Error('The contracts do not compile plainly')
const artefactsOf = (name) => join(root, 'cache', 'mutation', 'artefacts', name)
console.log('the tests on the unchanged contracts, compiled as mutants are')
writeArtefacts(artefactsOf('baseline'), baseline)
for (const stage of stagesFor('contracts/Vault.sol')) {
  const { verdict, by } = await runStage(stage, artefactsOf('baseline'), fuzz)
  if (verdict !== 'passed') {
    console.error(`The tests fail before any mutation: ${by}`)
    process.exit(1)
  }
}

const started = Date.now()
await judgeAll()
writePage()
const { killed, survived } = tally()
console.log(`\n${killed} killed, ${survived} survived: ${percent(killed, killed + survived)} killed`)
console.log(`Wrote ${page.slice(root.length + 1)} after ${Math.round((Date.now() - started) / 60_000)} minutes`)

/** Vault and Guard with everything of ours that they inherit. */
function defaultFiles() {
  const bases = readdirSync(join(root, 'contracts', 'base'))
    .filter((name) => name !== 'Adapter.sol')
    .map((name) => `contracts/base/${name}`)
  return [...contracts, ...bases]
}

function read(file) {
  return readFileSync(join(root, file), 'utf8')
}

/** Text of the tests: a changed test asks for new verdicts. */
function testText() {
  const folder = join(root, 'test', 'contracts')
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.sol'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('')
}

/** The tests nearest to a file first, then the others, the invariants last. */
function stagesFor(file) {
  const near = file.includes('Guard') ? 'guard' : 'vault'
  const first = ['--match-path', `test/contracts/${near}/**`, ...apart]
  const rest = `test/contracts/{${near},invariant}/**`
  return [
    first,
    ['--no-match-path', `{${rest},${others}}`, ...apart],
    ['--match-path', 'test/contracts/invariant/**', ...apart],
  ]
}

/** Judges mutants in the sample's order until enough of them count. */
async function judgeAll() {
  const queue = options.only === undefined ? order : all.filter(({ id }) => id === options.only)
  let next = 0
  const enough = () => {
    const { killed, survived } = tally()
    return options.only === undefined && killed + survived >= wanted
  }
  const take = () => {
    while (next < queue.length && !enough()) {
      const mutant = queue[next]
      next += 1
      if (!verdicts.has(mutant.id) || options.only !== undefined) return mutant
    }
    return undefined
  }
  await Promise.all(
    Array.from({ length: Number(options.jobs) }, async (_, job) => {
      let worker
      let judged = 0
      for (let mutant = take(); mutant !== undefined; mutant = take()) {
        if (worker === undefined || judged % 40 === 0) {
          worker?.kill()
          worker = fork(join(root, 'scripts', 'mutation', 'worker.mjs'))
        }
        judged += 1
        const verdict = await ask(worker, {
          mutant,
          targets: mutant.file.startsWith('contracts/base/') ? contracts : [mutant.file],
          baseline,
          stages: stagesFor(mutant.file),
          folder: artefactsOf(`job${job}`),
          fuzz,
        })
        if (verdict.status === 'crashed') worker = undefined
        if (verdict.status === 'broken' || verdict.status === 'crashed') {
          console.error(`${mutant.id}: no verdict: ${verdict.by}`)
          continue
        }
        verdicts.set(mutant.id, verdict)
        appendFileSync(stateFile, `${JSON.stringify(verdict)}\n`)
        tell(mutant, verdict)
      }
      worker?.kill()
    }),
  )
}

function ask(worker, task) {
  return new Promise((resolve) => {
    const onExit = () => resolve({ id: task.mutant.id, status: 'crashed', by: 'the worker ended' })
    worker.once('exit', onExit)
    worker.once('message', (verdict) => {
      worker.off('exit', onExit)
      resolve(verdict)
    })
    worker.send(task)
  })
}

function tell(mutant, verdict) {
  const { killed, survived } = tally()
  const count = String(killed + survived).padStart(4)
  const by = verdict.by === undefined ? '' : ` by ${verdict.by}`
  console.log(
    `${count}/${wanted} ${verdict.status}${by}, ${verdict.seconds} s: ${mutant.file}:${mutant.line} ${mutant.operator}`,
  )
  if (verdict.status === 'survived' || options.only !== undefined) console.log(diff(mutant))
}

function diff({ before, after }) {
  return after
    .split('\n')
    .map((line) => `+ ${line.trim()}`)
    .reduce((text, line) => `${text}\n${line}`, `- ${before.trim()}`)
}

/** Verdicts of the sample: the first mutants of the order, up to the number asked for. */
function sampled() {
  const result = []
  let counted = 0
  for (const mutant of order) {
    const verdict = verdicts.get(mutant.id)
    if (verdict === undefined || counted >= wanted) continue
    if (verdict.status === 'killed' || verdict.status === 'survived') counted += 1
    result.push({ mutant, verdict })
  }
  return result
}

function tally() {
  const statuses = sampled().map(({ verdict }) => verdict.status)
  const count = (status) => statuses.filter((each) => each === status).length
  return {
    killed: count('killed'),
    survived: count('survived'),
    equivalent: count('equivalent'),
    uncompilable: count('uncompilable'),
  }
}

function percent(part, whole) {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`
}

function writePage() {
  const { killed, survived, equivalent, uncompilable } = tally()
  const judged = sampled()
  const explanations = existsSync(explanationsFile) ? JSON.parse(readFileSync(explanationsFile, 'utf8')) : {}
  const perFile = files.map((file) => {
    const own = judged.filter(({ mutant }) => mutant.file === file).map(({ verdict }) => verdict.status)
    const [dead, alive] = ['killed', 'survived'].map((status) => own.filter((each) => each === status).length)
    const total = all.filter((mutant) => mutant.file === file).length
    return `| ${file} | ${total} | ${dead + alive} | ${dead} | ${alive} | ${percent(dead, dead + alive)} |`
  })
  const operators = new Map()
  for (const { mutant, verdict } of judged) {
    if (verdict.status !== 'killed' && verdict.status !== 'survived') continue
    const row = operators.get(mutant.operator) ?? { killed: 0, survived: 0 }
    row[verdict.status] += 1
    operators.set(mutant.operator, row)
  }
  const perOperator = [...operators.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, row]) => `| ${name.replaceAll('|', '\\|')} | ${row.killed} | ${row.survived} |`)
  const survivors = judged
    .filter(({ verdict }) => verdict.status === 'survived')
    .sort((a, b) =>
      a.mutant.file === b.mutant.file ? a.mutant.start - b.mutant.start : a.mutant.file < b.mutant.file ? -1 : 1,
    )
    .map(({ mutant }) => {
      const why = explanations[mutant.id] ?? 'Not explained yet.'
      const head = `### ${mutant.file}:${mutant.line}, ${mutant.place}: ${mutant.operator} (${mutant.id})`
      return `${head}\n\n\`\`\`diff\n${diff(mutant)}\n\`\`\`\n\n${why}\n`
    })
  const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  const text = `# Mutation testing

${killed} of ${killed + survived} mutants killed (${percent(killed, killed + survived)}), ${survived} survived. ${equivalent} more compiled to the
same code and ${uncompilable} did not compile; neither is counted.

Revision ${revision}, ${new Date().toISOString().slice(0, 10)}, seed ${seed}, ${all.length} mutants to draw from. Mutants are compiled without
via-IR; the tests run with ${fuzz.runs} fuzz runs and ${fuzz.invariantRuns} invariant runs, so a survivor is one that short fuzzing does not
find. \`npm run mutation\` repeats it; docs/testing.md says how.

| file | mutants | judged | killed | survived | share killed |
|---|---|---|---|---|---|
${perFile.join('\n')}

| operator | killed | survived |
|---|---|---|
${perOperator.join('\n')}

## Survivors

${survivors.length === 0 ? 'None.' : survivors.join('\n')}
`
  mkdirSync(dirname(page), { recursive: true })
  writeFileSync(page, `${text.trimEnd()}\n`)
}
