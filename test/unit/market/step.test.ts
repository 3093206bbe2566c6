import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createHoldings,
  createReport,
  defaultCosts,
  type Holdings,
  noCosts,
  step,
  totalAssets,
} from '../../../src/market/step.ts'
import { createFrame, type MarketFrame, supplyAprAt, withdrawableAt } from '../../../src/market/venue-model.ts'
import { randomFrame, randomHoldings } from './frames.ts'

/** Two exogenous venues at 4 % and 8 %. */
function twoVenues(): MarketFrame {
  const frame = createFrame(2)
  frame.supplyApr.set([0.04, 0.08])
  frame.usdPerGas = 1e-5
  return frame
}

function holding(positions: readonly number[], idle = 0, queued = 0): Holdings {
  return { idle, positions: Float64Array.from(positions), queued }
}

describe('conservation', () => {
  test('assets change by interest less gas, swaps and what was paid out, whatever is asked for', () => {
    fc.assert(
      fc.property(randomFrame, randomHoldings, (frame, { idle, positions, targets, queued }) => {
        const holdings = holding(positions.slice(0, frame.venues), idle, queued)
        const before = totalAssets(holdings)
        const owed = holdings.queued
        const report = createReport(frame.venues)
        const target = Float64Array.from(targets.slice(0, frame.venues))
        const free = holdings.positions.map((own, venue) => withdrawableAt(frame, venue, own))
        const had = holdings.positions.slice()
        step(frame, holdings, target, { ...defaultCosts, swapImpactBpsPerMillion: 0.1 }, report)
        const expected = before + report.interest - report.gas - report.swap - report.paid
        expect(Math.abs(totalAssets(holdings) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, before))
        expect(holdings.idle).toBeGreaterThanOrEqual(0)
        for (const [venue, position] of holdings.positions.entries()) {
          expect(position).toBeGreaterThanOrEqual(0)
          // Plan and redemptions together can take out no more than is free, but for what the plan itself put in.
          const put = Math.max(0, report.legs[venue] ?? 0)
          if (put === 0) expect((had[venue] ?? 0) - position).toBeLessThanOrEqual((free[venue] ?? 0) + 1e-6)
        }
        for (const cost of [report.gas, report.swap, report.interest, report.paid, report.lockedIn, report.shutOut]) {
          expect(cost).toBeGreaterThanOrEqual(0)
        }
        expect(holdings.queued + report.paid).toBeCloseTo(owed, 6)
      }),
      { numRuns: 2_000 },
    )
  })

  test('the same step from the same state gives the same bits', () => {
    fc.assert(
      fc.property(randomFrame, randomHoldings, (frame, { idle, positions, targets, queued }) => {
        const run = (): unknown => {
          const holdings = holding(positions.slice(0, frame.venues), idle, queued)
          const report = createReport(frame.venues)
          step(frame, holdings, Float64Array.from(targets.slice(0, frame.venues)), defaultCosts, report)
          return { holdings, report }
        }
        expect(run()).toEqual(run())
      }),
    )
  })
})

describe('a step', () => {
  test('holds without targets and earns each venue its own rate', () => {
    const holdings = holding([100, 100], 50)
    const report = createReport(2)
    step(twoVenues(), holdings, undefined, defaultCosts, report)
    expect(report.interest).toBeCloseTo((100 * 0.04 + 100 * 0.08) / 8_760, 12)
    expect([report.gas, report.touched, holdings.idle]).toEqual([0, 0, 50])
  })

  test('charges 200,000 gas for each venue that it touches, out of what it moves', () => {
    const holdings = holding([1_000, 0])
    const report = createReport(2)
    step(twoVenues(), holdings, Float64Array.of(0, 1_000), defaultCosts, report)
    expect(report).toMatchObject({ gas: 4, touched: 2, turnover: 1_000, swap: 0 })
    expect([...report.legs]).toEqual([-1_000, 996])
    expect(holdings.positions[0]).toBe(0)
    expect(holdings.positions[1]).toBeCloseTo(996 * (1 + 0.08 / 8_760), 12)
  })

  test('a plan that can not pay for its gas is left out', () => {
    const holdings = holding([3, 0])
    const report = createReport(2)
    step(twoVenues(), holdings, Float64Array.of(0, 3), defaultCosts, report)
    expect(report).toMatchObject({ refused: 1, gas: 0, touched: 0, turnover: 0 })
    expect(holdings.positions[1]).toBe(0)
  })

  test('an unknown gas price leaves plans out', () => {
    const frame = twoVenues()
    frame.usdPerGas = Number.NaN
    const holdings = holding([1_000, 0])
    const report = createReport(2)
    step(frame, holdings, Float64Array.of(0, 1_000), defaultCosts, report)
    expect(report.refused).toBe(1)
  })

  test('swaps are charged on what changes its asset, once', () => {
    const frame = createFrame(3)
    frame.assets = 3
    frame.asset.set([0, 1, 2])
    frame.supplyApr.fill(0)
    const costs = { ...noCosts, swapBps: 2 }
    const report = createReport(3)
    const holdings = holding([10_000, 10_000, 0])
    step(frame, holdings, Float64Array.of(0, 10_000, 10_000), costs, report)
    expect(report.swap).toBeCloseTo(2, 12)
    // From one foreign asset to another: also once.
    step(frame, holdings, Float64Array.of(0, 0, 30_000), costs, report)
    expect(report.swap).toBeCloseTo(2, 12)
    // Within one asset: not at all.
    frame.asset.set([0, 0, 0])
    step(frame, holdings, Float64Array.of(10_000, 0, 0), costs, report)
    expect(report.swap).toBe(0)
  })

  test('what is locked in and what is shut out is counted', () => {
    const frame = twoVenues()
    frame.available[0] = 30
    frame.depositLimit[1] = 20
    const holdings = holding([100, 0])
    const report = createReport(2)
    step(frame, holdings, Float64Array.of(0, 100), noCosts, report)
    expect(report).toMatchObject({ lockedIn: 70, shutOut: 80, turnover: 30 })
    expect(holdings.idle).toBe(10)
  })

  test('depositors who wait are paid from idle, then from the venues in order, and are counted while they wait', () => {
    const frame = twoVenues()
    frame.supplyApr.fill(0)
    frame.available.set([40, 0])
    const holdings = holding([100, 100], 10, 80)
    const report = createReport(2)
    step(frame, holdings, undefined, defaultCosts, report)
    expect(report).toMatchObject({ paid: 50, unservedHours: 1 })
    expect([holdings.idle, ...holdings.positions, holdings.queued]).toEqual([0, 60, 100, 30])
    frame.available.set([40, 5])
    step(frame, holdings, undefined, defaultCosts, report)
    expect(report).toMatchObject({ paid: 30, unservedHours: 0 })
  })

  test('our own price is paid on the whole deposit', () => {
    const frame = createFrame(1)
    frame.form[0] = 1
    frame.supply[0] = 100
    frame.borrow[0] = 80
    frame.available[0] = 20
    frame.supplyApr[0] = 0.04
    const holdings = createHoldings(1, 100)
    const report = createReport(1)
    step(frame, holdings, Float64Array.of(100), noCosts, report)
    expect(supplyAprAt(frame, 0, 100)).toBeCloseTo(0.01, 12)
    expect(report.interest).toBeCloseTo((100 * 0.01) / 8_760, 12)
  })

  test('a target that is no amount is refused', () => {
    const attempt = (target: number) => () =>
      step(twoVenues(), holding([1, 1]), Float64Array.of(1, target), defaultCosts, createReport(2))
    expect(attempt(Number.NaN)).toThrowErrorMatchingInlineSnapshot(`
      [TillerError: A target of the simulation is no amount.
        venue:  1
        target: NaN
      Remedy: Give one finite, non-negative amount in asset units per venue; a policy must not answer NaN.]
    `)
    expect(attempt(-1)).toThrowErrorMatchingInlineSnapshot(`
      [TillerError: A target of the simulation is no amount.
        venue:  1
        target: -1
      Remedy: Give one finite, non-negative amount in asset units per venue; a policy must not answer NaN.]
    `)
    expect(attempt(Number.POSITIVE_INFINITY)).toThrowErrorMatchingInlineSnapshot(`
      [TillerError: A target of the simulation is no amount.
        venue:  1
        target: Infinity
      Remedy: Give one finite, non-negative amount in asset units per venue; a policy must not answer NaN.]
    `)
  })
})
