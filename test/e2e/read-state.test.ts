import {
  type Address,
  type Client,
  createWalletClient,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  http,
  parseAbi,
  type Transport,
} from 'viem'
import { simulateBlocks } from 'viem/actions'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadArtifact } from '../../src/chain/artifacts.ts'
import { checkEndpoint } from '../../src/chain/check-endpoint.ts'
import { createClients } from '../../src/chain/create-clients.ts'
import type { ChainClients } from '../../src/chain/endpoint.ts'
import { getBlockRef } from '../../src/chain/get-block-ref.ts'
import { readAgreedState } from '../../src/chain/read-agreed-state.ts'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { createRpc } from '../../src/devnet/rpc.ts'
import { advanceMemory } from '../../src/observe/advance-memory.ts'
import type { VenueMemory } from '../../src/observe/observation.ts'
import { observe } from '../../src/observe/observe.ts'
import { type Leg, wholePosition } from '../../src/plan/plan.ts'
import { planRebalance } from '../../src/plan/plan-rebalance.ts'
import type { PlanResult } from '../../src/plan/plan-result.ts'
import { defaultPlanSettings, type PlanSettings } from '../../src/plan/plan-settings.ts'
import type { PolicyDecision } from '../../src/policy/policy.ts'
import { adapterAbi, guardAbi, vaultAbi } from '../../src/vault/abi.ts'
import { deployVault, type VaultDeployment } from '../../src/vault/deploy.ts'
import { loadLens, vaultLensAbi } from '../../src/vault/lens.ts'
import { readState } from '../../src/vault/read.ts'
import type { StateQuery } from '../../src/vault/state-query.ts'
import type { VenueState } from '../../src/venues/venue.ts'
import { devnetPlan, devnetVenues } from './devnet-plan.ts'

const million = 1_000_000_000_000n

let devnet: Devnet
let clients: ChainClients
let deployment: VaultDeployment
let query: StateQuery
let rpc: ReturnType<typeof createRpc>
const client = () => clients.read[0].client

async function send(from: Address, to: Address, data: Hex): Promise<void> {
  const receipt = (await rpc('eth_sendTransactionSync', [{ from, to, data, gas: '0x1000000' }])) as { status: Hex }
  expect(receipt.status).toBe('0x1')
}

/** Mines one empty block `seconds` after the head: nobody touches a venue in it. */
async function pass(seconds: bigint): Promise<void> {
  const { timestamp } = await getBlockRef(client())
  await rpc('evm_setNextBlockTimestamp', [Number(timestamp + seconds)])
  await rpc('evm_mine')
}

function venue(venues: readonly VenueState[], name: string): VenueState {
  const found = venues.find(({ ref }) => ref.name === name)
  if (found === undefined) throw new Error(`no venue ${name}`)
  return found
}

/** Runs `body` while the account's code is `code`. */
async function withCode(address: Address, code: Hex, body: () => Promise<void>): Promise<void> {
  const before = await client().getCode({ address })
  await rpc('anvil_setCode', [address, code])
  try {
    await body()
  } finally {
    await rpc('anvil_setCode', [address, before])
  }
}

beforeAll(async () => {
  devnet = await startDevnet()
  rpc = createRpc(devnet.url)
  clients = createClients({ chainId: devnet.chainId, read: [devnet.url] })
  const { accounts, tokens, feeds } = devnet.deployment
  const deployer = createWalletClient({ account: accounts.alice, chain: anvil, transport: http(devnet.url) })
  const caps = { absoluteCap: 50n * million, relativeCapWad: 5n * 10n ** 17n }
  const { aave, comet, morpho, savings } = devnetVenues(devnet.deployment, caps)
  const vaultPlan = devnetPlan(devnet.deployment, {
    venues: [aave, comet, morpho, savings],
    exitList: ['aave', 'comet', 'savings'],
  })
  deployment = await deployVault(deployer as Client<Transport, typeof anvil>, vaultPlan)
  query = {
    vault: deployment.vault,
    guard: deployment.guard,
    keeper: accounts.keeper,
    venues: deployment.venues,
    ethUsdFeed: feeds.ethUsd,
    lens: await loadLens(),
  }
  await send(
    accounts.alice,
    tokens.usdc,
    encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [deployment.vault, million] }),
  )
  await send(
    accounts.alice,
    deployment.vault,
    encodeFunctionData({ abi: vaultAbi, functionName: 'deposit', args: [million, accounts.alice] }),
  )
  const { timestamp } = await getBlockRef(client())
  const legs = deployment.venues.map(
    ({ adapter, data }): Leg => ({ adapter, deposit: true, assets: million / 5n, data }),
  )
  const plan = { nonce: 0n, deadline: timestamp + 3600n, minTotalAssetsAfter: 0n, legs }
  await send(
    accounts.keeper,
    deployment.guard,
    encodeFunctionData({ abi: guardAbi, functionName: 'rebalance', args: [plan] }),
  )
  await pass(3600n)
})

afterAll(() => devnet?.stop())

describe('readState', () => {
  test('answers what vault and Guard answer themselves', async () => {
    const { market, vault, ethPriceUsdE8 } = await readState(client(), query)
    const at = { blockNumber: market.block.number }
    const ofVault = <name extends 'totalAssets' | 'totalSupply' | 'idle' | 'liquid'>(functionName: name) =>
      client().readContract({ address: deployment.vault, abi: vaultAbi, functionName, ...at })
    const ofGuard = <name extends 'nextNonce' | 'lastRebalanceAt' | 'turnoverAvailable' | 'lossAvailable' | 'limits'>(
      functionName: name,
    ) => client().readContract({ address: deployment.guard, abi: guardAbi, functionName, ...at })
    expect(market.chainId).toBe(31337)
    expect(market.block).toEqual(await getBlockRef(client(), market.block.number))
    expect(vault.totalAssets).toBe(await ofVault('totalAssets'))
    expect(vault.totalSupply).toBe(await ofVault('totalSupply'))
    expect(vault.idle).toBe(await ofVault('idle'))
    expect(vault.liquid).toBe(await ofVault('liquid'))
    expect(vault.assetDecimals).toBe(6)
    expect(vault.exits).toEqual([true, true, false, true])
    expect(vault.capGroups).toEqual([])
    expect(vault.guard.nextNonce).toBe(await ofGuard('nextNonce'))
    expect(vault.guard.lastRebalanceAt).toBe(await ofGuard('lastRebalanceAt'))
    expect(vault.guard.turnoverAvailable).toBe(await ofGuard('turnoverAvailable'))
    expect(vault.guard.lossAvailable).toBe(await ofGuard('lossAvailable'))
    expect(vault.guard.limits).toEqual(await ofGuard('limits'))
    expect(vault.guard.keeperAllowed).toBe(true)
    expect(vault.guard.frozen).toBe(false)
    expect(vault.guard.inflowAvailable).toHaveLength(4)
    expect(ethPriceUsdE8).toBeGreaterThan(100_000_000n)
  })

  test('answers what adapters and caps answer themselves, for every venue', async () => {
    const { market } = await readState(client(), query)
    for (const state of market.venues) {
      expect(state.status, state.staleReason).toBe('ok')
      const { adapter, data } = state.ref
      const read = (functionName: 'venueAssets' | 'withdrawable' | 'depositable') =>
        client().readContract({ address: adapter, abi: adapterAbi, functionName, args: [data] })
      expect(state.assets).toBe(await read('venueAssets'))
      expect(state.withdrawable).toBe(await read('withdrawable'))
      expect(state.depositable).toBe(await read('depositable'))
      expect(state.cap).toBe(
        await client().readContract({
          address: deployment.vault,
          abi: vaultAbi,
          functionName: 'effectiveCap',
          args: [adapter, data],
        }),
      )
      expect(state.assets).toBeGreaterThan(million / 5n - 10n)
      expect(state.totalSupply).toBeGreaterThan(state.assets)
      expect(state.lastUpdateAt).toBeLessThan(market.block.timestamp)
    }
  })

  test('accrues every index to the block as the protocols themselves do', async () => {
    const { market } = await readState(client(), query)
    const { aave, comet, morpho, tokens, erc4626 } = devnet.deployment
    const [first] = morpho.markets
    if (first === undefined) throw new Error('no market')
    const abi = parseAbi([
      'function getReserveNormalizedIncome(address) view returns (uint256)',
      'function accrueAccount(address)',
      'struct Totals { uint64 baseSupplyIndex; uint64 baseBorrowIndex; uint64 a; uint64 b; uint104 supply; uint104 borrow; uint40 at; uint8 flags; }',
      'function totalsBasic() view returns (Totals)',
      'struct Params { address loanToken; address collateralToken; address oracle; address irm; uint256 lltv; }',
      'function accrueInterest(Params)',
      'struct Market { uint128 supplyAssets; uint128 supplyShares; uint128 borrowAssets; uint128 borrowShares; uint128 at; uint128 fee; }',
      'function market(bytes32) view returns (Market)',
      'function convertToAssets(uint256) view returns (uint256)',
      'function decimals() view returns (uint8)',
    ])
    const [block] = await simulateBlocks(client(), {
      blockNumber: market.block.number,
      blocks: [
        {
          // The same second: what accrues in this simulated block is what was due in the block that was read.
          blockOverrides: { time: market.block.timestamp },
          calls: [
            { to: aave.pool, abi, functionName: 'getReserveNormalizedIncome', args: [tokens.usdc] },
            { to: comet.usdc, abi, functionName: 'accrueAccount', args: [comet.usdc] },
            { to: comet.usdc, abi, functionName: 'totalsBasic' },
            { to: morpho.morpho, abi, functionName: 'accrueInterest', args: [first.params] },
            { to: morpho.morpho, abi, functionName: 'market', args: [first.id] },
            { to: erc4626.usdc, abi, functionName: 'decimals' },
          ],
        },
      ],
    })
    const [aaveIndex, , totals, , after, decimals] = (block?.calls ?? []).map((call) => {
      if (call.status === 'failure') throw call.error
      return call.result
    }) as [
      bigint,
      undefined,
      { baseSupplyIndex: bigint },
      undefined,
      { supplyAssets: bigint; supplyShares: bigint; borrowAssets: bigint },
      number,
    ]
    expect(venue(market.venues, 'aave').index).toBe(aaveIndex)
    expect(venue(market.venues, 'comet').index).toBe(totals.baseSupplyIndex)
    const ofMorpho = venue(market.venues, 'morpho')
    expect(ofMorpho.index).toBe(((after.supplyAssets + 1n) * 10n ** 27n) / (after.supplyShares + 1_000_000n))
    expect(ofMorpho.totalSupply).toBe(after.supplyAssets)
    expect(ofMorpho.totalBorrow).toBe(after.borrowAssets)
    expect(venue(market.venues, 'savings').index).toBe(
      await client().readContract({
        address: erc4626.usdc,
        abi,
        functionName: 'convertToAssets',
        args: [10n ** BigInt(decimals + 15)],
      }),
    )
  })

  test('counts the supply of Aave as its pool does, without the balance that a flash loan takes away', async () => {
    const { market } = await readState(client(), query)
    const { aave, tokens } = devnet.deployment
    const free = await client().readContract({
      address: aave.pool,
      abi: parseAbi(['function getVirtualUnderlyingBalance(address) view returns (uint128)']),
      functionName: 'getVirtualUnderlyingBalance',
      args: [tokens.usdc],
    })
    const { totalSupply, totalBorrow } = venue(market.venues, 'aave')
    const off = totalSupply > free + totalBorrow ? totalSupply - free - totalBorrow : free + totalBorrow - totalSupply
    // The treasury's part of the interest due is booked at the next action.
    expect(off * 100_000n).toBeLessThan(totalSupply)
  })

  test('grows each index by the spot rate over an hour', async () => {
    const before = await readState(client(), query)
    await pass(3600n)
    const after = await readState(client(), query)
    for (const name of ['aave', 'comet', 'morpho']) {
      const from = venue(before.market.venues, name)
      const to = venue(after.market.venues, name)
      const aprWad = ((to.index - from.index) * 31_536_000n * 10n ** 18n) / (from.index * 3600n)
      const off = aprWad > from.supplyAprWad ? aprWad - from.supplyAprWad : from.supplyAprWad - aprWad
      expect(from.supplyAprWad).toBeGreaterThan(0n)
      expect(off * 1000n, `${name}: ${aprWad} and ${from.supplyAprWad}`).toBeLessThan(from.supplyAprWad * 5n)
    }
  })

  test('reads a past block by number and by hash', async () => {
    const block = await getBlockRef(client())
    const pinned = await readState(client(), { ...query, block })
    await pass(3600n)
    const later = await readState(client(), query)
    expect(later.vault.totalAssets).toBeGreaterThan(pinned.vault.totalAssets)
    expect(await readState(client(), { ...query, block })).toEqual(pinned)
    expect(await readState(client(), { ...query, blockNumber: block.number })).toEqual(pinned)
  })

  test('marks a venue stale that reverts, answers garbage or burns its gas, and reads the others', async () => {
    const { rateStrategy } = devnet.deployment.aave
    const faults: [code: Hex, reason: string | RegExp][] = [
      ['0x60006000fd', 'reverted without a reason (out of gas, or no contract at an address)'],
      ['0x60016000f3', 'reverted without a reason (out of gas, or no contract at an address)'],
      ['0x5b600056', 'reverted without a reason (out of gas, or no contract at an address)'],
    ]
    for (const [code, reason] of faults) {
      await withCode(rateStrategy, code, async () => {
        const { market, vault } = await readState(client(), query)
        expect(market.venues.map(({ status }) => status)).toEqual(['stale', 'ok', 'ok', 'ok'])
        expect(venue(market.venues, 'aave').staleReason).toBe(reason)
        expect(venue(market.venues, 'aave').assets).toBe(0n)
        expect(vault.totalAssets).toBeGreaterThan(million)
      })
    }
  })

  test('marks a venue stale whose id is not the configured one', async () => {
    const venues = query.venues.map((ref, j) => (j === 0 ? { ...ref, id: `0x${'00'.repeat(32)}` as Hex } : ref))
    const { market } = await readState(client(), { ...query, venues })
    expect(market.venues[0]?.status).toBe('stale')
    expect(market.venues[0]?.staleReason).toBe(
      `the adapter names this venue ${query.venues[0]?.id}, the configuration 0x${'00'.repeat(32)}`,
    )
  })

  test('says that the vault can not be read where it reverts', async () => {
    await withCode(devnet.deployment.comet.usdc, '0x60006000fd', async () => {
      await expect(readState(client(), query)).rejects.toMatchObject({ code: 'VAULT_UNREADABLE' })
    })
    const { bob } = devnet.deployment.accounts
    await expect(readState(client(), { ...query, vault: bob })).rejects.toMatchObject({ code: 'VAULT_UNREADABLE' })
  })

  test('leaves the price out where the feed answers nothing', async () => {
    await withCode(devnet.deployment.feeds.ethUsd, '0x60006000fd', async () => {
      expect((await readState(client(), query)).ethPriceUsdE8).toBeUndefined()
    })
  })

  test('takes one call of a few milliseconds', async () => {
    const times: number[] = []
    for (let i = 0; i < 60; i++) {
      const start = performance.now()
      await readState(client(), query)
      times.push(performance.now() - start)
    }
    times.sort((a, b) => a - b)
    console.info(`readState, four venues: p50 ${times[30]?.toFixed(1)} ms, p90 ${times[54]?.toFixed(1)} ms`)
    expect(times[30]).toBeLessThan(50)
  })
})

describe('a plan made of a reading', () => {
  let memories: (VenueMemory | undefined)[] = []

  async function observed() {
    await pass(3600n)
    const state = await readState(client(), query)
    const { block, venues } = state.market
    memories = venues.map((venue, j) => advanceMemory(memories[j], venue, block, state.vault.assetDecimals))
    const observation = observe({
      ...state,
      memories: memories.flatMap((memory) => (memory === undefined ? [] : [memory])),
      settings: { idleReserveBps: 500, ethPriceE8: state.ethPriceUsdE8 ?? 0n },
    })
    return { ...state, observation }
  }

  async function plan(decision: PolicyDecision, settings: Partial<PlanSettings> = {}) {
    const { market, vault, observation, ethPriceUsdE8 = 0n } = await observed()
    const result = planRebalance({
      market,
      vault,
      observation,
      decision,
      settings: { ...defaultPlanSettings, idleReserveBps: 500, ...settings },
      now: market.block.timestamp,
      ethPriceE8: ethPriceUsdE8,
    })
    return { result, block: market.block }
  }

  async function land({ plan }: PlanResult): Promise<void> {
    if (plan === null) throw new Error('there is no plan')
    await send(
      devnet.deployment.accounts.keeper,
      deployment.guard,
      encodeFunctionData({ abi: guardAbi, functionName: 'rebalance', args: [{ ...plan, legs: [...plan.legs] }] }),
    )
  }

  /** Positions and idle are what the plan said, to rounding and the interest of the seconds until it landed. */
  async function expectAfter({ venues, idleAfter }: PlanResult): Promise<void> {
    const { market, vault } = await readState(client(), query)
    const near = (found: bigint, said: bigint) => {
      expect(Number(found - said)).toBeGreaterThanOrEqual(-4)
      expect(Number(found - said)).toBeLessThan(20_000)
    }
    venues.forEach(({ assetsAfter }, j) => {
      near(market.venues[j]?.assets ?? 0n, assetsAfter)
    })
    near(vault.idle, idleAfter)
  }

  test('waits until the venues have a history', async () => {
    memories = []
    const { result } = await plan({ kind: 'scores', scores: query.venues.map(() => [0, 0, 0, 0, 0, 0, 0, 0]) })
    expect(result.refusals.map(({ code }) => code)).toEqual(query.venues.map(() => 'observation_incomplete'))
  })

  test('to other weights lands and does what it said', async () => {
    const { result } = await plan({ kind: 'weights', weightsBps: [4000, 1000, 2500, 2000] }, { minEdgeBps: null })
    expect(result.refusals).toEqual([])
    expect(result.limitedBy).toBeNull()
    await land(result)
    await expectAfter(result)
  })

  test('that takes a whole position lands and leaves nothing', async () => {
    const { result } = await plan({ kind: 'weights', weightsBps: [4500, 0, 2500, 2500] }, { minEdgeBps: null })
    expect(result.plan?.legs[0]?.assets).toBe(wholePosition)
    await land(result)
    await expectAfter(result)
    expect((await readState(client(), query)).market.venues[1]?.assets).toBe(0n)
  })

  test('by the allocation rule lands and does what it said', async () => {
    for (let i = 0; i < 24; i++) await observed()
    const { result } = await plan({ kind: 'scores', scores: query.venues.map(() => [0, 0, 0, 0, 0, 0, 0, 0]) })
    expect(result.refusals).toEqual([])
    expect(result.edgeBps).toBeGreaterThanOrEqual(0n)
    await land(result)
    await expectAfter(result)
  })
})

describe('readAgreedState', () => {
  const now = async () => (await getBlockRef(client())).timestamp

  test('agrees with itself', async () => {
    const both = createClients({ chainId: 31337, read: [devnet.url, devnet.url] })
    const { state, refusal } = await readAgreedState({ clients: both, query, now: await now() })
    expect(refusal).toBeNull()
    expect(state?.market.venues).toHaveLength(4)
  })

  test('refuses an endpoint that is many blocks behind', async () => {
    const fresh = await startDevnet()
    try {
      const both = createClients({ chainId: 31337, read: [devnet.url, fresh.url] })
      const { state, refusal } = await readAgreedState({ clients: both, query, now: await now() })
      expect(state).toBeNull()
      expect(refusal?.code).toBe('endpoint_behind')
      expect(refusal?.reason).toMatch(/^Endpoint read\[1\] is \d+ blocks behind the other; 3 are allowed\.$/)
      const lenient = await readAgreedState({ clients: both, query, now: await now(), maxLagBlocks: 10_000n })
        .then(({ refusal }) => refusal?.code)
        .catch((error) => error.code)
      expect(lenient).toBe('VAULT_UNREADABLE')
    } finally {
      await fresh.stop()
    }
  })

  test('refuses another chain at the same height as a quorum of none', async () => {
    const fresh = await startDevnet()
    try {
      const head = await getBlockRef(client())
      const theirs = await createRpc(fresh.url)('eth_blockNumber')
      await createRpc(fresh.url)('anvil_mine', [`0x${(head.number - BigInt(String(theirs))).toString(16)}`])
      const both = createClients({ chainId: 31337, read: [devnet.url, fresh.url] })
      const { refusal } = await readAgreedState({ clients: both, query, now: await now() })
      expect(refusal).toEqual({
        code: 'quorum',
        reason: `Endpoint read[1] has no state for block ${head.number}, ${head.hash}.`,
      })
    } finally {
      await fresh.stop()
    }
  })

  test('refuses a head that is too old', async () => {
    const at = (await now()) + 1000n
    const { refusal } = await readAgreedState({ clients, query, now: at, maxHeadAgeSeconds: 600n })
    expect(refusal).toEqual({
      code: 'endpoint_behind',
      reason: 'The head of read[0] is 1000 s old; 600 s are allowed.',
    })
  })
})

describe('checkEndpoint', () => {
  test('reports head, age and the first gate', async () => {
    const { timestamp } = await getBlockRef(client())
    const found = await checkEndpoint(clients.read[0], { chainId: 31337, now: timestamp + 5n })
    expect(found).toMatchObject({ label: 'read[0]', headAgeSeconds: 5n, supportsSimulateV1: true })
    expect(found.clientVersion).toMatch(/^anvil/)
  })

  test('refuses another chain', async () => {
    const wrong = createClients({ chainId: 1, read: [devnet.url] })
    await expect(checkEndpoint(wrong.read[0], { chainId: 1, now: 0n })).rejects.toMatchObject({
      code: 'CHAIN_ID_MISMATCH',
    })
  })
})

test('the lens is called by the ABI that it is compiled to', async () => {
  const { abi } = await loadArtifact('VaultLens')
  const read = abi.find((item) => item.type === 'function' && item.name === 'read')
  const ours = vaultLensAbi.find((item) => item.type === 'function' && item.name === 'read')
  const plain = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, inner) => (key === 'internalType' ? undefined : inner)))
  expect(plain(ours)).toEqual(plain(read))
})
