import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { advanceMarket } from '../../../src/market/advance-market.ts'
import { generatePanel } from '../../../src/market/generate-panel.ts'
import { gas2024, governance, type MarketSpec, type VenueSpec, venueProfiles } from '../../../src/market/market-spec.ts'
import { createMarket } from '../../../src/market/simulated-market.ts'
import { createHoldings, createReport, defaultCosts, step, totalAssets } from '../../../src/market/step.ts'
import { createPanelFrame, loadFrame, supplyAprAt, withdrawableAt } from '../../../src/market/venue-model.ts'
import { correlation, quantile, response, type Series, type VenueStatistics, venueStatistics } from './statistics.ts'

const { aaveUsdc, cometUsdc, aaveUsdt, morphoUsdc, savings } = venueProfiles

function specOf(seed: bigint, venues: readonly VenueSpec[]): MarketSpec {
  return { seed, asset: 'USDC', startSeconds: 1_700_000_000, venues, gas: gas2024 }
}

const all = [aaveUsdc, cometUsdc, aaveUsdt, morphoUsdc, savings]

describe('determinism', () => {
  test('a seed gives one market, to the bit, and another seed another', () => {
    expect(generatePanel(specOf(1n, all), 500)).toEqual(generatePanel(specOf(1n, all), 500))
    expect(generatePanel(specOf(1n, all), 10).supplyApr).not.toEqual(generatePanel(specOf(2n, all), 10).supplyApr)
    expect(generatePanel(specOf(1n, all), 10).supplyApr).not.toEqual(
      generatePanel(specOf(1n + (1n << 40n), all), 10).supplyApr,
    )
  })

  test('a longer run begins with the shorter one', () => {
    const short = generatePanel(specOf(3n, all), 300)
    const long = generatePanel(specOf(3n, all), 400)
    for (const column of ['supplyApr', 'totalSupply', 'totalBorrow', 'available'] as const) {
      expect(long[column].map((values) => values.subarray(0, 300))).toEqual([...short[column]])
    }
  })

  test('what is drawn for a venue does not depend on which others there are', () => {
    const deaf = (venue: VenueSpec): VenueSpec => ({ ...venue, supplyElasticity: 0, borrowElasticity: 0 })
    const alone = generatePanel(specOf(4n, [deaf(cometUsdc)]), 2_000)
    const together = generatePanel(specOf(4n, all.map(deaf)), 2_000)
    expect(together.totalSupply[1]).toEqual(alone.totalSupply[0])
    expect(together.supplyApr[1]).toEqual(alone.supplyApr[0])
  })

  test('the live market shows what the panel records', () => {
    const panel = generatePanel(specOf(5n, all), 100)
    const market = createMarket(specOf(5n, all))
    for (let hour = 0; hour < 100; hour += 1) {
      advanceMarket(market)
      expect([...market.frame.supplyApr]).toEqual(panel.supplyApr.map((column) => column[hour]))
      expect(market.frame.usdPerGas).toBe(panel.usdPerGas[hour])
    }
  })
})

describe('others and we', () => {
  test('with the curve in the panel the anchored form is the exact curve, up to where the observed rate is five times that at the kink', () => {
    const still = { ...aaveUsdc, governancePerHour: 0, freezesPerHour: 0 }
    const panel = generatePanel(specOf(6n, [still]), 1_000)
    const frame = createPanelFrame(panel)
    const market = createMarket(specOf(6n, [still]))
    for (let hour = 0; hour < 1_000; hour += 1) {
      advanceMarket(market)
      loadFrame(frame, panel, hour)
      if ((panel.supplyApr[0]?.[hour] ?? 1) > 4.5 * 0.055 * 0.9) continue
      for (const own of [1e5, 1e7, 1e8]) {
        expect(Math.abs(supplyAprAt(frame, 0, own) - supplyAprAt(market.frame, 0, own))).toBeLessThan(1e-9)
      }
    }
  })

  test('our deposit is partly crowded out: in time others leave and borrowers come', () => {
    const [with30, without] = [3e7, 0].map((own) => {
      const market = createMarket(specOf(7n, [aaveUsdc, cometUsdc]))
      let [supply, borrow] = [0, 0]
      for (let hour = 0; hour < 2_000; hour += 1) {
        advanceMarket(market, Float64Array.of(own, 0))
        if (hour < 1_000) continue
        supply += market.frame.supply[0] as number
        borrow += market.frame.borrow[0] as number
      }
      return { supply: supply / 1_000, borrow: borrow / 1_000 }
    })
    const left = (without?.supply ?? 0) - (with30?.supply ?? 0)
    expect(left).toBeGreaterThan(3e5)
    expect(left).toBeLessThan(3e7)
    expect(with30?.borrow).toBeGreaterThan(without?.borrow ?? 0)
  })

  test('our deposit keeps an adaptive rate at target lower', () => {
    const rates = [0, 2e7].map((own) => {
      const market = createMarket(specOf(8n, [morphoUsdc]))
      for (let hour = 0; hour < 300; hour += 1) advanceMarket(market, Float64Array.of(own))
      return market.frame.rateAtTarget[0] as number
    })
    expect(rates[1]).toBeLessThan((rates[0] ?? 0) * 0.95)
  })

  test('a vault with random plans and redemptions conserves assets for a year, and never takes out more than is free', () => {
    const market = createMarket(
      specOf(
        9n,
        all.map((venue) => ({ ...venue, freezesPerHour: 1 / 500 })),
      ),
    )
    const holdings = createHoldings(5, 3e7)
    const report = createReport(5)
    const random = createMarket(specOf(99n, all))
    const targets = new Float64Array(5)
    let assets = 3e7
    let unserved = 0
    for (let hour = 0; hour < 8_760; hour += 1) {
      advanceMarket(market, holdings.positions)
      advanceMarket(random)
      if (hour % 200 === 199) holdings.queued += 1e5
      const free = holdings.positions.map((own, venue) => withdrawableAt(market.frame, venue, own))
      for (let venue = 0; venue < 5; venue += 1) targets[venue] = 1e8 * (random.frame.supplyApr[venue] as number)
      step(market.frame, holdings, hour % 7 === 0 ? targets : undefined, defaultCosts, report)
      assets += report.interest - report.gas - report.swap - report.paid
      unserved += report.unservedHours
      for (const [venue, leg] of report.legs.entries()) expect(-leg).toBeLessThanOrEqual((free[venue] ?? 0) + 1e-6)
      expect(Math.min(holdings.idle, ...holdings.positions)).toBeGreaterThanOrEqual(0)
    }
    expect(Math.abs(totalAssets(holdings) / assets - 1)).toBeLessThan(1e-9)
    expect(unserved).toBeLessThan(200)
  })
})

describe('freezes and governance', () => {
  test('a freeze pins utilisation for 1 to 120 hours, at the rate of full use, and holds our money', () => {
    const market = createMarket(specOf(10n, [{ ...aaveUsdc, freezesPerHour: 1 / 1_000, governancePerHour: 0 }]))
    const { frame } = market
    const lengths: number[] = []
    let run = 0
    for (let hour = 0; hour < 60_000; hour += 1) {
      advanceMarket(market)
      if (frame.pinned[0] === 1) {
        run += 1
        expect(frame.borrow[0]).toBe(frame.supply[0])
        expect(supplyAprAt(frame, 0, 1e6)).toBeCloseTo((0.055 + 0.6) * 0.9, 12)
        expect(withdrawableAt(frame, 0, 1e6)).toBe(0)
      } else if (run > 0) {
        lengths.push(run)
        run = 0
      }
    }
    expect(lengths.length).toBeGreaterThan(30)
    expect(lengths.length).toBeLessThan(90)
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(1)
    // Two that overlap may last longer than one.
    expect(quantile(Float64Array.from(lengths), 0.95)).toBeLessThanOrEqual(120)
    expect(Math.max(...lengths)).toBeGreaterThan(60)
  })

  test('governance moves a curve within its bounds, about as often as is said', () => {
    const market = createMarket(specOf(11n, [{ ...aaveUsdc, governancePerHour: 1 / 500 }]))
    const seen = new Set<string>()
    for (let hour = 0; hour < 50_000; hour += 1) {
      advanceMarket(market)
      const [kink, slope1, slope2] = [market.frame.kink[0], market.frame.slope1[0], market.frame.slope2[0]] as number[]
      seen.add(`${kink} ${slope1} ${slope2}`)
      for (const [value = 0, { min, max }] of [
        [kink, governance.kink],
        [slope1, governance.slope1],
        [slope2, governance.slope2],
      ] as const) {
        expect(value).toBeGreaterThanOrEqual(min)
        expect(value).toBeLessThanOrEqual(max)
      }
    }
    expect(seen.size).toBeGreaterThan(75)
    expect(seen.size).toBeLessThan(125)
  })
})

describe('calibration', () => {
  const seeds = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n]
  const hours = 12_600
  const panels = seeds.map((seed) => generatePanel(specOf(seed, all), hours))
  const series = panels.map((panel) =>
    panel.venues.map(
      (_, venue): Series => ({
        apr: panel.supplyApr[venue] ?? new Float64Array(),
        supply: panel.totalSupply[venue] ?? new Float64Array(),
        borrow: panel.totalBorrow[venue] ?? new Float64Array(),
      }),
    ),
  )
  const lending = [0, 1, 2, 3]
  const statistics = series.map((venues) => lending.map((venue) => venueStatistics(venues[venue] ?? fail())))
  const perVenue = (name: keyof VenueStatistics): number[] =>
    lending.map((venue) => mean(statistics.map((venues) => venues[venue]?.[name] ?? Number.NaN)))

  /** Every venue's mean over the seeds lies within. */
  function within(name: keyof VenueStatistics, low: number, high: number): void {
    for (const value of perVenue(name)) {
      expect(value).toBeGreaterThan(low)
      expect(value).toBeLessThan(high)
    }
  }

  test('log deposits change by 0.4 to 1.2 % an hour, one hour in a thousand by 4.5 to 16 %', () => {
    within('supplyChangeSd', 0.004, 0.012)
    within('supplyChangeTail', 0.045, 0.16)
  })

  test('log borrows change by 0.4 to 0.8 % an hour', () => {
    within('borrowChangeSd', 0.004, 0.0085)
  })

  test('deviations of logit utilisation halve in 18 to 40 h hour by hour and in 50 to 106 h day by day', () => {
    expect(mean(perVenue('halfLifeHourly'))).toBeGreaterThan(18)
    expect(mean(perVenue('halfLifeHourly'))).toBeLessThan(40)
    expect(mean(perVenue('halfLifeDaily'))).toBeGreaterThan(50)
    expect(mean(perVenue('halfLifeDaily'))).toBeLessThan(106)
  })

  test('twice the usual rate is seen in 2.5 to 7 % of hours, for 2 to 3 h, one time in ten for 7 to 20 h', () => {
    // The histories have no market with an adaptive curve.
    for (const share of perVenue('spikeShare').slice(0, 3)) {
      expect(share).toBeGreaterThan(0.025)
      expect(share).toBeLessThan(0.07)
    }
    expect(perVenue('spikeShare')[3]).toBeLessThan(0.1)
    within('spikeMedianHours', 1.9, 3.1)
    within('spikeTailHours', 7, 20)
  })

  test('rates have the level and the tails of 2023 and 2024', () => {
    within('aprMedian', 0.035, 0.06)
    within('aprTail', 0.11, 0.2)
    within('utilisationMedian', 0.78, 0.93)
    const highest = (venue: number): number => Math.max(...statistics.map((venues) => venues[venue]?.aprMax ?? 0))
    expect(highest(0)).toBeGreaterThan(0.5)
    expect(highest(2)).toBeGreaterThan(0.5)
  })

  test('deposits follow an advantage and borrows flee it, weakly', () => {
    const answers = series.map((venues) => response(venues.slice(0, 3)))
    for (const venue of [0, 1, 2]) {
      const of = (name: 'supply' | 'borrow' | 'correlation'): number =>
        mean(answers.map((answer) => answer[venue]?.[name] ?? Number.NaN))
      expect(of('supply')).toBeGreaterThan(0.1)
      expect(of('supply')).toBeLessThan(0.28)
      expect(of('borrow')).toBeGreaterThan(-0.32)
      expect(of('borrow')).toBeLessThan(-0.03)
      expect(of('correlation')).toBeGreaterThan(0.05)
      expect(of('correlation')).toBeLessThan(0.15)
    }
  })

  test('the market of Comet is often nearly empty, those of Aave hardly ever', () => {
    const [aave = 0, comet = 0, usdt = 0] = perVenue('free5')
    expect(comet).toBeGreaterThan(0.02)
    expect(comet).toBeLessThan(0.25)
    expect(aave).toBeLessThan(0.01)
    expect(usdt).toBeLessThan(0.02)
    expect(perVenue('free1')[0]).toBeLessThan(0.005)
  })

  test('all venues move with one level of demand', () => {
    const logit = ({ supply, borrow }: Series): Float64Array =>
      supply.map((value, t) => {
        const used = Math.min(0.9999, (borrow[t] ?? 0) / value)
        return Math.log(used / (1 - used))
      })
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const together = mean(series.map((venues) => correlation(logit(venues[a] ?? fail()), logit(venues[b] ?? fail()))))
      expect(together).toBeGreaterThan(0.23)
      expect(together).toBeLessThan(0.81)
    }
  })

  test('400,000 gas cost what is said in the median', () => {
    const costs = Float64Array.from(panels.flatMap(({ usdPerGas }) => [...usdPerGas])).map((price) => price * 400_000)
    expect(quantile(costs, 0.5)).toBeGreaterThan(15)
    expect(quantile(costs, 0.5)).toBeLessThan(24)
    expect(quantile(costs, 0)).toBeGreaterThan(0)
  })
})

const data = process.env['TILLER_DATA'] ?? join(import.meta.dirname, '../../../../shared/data')
const recorded = join(data, 'lucid-labs__discovery-engine-demo')

describe.skipIf(!existsSync(recorded))('the recorded markets by the same statistics (needs the histories)', () => {
  const read = (name: string): Series => {
    const rows = gunzipSync(readFileSync(join(recorded, `${name}.csv.gz`)))
      .toString()
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',').map(Number))
    const from = Date.UTC(2023, 1, 20) / 1_000
    const hours = (Date.UTC(2024, 6, 28, 23) / 1_000 - from) / 3_600
    const series = {
      apr: new Float64Array(hours),
      supply: new Float64Array(hours),
      borrow: new Float64Array(hours),
    }
    let row = 0
    for (let hour = 0; hour < hours; hour += 1) {
      while ((rows[row + 1]?.[1] ?? Number.POSITIVE_INFINITY) < from + 3_600 * (hour + 1)) row += 1
      const [, , supply = 0, borrow = 0, percent = 0] = rows[row] ?? []
      series.apr[hour] = percent / 100
      series.supply[hour] = supply
      series.borrow[hour] = Math.min(borrow, supply)
    }
    return series
  }

  test.each(['aave_v3_eth_usdc', 'compound_v3_eth_usdc'])('%s lies where the generated markets lie', (name) => {
    const found = venueStatistics(read(name))
    expect(found.supplyChangeSd).toBeGreaterThan(0.004)
    expect(found.supplyChangeSd).toBeLessThan(0.012)
    expect(found.supplyChangeTail).toBeGreaterThan(0.045)
    expect(found.supplyChangeTail).toBeLessThan(0.16)
    expect(found.borrowChangeSd).toBeGreaterThan(0.004)
    expect(found.borrowChangeSd).toBeLessThan(0.0085)
    expect(found.spikeShare).toBeGreaterThan(0.015)
    expect(found.spikeShare).toBeLessThan(0.08)
    expect(found.spikeMedianHours).toBeLessThanOrEqual(3)
    expect(found.utilisationMedian).toBeGreaterThan(0.78)
    expect(found.utilisationMedian).toBeLessThan(0.93)
    expect(found.aprMedian).toBeGreaterThan(0.035)
    expect(found.aprMedian).toBeLessThan(0.06)
    expect(found.aprTail).toBeLessThan(0.2)
  })
})

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function fail(): never {
  throw new Error('unreachable: no such venue')
}
