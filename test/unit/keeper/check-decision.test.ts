import { describe, expect, test } from 'vitest'
import { checkDecision } from '../../../src/keeper/check-decision.ts'
import type { PolicyDecision } from '../../../src/policy/policy.ts'

describe('the answer of a policy', () => {
  test.each<[string, PolicyDecision, string | null]>([
    ['hold', { kind: 'hold' }, null],
    ['weights', { kind: 'weights', weightsBps: [5000, 5000] }, null],
    [
      'scores',
      {
        kind: 'scores',
        scores: [
          [0, -1],
          [4095, 2],
        ],
      },
      null,
    ],
    ['too few weights', { kind: 'weights', weightsBps: [1] }, '1 weights for 2 venues'],
    [
      'a negative weight',
      { kind: 'weights', weightsBps: [1, -1] },
      'weight 1 is -1, not a whole number of basis points',
    ],
    [
      'NaN as weight',
      { kind: 'weights', weightsBps: [Number.NaN, 1] },
      'weight 0 is NaN, not a whole number of basis points',
    ],
    ['weights above one', { kind: 'weights', weightsBps: [5001, 5000] }, 'the weights add up to 10001 basis points'],
    ['scores of one venue', { kind: 'scores', scores: [[0]] }, 'scores for 1 venues, the vault has 2'],
    ['ragged scores', { kind: 'scores', scores: [[0, 1], [0]] }, 'venue 1 has 1 scores, venue 0 has 2'],
    ['empty scores', { kind: 'scores', scores: [[], []] }, 'venue 0 has 0 scores, venue 0 has 0'],
    ['NaN as score', { kind: 'scores', scores: [[0], [Number.NaN]] }, 'score 0 of venue 1 is NaN, not an integer'],
    [
      'an infinite score',
      { kind: 'scores', scores: [[0], [Number.POSITIVE_INFINITY]] },
      'score 0 of venue 1 is Infinity, not an integer',
    ],
    ['a fraction', { kind: 'scores', scores: [[0.5], [0]] }, 'score 0 of venue 0 is 0.5, not an integer'],
  ])('%s', (_name, decision, fault) => {
    expect(checkDecision(decision, 2)).toBe(fault)
  })
})
