import { createClient, custom } from 'viem'
import { describe, expect, test } from 'vitest'
import { steadyFees } from '../../../src/chain/steady-fees.ts'
import { transactionPending } from '../../../src/errors/chain.ts'

const clientOf = (history: unknown) =>
  createClient({ transport: custom({ request: async () => history }, { retryCount: 0 }) })

describe('steadyFees', () => {
  test('offers twice the highest base fee of the last blocks, not of the head, which may be a passing low', async () => {
    const client = clientOf({
      oldestBlock: '0x1',
      baseFeePerGas: ['0x64', '0x3e8', '0x32', '0x19'],
      gasUsedRatio: [0, 0, 0],
      reward: [['0x3'], ['0x1'], ['0x2']],
    })
    expect(await steadyFees(client)).toEqual({ maxFeePerGas: 2_002n, maxPriorityFeePerGas: 2n })
  })

  test('offers no tip where nobody paid one', async () => {
    const client = clientOf({ oldestBlock: '0x1', baseFeePerGas: ['0x64'], gasUsedRatio: [] })
    expect(await steadyFees(client)).toEqual({ maxFeePerGas: 200n, maxPriorityFeePerGas: 0n })
  })
})

test('a transaction that waits is told with its hash, and is no failure that a second try mends', () => {
  const error = transactionPending('approve', '0xabc', 180)
  expect(error.retryable).toBe(false)
  expect(error.message).toBe(
    [
      'The transaction was sent and is not mined yet.',
      '  step:          approve',
      '  hash:          0xabc',
      '  waitedSeconds: 180',
      'Remedy: Look it up by its hash before you send anything again: it may still be mined.',
    ].join('\n'),
  )
})
