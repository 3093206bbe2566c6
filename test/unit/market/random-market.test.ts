import { expect, test } from 'vitest'
import { generatePanel } from '../../../src/market/generate-panel.ts'
import { randomMarket, randomRanges } from '../../../src/market/random-market.ts'

test('a seed gives one market; its figures lie within the ranges', () => {
  expect(randomMarket(5n, 4)).toEqual(randomMarket(5n, 4))
  expect(randomMarket(5n, 4)).not.toEqual(randomMarket(6n, 4))
  const { venues, gas } = randomMarket(5n, 16)
  expect(venues).toHaveLength(16)
  for (const venue of venues) {
    expect(venue.supply).toBeGreaterThanOrEqual(randomRanges.supply.min)
    expect(venue.supply).toBeLessThanOrEqual(randomRanges.supply.max)
    expect(venue.supplyElasticity).toBeLessThanOrEqual(randomRanges.elasticity.max)
    expect(venue.borrowElasticity).toBeLessThanOrEqual(0)
  }
  expect(gas.usdPer400k).toBeGreaterThan(0.3)
})

test('every kind of curve is drawn', () => {
  const kinds = new Set(randomMarket(1n, 60).venues.map(({ curve }) => curve.kind))
  expect([...kinds].sort()).toEqual(['adaptive', 'comet', 'exogenous', 'kinked'])
})

test('whatever is drawn, amounts and rates are sound: finite, not negative, debts within deposits', () => {
  const faults: string[] = []
  for (let seed = 1n; seed <= 40n; seed += 1n) {
    const panel = generatePanel(randomMarket(seed, 6), 600)
    const column = (name: 'supplyApr' | 'totalSupply' | 'totalBorrow' | 'available', venue: number, step: number) =>
      panel[name][venue]?.[step] ?? Number.NaN
    for (const [venue, { kind }] of panel.venues.entries()) {
      for (let step = 0; step < panel.steps; step += 1) {
        const [apr, supply] = [column('supplyApr', venue, step), column('totalSupply', venue, step)]
        const [borrow, available] = [column('totalBorrow', venue, step), column('available', venue, step)]
        const lends = kind !== 'exogenous'
        const sound =
          apr >= 0 &&
          apr <= 8 &&
          supply > 1e6 &&
          supply < 1e10 &&
          (!lends || (borrow > 0 && borrow <= supply && available >= 0 && available <= supply))
        if (!sound) faults.push(`seed ${seed} venue ${venue} step ${step}: ${apr} ${supply} ${borrow} ${available}`)
      }
    }
    expect(panel.usdPerGas.every((price) => price > 0 && price < 0.01)).toBe(true)
  }
  expect(faults).toEqual([])
})
