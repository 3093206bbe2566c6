import { type ChildProcess, fork } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Abi } from 'viem'
import { cacheDir, entryPath } from '../../chain/paths.ts'
import { compileFailed, compilerCrashed } from '../../errors/devnet.ts'
import {
  type CompileUnit,
  type ContractOutput,
  cacheKey,
  type LinkReferences,
  packageVersion,
  type StandardJsonInput,
  standardJson,
  type UnitOutput,
} from './unit.ts'

export type CompiledUnit = {
  unit: CompileUnit
  /** Content hash of the compiler's version, settings and sources. */
  key: string
  output: UnitOutput
  /** The output of one contract, or undefined where the file does not declare it. */
  contract(file: string, name: string): ContractOutput | undefined
}

export type CompileOptions = {
  /** Called when a unit is done, cached or compiled. */
  onUnit?: (unit: CompileUnit, cached: boolean) => void
  /** Compiler processes at once. Default 2; one compile of Aave takes about 500 MB. */
  processes?: number
  /** Compile even what the cache has. */
  fresh?: boolean
}

type Pending = { key: string; unit: CompileUnit; input: StandardJsonInput }

/**
 * Compiles units in processes of their own, the largest first, unless the cache has them. In the order of the units.
 *
 * Results are kept under `cacheDir()/compile/<key>.json`; a file is written whole and then renamed, so that processes
 * that compile the same at once do not disturb each other.
 *
 * @throws IMPORT_NOT_FOUND, COMPILE_FAILED, COMPILER_CRASHED
 */
export async function compileUnits(
  units: readonly CompileUnit[],
  options: CompileOptions = {},
): Promise<CompiledUnit[]> {
  const outputs = new Map<string, UnitOutput>()
  const queue: Pending[] = []
  const keys = units.map((unit) => {
    const input = standardJson(unit)
    const key = cacheKey(input, packageVersion(unit.compiler))
    if (outputs.has(key) || queue.some((pending) => pending.key === key)) return key
    const cached = options.fresh === true ? undefined : readCached(key)
    if (cached === undefined) queue.push({ key, unit, input })
    else {
      outputs.set(key, cached)
      options.onUnit?.(unit, true)
    }
    return key
  })
  queue.sort((a, b) => inputSize(b.input) - inputSize(a.input))

  const compilers = Array.from({ length: Math.min(options.processes ?? 2, queue.length) }, startCompiler)
  const work = async (compiler: Compiler): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const output = parseOutput(job.unit, await compiler.run(job.unit.compiler, job.input))
      writeCached(job.key, output)
      outputs.set(job.key, output)
      options.onUnit?.(job.unit, false)
    }
  }
  try {
    // The first failure ends it: the other compilers are not waited for.
    await Promise.all(compilers.map(work))
  } finally {
    for (const compiler of compilers) compiler.stop()
  }

  return units.map((unit, index) => {
    const key = keys[index] ?? ''
    const output = outputs.get(key) ?? {}
    return { unit, key, output, contract: (file, name) => output[file]?.[name] }
  })
}

/** One run of the compiler in a process of its own; answers solc's standard JSON output as text. */
export async function runCompiler(compiler: string, input: StandardJsonInput): Promise<string> {
  const process = startCompiler()
  try {
    return await process.run(compiler, input)
  } finally {
    process.stop()
  }
}

/** The cache key of a unit, without compiling it. Throws IMPORT_NOT_FOUND. */
export function unitKey(unit: CompileUnit): string {
  return cacheKey(standardJson(unit), packageVersion(unit.compiler))
}

function inputSize(input: StandardJsonInput): number {
  return Object.values(input.sources).reduce((sum, { content }) => sum + content.length, 0)
}

function cacheFile(key: string): string {
  return join(cacheDir(), 'compile', `${key}.json`)
}

/** A damaged file counts as absent: it is compiled and written again. */
function readCached(key: string): UnitOutput | undefined {
  try {
    return JSON.parse(readFileSync(cacheFile(key), 'utf8'))
  } catch {
    return undefined
  }
}

function writeCached(key: string, output: UnitOutput): void {
  const file = cacheFile(key)
  mkdirSync(join(cacheDir(), 'compile'), { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, JSON.stringify(output))
  renameSync(temporary, file)
}

type Compiler = { run(compiler: string, input: StandardJsonInput): Promise<string>; stop(): void }

function startCompiler(): Compiler {
  const child: ChildProcess = fork(entryPath('devnet/compile.entry'), [], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let complaint = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-2_000)
  })
  return {
    run: (compiler, input) =>
      new Promise((resolve, reject) => {
        const onMessage = (output: unknown): void => {
          child.off('exit', onExit)
          resolve(String(output))
        }
        const onExit = (code: number | null): void => {
          child.off('message', onMessage)
          const lines = complaint.split('\n').filter((line) => line.trim() !== '')
          reject(compilerCrashed(code, lines.find((line) => line.includes('Error')) ?? 'no output'))
        }
        child.once('message', onMessage)
        child.once('exit', onExit)
        child.send({ compiler, input })
      }),
    stop: () => {
      child.kill('SIGKILL')
    },
  }
}

type SolcOutput = {
  errors?: readonly { severity: string; formattedMessage: string }[]
  contracts?: Record<string, Record<string, SolcContract>>
}

type SolcContract = {
  abi: Abi
  evm: {
    bytecode: { object: string; linkReferences: LinkReferences }
    deployedBytecode: {
      object: string
      linkReferences: LinkReferences
      immutableReferences?: ContractOutput['immutableReferences']
    }
  }
}

function parseOutput(unit: CompileUnit, text: string): UnitOutput {
  const parsed: SolcOutput = JSON.parse(text)
  const errors = (parsed.errors ?? []).filter(({ severity }) => severity === 'error')
  if (errors.length > 0) {
    throw compileFailed(unit.name, errors.map(({ formattedMessage }) => formattedMessage.trim()).join('\n'))
  }
  const output: UnitOutput = {}
  for (const [file, contracts] of Object.entries(parsed.contracts ?? {})) {
    output[file] = Object.fromEntries(Object.entries(contracts).map(([name, raw]) => [name, contractOutput(raw)]))
  }
  return output
}

function contractOutput(raw: SolcContract): ContractOutput {
  const { bytecode, deployedBytecode } = raw.evm
  return {
    abi: raw.abi,
    bytecode: `0x${bytecode.object}`,
    linkReferences: bytecode.linkReferences,
    deployedBytecode: `0x${deployedBytecode.object}`,
    deployedLinkReferences: deployedBytecode.linkReferences,
    immutableReferences: deployedBytecode.immutableReferences ?? {},
  }
}
