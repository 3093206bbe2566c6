import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Address, encodeDeployData, encodeFunctionData, erc20Abi, type Hex, parseEventLogs } from 'viem'
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

/** `tiller vault fill-queue` of the built program, from an account that holds nothing in the vault. */
async function fill(): Promise<readonly { shares: bigint; assets: bigint }[]> {
  const input = rig.configInput({ mode: 'readonly' })
  const file = join(rig.folder, 'tiller.config.json')
  writeFileSync(file, JSON.stringify({ ...input, vault: { ...input.vault, redeemQueue: queue } }))
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [join(process.cwd(), 'scripts/tiller.mjs'), 'vault', 'fill-queue', '--config', file, '--key-env', 'KEY', '--json'],
    { env: { ...process.env, KEY: devnetKey('bob') }, timeout: 60_000 },
  )
  const { sent, hash } = JSON.parse(stdout) as { sent: boolean; hash: Hex }
  expect(sent).toBe(true)
  const { logs } = (await rig.rpc('eth_getTransactionReceipt', [hash])) as { logs: [] }
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

test('a holder asks for more than is liquid, the next plan frees it, anyone fills, and the claim delivers', async () => {
  const { alice } = rig.devnet.deployment.accounts
  const chain = client()
  const liquid = await chain.readContract({ ...ofVault(), functionName: 'liquid' })
  const held = await chain.readContract({ ...ofVault(), functionName: 'balanceOf', args: [alice] })
  const shares = (held * 8n) / 10n
  const worth = await chain.readContract({ ...ofVault(), functionName: 'previewRedeem', args: [shares] })
  expect(worth).toBeGreaterThan(liquid)

  const approve = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [queue, shares] })
  await rig.send(alice, rig.vault.vault, approve)
  const request = encodeFunctionData({
    abi: redeemQueueAbi,
    functionName: 'requestRedeem',
    args: [shares, alice, alice],
  })
  await rig.send(alice, queue, request)
  expect(await chain.readContract({ ...ofQueue(), functionName: 'pendingRedeemRequest', args: [1n, alice] })).toBe(
    shares,
  )

  // The policy holds, and the plan frees what is missing all the same: it only takes out of Morpho.
  await nextSlot()
  const report = await keeper.tick()
  expect([report.outcome, report.refusals]).toEqual(['settled', []])
  const freed = await chain.readContract({ ...ofVault(), functionName: 'liquid' })
  const due = await chain.readContract({ ...ofQueue(), functionName: 'pendingAssets' })
  expect(freed).toBeGreaterThanOrEqual(due)
  expect(freed).toBeLessThan(due + due / 1000n)

  const [filled, ...more] = await fill()
  expect(more).toEqual([])
  expect(filled?.shares).toBe(shares)
  expect(filled?.assets).toBeGreaterThan(worth)
  const assets = filled?.assets ?? 0n
  expect(await chain.readContract({ ...ofQueue(), functionName: 'maxWithdraw', args: [alice] })).toBe(assets)

  const usdc = { address: rig.vault.asset, abi: erc20Abi, functionName: 'balanceOf', args: [alice] } as const
  const before = await chain.readContract(usdc)
  const claim = encodeFunctionData({ abi: redeemQueueAbi, functionName: 'redeem', args: [shares, alice, alice] })
  await rig.send(alice, queue, claim)
  expect((await chain.readContract(usdc)) - before).toBe(assets)
  expect(await chain.readContract({ ...ofQueue(), functionName: 'unclaimedAssets' })).toBe(0n)

  // Nothing waits any more, and the keeper has nothing to free.
  await nextSlot()
  const after = await keeper.tick()
  expect(after.refusals.map(({ code }) => code)).toEqual(['hold'])
}, 120_000)
