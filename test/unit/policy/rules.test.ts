import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadPolicy, ruleNames } from '../../../src/policy/load-policy.ts'
import { equalWeight } from '../../../src/policy/rules/equal-weight.ts'
import { greedy } from '../../../src/policy/rules/greedy.ts'
import { hold } from '../../../src/policy/rules/hold.ts'
import { smoothedWaterFilling } from '../../../src/policy/rules/smoothed-water-filling.ts'
import { makeObservation } from './make-package.ts'

const anyVenue = fc.record({
  apr: fc.double({ min: 0, max: 100, noNaN: true }),
  own: fc.integer({ min: 0, max: 4 }),
  cap: fc.integer({ min: 0, max: 20 }),
  stale: fc.boolean(),
})
const anyObservation = fc.array(anyVenue, { minLength: 1, maxLength: 5 }).map((venues) => makeObservation(venues))

describe('hold', () => {
  test('never moves anything', () => {
    expect(hold()).toEqual({ kind: 'hold' })
  })
})

describe('equal weight', () => {
  test('spreads idle capital evenly', () => {
    expect(equalWeight(makeObservation([{}, {}, {}]))).toEqual({ kind: 'weights', weightsBps: [3333, 3333, 3333] })
  })

  test('gives what a cap refuses to the other venues', () => {
    const observation = makeObservation([{ cap: 2 }, {}, {}])
    expect(equalWeight(observation)).toEqual({ kind: 'weights', weightsBps: [1000, 4500, 4500] })
  })

  test('holds inside its band and moves outside', () => {
    expect(equalWeight(makeObservation([{ own: 11 }, { own: 9 }]))).toEqual({ kind: 'hold' })
    expect(equalWeight(makeObservation([{ own: 12 }, { own: 8 }]))).toEqual({
      kind: 'weights',
      weightsBps: [5000, 5000],
    })
  })

  test('leaves a stale venue alone and shares out the rest', () => {
    const observation = makeObservation([{ own: 4, stale: true }, { own: 16 }, {}])
    expect(equalWeight(observation)).toEqual({ kind: 'weights', weightsBps: [2000, 4000, 4000] })
  })

  test('holds when there is nothing to spread over', () => {
    expect(equalWeight(makeObservation([{ own: 20, stale: true }]))).toEqual({ kind: 'hold' })
  })
})

describe('greedy', () => {
  test('moves everything to the best last rate', () => {
    const observation = makeObservation([{ apr: 4, own: 20 }, { apr: 4.51 }])
    expect(greedy(observation)).toEqual({ kind: 'weights', weightsBps: [0, 10000] })
  })

  test('holds for a gain of 50 basis points or less', () => {
    expect(greedy(makeObservation([{ apr: 4, own: 20 }, { apr: 4.5 }]))).toEqual({ kind: 'hold' })
  })

  test('fills the next best venue when a cap binds, the earlier one among equals', () => {
    const observation = makeObservation([{ apr: 3 }, { apr: 9, cap: 10 }, { apr: 3 }])
    expect(greedy(observation)).toEqual({ kind: 'weights', weightsBps: [5000, 5000, 0] })
  })

  test('takes nothing out of a stale venue and puts nothing in', () => {
    const observation = makeObservation([{ apr: 50, own: 10, stale: true }, { apr: 2, own: 10 }, { apr: 5 }])
    expect(greedy(observation)).toEqual({ kind: 'weights', weightsBps: [5000, 0, 5000] })
  })
})

describe('smoothed water-filling', () => {
  test('is the allocation rule without corrections', () => {
    expect(smoothedWaterFilling(makeObservation([{}, {}]), 8)).toEqual({
      kind: 'scores',
      scores: [
        [0, 0, 0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0],
      ],
    })
  })
})

describe('every rule', () => {
  test('asks for weights within caps and within the capital', () => {
    fc.assert(
      fc.property(anyObservation, fc.constantFrom(equalWeight, greedy), (observation, rule) => {
        const decision = rule(observation)
        if (decision.kind !== 'weights') return
        const total = decision.weightsBps.reduce((sum, weight) => sum + weight, 0)
        expect(total).toBeLessThanOrEqual(10000)
        decision.weightsBps.forEach((weight, j) => {
          const venue = observation.venues[j]
          expect(Number.isInteger(weight) && weight >= 0).toBe(true)
          if (venue?.stale) expect(weight).toBe(venue.ownSteps * 500)
          else expect(weight).toBeLessThanOrEqual((venue?.capSteps ?? 0) * 500)
        })
      }),
    )
  })

  test('loads by name, with a hash of its own', async () => {
    const policies = await Promise.all(ruleNames.map((reference) => loadPolicy({ reference })))
    expect(policies.map(({ name }) => name)).toEqual([...ruleNames])
    expect(new Set(policies.map(({ hash }) => hash)).size).toBe(ruleNames.length)
    expect(policies.every(({ executionProvider }) => executionProvider === 'rule')).toBe(true)
  })
})
