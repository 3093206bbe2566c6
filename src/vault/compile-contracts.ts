import { loadArtifacts } from '../chain/artifacts.ts'
import { deploymentContracts, peripheryContracts } from './deploy.ts'
import { lensContract } from './lens.ts'

export type CompileContractsOptions = {
  /** Called only while there is something to compile. */
  onProgress?: (progress: { done: number; total: number; label: string }) => void
  /** Default: what deploying and reading a vault needs. */
  names?: readonly string[]
}

/**
 * Compiles the contracts of a vault ahead of their first use, so that a person can be shown that it takes a while.
 * Returns at once where the cache has them.
 *
 * @throws ARTIFACT_NOT_FOUND, IMPORT_NOT_FOUND, COMPILE_FAILED, COMPILER_CRASHED
 */
export async function compileContracts(options: CompileContractsOptions = {}): Promise<void> {
  const { onProgress = () => undefined, names = [...deploymentContracts, ...peripheryContracts, lensContract] } =
    options
  const total = names.length
  const started = Date.now()
  let done = 0
  let shown = 0
  const report = (): void => {
    if (done === total) return
    // Between two finished contracts the share follows the clock: solc itself says nothing until it is done.
    const elapsed = (Date.now() - started) / 1_000
    shown = Math.max(shown, done / total, (elapsed / (elapsed + 10)) * ((done + 1) / total))
    onProgress({ done: shown * total, total, label: 'compiling the contracts of a vault' })
  }
  const loading = loadArtifacts(names, {
    onUnit: (_, cached) => {
      done += 1
      if (!cached) report()
    },
  })
  // Those of the cache are counted by now.
  report()
  const timer = setInterval(report, 200)
  try {
    await loading
  } finally {
    clearInterval(timer)
  }
}
