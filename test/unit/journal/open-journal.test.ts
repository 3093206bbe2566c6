import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { type Hex, keccak256 } from 'viem'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TillerError } from '../../../src/errors/base.ts'
import type { Journal, NewAttempt, NewDecision, NewIntent } from '../../../src/journal/journal.ts'
import { openJournal } from '../../../src/journal/open-journal.ts'
import type { VenueMemory } from '../../../src/observe/observation.ts'

const vault = '0x1111111111111111111111111111111111111111'
const guard = '0x2222222222222222222222222222222222222222'
const signer = '0x3333333333333333333333333333333333333333'
const venueId: Hex = `0x${'ab'.repeat(32)}`

const memory = (slot: number, index = 10n ** 27n + 7n): VenueMemory => ({
  slot,
  index,
  observedAt: 1_760_000_000n,
  aprE9: 41_000_000n,
  averagesQ8: [1n, 2n, 3n, 4n, 2n ** 61n],
  volatilityQ8: -5n,
  spikeSlots: 3,
  sizeSlot: slot - 1,
  supplyQ6: 64n,
  borrowQ6: 32n,
  supply72Q6: 63n,
  borrow72Q6: 31n,
  own72Q6: 1n,
  roomQ6: 2n ** 42n - 1n,
  count: 9,
})

const decision = (change: Partial<NewDecision> = {}): NewDecision => ({
  vault,
  slot: 100,
  blockNumber: 2n ** 70n,
  blockHash: `0x${'01'.repeat(32)}`,
  blockTimestamp: 1_760_000_000n,
  decidedAtMs: 1_760_000_000_123,
  mode: 'live',
  policyName: 'hold',
  policyHash: `0x${'02'.repeat(32)}`,
  outcome: 'decided',
  refusals: [],
  document: {
    observation: null,
    policy: { kind: 'hold' },
    executionProvider: 'rule',
    venues: [],
    before: { blockNumber: 1n, totalAssets: 10n ** 30n, idle: 0n, sharePrice: 1n, venueAssets: [] },
    plan: null,
    planning: {},
  },
  memories: new Map(),
  ...change,
})

const intent = (change: Partial<NewIntent> = {}): NewIntent => ({
  vault,
  slot: 100,
  mode: 'live',
  planNonce: 4n,
  deadline: 1_760_000_300n,
  to: guard,
  data: '0xabcd',
  createdAtMs: 5,
  ...change,
})

const attempt = (intentId: number, change: Partial<NewAttempt> = {}): NewAttempt => ({
  intentId,
  kind: 'rebalance',
  chainId: 31337,
  signer,
  nonce: 7,
  hash: keccak256('0x02aa'),
  raw: '0x02aa',
  deadline: 1_760_000_300n,
  maxFeePerGas: 10n ** 20n,
  maxPriorityFeePerGas: 1n,
  gas: 500_000n,
  createdAtMs: 6,
  ...change,
})

let folder: string
let path: string
let journal: Journal | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiller-journal-'))
  path = join(folder, 'journal.db')
})
afterEach(async () => {
  await journal?.close()
  journal = undefined
  rmSync(folder, { recursive: true })
})

const open = async (): Promise<Journal> => {
  journal = await openJournal({ path, owner: { pid: 4242, startedAt: '2026-01-01T00:00:00.000Z' } })
  return journal
}

const errorOf = async (action: Promise<unknown>): Promise<TillerError> => {
  const error = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof TillerError)) throw new Error(`Expected a TillerError, got ${String(error)}`)
  return error
}

const masked = (error: TillerError): string => error.message.replaceAll(folder, '<folder>')

describe('the rows of the journal', () => {
  test('survive a close and a reopen, numbers beyond 2^63 included', async () => {
    const first = await open()
    const id = await first.recordDecision(decision({ memories: new Map([[venueId, memory(100)]]) }))
    await first.close()
    const second = await open()
    const row = await second.decision(id)
    expect(row?.blockNumber).toBe(2n ** 70n)
    expect(row?.document).toMatchObject({ before: { totalAssets: (10n ** 30n).toString() } })
    expect((await second.latestMemories(vault, [venueId])).get(venueId)).toEqual(memory(100))
    expect(await second.latestDecisionBlock(vault)).toBe(2n ** 70n)
  })

  test('hold one memory per venue and slot, the last one written, and answer the newest slot', async () => {
    const store = await open()
    await store.recordDecision(decision({ memories: new Map([[venueId, memory(100)]]) }))
    await store.recordDecision(decision({ memories: new Map([[venueId, memory(100, 5n)]]) }))
    expect((await store.latestMemories(vault, [venueId])).get(venueId)?.index).toBe(5n)
    await store.recordDecision(decision({ memories: new Map([[venueId, memory(103)]]) }))
    expect((await store.latestMemories(vault, [venueId])).get(venueId)?.slot).toBe(103)
  })

  test('carry gates, attempt, receipt and realised result of one decision', async () => {
    const store = await open()
    const claimed = await store.claimSlot(decision(), intent())
    const id = claimed.decisionId
    const inserted = await store.insertAttempt(attempt(claimed.id), [
      {
        gate: 'first',
        ranOn: 'node',
        ok: true,
        blockNumber: 1n,
        timestamp: 2n,
        gasUsed: 3n,
        checks: [{ name: 'receipt', ok: true, detail: "it's fine" }],
        after: null,
        durationMs: 1.5,
      },
    ])
    expect(inserted.status).toBe('signed')
    expect((await store.decision(id))?.outcome).toBe('sent')
    const totals = { blockNumber: 9n, totalAssets: 5n, idle: 1n, sharePrice: 2n, venueAssets: [4n] }
    const realised = {
      expected: totals,
      realised: totals,
      differenceAssets: 0n,
      differenceMilliBps: 0n,
      gasUsed: 21n,
      gasCost: 42n,
    }
    await store.advanceAttempt({
      attemptId: inserted.id,
      status: 'settled',
      intentStatus: 'settled',
      decisionOutcome: 'settled',
      receipt: {
        blockNumber: 9n,
        blockHash: `0x${'03'.repeat(32)}`,
        success: true,
        gasUsed: 21n,
        effectiveGasPrice: 2n,
      },
      realised,
    })
    expect((await store.decision(id))?.realised).toEqual(realised)
    expect((await store.decision(id))?.outcome).toBe('settled')
    expect((await store.intentOfDecision(id))?.gates).toMatchObject({ first: { gasUsed: '3' } })
    expect((await store.attemptsOfIntent(claimed.id))[0]?.receipt?.gasUsed).toBe(21n)
    expect(await store.openAttempts()).toEqual([])
    expect(await store.gasSpent({ chainId: 31337, signer, sinceMs: 0 })).toBe(42n)
    expect(await store.gasSpent({ chainId: 31337, signer, sinceMs: 7 })).toBe(0n)
  })

  test('that can not be read are shown as damaged, and the others stay readable', async () => {
    const store = await open()
    const claimed = await store.claimSlot(decision(), intent())
    const inserted = await store.insertAttempt(attempt(claimed.id))
    await store.close()
    const database = new Database(path)
    database.prepare("UPDATE attempts SET raw = '0x02ab' WHERE id = ?").run(inserted.id)
    database.close()
    const damaged = await (await open()).openAttempts()
    expect(damaged).toHaveLength(1)
    expect(damaged[0]?.damage).toBe('✖ The raw bytes do not hash to the row’s hash.')
  })
})

describe('the gas of a day', () => {
  test('counts a receipt that can not be read with the most that it can have cost', async () => {
    const store = await open()
    const claimed = await store.claimSlot(decision(), intent())
    const inserted = await store.insertAttempt(attempt(claimed.id))
    const database = new Database(path)
    database.prepare("UPDATE attempts SET receipt = '{', status = 'settled' WHERE id = ?").run(inserted.id)
    database.close()
    expect(await store.gasSpent({ chainId: 31337, signer, sinceMs: 0 })).toBe(500_000n * 10n ** 20n)
  })
})

describe('a block that was doubted', () => {
  test('does not count as seen, whether it was behind or too far ahead', async () => {
    const store = await open()
    await store.recordDecision(decision({ blockNumber: 100n }))
    await store.recordDecision(decision({ blockNumber: 90n, doubted: true }))
    expect(await store.latestDecisionBlock(vault)).toBe(100n)
    await store.recordDecision(decision({ blockNumber: 10n ** 9n, doubted: true }))
    expect(await store.latestDecisionBlock(vault)).toBe(100n)
  })
})

describe('a slot', () => {
  test('carries one signed move', async () => {
    const store = await open()
    const claimed = await store.claimSlot(decision(), intent())
    expect((await errorOf(store.claimSlot(decision(), intent()))).code).toBe('SLOT_TAKEN')
    // A claim that failed leaves no decision either.
    expect(await store.decisions()).toHaveLength(1)
    await store.insertAttempt(attempt(claimed.id))
    expect((await errorOf(store.claimSlot(decision(), intent()))).message).toMatchInlineSnapshot(`
      "The slot already has a plan that was signed.
        vault:  0x1111111111111111111111111111111111111111
        slot:   100
        status: signed
      Remedy: Wait for the next slot; a slot carries one move."
    `)
  })

  test('may be claimed again after a refusal, and the refused claim stays on record', async () => {
    const store = await open()
    const claimed = await store.claimSlot(decision(), intent())
    const first = claimed.decisionId
    await store.closeIntent(claimed.id, {
      status: 'refused',
      reason: 'simulation_reverted',
      decisionOutcome: 'refused',
      refusals: [{ code: 'simulation_reverted', reason: 'Cooldown()' }],
    })
    expect((await store.decision(first))?.refusals).toEqual([{ code: 'simulation_reverted', reason: 'Cooldown()' }])
    const again = await store.claimSlot(decision(), intent())
    expect(again).toMatchObject({ id: claimed.id, claims: 2, status: 'open', decisionId: first + 1 })
    expect((await store.events({ decisionId: first }))[0]).toMatchObject({
      name: 'intent.reclaimed',
      data: { status: 'refused', reason: 'simulation_reverted' },
    })
  })
})

describe('a signer', () => {
  test('has one nonce in flight', async () => {
    const store = await open()
    const one = await store.claimSlot(decision(), intent())
    const inserted = await store.insertAttempt(attempt(one.id))
    const two = await store.claimSlot(decision({ slot: 101 }), intent({ slot: 101 }))
    expect((await errorOf(store.insertAttempt(attempt(two.id, { nonce: 8 })))).message).toMatchInlineSnapshot(`
      "An earlier transaction of the signer is not settled yet.
        signer:        0x3333333333333333333333333333333333333333
        nonceInFlight: 7
        nonce:         8
      Remedy: Wait until it is settled; \`tiller journal show\` names it."
    `)
    await store.insertAttempt(attempt(one.id, { raw: '0x02bb', hash: keccak256('0x02bb') }))
    await store.advanceAttempt({ attemptId: inserted.id, status: 'replaced' })
    expect(await store.openAttempts()).toHaveLength(1)
  })
})

describe('opening', () => {
  test('refuses a second writer in this process and in another, and names the holder', async () => {
    await open()
    expect(masked(await errorOf(openJournal({ path })))).toMatchInlineSnapshot(`
      "Another process holds the journal.
        store:     <folder>/journal.db
        pid:       4242
        startedAt: 2026-01-01T00:00:00.000Z
      Remedy: Stop the keeper with process id 4242, or give this one a store of its own."
    `)
    const script = `import Database from 'libsql'
      try { new Database(process.argv[1] + '.lock', { timeout: 0 }).exec('BEGIN IMMEDIATE'); console.log('free') }
      catch (error) { console.log(error.code) }`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, path], { encoding: 'utf8' })
    expect(child.stdout.trim()).toBe('SQLITE_BUSY')
  })

  test('refuses a second writer that comes by another name of the file', async () => {
    await open()
    const link = join(folder, 'link.db')
    symlinkSync(path, link)
    expect((await errorOf(openJournal({ path: link }))).code).toBe('STORE_LOCKED')
  })

  test('lets readers in while a writer holds the store', async () => {
    const store = await open()
    const id = await store.recordDecision(decision())
    const reader = await openJournal({ path, access: 'read' })
    expect((await reader.decision(id))?.id).toBe(id)
    expect((await errorOf(reader.recordDecision(decision()))).code).toBe('STORE_FAILED')
    await reader.close()
  })

  test('takes over after the holder was killed, whatever the pid file says', async () => {
    const script = `import Database from 'libsql'
      const lock = new Database(process.argv[1] + '.lock'); lock.exec('BEGIN IMMEDIATE')
      console.log('held'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    writeFileSync(`${path}.pid`, JSON.stringify({ pid: process.pid, startedAt: 'then' }))
    expect((await errorOf(openJournal({ path }))).code).toBe('STORE_LOCKED')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await open()
    expect(JSON.parse(readFileSync(`${path}.pid`, 'utf8'))).toMatchObject({ pid: 4242 })
  })

  test('refuses a damaged file and leaves it as it is', async () => {
    const bytes = 'this is not a database, at all. '.repeat(300)
    writeFileSync(path, bytes)
    expect(masked(await errorOf(openJournal({ path })))).toMatchInlineSnapshot(`
      "The journal file is damaged.
        store:  <folder>/journal.db
        reason: file is not a database
      Remedy: Move the file aside and keep it, restore a backup or start with a new store; check the signer for pending transactions first."
    `)
    expect(readFileSync(path, 'utf8')).toBe(bytes)
  })

  test('finds damage inside the file', async () => {
    const store = await open()
    for (let index = 0; index < 60; index++) await store.recordDecision(decision())
    await store.close()
    const bytes = readFileSync(path)
    bytes.fill(0x5a, 4096 * 3, 4096 * 6)
    writeFileSync(path, bytes)
    expect((await errorOf(openJournal({ path }))).code).toBe('STORE_CORRUPT')
  })

  test('refuses another database and a newer schema', async () => {
    const other = new Database(path)
    other.exec('CREATE TABLE something (id INTEGER)')
    other.close()
    expect((await errorOf(openJournal({ path }))).details['reason']).toBe('The file is a database, but not a journal.')
    const newer = new Database(path)
    newer.exec('PRAGMA user_version = 99')
    newer.close()
    expect(masked(await errorOf(openJournal({ path })))).toMatchInlineSnapshot(`
      "The journal was written by a newer version of Tiller.
        store:         <folder>/journal.db
        schemaVersion: 99
        supported:     2
      Remedy: Run the version of Tiller that wrote it, or a newer one."
    `)
  })

  test('for reading refuses a file that is not there', async () => {
    expect((await errorOf(openJournal({ path, access: 'read' }))).code).toBe('STORE_MISSING')
  })

  test('ties the store to one chain and vault', async () => {
    const store = await open()
    await store.bind({ chainId: 31337, vault })
    await store.bind({ chainId: 31337, vault })
    expect(await store.meta()).toEqual({ schemaVersion: 2, chainId: 31337, vault })
    expect(masked(await errorOf(store.bind({ chainId: 1, vault })))).toMatchInlineSnapshot(`
      "The journal belongs to another chain or vault.
        store:    <folder>/journal.db
        field:    chainId
        expected: 1
        found:    31337
      Remedy: Point store.path at the journal of this vault, or at a file that does not exist yet."
    `)
  })
})
