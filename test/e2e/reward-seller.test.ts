import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, encodeFunctionData, erc20Abi, type Hex, numberToHex, parseAbi, zeroAddress } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClients } from '../../src/chain/create-clients.ts'
import { adapterAbi, rewardSellerAbi, vaultAbi } from '../../src/vault/abi.ts'
import { compileContracts } from '../../src/vault/compile-contracts.ts'
import { type DeploymentFile, readDeploymentFile } from '../../src/vault/deployment-file.ts'
import { type CliRig, startCliRig } from './cli-rig.ts'

/**
 * A vault with a reward seller, from the example plan: what the plan must get right, what the dry run shows, rewards that
 * reach an adapter and come back as a gain of the vault, and what the audit says of all that.
 */
let rig: CliRig
let deployment: DeploymentFile
let seller: Address

const mintAbi = parseAbi(['function mint(address to, uint256 amount)', 'function deposit() payable'])
const example = () =>
  JSON.parse(readFileSync(join(process.cwd(), 'docs', 'examples', 'devnet-rewards.json'), 'utf8')) as Plan
type Hop = { pool: string; priceGuard?: string; prices?: Record<string, unknown> & { feed0: object; feed1: object } }
type Route = { token: string; hops: Hop[]; perDay: string; maxSlippageBps: number }
type Plan = {
  venues: object[]
  periphery: { rewardSeller: { uniswapFactory: string; routes: Route[]; skimFrom?: string[] } }
}

const client = () => createClients({ chainId: rig.devnet.chainId, read: [rig.devnet.url] }).read[0].client
const balance = (token: Address, account: Address) =>
  client().readContract({ address: token, abi: erc20Abi, functionName: 'balanceOf', args: [account] })

function write(change: (plan: Plan, route: Route, hop: Hop) => void): void {
  const plan = example()
  const [route] = plan.periphery.rewardSeller.routes
  const [hop] = route?.hops ?? []
  if (route === undefined || hop === undefined) throw new Error('the example has a route')
  change(plan, route, hop)
  writeFileSync(join(rig.folder, 'plan.json'), JSON.stringify(plan))
}

/** The example, and ether sold, too: two routes with a price guard each. */
function withEther(plan: Plan): void {
  const { tokens, feeds, uniswap } = rig.devnet.deployment
  const pool = uniswap.pools.find(({ name }) => name === 'weth-usdc-500')
  const [route] = plan.periphery.rewardSeller.routes
  const [hop] = route?.hops ?? []
  if (pool === undefined || route === undefined || hop?.prices === undefined) throw new Error('there is one')
  const wide = { maxAgeSeconds: 86_400, minAnswer: '10000000000', maxAnswer: '10000000000000' }
  const prices = { ...hop.prices, feed1: { ...wide, aggregator: feeds.ethUsd }, maxOracleDeviationBps: 200 }
  plan.periphery.rewardSeller.routes.push({
    ...{ ...route, token: tokens.weth, perDay: '5000000000000000000', maxSlippageBps: 100 },
    hops: [{ pool: pool.address, prices }],
  })
}

const deploy = (...more: string[]) => rig.json(['vault', 'deploy', '--plan', 'plan.json', '--from', 'alice', ...more])
async function refusal(change: (plan: Plan, route: Route, hop: Hop) => void) {
  write(change)
  const { document } = await deploy('--dry-run')
  return { code: document.error?.code, ...document.error?.details }
}

beforeAll(async () => {
  await compileContracts({ names: ['RewardSeller', 'PriceGuard'] })
  rig = await startCliRig()
}, 300_000)
afterAll(async () => {
  await rig?.stop()
})

describe.sequential('a vault with a reward seller', () => {
  test('a plan that the chain contradicts is refused, each value with its path and what to do', async () => {
    const { accounts, tokens, feeds, uniswap, aave } = rig.devnet.deployment
    const [pegged, ether] = uniswap.pools
    if (pegged === undefined || ether === undefined) throw new Error('there are pools')
    const route = 'periphery.rewardSeller.routes[0]'
    const code = 'VAULT_PLAN_INVALID'
    expect(
      await refusal((_, own, hop) => {
        own.token = accounts.bob
        hop.pool = accounts.bob
      }),
    ).toEqual({
      code,
      [`${route}.token`]: `is ${accounts.bob}, where chain 31337 has no contract`,
      [`${route}.hops[0].pool`]: `is ${accounts.bob}, where chain 31337 has no contract`,
    })
    expect(
      await refusal((_, __, hop) => {
        hop.pool = aave.pool
      }),
    ).toEqual({
      code,
      [`${route}.hops[0].pool`]: `is ${aave.pool}, which does not answer as a Uniswap v3 pool; give the address of the pool itself`,
    })
    expect(
      await refusal((_, own) => {
        own.token = tokens.weth
      }),
    ).toEqual({
      code,
      [`${route}.hops[0].pool`]: `trades ${tokens.usdc} and ${tokens.usdt}, not ${tokens.weth}; give a pool of what is sold there`,
    })
    expect(
      await refusal((plan, own, hop) => {
        plan.periphery.rewardSeller.uniswapFactory = aave.pool
        own.hops.push({ ...hop, pool: ether.address })
      }),
    ).toMatchObject({
      code,
      'periphery.rewardSeller.uniswapFactory': `is ${aave.pool}, which is no Uniswap v3 factory; give that of the pools`,
      [`${route}.hops`]: `end in ${tokens.weth}, not in the asset ${tokens.usdc}; the last pool must trade the asset`,
    })
    expect(
      await refusal((_, __, hop) => {
        delete hop.prices
        hop.priceGuard = aave.pool
      }),
    ).toEqual({
      code,
      [`${route}.hops[0].priceGuard`]: `is ${aave.pool}, which is no price guard; give "prices" in its place for a new one`,
    })
    const old = await refusal((_, __, hop) => {
      if (hop.prices === undefined) return
      hop.prices['twapSeconds'] = 1_200
      hop.prices.feed0 = { ...hop.prices.feed0, maxAgeSeconds: 1, aggregator: feeds.ethUsd }
      hop.prices.feed1 = { ...hop.prices.feed1, aggregator: pegged.address }
    })
    expect(old).toMatchObject({
      code,
      [`${route}.hops[0].prices.twapSeconds`]:
        'is 1200, for which the pool must remember 101 observations, and it remembers 64; call increaseObservationCardinalityNext(101) of the pool and wait for trades, or shorten the window',
      [`${route}.hops[0].prices.feed0.maxAnswer`]:
        "is 105000000, and the feed says 300000000000; answers have the feed's own decimals",
      [`${route}.hops[0].prices.feed1.aggregator`]: `is ${pegged.address}, which does not answer as a price feed; give a Chainlink one`,
    })
    expect(old[`${route}.hops[0].prices.feed0.maxAgeSeconds`]).toMatch(
      /^is 1, and the newest answer is \d+ seconds old$/,
    )
  })

  test('feeds in the wrong order are refused in the simulation, in the words of the price guard', async () => {
    const found = await refusal((plan) => {
      withEther(plan)
      const prices = plan.periphery.rewardSeller.routes[1]?.hops[0]?.prices
      if (prices !== undefined) [prices.feed0, prices.feed1] = [prices.feed1, prices.feed0]
    })
    expect(found).toMatchObject({ code: 'DEPLOYMENT_REFUSED', step: 'create price guard' })
    expect(found.reason).toMatch(/^OracleDeviation\(\d+, \d+\)$/)
  })

  test('the example runs as it is, and the dry run shows what is sold, through which pools, and who may change it', async () => {
    write(() => {})
    const own = ['vault', 'deploy', '--plan', 'plan.json', '--from', 'alice', '--dry-run']
    const { code, stdout, stderr } = await rig.tiller(own)
    expect(code, stderr).toBe(0)
    const { periphery } = example()
    const [route] = periphery.rewardSeller.routes
    expect(stdout).toMatch(/reward seller +0x\w{40} {2}sells 1 token\n/)
    expect(stdout).toContain('USDT    at most 50,000 USDT a day, for at most 0.50 % less than the feeds say')
    expect(stdout).toContain(`trades with pools of the factory ${periphery.rewardSeller.uniswapFactory} alone`)
    expect(stdout).toContain(`through the pool ${route?.hops[0]?.pool}`)
    expect(stdout).toMatch(/from +0x\w{40} {2}aave-v3:usdc\n +0x\w{40} {2}comet:usdc\n/)
    expect(stdout).toContain('the curator names routes and recipients of rewards after 3 d 0 h')
    expect(stdout).toMatch(/configure the reward seller: routes +[0-9,]+ +0\.\d{6}/)
    expect(stdout).toMatch(/name the seller for rewards of comet:usdc +[0-9,]+ +0\.\d{6}/)
    expect(stdout).not.toContain('!')
  })

  test('it is deployed with its price guards, written down, and its sources are in the bundle', async () => {
    write(withEther)
    const dry = await deploy('--dry-run')
    const { code, document, stderr } = await deploy('--yes', '--out', 'out', '--with-factory')
    expect(code, stderr).toBe(0)
    deployment = readDeploymentFile(join(rig.folder, 'out', 'deployment.json'))
    if (deployment.periphery.rewardSeller === undefined) throw new Error('the file names the seller')
    seller = deployment.periphery.rewardSeller
    expect(document.section.rewardSeller).toBe(seller)
    expect(dry.document.rewards.routes).toHaveLength(2)
    const made = deployment.contracts.filter(({ contract }) => /^(?:PriceGuard|RewardSeller)$/.test(contract))
    expect(made.map(({ contract }) => contract)).toEqual(['PriceGuard', 'PriceGuard', 'RewardSeller'])
    const places = made.map(({ address }) =>
      join(rig.folder, 'out', 'verification', 'sourcify', String(rig.devnet.chainId), address),
    )
    const hashes = places.map((place) => readFileSync(join(place, 'creator-tx-hash.txt'), 'utf8'))
    // Each has the transaction of its own creation, although two bear one title.
    expect(new Set(hashes).size).toBe(3)
    for (const place of places) expect(existsSync(join(place, 'metadata.json'))).toBe(true)
    await rig.send(
      deployment.roles.owner,
      deployment.vault,
      encodeFunctionData({ abi: vaultAbi, functionName: 'acceptOwnership' }),
    )
  })

  test('what the set-up named holds: recipients and routes, and the curator alone may change them, after the timelock', async () => {
    const { accounts, tokens } = rig.devnet.deployment
    for (const { adapter } of deployment.venues) {
      const read = { address: adapter, abi: adapterAbi, functionName: 'skimRecipient' } as const
      expect(await client().readContract(read)).toBe(seller)
    }
    const route = await client().readContract({
      ...{ address: seller, abi: rewardSellerAbi, functionName: 'routeOf', args: [tokens.weth] },
    })
    expect(route).toMatchObject({ maxSlippageBps: 100, perDay: 5n * 10n ** 18n, second: { pool: zeroAddress } })
    const data = encodeFunctionData({ abi: rewardSellerAbi, functionName: 'setRoute', args: [tokens.weth, route] })
    for (const from of [accounts.alice, accounts.curator]) {
      await expect(rig.send(from, seller, data)).rejects.toThrow()
    }
  })

  test('rewards that reach an adapter are skimmed and sold by anyone, and the proceeds reach the vault', async () => {
    const { accounts, tokens } = rig.devnet.deployment
    const { anyone } = accounts
    const [aave, comet] = deployment.venues
    if (aave === undefined || comet === undefined) throw new Error('there are venues')
    const mint = encodeFunctionData({ abi: mintAbi, functionName: 'mint', args: [aave.adapter, 60_000_000_000n] })
    await rig.send(anyone, tokens.usdt, mint)
    const wrap = encodeFunctionData({ abi: mintAbi, functionName: 'deposit' })
    const ether = numberToHex(2n * 10n ** 18n)
    await rig.rpc('eth_sendTransactionSync', [{ from: anyone, to: tokens.weth, data: wrap, value: ether }])
    const give = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [comet.adapter, 2n * 10n ** 18n] })
    await rig.send(anyone, tokens.weth, give)
    for (const [adapter, token] of [
      [aave.adapter, tokens.usdt],
      [comet.adapter, tokens.weth],
    ] as const) {
      await rig.send(anyone, adapter, encodeFunctionData({ abi: adapterAbi, functionName: 'skim', args: [token] }))
    }
    expect([await balance(tokens.usdt, seller), await balance(tokens.weth, seller)]).toEqual([
      60_000_000_000n,
      2n * 10n ** 18n,
    ])
    const before = await balance(tokens.usdc, deployment.vault)
    const sell = (token: Address, amount: bigint) =>
      rig.send(
        anyone,
        seller,
        encodeFunctionData({ abi: rewardSellerAbi, functionName: 'sell', args: [token, amount] }),
      )
    await sell(tokens.usdt, 50_000_000_000n)
    const pegged = (await balance(tokens.usdc, deployment.vault)) - before
    expect(pegged).toBeGreaterThan(49_750_000_000n)
    expect(pegged).toBeLessThan(50_000_000_000n)
    await sell(tokens.weth, 2n * 10n ** 18n)
    const all = (await balance(tokens.usdc, deployment.vault)) - before
    expect(all - pegged).toBeGreaterThan(5_940_000_000n)
    expect(all - pegged).toBeLessThan(6_000_000_000n)
    // The rest of the day's limit of the first token is spent.
    await expect(sell(tokens.usdt, 10_000_000_000n)).rejects.toThrow()
    const pending = await client().readContract({
      ...{ address: deployment.vault, abi: vaultAbi, functionName: 'pendingGain' },
    })
    expect(pending).toBeGreaterThan((all * 99n) / 100n)
  })

  test('the audit finds the seller by itself and says what it may sell, where, how much, and who changes it when', async () => {
    const { tokens, uniswap } = rig.devnet.deployment
    const { code, stdout, stderr } = await rig.tiller(['vault', 'audit', deployment.vault])
    expect(code, stderr + stdout).toBe(0)
    for (const line of [
      `reward seller  ${seller}`,
      'anybody: sell what lies in it, within the bounds below; the proceeds go to the vault, and nothing goes elsewhere',
      `trades with pools of the Uniswap factory ${uniswap.factory} alone`,
      `  comet ${deployment.venues[1]?.adapter}`,
      'the curator: name routes and raise limits after 3 d 0 h',
      `sells USDT     ${tokens.usdt}`,
      'at most 50,000 USDT a day, for at most 0.50 % less than the feeds say; ',
      `sells WETH     ${tokens.weth}`,
      'at most 5 WETH a day, for at most 1.00 % less than the feeds say; 0 WETH can be sold now',
      `through the pool ${uniswap.pools[1]?.address}, fee 0.05 %`,
      'let a reward be sold, in another way or for more',
    ]) {
      expect(stdout).toContain(line)
    }
    expect(stdout).not.toContain('✗')
    const { document } = await rig.json(['vault', 'audit', deployment.vault, '--deployment', 'out/deployment.json'])
    const compared = document.code.map(({ name, matches }: { name: string; matches: boolean }) => [name, matches])
    expect(compared.filter(([name]: [string]) => name === 'PriceGuard')).toHaveLength(2)
    expect(compared).toContainEqual(['RewardSeller', true])
    expect(compared).not.toContainEqual([expect.anything(), false])
    expect(document.beside.rewardSeller.routes.map(({ hops }: { hops: unknown[] }) => hops.length)).toEqual([1, 1])
  })

  test('a route may go by way of a third token, over price guards that stand already', async () => {
    const { accounts, tokens, uniswap } = rig.devnet.deployment
    const [pegged, ether] = uniswap.pools
    const [ofPegged, ofEther] = deployment.contracts
      .filter(({ contract }) => contract === 'PriceGuard')
      .map(({ address }) => address)
    if (pegged === undefined || ether === undefined || ofPegged === undefined || ofEther === undefined) {
      throw new Error('there are two pools, each with a price guard')
    }
    const mint = encodeFunctionData({ abi: mintAbi, functionName: 'mint', args: [accounts.alice, 10_000_000n] })
    await rig.send(accounts.alice, tokens.usdt, mint)
    const inDollars = (hops: Hop[]) => (plan: Plan, route: Route) => {
      const own = { token: tokens.weth, hops, perDay: '1000000000000000000', maxSlippageBps: 200 }
      plan.periphery.rewardSeller.routes = [{ ...route, ...own }]
      plan.periphery.rewardSeller.skimFrom = ['aave-v3:usdt']
      const venue = plan.venues[0]
      Object.assign(plan, { asset: tokens.usdt, name: 'In USDT', venues: [{ ...venue, name: 'aave-v3:usdt' }] })
      Object.assign(plan, { exitList: ['aave-v3:usdt'] })
    }
    const first = { pool: ether.address, priceGuard: ofEther }
    const second = { pool: pegged.address, priceGuard: ofPegged }
    const at = 'periphery.rewardSeller.routes[0]'
    expect(await refusal(inDollars([first, { ...second, priceGuard: ofEther }]))).toEqual({
      ...{ code: 'VAULT_PLAN_INVALID' },
      [`${at}.hops[1].priceGuard`]: `watches the pool ${ether.address}; give one of ${pegged.address}, or "prices" for a new one`,
    })
    expect(await refusal(inDollars([first]))).toEqual({
      ...{ code: 'VAULT_PLAN_INVALID' },
      [`${at}.hops`]: `end in ${tokens.usdc}, not in the asset ${tokens.usdt}; the last pool must trade the asset`,
    })
    write(inDollars([first, second]))
    const { code, document, stderr } = await deploy('--yes', '--out', 'two')
    expect(code, stderr).toBe(0)
    const made = readDeploymentFile(join(rig.folder, 'two', 'deployment.json'))
    expect(made.contracts.map(({ contract }) => contract)).not.toContain('PriceGuard')
    const { rewardSeller } = made.periphery
    if (rewardSeller === undefined) throw new Error('the file names the seller')
    const wrap = encodeFunctionData({ abi: mintAbi, functionName: 'deposit' })
    const ether1 = numberToHex(10n ** 18n)
    await rig.rpc('eth_sendTransactionSync', [{ from: accounts.bob, to: tokens.weth, data: wrap, value: ether1 }])
    const give = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [rewardSeller, 10n ** 18n] })
    await rig.send(accounts.bob, tokens.weth, give)
    const before = await balance(tokens.usdt, document.vault)
    const args = [tokens.weth, 10n ** 18n] as const
    await rig.send(accounts.bob, rewardSeller, encodeFunctionData({ abi: rewardSellerAbi, functionName: 'sell', args }))
    const proceeds = (await balance(tokens.usdt, document.vault)) - before
    expect(proceeds).toBeGreaterThan(2_940_000_000n)
    expect(proceeds).toBeLessThan(3_000_000_000n)
    const audit = await rig.tiller(['vault', 'audit', document.vault])
    expect(audit.stdout).toMatch(
      new RegExp(
        `through the pool ${ether.address}, fee 0.05 %\\n.*\\n.*\\n +through the pool ${pegged.address}, fee 0.01 %`,
      ),
    )
  })

  test('the audit tells what waits for the seller, whose rewards go elsewhere, and prices that stop a sale', async () => {
    const { accounts, tokens, feeds } = rig.devnet.deployment
    const { curator } = accounts
    const [aave] = deployment.venues
    if (aave === undefined) throw new Error('there are venues')
    const route = await client().readContract({
      ...{ address: seller, abi: rewardSellerAbi, functionName: 'routeOf', args: [tokens.weth] },
    })
    const wider = { ...route, perDay: 7n * 10n ** 18n, maxSlippageBps: 200 }
    const raise = encodeFunctionData({ abi: rewardSellerAbi, functionName: 'setRoute', args: [tokens.weth, wider] })
    const away = encodeFunctionData({ abi: adapterAbi, functionName: 'setSkimRecipient', args: [accounts.bob] })
    for (const [at, data] of [
      [seller, raise],
      [aave.adapter, away],
    ] as const) {
      await rig.send(curator, at, encodeFunctionData({ abi: vaultAbi, functionName: 'submit', args: [data] }))
    }
    const { stdout } = await rig.tiller(['vault', 'audit', deployment.vault])
    expect(stdout).toContain(
      `sell up to 7.00 WETH (${tokens.weth}) a day through the pool ${route.first.pool} (price guard ${route.first.priceGuard}), for at most 2 % less than the feeds say: in 3 d 0 h, `,
    )
    const head = (await rig.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
    await rig.rpc('evm_setNextBlockTimestamp', [Number(head.timestamp) + 259_200])
    await rig.send(
      accounts.anyone,
      aave.adapter,
      encodeFunctionData({ abi: vaultAbi, functionName: 'execute', args: [away] }),
    )
    // Three days later the feed of ether is older than its day, and that of the dollar is not.
    const { document } = await rig.json(['vault', 'audit', deployment.vault])
    const found = document.findings.map(({ code, text }: { code: string; text: string }) => `${code}: ${text}`)
    expect(found).toContain(
      `SKIM_ELSEWHERE: Rewards of aave-v3 ${aave.adapter} go to ${accounts.bob}, not to the reward seller.`,
    )
    expect(found).toContain(
      `FEED_SILENT: The feeds of the price guard ${route.first.priceGuard} give no price now: WETH is not sold.`,
    )
    const answer = parseAbi(['function setAnswer(int256 answer)'])
    const set = (price: bigint) => encodeFunctionData({ abi: answer, functionName: 'setAnswer', args: [price] })
    await rig.send(accounts.anyone, feeds.ethUsd, set(310_000_000_000n))
    const off = await rig.json(['vault', 'audit', deployment.vault])
    expect(off.document.findings.map(({ text }: { text: string }) => text)).toContain(
      `The price guard ${route.first.priceGuard} refuses now, for pool, mean and feeds disagree: WETH is not sold.`,
    )
    await rig.send(
      accounts.sentinel,
      seller,
      encodeFunctionData({ abi: rewardSellerAbi, functionName: 'removeRoute', args: [tokens.weth] }),
    )
    const removed = await rig.json(['vault', 'audit', deployment.vault])
    expect(removed.document.beside.rewardSeller.routes).toHaveLength(1)
  })
})
