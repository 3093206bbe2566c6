import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, encodeDeployData, encodeFunctionData, erc20Abi, type Hex, parseAbi } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadArtifact } from '../../src/chain/artifacts.ts'
import { createClients } from '../../src/chain/create-clients.ts'
import { guardAbi, routerAbi, vaultAbi } from '../../src/vault/abi.ts'
import { type Rig, startRig } from './keeper-rig.ts'

/**
 * A holder leaves a vault most of which lies in a Morpho market that no exit list counts: by withdrawal, by force, and as
 * a position of the market, through `tiller vault exit`.
 */
let rig: Rig
let file: string
let router: Address

type Run = { code: number; document: never; stdout: string; stderr: string }

function tiller(args: readonly string[], json = true): Promise<Run> {
  const all = ['vault', 'exit', ...args, '--config', file, ...(json ? ['--json'] : [])]
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(process.cwd(), 'scripts/tiller.mjs'), ...all],
      { timeout: 60_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255
        resolve({ code, document: (json ? JSON.parse(stdout) : undefined) as never, stdout, stderr })
      },
    )
  })
}

const client = () => {
  const { chain } = rig.config()
  return createClients({ chainId: chain.id, ...chain.rpc }).read[0].client
}
const alice = () => rig.devnet.deployment.accounts.alice
const heldBy = (account: Address) =>
  client().readContract({ address: rig.vault.asset, abi: erc20Abi, functionName: 'balanceOf', args: [account] })
const sharesOf = (account: Address) =>
  client().readContract({ address: rig.vault.vault, abi: vaultAbi, functionName: 'balanceOf', args: [account] })
const worthOf = (shares: bigint) =>
  client().readContract({ address: rig.vault.vault, abi: vaultAbi, functionName: 'previewRedeem', args: [shares] })

beforeAll(async () => {
  rig = await startRig()
  const { accounts, morpho } = rig.devnet.deployment
  const { bytecode } = await loadArtifact('Router')
  const data = encodeDeployData({ abi: routerAbi, bytecode, args: [morpho.morpho] })
  const deployed = (await rig.rpc('eth_sendTransactionSync', [{ from: accounts.bob, data, gas: '0x1000000' }])) as {
    contractAddress: Address
  }
  router = deployed.contractAddress
  const input = rig.configInput({ mode: 'readonly' })
  file = join(rig.folder, 'tiller.config.json')
  writeFileSync(file, JSON.stringify({ ...input, vault: { ...input.vault, router } }))

  await rig.pass(3_600)
  const head = (await rig.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
  const legs = [
    { name: 'aave', assets: 300_000_000_000n },
    { name: 'morpho', assets: 550_000_000_000n },
  ].map(({ name, assets }) => {
    const venue = rig.vault.venues.find((item) => item.name === name)
    if (venue === undefined) throw new Error(`no venue ${name}`)
    return { adapter: venue.adapter, deposit: true, assets, data: venue.data }
  })
  const plan = { nonce: 0n, deadline: BigInt(head.timestamp) + 600n, minTotalAssetsAfter: 0n, legs }
  const rebalance = encodeFunctionData({ abi: guardAbi, functionName: 'rebalance', args: [plan] })
  await rig.send(accounts.keeper, rig.vault.guard, rebalance)
}, 120_000)
afterAll(async () => {
  await rig?.stop()
})

test('a plan shows what each transaction brings and costs, needs no key and sends nothing', async () => {
  const before = await rig.rpc('eth_blockNumber')
  const { code, document, stderr } = await tiller(['all', '--account', alice()])
  expect(code, stderr).toBe(0)
  expect(document).toMatchObject({
    sent: false,
    account: alice(),
    plan: { legs: [{ way: 'withdraw' }, { way: 'force', venue: { name: 'morpho' } }] },
    steps: [
      { title: 'withdraw what is free' },
      { title: 'allow the Router these shares', brought: '0' },
      { title: 'force morpho to pay' },
    ],
  })
  const { stdout } = await tiller(['all', '--account', alice()], false)
  expect(stdout).toMatch(/shares worth +999,999\.\d\d USDC/)
  expect(stdout).toMatch(/penalty +0.20 % of what comes out of a venue by force or as a position/)
  expect(stdout).toMatch(/1 +withdraw what is free +4[45]\d,\d{3}\.\d\d USDC +4[45]\d,\d{3}\.\d\d USDC/)
  expect(stdout).toMatch(/3 +force morpho to pay +54\d,\d{3}\.\d\d USDC +5[45]\d,\d{3}\.\d\d USDC/)
  expect(stdout).toMatch(/Nothing was sent; --send does it\.\n$/)
  expect(await rig.rpc('eth_blockNumber')).toBe(before)
}, 120_000)

test('what is sent is what was planned: a withdrawal first, then a forced exit for the penalty', async () => {
  const [held, shares] = await Promise.all([heldBy(alice()), sharesOf(alice())])
  const worth = await worthOf(shares)
  const { code, document, stderr } = await tiller(['600000', '--from', 'alice', '--send'])
  expect(code, stderr).toBe(0)
  expect(document).toMatchObject({ sent: true, received: '600000000000' })
  expect((await heldBy(alice())) - held).toBe(600_000_000_000n)
  const cost = worth - (await worthOf(await sharesOf(alice())))
  // 20 bp of about 150,000; interest of a few blocks comes in meanwhile.
  expect(cost).toBeGreaterThan(600_250_000_000n)
  expect(cost).toBeLessThan(600_320_000_000n)
}, 120_000)

test('the rest becomes a position of the market in the name of who leaves', async () => {
  const { morpho } = rig.devnet.deployment
  const place = rig.vault.venues.find(({ name }) => name === 'morpho')
  const [market] = morpho.markets
  if (place === undefined || market === undefined) throw new Error('there is a market')
  const worth = await worthOf(await sharesOf(alice()))
  const held = await heldBy(alice())
  const args = ['all', '--venue', 'morpho', '--in-kind', '--from', 'alice', '--send']
  const { code, document, stderr } = await tiller(args)
  expect(code, stderr).toBe(0)
  expect(document).toMatchObject({ sent: true, received: '0', plan: { legs: [{ way: 'in-kind' }] } })
  expect(await heldBy(alice())).toBe(held)
  expect(await worthOf(await sharesOf(alice()))).toBeLessThan(1_000_000n)
  const morphoAbi = parseAbi([
    'function position(bytes32 id, address user) view returns (uint256 supplyShares, uint128 borrowShares, uint128 collateral)',
    'function market(bytes32 id) view returns (uint128 totalSupplyAssets, uint128 totalSupplyShares, uint128, uint128, uint128, uint128)',
  ])
  const read = { address: morpho.morpho, abi: morphoAbi } as const
  const [own] = await client().readContract({ ...read, functionName: 'position', args: [market.id, alice()] })
  const [assets, all] = await client().readContract({ ...read, functionName: 'market', args: [market.id] })
  const position = (own * assets) / all
  expect(position).toBeGreaterThan((worth * 9_975n) / 10_000n)
  expect(position).toBeLessThan(worth)
}, 120_000)

test('who has nothing, asks for a venue that is none or plans with --send is told so', async () => {
  const { bob } = rig.devnet.deployment.accounts
  const none = await tiller(['all', '--account', bob])
  expect([none.code, (none.document as { error: { code: string } }).error.code]).toEqual([1, 'EXIT_IMPOSSIBLE'])
  const unknown = await tiller(['1', '--account', bob, '--venue', 'nowhere'])
  expect([unknown.code, (unknown.document as { error: { code: string } }).error.code]).toEqual([2, 'USAGE'])
  const much = await tiller(['999999999', '--account', alice()])
  const tooMuch = (much.document as { error: { code: string } }).error.code
  expect([much.code, tooMuch]).toEqual([1, 'WITHDRAWAL_TOO_LARGE'])
  const keyless = await tiller(['1', '--account', bob, '--send'])
  expect([keyless.code, (keyless.document as { error: { code: string } }).error.code]).toEqual([2, 'USAGE'])
}, 120_000)
