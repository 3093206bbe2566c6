import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { greedy } from '../../../src/backtest/baselines/rules.ts'
import { bestStatic } from '../../../src/backtest/best-static.ts'
import { clairvoyant } from '../../../src/backtest/clairvoyant.ts'
import { replay } from '../../../src/backtest/replay.ts'
import { replayPanel } from '../../../src/backtest/replay-panel.ts'
import { upperBound } from '../../../src/backtest/upper-bound.ts'
import { projectRoot } from '../../../src/chain/paths.ts'
import { gridPanel } from '../../../src/history/grid-panel.ts'
import { importHistories } from '../../../src/history/import/import-histories.ts'
import { defaultCosts } from '../../../src/market/step.ts'

const data = process.env['TILLER_DATA'] ?? resolve(projectRoot(), '..', 'shared', 'data')
const gas = join(data, 'cagatayozbek__ethereum-gas-price-prediction', 'eth_gas_and_price_daily.csv')
const curves = { aave_v3_eth_usdc: [0.9, 0.6], compound_v3_eth_usdc: [0.93, 3] } as const

// The recordings have no licence to be passed on: TILLER_DATA names the folder that holds them.
describe.skipIf(!existsSync(gas))('recorded USDC markets of 2023 and 2024', () => {
  const panel = async () => {
    const { source } = await importHistories({
      name: 'reference',
      files: Object.keys(curves).map((name) => join(data, 'lucid-labs__discovery-engine-demo', `${name}.csv.gz`)),
      gas,
      from: Date.parse('2023-02-20T00:00:00Z') / 1_000,
      to: Date.parse('2024-07-29T00:00:00Z') / 1_000,
      dailyAt: 'start',
      kinds: { compound_v3_eth_usdc: 'kinked' },
    })
    const venues = source.venues.map(({ venue, rows }) => {
      const [kink, slope2] = curves[venue.id as keyof typeof curves]
      return { rows, venue: { ...venue, kink, slope2 } }
    })
    return gridPanel({ ...source, venues, hashes: {} })
  }

  test('give what an independent computation gave', async () => {
    const recorded = await panel()
    const found = []
    for (const capital of [1e6, 1e7, 5e7]) {
      const market = replayPanel(recorded, { from: 0, steps: recorded.steps, capital, costs: defaultCosts })
      const perYear = 100 / (market.steps * market.yearsPerStep)
      const grid = clairvoyant(market, { points: 20 })
      const best = bestStatic(market, 20)
      const bound = upperBound(market, { passes: 100 })
      expect(bound.net).toBeGreaterThan(grid.net)
      expect((bound.net - grid.net) * perYear).toBeLessThan(0.04)
      found.push([grid.net * perYear, best.net * perYear])
    }
    const known = [
      [5.44, 5.17],
      [4.47, 4.14],
      [3.58, 3.13],
    ]
    for (const [i, [clairvoyantApr, staticApr]] of known.entries()) {
      expect(Math.abs((found[i]?.[0] ?? 0) - (clairvoyantApr as number))).toBeLessThan(0.01)
      expect(Math.abs((found[i]?.[1] ?? 0) - (staticApr as number))).toBeLessThan(0.01)
    }
  })

  test('punish greed as that computation says', async () => {
    const recorded = await panel()
    const market = replayPanel(recorded, { from: 0, steps: recorded.steps, capital: 1e6, costs: defaultCosts })
    const { net } = await replay(greedy(), { panel: recorded, market, from: 0, lagSteps: 0, costs: defaultCosts })
    const best = bestStatic(market, 20)
    const headroom = clairvoyant(market, { points: 20 }).net - best.net
    const share = (100 * (net.reduce((sum, value) => sum + value, 0) - best.net)) / headroom
    expect(share).toBeGreaterThan(-261)
    expect(share).toBeLessThan(-255)
  })
})
