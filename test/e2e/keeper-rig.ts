import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Address,
  type Client,
  createWalletClient,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  http,
  type Transport,
} from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { anvil } from 'viem/chains'
import { planSettings } from '../../src/config/plan-settings.ts'
import { type Config, type ConfigInput, configSchema } from '../../src/config/schema.ts'
import { devnetAccountNames, devnetMnemonic } from '../../src/devnet/deployment.ts'
import { type Devnet, type StartDevnetOptions, startDevnet } from '../../src/devnet/devnet.ts'
import { createRpc, type Rpc } from '../../src/devnet/rpc.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { type CreateKeeperParameters, createKeeper, type Keeper } from '../../src/keeper/create-keeper.ts'
import type { KeeperLogger, TickEffects } from '../../src/keeper/effects.ts'
import type { Observation } from '../../src/observe/observation.ts'
import { planRebalance } from '../../src/plan/plan-rebalance.ts'
import type { Policy, PolicyDecision } from '../../src/policy/policy.ts'
import { createSigner } from '../../src/send/signer.ts'
import { vaultAbi } from '../../src/vault/abi.ts'
import { deployVault, type VaultDeployment } from '../../src/vault/deploy.ts'
import { devnetPlan, devnetVenues } from './devnet-plan.ts'

const million = 1_000_000_000_000n

export type Rig = {
  devnet: Devnet
  rpc: Rpc
  vault: VaultDeployment
  folder: string
  storePath: string
  keeperAddress: Address
  keeperKey: Hex
  /** A configuration of this vault, mode live. */
  config(change?: { rpc?: string; mode?: Config['keeper']['mode']; limits?: Record<string, unknown> }): Config
  configInput(change?: { rpc?: string; mode?: Config['keeper']['mode']; limits?: Record<string, unknown> }): ConfigInput
  openStore(): Promise<Journal>
  keeper(journal: Journal, policy: Policy, change?: Partial<CreateKeeperParameters>): Promise<Keeper>
  /** Mines one block `seconds` after the head. */
  pass(seconds: number): Promise<void>
  send(from: Address, to: Address, data: Hex): Promise<void>
  stop(): Promise<void>
}

export function devnetKey(name: (typeof devnetAccountNames)[number]): Hex {
  const account = mnemonicToAccount(devnetMnemonic, { addressIndex: devnetAccountNames.indexOf(name) })
  const key = account.getHdKey().privateKey
  if (key === null) throw new Error('a derived account has a key')
  return `0x${Buffer.from(key).toString('hex')}`
}

/** A policy that answers what the test tells it. */
export function toldPolicy(answer: (observation: Observation) => PolicyDecision): Policy {
  return { name: 'told', hash: `0x${'77'.repeat(32)}`, executionProvider: 'rule', decide: answer }
}

export const quietLogger: KeeperLogger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

/** The devnet with a vault of one million USDC over four venues, and everything a keeper of it needs. */
export async function startRig(options: StartDevnetOptions = {}): Promise<Rig> {
  const devnet = await startDevnet(options)
  const rpc = createRpc(devnet.url)
  const folder = mkdtempSync(join(tmpdir(), 'tiller-keeper-'))
  const { accounts, tokens, feeds } = devnet.deployment
  const deployer = createWalletClient({ account: accounts.alice, chain: anvil, transport: http(devnet.url) })
  const caps = { absoluteCap: 50n * million, relativeCapWad: 6n * 10n ** 17n }
  const { aave, comet, morpho, savings } = devnetVenues(devnet.deployment, caps)
  const plan = devnetPlan(devnet.deployment, {
    limits: { cooldownSeconds: 600, turnoverPerDayBps: 10_000 },
    venues: [aave, comet, morpho, savings],
    exitList: ['aave', 'comet', 'savings'],
  })
  const vault = await deployVault(deployer as Client<Transport, typeof anvil>, plan)
  const send = async (from: Address, to: Address, data: Hex): Promise<void> => {
    const receipt = (await rpc('eth_sendTransactionSync', [{ from, to, data, gas: '0x1000000' }])) as { status: Hex }
    if (receipt.status !== '0x1') throw new Error(`the call of ${to} failed`)
  }
  const approve = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [vault.vault, million] })
  await send(accounts.alice, tokens.usdc, approve)
  const deposit = encodeFunctionData({ abi: vaultAbi, functionName: 'deposit', args: [million, accounts.alice] })
  await send(accounts.alice, vault.vault, deposit)

  const keeperKey = devnetKey('keeper')
  const configInput: Rig['configInput'] = (change = {}) => ({
    chain: { id: devnet.chainId, rpc: { read: [change.rpc ?? devnet.url] } },
    vault: {
      address: vault.vault,
      guard: vault.guard,
      venues: vault.venues.map(({ name, kind, adapter, data }) => ({ name, kind, adapter, data })),
      ethUsdFeed: feeds.ethUsd,
      idleReserveBps: 500,
    },
    keeper: {
      mode: change.mode ?? 'live',
      limits: { maxHeadAgeSeconds: 0, minObservedSlots: 1, receiptTimeoutSeconds: 5, ...change.limits },
    },
    store: { path: join(folder, 'journal.db') },
  })
  const config: Rig['config'] = (change = {}) => {
    const { $schema: _schema, ...file } = configSchema.parse(configInput(change))
    const url = change.rpc ?? devnet.url
    return { ...file, chain: { id: file.chain.id, rpc: { read: [url], send: url, simulate: url } } }
  }
  const storePath = join(folder, 'journal.db')
  /** A told policy chases no yield, so its plans need not pay. */
  const settings = { ...planSettings(config()), minEdgeBps: null }
  const withoutEdge: TickEffects['plan'] = ({ reading, observation, decision, now }) =>
    planRebalance({ ...reading, observation, decision, settings, now, ethPriceE8: reading.ethPriceUsdE8 ?? 1n })
  return {
    devnet,
    rpc,
    vault,
    folder,
    storePath,
    keeperAddress: accounts.keeper,
    keeperKey,
    config,
    configInput,
    openStore: () => openJournal({ path: storePath }),
    keeper: async (journal, policy, change = {}) =>
      createKeeper({
        config: config(),
        journal,
        policy,
        keeper: accounts.keeper,
        signer: await createSigner({ loadKey: async () => keeperKey, expected: accounts.keeper }),
        logger: quietLogger,
        blockSeconds: 1,
        receiptPollMs: 20,
        ...change,
        wrapEffects: (own) => {
          const effects = { ...own, plan: withoutEdge }
          return change.wrapEffects?.(effects) ?? effects
        },
      }),
    pass: async (seconds) => {
      const head = (await rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
      await rpc('evm_setNextBlockTimestamp', [Number(BigInt(head.timestamp)) + seconds])
      await rpc('evm_mine', [])
    },
    send,
    stop: async () => {
      await devnet.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
