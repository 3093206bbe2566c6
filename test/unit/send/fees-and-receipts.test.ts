import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StoredReceipt } from '../../../src/journal/journal.ts'
import type { KeeperClock } from '../../../src/keeper/effects.ts'
import { systemClock } from '../../../src/keeper/system-clock.ts'
import { awaitReceipt } from '../../../src/send/await-receipt.ts'
import { bumpFees } from '../../../src/send/bump-fees.ts'

const receipt: StoredReceipt = {
  blockNumber: 5n,
  blockHash: `0x${'01'.repeat(32)}`,
  success: true,
  gasUsed: 21_000n,
  effectiveGasPrice: 3n,
}

describe('a fee bump', () => {
  test('raises both fields by at least a tenth, never above the ceiling, and never the tip above the fee', () => {
    const wei = fc.bigInt({ min: 1n, max: 10n ** 13n })
    fc.assert(
      fc.property(wei, wei, wei, wei, wei, (fee, above, marketFee, marketTip, ceiling) => {
        const current = { maxFeePerGas: fee + above, maxPriorityFeePerGas: fee }
        const bumped = bumpFees(current, { maxFeePerGas: marketFee, maxPriorityFeePerGas: marketTip }, ceiling)
        if (bumped === null) {
          expect((current.maxFeePerGas * 112n + 99n) / 100n).toBeGreaterThan(ceiling)
          return
        }
        expect(bumped.maxFeePerGas).toBeLessThanOrEqual(ceiling)
        expect(bumped.maxFeePerGas * 10n).toBeGreaterThanOrEqual(current.maxFeePerGas * 11n)
        expect(bumped.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(current.maxPriorityFeePerGas * 11n)
        expect(bumped.maxPriorityFeePerGas).toBeLessThanOrEqual(bumped.maxFeePerGas)
      }),
    )
  })
})

describe('waiting for a receipt', () => {
  const fakeClock = (): KeeperClock & { slept: number[] } => {
    let time = 0
    const slept: number[] = []
    return {
      slept,
      unixMs: () => time,
      monotonicMs: () => time,
      sleep: async (milliseconds) => {
        slept.push(milliseconds)
        time += milliseconds
      },
    }
  }

  test('asks at once, for every attempt of the nonce, and then in growing pauses', async () => {
    const clock = fakeClock()
    const asked: string[] = []
    const chain = {
      receipt: async (hash: string) => {
        asked.push(hash)
        return asked.length < 10 ? null : receipt
      },
    }
    const found = await awaitReceipt({ chain, clock, hashes: ['0x01', '0x02'], timeoutMs: 1_000, pollMs: 100 })
    expect(found).toEqual({ hash: '0x02', receipt })
    expect(clock.slept).toEqual([20, 40, 80, 100])
  })

  test('ends when its time is over, or when the keeper is asked to end', async () => {
    const clock = fakeClock()
    const chain = { receipt: async () => null }
    expect(await awaitReceipt({ chain, clock, hashes: ['0x01'], timeoutMs: 250, pollMs: 100 })).toBe(null)
    expect(clock.monotonicMs()).toBe(250)
    const controller = new AbortController()
    const waiting = awaitReceipt({
      chain,
      clock: systemClock(),
      hashes: ['0x01'],
      timeoutMs: 60_000,
      pollMs: 10_000,
      signal: controller.signal,
    })
    setTimeout(() => controller.abort(), 30)
    expect(await waiting).toBe(null)
  })
})
