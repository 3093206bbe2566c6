import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createWalletClient, encodeFunctionData, erc20Abi, type Hex, http, parseAbi, zeroAddress } from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClients } from '../../src/chain/create-clients.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { devnetVaultPlan } from '../../src/devnet/devnet-vault-plan.ts'
import { createRpc, type Rpc } from '../../src/devnet/rpc.ts'
import { priceGuardAbi, uniswapV3AdapterAbi, vaultAbi } from '../../src/vault/abi.ts'
import { readAudit } from '../../src/vault/audit.ts'
import { auditFindings } from '../../src/vault/audit-findings.ts'
import { prepareDeployment, sendDeployment, type VaultPlanConfig } from '../../src/vault/deploy.ts'
import { recordDeployment } from '../../src/vault/record-deployment.ts'
import { rehearseDeployment } from '../../src/vault/rehearse-deployment.ts'

/**
 * A vault with a range of the devnet's Uniswap v3 pool: planned, rehearsed, deployed, recorded and audited with the price
 * guard that it stands on.
 */
let devnet: Devnet
let rpc: Rpc
const folder = mkdtempSync(join(tmpdir(), 'tiller-range-'))

const poolAbi = parseAbi([
  'function slot0() view returns (uint160, int24 tick, uint16, uint16, uint16, uint8, bool)',
  'function increaseObservationCardinalityNext(uint16 next)',
])
const swapRouterAbi = parseAbi([
  'struct Swap { address tokenIn; address tokenOut; uint24 fee; address recipient; uint256 deadline; uint256 amountIn; uint256 amountOutMinimum; uint160 sqrtPriceLimitX96; }',
  'function exactInputSingle(Swap swap) returns (uint256 amountOut)',
])

async function send(from: Hex, to: Hex, data: Hex): Promise<void> {
  const receipt = (await rpc('eth_sendTransactionSync', [{ from, to, data, gas: '0x1000000' }])) as { status: Hex }
  expect(receipt.status).toBe('0x1')
}

async function pass(seconds: number): Promise<void> {
  const head = (await rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
  await rpc('evm_setNextBlockTimestamp', [Number(head.timestamp) + seconds])
  await rpc('evm_mine', [])
}

const client = () => createClients({ chainId: devnet.chainId, read: [devnet.url] }).read[0].client

/** The pool remembers the guard's window once it has room for it and somebody has traded. */
async function growMemory(): Promise<void> {
  const { accounts, tokens, uniswap } = devnet.deployment
  const [pool] = uniswap.pools
  if (pool === undefined) throw new Error('the devnet has a pool')
  const grow = encodeFunctionData({ abi: poolAbi, functionName: 'increaseObservationCardinalityNext', args: [64] })
  await send(accounts.alice, pool.address, grow)
  const approve = encodeFunctionData({
    abi: erc20Abi,
    functionName: 'approve',
    args: [uniswap.swapRouter, 100_000_000n],
  })
  await send(accounts.alice, tokens.usdc, approve)
  await pass(12)
  const swap = encodeFunctionData({
    abi: swapRouterAbi,
    functionName: 'exactInputSingle',
    args: [
      {
        tokenIn: tokens.usdc,
        tokenOut: pool.token0 === tokens.usdc ? pool.token1 : pool.token0,
        fee: pool.fee,
        recipient: accounts.alice,
        deadline: 10_000_000_000n,
        amountIn: 1_000_000n,
        amountOutMinimum: 0n,
        sqrtPriceLimitX96: 0n,
      },
    ],
  })
  await send(accounts.alice, uniswap.swapRouter, swap)
  await pass(1_200)
}

async function planWithRange(): Promise<VaultPlanConfig> {
  const { tokens, uniswap, feeds } = devnet.deployment
  const [pool] = uniswap.pools
  if (pool === undefined) throw new Error('the devnet has a pool')
  const [, tick] = await client().readContract({ address: pool.address, abi: poolAbi, functionName: 'slot0' })
  const base = devnetVaultPlan(devnet.deployment, 50_000_000n)
  const usdcIsFirst = pool.token0 === tokens.usdc
  const feed = (aggregator: Hex) => ({
    ...{ aggregator, maxAgeSeconds: 86_400, minAnswer: 90_000_000n, maxAnswer: 110_000_000n },
  })
  return {
    ...base,
    venues: [
      ...base.venues.slice(0, 1),
      {
        name: 'uniswap-v3:usdc-usdt',
        kind: 'uniswap-v3',
        pool: pool.address,
        otherToken: usdcIsFirst ? pool.token1 : pool.token0,
        range: { tickLower: tick - 20, tickUpper: tick + 20 },
        bounds: { tickMin: tick - 100, tickMax: tick + 100, minWidth: 10, maxWidth: 200, maxSlippageBps: 10 },
        prices: {
          feed0: feed(usdcIsFirst ? feeds.usdcUsd : feeds.usdtUsd),
          feed1: feed(usdcIsFirst ? feeds.usdtUsd : feeds.usdcUsd),
          sequencerFeed: zeroAddress,
          sequencerGraceSeconds: 0,
          twapSeconds: 600,
          blockSeconds: 12,
          maxSpotDeviationBps: 50,
          maxOracleDeviationBps: 60,
        },
        absoluteCap: 1_000_000_000_000n,
        relativeCapWad: 2n * 10n ** 17n,
      },
    ],
  }
}

beforeAll(async () => {
  devnet = await startDevnet()
  rpc = createRpc(devnet.url)
  await growMemory()
}, 300_000)
afterAll(async () => {
  await devnet?.stop()
  rmSync(folder, { recursive: true, force: true })
})

test('a vault with a range is rehearsed, deployed, recorded, and its audit reads the price guard', async () => {
  const { accounts } = devnet.deployment
  const wallet = createWalletClient({
    account: accounts.alice,
    chain: anvil,
    transport: http(devnet.url),
    pollingInterval: 20,
  })
  const config = await planWithRange()
  const plan = await prepareDeployment(wallet, config)
  const clients = createClients({ chainId: devnet.chainId, read: [devnet.url] })
  const rehearsal = await rehearseDeployment(clients.simulate.client, plan)
  expect(rehearsal.steps.map(({ title }) => title)).toContain('create price guard')
  const deployed = await sendDeployment(wallet, plan)
  const { deployment, bundle } = await recordDeployment(wallet, { folder, config, plan, deployed })
  const guard = deployment.contracts.find(({ contract }) => contract === 'PriceGuard')
  if (guard === undefined) throw new Error('the file names the price guard')
  for (const { address } of deployment.contracts) {
    expect(existsSync(join(bundle, 'sourcify', String(devnet.chainId), address, 'metadata.json'))).toBe(true)
  }
  const given = JSON.parse(readFileSync(join(bundle, 'constructor', `${guard.address}.json`), 'utf8'))
  expect(given.arguments[0].value).toMatchObject({ twapSeconds: 600, maxSpotDeviationBps: 50 })

  const facts = await readAudit(client(), plan.vault, {
    beside: deployment.periphery,
    amount: String,
    duration: (seconds) => `${seconds} s`,
  })
  const range = plan.venues[1]
  expect(facts.beside.priceGuards).toMatchObject([
    {
      address: guard.address,
      adapter: range?.adapter,
      maxSpotDeviationBps: 50,
      maxOracleDeviationBps: 60,
      twapSeconds: 600,
      isIgnored: false,
    },
  ])
  expect(facts.beside.priceGuards[0]?.feeds).toHaveLength(2)
  expect(facts.code.filter(({ matches }) => !matches)).toEqual([])
  expect(facts.code.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['UniswapV3Adapter', 'PriceGuard', 'Router', 'RedeemQueue']),
  )
  expect(auditFindings(facts).filter(({ severity }) => severity === 'serious')).toEqual([])
  const mean = await client().readContract({ address: guard.address, abi: priceGuardAbi, functionName: 'prices' })
  expect(mean[1]).toBeGreaterThan(0n)
}, 300_000)

test("a range's own waiting calls are told in words", async () => {
  const { accounts } = devnet.deployment
  const deployment = JSON.parse(readFileSync(join(folder, 'deployment.json'), 'utf8'))
  const adapter = deployment.venues[1].adapter as Hex
  const ignore = encodeFunctionData({ abi: uniswapV3AdapterAbi, functionName: 'ignoreOracle' })
  const submit = encodeFunctionData({ abi: vaultAbi, functionName: 'submit', args: [ignore] })
  await send(accounts.curator, adapter, submit)
  const facts = await readAudit(client(), deployment.vault, { amount: String, duration: String })
  expect(facts.pending.map(({ words }) => words)).toEqual([
    `let uniswap-v3 ${adapter} be left although its oracle disagrees`,
  ])
  const waits = facts.timelocks.filter(({ adapter: at, name }) => at === adapter && name === 'ignoreOracle')
  expect(waits.map(({ seconds }) => seconds)).toEqual([259_200n])
}, 120_000)
