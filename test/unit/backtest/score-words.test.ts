import { expect, test } from 'vitest'
import { scoreWords } from '../../../src/backtest/score-words.ts'

const none = [0, 0, 0, 0, 0, 0, 0, 0]

test('scores are said as what the allocation rule makes of them', () => {
  expect(scoreWords([none, none], ['a', 'b'])).toBe('no correction: the allocation rule by itself')
  const scores = [
    [102, 0, 0, 0, 0, 1_024, 0, 0],
    [-5_000, 0, 0, 0, 0, 1_024, 512, 0],
    [2, 0, 0, 0, 0, 1_024, 0, 0],
  ].map((row) => row.map((score) => Math.max(-4_096, score)))
  expect(scoreWords(scores, ['a', 'b', 'c'])).toMatchInlineSnapshot(
    `"smoothed rates corrected, b −60 %, a +10 %; gas of a leg counted, b +50 %; a move must pay for itself within 336 h"`,
  )
})
