import { describe, expect, test } from 'vitest'
import type { TillerError } from '../../../src/errors/base.ts'
import { endpointTimeout } from '../../../src/errors/chain.ts'
import { storeFailed } from '../../../src/errors/journal.ts'
import type { Keeper } from '../../../src/keeper/create-keeper.ts'
import type { KeeperLogger } from '../../../src/keeper/effects.ts'
import { runKeeper } from '../../../src/keeper/run-keeper.ts'
import type { TickReport } from '../../../src/keeper/run-tick.ts'

const logger: KeeperLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

function keeperOf(tick: (signal?: AbortSignal) => Promise<unknown>): { keeper: Keeper; closed(): number } {
  let closed = 0
  const keeper = {
    settings: { mode: 'readonly', vault: '0x' },
    start: async () => ({ abandoned: [], findings: [], blocked: false }),
    warm: async () => {},
    tick: tick as Keeper['tick'],
    close: async () => {
      closed++
    },
  } as unknown as Keeper
  return { keeper, closed: () => closed }
}

describe('the run of a keeper', () => {
  test('ticks at once and by its schedule, never two at a time, until it is asked to end', async () => {
    const controller = new AbortController()
    let running = 0
    let most = 0
    let ticks = 0
    const { keeper, closed } = keeperOf(async () => {
      running++
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, 1_300))
      running--
      ticks++
      if (ticks === 2) controller.abort()
      return {} as TickReport
    })
    const report = await runKeeper({ keeper, schedule: '* * * * * *', logger, signal: controller.signal })
    expect(most).toBe(1)
    expect(report).toEqual({ ticks: 2, failures: 0 })
    expect(closed()).toBe(1)
  })

  test('waits for the pass under way and hands it the signal', async () => {
    const controller = new AbortController()
    let finished = false
    const { keeper } = keeperOf(async (signal) => {
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => setTimeout(resolve, 50)))
      finished = true
      return {} as TickReport
    })
    setTimeout(() => controller.abort(), 100)
    await runKeeper({ keeper, schedule: '0 0 1 1 *', logger, signal: controller.signal })
    expect(finished).toBe(true)
  })

  test('survives a dead endpoint', async () => {
    const controller = new AbortController()
    let ticks = 0
    const { keeper } = keeperOf(async () => {
      ticks++
      if (ticks === 1) throw endpointTimeout('read[0]', 'eth_call', 5)
      controller.abort()
      return {} as TickReport
    })
    expect(await runKeeper({ keeper, schedule: '* * * * * *', logger, signal: controller.signal })).toEqual({
      ticks: 1,
      failures: 1,
    })
  })

  test('ends with the error where time does not heal it, and ends the fork first', async () => {
    const { keeper, closed } = keeperOf(async () => {
      throw storeFailed('/journal.db', 'SQLITE_FULL', 'database or disk is full')
    })
    const signal = new AbortController().signal
    const error = await runKeeper({ keeper, schedule: '* * * * * *', logger, signal }).catch(
      (reason: unknown) => reason,
    )
    expect((error as TillerError).message).toMatchInlineSnapshot(`
      "The journal could not be read or written.
        store:      /journal.db
        sqliteCode: SQLITE_FULL
        reason:     database or disk is full
      Remedy: Check the free space, the permissions and the health of the disk that holds the store."
    `)
    expect(closed()).toBe(1)
  })

  test('refuses a schedule that is none', async () => {
    const { keeper } = keeperOf(async () => ({}))
    const signal = new AbortController().signal
    const error = await runKeeper({ keeper, schedule: 'hourly', logger, signal }).catch((reason: unknown) => reason)
    expect((error as TillerError).message).toMatchInlineSnapshot(`
      "The schedule is not a cron expression.
        schedule: hourly
      Remedy: Give a cron expression such as "0 * * * *"."
    `)
  })
})
