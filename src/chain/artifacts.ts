import type { Abi, Hex } from 'viem'
import { type CompileOptions, compileUnits } from '../devnet/compile/compile-units.ts'
import { findContract } from '../devnet/compile/find-contract.ts'

export type Artifact = {
  /** `path/File.sol:Contract`, the path relative to the project's root. */
  name: string
  abi: Abi
  /** Creation code without constructor arguments. */
  bytecode: Hex
  /** Runtime code; immutables are zeros. */
  deployedBytecode: Hex
  /** Where in the runtime code immutables stand, bytes from its start. */
  immutables: readonly { start: number; length: number }[]
}

/**
 * Loads one of Tiller's own contracts (`Vault`), or a devnet one (`TestToken`), by its name or as
 * `contracts/Vault.sol:Vault`. Compiles it with exactly the settings of foundry.toml if the cache lacks it, so the
 * bytecode equals forge's.
 *
 * @throws ARTIFACT_NOT_FOUND, IMPORT_NOT_FOUND, COMPILE_FAILED, COMPILER_CRASHED
 */
export async function loadArtifact(name: string): Promise<Artifact> {
  const [artifact] = await loadArtifacts([name])
  if (artifact === undefined) throw new Error(`unreachable: no artifact for ${name}`)
  return artifact
}

/** Loads several at once; what the cache lacks is compiled in two processes. In the order of the names. */
export async function loadArtifacts(names: readonly string[], options: CompileOptions = {}): Promise<Artifact[]> {
  const found = names.map((name) => findContract(name))
  const compiled = await compileUnits(
    found.map(({ unit }) => unit),
    options,
  )
  return found.map(({ file, contract }, index) => {
    const output = compiled[index]?.contract(file, contract)
    if (output === undefined) throw new Error(`unreachable: ${file}:${contract} was found but not compiled`)
    return {
      name: `${file}:${contract}`,
      abi: output.abi,
      bytecode: output.bytecode,
      deployedBytecode: output.deployedBytecode,
      immutables: Object.values(output.immutableReferences).flat(),
    }
  })
}
