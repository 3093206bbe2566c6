import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  accrueFlows,
  applyFlow,
  applyOwnLegs,
  createFlowMarket,
  type FlowMarket,
  type FlowVenueStart,
  loadFlowFrame,
} from '../../../src/market/flow-market.ts'
import { createHoldings, createReport, noCosts, step } from '../../../src/market/step.ts'
import { supplyAprAt, withdrawableAt } from '../../../src/market/venue-model.ts'

const hour = 3_600
const cap = { capShare: 1, depositLimit: Number.POSITIVE_INFINITY }
const aave: FlowVenueStart = {
  curve: {
    kind: 'kinked',
    parameters: { kink: 0.92, base: 0, slope1: 0.055, slope2: 0.4, reserveFactor: 0.1 },
  },
  supply: 100e6,
  borrow: 80e6,
  cash: 20e6,
  ...cap,
}
const comet: FlowVenueStart = {
  curve: {
    kind: 'comet',
    supply: { kink: 0.9, base: 0, slopeLow: 0.045, slopeHigh: 2.8 },
    borrow: { kink: 0.9, base: 0.015, slopeLow: 0.0425, slopeHigh: 3.2 },
  },
  supply: 50e6,
  borrow: 40e6,
  cash: 10.1e6,
  ...cap,
}
const morpho: FlowVenueStart = {
  curve: { kind: 'adaptive', fee: 0 },
  supply: 30e6,
  borrow: 27e6,
  cash: 3e6,
  rateAtTarget: 0.04,
  ...cap,
}
const savings: FlowVenueStart = {
  curve: { kind: 'exogenous', apr: 0.05 },
  supply: 20e6,
  borrow: 0,
  cash: Number.POSITIVE_INFINITY,
  ...cap,
}
const venues = [aave, comet, morpho, savings]
const nothing = new Float64Array(4)

describe('a market of given flows', () => {
  test('pays by the curves, at the utilisation of everybody', () => {
    const market = createFlowMarket(venues)
    const frame = loadFlowFrame(market, nothing, hour)
    expect(frame.supplyApr[0]).toBeCloseTo(((0.055 * 0.8) / 0.92) * 0.8 * 0.9, 12)
    expect(frame.supplyApr[1]).toBeCloseTo(0.045 * 0.8, 12)
    expect(frame.supplyApr[2]).toBeCloseTo(0.04 * 0.9, 6)
    expect(frame.supplyApr[3]).toBe(0.05)
  })

  test('leaves the interest of borrowers in the pool: cash does not move, and debts grow as much as what is owed for them', () => {
    const market = createFlowMarket(venues)
    loadFlowFrame(market, nothing, hour)
    accrueFlows(market)
    for (const j of [0, 2]) {
      expect((market.supply[j] as number) - (market.borrow[j] as number)).toBeCloseTo(venues[j]?.cash ?? 0, 4)
    }
    expect(market.supply[1]).toBeCloseTo(50e6 * (1 + (0.036 * hour) / 31_536_000), 6)
    expect(market.borrow[1]).toBeCloseTo(40e6 * (1 + ((0.015 + 0.034) * hour) / 31_536_000), 6)
    expect(Array.from(market.cash)).toEqual([20e6, 10.1e6, 3e6, Number.POSITIVE_INFINITY])
  })

  test('our own deposit lowers the rate that all are paid, and can be taken out as far as there is cash', () => {
    const market = createFlowMarket(venues)
    const holdings = createHoldings(4, 30e6)
    const report = createReport(4)
    step(loadFlowFrame(market, holdings.positions, 0), holdings, Float64Array.of(30e6, 0, 0, 0), noCosts, report)
    applyOwnLegs(market, report.legs)
    expect(holdings.positions[0]).toBe(30e6)
    expect(market.supply[0]).toBe(130e6)
    const frame = loadFlowFrame(market, holdings.positions, hour)
    const used = 80 / 130
    expect(supplyAprAt(frame, 0, 30e6)).toBeCloseTo(((0.055 * used) / 0.92) * used * 0.9, 12)
    applyFlow(market, 0, 'borrow', 45e6)
    expect(withdrawableAt(loadFlowFrame(market, holdings.positions, hour), 0, 30e6)).toBeCloseTo(5e6, 6)
  })

  test('pays on above full use where a Comet lends its reserves, too', () => {
    const market = createFlowMarket(venues)
    applyFlow(market, 1, 'borrow', 10.1e6)
    const apr = 0.045 * 0.9 + 2.8 * (50.1 / 50 - 0.9)
    expect(loadFlowFrame(market, nothing, hour).supplyApr[1]).toBeCloseTo(apr, 9)
    const holdings = Float64Array.of(0, 1e6, 0, 0)
    expect(supplyAprAt(loadFlowFrame(market, holdings, hour), 1, 1e6)).toBeCloseTo(apr, 9)
    expect(withdrawableAt(market.frame, 1, 1e6)).toBe(0)
  })

  test('is the same in pieces of any length where nobody acts, what we earn included', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 90_000 }), { minLength: 2, maxLength: 6 }), (parts) => {
        const pieces = play(parts)
        const whole = play([parts.reduce((sum, seconds) => sum + seconds, 0)])
        for (let j = 0; j < 4; j += 1) {
          const grown = (whole.market.supply[j] as number) - (venues[j]?.supply ?? 0) - 1e6
          const apart = Math.abs((pieces.market.supply[j] as number) - (whole.market.supply[j] as number))
          expect(apart).toBeLessThan(1e-9 * grown + 1e-6)
          const earned = (whole.own[j] as number) - 1e6
          expect(Math.abs((pieces.own[j] as number) - (whole.own[j] as number))).toBeLessThan(1e-9 * earned + 1e-6)
        }
      }),
    )
  })

  test('we earn our part of what all suppliers are paid', () => {
    const { market, own } = play([hour])
    for (const j of [1, 2, 3]) {
      const all = (market.supply[j] as number) / ((venues[j]?.supply ?? 0) + 1e6)
      expect((own[j] as number) / 1e6).toBeCloseTo(all, 9)
    }
    // Of Aave's interest a tenth is the treasury's.
    const all = (market.supply[0] as number) / 101e6 - 1
    expect(((own[0] as number) / 1e6 - 1) / all).toBeCloseTo(0.9, 5)
  })
})

/** A million of ours in each venue over stretches of time in which nobody acts. */
function play(parts: readonly number[]): { market: FlowMarket; own: Float64Array } {
  const market = createFlowMarket(venues)
  const holdings = createHoldings(4, 4e6)
  const report = createReport(4)
  const targets = new Float64Array(4).fill(1e6)
  step(loadFlowFrame(market, holdings.positions, 0), holdings, targets, noCosts, report)
  applyOwnLegs(market, report.legs)
  for (const seconds of parts) {
    step(loadFlowFrame(market, holdings.positions, seconds), holdings, undefined, noCosts, report)
    accrueFlows(market)
  }
  return { market, own: holdings.positions }
}
