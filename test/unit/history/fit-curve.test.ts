import { describe, expect, test } from 'vitest'
import { fitCurve } from '../../../src/history/import/fit-curve.ts'
import { aaveRatesFloat } from '../../../src/venues/aave-v3/rates.ts'
import { cometAprFloat } from '../../../src/venues/comet/rates.ts'
import { hour, march, seeded } from './panel-folder.ts'

/** Hours whose utilisation wanders between two bounds, and the rate that a curve gives there, with the noise of a record. */
function record(hours: number, bounds: [number, number], rateAt: (u: number, hour: number) => number, noise = 0.0005) {
  const random = seeded(hours)
  const timestamps = Float64Array.from({ length: hours }, (_, index) => march + index * hour)
  const utilisations = Float64Array.from({ length: hours }, () => bounds[0] + (bounds[1] - bounds[0]) * random())
  const rates = utilisations.map((u, index) => rateAt(u, index) + noise * (random() - 0.5))
  return [timestamps, utilisations, rates] as const
}

const aave = (kink: number, slope1: number, slope2: number) => (u: number) =>
  aaveRatesFloat({ kink, base: 0, slope1, slope2, reserveFactor: 0.1 }, u).borrowApr

describe('fitting a curve to a record', () => {
  test('finds kink and slope of an Aave market', () => {
    const fitted = fitCurve(...record(6_000, [0.6, 0.97], aave(0.9, 0.04, 0.6)))
    expect(fitted?.kink).toBeCloseTo(0.9, 2)
    expect(fitted?.slope2).toBeCloseTo(0.6, 2)
    expect(fitted?.rows).toBeGreaterThan(1_000)
  })

  test('finds those of a Comet’s supply curve', () => {
    const curve = { kink: 0.93, base: 0, slopeLow: 0.035, slopeHigh: 1.4 }
    const fitted = fitCurve(...record(6_000, [0.7, 0.99], (u) => cometAprFloat(curve, u)))
    expect(fitted?.kink).toBeCloseTo(0.93, 2)
    expect(fitted?.slope2).toBeCloseTo(1.4 * 0.07, 3)
  })

  test('stands spikes of the record, and a curve that governance changed for a while', () => {
    const usual = aave(0.9, 0.04, 0.6)
    const raised = aave(0.9, 0.12, 0.6)
    const random = seeded(9)
    const fitted = fitCurve(
      ...record(9_000, [0.6, 0.97], (u, index) => (random() < 0.01 ? 0.9 : index < 2_500 ? raised(u) : usual(u))),
    )
    expect(fitted?.kink).toBeCloseTo(0.9, 2)
    expect(fitted?.slope2).toBeCloseTo(0.6, 1)
  })

  test('says nothing where the record stays below the kink, has none, or is short', () => {
    expect(fitCurve(...record(6_000, [0.5, 0.88], aave(0.9, 0.04, 0.6)))).toBeUndefined()
    expect(fitCurve(...record(6_000, [0.6, 0.97], (u) => 0.05 * u))).toBeUndefined()
    expect(fitCurve(...record(90, [0.6, 0.97], aave(0.9, 0.04, 0.6)))).toBeUndefined()
    expect(fitCurve(new Float64Array(), new Float64Array(), new Float64Array())).toBeUndefined()
  })
})
