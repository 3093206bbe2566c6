import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as errors from '../../../src/errors/history.ts'
import { fetchActivity } from '../../../src/history/pull/fetch-activity.ts'
import { findBlocks, mapConcurrent, type PulledBlock } from '../../../src/history/pull/find-blocks.ts'
import { openPullStore } from '../../../src/history/pull/store.ts'
import { parsePullSpec } from '../../../src/history/pull/venue-spec.ts'
import { faultOf } from './panel-folder.ts'

const a = '0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2'
const b = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'
const market = `0x${'ab'.repeat(32)}`

describe('a venue to pull', () => {
  test('is named by kind and addresses, with a name of its own where it has one', () => {
    expect(parsePullSpec(`aave-v3:${a}:${b}`)).toEqual({ id: 'aave-v3-a0b86991', kind: 'aave-v3', pool: a, asset: b })
    expect(parsePullSpec(`usdc=comet:${a.toLowerCase()}`)).toEqual({ id: 'usdc', kind: 'comet', comet: a })
    expect(parsePullSpec(`morpho-blue:${a}:${market}`)).toEqual({
      id: 'morpho-blue-abababab',
      kind: 'morpho-blue',
      morpho: a,
      market,
    })
    expect(parsePullSpec(`erc4626:${b}`)).toEqual({ id: 'erc4626-a0b86991', kind: 'erc4626', vault: b })
  })

  test('is refused with the reason where it is not', async () => {
    expect(await faultOf(() => parsePullSpec(`aave:${a}`))).toMatchInlineSnapshot(`
      "PULL_VENUE
      A venue to pull is not named in a known form.
        given:  aave:0x87870Bca3F3fD6335C3F4ce8392D69350B4fA4E2
        reason: aave is no kind
      Remedy: Write aave-v3:<pool>:<asset>, comet:<comet>, morpho-blue:<morpho>:<market id> or erc4626:<vault>, with <name>= before it where the venue needs a name of its own."
    `)
    const reason = async (text: string) =>
      (await faultOf(() => parsePullSpec(text))).split('\n').find((line) => line.includes('reason:'))
    expect(await reason(`aave-v3:${a}`)).toBe('  reason: nothing is no address of the asset')
    expect(await reason(`morpho-blue:${a}:0x12`)).toBe('  reason: 0x12 is no id of a market')
    expect(await reason(`comet:${a}:${b}`)).toBe('  reason: comet takes 1 parts')
    expect(await reason('erc4626:0x12')).toBe('  reason: 0x12 is no address of the vault')
  })
})

/** A chain whose blocks come after the given pauses. */
function chainOf(pauses: readonly number[]): {
  blocks: PulledBlock[]
  getBlock(n: number): Promise<PulledBlock>
  asked: number[]
} {
  let timestamp = 1_000
  const blocks = [0, ...pauses].map((pause, number) => {
    timestamp += pause
    return { number, timestamp, baseFeePerGas: 1 }
  })
  const asked: number[] = []
  return {
    blocks,
    asked,
    getBlock: async (number) => {
      asked.push(number)
      return blocks[number] as PulledBlock
    },
  }
}

describe('finding the block of a time', () => {
  test('gives the last one at or before it, on chains of any rhythm', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 60 }),
        fc.array(fc.integer({ min: 1_000, max: 200_000 }), { minLength: 1, maxLength: 20 }),
        async (pauses, times) => {
          const chain = chainOf(pauses)
          const [first, last] = [chain.blocks[0] as PulledBlock, chain.blocks.at(-1) as PulledBlock]
          const sorted = [...times].sort((x, y) => x - y)
          const found = await findBlocks({ times: sorted, first, last, getBlock: chain.getBlock, concurrency: 3 })
          expect(found).toEqual(sorted.map((time) => chain.blocks.findLast(({ timestamp }) => timestamp <= time)))
        },
      ),
    )
  })

  test('asks for about two blocks a step on an even chain', async () => {
    const chain = chainOf(new Array(20_000).fill(12))
    const [first, last] = [chain.blocks[0] as PulledBlock, chain.blocks.at(-1) as PulledBlock]
    const times = Array.from({ length: 60 }, (_, step) => 1_000 + step * 3_600)
    await findBlocks({ times, first, last, getBlock: chain.getBlock, concurrency: 8 })
    expect(chain.asked.length).toBeLessThan(3 * times.length)
  })
})

describe('work on many items', () => {
  test('is at most so many at once, and ends at the first failure once all under way has ended', async () => {
    let running = 0
    let most = 0
    const ended: number[] = []
    const work = mapConcurrent([1, 2, 3, 4, 5, 6, 7, 8], 3, async (item) => {
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setTimeout(resolve, item === 2 ? 1 : 10))
      running -= 1
      ended.push(item)
      if (item === 2) throw new Error('two')
    })
    await expect(work).rejects.toThrow('two')
    expect(most).toBe(3)
    expect(running).toBe(0)
    expect(ended.sort()).toEqual([1, 2, 3])
  })
})

describe('fetching events', () => {
  /** An endpoint that refuses more than so many blocks, or events, in one request. */
  const endpoint = (active: readonly number[], limits: { blocks: number; events: number }) => {
    const requests: [number, number][] = []
    return {
      requests,
      getBlocks: async (from: number, to: number) => {
        requests.push([from, to])
        const found = active.filter((block) => block >= from && block <= to)
        if (to - from + 1 > limits.blocks || found.length > limits.events)
          throw new Error('query returned too many results')
        return found
      },
    }
  }

  test('halves what is refused, grows what is taken, and finds every block once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.integer({ min: 5, max: 3_000 }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 20 }),
        async (active, blocks, events) => {
          const there = endpoint(active, { blocks, events })
          const found = await fetchActivity({
            ...{ fromBlock: 5, toBlock: 3_000, range: 1_000, label: 'read[0]', isRange: () => true },
            getBlocks: there.getBlocks,
          })
          expect(found).toEqual([...active].sort((x, y) => x - y))
          expect(there.requests.every(([from, to]) => from <= to && from >= 5 && to <= 3_000)).toBe(true)
        },
      ),
      { numRuns: 50 },
    )
  })

  test('remembers what it fetched and does not ask again', async () => {
    const store = new Map<number, { toBlock: number; blocks: readonly number[] }>()
    const options = (getBlocks: (from: number, to: number) => Promise<readonly number[]>) => ({
      ...{ fromBlock: 1, toBlock: 500, range: 100, label: 'read[0]', isRange: () => true, getBlocks },
      recall: (from: number) => store.get(from),
      remember: (from: number, toBlock: number, blocks: readonly number[]) => void store.set(from, { toBlock, blocks }),
    })
    const there = endpoint([3, 77, 412], { blocks: 1_000, events: 10 })
    expect(await fetchActivity(options(there.getBlocks))).toEqual([3, 77, 412])
    const again = endpoint([], { blocks: 0, events: 0 })
    expect(await fetchActivity(options(again.getBlocks))).toEqual([3, 77, 412])
    expect(again.requests).toEqual([])
  })

  test('gives up at a single block, and at once where a smaller range would not help', async () => {
    const refuse = async () => {
      throw new Error('query timeout\nmore')
    }
    const options = { fromBlock: 1, toBlock: 500, range: 100, label: 'read[0]', getBlocks: refuse }
    expect(await faultOf(() => fetchActivity({ ...options, isRange: () => true }))).toMatchInlineSnapshot(`
      "PULL_LOGS_REFUSED
      The endpoint refuses the event logs of a single block.
        endpoint: read[0]
        block:    1
        reason:   query timeout
      Remedy: Use another endpoint; what was pulled is kept."
    `)
    await expect(fetchActivity({ ...options, isRange: () => false })).rejects.toThrow('query timeout')
  })
})

describe('the record of what was pulled', () => {
  test('gives back what was put, after a new start too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tiller-store-'))
    try {
      const path = join(folder, 'pull.jsonl')
      const store = openPullStore(path)
      store.put('block/1', [5, 7])
      store.put('read/x/1', null)
      const again = openPullStore(path)
      expect(again.found).toBe(2)
      expect(again.get('block/1')).toEqual([5, 7])
      expect(again.get('read/x/1')).toBeNull()
      expect(again.get('block/2')).toBeUndefined()
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

test('every error of a pull says what was found and what to do', () => {
  const all = [
    errors.pullNotAVenue('usdc', 'comet', 17, 'a call that its kind needs failed'),
    errors.pullSpan(1_677_628_800, 1_677_628_800, 'it holds no whole step'),
    errors.pullNoState('read[0]', 17, 'missing trie node'),
    errors.pullStoreDamaged('pull.jsonl', 4),
    errors.pullOtherChain(17, '1 0xaa', '31337 0xbb'),
    errors.pullInterrupted('usdc'),
  ]
  expect(all.map(({ code, message }) => `${code}\n${message}`).join('\n\n')).toMatchInlineSnapshot(`
    "PULL_VENUE_SILENT
    A venue to pull does not answer as its kind does.
      venue:  usdc
      kind:   comet
      block:  17
      reason: a call that its kind needs failed
    Remedy: Check its addresses and the chain of the endpoint.

    PULL_SPAN
    The span to pull can not be used.
      from:   2023-03-01T00:00:00Z
      to:     2023-03-01T00:00:00Z
      reason: it holds no whole step
    Remedy: Choose the span with \`--from\` and \`--to\`; it ends at the newest final block at the latest.

    PULL_NO_STATE
    The endpoint no longer has the state of an old block.
      endpoint: read[0]
      block:    17
      reason:   missing trie node
    Remedy: Use an archive endpoint, or start later with \`--from\`; what was pulled is kept.

    PULL_STORE_DAMAGED
    A record of what was pulled does not match its checksum.
      file: pull.jsonl
      line: 4
    Remedy: Delete the file and pull again.

    PULL_OTHER_CHAIN
    What was pulled before comes from another chain than the endpoint serves.
      block:  17
      stored: 1 0xaa
      found:  31337 0xbb
    Remedy: Use an endpoint of the same chain, or another folder.

    INTERRUPTED
    The pull was interrupted; what was pulled is kept.
      folder: usdc
    Remedy: Run the same command again: it goes on where it was."
  `)
})
