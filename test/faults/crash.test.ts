import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import type { Keeper } from '../../src/keeper/create-keeper.ts'
import type { TickEffects } from '../../src/keeper/effects.ts'
import { reconcile } from '../../src/keeper/reconcile.ts'
import { runTick } from '../../src/keeper/run-tick.ts'
import { quietLogger, type Rig, startRig, toldPolicy } from '../e2e/keeper-rig.ts'
import { checkBooks } from './check-books.ts'
import { type CrashPoint, faultyEffects } from './faulty-effects.ts'

let rig: Rig
let keeper: Keeper
let effects: TickEffects
let journal: Journal
let turn = 0

const targets = [
  [3000, 3000, 0, 2000],
  [2000, 2000, 2000, 2000],
]

beforeAll(async () => {
  rig = await startRig()
  journal = await rig.openStore()
  const policy = toldPolicy(() => ({ kind: 'weights', weightsBps: targets[turn % 2] ?? [] }))
  keeper = await rig.keeper(journal, policy, {
    wrapEffects: (own) => {
      effects = own
      return own
    },
  })
  await keeper.start()
  await keeper.warm()
  // Two slots of history, without which nothing is planned.
  await rig.pass(3600)
  await keeper.tick()
})
afterAll(async () => {
  await keeper?.close()
  await journal?.close()
  await rig?.stop()
})

/** The process is gone and started again: the store is closed, opened and locked anew. */
async function restart(): Promise<void> {
  await journal.close()
  journal = await rig.openStore()
  effects = { ...effects, journal }
}

async function crashAt(point: CrashPoint): Promise<{ crashed: string | null; outcome: string }> {
  turn++
  await rig.pass(3600)
  const before = await effects.readState()
  const faulty = faultyEffects(effects, point)
  const outcome = await runTick(faulty.effects, { settings: keeper.settings }).then(
    (report) => report.outcome,
    () => 'crashed',
  )
  await restart()
  const recovery = await reconcile(effects, keeper.settings)
  const report = await runTick(effects, { settings: keeper.settings })
  const after = await effects.readState()
  const moves = after.vault.guard.nextNonce - before.vault.guard.nextNonce
  const where = `${point.when} call ${point.call} (${faulty.crashed()}), recovery ${JSON.stringify(recovery.findings)}, then ${report.outcome} ${JSON.stringify(report.refusals)}`
  expect(moves, where).toBe(1n)
  return { crashed: faulty.crashed(), outcome }
}

describe('a keeper that ends at any await', () => {
  test.each(['before', 'after'] as const)(
    '%s the call moves once, forgets nothing and explains every row',
    async (when) => {
      const points: string[] = []
      for (let call = 1; ; call++) {
        const { crashed } = await crashAt({ call, when })
        if (crashed === null) break
        points.push(crashed)
      }
      expect(points.length).toBeGreaterThan(20)
      expect(points).toContain(`${when} journal.insertAttempt`)
      expect(points).toContain(`${when} chain.broadcast`)
      expect(points).toContain(`${when} signer.sign`)
      await checkBooks(rig, journal)
    },
  )

  test('while its transaction waits in the pool settles it after the restart', async () => {
    await rig.rpc('evm_setAutomine', [false])
    try {
      turn++
      await rig.pass(3600)
      const before = await effects.readState()
      const faulty = faultyEffects(effects, null)
      const crashing: TickEffects = {
        ...faulty.effects,
        chain: { ...faulty.effects.chain, receipt: () => Promise.reject(new Error('the process is gone')) },
      }
      await expect(runTick(crashing, { settings: keeper.settings })).rejects.toThrow('the process is gone')
      await restart()
      const first = await reconcile(effects, keeper.settings)
      expect(first.findings.map(({ verdict }) => verdict)).toEqual(['pending'])
      expect(first.blocked).toBe(true)
      const waiting = await runTick(effects, { settings: keeper.settings })
      expect(waiting.refusals.map(({ code }) => code)).toEqual(['open_attempt'])
      await rig.pass(1)
      const second = await reconcile(effects, keeper.settings)
      expect(second.findings.map(({ verdict }) => verdict)).toEqual(['settled'])
      const after = await effects.readState()
      expect(after.vault.guard.nextNonce - before.vault.guard.nextNonce).toBe(1n)
    } finally {
      await rig.rpc('evm_setAutomine', [true])
    }
    await checkBooks(rig, journal)
  })

  test('with bytes that the node never got sends the same bytes, or drops them after their deadline', async () => {
    for (const late of [false, true]) {
      turn++
      await rig.pass(3600)
      const before = await effects.readState()
      const lost: TickEffects = {
        ...effects,
        chain: { ...effects.chain, broadcast: () => Promise.reject(new Error('gone')) },
      }
      await expect(runTick(lost, { settings: keeper.settings })).rejects.toThrow('gone')
      await restart()
      const [open] = await journal.openAttempts()
      if (late) await rig.pass(600)
      let { findings } = await reconcile(effects, keeper.settings)
      // The node may take a moment to mine it.
      for (let tries = 0; tries < 20 && ['rebroadcast', 'pending'].includes(findings[0]?.verdict ?? ''); tries++) {
        findings = (await reconcile(effects, keeper.settings)).findings.slice()
      }
      const [attempt] = await journal.attempts({ limit: 1 })
      expect(attempt?.hash).toBe(open?.hash)
      expect(findings.map(({ verdict }) => verdict)).toEqual([late ? 'dropped' : 'settled'])
      expect(attempt?.status).toBe(late ? 'dropped' : 'settled')
      const after = await effects.readState()
      expect(after.vault.guard.nextNonce - before.vault.guard.nextNonce).toBe(late ? 0n : 1n)
    }
    await checkBooks(rig, journal)
  })

  test('meets a nonce that someone else used, says so, and goes on', async () => {
    turn++
    await rig.pass(3600)
    const lost: TickEffects = {
      ...effects,
      chain: { ...effects.chain, broadcast: () => Promise.reject(new Error('gone')) },
    }
    await expect(runTick(lost, { settings: keeper.settings })).rejects.toThrow('gone')
    await restart()
    await rig.send(rig.keeperAddress, rig.keeperAddress, '0x')
    const recovery = await reconcile(effects, keeper.settings)
    expect(recovery.findings.map(({ verdict }) => verdict)).toEqual(['dropped'])
    expect(recovery.findings[0]?.reason).toMatch(/^Nonce \d+ was used by a transaction from elsewhere\.$/)
    expect((await journal.events({ limit: 1 }))[0]?.name).toBe('transaction.foreign')
    turn++
    await rig.pass(3600)
    expect((await runTick(effects, { settings: keeper.settings })).outcome).toBe('settled')
    await checkBooks(rig, journal)
  })

  test('quarantines a row that it can not read', async () => {
    turn++
    await rig.pass(3600)
    const lost: TickEffects = {
      ...effects,
      chain: { ...effects.chain, broadcast: () => Promise.reject(new Error('gone')) },
    }
    await expect(runTick(lost, { settings: keeper.settings })).rejects.toThrow('gone')
    await journal.close()
    const { default: Database } = await import('libsql')
    const database = new Database(rig.storePath)
    database.exec("UPDATE attempts SET raw = '0x02ff' WHERE status = 'signed'")
    database.close()
    journal = await rig.openStore()
    effects = { ...effects, journal }
    const recovery = await reconcile(effects, keeper.settings)
    expect(recovery.findings.map(({ verdict, reason }) => [verdict, reason])).toEqual([
      ['quarantined', "The row can't be read: ✖ The raw bytes do not hash to the row’s hash."],
    ])
    await rig.pass(3600)
    expect((await runTick({ ...effects, logger: quietLogger }, { settings: keeper.settings })).outcome).toBe('settled')
  })
})
