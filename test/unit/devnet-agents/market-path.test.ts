import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calibrations, elasticity, type VenueCalibration } from '../../../src/devnet/agents/calibration.ts'
import { createMarketPath, respond } from '../../../src/devnet/agents/market-path.ts'

const year = 8_760
const venues = new Map<string, VenueCalibration>([
  ['aave-v3:usdc', calibrations['aave-v3']],
  ['comet:usdc', calibrations.comet],
  ['erc4626:usdc', calibrations.erc4626],
])

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values: readonly number[]): number {
  const center = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - center) ** 2)))
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)]
  return mean(a.map((value, index) => (value - ma) * ((b[index] ?? 0) - mb))) / (deviation(a) * deviation(b))
}

function halfLife(values: readonly number[], lag: number): number {
  return (-lag * Math.LN2) / Math.log(correlation(values.slice(0, -lag), values.slice(lag)))
}

/** Series of one venue over several years of different seeds, so that a slow process is seen often enough. */
function series(name: string, field: 'utilisation' | 'supply'): number[][] {
  return [11n, 12n, 13n, 14n, 15n, 16n].map((seed) => {
    const path = createMarketPath(seed, venues)
    return Array.from({ length: year }, (_, step) => path.at(step).venues.get(name)?.[field] ?? Number.NaN)
  })
}

describe('draws', () => {
  test('a point depends on seed and step only, in whatever order steps are asked for', () => {
    const reference = createMarketPath(42n, venues)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 12 }), (steps) => {
        const path = createMarketPath(42n, venues)
        for (const step of steps) expect(path.at(step)).toEqual(reference.at(step))
      }),
      { numRuns: 30 },
    )
  })

  test('a venue moves the same whether or not others are simulated', () => {
    const alone = createMarketPath(42n, new Map([['comet:usdc', calibrations.comet]]))
    const together = createMarketPath(42n, venues)
    for (const step of [0, 1, 50, 200]) {
      expect(alone.at(step).venues.get('comet:usdc')).toEqual(together.at(step).venues.get('comet:usdc'))
      expect(alone.at(step).baseFeeWei).toBe(together.at(step).baseFeeWei)
    }
  })

  test('seeds give different markets', () => {
    expect(createMarketPath(1n, venues).at(10)).not.toEqual(createMarketPath(2n, venues).at(10))
  })

  test('a step is a non-negative integer', () => {
    const path = createMarketPath(1n, venues)
    expect(() => path.at(-1)).toThrow(new RangeError('A step is a non-negative integer, not -1'))
    expect(() => path.at(0.5)).toThrow(new RangeError('A step is a non-negative integer, not 0.5'))
  })
})

describe('calibration', () => {
  const aave = series('aave-v3:usdc', 'utilisation')

  test('utilisation is stationary with the stated deviation', () => {
    const all = aave.flat()
    const expected = calibrations['aave-v3'].utilisationSd
    expect(Math.abs(mean(all))).toBeLessThan(expected / 2)
    expect(deviation(all)).toBeGreaterThan(expected * 0.75)
    expect(deviation(all)).toBeLessThan(expected * 1.35)
    const halves = aave.map((values) => [deviation(values.slice(0, year / 2)), deviation(values.slice(year / 2))])
    expect(mean(halves.map(([first = 0]) => first)) / mean(halves.map(([, second = 0]) => second))).toBeCloseTo(1, 0)
  })

  test('deviations of utilisation halve in one to two days hour by hour, and in two to five days day by day', () => {
    const hourly = mean(aave.map((values) => halfLife(values, 1)))
    const daily = mean(aave.map((values) => halfLife(values, 24)))
    expect(hourly).toBeGreaterThan(18)
    expect(hourly).toBeLessThan(60)
    expect(daily).toBeGreaterThan(50)
    expect(daily).toBeLessThan(106)
    expect(daily).toBeGreaterThan(hourly)
  })

  test('deposits change by 0.4 to 1.2 % an hour', () => {
    for (const name of venues.keys()) {
      const changes = series(name, 'supply').flatMap((values) =>
        values.slice(1).map((value, index) => value - (values[index] ?? 0)),
      )
      expect(deviation(changes)).toBeGreaterThan(0.004)
      expect(deviation(changes)).toBeLessThan(0.012)
    }
  })

  test('changes of utilisation have fat tails', () => {
    const changes = aave.flatMap((values) => values.slice(1).map((value, index) => value - (values[index] ?? 0)))
    const kurtosis = mean(changes.map((change) => change ** 4)) / deviation(changes) ** 4
    expect(kurtosis).toBeGreaterThan(10)
  })

  test('venues share a common factor', () => {
    const comet = series('comet:usdc', 'utilisation')
    const together = correlation(aave.flat(), comet.flat())
    expect(together).toBeGreaterThan(0.25)
    expect(together).toBeLessThan(0.75)
  })

  test('venues freeze rarely, and those that are said not to never do', () => {
    const frozen = (name: string): number =>
      mean(
        [21n, 22n, 23n, 24n].map((seed) => {
          const path = createMarketPath(seed, venues)
          return mean(Array.from({ length: year }, (_, step) => (path.at(step).venues.get(name)?.frozen ? 1 : 0)))
        }),
      )
    expect(frozen('aave-v3:usdc')).toBe(0)
    expect(frozen('comet:usdc')).toBeGreaterThan(0)
    expect(frozen('comet:usdc')).toBeLessThan(0.01)
  })

  test('400,000 gas cost five dollars in the median, and ether starts at its median', () => {
    const costs: number[] = []
    for (const seed of [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]) {
      const path = createMarketPath(seed, venues)
      expect(Math.abs(Number(path.at(0).ethPriceUsdE8) / 1e8 / 3_000 - 1)).toBeLessThan(0.05)
      for (let step = 0; step < year; step += 5) {
        const { baseFeeWei, ethPriceUsdE8 } = path.at(step)
        costs.push((400_000 * Number(baseFeeWei) * Number(ethPriceUsdE8)) / 1e26)
      }
    }
    costs.sort((a, b) => a - b)
    expect(costs[Math.floor(costs.length / 2)]).toBeGreaterThan(4)
    expect(costs[Math.floor(costs.length / 2)]).toBeLessThan(6.2)
    expect(costs[0]).toBeGreaterThan(0.3)
  })

  test('the savings rate changes once a day and stays within its bounds', () => {
    const path = createMarketPath(3n, venues)
    for (let step = 1; step < 2_000; step += 1) {
      const rate = path.at(step).savingsRateWad
      if (step % 24 !== 0) expect(rate).toBe(path.at(step - 1).savingsRateWad)
      expect(rate >= 5n * 10n ** 15n && rate <= 12n * 10n ** 16n).toBe(true)
    }
  })
})

describe('response', () => {
  test('a point of advantage for a day moves deposits up and borrows down by the stated share', () => {
    let response = { supply: 0, borrow: 0 }
    for (let hour = 0; hour < 24; hour += 1) response = respond(response, 1)
    expect(response.supply).toBeCloseTo(elasticity.supplyPerPointDay, 3)
    expect(response.borrow).toBeCloseTo(elasticity.borrowPerPointDay, 3)
  })

  test('responses are bounded and forgotten', () => {
    let response = { supply: 0, borrow: 0 }
    for (let hour = 0; hour < 5_000; hour += 1) response = respond(response, 1_000)
    expect(response).toEqual({ supply: elasticity.bound, borrow: -elasticity.bound })
    for (let hour = 0; hour < 168; hour += 1) response = respond(response, 0)
    expect(response.supply).toBeCloseTo(elasticity.bound / 2, 6)
  })
})
