import { describe, expect, test } from 'vitest'
import { renderStart, renderStartLine, type StartViewState, simulatedTime } from '../../../src/cli/start-view.ts'
import { netAprPct, type SeasonTick } from '../../../src/devnet/season/season-report.ts'

const tick: SeasonTick = {
  step: 18,
  timestamp: 1_760_000_000n + 17n * 3600n,
  venues: [
    { name: 'aave-v3:usdc', supplyAprWad: 42_100_000_000_000_000n, weightBps: 4_000 },
    { name: 'comet:usdc', supplyAprWad: 38_000_000_000_000_000n, weightBps: 6_000 },
  ],
  idleBps: 0,
  sharePriceE18: 1_003_412_000_000_000_000n,
  decision: {
    id: 18,
    outcome: 'moved',
    code: null,
    reason: 'gain 45.20, cost 7.10',
    moves: [
      { venue: 'aave-v3:usdc', assets: -120_000_000_000n },
      { venue: 'comet:usdc', assets: 120_000_000_000n },
    ],
    gasUsed: 412_000n,
    forkGateMs: 61,
  },
  gasUsedTotal: 812_000n,
  gasAssetsTotal: 9_740_000n,
  baseFeeWei: 4_100_000_000n,
  ethPriceUsdE8: 3_050_00000000n,
}

const state: StartViewState = {
  policy: 'seed-lending',
  executionProvider: 'cpu',
  seed: 7,
  days: 30,
  capital: 2_000_000_000_000n,
  assetSymbol: 'USDC',
  assetDecimals: 6,
  startTimestamp: 1_760_000_000n,
  tick,
  moves: [tick],
  rebalances: 2,
  withheld: { hold: 14, below_edge: 2 },
  netAprPct: 4.12,
  baselines: [{ name: 'hold', progress: 0.5 }],
  elapsedMs: 2_000,
  preparing: '',
  columns: 120,
  rows: 40,
}

describe('the live view of tiller start', () => {
  test('fits a small terminal: venues below each other, as many moves as there is room for', () => {
    const small = { ...state, columns: 40, rows: 20, moves: Array.from({ length: 9 }, () => tick) }
    const lines = renderStart(small)
    expect(lines).toHaveLength(20)
    expect(lines.slice(3, 7)).toEqual([
      'venue         supply APR   weight',
      'aave-v3:usdc      4.21 %  40.00 %',
      'comet:usdc        3.80 %  60.00 %',
      'idle                   –        –',
    ])
    const moved = lines.filter((line) => line.includes('  moved  '))
    expect(moved.length).toBeGreaterThan(0)
    expect(moved.length).toBeLessThan(8)
    expect(lines.at(-1)).toBe('hold 50 %')
  })

  test('says what is prepared before the first tick', () => {
    expect(renderStart({ ...state, tick: null, moves: [], preparing: 'opening the season' })).toContain(
      'opening the season',
    )
  })

  test('shows progress, venues, share price, moves and reasons', () => {
    expect(renderStart(state)).toMatchInlineSnapshot(`
      [
        "Tiller  30 simulated days on real protocols · 2,000,000 USDC · policy seed-lending on cpu · seed 7",
        "day  1 of 30 █░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░   2 %  1 min 18 s left",
        "",
        "            aave-v3:usdc  comet:usdc  idle",
        "supply APR        4.21 %      3.80 %     –",
        "weight           40.00 %     60.00 %     –",
        "",
        "share price 1.003412 · net APR 4.12 % · rebalances 2 · gas paid 9.74 USDC · base fee 4.10 gwei · ETH 3,050 USD",
        "",
        "day 01 17:00  moved  aave-v3:usdc −120.0k, comet:usdc +120.0k · gain 45.20, cost 7.10 · 412k gas · fork gate 61 ms",
        "hours without a move: hold 14 · below_edge 2",
        "baselines, each on a chain of its own: hold 50 %",
      ]
    `)
  })

  test('says the same in one line where a terminal cannot be redrawn', () => {
    expect(renderStartLine(state)).toBe(
      'day 01 17:00  share price 1.003412, rebalances 2, aave-v3:usdc 40.00 %, comet:usdc 60.00 %',
    )
  })

  test('counts simulated time from the first block', () => {
    expect(simulatedTime(1_760_000_000n, 1_760_000_000n + 25n * 3600n)).toBe('day 02 01:00')
  })
})

describe('net APR of a season', () => {
  test('is share-price growth less all gas paid, per year, on the capital', () => {
    // 1 % growth in a quarter of a year, 0.1 % of the capital spent on gas.
    const pct = netAprPct({
      sharePriceStartE18: 1_000_000n,
      sharePriceEndE18: 1_010_000n,
      gasAssets: 1_000n,
      capital: 1_000_000n,
      elapsedSeconds: 31_536_000n / 4n,
    })
    expect(pct).toBeCloseTo(3.6, 12)
  })

  test('is zero where nothing can be said', () => {
    const none = { sharePriceStartE18: 0n, sharePriceEndE18: 1n, gasAssets: 0n, capital: 1n, elapsedSeconds: 1n }
    expect(netAprPct(none)).toBe(0)
  })
})
