import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exp2Q10, ilog2Q10 } from '../../../src/policy/integer-math.ts'
import { specification } from '../../../src/policy/specification.ts'

const { constantsQ30 } = specification.allocation.exp2

/** The definition of docs/policy-spec.md section 1, word by word in bigint. */
function ilog2ByDefinition(x: bigint): number {
  const msb = x.toString(2).length - 1
  let y = msb <= 30 ? x << BigInt(30 - msb) : x >> BigInt(msb - 30)
  let bits = 0
  for (let i = 0; i < 10; i += 1) {
    y = (y * y) >> 30n
    const bit = y >= 1n << 31n
    if (bit) y >>= 1n
    bits = bits * 2 + (bit ? 1 : 0)
  }
  return msb * 1024 + bits
}

describe('ilog2Q10', () => {
  test('equals its definition on every operand below 2^63', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }), fc.integer({ min: 0, max: 62 }), (big, shift) => {
        const x = (big >> BigInt(shift)) + 1n
        if (x >= 1n << 63n) return
        expect(ilog2Q10(x)).toBe(ilog2ByDefinition(x))
        if (x < 2n ** 53n) expect(ilog2Q10(Number(x))).toBe(ilog2ByDefinition(x))
      }),
      { numRuns: 2000 },
    )
  })

  test('is exact at powers of two and at most two units below the true value', () => {
    for (let bit = 0; bit < 63; bit += 1) expect(ilog2Q10(1n << BigInt(bit))).toBe(bit * 1024)
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (x) => {
        const error = Math.log2(x) * 1024 - ilog2Q10(x)
        expect(error).toBeGreaterThan(-1e-6)
        expect(error).toBeLessThan(2)
      }),
      { numRuns: 2000 },
    )
  })

  test('never falls when its operand rises', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.integer({ min: 0, max: 2 ** 20 }), (x, more) => {
        expect(ilog2Q10(x + more)).toBeGreaterThanOrEqual(ilog2Q10(x))
      }),
    )
  })

  test('refuses what has no logarithm', () => {
    expect(() => ilog2Q10(0)).toThrowErrorMatchingInlineSnapshot(`
      [ObserveError: The operand of log2 is not an integer of the specified range.
        value: 0
        min:   1
        max:   9223372036854776000
      Remedy: Check the network, the memory and the specification: they must be of one version.]
    `)
    for (const x of [-1, 0.5, Number.NaN, 2 ** 53, 1n << 63n]) expect(() => ilog2Q10(x)).toThrow('operand of log2')
  })
})

describe('exp2Q10', () => {
  test('is one at zero, doubles every 1024 and never falls', () => {
    expect(exp2Q10(0, constantsQ30)).toBe(65536)
    expect(exp2Q10(3072, constantsQ30)).toBe(8 * 65536)
    expect(exp2Q10(-2048, constantsQ30)).toBe(16384)
    let last = 0
    for (let v = -16384; v <= 15359; v += 1) {
      const now = exp2Q10(v, constantsQ30)
      expect(now).toBeGreaterThanOrEqual(last)
      last = now
    }
  })

  test('is at most one part in 2^26 and one unit below the true value', () => {
    for (let v = -4096; v <= 4095; v += 7) {
      const error = 2 ** (v / 1024) * 65536 - exp2Q10(v, constantsQ30)
      expect(error).toBeGreaterThan(-1e-6)
      expect(error).toBeLessThan(1.1)
    }
  })

  test('refuses an exponent outside its domain', () => {
    for (const v of [-16385, 15360, 0.5, Number.NaN]) expect(() => exp2Q10(v, constantsQ30)).toThrow('exponent')
  })
})
