import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFunctionData, type Hex, parseAbi } from 'viem'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createBatchRpc, requireAll } from '../../src/devnet/agents/batch-rpc.ts'
import { createMarketAgents, type StepReport } from '../../src/devnet/agents/create-market-agents.ts'
import { runMarket } from '../../src/devnet/agents/run-market.ts'
import { type Devnet, type StartDevnetOptions, startDevnet } from '../../src/devnet/devnet.ts'

const usdc = 1_000_000n
const abi = parseAbi([
  'function approve(address spender, uint256 amount)',
  'function supply(address asset, uint256 amount)',
  'function withdraw(address asset, uint256 amount)',
  'function latestAnswer() view returns (int256)',
  'function balanceOf(address account) view returns (uint256)',
])

const running: Devnet[] = []

async function start(options: StartDevnetOptions = { noMining: true }): Promise<Devnet> {
  const devnet = await startDevnet(options)
  running.push(devnet)
  return devnet
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((devnet) => devnet.stop()))
})

function agentsOf({ url, deployment }: Devnet, seed: number): ReturnType<typeof createMarketAgents> {
  return createMarketAgents({ rpcUrl: url, deployment, seed })
}

async function play(devnet: Devnet, seed: number, steps: number): Promise<StepReport[]> {
  const agents = await agentsOf(devnet, seed)
  expect((await agents.prepare()).failed).toEqual([])
  const reports: StepReport[] = []
  for (let step = 0; step < steps; step += 1) reports.push(await agents.step(step))
  return reports
}

type Block = { number: Hex; timestamp: Hex; baseFeePerGas: Hex; transactions: Hex[] }

async function block({ url }: Devnet, tag: string): Promise<Block> {
  const [found] = await requireAll(createBatchRpc(url), [{ method: 'eth_getBlockByNumber', params: [tag, false] }])
  return found as Block
}

describe('agents', () => {
  test('72 hours pass without a failed transaction, and rates move within reason', async () => {
    const devnet = await start()
    const reports = await play(devnet, 4, 72)
    expect(reports.flatMap(({ failed }) => failed)).toEqual([])
    expect(reports[0]?.venues.map(({ name }) => name)).toEqual([
      'aave-v3:usdc',
      'comet:usdc',
      'morpho-blue:weth-usdc-86',
      'morpho-blue:usdt-usdc-915',
      'erc4626:usdc',
    ])
    for (const index of [0, 1, 2, 3, 4]) {
      const aprs = reports.map(({ venues }) => Number(venues[index]?.supplyAprWad ?? 0n) / 1e16)
      const median = [...aprs].sort((a, b) => a - b)[36] ?? 0
      expect(median).toBeGreaterThan(1.5)
      expect(median).toBeLessThan(15)
      expect(new Set(aprs).size).toBeGreaterThan(2)
    }
  })

  test('a step ends with an empty block at its own time, base fee and ether price as drawn', async () => {
    const devnet = await start()
    const agents = await agentsOf(devnet, 4)
    await agents.prepare()
    for (const step of [0, 1, 2]) {
      const report = await agents.step(step)
      const head = await block(devnet, 'latest')
      expect(BigInt(head.timestamp)).toBe(agents.timestampOf(step))
      expect(BigInt(head.timestamp) % 3_600n).toBe(0n)
      expect(head.transactions).toEqual([])
      expect(BigInt(head.baseFeePerGas)).toBe(agents.path.at(step).baseFeeWei)
      expect(report).toMatchObject({ step, timestamp: BigInt(head.timestamp), blockNumber: BigInt(head.number) })
      const acted = await block(devnet, `0x${(BigInt(head.number) - 1n).toString(16)}`)
      expect(acted.transactions).toHaveLength(report.transactions)
      expect(BigInt(acted.timestamp)).toBe(agents.timestampOf(step) - 12n)
      const data = encodeFunctionData({ abi, functionName: 'latestAnswer' })
      const [price] = await requireAll(createBatchRpc(devnet.url), [
        { method: 'eth_call', params: [{ to: devnet.deployment.feeds.ethUsd, data }, 'latest'] },
      ])
      expect(BigInt(price as Hex)).toBe(report.ethPriceUsdE8)
    }
  })

  test('two chains with the same seed are the same market, and another seed is another', async () => {
    const [a, b, c] = [await start(), await start(), await start()]
    const strip = (reports: StepReport[]): unknown => reports.map(({ milliseconds, ...rest }) => rest)
    const first = strip(await play(a, 9, 6))
    expect(strip(await play(b, 9, 6))).toEqual(first)
    expect(strip(await play(c, 10, 6))).not.toEqual(first)
  })

  test('someone else may deposit and withdraw between steps: draws stay, and the deposit lowers the rate', async () => {
    const [alone, shared] = [await start(), await start()]
    const quiet = await play(alone, 5, 3)
    const { deployment, url } = shared
    const agents = await agentsOf(shared, 5)
    await agents.prepare()
    await agents.step(0)
    const batch = createBatchRpc(url)
    const send = async (data: Hex, to: Hex, from: Hex = deployment.accounts.alice): Promise<void> => {
      await requireAll(batch, [{ method: 'eth_sendTransaction', params: [{ from, to, data, gas: '0x100000' }] }])
      await requireAll(batch, [{ method: 'evm_mine', params: [] }])
    }
    const amount = 8_000_000n * usdc
    const approve = encodeFunctionData({ abi, functionName: 'approve', args: [deployment.comet.usdc, amount] })
    const supply = encodeFunctionData({ abi, functionName: 'supply', args: [deployment.tokens.usdc, amount] })
    await send(approve, deployment.tokens.usdc)
    await send(supply, deployment.comet.usdc)
    // One of the agents' own accounts is used by someone else: its nonce moves on.
    await send(approve, deployment.tokens.usdc, deployment.accounts.cometSupplier)
    const approveAll = encodeFunctionData({
      abi,
      functionName: 'approve',
      args: [deployment.comet.usdc, 2n ** 256n - 1n],
    })
    await send(approveAll, deployment.tokens.usdc, deployment.accounts.cometSupplier)
    const report = await agents.step(1)
    expect(report.failed).toEqual([])
    const here = report.venues.find(({ name }) => name === 'comet:usdc')
    const there = quiet[1]?.venues.find(({ name }) => name === 'comet:usdc')
    expect((here?.totalSupply ?? 0n) - (there?.totalSupply ?? 0n)).toBeGreaterThan(7_999_000n * usdc)
    expect((here?.supplyAprWad ?? 0n) < (there?.supplyAprWad ?? 0n)).toBe(true)
    expect([report.baseFeeWei, report.ethPriceUsdE8]).toEqual([quiet[1]?.baseFeeWei, quiet[1]?.ethPriceUsdE8])
    const withdraw = encodeFunctionData({ abi, functionName: 'withdraw', args: [deployment.tokens.usdc, amount] })
    await send(withdraw, deployment.comet.usdc)
    expect((await agents.step(2)).failed).toEqual([])
  })

  test('on a node that mines by itself the steps are the same, and it goes on mining afterwards', async () => {
    const devnet = await start({ noMining: false })
    const reports = await play(devnet, 4, 3)
    expect(reports.flatMap(({ failed }) => failed)).toEqual([])
    expect(BigInt((await block(devnet, 'latest')).timestamp) % 3_600n).toBe(0n)
    const [automine] = await requireAll(createBatchRpc(devnet.url), [{ method: 'anvil_getAutomine', params: [] }])
    expect(automine).toBe(true)
  })

  test('only the named venues live', async () => {
    const devnet = await start()
    const { url, deployment } = devnet
    const agents = await createMarketAgents({ rpcUrl: url, deployment, seed: 1, venues: ['comet:usdc'] })
    expect(agents.venues).toEqual(['comet:usdc'])
    await agents.prepare()
    expect((await agents.step(0)).venues).toHaveLength(1)
    await expect(createMarketAgents({ rpcUrl: url, deployment, seed: 1, venues: ['comet'] })).rejects.toThrow(
      [
        'The devnet has no such venue.',
        '  venue: comet',
        '  known: aave-v3:usdc, comet:usdc, morpho-blue:weth-usdc-86, morpho-blue:usdt-usdc-915, erc4626:usdc',
        'Remedy: Name one of the known venues.',
      ].join('\n'),
    )
  })

  test('a transaction that reverts is counted with its reason', async () => {
    const devnet = await start()
    const { url, deployment } = devnet
    const agents = await agentsOf(devnet, 4)
    await agents.prepare()
    const batch = createBatchRpc(url)
    const pause = encodeFunctionData({
      abi: parseAbi(['function pause(bool,bool,bool,bool,bool)']),
      args: [true, false, true, false, false],
    })
    const request = { from: deployment.accounts.deployer, to: deployment.comet.usdc, data: pause, gas: '0x100000' }
    await requireAll(batch, [{ method: 'eth_sendTransaction', params: [request] }])
    await requireAll(batch, [{ method: 'evm_mine', params: [] }])
    let failed: StepReport['failed'] = []
    for (let step = 0; step < 5 && failed.length === 0; step += 1) failed = (await agents.step(step)).failed
    expect(failed[0]?.what).toMatch(/^comet:usdc (supplier|borrower)-[01] (deposit|withdraw|borrow|repay) \d+$/)
    // 0x9e87fac8 is Paused().
    expect(failed[0]?.reason).toContain('0x9e87fac8')
  })
})

describe('running', () => {
  let folder: string
  let file: string
  const start = 1_700_000_400 - (1_700_000_400 % 3_600)

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tiller-replay-'))
    file = join(folder, 'history.csv')
    const lines = [
      'blockNumber,timestamp,totalDepositBalanceUSD,totalBorrowBalanceUSD,lenderRate,borrowRate,hourlyBorrowUSD,hourlyDepositUSD,hourlyRepayUSD,hourlyWithdrawUSD',
    ]
    let [deposits, borrows] = [400e6, 320e6]
    for (let hour = 0; hour <= 30; hour += 1) {
      const flows = { deposit: 1e6 + hour * 1e5, withdraw: 2e6, borrow: 1.5e6, repay: hour === 12 ? 30e6 : 1e6 }
      deposits += flows.deposit - flows.withdraw
      borrows += flows.borrow - flows.repay
      const time = start + hour * 3_600 + 100
      lines.push(
        `${hour},${time},${deposits},${borrows},4,5,${flows.borrow},${flows.deposit},${flows.repay},${flows.withdraw}`,
      )
    }
    await writeFile(file, `${lines.join('\n')}\n`)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('a replay drives one venue along the record and leaves the others to the process', async () => {
    const devnet = await startDevnet({ noMining: true })
    running.push(devnet)
    const reports: StepReport[] = []
    const run = await runMarket({
      rpcUrl: devnet.url,
      deployment: devnet.deployment,
      seed: 6,
      hoursPerSecond: Number.POSITIVE_INFINITY,
      replay: { file, venue: 'comet:usdc' },
      onStep: (report) => reports.push(report),
    })
    expect(run).toMatchObject({ steps: 30, failed: 0 })
    const comet = reports.map(({ venues }) => venues.find(({ name }) => name === 'comet:usdc'))
    const utilisation = comet.map((venue) => Number(venue?.totalBorrow ?? 0n) / Number(venue?.totalSupply ?? 1n))
    // The record starts at 320.5 / 399 and repays 30 M in hour 12, which the reading of step 13 shows.
    expect(utilisation[0]).toBeCloseTo(320.5 / 399, 2)
    expect((utilisation[12] ?? 0) - (utilisation[11] ?? 0)).toBeLessThan(-0.05)
    expect(comet[5]?.moves.map(({ action }) => action).sort()).toEqual(['borrow', 'deposit', 'repay', 'withdraw'])
  })

  test('simulated time passes at the asked pace, and a signal ends it after the step in progress', async () => {
    const devnet = await startDevnet({ noMining: true })
    running.push(devnet)
    const controller = new AbortController()
    const times: number[] = []
    const run = await runMarket({
      rpcUrl: devnet.url,
      deployment: devnet.deployment,
      seed: 6,
      hoursPerSecond: 5,
      signal: controller.signal,
      onStep: () => {
        times.push(performance.now())
        if (times.length === 4) controller.abort()
      },
    })
    expect(run.steps).toBe(4)
    expect((times[3] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(500)
  })

  test('a pace that is not positive is refused', async () => {
    const devnet = await startDevnet({ noMining: true })
    running.push(devnet)
    const { url: rpcUrl, deployment } = devnet
    await expect(runMarket({ rpcUrl, deployment, seed: 1, hoursPerSecond: 0 })).rejects.toThrow(
      [
        'The pace of simulated time is not positive.',
        '  hoursPerSecond: 0',
        'Remedy: Pass `--hours-per-second` with a number above zero.',
      ].join('\n'),
    )
  })
})
