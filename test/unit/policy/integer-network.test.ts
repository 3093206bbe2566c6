import fc from 'fast-check'
import { hexToBytes } from 'viem'
import { expect, test } from 'vitest'
import { makeVectors } from '../../../scripts/make-vectors.ts'
import {
  checkParameters,
  forward,
  parameterBytes,
  parameterCount,
  parametersHash,
  parseParameters,
} from '../../../src/policy/integer-network.ts'
import { networkShape, schemaHash, specification } from '../../../src/policy/specification.ts'

const networks = (makeVectors()['network']?.parameters ?? []).map((hex) => parseParameters(hexToBytes(hex)))
const [, , network = parseParameters(new Uint8Array(1088))] = networks
const row = fc.array(fc.integer({ min: -4095, max: 4095 }), { minLength: 17, maxLength: 17 })

test('the canonical bytes read back to the same parameters and hash', () => {
  expect(parameterCount()).toBe(1088)
  for (const parameters of networks) {
    const again = parseParameters(parameterBytes(parameters))
    expect(parameterBytes(again)).toEqual(parameterBytes(parameters))
    expect(parametersHash(again)).toBe(parametersHash(parameters))
  }
})

test('zero output layers answer zero scores, which is the rule', () => {
  const zeroed = { ...network, w3: new Int8Array(128), ws: new Int8Array(136), b3: new Int8Array(8) }
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 16 }), (observation) => {
      for (const scores of forward(zeroed, observation)) expect(scores).toEqual(new Array(8).fill(0))
    }),
    { numRuns: 50 },
  )
})

test('venues in another order give the same scores in that order', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 2, maxLength: 8 }), (observation) => {
      const there = forward(network, observation)
      const back = forward(network, [...observation].reverse())
      expect(back.reverse()).toEqual(there)
    }),
    { numRuns: 50 },
  )
})

test('scores stay inside their range, and float32 in any order carries every sum', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 16 }), (observation) => {
      for (const parameters of networks) {
        for (const scores of forward(parameters, observation)) {
          for (const score of scores) {
            expect(score).toBeGreaterThanOrEqual(networkShape.scoreMin)
            expect(score).toBeLessThanOrEqual(networkShape.scoreMax)
          }
        }
      }
    }),
    { numRuns: 20 },
  )
})

test('a row that leaves what float32 carries is refused by layer and row', () => {
  const w3 = new Int8Array(128).fill(127, 16, 32)
  const ws = new Int8Array(136).fill(127, 17, 34)
  expect(() => checkParameters({ ...network, w3, ws, b3: new Int8Array(8) })).toThrowErrorMatchingInlineSnapshot(`
    [ObserveError: A row of the network leaves what float32 carries exactly.
      layer: 3
      row:   1
      sum:   17166336
      bound: 16777216
    Remedy: Export the network again with smaller parameters in this row.]
  `)
})

test('a parameter of −128, a missing one, and an input out of range are refused', () => {
  expect(() =>
    checkParameters({ ...network, b1: [-128, ...new Array(15).fill(0)] }),
  ).toThrowErrorMatchingInlineSnapshot(`
    [ObserveError: Parameter b1[0] is not an integer of the specified range.
      value: -128
      min:   -127
      max:   127
    Remedy: Check the network, the memory and the specification: they must be of one version.]
  `)
  expect(() => parseParameters(new Uint8Array(1087))).toThrowErrorMatchingInlineSnapshot(`
    [ObserveError: The number of parameter bytes does not match.
      expected: 1088
      found:    1087
    Remedy: Give one for each venue, in the order of the market state.]
  `)
  expect(() => forward(network, [new Array(17).fill(4096)])).toThrow('Input 0')
  expect(() => forward(network, [new Array(17).fill(Number.NaN)])).toThrow('Input 0')
  expect(() => forward(network, [new Array(16).fill(0)])).toThrow('values of a venue')
  expect(() => forward(network, [])).toThrow('venues')
})

test('the reciprocals of the specification are floor(4096 / N), and pooling never exceeds an activation', () => {
  specification.architecture.recip.forEach((recip, i) => {
    expect(recip).toBe(Math.floor(4096 / (i + 1)))
    expect(recip * (i + 1) * 4095).toBeLessThan(2 ** 24)
  })
  expect(schemaHash).toMatch(/^0x[0-9a-f]{64}$/)
})
