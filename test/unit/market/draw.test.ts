import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drawNormal, drawStudentT3, drawUint32, drawUniform, philox4x32 } from '../../../src/market/draw.ts'

const hex = (words: readonly number[]): string[] => words.map((word) => word.toString(16).padStart(8, '0'))

test('the generator gives the known answers of Random123', () => {
  expect(hex(philox4x32([0, 0, 0, 0], [0, 0]))).toEqual(['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8'])
  const ones = 0xffffffff
  expect(hex(philox4x32([ones, ones, ones, ones], [ones, ones]))).toEqual([
    '408f276d',
    '41c83b0e',
    'a20bc7c6',
    '6d5451fd',
  ])
  expect(hex(philox4x32([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]))).toEqual([
    'd16cfe09',
    '94fdcceb',
    '5001e420',
    '24126ea1',
  ])
})

test('a draw depends on its coordinates only, in whatever order draws are made', () => {
  const coordinate = fc.tuple(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.integer({ min: 0, max: 100_000 }),
    fc.constantFrom('aave-v3:usdc', 'comet:usdc', 'market'),
    fc.constantFrom('supplier-0', 'supplier-1', 'borrower-0'),
  )
  fc.assert(
    fc.property(fc.array(coordinate, { minLength: 2, maxLength: 20 }), (coordinates) => {
      const forwards = coordinates.map((each) => drawUint32(...each))
      const backwards = [...coordinates].reverse().map((each) => drawUint32(...each))
      expect(backwards.reverse()).toEqual(forwards)
    }),
  )
})

test('each coordinate changes the draw', () => {
  const base = drawUint32(1n, 2, 'venue', 'agent', 3)
  const others = [
    drawUint32(2n, 2, 'venue', 'agent', 3),
    drawUint32(1n + (1n << 32n), 2, 'venue', 'agent', 3),
    drawUint32(1n, 3, 'venue', 'agent', 3),
    drawUint32(1n, 2, 'other', 'agent', 3),
    drawUint32(1n, 2, 'venue', 'other', 3),
    drawUint32(1n, 2, 'venue', 'agent', 4),
  ]
  expect(new Set([base, ...others]).size).toBe(7)
})

test('uniform, normal and Student draws have the moments of their laws', () => {
  const count = 40_000
  const steps = Array.from({ length: count }, (_, step) => step)
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const uniforms = steps.map((step) => drawUniform(5n, step, 'v', 'a'))
  expect(Math.min(...uniforms)).toBeGreaterThan(0)
  expect(Math.max(...uniforms)).toBeLessThan(1)
  expect(mean(uniforms)).toBeCloseTo(0.5, 2)
  expect(mean(uniforms.map((u) => (u - 0.5) ** 2))).toBeCloseTo(1 / 12, 2)

  const normals = steps.map((step) => drawNormal(5n, step, 'v', 'b'))
  expect(Math.abs(mean(normals))).toBeLessThan(0.02)
  expect(mean(normals.map((z) => z * z))).toBeCloseTo(1, 1)
  expect(mean(normals.map((z) => z ** 4))).toBeCloseTo(3, 0)

  // |t| of three degrees exceeds 3.182 in 5 % of draws; scaled to variance one that is 3.182 / sqrt(3).
  const students = steps.map((step) => drawStudentT3(5n, step, 'v', 'c'))
  const beyond = students.filter((t) => Math.abs(t) > 3.182 / Math.sqrt(3)).length / count
  expect(beyond).toBeCloseTo(0.05, 2)
  expect(students.filter((t) => t > 0).length / count).toBeCloseTo(0.5, 1)
})

test('neighbouring steps, venues and agents are uncorrelated', () => {
  const pairs = (a: (step: number) => number, b: (step: number) => number): number => {
    let sum = 0
    for (let step = 0; step < 20_000; step += 1) sum += a(step) * b(step)
    return Math.abs(sum / 20_000)
  }
  const base = (step: number): number => drawNormal(9n, step, 'v', 'a')
  expect(pairs(base, (step) => base(step + 1))).toBeLessThan(0.03)
  expect(pairs(base, (step) => drawNormal(9n, step, 'w', 'a'))).toBeLessThan(0.03)
  expect(pairs(base, (step) => drawNormal(9n, step, 'v', 'b'))).toBeLessThan(0.03)
  expect(pairs(base, (step) => drawNormal(10n, step, 'v', 'a'))).toBeLessThan(0.03)
})
