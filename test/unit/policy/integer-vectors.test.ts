import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { formatVectors, makeVectors } from '../../../scripts/make-vectors.ts'

const vectors = makeVectors()

test.each(Object.keys(vectors))('the committed vectors %s.json are what the reference computes', (name) => {
  const committed = readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8')
  const made = vectors[name]
  expect(made && formatVectors(made)).toBe(committed)
})

test('all vectors together stay below 330 kB, so that a diff of them can be read', () => {
  const bytes = Object.values(vectors).reduce((sum, made) => sum + formatVectors(made).length, 0)
  expect(bytes).toBeLessThan(330_000)
})
