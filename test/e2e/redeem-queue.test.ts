import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Address, encodeDeployData, erc20Abi, getAddress, type Hex, parseEventLogs } from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadArtifact } from '../../src/chain/artifacts.ts'
import { createClients } from '../../src/chain/create-clients.ts'
import type { Config } from '../../src/config/schema.ts'
import type { Journal } from '../../src/journal/journal.ts'
import type { Keeper } from '../../src/keeper/create-keeper.ts'
import type { PolicyDecision } from '../../src/policy/policy.ts'
import { redeemQueueAbi, vaultAbi } from '../../src/vault/abi.ts'
import { devnetKey, type Rig, startRig, toldPolicy } from './keeper-rig.ts'

/**
 * A holder asks for more than the vault can pay: most of it lies in a Morpho market, which does not stand in the exit
 * list. The keeper's next plan frees it, anyone fills the queue, and the holder claims.
 */
let rig: Rig
let journal: Journal
let keeper: Keeper
let queue: Address
let answer: PolicyDecision

const client = () => {
  const { chain } = rig.config()
  return createClients({ chainId: chain.id, ...chain.rpc }).read[0].client
}
const ofQueue = () => ({ address: queue, abi: redeemQueueAbi }) as const
const ofVault = () => ({ address: rig.vault.vault, abi: vaultAbi }) as const

async function nextSlot(): Promise<void> {
  const head = (await rig.rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
  await rig.pass(3601 - (Number(head.timestamp) % 3600))
}

type Run = { code: number; stdout: string; stderr: string }

/** `tiller vault …` of the built program, with the queue in the configuration unless the test says otherwise. */
function tiller(args: readonly string[], vault: object = { redeemQueue: queue }): Promise<Run> {
  const input = rig.configInput({ mode: 'readonly' })
  const file = join(rig.folder, 'tiller.config.json')
  writeFileSync(file, JSON.stringify({ ...input, vault: { ...input.vault, ...vault } }))
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(process.cwd(), 'scripts/tiller.mjs'), 'vault', ...args, '--config', file],
      { env: { ...process.env, KEY: devnetKey('bob') }, timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 255, stdout, stderr })
      },
    )
  })
}

async function json(args: readonly string[], vault?: object) {
  const { code, stdout, stderr } = await tiller([...args, '--json'], vault)
  return { code, document: JSON.parse(stdout), stderr }
}

async function refusal(args: readonly string[], vault?: object) {
  const { code, document } = await json(args, vault)
  return { exit: code, code: document.error.code, ...document.error.details }
}

/** Anyone fills: an account that holds nothing in the vault. */
async function fill(name: 'queue' | 'fill-queue'): Promise<readonly { shares: bigint; assets: bigint }[]> {
  const words = name === 'queue' ? ['queue', 'fill'] : ['fill-queue']
  const { code, document, stderr } = await json([...words, '--key-env', 'KEY'])
  expect([code, document.sent], stderr).toEqual([0, true])
  const { logs } = (await rig.rpc('eth_getTransactionReceipt', [document.hash])) as { logs: [] }
  return parseEventLogs({ abi: redeemQueueAbi, eventName: 'FillRedeemRequest', logs }).map(({ args }) => args)
}

beforeAll(async () => {
  rig = await startRig()
  const { alice } = rig.devnet.deployment.accounts
  const { bytecode } = await loadArtifact('RedeemQueue')
  const data = encodeDeployData({ abi: redeemQueueAbi, bytecode, args: [rig.vault.vault, 100_000_000n] })
  const deployed = (await rig.rpc('eth_sendTransactionSync', [{ from: alice, data, gas: '0x1000000' }])) as {
    contractAddress: Address
  }
  queue = deployed.contractAddress
  journal = await rig.openStore()
  const plain = rig.config()
  const config: Config = { ...plain, vault: { ...plain.vault, redeemQueue: queue } }
  keeper = await rig.keeper(
    journal,
    toldPolicy(() => answer),
    { config },
  )
  await keeper.start()
  // 60 % to Morpho, the rest where exits can pull from.
  answer = { kind: 'weights', weightsBps: [2000, 1000, 6000, 500] }
  // The first slot only teaches what a venue's index was.
  await nextSlot()
  await keeper.tick()
  await nextSlot()
  const { outcome, refusals } = await keeper.tick()
  expect([outcome, refusals]).toEqual(['settled', []])
  answer = { kind: 'hold' }
})
afterAll(async () => {
  await keeper?.close()
  await journal?.close()
  await rig?.stop()
})

test('a person is told what is wrong before anything is sent', async () => {
  const { alice, carol } = rig.devnet.deployment.accounts
  const ofAlice = ['--from', 'alice']
  expect(await refusal(['queue', 'status'], {})).toEqual({ exit: 2, code: 'CONFIG_QUEUE_MISSING' })
  const asked = (amount: string, from = ofAlice) => refusal(['queue', 'request', amount, ...from])
  const small = { exit: 1, code: 'QUEUE_REQUEST_TOO_SMALL', account: alice, worth: '99.99', least: '100' }
  expect(await asked('99.99')).toEqual(small)
  expect(await asked('2000000')).toMatchObject({ code: 'QUEUE_REQUEST_TOO_LARGE', account: alice, wanted: '2000000' })
  expect(await asked('all', ['--from', 'carol'])).toEqual({
    ...{ exit: 1, code: 'QUEUE_REQUEST_TOO_LARGE', account: carol, wanted: 'all', own: '0' },
  })
  expect(await asked('a lot')).toMatchObject({ exit: 2, code: 'USAGE_AMOUNT' })
  const nothing = { exit: 1, code: 'QUEUE_NOTHING_TO_CLAIM', account: alice, waits: '0' }
  expect(await refusal(['queue', 'claim', ...ofAlice])).toEqual(nothing)
  const unknown = { exit: 1, code: 'QUEUE_REQUEST_UNKNOWN', account: alice, waiting: 'none' }
  expect(await refusal(['queue', 'cancel', '7', ...ofAlice])).toEqual({ ...unknown, request: '7' })
  expect(await refusal(['queue', 'cancel', 'all', ...ofAlice])).toEqual({ ...unknown, request: 'all' })
  expect(await refusal(['queue', 'cancel', '0', ...ofAlice])).toMatchObject({ exit: 2, code: 'USAGE' })
}, 120_000)

test('a queue of another vault, and what is none, are refused before shares go there', async () => {
  const { owner } = rig.devnet.deployment.accounts
  const { bytecode } = await loadArtifact('RedeemQueue')
  const savings = rig.devnet.deployment.erc4626.usdc
  const data = encodeDeployData({ abi: redeemQueueAbi, bytecode, args: [savings, 1n] })
  const { contractAddress } = (await rig.rpc('eth_sendTransactionSync', [{ from: owner, data, gas: '0x1000000' }])) as {
    contractAddress: Address
  }
  const { vault, guard } = rig.vault
  const asked = (redeemQueue: Address) => refusal(['queue', 'request', 'all', '--from', 'alice'], { redeemQueue })
  const foreign = { exit: 2, code: 'CONFIG_QUEUE_FOREIGN', vault }
  expect(await asked(getAddress(contractAddress))).toEqual({
    ...{ ...foreign, queue: getAddress(contractAddress), found: savings },
  })
  expect(await asked(guard)).toEqual({ ...foreign, queue: guard, found: 'no redeem queue' })
}, 120_000)

test('a holder asks for more than is liquid, the next plan frees it, anyone fills, and the claim delivers', async () => {
  const { alice } = rig.devnet.deployment.accounts
  const chain = client()
  const liquid = await chain.readContract({ ...ofVault(), functionName: 'liquid' })
  const held = await chain.readContract({ ...ofVault(), functionName: 'balanceOf', args: [alice] })
  expect(liquid).toBeLessThan(700_000_000_000n)

  const asked = await json(['queue', 'request', '800000', '--from', 'alice'])
  expect(asked.code, asked.stderr).toBe(0)
  const shares = BigInt(asked.document.shares)
  const worth = BigInt(asked.document.worth)
  expect(asked.document).toMatchObject({ account: alice, requestId: '1', aheadAssets: '0' })
  expect(worth).toBeGreaterThanOrEqual(800_000_000_000n)
  expect(worth).toBeLessThan(800_000_000_002n)
  expect(await chain.readContract({ ...ofVault(), functionName: 'balanceOf', args: [alice] })).toBe(held - shares)
  expect(await chain.readContract({ ...ofQueue(), functionName: 'pendingRedeemRequest', args: [1n, alice] })).toBe(
    shares,
  )
  const waiting = await json(['queue', 'status', '--account', alice])
  expect(waiting.document).toMatchObject({
    ...{ entriesOpen: true, pendingShares: String(shares), unclaimedAssets: '0' },
    account: { account: alice, claimableShares: '0', requests: [{ id: '1', waitingShares: String(shares) }] },
  })

  // The policy holds, and the plan frees what is missing all the same: it only takes out of Morpho.
  await nextSlot()
  const report = await keeper.tick()
  expect([report.outcome, report.refusals]).toEqual(['settled', []])
  const freed = await chain.readContract({ ...ofVault(), functionName: 'liquid' })
  const due = await chain.readContract({ ...ofQueue(), functionName: 'pendingAssets' })
  expect(freed).toBeGreaterThanOrEqual(due)
  expect(freed).toBeLessThan(due + due / 1000n)

  const [filled, ...more] = await fill('fill-queue')
  expect(more).toEqual([])
  expect(filled?.shares).toBe(shares)
  expect(filled?.assets).toBeGreaterThan(worth)
  const assets = filled?.assets ?? 0n
  const ready = await tiller(['queue', 'status', '--account', alice])
  expect(ready.stdout).toMatch(/can claim +800,\d{3}\.\d\d USDC\nNone of its requests waits\.\n$/)

  const usdc = { address: rig.vault.asset, abi: erc20Abi, functionName: 'balanceOf', args: [alice] } as const
  const before = await chain.readContract(usdc)
  const claimed = await tiller(['queue', 'claim', '--from', 'alice'])
  expect(claimed.code, claimed.stderr).toBe(0)
  expect(claimed.stdout).toMatch(/^✓ 800,\d{3}\.\d\d USDC came in; nothing of yours waits any more\.\n/)
  expect((await chain.readContract(usdc)) - before).toBe(assets)
  expect(await chain.readContract({ ...ofQueue(), functionName: 'unclaimedAssets' })).toBe(0n)

  // Nothing waits any more, and the keeper has nothing to free.
  await nextSlot()
  const after = await keeper.tick()
  expect(after.refusals.map(({ code }) => code)).toEqual(['hold'])
}, 180_000)

test('who cancels gets back what still waits, and what was filled before stays to be claimed', async () => {
  const { alice } = rig.devnet.deployment.accounts
  const chain = client()
  const sharesOf = () => chain.readContract({ ...ofVault(), functionName: 'balanceOf', args: [alice] })
  const held = await sharesOf()
  for (const [amount, id, ahead] of [
    ['60000', '2', '0'],
    ['all', '3', '60000'],
  ] as const) {
    const { code, stdout, stderr } = await tiller(['queue', 'request', amount, '--from', 'alice'])
    expect(code, stderr).toBe(0)
    expect(stdout).toMatch(
      new RegExp(`Request ${id} waits for [0-9,.]+ USDC, behind ${Number(ahead).toLocaleString('en')}\\.`),
    )
    expect(stderr).toMatch(/free +[0-9,.]+ USDC: tiller vault withdraw pays that at once|waits before it/)
  }
  expect(await sharesOf()).toBe(0n)
  const status = await tiller(['queue', 'status', '--account', alice])
  expect(status.stdout).toMatch(
    /request +waits for +behind\n +2 +60,0\d\d\.\d\d USDC +0\.00 USDC\n +3 +1\d\d,\d{3}\.\d\d USDC +60,0\d\d\.\d\d USDC\n$/,
  )
  expect(await refusal(['queue', 'cancel', '1', '--from', 'alice'])).toMatchObject({ request: '1', waiting: '2, 3' })
  const one = await json(['queue', 'cancel', '3', '--from', 'alice'])
  expect([one.code, one.document.requests, one.document.claimable]).toEqual([0, ['3'], '0'])
  const again = await json(['queue', 'request', 'all', '--from', 'alice'])
  expect(again.document.requestId).toBe('4')

  const early = await tiller(['queue', 'fill', '--key-env', 'KEY'])
  expect(early.stdout).toMatch(
    /^! Nothing was filled: the vault can pay [0-9,.]+ USDC now, and 200,\d{3}\.\d\d USDC wait\.\n/,
  )
  await nextSlot()
  expect((await keeper.tick()).outcome).toBe('settled')
  // One request is filled, the other is taken back: `all` means what still waits.
  const { document } = await json(['queue', 'fill', '--requests', '1', '--key-env', 'KEY'])
  expect(document.sent).toBe(true)
  const all = await tiller(['queue', 'cancel', 'all', '--from', 'alice'])
  expect(all.code, all.stderr).toBe(0)
  expect(all.stdout).toMatch(
    /^✓ Request 4 taken back; 0x\w{40} holds shares worth 1\d\d,\d{3}\.\d\d USDC\.\nWhat was filled before, 60,0\d\d\.\d\d USDC, is claimed with queue claim\.\n/,
  )
  const claim = await json(['queue', 'claim', '--from', 'alice'])
  expect(claim.document).toMatchObject({ account: alice, waits: '0' })
  const rest = await sharesOf()
  expect(rest).toBeGreaterThan((held * 6n) / 10n)
  expect(rest).toBeLessThan(held)

  // Two at once go in one transaction.
  for (const amount of ['1000', '2000']) await json(['queue', 'request', amount, '--from', 'alice'])
  const both = await json(['queue', 'cancel', 'all', '--from', 'alice'])
  expect(both.document.requests).toEqual(['5', '6'])
  expect(await sharesOf()).toBe(rest)
}, 180_000)
