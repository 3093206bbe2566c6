import type { Address, Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { StateReading } from '../../../src/keeper/effects.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { checkPostState } from '../../../src/simulate/check-post-state.ts'

const adapters: Address[] = ['0x1111111111111111111111111111111111111111', '0x2222222222222222222222222222222222222222']
const group: Hex = `0x${'0a'.repeat(32)}`

function reading(
  change: {
    vault?: Record<string, unknown>
    assets?: readonly bigint[]
    caps?: readonly bigint[]
    stale?: number
  } = {},
): StateReading {
  const { assets = [0n, 500n], caps = [400n, 600n] } = change
  return {
    market: {
      chainId: 1,
      block: { number: 5n, hash: '0x01', timestamp: 100n, baseFeePerGas: 1n },
      venues: adapters.map((adapter, index) => ({
        ref: { name: `venue-${index}`, kind: 'erc4626', adapter, data: '0x', id: '0x' },
        status: change.stale === index ? 'stale' : 'ok',
        staleReason: 'it reverts',
        assets: assets[index] ?? 0n,
        cap: caps[index] ?? 0n,
      })),
    },
    vault: {
      totalAssets: 1_000_000n,
      sharePrice: 1_000_000n,
      liquid: 60_000n,
      capGroups: [{ id: group, cap: 700n, venues: [0, 1] }],
      ...change.vault,
      guard: {
        nextNonce: 3n,
        limits: { maxLossPerPlanBps: 2, liquidFloorBps: 500 },
        ...(change.vault?.['guard'] as object),
      },
    },
  } as unknown as StateReading
}

const plan: Plan = {
  nonce: 3n,
  deadline: 400n,
  minTotalAssetsAfter: 999_900n,
  legs: [{ adapter: adapters[0] ?? '0x', deposit: true, assets: 300n, data: '0x' }],
}
const failed = (after: StateReading, change: Partial<Plan> = {}): string[] =>
  checkPostState(reading(), after, { ...plan, ...change }, { maxSharePriceLossBps: 2 }).flatMap(({ name, ok }) =>
    ok ? [] : [name],
  )
const landed = { guard: { nextNonce: 4n } }

describe('the state after a plan', () => {
  test('is good when nonce, price, bounds, floor and caps hold', () => {
    const after = reading({ vault: landed, assets: [150n, 500n] })
    const checks = checkPostState(reading(), after, plan, { maxSharePriceLossBps: 2 })
    expect(checks.every(({ ok }) => ok)).toBe(true)
    expect(checks.map(({ name }) => name)).toEqual([
      'plan_nonce',
      'share_price',
      'plan_minimum',
      'loss_bound',
      'liquid_floor',
      'readable:venue-0',
      'cap:venue-0',
      `cap:${group}`,
    ])
  })

  test.each<[string, StateReading, string[]]>([
    ['the Guard did not take the plan', reading(), ['plan_nonce']],
    [
      'the share price fell by more than 2 bp',
      reading({ vault: { ...landed, sharePrice: 999_799n } }),
      ['share_price'],
    ],
    ['the share price fell by 2 bp', reading({ vault: { ...landed, sharePrice: 999_800n } }), []],
    [
      'total assets are below the plan’s minimum',
      reading({ vault: { ...landed, totalAssets: 999_899n } }),
      ['plan_minimum'],
    ],
    [
      'more was lost than the Guard allows',
      reading({ vault: { ...landed, totalAssets: 999_799n } }),
      ['plan_minimum', 'loss_bound'],
    ],
    ['too little is liquid', reading({ vault: { ...landed, liquid: 49_999n } }), ['liquid_floor']],
    ['a touched venue can’t be read', reading({ vault: landed, stale: 0 }), ['readable:venue-0']],
    ['an untouched venue can’t be read', reading({ vault: landed, stale: 1 }), []],
    ['a cap is broken', reading({ vault: landed, assets: [401n, 0n] }), ['cap:venue-0']],
    ['an untouched venue grew over its cap', reading({ vault: landed, assets: [10n, 601n] }), []],
    ['a shared cap is broken', reading({ vault: landed, assets: [300n, 401n] }), [`cap:${group}`]],
  ])('is judged when %s', (_name, after, expected) => {
    expect(failed(after)).toEqual(expected)
  })

  test('may be less liquid than the floor where the plan only takes out', () => {
    const after = reading({ vault: { ...landed, liquid: 10n } })
    expect(failed(after, { legs: plan.legs.map((leg) => ({ ...leg, deposit: false })) })).toEqual([])
  })
})
