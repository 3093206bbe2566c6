import { describe, expect, test } from 'vitest'
import type { ContractOutput } from '../../../src/devnet/compile/unit.ts'
import { artifactHash, isCodeOf, linkLibraries } from '../../../src/devnet/deploy/code.ts'

const none: Omit<ContractOutput, 'deployedBytecode'> = {
  abi: [],
  bytecode: '0x',
  linkReferences: {},
  deployedLinkReferences: {},
  immutableReferences: {},
}

const library = '0x00112233445566778899AAbbCCddEEff00112233'

describe('linkLibraries', () => {
  const placeholder = `__$${'a'.repeat(34)}$__`
  const references = { 'L.sol': { Lib: [{ start: 1, length: 20 }] } }

  test('puts the address in place of the placeholder', () => {
    expect(linkLibraries(`0x73${placeholder}00`, references, { Lib: library })).toBe(
      `0x73${library.slice(2).toLowerCase()}00`,
    )
  })

  test('refuses to leave a placeholder', () => {
    expect(() => linkLibraries(`0x73${placeholder}00`, references, {})).toThrow('Library Lib is not deployed yet')
  })
})

describe('isCodeOf', () => {
  test('accepts other values in immutables that the compiler lists, and only there', () => {
    const artifact: ContractOutput = {
      ...none,
      deployedBytecode: `0x6001${'00'.repeat(4)}6002`,
      immutableReferences: { '7': [{ start: 2, length: 4 }] },
    }
    expect(isCodeOf(artifact, '0x6001deadbeef6002')).toBe(true)
    expect(isCodeOf(artifact, '0x6003deadbeef6002')).toBe(false)
    expect(isCodeOf(artifact, '0x6001deadbeef600200')).toBe(false)
  })

  test('takes every PUSH32 of zero for an immutable where the artifact lists none', () => {
    const artifact: ContractOutput = { ...none, deployedBytecode: `0x7f${'00'.repeat(32)}50` }
    expect(isCodeOf(artifact, `0x7f${'ab'.repeat(32)}50`)).toBe(true)
    expect(isCodeOf(artifact, `0x7e${'ab'.repeat(32)}50`)).toBe(false)
  })

  test('does not look for opcodes inside pushed data', () => {
    const artifact: ContractOutput = { ...none, deployedBytecode: `0x607f${'00'.repeat(32)}50` }
    expect(isCodeOf(artifact, `0x607f${'ab'.repeat(32)}50`)).toBe(false)
  })

  test("accepts a library's own address behind its first PUSH20", () => {
    const artifact: ContractOutput = { ...none, deployedBytecode: `0x73${'00'.repeat(20)}3014` }
    expect(isCodeOf(artifact, `0x73${'cd'.repeat(20)}3014`)).toBe(true)
  })
})

test('artifactHash does not depend on placeholders of libraries', () => {
  const references = { 'L.sol': { Lib: [{ start: 1, length: 20 }] } }
  const hash = (fill: string): string =>
    artifactHash({ ...none, deployedBytecode: `0x73${fill.repeat(20)}00`, deployedLinkReferences: references })
  expect(hash('11')).toBe(hash('22'))
})
