import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  importPaths,
  type Remapping,
  resolveImports,
  sourceUnitName,
  withoutComments,
} from '../../../src/devnet/compile/resolve-imports.ts'
import { TillerError } from '../../../src/errors/base.ts'

describe('importPaths', () => {
  test('finds every form of import', () => {
    const text = `
      import "./A.sol";
      import './B.sol' ;
      import * as C from "../C.sol";
      import { D, E as F } from "lib/D.sol";
      import {
        G,
        H
      } from "lib/G.sol";
      import "lib/I.sol" as I;
    `
    expect(importPaths(text)).toEqual(['./A.sol', './B.sol', '../C.sol', 'lib/D.sol', 'lib/G.sol', 'lib/I.sol'])
  })

  test('ignores imports in comments and keeps strings that look like comments', () => {
    const text = `
      // import "./line.sol";
      /* import "./block.sol"; */
      /** don't import "./doc.sol"; */
      string constant url = "https://example.org"; import "./real.sol";
      string constant open = "/*"; import "./also.sol";
    `
    expect(importPaths(text)).toEqual(['./real.sol', './also.sol'])
  })
})

test('withoutComments leaves what stands inside quotes', () => {
  expect(withoutComments(`a = "// no"; // yes`)).toBe(`a = "// no";  `)
})

describe('sourceUnitName', () => {
  const remappings: readonly Remapping[] = ['oz/=node_modules/oz/', 'oz/upgradeable/=node_modules/oz-upgradeable/']

  test('resolves relative paths against the importer', () => {
    expect(sourceUnitName('contracts/base/A.sol', '../B.sol', remappings)).toBe('contracts/B.sol')
  })

  test('takes the remapping with the longest prefix, whatever the order', () => {
    expect(sourceUnitName('A.sol', 'oz/upgradeable/X.sol', remappings)).toBe('node_modules/oz-upgradeable/X.sol')
    expect(sourceUnitName('A.sol', 'oz/upgradeable/X.sol', [...remappings].reverse())).toBe(
      'node_modules/oz-upgradeable/X.sol',
    )
    expect(sourceUnitName('A.sol', 'oz/Y.sol', remappings)).toBe('node_modules/oz/Y.sol')
  })

  test('leaves a path that no remapping knows as it is', () => {
    expect(sourceUnitName('A.sol', 'other/Z.sol', remappings)).toBe('other/Z.sol')
  })
})

describe('resolveImports', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tiller-imports-'))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }

  test('reads the closure once, sorted by name, through cycles', () => {
    write('contracts/A.sol', 'import "./B.sol"; import "lib/C.sol";')
    write('contracts/B.sol', 'import "./A.sol";')
    write('vendor/C.sol', 'contract C {}')
    const sources = resolveImports(root, ['contracts/A.sol'], ['lib/=vendor/'])
    expect(Object.keys(sources)).toEqual(['contracts/A.sol', 'contracts/B.sol', 'vendor/C.sol'])
    expect(sources['vendor/C.sol']).toBe('contract C {}')
  })

  test('names the importer of a file that is missing', () => {
    write('contracts/A.sol', 'import "lib/Missing.sol";')
    const attempt = (): unknown => resolveImports(root, ['contracts/A.sol'], ['lib/=vendor/'])
    expect(attempt).toThrow(TillerError)
    expect(attempt).toThrowErrorMatchingInlineSnapshot(`
      [TillerError: A Solidity import was not found.
        importer: contracts/A.sol
        import:   lib/Missing.sol
        resolved: vendor/Missing.sol
      Remedy: Correct the import, or run \`npm ci\` if the package is missing.]
    `)
  })
})
