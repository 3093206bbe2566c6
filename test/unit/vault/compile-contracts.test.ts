import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { compileContracts } from '../../../src/vault/compile-contracts.ts'

let cache: string

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'tiller-contracts-'))
  vi.stubEnv('TILLER_CACHE_DIR', cache)
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true, force: true })
})

test('contracts are compiled ahead with progress that never goes back, and the second time nothing is shown', async () => {
  const names = ['BucketLib', 'MathLib']
  const shares: number[] = []
  const labels = new Set<string>()
  await compileContracts({
    names,
    onProgress: ({ done, total, label }) => {
      shares.push(done / total)
      labels.add(label)
    },
  })
  expect([...labels]).toEqual(['compiling the contracts of a vault'])
  expect(shares.length).toBeGreaterThanOrEqual(2)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  expect(shares.every((share) => share >= 0 && share < 1)).toBe(true)

  const again = vi.fn()
  await compileContracts({ names, onProgress: again })
  expect(again).not.toHaveBeenCalled()
})
