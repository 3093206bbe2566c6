import { expect, test } from 'vitest'
import { type MarketViewState, renderMarket, renderMarketLine } from '../../../src/cli/market-view.ts'
import { visibleWidth } from '../../../src/cli/render/text.ts'

const state: MarketViewState = {
  seed: 7,
  hoursPerSecond: 4,
  replay: { file: 'history.csv', venue: 'morpho-blue:usdt-usdc-915' },
  report: {
    step: 23,
    timestamp: 1_760_172_000n,
    blockNumber: 234n,
    baseFeeWei: 4_190_000_000n,
    ethPriceUsdE8: 3_012_00000000n,
    venues: [
      {
        name: 'morpho-blue:usdt-usdc-915',
        supplyAprWad: 64_700_000_000_000_000n,
        totalSupply: 30_817_040_000_000n,
        totalBorrow: 28_398_700_000_000n,
        available: 2_418_340_000_000n,
        frozen: false,
        moves: [],
      },
      {
        name: 'comet:usdc',
        supplyAprWad: 204_000_000_000_000_000n,
        totalSupply: 88_231_319_000_000n,
        totalBorrow: 88_231_319_000_000n,
        available: 0n,
        frozen: true,
        moves: [],
      },
      {
        name: 'erc4626:usdc',
        supplyAprWad: 41_300_000_000_000_000n,
        totalSupply: 19_729_812_000_000n,
        totalBorrow: 0n,
        available: 19_729_812_000_000n,
        frozen: false,
        moves: [],
      },
    ],
    transactions: 14,
    failed: [],
    milliseconds: 20,
  },
  transactions: 427,
  failed: 1,
  lastFailure: { what: 'comet:usdc supplier-0 withdraw 5', reason: 'execution reverted' },
  elapsedMs: 6_000,
  ended: true,
}

test('the view of the market shows its time, every venue and what went wrong', () => {
  expect(renderMarket(state)).toMatchInlineSnapshot(`
    [
      "Market  seed 7 · 4 hours per second · history.csv drives morpho-blue:usdt-usdc-915",
      "2025-10-11 08:40:00Z · 24 h in 6.0 s · base fee 4.19 gwei · ETH 3,012 USD",
      "",
      "venue                      supply APR  utilisation  deposits   free",
      "morpho-blue:usdt-usdc-915      6.47 %      92.15 %     30.8M   2.4M  replay",
      "comet:usdc                    20.40 %     100.00 %     88.2M   0.0M  frozen",
      "erc4626:usdc                   4.13 %            –     19.7M  19.7M",
      "",
      "427 transactions, 1 reverted",
      "  comet:usdc supplier-0 withdraw 5: execution reverted",
      "The recorded history has ended; the node runs on.",
    ]
  `)
})

test('time and venues fit a terminal of 80 columns', () => {
  const { lastFailure: _, ...usual } = state
  const [, ...lines] = renderMarket({ ...usual, ended: false })
  expect(Math.max(...lines.map(visibleWidth))).toBeLessThan(80)
})

test('before the first hour the view has only its settings', () => {
  expect(renderMarket({ ...state, report: null })).toEqual([
    'Market  seed 7 · 4 hours per second · history.csv drives morpho-blue:usdt-usdc-915',
  ])
  expect(renderMarketLine({ ...state, report: null })).toBe('the market has no hour yet')
})

test('a log has a line with time and rates', () => {
  expect(renderMarketLine(state)).toBe(
    '2025-10-11 08:40:00Z  morpho-blue:usdt-usdc-915 6.47 %, comet:usdc 20.40 %, erc4626:usdc 4.13 %',
  )
})
