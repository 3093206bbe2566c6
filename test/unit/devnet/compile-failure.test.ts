import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { projectRoot } from '../../../src/chain/paths.ts'
import { compileUnits } from '../../../src/devnet/compile/compile-units.ts'
import type { CompileUnit } from '../../../src/devnet/compile/unit.ts'

// Sources of a unit lie below the project's root, so these go to an ignored folder there.
let folder: string
let cache: string
beforeEach(() => {
  mkdirSync(join(projectRoot(), '.tiller'), { recursive: true })
  folder = mkdtempSync(join(projectRoot(), '.tiller', 'compile-'))
  cache = mkdtempSync(join(tmpdir(), 'tiller-cache-'))
  vi.stubEnv('TILLER_CACHE_DIR', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
  rmSync(cache, { recursive: true })
})

function unit(text: string): CompileUnit {
  writeFileSync(join(folder, 'A.sol'), text)
  return {
    name: 'A',
    entries: [join(folder, 'A.sol').slice(projectRoot().length + 1)],
    compiler: 'solc',
    settings: { remappings: [], optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun', viaIR: false },
  }
}

const sound = '// SPDX-License-Identifier: MIT\npragma solidity ^0.8.28;\ncontract A { uint256 public x; }'

test('a source that does not compile fails with what the compiler says, and leaves nothing in the cache', async () => {
  await expect(compileUnits([unit(sound.replace('uint256', 'uint257'))])).rejects.toMatchObject({
    code: 'COMPILE_FAILED',
    details: { unit: 'A', report: expect.stringContaining('Identifier not found') },
  })
  expect(readdirSync(cache)).toEqual([])
})

test('a damaged cache file is compiled again', async () => {
  const [first] = await compileUnits([unit(sound)])
  const [name = ''] = readdirSync(join(cache, 'compile'))
  expect(name).toBe(`${first?.key}.json`)
  writeFileSync(join(cache, 'compile', name), '{"half":')
  const cached: boolean[] = []
  const [again] = await compileUnits([unit(sound)], { onUnit: (_, hit) => cached.push(hit) })
  expect(cached).toEqual([false])
  expect(again?.output).toEqual(first?.output)
})

test('equal units are compiled once', async () => {
  const seen: boolean[] = []
  const result = await compileUnits([unit(sound), unit(sound)], { onUnit: (_, hit) => seen.push(hit) })
  expect(seen).toEqual([false])
  expect(result[0]?.output).toEqual(result[1]?.output)
})
