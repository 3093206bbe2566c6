import { describe, expect, test } from 'vitest'
import { createGuardModel } from '../../../src/devnet/parity/guard-model.ts'
import { createShareBook } from '../../../src/devnet/parity/share-book.ts'
import { parityBroken } from '../../../src/errors/checks.ts'
import type { VaultState } from '../../../src/vault/vault-state.ts'

const million = 1_000_000n * 10n ** 6n
const start: VaultState['guard'] = {
  address: '0x0000000000000000000000000000000000000001',
  nextNonce: 1n,
  lastRebalanceAt: 1_000n,
  frozen: false,
  keeperAllowed: true,
  limits: {
    cooldownSeconds: 3_600,
    maxLossPerPlanBps: 2,
    lossBudgetPerDayBps: 5,
    turnoverPerDayBps: 5_000,
    liquidFloorBps: 500,
  },
  turnoverAvailable: million / 2n,
  turnoverOwed: 0n,
  lossAvailable: 0n,
  inflowAvailable: [(million * 3n) / 4n, million],
}

describe('the Guard beside the contract', () => {
  test('draws turnover and inflow, and refills both within a day', () => {
    const guard = createGuardModel(start, 1_000n, [million, million])
    guard.land(10_000n, { totalAssets: million, idleAfter: 0n, withdrawn: million / 4n, deposited: [0n, million / 4n] })
    const then = guard.at(10_000n, million, 0n)
    expect(then).toMatchObject({ nextNonce: 2n, lastRebalanceAt: 10_000n, turnoverAvailable: million / 4n })
    expect(then.inflowAvailable[1]).toBe((million * 3n) / 4n)
    // A quarter of a day brings back a quarter of the capacity.
    const later = guard.at(10_000n + 21_600n, million, 0n)
    expect(later.turnoverAvailable).toBe((million * 3n) / 8n)
    expect(later.inflowAvailable).toEqual([million, million])
  })

  test('a plan that only withdraws leaves the clock alone and owes what it brought to idle', () => {
    const guard = createGuardModel(start, 1_000n, [million, million])
    guard.land(5_000n, { totalAssets: million, idleAfter: million / 5n, withdrawn: million / 5n, deposited: [0n, 0n] })
    expect(guard.at(5_000n, million, million / 5n)).toMatchObject({
      lastRebalanceAt: 1_000n,
      turnoverOwed: million / 5n,
      turnoverAvailable: million / 2n,
    })
    guard.land(9_000n, { totalAssets: million, idleAfter: 0n, withdrawn: 0n, deposited: [million / 5n, 0n] })
    expect(guard.at(9_000n, million, 0n)).toMatchObject({
      lastRebalanceAt: 9_000n,
      turnoverOwed: 0n,
      turnoverAvailable: (million * 3n) / 10n,
    })
  })
})

describe('the share price beside the vault', () => {
  const books = {
    storedAssets: million,
    lastAccrualAt: 0n,
    maxRatePerSecondWad: 15_854_895_992n, // 50 % a year
    performanceFeeBps: 1_000,
    highWaterMark: 10n ** 18n,
    virtualShares: 10n ** 12n,
  }
  const supply = 1_000_000n * 10n ** 18n
  const price = (book: ReturnType<typeof createShareBook>, live: number, at: bigint) =>
    book.assetsPer1e30Shares(live, at) / 1e18

  test('keeps a tenth of the gain, once, however often it is accrued', () => {
    const once = createShareBook(books, supply)
    const often = createShareBook(books, supply)
    for (let day = 1; day <= 30; day += 1) often.accrue(1_000_000 + 100 * day, BigInt(day * 86_400))
    const after = 30n * 86_400n
    expect(price(once, 1_003_000, after)).toBeCloseTo(1.0027, 6)
    expect(price(often, 1_003_000, after)).toBeCloseTo(price(once, 1_003_000, after), 6)
    expect(price(createShareBook({ ...books, performanceFeeBps: 0 }, supply), 1_003_000, after)).toBeCloseTo(1.003, 9)
  })

  test('lets a sudden gain in at the largest rate, and a loss at once', () => {
    const book = createShareBook({ ...books, performanceFeeBps: 0 }, supply)
    expect(price(book, 1_100_000, 86_400n)).toBeCloseTo(1 + 0.5 / 365, 6)
    expect(price(book, 900_000, 86_400n)).toBeCloseTo(0.9, 9)
  })
})

test('an error of parity names hour, place, both values and the limit', () => {
  expect(
    parityBroken({
      step: 7,
      what: 'weight',
      where: 'aave-v3:usdc',
      chain: '20.000000 %',
      simulator: '20.100000 %',
      limit: '0.000010 %',
    }).message,
  ).toBe(`The simulator and the contracts do not agree.
  hour:      7
  differs:   weight
  at:        aave-v3:usdc
  chain:     20.000000 %
  simulator: 20.100000 %
  limit:     0.000010 %
Remedy: One of the two is wrong, and the contracts are the truth: mend the rate, fee or rule that is named.`)
})
