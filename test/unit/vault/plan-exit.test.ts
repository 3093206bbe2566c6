import fc from 'fast-check'
import { type Address, maxUint128 } from 'viem'
import { describe, expect, test } from 'vitest'
import { min } from '../../../src/plan/integers.ts'
import { exitResult, exitSteps } from '../../../src/vault/exit-steps.ts'
import { type ExitPlanInput, type ExitVenue, planExit } from '../../../src/vault/plan-exit.ts'

const address = (digit: number): Address => `0x${String(digit).repeat(40)}`
const venue = (name: string, changes: Partial<ExitVenue> = {}): ExitVenue => ({
  ...{ name, kind: 'aave-v3', adapter: address(name.length), data: '0x' },
  ...{ assets: 0n, withdrawable: 0n, isQuarantined: false, isCounted: false },
  ...changes,
})
const input: ExitPlanInput = {
  ...{ wanted: 'all', shares: 10n ** 24n, worth: 1_000_000n, free: 0n, penaltyBps: 20, inKind: false },
  ...{ venues: [], lendable: 0n, toleranceBps: 10 },
}
const waysOf = (changes: Partial<ExitPlanInput>) =>
  planExit({ ...input, ...changes }).legs.map((leg) => [
    leg.way === 'withdraw' ? 'withdraw' : `${leg.way} ${leg.venue.name}`,
    leg.assets,
    leg.cost,
  ])

describe('planExit', () => {
  test('takes what is free first, for nothing, and only that where it suffices', () => {
    expect(waysOf({ wanted: 400_000n, free: 500_000n })).toEqual([['withdraw', 400_000n, 400_000n]])
  })

  test('forces venues that pay and that no withdrawal counts, the largest first, and charges the penalty', () => {
    const venues = [
      venue('a', { withdrawable: 100_000n, assets: 300_000n }),
      venue('bb', { withdrawable: 300_000n, assets: 300_000n }),
      venue('ccc', { withdrawable: 900_000n, assets: 900_000n, isCounted: true }),
      venue('dddd', { withdrawable: 900_000n, assets: 900_000n, isQuarantined: true }),
    ]
    expect(waysOf({ wanted: 550_000n, free: 200_000n, venues })).toEqual([
      ['withdraw', 200_000n, 200_000n],
      ['force bb', 300_000n, 300_600n],
      ['force a', 50_000n, 50_100n],
    ])
    const plan = planExit({ ...input, free: 200_000n, venues })
    expect(plan.brings).toBe(600_000n)
    expect(plan.remains).toBe(1_000_000n - 200_000n - 300_600n - 100_200n)
  })

  test('takes positions for what venues can not pay, only where they are asked for, and no more than can be lent', () => {
    const venues = [
      venue('a', { assets: 500_000n, withdrawable: 100_000n, isCounted: true }),
      venue('bb', { assets: 600_000n, withdrawable: 50_000n }),
      venue('ccc', { assets: 700_000n, kind: 'uniswap-v3' }),
    ]
    const free = 100_000n
    expect(waysOf({ wanted: 700_000n, free, venues })).toEqual([
      ['withdraw', 100_000n, 100_000n],
      ['force bb', 50_000n, 50_100n],
    ])
    expect(waysOf({ wanted: 700_000n, free, venues, inKind: true, lendable: 450_000n })).toEqual([
      ['withdraw', 100_000n, 100_000n],
      ['force bb', 50_000n, 50_100n],
      ['in-kind bb', 450_000n, 450_900n],
      ['in-kind a', 100_000n, 100_200n],
    ])
  })

  test('of a venue that is named takes that alone, by force or as a position', () => {
    const venues = [
      venue('a', { assets: 500_000n, withdrawable: 200_000n, isCounted: true }),
      venue('bb', { assets: 500_000n, withdrawable: 500_000n }),
    ]
    expect(waysOf({ wanted: 300_000n, free: 900_000n, venues, only: 'a' })).toEqual([['force a', 200_000n, 200_400n]])
    expect(waysOf({ wanted: 300_000n, venues, only: 'a', inKind: true, lendable: maxUint128 })).toEqual([
      ['in-kind a', 300_000n, 300_600n],
    ])
  })

  test('plans nothing for dust or where nothing can be had', () => {
    expect(planExit({ ...input, worth: 99n, free: 99n }).legs).toEqual([])
    expect(planExit({ ...input, venues: [venue('a', { assets: 10n ** 6n })] })).toEqual({
      ...{ legs: [], brings: 0n, remains: 1_000_000n },
    })
  })

  const amount = fc.bigInt({ min: 0n, max: 10n ** 15n })
  const place = fc.record({ assets: amount, part: fc.nat(100), isCounted: fc.boolean() })
  const given = fc.record({
    worth: amount,
    free: amount,
    wanted: fc.oneof(fc.constant('all' as const), fc.bigInt({ min: 1n, max: 10n ** 15n })),
    places: fc.array(place, { maxLength: 5 }),
    penaltyBps: fc.integer({ min: 1, max: 200 }),
    lendable: amount,
  })
  test('never costs more than the shares are worth nor takes more than was asked for or is there', () => {
    fc.assert(
      fc.property(given, ({ places, ...rest }) => {
        const venues = places.map(({ assets, part, isCounted }, index) =>
          venue('v'.repeat(index + 1), { assets, withdrawable: (assets * BigInt(part)) / 100n, isCounted }),
        )
        const { worth } = rest
        const plan = planExit({ ...input, ...rest, free: min(rest.free, worth), venues, inKind: true })
        const cost = plan.legs.reduce((sum, leg) => sum + leg.cost, 0n)
        expect(cost).toBeLessThanOrEqual(worth)
        if (rest.wanted !== 'all') expect(plan.brings + plan.remains).toBe(rest.wanted)
        else expect(cost + plan.remains).toBe(worth)
        for (const one of venues) {
          const own = plan.legs.filter((leg) => leg.way !== 'withdraw' && leg.venue === one)
          expect(own.reduce((sum, leg) => sum + leg.assets, 0n)).toBeLessThanOrEqual(one.assets)
        }
        for (const { maxShares } of plan.legs) expect(maxShares).toBeLessThanOrEqual(input.shares)
      }),
    )
  })
})

describe('exitSteps', () => {
  const venues = [venue('a', { withdrawable: 300_000n, assets: 500_000n })]
  const { legs } = planExit({ ...input, free: 100_000n, venues, inKind: true, lendable: 200_000n })
  const given = { vault: address(1), leaver: address(2), deadline: 9n, toleranceBps: 10 }

  test('withdraws, allows the Router no more than its legs may cost, and bounds each of them', () => {
    const steps = exitSteps(legs, { ...given, router: address(3) })
    expect(steps.map(({ title, to, functionName }) => [title, to, functionName])).toEqual([
      ['withdraw what is free', address(1), 'withdraw'],
      ['allow the Router these shares', address(1), 'approve'],
      ['force a to pay', address(3), 'forceExit'],
      ['take over a position at a', address(3), 'exitInKind'],
    ])
    const [, forced, taken] = legs
    expect(steps[1]?.args).toEqual([address(3), (forced?.maxShares ?? 0n) + (taken?.maxShares ?? 0n)])
    const exit = { vault: address(1), adapter: address(1), data: '0x', deadline: 9n }
    expect(steps[2]?.args).toEqual([{ ...exit, assets: 300_000n, maxShares: forced?.maxShares }, address(2), 299_700n])
    expect(steps[3]?.args).toEqual([{ ...exit, assets: 200_000n, maxShares: taken?.maxShares }, 199_800n])
    // The price may fall by a tenth of a percent, no more.
    expect(forced?.maxShares).toBe((10n ** 24n * 300_600n * 10_010n) / (1_000_000n * 10_000n) + 1n)
  })

  test('without a Router a forced exit goes to the vault itself', () => {
    const steps = exitSteps(
      legs.filter(({ way }) => way !== 'in-kind'),
      given,
    )
    expect(steps.at(-1)).toMatchObject({
      ...{ to: address(1), functionName: 'forceExit' },
      args: [address(1), '0x', 300_000n, address(2), address(2)],
    })
  })

  test('reads what a step gave, whoever answers', () => {
    const [withdraw, approve, force] = exitSteps(legs, { ...given, router: address(3) })
    if (withdraw === undefined || approve === undefined || force === undefined) throw new Error('three steps')
    expect(exitResult(withdraw, 7n)).toEqual({ brought: 100_000n, shares: 7n })
    expect(exitResult(approve, true)).toEqual({ brought: 0n, shares: 0n })
    expect(exitResult(force, [299_999n, 8n])).toEqual({ brought: 299_999n, shares: 8n })
  })
})
