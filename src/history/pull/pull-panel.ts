import { type Address, type Hex, numberToHex, parseAbi, RpcRequestError, toHex } from 'viem'
import type { ChainEndpoint } from '../../chain/endpoint.ts'
import { toChainError } from '../../chain/to-chain-error.ts'
import { TillerError } from '../../errors/base.ts'
import { HistoryError, isoTime, pullNoState, pullNotAVenue, pullOtherChain, pullSpan } from '../../errors/history.ts'
import { driftAprWad } from '../../venues/erc4626/rates.ts'
import type { EventRows, PanelSource, VenueColumn, VenueSource } from '../panel-source.ts'
import { fetchActivity } from './fetch-activity.ts'
import { findBlocks, mapConcurrent, type PulledBlock } from './find-blocks.ts'
import { openSource, type PullCall, type PullSource, type Reading } from './sources.ts'
import type { PullStore } from './store.ts'
import type { PullSpec } from './venue-spec.ts'

export type PullProgress = { phase: 'blocks' | 'events' | 'reads'; done: number; total: number }

export type PullOptions = {
  name: string
  endpoint: ChainEndpoint
  specs: readonly PullSpec[]
  /** Unix seconds. Default: the newest final block. */
  to?: number
  /** Unix seconds. Default: 30 days before the end, or where the endpoint's blocks or states begin. */
  from?: number
  stepSeconds: number
  /** Blocks that must lie on a block; absent: the endpoint's own word on what is final. */
  confirmations?: number
  /** Chainlink-style feed of dollars per ether, or one price for all times. */
  etherPrice: { feed: Address } | { usd: number }
  store: PullStore
  /** Requests at once. */
  concurrency: number
  onProgress?: (progress: PullProgress) => void
  /** Throws where the pull is to end. */
  checkInterrupt?: () => void
}

export type Pulled = {
  source: Omit<PanelSource, 'hashes'>
  chainId: number
  firstBlock: number
  lastBlock: number
  lastBlockHash: Hex
  /** How many steps each venue was read at, and why. */
  venues: readonly { id: string; reads: number; by: 'step' | 'event' }[]
  /** Requests that went to the endpoint. */
  requests: number
}

/** A venue that nothing happens at is read twice a day all the same, so that silence is not taken for death. */
const quietSeconds = 43_200

/** Three looks at the events of a venue, of a day each, tell whether it is busy. */
const probes = { count: 3, seconds: 86_400, busyShare: 0.5 } as const

const firstLogRange = 2_000

const feedAbi = parseAbi([
  'function decimals() view returns (uint8)',
  'function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)',
])

/**
 * Pulls the history of venues from a chain: at the last block of each step, every venue that is due is read in one call that
 * is pinned to that block. A venue whose rate moves by itself is due at every step; another one where its events say that
 * something happened in the step, and twice a day.
 *
 * Everything that was learnt is kept in the store, and not asked again.
 *
 * @throws PULL_SPAN, PULL_VENUE_SILENT, PULL_NO_STATE, PULL_LOGS_REFUSED, PULL_OTHER_CHAIN, and the endpoint's errors
 */
export async function pullPanel(options: PullOptions): Promise<Pulled> {
  const { store, stepSeconds, concurrency, specs } = options
  const chain = createReader(options)
  const { last, chainId, lastHash } = await chain.newest()
  const end =
    Math.floor(Math.min(options.to ?? Number.POSITIVE_INFINITY, last.timestamp + 1) / stepSeconds) * stepSeconds
  const wanted = Math.ceil((options.from ?? end - 30 * 86_400) / stepSeconds) * stepSeconds
  const first = await chain.atOrBefore(wanted - stepSeconds, last)
  // A young chain has less than what is pulled by default.
  const earliest = Math.ceil(first.timestamp / stepSeconds) * stepSeconds
  let start = options.from === undefined ? Math.max(wanted, earliest) : wanted
  if (end - start < stepSeconds) throw pullSpan(start, end, 'it holds no whole step')
  if (first.timestamp > start)
    throw pullSpan(start, end, `the endpoint's first block is of ${isoTime(first.timestamp)}`)

  // The growth of a share needs the step before the first one.
  const times = Array.from(
    { length: (end - start) / stepSeconds + 1 },
    (_, step) => start + (step - 1) * stepSeconds,
  ).filter((time) => time >= first.timestamp)
  let found = 0
  let blocks = await findBlocks({
    times,
    first,
    last,
    getBlock: (number) => {
      options.checkInterrupt?.()
      return chain.block(number)
    },
    concurrency,
    onFound: () => {
      found += 1
      options.onProgress?.({ phase: 'blocks', done: found, total: times.length })
    },
  })

  const newest = blocks.at(-1) as PulledBlock
  const sources = await openSources(specs, newest.number, chain)
  const plans: Plan[] = []
  for (const { key, source } of sources) {
    plans.push({ key, source, ...(await dueBlocks(source, blocks, chain, options, key)) })
  }

  // Newest first: a node that keeps few states drops the oldest ones while it is asked.
  const numbers = [...new Set(plans.flatMap(({ due }) => [...due]))].sort((a, b) => b - a)
  let lost = -1
  const timeOf = new Map(blocks.map(({ number, timestamp }) => [number, timestamp]))
  let read = 0
  await mapConcurrent(numbers, concurrency, async (number) => {
    options.checkInterrupt?.()
    try {
      if (number > lost) await readBlock(number, timeOf.get(number) ?? 0, plans, chain, options)
    } catch (error) {
      const mayStartLater = options.from === undefined && number < newest.number
      if (!mayStartLater || !(error instanceof HistoryError) || error.code !== 'PULL_NO_STATE') throw error
      lost = Math.max(lost, number)
    }
    read += 1
    options.onProgress?.({ phase: 'reads', done: read, total: numbers.length })
  })
  if (lost >= 0) {
    blocks = blocks.filter(({ number }) => number > lost)
    for (const { due } of plans) for (const number of due) if (number <= lost) due.delete(number)
    // The first block that is left only begins the growth of a share.
    start = Math.ceil((blocks[1] ?? newest).timestamp / stepSeconds) * stepSeconds
    if (end - start < stepSeconds) throw pullNoState(options.endpoint.label, lost, 'no whole step is left')
  }

  const venues = sources.map(({ key, source, decimals, symbol }): VenueSource => {
    const due = plans.find((plan) => plan.key === key)?.due ?? new Set()
    const readings = [...due]
      .sort((a, b) => a - b)
      .flatMap((number) => {
        const stored = store.get(`read/${key}/${number}`)
        return stored === null ? [] : [{ timestamp: timeOf.get(number) ?? 0, reading: fromStored(stored) }]
      })
    const rows = rowsOf(`${source.id}.csv`, readings, 10 ** decimals)
    if (rows.timestamps.length === 0) {
      throw pullNotAVenue(source.id, source.venue.kind, newest.number, 'it has no rate in the span')
    }
    return { venue: { id: source.id, asset: symbol, ...source.venue }, rows }
  })
  const assets = [...new Set(venues.map(({ venue }) => venue.asset))]
  return {
    chainId,
    firstBlock: (blocks[0] as PulledBlock).number,
    lastBlock: last.number,
    lastBlockHash: lastHash,
    venues: plans.map(({ source, by, due }) => ({ id: source.id, reads: due.size, by })),
    requests: chain.requests(),
    source: {
      name: options.name,
      asset: assets.length === 1 ? (assets[0] ?? 'USD') : 'USD',
      stepSeconds,
      startSeconds: start,
      endSeconds: end,
      venues,
      gas: await gasRows(blocks, chain, options),
    },
  }
}

const tokenAbi = parseAbi(['function decimals() view returns (uint8)', 'function symbol() view returns (string)'])

type OpenSource = { key: string; source: PullSource; decimals: number; symbol: string }

/** Looks at every venue and its asset at the newest block. */
async function openSources(specs: readonly PullSpec[], newest: number, chain: Reader): Promise<OpenSource[]> {
  const read = (calls: readonly PullCall[]) => chain.read(newest, calls)
  const opened: OpenSource[] = []
  for (const spec of specs) {
    const source = await openSource(spec, read)
    if (source === undefined) throw pullNotAVenue(spec.id, spec.kind, newest, 'a call that its kind needs failed')
    const [decimals, symbol] = await read([
      { address: source.token, abi: tokenAbi, functionName: 'decimals' },
      { address: source.token, abi: tokenAbi, functionName: 'symbol' },
    ])
    if (decimals === undefined) throw pullNotAVenue(spec.id, spec.kind, newest, 'its asset has no decimals')
    const name = typeof symbol === 'string' ? symbol : source.token
    opened.push({ key: keyOf(spec), source, decimals: Number(decimals), symbol: name })
  }
  return opened
}

/** A venue, and the blocks at which it is read. */
type Plan = { key: string; source: PullSource; by: 'step' | 'event'; due: Set<number> }

/** Reads the venues that are due at a block, and what ether costs, and keeps the answers; asks nothing that is known. */
async function readBlock(
  number: number,
  timestamp: number,
  plans: readonly Plan[],
  chain: Reader,
  { store, etherPrice }: PullOptions,
): Promise<void> {
  const wanted = plans.filter(({ key, due }) => due.has(number) && store.get(`read/${key}/${number}`) === undefined)
  const feed = 'feed' in etherPrice ? etherPrice.feed : undefined
  const needsPrice = feed !== undefined && store.get(`ether/${feed}/${number}`) === undefined
  if (wanted.length === 0 && !needsPrice) return
  const price = needsPrice ? [{ address: feed, abi: feedAbi, functionName: 'latestRoundData' }] : []
  const results = await chain.read(number, [...price, ...wanted.flatMap(({ source }) => source.calls)])
  if (needsPrice) {
    const answer = (results[0] as readonly bigint[] | undefined)?.[1]
    store.put(`ether/${feed}/${number}`, answer === undefined || answer <= 0n ? null : answer.toString())
  }
  let offset = price.length
  for (const { key, source } of wanted) {
    const own = results.slice(offset, offset + source.calls.length)
    offset += source.calls.length
    const reading = own.includes(undefined) ? null : source.decode(own, BigInt(timestamp))
    store.put(`read/${key}/${number}`, reading === null ? null : toStored(reading))
  }
}

/** Names a venue in the store, whatever it is called in the panel. */
function keyOf(spec: PullSpec): string {
  if (spec.kind === 'aave-v3') return `aave-v3:${spec.pool}:${spec.asset}`
  if (spec.kind === 'comet') return `comet:${spec.comet}`
  if (spec.kind === 'morpho-blue') return `morpho-blue:${spec.morpho}:${spec.market}`
  return `erc4626:${spec.vault}`
}

type Reader = ReturnType<typeof createReader>

/** The chain behind the store: what is known is not asked again. */
function createReader({ endpoint, store, confirmations }: PullOptions) {
  const { client, label } = endpoint
  let requests = 0

  async function ask<result>(method: string, work: () => Promise<result>): Promise<result> {
    requests += 1
    try {
      return await work()
    } catch (error) {
      throw toChainError(error, label, method)
    }
  }

  async function header(tag: Hex | 'latest' | 'finalized') {
    const found = await ask('eth_getBlockByNumber', () =>
      client.request({ method: 'eth_getBlockByNumber', params: [tag, false] }),
    )
    if (!found?.number || !found.hash) return undefined
    const block: PulledBlock = {
      number: Number(found.number),
      timestamp: Number(found.timestamp),
      baseFeePerGas: Number(found.baseFeePerGas ?? 0),
    }
    return { block, hash: found.hash }
  }

  /** Searches that run at once ask for one block once. */
  const asked = new Map<number, Promise<PulledBlock | undefined>>()

  function maybeBlock(number: number): Promise<PulledBlock | undefined> {
    const known = asked.get(number)
    if (known !== undefined) return known
    const work = fetchBlock(number).finally(() => asked.delete(number))
    asked.set(number, work)
    return work
  }

  async function fetchBlock(number: number): Promise<PulledBlock | undefined> {
    const stored = store.get(`block/${number}`) as [number, number] | undefined
    if (stored !== undefined) return { number, timestamp: stored[0], baseFeePerGas: stored[1] }
    const found = await header(numberToHex(number))
    if (found !== undefined) store.put(`block/${number}`, [found.block.timestamp, found.block.baseFeePerGas])
    return found?.block
  }

  async function block(number: number): Promise<PulledBlock> {
    const found = await maybeBlock(number)
    if (found === undefined) throw pullNoState(label, number, 'it has no such block')
    return found
  }

  return {
    block,
    requests: () => requests,

    /** The newest final block; checks that the store is of this chain. */
    async newest(): Promise<{ last: PulledBlock; chainId: number; lastHash: Hex }> {
      const chainId = await ask('eth_chainId', () => client.getChainId())
      const known = store.get('chain') as { chainId: number; block: number; hash: Hex } | undefined
      if (known !== undefined) {
        const there = known.chainId === chainId ? await header(numberToHex(known.block)) : undefined
        if (there?.hash !== known.hash) {
          throw pullOtherChain(known.block, `${known.chainId} ${known.hash}`, `${chainId} ${there?.hash ?? 'none'}`)
        }
      }
      const final = confirmations === undefined ? await header('finalized').catch(() => undefined) : undefined
      const head = await header('latest')
      if (head === undefined) throw pullNoState(label, 0, 'it has no head')
      const depth = confirmations ?? 64
      const chosen = final ?? (depth === 0 ? head : await header(numberToHex(Math.max(0, head.block.number - depth))))
      if (chosen === undefined) throw pullNoState(label, head.block.number - depth, 'it has no such block')
      if (known === undefined) store.put('chain', { chainId, block: chosen.block.number, hash: chosen.hash })
      return { last: chosen.block, chainId, lastHash: chosen.hash }
    },

    /** A block at or before a time, not far from it; the endpoint's first one where it has none. */
    async atOrBefore(time: number, last: PulledBlock): Promise<PulledBlock> {
      let there = last.number
      for (let back = 64; ; back *= 4) {
        const number = Math.max(0, last.number - back)
        // A node that was started from a snapshot has block 0 and none of those after it.
        const found = number === 0 && (await maybeBlock(1)) === undefined ? undefined : await maybeBlock(number)
        if (found !== undefined) {
          if (found.timestamp <= time || number === 0) return found
          there = number
          continue
        }
        let missing = number
        while (there - missing > 1) {
          const middle = (there + missing) >> 1
          if ((await maybeBlock(middle)) === undefined) missing = middle
          else there = middle
        }
        return block(there)
      }
    },

    /** One call pinned to a block; undefined stands for each contract that did not answer. */
    async read(number: number, calls: readonly PullCall[]): Promise<readonly unknown[]> {
      if (calls.length === 0) return []
      const answers = await ask('eth_call', () =>
        client.multicall({
          contracts: calls.map((call) => ({ ...call })),
          blockNumber: BigInt(number),
          allowFailure: true,
          deployless: true,
          batchSize: 0,
        }),
      )
      return answers.map((answer) => {
        if (answer.status === 'success') return answer.result
        const known = ofEndpoint(answer.error, label)
        if (known === undefined) return undefined
        const lost =
          /missing trie|historical|prun|archive|state .*not|not .*state|header not found|unknown block|out ?of ?range/i
        throw known.code === 'RPC_ERROR' && lost.test(known.message)
          ? pullNoState(label, number, String(known.details['reason'] ?? known.shortMessage))
          : known
      })
    },

    /** Numbers of the blocks with events of a contract. */
    async events(filter: NonNullable<PullSource['events']>, from: number, to: number): Promise<number[]> {
      const logs = await ask('eth_getLogs', () =>
        client.request({
          method: 'eth_getLogs',
          params: [{ address: filter.address, topics: [...filter.topics], fromBlock: toHex(from), toBlock: toHex(to) }],
        }),
      )
      return logs.flatMap(({ blockNumber }) => (blockNumber === null ? [] : [Number(blockNumber)]))
    },
  }
}

/** The endpoint's own failure, as against a contract that did not answer. */
function ofEndpoint(error: unknown, label: string): TillerError | undefined {
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    if (link instanceof TillerError) return link
    if (link instanceof RpcRequestError) return toChainError(error, label, 'eth_call')
  }
  return undefined
}

/** At which blocks a venue is read. */
async function dueBlocks(
  source: PullSource,
  blocks: readonly PulledBlock[],
  chain: Reader,
  options: PullOptions,
  key: string,
): Promise<{ by: 'step' | 'event'; due: Set<number> }> {
  const every = new Set(blocks.map(({ number }) => number))
  const { events } = source
  if (events === undefined || (await isBusy(events, blocks, chain, options))) return { by: 'step', due: every }

  const [first, last] = [blocks[0] as PulledBlock, blocks.at(-1) as PulledBlock]
  const { store, endpoint } = options
  const active = await fetchActivity({
    fromBlock: first.number + 1,
    toBlock: last.number,
    range: firstLogRange,
    label: endpoint.label,
    getBlocks: (from, to) => {
      options.checkInterrupt?.()
      return chain.events(events, from, to)
    },
    isRange: isRangeError,
    recall: (from) => {
      const known = store.get(`events/${key}/${from}`) as [number, number[]] | undefined
      return known === undefined ? undefined : { toBlock: known[0], blocks: known[1] }
    },
    remember: (from, to, found) => store.put(`events/${key}/${from}`, [to, found]),
    onProgress: (through) =>
      options.onProgress?.({ phase: 'events', done: through - first.number, total: last.number - first.number }),
  })
  const everyStep = Math.max(1, Math.round(quietSeconds / options.stepSeconds))
  let next = 0
  const due = blocks.filter(({ number }, index) => {
    let happened = false
    for (; next < active.length && (active[next] as number) <= number; next += 1) happened = true
    return happened || index % everyStep === 0 || index <= 1
  })
  return { by: 'event', due: new Set(due.map(({ number }) => number)) }
}

/** A venue is busy where events happened in half of the steps that were looked at; its events are then not worth fetching. */
async function isBusy(
  events: NonNullable<PullSource['events']>,
  blocks: readonly PulledBlock[],
  chain: Reader,
  { stepSeconds, endpoint }: PullOptions,
): Promise<boolean> {
  const width = Math.min(blocks.length - 1, Math.ceil(probes.seconds / stepSeconds))
  let steps = 0
  let busy = 0
  for (let probe = 0; probe < probes.count; probe += 1) {
    const begin = Math.floor(((blocks.length - 1 - width) * probe) / Math.max(1, probes.count - 1))
    const window = blocks.slice(begin, begin + width + 1)
    const [first, last] = [window[0] as PulledBlock, window.at(-1) as PulledBlock]
    const active = await fetchActivity({
      fromBlock: first.number + 1,
      toBlock: last.number,
      range: firstLogRange,
      label: endpoint.label,
      getBlocks: (from, to) => chain.events(events, from, to),
      isRange: isRangeError,
    })
    let next = 0
    for (const { number } of window.slice(1)) {
      steps += 1
      if (next < active.length && (active[next] as number) <= number) busy += 1
      while (next < active.length && (active[next] as number) <= number) next += 1
    }
  }
  return busy >= probes.busyShare * steps
}

/** A smaller range mends whatever the node itself refused; not an endpoint that is gone or whose limit is used up. */
function isRangeError(error: unknown): boolean {
  const gone = ['ENDPOINT_UNREACHABLE', 'ENDPOINT_RATE_LIMITED', 'INTERRUPTED']
  return error instanceof TillerError && !gone.includes(error.code)
}

type StoredReading = Record<keyof Reading, string>

function toStored(reading: Reading): Partial<StoredReading> {
  return Object.fromEntries(Object.entries(reading).map(([name, value]) => [name, String(value)]))
}

function fromStored(stored: unknown): Reading {
  const entries = Object.entries(stored as StoredReading).map(([name, value]) => [name, BigInt(value)])
  return Object.fromEntries(entries) as Reading
}

function rowsOf(
  file: string,
  readings: readonly { timestamp: number; reading: Reading }[],
  one: number,
): EventRows<VenueColumn> {
  const rows = readings.flatMap(({ timestamp, reading }, index) => {
    const before = readings[index - 1]
    if (reading.supplyAprWad !== undefined) return [{ timestamp, apr: Number(reading.supplyAprWad) / 1e18, reading }]
    if (before?.reading.assetsPerShare === undefined || reading.assetsPerShare === undefined) return []
    const aprWad = driftAprWad(
      { assetsPerShare: before.reading.assetsPerShare, timestamp: BigInt(before.timestamp) },
      { assetsPerShare: reading.assetsPerShare, timestamp: BigInt(timestamp) },
    )
    return [{ timestamp, apr: Number(aprWad) / 1e18, reading }]
  })
  const column = (name: 'totalSupply' | 'totalBorrow' | 'available') =>
    rows.every(({ reading }) => reading[name] !== undefined)
      ? { [name]: Float64Array.from(rows, ({ reading }) => Number(reading[name]) / one) }
      : {}
  return {
    file,
    lines: Int32Array.from(rows, (_, index) => index + 2),
    timestamps: Float64Array.from(rows, ({ timestamp }) => timestamp),
    columns: {
      supplyApr: Float64Array.from(rows, ({ apr }) => apr),
      ...column('totalSupply'),
      ...column('totalBorrow'),
      ...column('available'),
    },
  }
}

/** The base fee of each step's block, in dollars by the price of ether that was last read. */
async function gasRows(
  blocks: readonly PulledBlock[],
  chain: Reader,
  { etherPrice, store }: PullOptions,
): Promise<EventRows<'usdPerGas'>> {
  const newest = (blocks.at(-1) as PulledBlock).number
  let decimals = 8
  if ('feed' in etherPrice) {
    const [found] = await chain.read(newest, [{ address: etherPrice.feed, abi: feedAbi, functionName: 'decimals' }])
    if (found === undefined) throw pullNotAVenue('dollars per ether', 'price feed', newest, 'it has no decimals')
    decimals = Number(found)
  }
  let usd = 'usd' in etherPrice ? etherPrice.usd : Number.NaN
  const seen = new Set<number>()
  const rows = blocks.flatMap(({ number, timestamp, baseFeePerGas }) => {
    const answer = 'feed' in etherPrice ? store.get(`ether/${etherPrice.feed}/${number}`) : undefined
    if (typeof answer === 'string') usd = Number(answer) / 10 ** decimals
    if (seen.has(number) || Number.isNaN(usd)) return []
    seen.add(number)
    return [{ timestamp, usdPerGas: (baseFeePerGas * usd) / 1e18 }]
  })
  return {
    file: 'gas.csv',
    lines: Int32Array.from(rows, (_, index) => index + 2),
    timestamps: Float64Array.from(rows, ({ timestamp }) => timestamp),
    columns: { usdPerGas: Float64Array.from(rows, ({ usdPerGas }) => usdPerGas) },
  }
}
