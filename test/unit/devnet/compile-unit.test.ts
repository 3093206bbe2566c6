import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findContract } from '../../../src/devnet/compile/find-contract.ts'
import { foundrySettings, parseFoundrySettings } from '../../../src/devnet/compile/foundry-settings.ts'
import { type CompileUnit, cacheKey, standardJson } from '../../../src/devnet/compile/unit.ts'

describe('cacheKey', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tiller-unit-'))
    mkdirSync(join(root, 'contracts'))
    writeFileSync(join(root, 'contracts/A.sol'), 'import "./B.sol"; contract A {}')
    writeFileSync(join(root, 'contracts/B.sol'), 'contract B {}')
    writeFileSync(join(root, 'contracts/Other.sol'), 'contract Other {}')
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const unit: CompileUnit = {
    name: 'test',
    entries: ['contracts/A.sol'],
    compiler: 'solc',
    settings: { remappings: [], optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun', viaIR: false },
  }
  const key = (change: Partial<CompileUnit['settings']> = {}, version = '0.8.37'): string =>
    cacheKey(standardJson({ ...unit, settings: { ...unit.settings, ...change } }, root), version)

  test('is the same for the same content, wherever the project lies', () => {
    const before = key()
    const elsewhere = mkdtempSync(join(tmpdir(), 'tiller-unit-'))
    mkdirSync(join(elsewhere, 'contracts'))
    writeFileSync(join(elsewhere, 'contracts/B.sol'), 'contract B {}')
    writeFileSync(join(elsewhere, 'contracts/A.sol'), 'import "./B.sol"; contract A {}')
    expect(cacheKey(standardJson(unit, elsewhere), '0.8.37')).toBe(before)
    rmSync(elsewhere, { recursive: true })
  })

  test('changes with the compiler, each setting and every imported source', () => {
    const before = key()
    const others = [
      key({}, '0.8.36'),
      key({ optimizer: { enabled: true, runs: 201 } }),
      key({ evmVersion: 'prague' }),
      key({ viaIR: true }),
      key({ remappings: ['x/=y/'] }),
    ]
    writeFileSync(join(root, 'contracts/B.sol'), 'contract B { uint256 x; }')
    others.push(key())
    expect(new Set([before, ...others]).size).toBe(7)
  })

  test('does not change with a file that is not imported', () => {
    const before = key()
    writeFileSync(join(root, 'contracts/Other.sol'), 'contract Other { uint256 x; }')
    expect(key()).toBe(before)
  })
})

describe('parseFoundrySettings', () => {
  const text = `[profile.default]
src = "contracts"
evm_version = "cancun"
optimizer = true
optimizer_runs = 123
via_ir = false
remappings = [
  "a/=b/",
  "c/=d/",
]

[fuzz]
runs = 256

[profile.long.fuzz]
via_ir = true
`
  test('reads the default profile only', () => {
    expect(parseFoundrySettings(text)).toEqual({
      remappings: ['a/=b/', 'c/=d/'],
      optimizer: { enabled: true, runs: 123 },
      evmVersion: 'cancun',
      viaIR: false,
    })
  })

  test('refuses a file that lacks a key', () => {
    expect(() => parseFoundrySettings(text.replace('evm_version = "cancun"\n', ''))).toThrow(
      'foundry.toml has no evm_version in [profile.default]',
    )
  })

  test("reads the project's own file", () => {
    const settings = foundrySettings()
    expect(settings.evmVersion).toBe('cancun')
    expect(settings.remappings).toContain('@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/')
    expect(settings.optimizer.runs).toBeGreaterThan(0)
  })
})

describe('findContract', () => {
  test('finds a contract by its name alone', () => {
    expect(findContract('PriceFeed').file).toBe('src/devnet/contracts/PriceFeed.sol')
  })

  test('finds it by file and name', () => {
    expect(findContract('src/devnet/contracts/PriceFeed.sol:PriceFeed').contract).toBe('PriceFeed')
  })

  test('says that no contract has the name', () => {
    expect(() => findContract('NoSuchThing')).toThrowErrorMatchingInlineSnapshot(`
      [TillerError: No contract has this name.
        name: NoSuchThing
      Remedy: Name it as \`path/File.sol:Contract\`.]
    `)
  })

  test('does not take a file for a contract that it does not declare', () => {
    expect(() => findContract('src/devnet/contracts/PriceFeed.sol:Other')).toThrow('No contract has this name.')
  })
})
