import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Panel } from '../../../src/history/panel.ts'
import {
  assumedCurve,
  createPanelFrame,
  curveForm,
  depositRoomAt,
  describeAssumedCurves,
  loadFrame,
  supplyAprAt,
  withdrawableAt,
} from '../../../src/market/venue-model.ts'
import { randomFrame } from './frames.ts'

const own = fc.double({ min: 0, max: 1e9, noNaN: true })

function panel(kind: 'kinked' | 'comet' | 'adaptive' | 'exogenous', apr: number, used: number, more = {}): Panel {
  const of = (value: number): readonly Float64Array[] => [Float64Array.of(value)]
  return {
    name: 'one step',
    asset: 'USDC',
    stepSeconds: 3_600,
    startSeconds: 0,
    endSeconds: 3_600,
    steps: 1,
    venues: [{ id: 'v', kind, asset: 'USDC', kink: 0.9, slope2: 0.6, reserveFactor: 0.1, ...more }],
    supplyApr: of(apr),
    totalSupply: of(100),
    totalBorrow: of(100 * used),
    available: of(Number.NaN),
    usdPerGas: Float64Array.of(1e-6),
    hashes: {},
  }
}

function loaded(source: Panel): ReturnType<typeof createPanelFrame> {
  const frame = createPanelFrame(source)
  loadFrame(frame, source, 0)
  return frame
}

describe('rates', () => {
  test('at no deposit of our own the rate is what is observed, to the bit', () => {
    fc.assert(
      fc.property(randomFrame, (frame) => {
        for (let venue = 0; venue < frame.venues; venue += 1) {
          const observed = frame.supplyApr[venue] as number
          expect(supplyAprAt(frame, venue, 0)).toBe(Number.isNaN(observed) ? 0 : observed)
        }
      }),
    )
  })

  test('a small deposit moves the rate a little: the anchored and exact forms are continuous at zero', () => {
    fc.assert(
      fc.property(randomFrame, (frame) => {
        for (let venue = 0; venue < frame.venues; venue += 1) {
          const supply = frame.supply[venue] as number
          if (supply < 1) continue
          const observed = supplyAprAt(frame, venue, 0)
          expect(Math.abs(supplyAprAt(frame, venue, supply * 1e-12) - observed)).toBeLessThanOrEqual(1e-8)
        }
      }),
    )
  })

  test('the rate never rises with our own deposit and never falls below zero', () => {
    fc.assert(
      fc.property(randomFrame, own, own, (frame, first, second) => {
        const [less, more] = first < second ? [first, second] : [second, first]
        for (let venue = 0; venue < frame.venues; venue += 1) {
          const before = supplyAprAt(frame, venue, less)
          const after = supplyAprAt(frame, venue, more)
          expect(after).toBeLessThanOrEqual(before * (1 + 1e-12))
          expect(after).toBeGreaterThanOrEqual(0)
        }
      }),
      { numRuns: 2_000 },
    )
  })

  test('below the kink an anchored borrow curve falls with the square of utilisation', () => {
    // 81 lent of 100 at 4 %; 20 more of ours make it 67.5 %.
    const frame = loaded(panel('kinked', 0.04, 0.81))
    expect(supplyAprAt(frame, 0, 20)).toBeCloseTo(0.04 * (0.675 / 0.81) ** 2, 15)
  })

  test('above the kink the part above it goes first', () => {
    // 95 % used: half of slope2 x (1 - reserveFactor) = 0.54 lies above the kink: 0.27 of a net borrow rate of 0.4.
    const frame = loaded(panel('kinked', 0.38, 0.95))
    const atKink = 0.4 - 0.27
    expect(supplyAprAt(frame, 0, 100 * (0.95 / 0.9 - 1))).toBeCloseTo(atKink * 0.9, 12)
    expect(supplyAprAt(frame, 0, 100)).toBeCloseTo((atKink / 0.9) * 0.475 * 0.475, 12)
  })

  test('a slope that is too steep for the observed rate leaves a fifth of it at the kink', () => {
    const frame = loaded(panel('kinked', 0.05, 0.98))
    expect(supplyAprAt(frame, 0, 100 * (0.98 / 0.9 - 1))).toBeCloseTo((0.05 / 0.98) * 0.2 * 0.9, 12)
  })

  test('the supply curve of Comet is straight in utilisation, not quadratic', () => {
    const frame = loaded(panel('comet', 0.04, 0.8))
    expect(supplyAprAt(frame, 0, 100)).toBeCloseTo(0.02, 15)
  })

  test('the adaptive curve falls to a quarter of the rate at target', () => {
    const frame = loaded(panel('adaptive', 0.036, 0.9))
    // 45 % used: half way down, 0.625 of the rate at target of 4 %.
    expect(supplyAprAt(frame, 0, 100)).toBeCloseTo(0.04 * 0.625 * 0.45, 15)
  })

  test('an exogenous rate does not move', () => {
    expect(supplyAprAt(loaded(panel('exogenous', 0.05, 0.8)), 0, 1e9)).toBe(0.05)
  })

  test('without borrowers what is paid is shared', () => {
    expect(supplyAprAt(loaded(panel('kinked', 0.02, 0)), 0, 100)).toBe(0.01)
  })

  test('without balances there is no impact', () => {
    const source = { ...panel('kinked', 0.05, 0.5), totalSupply: [Float64Array.of(Number.NaN)] }
    expect(supplyAprAt(loaded(source), 0, 1e9)).toBe(0.05)
  })

  test('what a panel leaves out is assumed', () => {
    const { kink: _, slope2: __, reserveFactor: ___, ...venue } = panel('kinked', 0.05, 0.5).venues[0] ?? fail()
    const frame = createPanelFrame({ venues: [venue], stepSeconds: 3_600, asset: 'USDC' })
    expect([frame.kink[0], frame.slope2[0], frame.keep[0]]).toEqual([assumedCurve.kink, assumedCurve.slope2, 1])
  })
})

describe('ways in and out', () => {
  test('no withdrawal takes more than we have or than is free', () => {
    fc.assert(
      fc.property(randomFrame, own, (frame, mine) => {
        for (let venue = 0; venue < frame.venues; venue += 1) {
          const free = withdrawableAt(frame, venue, mine)
          expect(free).toBeGreaterThanOrEqual(0)
          expect(free).toBeLessThanOrEqual(mine)
          if (Number.isNaN(frame.supplyApr[venue])) continue
          const cash = (frame.supply[venue] as number) + mine - (frame.borrow[venue] as number)
          expect(free).toBeLessThanOrEqual(cash * (1 + 1e-12))
          if (frame.pinned[venue] === 1) expect(free).toBeLessThanOrEqual(frame.available[venue] as number)
        }
      }),
    )
  })

  test('money can be put into a pinned pool and does not come out', () => {
    const frame = loaded(panel('kinked', 0.5, 0.99999))
    expect(frame.pinned[0]).toBe(1)
    expect(depositRoomAt(frame, 0, 0, 50)).toBe(50)
    expect(withdrawableAt(frame, 0, 50)).toBeCloseTo(0.001, 10)
    // Whether others took it at once a recording does not say: the rate counts as if they had not.
    expect(supplyAprAt(frame, 0, 50)).toBeLessThan(0.5)
  })

  test('in a simulated market a pinned pool stays pinned whatever we bring', () => {
    const frame = loaded(panel('kinked', 0.5, 0.99999))
    frame.form[0] = curveForm.kinked
    expect(supplyAprAt(frame, 0, 50)).toBe(0.5)
  })

  test('debt beyond what others have put in holds back our own', () => {
    const frame = loaded(panel('kinked', 0.05, 0.5))
    frame.borrow[0] = 130
    frame.available[0] = 0
    expect(withdrawableAt(frame, 0, 50)).toBe(20)
  })

  test('as a choice only what is free without us is free', () => {
    const frame = loaded(panel('kinked', 0.05, 0.95))
    expect(withdrawableAt(frame, 0, 50)).toBe(50)
    frame.ownCashShare = 0
    expect(withdrawableAt(frame, 0, 50)).toBe(5)
  })

  test('an exogenous venue limits exits only where it says what is available', () => {
    const source = panel('exogenous', 0.05, 0.5)
    expect(withdrawableAt(loaded(source), 0, 80)).toBe(80)
    expect(withdrawableAt(loaded({ ...source, available: [Float64Array.of(30)] }), 0, 80)).toBe(30)
  })

  test('cap, deposit limit and what we hold leave the room', () => {
    const frame = loaded(panel('kinked', 0.05, 0.5, { cap: 0.4, depositLimit: 35 }))
    expect(depositRoomAt(frame, 0, 10, 50)).toBe(10)
    expect(depositRoomAt(frame, 0, 10, 1_000)).toBe(25)
    expect(depositRoomAt(frame, 0, 40, 1_000)).toBe(0)
  })

  test('a closed venue takes nothing, earns nothing and lets everything out', () => {
    const frame = loaded(panel('kinked', Number.NaN, 0.999999))
    expect(frame.form[0]).toBe(curveForm.anchoredKinked)
    expect([supplyAprAt(frame, 0, 5), depositRoomAt(frame, 0, 0, 100), withdrawableAt(frame, 0, 5)]).toEqual([0, 0, 5])
  })
})

function fail(): never {
  throw new Error('no venue')
}

test('names the venues whose curve a panel leaves open, where there is one to move along', () => {
  const said = panel('kinked', 0.03, 0.8)
  const open = panel('comet', 0.03, 0.8, { id: 'c', slope2: undefined })
  const rateOnly = panel('kinked', 0.03, Number.NaN, { id: 'r', kink: undefined })
  const both = {
    venues: [...said.venues, ...open.venues, ...rateOnly.venues],
    totalSupply: [...said.totalSupply, ...open.totalSupply, Float64Array.of(Number.NaN)],
  }
  expect(describeAssumedCurves(said)).toBeUndefined()
  expect(describeAssumedCurves(both)).toBe(
    'The panel leaves the curve of c open: kink 0.9 and slope2 0.6 stand in, and decide what large deposits cost.',
  )
})
