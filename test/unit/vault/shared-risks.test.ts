import type { Address } from 'viem'
import { describe, expect, test } from 'vitest'
import { sharedExposures } from '../../../src/vault/shared-risks.ts'
import type { VenuePlan } from '../../../src/vault/venue-adapters.ts'
import { oracleId, protocolId } from '../../../src/vault/venue-ids.ts'

const address = (digit: number): Address => `0x${String(digit).repeat(40)}`
const percent = 10n ** 16n

const market = (name: string, share: bigint, collateral: number, oracle: number): VenuePlan => ({
  name,
  kind: 'morpho-blue',
  morpho: address(9),
  market: {
    loanToken: address(2),
    collateralToken: address(collateral),
    oracle: address(oracle),
    irm: address(8),
    lltv: 86n * percent,
  },
  absoluteCap: 1_000n,
  relativeCapWad: share * percent,
})
const aave: VenuePlan = {
  ...{ name: 'aave', kind: 'aave-v3', pool: address(7), absoluteCap: 1_000n },
  relativeCapWad: 40n * percent,
}

describe('sharedExposures', () => {
  test('names what two venues or more have in common, and how much of the vault may lie behind it', () => {
    expect(sharedExposures({ venues: [aave, market('a', 41n, 3, 4), market('b', 40n, 5, 4)] })).toEqual([
      {
        ...{ risk: 'oracle', address: address(4), id: oracleId(address(4)), venues: ['a', 'b'] },
        ...{ absoluteCap: (1n << 128n) - 1n, relativeCapWad: 100n * percent, isDefault: true },
        togetherWad: 81n * percent,
      },
      {
        ...{ risk: 'protocol', address: address(9), id: protocolId(address(9)), venues: ['a', 'b'] },
        ...{ absoluteCap: (1n << 128n) - 1n, relativeCapWad: 100n * percent, isDefault: true },
        togetherWad: 81n * percent,
      },
    ])
  })

  test('a cap of its own bounds what venues may hold together, and nobody holds more than all', () => {
    const venues = [market('a', 70n, 3, 4), market('b', 70n, 5, 6)]
    const own = { id: protocolId(address(9)), absoluteCap: 5n, relativeCapWad: 60n * percent }
    expect(sharedExposures({ venues, sharedCaps: [own] })).toMatchObject([
      { isDefault: false, absoluteCap: 5n, togetherWad: 60n * percent },
    ])
    expect(sharedExposures({ venues })).toMatchObject([{ isDefault: true, togetherWad: 100n * percent }])
  })

  test('a vault of another protocol shares the pool beneath it', () => {
    const stata: VenuePlan = {
      ...{ name: 'stata', kind: 'erc4626', target: address(6), underlyingPool: address(7), minShareSupply: 1n },
      ...{ absoluteCap: 1n, relativeCapWad: 30n * percent, maxSharePriceWad: 10n ** 18n },
    }
    expect(sharedExposures({ venues: [aave, stata] })).toMatchObject([
      { address: address(7), venues: ['aave', 'stata'] },
    ])
  })
})
