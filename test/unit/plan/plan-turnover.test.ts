import fc from 'fast-check'
import { expect, test } from 'vitest'
import { min } from '../../../src/plan/integers.ts'
import { planRebalance } from '../../../src/plan/plan-rebalance.ts'
import { GuardModel } from './guard-model.ts'
import { blockTime, planInput, usdc } from './plan-fixture.ts'

const million = 1_000_000n * usdc
const amount = fc.bigInt({ min: 0n, max: 5n * million })

const step = fc.oneof(
  fc.record({ kind: fc.constant('wait' as const), seconds: fc.bigInt({ min: 0n, max: 100_000n }) }),
  fc.record({ kind: fc.constant('enter' as const), assets: amount }),
  fc.record({ kind: fc.constant('leave' as const), assets: amount }),
  fc.record({
    kind: fc.constant('plan' as const),
    parts: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 4, maxLength: 4 }),
  }),
)

test('whatever went before, the Guard refuses no plan for its turnover', () => {
  let deposits = 0
  let withdrawals = 0
  let limited = 0
  fc.assert(
    fc.property(
      fc.array(amount, { minLength: 3, maxLength: 3 }),
      amount,
      fc.constantFrom(0, 1_000, 5_000, 20_000),
      fc.array(step, { minLength: 3, maxLength: 25 }),
      (positions, idle, turnoverPerDayBps, steps) => {
        const model = new GuardModel(blockTime, idle, positions, turnoverPerDayBps)
        for (const next of steps) {
          if (next.kind === 'wait') model.now += next.seconds
          else if (next.kind === 'enter') model.idle += next.assets
          else if (next.kind === 'leave') model.idle -= min(next.assets, model.idle)
          else {
            const whole = Math.max(
              1,
              next.parts.reduce((sum, part) => sum + part, 0),
            )
            const { plan, limitedBy } = planRebalance(
              planInput({
                venues: model.positions.map((assets) => ({ assets })),
                idle: model.idle,
                decision: {
                  kind: 'weights',
                  weightsBps: next.parts.slice(0, 3).map((part) => Math.floor((part * 10_000) / whole)),
                },
                settings: { minEdgeBps: null },
                guard: { turnoverAvailable: model.turnoverAvailable, turnoverOwed: model.owed },
              }),
            )
            if (plan === null) continue
            if (plan.legs.some(({ deposit }) => deposit)) deposits++
            else withdrawals++
            if (limitedBy === 'turnover_exhausted') limited++
            expect(model.rebalance(plan)).toBe(true)
          }
        }
      },
    ),
    { numRuns: 500 },
  )
  // A run that never met the bound proves nothing.
  expect(Math.min(deposits, withdrawals, limited)).toBeGreaterThan(20)
})
