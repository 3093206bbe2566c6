import {
  type Address,
  BaseError,
  type Client,
  ContractFunctionRevertedError,
  createWalletClient,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  http,
  type Transport,
} from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClients } from '../../src/chain/create-clients.ts'
import type { ChainClients } from '../../src/chain/endpoint.ts'
import { getBlockRef } from '../../src/chain/get-block-ref.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { createRpc } from '../../src/devnet/rpc.ts'
import { checkBuckets, checkMoves } from '../../src/plan/check-moves.ts'
import { max, min, sum } from '../../src/plan/integers.ts'
import type { Plan, RefusalCode } from '../../src/plan/plan.ts'
import { planLegs } from '../../src/plan/plan-legs.ts'
import { defaultPlanSettings } from '../../src/plan/plan-settings.ts'
import { guardAbi, vaultAbi } from '../../src/vault/abi.ts'
import { deployVault, type VaultDeployment } from '../../src/vault/deploy.ts'
import { readState } from '../../src/vault/read.ts'
import type { ChainState, StateQuery } from '../../src/vault/state-query.ts'
import { devnetPlan, devnetVenues } from './devnet-plan.ts'

const million = 1_000_000_000_000n
const settings = { ...defaultPlanSettings, minLegAssets: 1_000_000n, maxLossBps: 2 }

/** The Guard's error where the planner gives this reason. */
const errors: Partial<Record<RefusalCode, string>> = {
  turnover_exhausted: 'TurnoverExceeded',
  inflow_exhausted: 'InflowExceeded',
  cooldown: 'CoolingDown',
  liquid_floor: 'LiquidFloorBroken',
}

let devnet: Devnet
let clients: ChainClients
let deployment: VaultDeployment
let query: StateQuery
let rpc: ReturnType<typeof createRpc>
const client = () => clients.read[0].client

async function send(from: Address, to: Address, data: Hex): Promise<boolean> {
  const receipt = (await rpc('eth_sendTransactionSync', [{ from, to, data, gas: '0x1000000' }])) as { status: Hex }
  return receipt.status === '0x1'
}

async function pass(seconds: bigint): Promise<void> {
  const { timestamp } = await getBlockRef(client())
  await rpc('evm_setNextBlockTimestamp', [Number(timestamp + seconds)])
  await rpc('evm_mine')
}

beforeAll(async () => {
  devnet = await startDevnet()
  rpc = createRpc(devnet.url)
  clients = createClients({ chainId: devnet.chainId, read: [devnet.url] })
  const { accounts, tokens } = devnet.deployment
  const deployer = createWalletClient({ account: accounts.alice, chain: anvil, transport: http(devnet.url) })
  const caps = { absoluteCap: 600_000n * 1_000_000n, relativeCapWad: 10n ** 18n }
  const { aave, comet, savings } = devnetVenues(devnet.deployment, caps)
  const plan = devnetPlan(devnet.deployment, { venues: [aave, comet, savings], exitList: ['aave'] })
  deployment = await deployVault(deployer as Client<Transport, typeof anvil>, plan)
  query = {
    vault: deployment.vault,
    guard: deployment.guard,
    keeper: accounts.keeper,
    venues: deployment.venues,
    ethUsdFeed: devnet.deployment.feeds.ethUsd,
  }
  const approve = encodeFunctionData({
    abi: erc20Abi,
    functionName: 'approve',
    args: [deployment.vault, 10n * million],
  })
  expect(await send(accounts.alice, tokens.usdc, approve)).toBe(true)
  expect(await enter(million)).toBe(true)
})

afterAll(() => devnet?.stop())

function enter(assets: bigint): Promise<boolean> {
  const { alice } = devnet.deployment.accounts
  return send(
    alice,
    deployment.vault,
    encodeFunctionData({ abi: vaultAbi, functionName: 'deposit', args: [assets, alice] }),
  )
}

async function leave(assets: bigint): Promise<void> {
  const { alice } = devnet.deployment.accounts
  const { vault: address } = deployment
  const most = await client().readContract({ address, abi: vaultAbi, functionName: 'maxWithdraw', args: [alice] })
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'withdraw', args: [min(most, assets), alice, alice] })
  expect(await send(alice, address, data)).toBe(true)
}

/** The error that the Guard gives this plan now, or null. */
async function verdict(plan: Plan): Promise<string | null> {
  try {
    await client().simulateContract({
      address: deployment.guard,
      abi: guardAbi,
      functionName: 'rebalance',
      args: [plan],
      account: devnet.deployment.accounts.keeper,
    })
    return null
  } catch (error) {
    const reverted = error instanceof BaseError && error.walk((link) => link instanceof ContractFunctionRevertedError)
    if (!(reverted instanceof ContractFunctionRevertedError)) throw error
    return reverted.data?.errorName ?? String(reverted.signature)
  }
}

/** Whether the planner keeps a margin that the Guard does not: whole positions that grow, caps short of one basis point. */
function isClose({ vault }: ChainState, withdrawn: bigint, deposited: bigint): boolean {
  const turnover = withdrawn + min(vault.guard.turnoverOwed, max(0n, deposited - withdrawn))
  const over = turnover - vault.guard.turnoverAvailable
  return over > 0n && over < turnover / 1000n
}

test('the Guard takes every plan that the planner admits, and refuses for the same reason what the planner refuses', async () => {
  const { keeper } = devnet.deployment.accounts
  const seen = new Map<string, number>()
  let state = 12_345
  const draw = (n: number): number => {
    // xorshift32
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % n
  }
  for (let round = 0; round < 60; round++) {
    if (draw(6) === 0) expect(await enter(BigInt(1 + draw(200_000)) * 1_000_000n)).toBe(true)
    if (draw(6) === 0) await leave(BigInt(1 + draw(300_000)) * 1_000_000n)
    await pass(BigInt(draw(4) === 0 ? 1 + draw(3000) : 3600 + draw(20_000)))

    const reading = await readState(client(), query)
    const { market, vault } = reading
    const onlyOut = draw(4) === 0
    const target = {
      assets: market.venues.map(({ assets }) => {
        const kind = draw(4)
        if (kind === 0) return null
        if (onlyOut || kind === 1) return kind === 1 ? 0n : assets / BigInt(1 + draw(4))
        return (vault.totalAssets * BigInt(draw(600))) / 1000n
      }),
      fullyInvested: false,
    }
    const moves = planLegs(market, vault, target, settings)
    if (moves.legs.length === 0) continue
    const input = { market, vault, settings, now: market.block.timestamp }
    const refusals = [...checkBuckets(input, moves), ...checkMoves(input, moves)]
    const plan: Plan = {
      nonce: vault.guard.nextNonce,
      deadline: market.block.timestamp + 3600n,
      minTotalAssetsAfter: 0n,
      legs: moves.legs,
    }
    const names = refusals.map(({ code }) => errors[code])
    const error = await verdict(plan)
    if (refusals.length === 0) {
      expect(
        error,
        JSON.stringify(moves, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
      ).toBeNull()
      const data = encodeFunctionData({ abi: guardAbi, functionName: 'rebalance', args: [plan] })
      expect(await send(keeper, deployment.guard, data)).toBe(true)
      const kind = sum(moves.deposited) === 0n ? 'withdraws' : vault.guard.turnoverOwed > 0n ? 'settles' : 'rotates'
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
    } else if (!isClose(reading, sum(moves.withdrawn), sum(moves.deposited))) {
      expect(names, refusals.map(({ reason }) => reason).join(' ')).toContain(error)
      seen.set(error ?? 'none', (seen.get(error ?? 'none') ?? 0) + 1)
    }
  }
  for (const kind of ['withdraws', 'settles', 'rotates', 'TurnoverExceeded', 'CoolingDown']) {
    expect(seen.get(kind), `${kind} of ${JSON.stringify([...seen])}`).toBeGreaterThan(0)
  }
})
