import { expect, test } from 'vitest'
import { createPaint } from '../../../src/cli/render/marks.ts'
import { renderParity } from '../../../src/cli/render/parity.ts'
import { parityLimits } from '../../../src/devnet/parity/compare-runs.ts'

const report = {
  ok: true,
  fault: null,
  steps: 24,
  moves: 1,
  equalDecisions: 24,
  daily: [{ day: 1, moves: 1, gainBp: 1.1, weight: 2e-10, sharePriceBp: -3e-7 }],
  venues: [{ name: 'aave-v3:usdc', chainInterest: 10, simulatorInterest: 10.000001, difference: 1e-7 }],
  worst: { weight: 2e-10, weightAt: 7, sharePriceBp: -3e-7, sharePriceAt: 9, interest: 1e-7 },
  gainBp: { chain: 1.1, simulator: 1.1 },
  sources: { interest: 0.000001, moves: 0, total: 0.000001 },
  policy: 'hold',
  policyHash: '0x',
  seed: 7,
  days: 1,
  capital: '5000000',
  performanceFeeBps: 1_000,
  limits: parityLimits,
  backtest: { chainBp: 1.2, backtestBp: 1.2001 },
  failedAgentActions: 2,
  chainSeconds: 3.2,
  simulatorSeconds: 0.04,
}
const lines = (given: Parameters<typeof renderParity>[0]) =>
  renderParity(given, createPaint(false), Number.POSITIVE_INFINITY)

test('parity is told by day, by venue, and as a verdict', () => {
  expect(lines(report).join('\n')).toMatchInlineSnapshot(`
    "hold with 5,000,000 over 24 hours, 1 moves, seed 7, performance fee 10 %
    contracts 3.2 s, simulator 40 ms

    day  moves  gain so far, bp  largest Δ weight  Δ share price, bp
      1      1           1.1000           2.0e-10            -3.0e-7

    venue         paid on the chain  in the simulator  Δ, parts of it
    aave-v3:usdc            10.0000           10.0000          1.0e-7

    Total assets at the end differ by 0.000001: interest 0.000001, moves 0.000000.
    2 actions of others were refused by the chain and left out on both sides.

    ✓ 24 of 24 decisions are equal, moves and reasons to hold
    ✓ weights equal to 2.0e-10 (hour 7); limit 1.0e-7
    ✓ share price equal to -3.0e-7 bp (hour 9) of a gain of 1.1000 bp; limit 0.0333 bp
    ✓ what a venue paid equal to 1.0e-7 of it; limit 1.0e-4
    ✓ a backtest on the hourly records of these days, holding the same, gains 1.2001 bp where total assets gained 1.2000 bp; limit 1 bp apart"
  `)
})

test('what is beyond its limit is marked', () => {
  const fault = { step: 7, what: 'weight', where: 'idle', chain: '1 %', simulator: '2 %', limit: '0 %' } as const
  const text = lines({ ...report, ok: false, fault, equalDecisions: 23, worst: { ...report.worst, weight: 0.01 } })
  expect(text.filter((line) => line.startsWith('✗'))).toEqual([
    '✗ 23 of 24 decisions are equal, moves and reasons to hold',
    '✗ weights equal to 1.0e-2 (hour 7); limit 1.0e-7',
  ])
})
