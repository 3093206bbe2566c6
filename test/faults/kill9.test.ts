import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projectRoot } from '../../src/chain/paths.ts'
import { TillerError } from '../../src/errors/base.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { type Rig, startRig, toldPolicy } from '../e2e/keeper-rig.ts'
import { checkBooks } from './check-books.ts'

/** Kills in this run; a longer run sets more. */
const kills = Number(process.env['TILLER_KILLS'] ?? 10)
const seed = 20_251_009

let rig: Rig
let bundle: string
let input: string
let mining: NodeJS.Timeout | undefined
let child: ChildProcess | undefined
let slotDone = false

beforeAll(async () => {
  rig = await startRig()
  const folder = join(projectRoot(), 'node_modules', '.cache', 'tiller-test')
  mkdirSync(folder, { recursive: true })
  bundle = join(folder, `keeper-child.${process.pid}.mjs`)
  await build({
    entryPoints: [join(projectRoot(), 'test', 'faults', 'keeper-child.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  })
  input = join(rig.folder, 'child.json')
  writeFileSync(input, JSON.stringify({ input: rig.configInput(), url: rig.devnet.url, key: rig.keeperKey }))
})
afterAll(async () => {
  clearInterval(mining)
  child?.kill('SIGKILL')
  rmSync(bundle, { force: true })
  await rig?.stop()
})

function startChild(): { child: ChildProcess; ticked: Promise<void>; ended: Promise<number | null>; log: string[] } {
  const started = spawn(process.execPath, [bundle, input], { cwd: projectRoot(), stdio: ['ignore', 'pipe', 'pipe'] })
  child = started
  const log: string[] = []
  const ticked = new Promise<void>((resolve) => {
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        log.push(text)
        if (/"outcome":"(settled|reverted)"|slot_taken|observation_incomplete/.test(text)) slotDone = true
        if (text.includes('keeper.started')) resolve()
      })
    }
    started.once('exit', () => resolve())
  })
  const ended = once(started, 'exit').then(([code]) => code as number | null)
  return { child: started, ticked, ended, log }
}

/** mulberry32: the same kills on every machine. */
function draws(state: number): () => number {
  let value = state
  return () => {
    value = (value + 0x6d2b79f5) | 0
    let mixed = Math.imul(value ^ (value >>> 15), value | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

describe('kill -9', () => {
  test('at any moment of `keeper run` moves nothing twice and leaves no row unexplained', async () => {
    // A block every 150 ms, so that transactions wait in the pool. An hour passes once a slot has had its move, so that
    // every pass finds something to do at any speed of the machine, and now and then at random, so that a transaction is
    // mined after its deadline.
    await rig.rpc('evm_setAutomine', [false])
    const time = draws(seed + 1)
    let busy = false
    mining = setInterval(() => {
      if (busy) return
      busy = true
      const hour = slotDone || time() < 0.02
      slotDone = false
      void rig.pass(hour ? 3600 : 1).finally(() => {
        busy = false
      })
    }, 150)

    const random = draws(seed)
    let logs = ''
    for (let round = 0; round < kills; round++) {
      const { child: victim, ticked, ended, log } = startChild()
      await ticked
      expect(victim.exitCode, log.join('')).toBe(null)
      await sleep(Math.floor(random() * 2500))
      victim.kill('SIGKILL')
      await ended
      logs += log.join('')
    }

    // One more, which is asked to end and does so in order.
    const { child: last, ticked, ended, log } = startChild()
    await ticked
    for (let waited = 0; waited < 30_000 && !log.join('').includes('"outcome":"settled"'); waited += 100)
      await sleep(100)
    expect(log.join('')).toContain('"outcome":"settled"')
    last.kill('SIGTERM')
    expect(await ended, log.join('')).toBe(0)
    expect(log.join('')).toContain('keeper.ended')

    clearInterval(mining)
    await sleep(200)
    await rig.rpc('evm_setAutomine', [true])
    await rig.pass(1)
    const journal = await openJournal({ path: rig.storePath })
    const keeper = await rig.keeper(
      journal,
      toldPolicy(() => ({ kind: 'hold' })),
    )
    try {
      await keeper.start()
      await keeper.tick()
      const attempts = await journal.attempts({ limit: 10_000 })
      expect(attempts.filter(({ status }) => status === 'settled').length, logs).toBeGreaterThan(0)
      await checkBooks(rig, journal)
    } finally {
      await keeper.close()
      await journal.close()
    }
  })

  test('frees the store for the next keeper, and a living keeper does not', async () => {
    const { child: victim, ticked, ended } = startChild()
    await ticked
    const error = await openJournal({ path: rig.storePath }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(TillerError)
    expect((error as TillerError).code).toBe('STORE_LOCKED')
    expect((error as TillerError).details['pid']).toBe(victim.pid)
    victim.kill('SIGKILL')
    await ended
    const journal = await openJournal({ path: rig.storePath })
    await journal.close()
  })
})
