import { expect, test } from 'vitest'
import { compareStates } from '../../../src/chain/compare-states.ts'
import type { ChainState } from '../../../src/vault/state-query.ts'
import { planInput } from '../plan/plan-fixture.ts'

function state(): ChainState {
  const { market, vault } = planInput({
    venues: [
      { name: 'aave', assets: 5n },
      { name: 'comet', assets: 7n },
    ],
  })
  return { market, vault, ethPriceUsdE8: 300_000_000_000n }
}

test('two equal readings agree', () => {
  expect(compareStates(state(), state())).toBeNull()
})

test('a venue position that differs is named with both values', () => {
  const first = state()
  const venues = first.market.venues.map((venue, j) => (j === 1 ? { ...venue, assets: 8n } : venue))
  expect(compareStates(first, { ...first, market: { ...first.market, venues } })).toEqual({
    code: 'quorum',
    reason: 'The endpoints disagree on the position of comet: 7 and 8.',
    venue: 'comet',
  })
})

test.each([
  ['totalAssets', 'The endpoints disagree on total assets: 12 and 13.'],
  ['sharePrice', 'The endpoints disagree on the share price: 1000000 and 13.'],
] as const)('a different %s is refused', (name, reason) => {
  const first = state()
  expect(compareStates(first, { ...first, vault: { ...first.vault, [name]: 13n } })).toEqual({ code: 'quorum', reason })
})

test('a price that only one of them knows is refused', () => {
  const { market, vault } = state()
  expect(compareStates(state(), { market, vault })?.reason).toBe(
    'The endpoints disagree on the ETH price: 300000000000 and undefined.',
  )
})

test.each(['index', 'withdrawable', 'depositable', 'cap', 'totalSupply', 'totalBorrow'] as const)(
  'the %s of a venue takes part',
  (name) => {
    const first = state()
    const venues = first.market.venues.map((venue, j) => (j === 0 ? { ...venue, [name]: venue[name] + 1n } : venue))
    expect(compareStates(first, { ...first, market: { ...first.market, venues } })?.venue).toBe('aave')
  },
)
