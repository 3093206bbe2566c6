import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { allocate, valueTable } from '../../../src/plan/allocation-rule.ts'
import { gainOverHorizon, rateAtE9 } from '../../../src/plan/estimate-gain.ts'
import { max, min } from '../../../src/plan/integers.ts'
import { wholePosition } from '../../../src/plan/plan.ts'
import { planRebalance } from '../../../src/plan/plan-rebalance.ts'
import { anyPlanInput, blockTime, type Fixture, planInput, usdc } from './plan-fixture.ts'

const million = 1_000_000n * usdc
const worthMoving: Fixture = {
  venues: [
    { name: 'low', assets: 2n * million, aprE9: 20_000_000n },
    { name: 'high', assets: 0n, aprE9: 80_000_000n },
  ],
}

function refusalsOf(fixture: Fixture) {
  return planRebalance(planInput(fixture)).refusals
}

describe('a plan', () => {
  test('moves from the venue with the lower rate to the one with the higher, withdrawals first', () => {
    const { plan, refusals, withdrawnAssets, depositedAssets } = planRebalance(planInput(worthMoving))
    expect(refusals).toEqual([])
    expect(plan?.nonce).toBe(7n)
    expect(plan?.deadline).toBe(blockTime + 300n)
    expect(plan?.legs.map(({ deposit }) => deposit)).toEqual([false, true])
    expect(withdrawnAssets).toBe(million)
    expect(withdrawnAssets - depositedAssets).toBe(4n)
  })

  test('asks for the whole position where the policy leaves nothing', () => {
    const input = planInput({
      ...worthMoving,
      decision: { kind: 'weights', weightsBps: [0, 10_000] },
      guard: { turnoverAvailable: 3n * million },
    })
    const { plan } = planRebalance(input)
    expect(plan?.legs[0]?.assets).toBe(wholePosition)
    expect(plan?.legs[1]?.assets).toBe(2n * million - 4n)
  })

  test('puts idle money to work and leaves the reserve', () => {
    const input = planInput({
      venues: [{ aprE9: 50_000_000n }, { aprE9: 50_000_000n }],
      idle: million,
      settings: { idleReserveBps: 500 },
    })
    const { idleAfter, plan } = planRebalance(input)
    expect(plan?.legs.every(({ deposit }) => deposit)).toBe(true)
    expect(idleAfter).toBe(50_000n * usdc + 4n)
  })

  test('bounds the loss by the smallest of settings, Guard and budget', () => {
    const { plan } = planRebalance(planInput(worthMoving))
    expect(plan?.minTotalAssetsAfter).toBe(2n * million - 200n * usdc)
    const { plan: poor } = planRebalance(planInput({ ...worthMoving, guard: { lossAvailable: 100n } }))
    expect(poor?.minTotalAssetsAfter).toBe(2n * million - 100n)
  })

  test('takes the largest smaller step where the turnover bucket does not hold the full one', () => {
    const { plan, limitedBy, withdrawnAssets } = planRebalance(
      planInput({ ...worthMoving, guard: { turnoverAvailable: 600_000n * usdc } }),
    )
    expect(plan).not.toBeNull()
    expect(limitedBy).toBe('turnover_exhausted')
    expect(withdrawnAssets).toBe(500_000n * usdc)
  })

  test('takes the largest smaller step where what earlier plans brought to idle would draw too much', () => {
    const idle = { venues: [{ aprE9: 60_000_000n }], idle: 2n * million }
    const owed = { turnoverOwed: 2n * million, turnoverAvailable: million }
    const { plan, limitedBy, depositedAssets } = planRebalance(planInput({ ...idle, guard: owed }))
    expect(plan).not.toBeNull()
    expect(limitedBy).toBe('turnover_exhausted')
    expect(depositedAssets).toBe(million)
    // New money draws nothing.
    const fresh = planRebalance(planInput({ ...idle, guard: { turnoverAvailable: 0n } }))
    expect(fresh.limitedBy).toBeNull()
    expect(fresh.depositedAssets).toBe(2n * million - 2n)
    const { refusals } = planRebalance(planInput({ ...idle, guard: { ...owed, turnoverAvailable: 0n } }))
    expect(refusals).toEqual([
      {
        code: 'turnover_exhausted',
        reason:
          'The plan takes 0 out of venues and puts back 1999999.999998 that earlier plans took out; the turnover ' +
          'bucket holds 0.',
      },
    ])
  })

  test('leaves a retired venue without a deposit, though it pays best, and may take out of it', () => {
    const venues: Fixture['venues'] = [
      { name: 'best', aprE9: 90_000_000n, assets: million, closed: 'retired' },
      { name: 'next', aprE9: 60_000_000n },
    ]
    const { plan, venues: changes } = planRebalance(planInput({ venues, idle: million }))
    expect(plan).not.toBeNull()
    expect(changes[0]?.assetsAfter).toBeLessThanOrEqual(million)
    expect(changes[1]?.assetsAfter).toBeGreaterThan(0n)
    const emptied = planRebalance(
      planInput({ venues, decision: { kind: 'weights', weightsBps: [0, 10_000] }, settings: { minEdgeBps: null } }),
    )
    expect(emptied.plan?.legs[0]?.deposit).toBe(false)
    const only: Fixture = {
      venues: venues.slice(0, 1),
      idle: million,
      decision: { kind: 'weights', weightsBps: [10_000] },
    }
    expect(refusalsOf(only)).toEqual([
      { code: 'venue_closed', reason: 'best is retired: nothing may go in.', venue: 'best' },
    ])
  })

  test('waits for the bucket where a partial step would not earn its own gas until then', () => {
    const small: Fixture = {
      venues: [
        { name: 'low', assets: 100_000n * usdc, aprE9: 20_000_000n },
        { name: 'high', aprE9: 60_000_000n },
      ],
      guard: { turnoverAvailable: 30_000n * usdc, lastRebalanceAt: blockTime - 4000n },
    }
    const { plan, refusals } = planRebalance(planInput(small))
    expect(plan).toBeNull()
    expect(refusals).toEqual([
      {
        code: 'turnover_exhausted',
        reason:
          'The plan takes 100010 out of venues; the turnover bucket holds 30000. A partial step would gain ' +
          '1.09594 in the 34560 s until the whole one may fit, less than its own cost of 1.650004.',
      },
    ])
    // A full bucket never holds more: waiting brings nothing.
    const full = planRebalance(planInput({ ...small, guard: { turnoverAvailable: 50_000n * usdc } }))
    expect(full.limitedBy).toBe('turnover_exhausted')
    expect(full.plan).not.toBeNull()
  })

  test('leaves a venue that cannot pay out and makes the other moves', () => {
    const venues: Fixture['venues'] = [
      { name: 'locked', assets: 2n * million, withdrawable: 0n, aprE9: 10_000_000n },
      { name: 'low', assets: 2n * million, aprE9: 20_000_000n },
      { name: 'high', aprE9: 80_000_000n },
    ]
    const { plan, limitedBy, venues: changes } = planRebalance(planInput({ venues }))
    expect(plan).not.toBeNull()
    expect(limitedBy).toBe('liquidity')
    expect(changes[0]?.assetsAfter).toBe(2n * million)
    expect(changes[2]?.assetsAfter).toBeGreaterThan(million)
  })

  test('leaves a venue that a shared cap keeps shut and fills the next best', () => {
    const input = planInput({
      venues: [{ aprE9: 80_000_000n }, { aprE9: 70_000_000n }, { assets: million, aprE9: 10_000_000n }],
      idle: million,
    })
    const capGroups = [{ id: '0xcc' as const, cap: million, venues: [0, 2] }]
    const { plan, limitedBy, venues } = planRebalance({ ...input, vault: { ...input.vault, capGroups } })
    expect(plan).not.toBeNull()
    expect(limitedBy).toBe('venue_cap')
    expect(venues[0]?.assetsAfter).toBe(0n)
    expect(venues[1]?.assetsAfter).toBeGreaterThan(million / 2n)
  })

  test('judges scores by the horizon that they ask for', () => {
    const row = (horizon: number) => [0, 0, 0, 0, 0, horizon, 0, 0]
    const of = (horizon: number) =>
      planRebalance(
        planInput({
          venues: [{ assets: 20_000n * usdc, aprE9: 40_000_000n }, { aprE9: 44_000_000n }],
          decision: { kind: 'scores', scores: [row(horizon), row(horizon)] },
          settings: { gasPerPlan: 300_000n },
        }),
      )
    // 400 a year for each 20000 at one point more: 1.5 in a week, 12 in eight.
    expect(of(0).plan).toBeNull()
    expect(of(3072).refusals).toEqual([])
    expect(of(3072).plan).not.toBeNull()
  })

  test('puts to work what the grid rounds away, in the venue that lies furthest below its place', () => {
    const venues: Fixture['venues'] = [
      { assets: 5n * million, aprE9: 40_000_000n },
      { assets: 4_600_000n * usdc, aprE9: 40_000_000n },
    ]
    const { plan, venues: changes } = planRebalance(planInput({ venues, idle: 200_000n * usdc }))
    expect(plan?.legs.map(({ deposit }) => deposit)).toEqual([true])
    expect(changes.map(({ assetsAfter }) => assetsAfter)).toEqual([5n * million, 4_800_000n * usdc - 2n])
    // Not below the reserve, not for less than its gas, not into a venue without room.
    const hold = (fixture: Fixture) => planRebalance(planInput(fixture)).refusals.map(({ code }) => code)
    expect(hold({ venues, idle: 200_000n * usdc, settings: { idleReserveBps: 500 } })).toEqual(['hold'])
    expect(hold({ venues, idle: 1_000n * usdc })).toEqual(['hold'])
    expect(hold({ venues: venues.map((v) => ({ ...v, cap: million })), idle: 200_000n * usdc })).toEqual(['hold'])
  })

  test('takes a part of the way to weights where an inflow bucket does not hold all of it', () => {
    const { limitedBy, depositedAssets } = planRebalance(
      planInput({
        venues: [{ aprE9: 50_000_000n, inflowAvailable: 300_000n * usdc }],
        idle: million,
        decision: { kind: 'weights', weightsBps: [10_000] },
      }),
    )
    expect(limitedBy).toBe('inflow_exhausted')
    expect(depositedAssets).toBe(250_000n * usdc)
  })

  test('that only withdraws is not held up by cooldown, turnover or floor', () => {
    const { plan } = planRebalance(
      planInput({
        ...worthMoving,
        decision: { kind: 'weights', weightsBps: [1000, 0] },
        settings: { minEdgeBps: null },
        guard: { lastRebalanceAt: blockTime - 1n, turnoverAvailable: 0n },
      }),
    )
    expect(plan?.legs.map(({ deposit }) => deposit)).toEqual([false])
  })

  test('leaves a venue that could not be read alone and moves the others', () => {
    const { plan, refusals } = planRebalance(
      planInput({ venues: [{ stale: true }, { aprE9: 50_000_000n }], idle: million }),
    )
    expect(refusals).toEqual([])
    expect(plan?.legs).toHaveLength(1)
    expect(plan?.legs[0]?.adapter).toBe('0x0000000000000000000000000000000000000002')
  })
})

describe('a refusal', () => {
  test('leaves a range of a pool alone, whatever the policy says, and it blocks nobody', () => {
    const venues = [...worthMoving.venues, { name: 'range', assets: million, unsteered: true as const, count: 0 }]
    for (const decision of [undefined, { kind: 'weights' as const, weightsBps: [0, 5_000, 0] }]) {
      const input = planInput({ ...worthMoving, venues, ...(decision === undefined ? {} : { decision }) })
      const { plan, refusals } = planRebalance(input)
      expect(refusals).toEqual([])
      expect(plan?.legs.map(({ adapter }) => adapter)).toEqual(
        input.market.venues.slice(0, 2).map(({ ref }) => ref.adapter),
      )
    }
    expect(refusalsOf({ venues: [{ name: 'range', assets: million, unsteered: true, count: 0 }] })).toEqual([
      { code: 'hold', reason: 'range earns no rate, so the policy leaves it as it is.', venue: 'range' },
    ])
  })

  test('says that the policy holds', () => {
    expect(refusalsOf({ ...worthMoving, decision: { kind: 'hold' } })).toEqual([
      { code: 'hold', reason: 'The policy asks for what is held.' },
    ])
    const [first] = refusalsOf({ venues: [{ assets: million }, { assets: million }] })
    expect(first?.code).toBe('hold')
  })

  test('names every gate that is closed at once', () => {
    const refusals = refusalsOf({
      ...worthMoving,
      guard: { frozen: true, keeperAllowed: false },
      baseFeePerGas: 200_000_000_000n,
      settings: { minEdgeBps: null, minObservedSlots: 2000 },
    })
    expect(refusals).toEqual([
      { code: 'missing_role', reason: 'The signer is no keeper of the Guard.' },
      { code: 'frozen', reason: 'The Guard is frozen.' },
      { code: 'fee_ceiling', reason: 'Base fee and tip of 200.1 gwei exceed the ceiling of 100 gwei.' },
      {
        code: 'observation_incomplete',
        reason: 'low was observed in 1000 slots of at least 2000.',
        venue: 'low',
      },
      {
        code: 'observation_incomplete',
        reason: 'high was observed in 1000 slots of at least 2000.',
        venue: 'high',
      },
    ])
  })

  test('says that no venue has a history yet', () => {
    expect(refusalsOf({ venues: [{ name: 'new', count: 1 }], idle: million })).toEqual([
      {
        code: 'observation_incomplete',
        reason: 'new has too little or too old a history: 1 observed slots, the last one 488889.',
        venue: 'new',
      },
    ])
  })

  test('names what stands beside a missing history, what a person mends first and what time mends last', () => {
    const refusals = refusalsOf({
      venues: [{ name: 'new', count: 0 }],
      idle: million,
      guard: { frozen: true, keeperAllowed: false, lossAvailable: 1n, lastRebalanceAt: blockTime - 600n },
      baseFeePerGas: 200_000_000_000n,
      settings: { minObservedSlots: 2 },
    })
    expect(refusals.map(({ code, venue }) => (venue === undefined ? code : `${code} ${venue}`))).toEqual([
      'missing_role',
      'frozen',
      'fee_ceiling',
      'observation_incomplete new',
      'loss_budget_exhausted',
      'cooldown',
    ])
  })

  test('of a policy that holds names no cooldown, budget or fee, but what only a person can mend', () => {
    const held: Fixture = {
      ...worthMoving,
      decision: { kind: 'hold' },
      guard: { lossAvailable: 0n, lastRebalanceAt: blockTime - 600n },
      baseFeePerGas: 200_000_000_000n,
    }
    const codes = (fixture: Fixture) => refusalsOf(fixture).map(({ code }) => code)
    expect(codes(held)).toEqual(['hold'])
    expect(codes({ ...held, guard: { keeperAllowed: false } })).toEqual(['missing_role', 'hold'])
    expect(codes({ ...held, guard: { frozen: true } })).toEqual(['frozen', 'hold'])
  })

  test('says why no venue could be read', () => {
    expect(refusalsOf({ venues: [{ name: 'dead', stale: true }], idle: million })).toEqual([
      { code: 'stale_venue', reason: 'dead could not be read: Paused().', venue: 'dead' },
    ])
  })

  test('gives the rest of the cooldown', () => {
    expect(refusalsOf({ ...worthMoving, guard: { lastRebalanceAt: blockTime - 600n } })).toEqual([
      { code: 'cooldown', reason: 'The cooldown lasts 3000 s more.' },
    ])
  })

  test('withholds a plan that a venue cannot pay out', () => {
    const [low, high] = worthMoving.venues
    const refusals = refusalsOf({ venues: [{ ...low, withdrawable: 300_000n * usdc }, high ?? {}] })
    expect(refusals.map(({ code, venue }) => ({ code, venue }))).toEqual([{ code: 'liquidity', venue: 'low' }])
    expect(refusals[0]?.reason).toMatch(/^The plan takes \d+ out of low, which can pay 300000 now\.$/)
  })

  test('withholds a deposit that the venue itself does not accept', () => {
    const [low, high] = worthMoving.venues
    const refusals = refusalsOf({ venues: [low ?? {}, { ...high, depositable: 5n * usdc }] })
    expect(refusals.map(({ code, venue }) => ({ code, venue }))).toEqual([{ code: 'venue_cap', venue: 'high' }])
  })

  test('says that a cap of zero leaves no room', () => {
    expect(
      refusalsOf({
        venues: [{ name: 'shut', cap: 0n, aprE9: 50_000_000n }],
        idle: million,
        decision: { kind: 'weights', weightsBps: [10_000] },
      }),
    ).toEqual([
      {
        code: 'venue_cap',
        reason: "The vault's caps leave no room in shut; its own cap is 0.",
        venue: 'shut',
      },
    ])
    expect(refusalsOf({ venues: [{ name: 'shut', cap: 0n, aprE9: 50_000_000n }], idle: million })).toEqual([
      {
        code: 'venue_cap',
        reason: "There is no room for a step of the grid in shut; the vault's cap on it is 0.",
        venue: 'shut',
      },
    ])
  })

  test('says that both buckets are empty', () => {
    const refusals = refusalsOf({ ...worthMoving, guard: { turnoverAvailable: 0n, inflowAvailable: [0n, 0n] } })
    expect(refusals.map(({ code }) => code)).toEqual(['turnover_exhausted', 'inflow_exhausted'])
  })

  test('says that the loss budget is used up', () => {
    expect(refusalsOf({ ...worthMoving, guard: { lossAvailable: 3n } })).toEqual([
      { code: 'loss_budget_exhausted', reason: 'Rounding may take 4 asset units; the loss budget leaves 3.' },
    ])
  })

  test('keeps the liquid floor', () => {
    const refusals = refusalsOf({
      venues: [{ aprE9: 50_000_000n }],
      idle: million,
      vault: { exits: [false] },
    })
    expect(refusals).toEqual([
      { code: 'liquid_floor', reason: 'After the plan 0.000002 could be paid out at once; the liquid floor is 50000.' },
    ])
  })

  test('says by how much the gain misses the cost', () => {
    const { refusals, cost, expectedGain, edgeBps } = planRebalance(
      planInput({
        venues: [
          { name: 'low', assets: 1000n * usdc, aprE9: 20_000_000n },
          { name: 'high', aprE9: 25_000_000n },
        ],
        decision: { kind: 'weights', weightsBps: [0, 10_000] },
      }),
    )
    expect(cost.gas).toBe(500_000n)
    expect(cost.wei).toBe(500_000n * 1_100_000_000n)
    expect(cost.gasAssets).toBe(1_650_000n)
    expect(expectedGain).toBe(89_876n)
    expect(edgeBps).toBe(-17n)
    expect(refusals).toEqual([
      {
        code: 'below_edge',
        reason: 'Gain of 0.089876 over 168 h less cost of 1.650004 leaves -1.560128; more than nothing is asked for.',
      },
    ])
    const asking = refusalsOf({ ...worthMoving, settings: { minEdgeBps: 50 } })
    expect(asking.map(({ code }) => code)).toEqual(['below_edge'])
    expect(asking[0]?.reason).toMatch(/ leaves \d+\.\d+; at least 5000 \(50 bp of what moves\) is asked for\.$/)
  })

  test('says that every leg is too small', () => {
    expect(
      refusalsOf({
        venues: [{ assets: million }],
        idle: usdc / 2n,
        decision: { kind: 'weights', weightsBps: [10_000] },
      }).map(({ code }) => code),
    ).toEqual(['nothing_changed'])
  })
})

describe('whatever the input', () => {
  test('there is a plan or a refusal, and never both', () => {
    fc.assert(
      fc.property(anyPlanInput, (input) => {
        const { plan, refusals } = planRebalance(input)
        expect(plan === null).toBe(refusals.length > 0)
      }),
      { numRuns: 500 },
    )
  })

  test('a plan respects caps, liquidity, buckets, the reserve, and creates no money', () => {
    let plans = 0
    fc.assert(
      fc.property(anyPlanInput, (input) => {
        const { market, vault, settings } = input
        const result = planRebalance(input)
        if (result.plan === null) return
        plans++
        const { legs } = result.plan
        expect(legs.length).toBeGreaterThan(0)
        expect(new Set(legs.map(({ adapter, data }) => adapter + data)).size).toBe(legs.length)
        expect(legs.map(({ deposit }) => deposit)).toEqual([...legs.map(({ deposit }) => deposit)].sort())
        let withdrawn = 0n
        let deposited = 0n
        market.venues.forEach((venue, j) => {
          const leg = legs.find(({ adapter }) => adapter === venue.ref.adapter)
          const change = result.venues[j]
          if (leg === undefined) {
            expect(change?.assetsAfter).toBe(venue.assets)
            return
          }
          expect(venue.status).toBe('ok')
          if (leg.deposit) {
            deposited += leg.assets
            expect(venue.closed).toBeUndefined()
            expect(leg.assets).toBeLessThanOrEqual(venue.depositable)
            expect(leg.assets).toBeLessThanOrEqual(vault.guard.inflowAvailable[j] ?? 0n)
            expect(venue.assets + leg.assets).toBeLessThanOrEqual(venue.cap)
            expect(change?.assetsAfter).toBe(venue.assets + leg.assets)
          } else {
            const out = leg.assets === wholePosition ? venue.assets : leg.assets
            withdrawn += out
            expect(out).toBeLessThanOrEqual(venue.withdrawable)
            expect(change?.assetsAfter).toBe(venue.assets - out)
          }
          expect(leg.assets).toBeGreaterThanOrEqual(settings.minLegAssets)
          expect(leg.assets).toBeGreaterThan(0n)
        })
        expect(result.withdrawnAssets).toBe(withdrawn)
        expect(result.depositedAssets).toBe(deposited)
        const reserve = (vault.totalAssets * BigInt(settings.idleReserveBps)) / 10_000n
        if (deposited > 0n) {
          const settled = min(max(0n, deposited - withdrawn), vault.guard.turnoverOwed)
          expect(withdrawn + settled).toBeLessThanOrEqual(vault.guard.turnoverAvailable)
          expect(deposited).toBeLessThanOrEqual(vault.idle + withdrawn - reserve)
        }
        for (const { cap, venues } of vault.capGroups) {
          if (!venues.some((j) => (result.venues[j]?.assetsAfter ?? 0n) > (result.venues[j]?.assetsBefore ?? 0n)))
            continue
          const after = venues.reduce((total, j) => total + (result.venues[j]?.assetsAfter ?? 0n), 0n)
          expect(after).toBeLessThanOrEqual(cap)
        }
        const held = result.venues.reduce((total, { assetsAfter }) => total + assetsAfter, result.idleAfter)
        expect(held).toBe(market.venues.reduce((total, { assets }) => total + assets, vault.idle))
        expect(result.plan.minTotalAssetsAfter).toBeLessThanOrEqual(vault.totalAssets)
        if (settings.minEdgeBps !== null) {
          expect(result.expectedGain).toBeGreaterThan(result.cost.totalAssets)
          expect(result.edgeBps).toBeGreaterThanOrEqual(BigInt(settings.minEdgeBps))
        }
      }),
      { numRuns: 2000 },
    )
    expect(plans).toBeGreaterThan(20)
  })

  test('without anything in its way a plan stands where the allocation rule does, to a grid step', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1_000_000n, max: 200_000_000n }), { minLength: 2, maxLength: 6 }),
        (rates) => {
          const input = planInput({
            venues: rates.map((aprE9) => ({ aprE9 })),
            idle: 5n * million,
            settings: { minEdgeBps: null },
          })
          const steps = allocate(
            input.observation,
            rates.map(() => [0, 0, 0, 0, 0, 0, 0, 0]),
          )
          const { venues, plan } = planRebalance(input)
          if (plan === null) return
          venues.forEach(({ assetsAfter }, j) => {
            const asked = (5n * million * BigInt(steps[j] ?? 0)) / BigInt(input.observation.gridSteps)
            const off = assetsAfter > asked ? assetsAfter - asked : asked - assetsAfter
            expect(off).toBeLessThanOrEqual(20n)
          })
        },
      ),
    )
  })

  test('the estimate of the gain is the value that the rule gives the same point', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -4096, max: 4095 }), { minLength: 8, maxLength: 8 }),
        fc.bigInt({ min: 1_000_000n, max: 200_000_000n }),
        fc.integer({ min: 1, max: 20 }),
        (row, aprE9, step) => {
          const scores = [row.with(5, 0)]
          const input = planInput({ venues: [{ aprE9 }], idle: 10n * million, decision: { kind: 'scores', scores } })
          const { observation, decision } = input
          const assets = (10n * million * BigInt(step)) / 20n
          const gain = gainOverHorizon(0n, 0n, assets, rateAtE9(observation, decision, 0, assets, 6), 168 * 3600)
          const [values] = valueTable({ ...observation, gasPerLegE12: 0n }, scores)
          const value = (BigInt(values?.[step] ?? 0) * 10n * million) / 10n ** 12n
          const off = gain > value ? gain - value : value - gain
          expect(off).toBeLessThanOrEqual((10n * million) / 10n ** 12n + 2n)
        },
      ),
    )
  })
})
