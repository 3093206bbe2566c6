import type { Address } from 'viem'
import { expect, test } from 'vitest'
import { besideContracts } from '../../../src/vault/audit-beside.ts'
import type { RewardSellerFacts } from '../../../src/vault/audit-reward-seller.ts'

const address = (digit: number): Address => `0x${String(digit).repeat(40)}`

test('the code of each contract is compared once for each name that it is given', () => {
  const token = { address: address(5), symbol: 'RWD', decimals: 18 }
  const hop = { pool: address(9), fee: 500, priceGuardAddress: address(7) }
  const rewardSeller: RewardSellerFacts = {
    ...{ address: address(3), vault: address(1), uniswapFactory: address(4), tokens: [token] },
    routes: [{ token, perDay: 1n, maxSlippageBps: 100, available: 0n, hops: [hop, hop] }],
  }
  const facts = { priceGuards: [], rewardSeller }
  // A queue that is said to stand where the Router does is no queue, and that must show.
  expect(besideContracts({ router: address(2), redeemQueue: address(2) }, facts)).toEqual([
    { name: 'Router', address: address(2) },
    { name: 'RedeemQueue', address: address(2) },
    { name: 'RewardSeller', address: address(3) },
    { name: 'PriceGuard', address: address(7) },
  ])
  expect(besideContracts({ rewardSeller: address(8) }, { priceGuards: [] })).toEqual([
    { name: 'RewardSeller', address: address(8) },
  ])
})
