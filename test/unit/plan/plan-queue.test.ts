import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { wholePosition } from '../../../src/plan/plan.ts'
import { planRebalance } from '../../../src/plan/plan-rebalance.ts'
import { anyPlanInput, type Fixture, planInput, usdc } from './plan-fixture.ts'

const thousand = 1_000n * usdc

/** Two venues of the exit list that can pay 50 thousand, and two beside it. */
const short: Fixture = {
  venues: [
    { name: 'exit', assets: 300n * thousand, withdrawable: 50n * thousand },
    { name: 'rich', assets: 400n * thousand, aprE9: 60_000_000n },
    { name: 'poor', assets: 200n * thousand, aprE9: 20_000_000n },
  ],
  idle: 100n * thousand,
  decision: { kind: 'hold' },
  vault: { exits: [true, false, false], liquid: 150n * thousand },
}
const waiting = (queuedAssets: bigint, more: Partial<Fixture> = {}): Fixture => ({
  ...short,
  ...more,
  vault: { ...short.vault, ...more.vault, queuedAssets },
})

describe('a redeem queue that waits for more than the vault can pay', () => {
  test('is freed by a plan that only withdraws, from the venue that earns least, though the policy holds', () => {
    const result = planRebalance(planInput(waiting(250n * thousand)))
    expect(result.refusals).toEqual([])
    expect(result.plan?.legs).toHaveLength(1)
    expect(result.withdrawnAssets).toBe(100n * thousand + 10n * usdc + 2n)
    expect(result.freedForQueue).toBe(result.withdrawnAssets)
    expect(result.depositedAssets).toBe(0n)
    expect(result.venues.map(({ name, assetsAfter, assetsBefore }) => [name, assetsBefore - assetsAfter])).toEqual([
      ['exit', 0n],
      ['rich', 0n],
      ['poor', 100n * thousand + 10n * usdc + 2n],
    ])
  })

  test('takes from the next venue what the first can not give, and a whole position as one', () => {
    const { plan, withdrawnAssets } = planRebalance(planInput(waiting(500n * thousand)))
    expect(plan?.legs.map(({ deposit, assets }) => [deposit, assets])).toEqual([
      [false, 150n * thousand + 35n * usdc + 2n],
      [false, wholePosition],
    ])
    expect(withdrawnAssets).toBe(350n * thousand + 35n * usdc + 2n)
  })

  test('is not kept waiting by the cooldown, by little history or by an empty turnover bucket', () => {
    const { venues } = short
    const input = planInput(
      waiting(250n * thousand, {
        venues: venues.map((venue) => ({ ...venue, count: 0 })),
        guard: { lastRebalanceAt: 1_760_000_399n, turnoverAvailable: 0n },
      }),
    )
    expect(planRebalance(input).plan?.legs).toHaveLength(1)
  })

  test('waits while the Guard is frozen, the fee is above its ceiling or nothing can be taken out', () => {
    const codes = (fixture: Fixture) => {
      const { plan, refusals, freedForQueue } = planRebalance(planInput(fixture))
      expect(plan).toBeNull()
      expect(freedForQueue).toBeUndefined()
      return refusals.map(({ code }) => code)
    }
    expect(codes(waiting(250n * thousand, { guard: { frozen: true } }))).toContain('frozen')
    const moving: Fixture['decision'] = { kind: 'weights', weightsBps: [0, 5000, 2000] }
    const dear = { baseFeePerGas: 200_000_000_000n, decision: moving }
    expect(codes(waiting(250n * thousand, dear))).toContain('fee_ceiling')
    const dry = short.venues.map((venue) => ({ ...venue, withdrawable: 0n }))
    expect(codes(waiting(250n * thousand, { venues: dry }))).toEqual(['hold'])
  })

  test('leaves the policy its plan where the vault can pay', () => {
    const { freedForQueue, refusals } = planRebalance(planInput(waiting(150n * thousand)))
    expect(freedForQueue).toBeUndefined()
    expect(refusals.map(({ code }) => code)).toEqual(['hold'])
  })
})

describe('what waits in the redeem queue', () => {
  const worth: Fixture = {
    venues: [
      { name: 'low', assets: 100n * thousand, aprE9: 10_000_000n },
      { name: 'high', assets: 100n * thousand, aprE9: 90_000_000n },
    ],
    idle: 200n * thousand,
    settings: { idleReserveBps: 500 },
  }

  test('stays idle beside the reserve', () => {
    const without = planRebalance(planInput(worth))
    const beside = planRebalance(planInput({ ...worth, vault: { queuedAssets: 80n * thousand } }))
    expect(without.idleAfter).toBeGreaterThanOrEqual(20n * thousand)
    expect(without.idleAfter).toBeLessThan(21n * thousand)
    expect(beside.plan).not.toBeNull()
    expect(beside.idleAfter).toBeGreaterThanOrEqual(100n * thousand)
  })

  test('is not tied up in venues beside the exit list, and the liquid floor stands above it', () => {
    const to = (weightsBps: number[]) =>
      planRebalance(
        planInput({
          venues: [
            { name: 'exit', assets: 300n * thousand },
            { name: 'beside', assets: 0n },
          ],
          decision: { kind: 'weights', weightsBps },
          settings: { minEdgeBps: null },
          guard: { turnoverAvailable: 400n * thousand },
          vault: { exits: [true, false], liquid: 300n * thousand, queuedAssets: 200n * thousand },
        }),
      )
    expect(to([1000, 9000]).idleAfter).toBeGreaterThanOrEqual(200n * thousand)
    const { plan, refusals } = to([0, 10_000])
    expect(plan).toBeNull()
    expect(refusals.map(({ code, reason }) => [code, reason])).toEqual([
      [
        'liquid_floor',
        'After the plan 200000.000004 could be paid out at once; the liquid floor is 15000, and 200000 wait in the redeem queue.',
      ],
    ])
  })
})

test('a plan for the queue only withdraws, no more than venues can pay and little more than is missing', () => {
  let plans = 0
  fc.assert(
    fc.property(
      anyPlanInput,
      fc.bigInt({ min: 0n, max: 20_000_000n * usdc }),
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      fc.bigInt({ min: 0n, max: 10_000n }),
      (drawn, queuedAssets, exits, liquidBps) => {
        const liquid = (drawn.vault.totalAssets * liquidBps) / 10_000n
        const input = { ...drawn, vault: { ...drawn.vault, queuedAssets, exits, liquid } }
        const { plan, freedForQueue, withdrawnAssets, depositedAssets, venues } = planRebalance(input)
        if (freedForQueue === undefined) return
        plans += 1
        expect(plan?.legs.every(({ deposit }) => !deposit)).toBe(true)
        expect(depositedAssets).toBe(0n)
        expect(freedForQueue).toBe(withdrawnAssets)
        const missing = queuedAssets - liquid
        const { minLegAssets } = input.settings
        expect(withdrawnAssets).toBeLessThanOrEqual(missing + missing / 10_000n + 3n + minLegAssets)
        venues.forEach(({ assetsBefore, assetsAfter }, j) => {
          if (assetsBefore === assetsAfter) return
          expect(exits[j]).toBe(false)
          expect(assetsBefore - assetsAfter).toBeLessThanOrEqual(input.market.venues[j]?.withdrawable ?? 0n)
        })
      },
    ),
    { numRuns: 1000 },
  )
  expect(plans).toBeGreaterThan(50)
})
