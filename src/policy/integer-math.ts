import { integerOutOfRange } from '../errors/observe.ts'

const twoTo30 = 2 ** 30

/**
 * Binary logarithm in Q10, exact at powers of two, monotone, at most two units below the true value.
 *
 * @param x integer, 1 ≤ x < 2^63. Numbers must be safe integers.
 *
 * Raises INTEGER_OUT_OF_RANGE. Source: docs/policy-spec.md section 1.
 */
export function ilog2Q10(x: number | bigint): number {
  let msb: number
  let mantissa: number // 30 fractional bits, in [2^30, 2^31)
  if (typeof x === 'bigint' && x > 9007199254740991n) {
    if (x >= 1n << 63n) throw integerOutOfRange('The operand of log2', x, 1, 2 ** 63)
    const high = Number(x >> 32n)
    msb = 63 - Math.clz32(high)
    mantissa = Number(x >> BigInt(msb - 30))
  } else {
    const value = Number(x)
    if (!Number.isSafeInteger(value) || value < 1) throw integerOutOfRange('The operand of log2', x, 1, 2 ** 63)
    msb = value < 2 ** 32 ? 31 - Math.clz32(value) : 63 - Math.clz32(Math.floor(value / 2 ** 32))
    mantissa = msb <= 30 ? value * 2 ** (30 - msb) : Math.floor(value / 2 ** (msb - 30))
  }
  let bits = 0
  for (let round = 0; round < 10; round += 1) {
    mantissa = multiplyQ30(mantissa, mantissa)
    bits *= 2
    if (mantissa >= 2 ** 31) {
      mantissa = Math.floor(mantissa / 2)
      bits += 1
    }
  }
  return msb * 1024 + bits
}

/**
 * Power of two: v in Q10, the result in Q16; `exp2Q10(0) = 65536`.
 *
 * @param v integer, −16384 ≤ v ≤ 15359.
 * @param constantsQ30 `floor(2^30 · 2^(2^−k))` for k = 1…10, from the specification.
 *
 * Raises INTEGER_OUT_OF_RANGE. Source: docs/policy-spec.md section 1.
 */
export function exp2Q10(v: number, constantsQ30: readonly number[]): number {
  if (!Number.isInteger(v) || v < -16384 || v > 15359) throw integerOutOfRange('The exponent', v, -16384, 15359)
  const whole = Math.floor(v / 1024)
  const fraction = v - whole * 1024
  let product = twoTo30
  for (let k = 1; k <= 10; k += 1) {
    if ((fraction >> (10 - k)) & 1) product = multiplyQ30(product, constantsQ30[k - 1] ?? twoTo30)
  }
  return Math.floor(product / 2 ** (14 - whole))
}

/** `clamp(x, low, high)` of the specification. */
export function clamp(x: number, low: number, high: number): number {
  return x < low ? low : Math.min(x, high)
}

/** floor(a · b / 2^30) for 0 ≤ a, b < 2^31, in two halves so that every product stays below 2^53. */
function multiplyQ30(a: number, b: number): number {
  const high = a >>> 15
  const low = a & 0x7fff
  return Math.floor((high * b + Math.floor((low * b) / 32768)) / 32768)
}
