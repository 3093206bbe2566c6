import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Abi, Hex } from 'viem'
import { projectRoot } from '../../chain/paths.ts'
import { type Remapping, resolveImports } from './resolve-imports.ts'

/** npm names under which the two compilers are installed. */
type CompilerPackage = 'solc' | 'solc-0.8.19'

export type CompilerSettings = {
  remappings: readonly Remapping[]
  optimizer: {
    enabled: boolean
    runs: number
    /** Absent: what solc does by itself. */
    details?: { yul: boolean; yulDetails: { stackAllocation: boolean; optimizerSteps: string } }
  }
  evmVersion: string
  viaIR: boolean
}

/** What is compiled in one run of solc, and cached as one file. */
export type CompileUnit = {
  /** For messages and progress, e.g. `aave-v3`. */
  name: string
  /** Source unit names, relative to the project's root. Code is made for the contracts in these files only. */
  entries: readonly string[]
  compiler: CompilerPackage
  settings: CompilerSettings
}

export type LinkReferences = Record<string, Record<string, readonly { start: number; length: number }[]>>

export type ContractOutput = {
  abi: Abi
  /** Creation code; unlinked places are `__$…$__` placeholders. */
  bytecode: Hex
  linkReferences: LinkReferences
  /** Runtime code; immutables are zeros. */
  deployedBytecode: Hex
  deployedLinkReferences: LinkReferences
  immutableReferences: Record<string, readonly { start: number; length: number }[]>
}

/** file → contract → output */
export type UnitOutput = Record<string, Record<string, ContractOutput>>

export type StandardJsonInput = {
  language: 'Solidity'
  sources: Record<string, { content: string }>
  settings: Record<string, unknown>
}

/** solc's standard JSON for a unit, laid out as forge lays it out, because the metadata hash depends on it. */
export function standardJson(unit: CompileUnit, root: string = projectRoot()): StandardJsonInput {
  const sources = resolveImports(root, unit.entries, unit.settings.remappings)
  const selection = [
    'abi',
    'evm.bytecode.object',
    'evm.bytecode.linkReferences',
    'evm.deployedBytecode.object',
    'evm.deployedBytecode.linkReferences',
    'evm.deployedBytecode.immutableReferences',
  ]
  return {
    language: 'Solidity',
    sources: Object.fromEntries(Object.entries(sources).map(([name, content]) => [name, { content }])),
    settings: {
      remappings: unit.settings.remappings,
      optimizer: unit.settings.optimizer,
      metadata: { useLiteralContent: false, bytecodeHash: 'ipfs', appendCBOR: true },
      outputSelection: Object.fromEntries(unit.entries.map((entry) => [entry, { '*': selection }])),
      evmVersion: unit.settings.evmVersion,
      viaIR: unit.settings.viaIR,
      libraries: {},
    },
  }
}

/** Content hash of all that decides a unit's output: the compiler's version, the settings, the sources. */
export function cacheKey(input: StandardJsonInput, compilerVersion: string): string {
  return createHash('sha256').update(JSON.stringify({ compilerVersion, input })).digest('hex').slice(0, 32)
}

/** Version of an installed package, from its package.json. */
export function packageVersion(name: string, root: string = projectRoot()): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'),
  )
  return manifest.version
}
