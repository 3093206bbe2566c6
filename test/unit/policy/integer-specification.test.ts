import { readFileSync } from 'node:fs'
import { keccak256, toHex } from 'viem'
import { expect, test } from 'vitest'
import { specification } from '../../../src/policy/specification.ts'

const text = readFileSync(new URL('../../../strategies/spec/lending-v1.json', import.meta.url), 'utf8')
const document = JSON.parse(text) as Record<string, unknown>

/** Keys sorted, no white space: what Python's `json.dumps(sort_keys=True, separators=(",", ":"))` gives as well. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`
}

test('the hashes in the file are those of its sections', () => {
  expect(specification.schemaHash).toBe(keccak256(toHex(canonical(document['observation']))))
  expect(specification.architectureHash).toBe(keccak256(toHex(canonical(document['architecture']))))
  expect(specification.decodingHash).toBe(keccak256(toHex(canonical(document['allocation']))))
})

test('no rule changed under this id: another hash needs another version', () => {
  expect(specification.id).toBe('lending-v1')
  expect(specification.schemaHash).toMatchInlineSnapshot(
    `"0x9fc8ed4636200a536d1b0643ae284edd5d75cddbb88d8517adcf77b22fb1cc31"`,
  )
  expect(specification.decodingHash).toMatchInlineSnapshot(
    `"0x5556b039c799407478b8ee7391c4fa22f359b6e1eea38583db76fba018a68435"`,
  )
})

test('only ASCII and integers, so that every language hashes the same bytes', () => {
  expect(text).toMatch(/^[\n\x20-\x7e]*$/)
  expect(text).not.toMatch(/[^"]\d\.\d/)
})

test('the constants are those of their formulas', () => {
  const { averages, sizes, volatility } = specification.observation
  const alpha = (halfLife: number) => Math.floor(2 ** 20 * (1 - 2 ** (-1 / halfLife)))
  expect(averages.alphaQ20).toEqual(averages.halfLivesSlots.map(alpha))
  expect([sizes.fastAlphaQ20, sizes.slowAlphaQ20, volatility.alphaQ20]).toEqual([alpha(6), alpha(72), alpha(72)])
  const { constantsQ30 } = specification.allocation.exp2
  expect(constantsQ30).toEqual(constantsQ30.map((_, i) => Math.floor(2 ** 30 * 2 ** (2 ** -(i + 1)))))
})
