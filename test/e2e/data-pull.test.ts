import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClients } from '../../src/chain/create-clients.ts'
import { devnetSpecs } from '../../src/cli/pull-history.ts'
import { createBatchRpc, requireAll } from '../../src/devnet/agents/batch-rpc.ts'
import { createMarketAgents, type StepReport } from '../../src/devnet/agents/create-market-agents.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { pullOtherChain } from '../../src/errors/history.ts'
import { type PullOptions, pullPanel } from '../../src/history/pull/pull-panel.ts'
import { openPullStore } from '../../src/history/pull/store.ts'
import { readPanel } from '../../src/history/read-panel.ts'
import { verifyPanel } from '../../src/history/verify-panel.ts'
import { runCli } from '../unit/cli/fake-io.ts'

const hour = 3_600
const liveSteps = 30
const quietHours = 48

let devnet: Devnet
let folder: string
/** Unix seconds of step 0, of the last live step, and of the last quiet hour. */
let start: number
let liveEnd: number
let quietEnd: number
const reports: StepReport[] = []

beforeAll(async () => {
  devnet = await startDevnet({ noMining: true })
  folder = mkdtempSync(join(tmpdir(), 'tiller-pull-'))
  const agents = await createMarketAgents({ rpcUrl: devnet.url, deployment: devnet.deployment, seed: 11 })
  await agents.prepare()
  for (let step = 0; step < liveSteps; step += 1) reports.push(await agents.step(step))
  start = Number(agents.timestampOf(0))
  liveEnd = Number(agents.timestampOf(liveSteps - 1))
  const batch = createBatchRpc(devnet.url)
  for (let quiet = 1; quiet <= quietHours; quiet += 1) {
    await requireAll(batch, [{ method: 'evm_mine', params: [liveEnd + quiet * hour] }])
  }
  quietEnd = liveEnd + quietHours * hour
})

afterAll(async () => {
  await devnet?.stop()
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
})

function options(store: string, changes: Partial<PullOptions> & { fetch?: typeof fetch } = {}): PullOptions {
  const { fetch, ...rest } = changes
  const { chainId, deployment } = devnet
  return {
    name: 'pulled',
    endpoint: createClients({ chainId, read: [devnet.url], ...(fetch === undefined ? {} : { fetch }) }).read[0],
    specs: devnetSpecs(deployment),
    stepSeconds: hour,
    from: start,
    to: liveEnd + hour,
    confirmations: 0,
    etherPrice: { feed: deployment.feeds.ethUsd },
    store: openPullStore(join(folder, store)),
    concurrency: 6,
    ...rest,
  }
}

/** `fetch` that counts requests by method, and may change an answer. */
function watchedFetch(answer?: (method: string, params: unknown[]) => unknown) {
  const counts: Record<string, number> = {}
  const watched: typeof fetch = async (input, init) => {
    const { id, method, params } = JSON.parse(String(init?.body)) as { id: number; method: string; params: unknown[] }
    counts[method] = (counts[method] ?? 0) + 1
    const error = answer?.(method, params)
    if (error !== undefined) return new Response(JSON.stringify({ jsonrpc: '2.0', id, error }))
    return fetch(input, init)
  }
  return { fetch: watched, counts }
}

describe('tiller data pull', () => {
  test('writes the rates and balances that the venues had at each hour, and the price of gas', async () => {
    const { deployment } = devnet
    const venues = devnetSpecs(deployment).flatMap((spec) => {
      if (spec.kind === 'aave-v3') return ['--venue', `${spec.id}=aave-v3:${spec.pool}:${spec.asset}`]
      if (spec.kind === 'comet') return ['--venue', `${spec.id}=comet:${spec.comet}`]
      if (spec.kind === 'morpho-blue') return ['--venue', `${spec.id}=morpho-blue:${spec.morpho}:${spec.market}`]
      return ['--venue', `${spec.id}=erc4626:${spec.vault}`]
    })
    const line = [
      ...['data', 'pull', '--rpc', devnet.url, '--out', 'live', ...venues, '--confirmations', '0'],
      ...['--from', String(start), '--to', String(liveEnd + hour), '--eth-usd-feed', deployment.feeds.ethUsd],
    ]
    const { code, stdout, stderr } = await runCli(line, { cwd: folder })
    expect(stderr).toBe('finding the block of each step\nreading venues\n')
    expect(code).toBe(0)
    expect(stdout).toContain('live, USDC')
    expect(stdout).toMatch(/comet-usdc +comet +31 +each step/)

    const { panel, findings } = await readPanel(join(folder, 'live'))
    expect(findings.filter(({ level }) => level === 'error')).toEqual([])
    expect(panel).toMatchObject({ asset: 'USDC', startSeconds: start, steps: liveSteps })
    expect(panel.venues.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      'aave-v3-usdc kinked',
      'comet-usdc comet',
      'morpho-blue-weth-usdc-86 adaptive',
      'morpho-blue-usdt-usdc-915 adaptive',
      'erc4626-usdc exogenous',
    ])
    expect(panel.venues[0]?.kink).toBeGreaterThan(0.5)
    expect(panel.venues[0]?.slope2).toBeGreaterThan(0)
    expect(panel.venues[0]?.reserveFactor).toBeGreaterThan(0)
    expect(panel.venues[1]?.slope2).toBeGreaterThan(0)

    // A report is of the head that the agents found: the state of the step before.
    const names = ['aave-v3:usdc', 'comet:usdc', 'morpho-blue:weth-usdc-86', 'morpho-blue:usdt-usdc-915']
    for (const report of reports.slice(2)) {
      const step = report.step - 1
      for (const [venue, name] of names.entries()) {
        const seen = report.venues.find((one) => one.name === name)
        expect(seen).toBeDefined()
        const apr = Number(seen?.supplyAprWad) / 1e18
        expect(Math.abs((panel.supplyApr[venue]?.[step] ?? 0) / apr - 1)).toBeLessThan(1e-6)
        expect(Math.abs((panel.totalSupply[venue]?.[step] ?? 0) / (Number(seen?.totalSupply) / 1e6) - 1)).toBeLessThan(
          1e-6,
        )
        expect(Math.abs((panel.totalBorrow[venue]?.[step] ?? 0) / (Number(seen?.totalBorrow) / 1e6) - 1)).toBeLessThan(
          1e-6,
        )
      }
      const before = reports[step]
      const usdPerGas = (Number(before?.baseFeeWei) * Number(before?.ethPriceUsdE8)) / 1e26
      expect(Math.abs((panel.usdPerGas[step] ?? 0) / usdPerGas - 1)).toBeLessThan(0.2)
    }
    const savings = [...(panel.supplyApr[4] ?? [])]
    expect(savings.every((apr) => apr > 0.01 && apr < 0.2)).toBe(true)
    expect((await verifyPanel(join(folder, 'live'))).findings.map(({ code: found }) => found)).not.toContain(
      'PANEL_GAP',
    )

    const again = await runCli([...line, '--json'], { cwd: folder })
    expect(again.code).toBe(0)
    // Head, chain, parameters and probes are asked anew; no block and no venue at a block is.
    const requests = Number(/(\d+) requests/.exec(stdout)?.[1])
    expect(requests).toBeGreaterThan(100)
    expect(JSON.parse(again.stdout).requests).toBeLessThan(requests / 2)
  })

  test('goes on where it was interrupted, asks nothing twice and gives the same panel', async () => {
    const whole = await pullPanel(options('whole.jsonl'))
    let reads = 0
    const broken = options('broken.jsonl', {
      onProgress: ({ phase, done }) => {
        if (phase === 'reads') reads = done
      },
      checkInterrupt: () => {
        if (reads >= 12) throw new Error('interrupted')
      },
    })
    await expect(pullPanel(broken)).rejects.toThrow('interrupted')
    const { fetch, counts } = watchedFetch()
    const resumed = await pullPanel(options('broken.jsonl', { fetch }))
    expect(resumed.source).toEqual(whole.source)
    const all = watchedFetch()
    await pullPanel(options('fresh.jsonl', { fetch: all.fetch }))
    expect(counts['eth_call']).toBeLessThanOrEqual((all.counts['eth_call'] ?? 0) - 12)
    expect(counts['eth_getBlockByNumber']).toBeLessThan((all.counts['eth_getBlockByNumber'] ?? 0) / 4)
  })

  test('reads a quiet venue only after its events and twice a day, whatever range of logs the endpoint takes', async () => {
    let widest = 0
    const { fetch, counts } = watchedFetch((method, params) => {
      if (method !== 'eth_getLogs') return undefined
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }]
      const blocks = Number(toBlock) - Number(fromBlock) + 1
      if (blocks > 10) return { code: -32602, message: 'query exceeds max block range 10' }
      widest = Math.max(widest, blocks)
      return undefined
    })
    const pulled = await pullPanel(options('quiet.jsonl', { from: liveEnd + hour, to: quietEnd, fetch }))
    expect(pulled.venues.map(({ id, by, reads }) => `${id} ${by} ${reads}`)).toEqual([
      'aave-v3-usdc event 5',
      'comet-usdc event 5',
      'morpho-blue-weth-usdc-86 step 48',
      'morpho-blue-usdt-usdc-915 step 48',
      'erc4626-usdc step 48',
    ])
    expect(widest).toBeGreaterThan(4)
    expect(counts['eth_getLogs']).toBeGreaterThan(8)
  })

  test('says which block lacks its state, and keeps what it has', async () => {
    const { fetch } = watchedFetch((method, params) => {
      if (method !== 'eth_call' || Number(params[1]) >= Number(reports[9]?.blockNumber)) return undefined
      return { code: -32000, message: 'missing trie node 0xabc' }
    })
    await expect(pullPanel(options('pruned.jsonl', { fetch, concurrency: 1 }))).rejects.toMatchObject({
      code: 'PULL_NO_STATE',
      details: { endpoint: 'read[0]', reason: 'missing trie node 0xabc' },
      remedy: 'Use an archive endpoint, or start later with `--from`; what was pulled is kept.',
    })
    // Without a start of its own, the panel starts where the endpoint's states do.
    const { from: _, ...open } = options('pruned.jsonl', { fetch })
    const { source } = await pullPanel(open)
    expect(source.startSeconds).toBe(start + 10 * hour)
    expect(source.venues.every(({ rows }) => (rows.timestamps[0] ?? 0) <= start + 10 * hour)).toBe(true)
  })

  test('refuses to mix two chains, spans without blocks and contracts that are no venue', async () => {
    const store = join(folder, 'other.jsonl')
    const opened = openPullStore(store)
    opened.put('chain', { chainId: devnet.chainId, block: 1, hash: '0x01' })
    const rejected = await pullPanel(options('other.jsonl')).catch((error: Error) => error)
    expect(rejected).toMatchObject({ code: pullOtherChain(1, '', '').code })
    await expect(pullPanel(options('early.jsonl', { from: 1_000 * hour, to: 1_010 * hour }))).rejects.toMatchObject({
      code: 'PULL_SPAN',
      details: { from: '1970-02-11T16:00:00Z', reason: expect.stringMatching(/^the endpoint's first block is of 20/) },
    })
    const { aave, tokens, comet } = devnet.deployment
    const wrong = [{ id: 'wrong', kind: 'aave-v3', pool: comet.usdc, asset: tokens.usdc }] as const
    await expect(pullPanel(options('wrong.jsonl', { specs: wrong }))).rejects.toMatchObject({
      code: 'PULL_VENUE_SILENT',
      details: { venue: 'wrong', kind: 'aave-v3' },
    })
    const stata = [{ id: 'stata', kind: 'erc4626', vault: aave.stataUsdc }] as const
    const pulled = await pullPanel(options('stata.jsonl', { specs: stata }))
    expect(pulled.source.venues[0]?.rows.columns.supplyApr?.every((apr) => apr > 0 && apr < 1)).toBe(true)
  })

  test('keeps its record in checksummed lines: a torn last one is dropped, any other damage is refused', async () => {
    const path = join(folder, 'torn.jsonl')
    await pullPanel(options('torn.jsonl'))
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.slice(0, -7))
    expect(openPullStore(path).found).toBe(text.trim().split('\n').length - 1)
    writeFileSync(path, text.replace('"block/', '"blocc/'))
    expect(() => openPullStore(path)).toThrow('A record of what was pulled does not match its checksum.')
  })
})
