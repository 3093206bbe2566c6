// Judges mutants, one message each: compiles the contracts that the mutated file is part of, into a folder of its own,
// and runs the tests against them, the narrow ones first. A process, because solc's memory only grows.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { foundryBinary } from '../forge.mjs'
import { applyMutant } from './mutate.mjs'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const solc = createRequire(import.meta.url)('solc')
const secondsAtMost = 240

/** What forge would resolve an import to, relative to the root. */
function resolveImport(path) {
  if (existsSync(join(root, path))) return path
  const remapped = [
    ['@openzeppelin/contracts/', 'node_modules/@openzeppelin/contracts/'],
    ['solady/', 'node_modules/solady/src/'],
  ].find(([prefix]) => path.startsWith(prefix))
  return remapped === undefined ? `node_modules/${path}` : remapped[1] + path.slice(remapped[0].length)
}

/**
 * Compiles plainly (no via-IR, 200 runs): a few times faster than what is deployed, with the same behaviour.
 *
 * @returns contract name to creation code, or undefined where it does not compile
 */
export function compile(targets, overrides = {}, outputs = ['evm.bytecode.object']) {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(targets.map((file) => [file, { content: overrides[file] ?? read(file) }])),
    settings: {
      evmVersion: 'cancun',
      optimizer: { enabled: true, runs: 200 },
      metadata: { appendCBOR: false, bytecodeHash: 'none' },
      remappings: ['@openzeppelin/contracts/=@openzeppelin/contracts/', 'solady/=solady/'],
      outputSelection: outputs.includes('ast')
        ? { '*': { '': ['ast'] } }
        : Object.fromEntries(targets.map((file) => [file, { '*': outputs }])),
    },
  }
  const callbacks = {
    import: (path) => {
      const override = overrides[path]
      if (override !== undefined) return { contents: override }
      try {
        return { contents: read(resolveImport(path)) }
      } catch (error) {
        return { error: String(error) }
      }
    },
  }
  const output = JSON.parse(solc.compile(JSON.stringify(input), callbacks))
  const failed = (output.errors ?? []).some(({ severity }) => severity === 'error')
  return failed ? { errors: output.errors } : output
}

function read(file) {
  return readFileSync(join(root, file), 'utf8')
}

/** Creation code of each target file's contract; undefined where it does not compile. */
export function codesOf(targets, overrides = {}) {
  const output = compile(targets, overrides)
  if (output.errors !== undefined && output.contracts === undefined) return undefined
  return Object.fromEntries(
    targets.map((file) => {
      const name = file.replace(/^.*\//, '').replace('.sol', '')
      return [name, output.contracts[file][name].evm.bytecode.object]
    }),
  )
}

/** Writes codes as artefacts that test/contracts/Deployed.sol reads. */
export function writeArtefacts(folder, codes) {
  for (const [name, code] of Object.entries(codes)) {
    mkdirSync(join(folder, `${name}.sol`), { recursive: true })
    writeFileSync(join(folder, `${name}.sol`, `${name}.json`), JSON.stringify({ bytecode: { object: `0x${code}` } }))
  }
}

/** Runs one stage of tests. @returns 'passed', 'failed' with the first failure, or 'timeout' */
export function runStage(args, artefacts, fuzz) {
  return new Promise((resolve) => {
    const child = spawn(foundryBinary('forge'), ['test', '--fail-fast', '--threads', '1', ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        FOUNDRY_PROFILE: 'test',
        FOUNDRY_DISABLE_NIGHTLY_WARNING: '1',
        TILLER_ARTIFACTS: artefacts,
        FOUNDRY_FUZZ_RUNS: String(fuzz.runs),
        FOUNDRY_FUZZ_SEED: '0x1',
        FOUNDRY_INVARIANT_RUNS: String(fuzz.invariantRuns),
        TILLER_DEVNET: '',
      },
    })
    let output = ''
    let timedOut = false
    const timer = setTimeout(() => {
      timedOut = true
      child.kill('SIGKILL')
    }, secondsAtMost * 1_000)
    const collect = (chunk) => {
      output = (output + chunk).slice(-200_000)
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    child.on('exit', (code) => {
      clearTimeout(timer)
      if (timedOut) resolve({ verdict: 'timeout', by: 'timeout' })
      else if (code === 0) resolve({ verdict: 'passed' })
      else {
        const by = /\[FAIL[^\n]*?\] (\w+)/.exec(output)?.[1] ?? output.trim().split('\n').at(-1) ?? ''
        // Nothing ran: the tool's fault, not the mutant's death.
        resolve(/\[FAIL/.test(output) ? { verdict: 'failed', by } : { verdict: 'broken', by: output.slice(-2_000) })
      }
    })
  })
}

async function judge({ mutant, targets, baseline, stages, folder, fuzz }) {
  const started = Date.now()
  const seconds = () => Math.round((Date.now() - started) / 100) / 10
  const codes = codesOf(targets, { [mutant.file]: applyMutant(read(mutant.file), mutant) })
  if (codes === undefined) return { status: 'uncompilable', seconds: seconds() }
  const changed = Object.fromEntries(Object.entries(codes).filter(([name, code]) => code !== baseline[name]))
  if (Object.keys(changed).length === 0) return { status: 'equivalent', seconds: seconds() }
  // The other contract, too: the folder still holds what the mutant before made of it.
  writeArtefacts(folder, { ...baseline, ...codes })
  for (const stage of stages) {
    const { verdict, by } = await runStage(stage, folder, fuzz)
    if (verdict === 'broken') return { status: 'broken', by, seconds: seconds() }
    if (verdict !== 'passed') return { status: 'killed', by, seconds: seconds() }
  }
  return { status: 'survived', seconds: seconds() }
}

if (process.send !== undefined) {
  process.on('message', async (task) => {
    process.send({ id: task.mutant.id, ...(await judge(task)) })
  })
}
