import {
  type Abi,
  type Address,
  BaseError,
  type ContractFunctionArgs,
  type ContractFunctionName,
  ContractFunctionRevertedError,
  createPublicClient,
  createTestClient,
  createWalletClient,
  erc20Abi,
  getAddress,
  http,
} from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Devnet, startDevnet } from '../../src/devnet/devnet.ts'
import { type Leg, wholePosition } from '../../src/plan/plan.ts'
import { adapterAbi, guardAbi, vaultAbi } from '../../src/vault/abi.ts'
import { deployVault, prepareDeployment, type VaultDeployment, type VaultPlanConfig } from '../../src/vault/deploy.ts'
import { deadAddress } from '../../src/vault/plan-deployment.ts'
import type { VenueRef } from '../../src/venues/venue.ts'
import { devnetPlan, devnetVenues } from './devnet-plan.ts'

const usdc = (amount: number): bigint => BigInt(Math.round(amount * 1e6))
const hour = 3_600n

let devnet: Devnet
let vault: VaultDeployment
let config: VaultPlanConfig

const makePublic = () => createPublicClient({ chain: anvil, transport: http(devnet.url), pollingInterval: 20 })
const makeTest = () => createTestClient({ mode: 'anvil', chain: anvil, transport: http(devnet.url) })
let client: ReturnType<typeof makePublic>
let chain: ReturnType<typeof makeTest>

/** Sends from an unlocked account and waits for success. */
async function send<abi extends Abi, name extends ContractFunctionName<abi, 'nonpayable' | 'payable'>>(
  account: Address,
  address: Address,
  abi: abi,
  functionName: name,
  args: ContractFunctionArgs<abi, 'nonpayable' | 'payable', name>,
): Promise<bigint> {
  const wallet = createWalletClient({ account, chain: anvil, transport: http(devnet.url) })
  const request = { account, address, abi, functionName, args } as Parameters<typeof client.simulateContract>[0]
  await client.simulateContract(request)
  // An estimate at the head knows nothing of the interest that falls due until the block of the transaction.
  const estimate = await client.estimateContractGas(request as Parameters<typeof client.estimateContractGas>[0])
  const gas = (estimate * 3n) / 2n
  const hash = await wallet.writeContract({ ...request, gas } as Parameters<typeof wallet.writeContract>[0])
  const receipt = await client.waitForTransactionReceipt({ hash })
  expect(receipt.status).toBe('success')
  return receipt.gasUsed
}

async function pass(seconds: bigint): Promise<void> {
  const { timestamp } = await client.getBlock()
  await chain.setNextBlockTimestamp({ timestamp: timestamp + seconds })
  await chain.mine({ blocks: 1 })
}

const venue = (name: string): VenueRef => {
  const found = vault.venues.find((ref) => ref.name === name)
  if (found === undefined) throw new Error(`no venue ${name}`)
  return found
}

const leg = (name: string, deposit: boolean, assets: bigint): Leg => ({
  adapter: venue(name).adapter,
  deposit,
  assets,
  data: venue(name).data,
})

async function rebalance(legs: readonly Leg[]): Promise<bigint> {
  const nonce = await client.readContract({ address: vault.guard, abi: guardAbi, functionName: 'nextNonce' })
  const { timestamp } = await client.getBlock()
  const totalAssets = await total()
  const plan = { nonce, deadline: timestamp + hour, minTotalAssetsAfter: totalAssets - usdc(1), legs: [...legs] }
  return send(devnet.deployment.accounts.keeper, vault.guard, guardAbi, 'rebalance', [plan])
}

const total = (): Promise<bigint> =>
  client.readContract({ address: vault.vault, abi: vaultAbi, functionName: 'totalAssets' })

const idle = (): Promise<bigint> => client.readContract({ address: vault.vault, abi: vaultAbi, functionName: 'idle' })

const position = (name: string): Promise<bigint> =>
  client.readContract({
    address: venue(name).adapter,
    abi: adapterAbi,
    functionName: 'venueAssets',
    args: [venue(name).data],
  })

const balance = (account: Address): Promise<bigint> =>
  client.readContract({ address: vault.asset, abi: erc20Abi, functionName: 'balanceOf', args: [account] })

async function enter(account: Address, assets: bigint): Promise<void> {
  await send(account, vault.asset, erc20Abi, 'approve', [vault.vault, assets])
  await send(account, vault.vault, vaultAbi, 'deposit', [assets, account])
}

beforeAll(async () => {
  devnet = await startDevnet()
  client = makePublic()
  chain = makeTest()
  const caps = { absoluteCap: usdc(50_000_000), relativeCapWad: 5n * 10n ** 17n }
  const { aave, comet, morpho, morpho2, savings, stata } = devnetVenues(devnet.deployment, caps)
  config = devnetPlan(devnet.deployment, {
    limits: { turnoverPerDayBps: 10_000 },
    venues: [aave, comet, { ...morpho, name: 'morpho-1' }, morpho2, savings, stata],
    exitList: ['aave', 'comet', 'savings', 'morpho-1', 'morpho-2'],
  })
}, 300_000)

afterAll(() => devnet?.stop())

const walletOf = (account: Address) => createWalletClient({ account, chain: anvil, transport: http(devnet.url) })

describe.sequential('a deployment that cannot succeed', () => {
  test('is refused before anything is sent when the deployer cannot pay for the seed', async () => {
    const { sentinel } = devnet.deployment.accounts
    await expect(deployVault(walletOf(sentinel), config)).rejects.toThrow(
      [
        'The deployer holds too little of the asset to seed the vault.',
        `  deployer:   ${sentinel}`,
        `  asset:      ${config.asset}`,
        '  balance:    0',
        '  seedAssets: 10000000',
        'Remedy: Send the missing amount of the asset to the deployer, or lower seedAssets.',
      ].join('\n'),
    )
    expect(await client.getTransactionCount({ address: sentinel })).toBe(0)
  })

  test('says which step failed and in the words of the contract', async () => {
    const { alice } = devnet.deployment.accounts
    const { tokens, aave } = devnet.deployment
    const tight = { absoluteCap: 1n, relativeCapWad: 10n ** 16n }
    const wrong: VaultPlanConfig = {
      ...config,
      asset: tokens.usdc,
      venues: [{ ...devnetVenues(devnet.deployment, tight).savings, name: 'aave', target: aave.aUsdc }],
      exitList: [],
    }
    await expect(deployVault(walletOf(alice), wrong)).rejects.toMatchObject({
      code: 'DEPLOYMENT_STEP_REVERTED',
      details: {
        step: 'create erc4626 adapter',
        reason: 'reverted without a reason (out of gas, or no contract at an address)',
      },
    })
  })
})

describe.sequential('a vault on the real protocols', () => {
  test('refuses a seed of less than a hundredth of a whole unit', async () => {
    const wallet = walletOf(devnet.deployment.accounts.deployer)
    await expect(prepareDeployment(wallet, { ...config, seedAssets: 9_999n })).rejects.toMatchObject({
      code: 'VAULT_PLAN_INVALID',
      message: expect.stringContaining('is below 10000, a hundredth of a whole unit'),
    })
  })

  test('is deployed as the dry run says', async () => {
    const { deployer, alice } = devnet.deployment.accounts
    const wallet = walletOf(deployer)
    // The deployer holds no asset; alice pays the seed.
    await send(alice, config.asset, erc20Abi, 'transfer', [deployer, config.seedAssets])
    const plan = await prepareDeployment(wallet, config)
    vault = await deployVault(wallet, config)
    expect(vault.vault).toBe(plan.vault)
    expect(vault.guard).toBe(plan.guard)
    expect(vault.venues).toEqual(plan.venues)
    expect(vault.transactions.map(({ title }) => title)).toEqual([
      'create Vault',
      'create Guard',
      'create aave-v3 adapter',
      'create comet adapter',
      'create morpho-blue adapter',
      'create erc4626 adapter',
      'create erc4626 adapter',
      'configure the vault: adapters, caps, exits, fees, timelocks',
      'configure the Guard: keepers, inflow, timelocks',
      'approve the seed',
      'set the Guard and seed dead shares',
      'hand the vault over to curator and owner',
    ])
    expect(vault.ownerMustAccept).toBe(true)
  })

  test('has the configured roles, caps and exits', async () => {
    const { accounts } = devnet.deployment
    await send(accounts.owner, vault.vault, vaultAbi, 'acceptOwnership', [])
    const read = { address: vault.vault, abi: vaultAbi } as const
    expect(await client.readContract({ ...read, functionName: 'owner' })).toBe(accounts.owner)
    expect(await client.readContract({ ...read, functionName: 'curator' })).toBe(accounts.curator)
    expect(await client.readContract({ ...read, functionName: 'decimals' })).toBe(18)
    expect(await client.readContract({ ...read, functionName: 'balanceOf', args: [deadAddress] })).toBe(
      10n * 10n ** 18n,
    )
    const exits = await client.readContract({ ...read, functionName: 'exitList' })
    expect(exits.map(({ adapter }) => getAddress(adapter))).toEqual(
      ['aave', 'comet', 'savings', 'morpho-1', 'morpho-2'].map((name) => getAddress(venue(name).adapter)),
    )
    for (const ref of vault.venues) {
      const ids = await client.readContract({
        address: ref.adapter,
        abi: adapterAbi,
        functionName: 'ids',
        args: [ref.data],
      })
      expect(ids[0]).toBe(ref.id)
      const caps = await Promise.all(
        ids.map((id) => client.readContract({ ...read, functionName: 'capOf', args: [id] })),
      )
      expect(caps.every(([absoluteCap, relativeCapWad]) => absoluteCap > 0n && relativeCapWad > 0n)).toBe(true)
    }
  })

  test('keeps deposits of two people idle', async () => {
    const { alice, bob } = devnet.deployment.accounts
    await enter(alice, usdc(600_000))
    await enter(bob, usdc(300_000))
    expect(await idle()).toBe(usdc(900_010))
    expect(await total()).toBe(usdc(900_010))
  })

  test('is moved by a plan into every kind of venue without loss beyond rounding', async () => {
    const before = await total()
    const gas = await rebalance([
      leg('aave', true, usdc(200_000)),
      leg('comet', true, usdc(150_000)),
      leg('morpho-1', true, usdc(150_000)),
      leg('morpho-2', true, usdc(100_000)),
      leg('savings', true, usdc(100_000)),
      leg('stata', true, usdc(100_000)),
    ])
    const after = await total()
    console.log(`six legs: ${gas} gas, rounding ${before - after} units`)
    expect(after).toBeGreaterThan(before - 20n)
    expect(await idle()).toBe(usdc(100_010))
  })

  test('earns in every venue as time passes, and its exit price follows', async () => {
    const names = vault.venues.map(({ name }) => name)
    const before = await Promise.all(names.map(position))
    const read = { address: vault.vault, abi: vaultAbi, functionName: 'convertToAssets', args: [10n ** 18n] } as const
    const price = await client.readContract(read)
    await pass(7n * 24n * hour)
    const after = await Promise.all(names.map(position))
    after.forEach((assets, index) => {
      expect(assets, names[index]).toBeGreaterThan(before[index] ?? 0n)
    })
    expect(await client.readContract(read)).toBeGreaterThan(price)
  })

  test('is rebalanced within the Guard and refuses the same nonce again, with a named error', async () => {
    const nonce = await client.readContract({ address: vault.guard, abi: guardAbi, functionName: 'nextNonce' })
    const gas = await rebalance([
      leg('savings', false, wholePosition),
      leg('stata', false, wholePosition),
      leg('comet', true, usdc(50_000)),
      leg('morpho-2', true, usdc(50_000)),
    ])
    console.log(`two whole positions out, two deposits: ${gas} gas`)
    expect(await position('savings')).toBe(0n)
    expect(await position('stata')).toBe(0n)
    const { timestamp } = await client.getBlock()
    const again = client.simulateContract({
      account: devnet.deployment.accounts.keeper,
      address: vault.guard,
      abi: guardAbi,
      functionName: 'rebalance',
      args: [{ nonce, deadline: timestamp + hour, minTotalAssetsAfter: 0n, legs: [leg('aave', false, 1n)] }],
    })
    const error = await again.then(
      () => undefined,
      (cause: unknown) =>
        cause instanceof BaseError ? cause.walk((e) => e instanceof ContractFunctionRevertedError) : cause,
    )
    expect((error as ContractFunctionRevertedError).data?.errorName).toBe('WrongNonce')
  })

  test('counts nothing that others give to an adapter inside a venue', async () => {
    const { attacker } = devnet.deployment.accounts
    const { aave } = devnet.deployment
    const gift = usdc(5_000)
    const before = await position('aave')
    await send(attacker, config.asset, erc20Abi, 'approve', [aave.pool, gift])
    await send(
      attacker,
      aave.pool,
      [
        {
          type: 'function',
          name: 'supply',
          stateMutability: 'nonpayable',
          inputs: [{ type: 'address' }, { type: 'uint256' }, { type: 'address' }, { type: 'uint16' }],
          outputs: [],
        },
      ] as const,
      'supply',
      [config.asset, gift, venue('aave').adapter, 0],
    )
    expect((await position('aave')) - before).toBeLessThan(usdc(10))
  })

  test('pays everybody out in full from idle and the exit list', async () => {
    const { alice, bob } = devnet.deployment.accounts
    const read = { address: vault.vault, abi: vaultAbi } as const
    for (const [account, paid] of [
      [alice, usdc(600_000)],
      [bob, usdc(300_000)],
    ] as const) {
      const shares = await client.readContract({ ...read, functionName: 'balanceOf', args: [account] })
      expect(await client.readContract({ ...read, functionName: 'maxRedeem', args: [account] })).toBe(shares)
      const held = await balance(account)
      const gas = await send(account, vault.vault, vaultAbi, 'redeem', [shares, account, account])
      const gain = (await balance(account)) - held - paid
      console.log(`redeemed with a gain of ${gain} units, ${gas} gas`)
      expect(gain).toBeGreaterThan(0n)
      expect(await client.readContract({ ...read, functionName: 'balanceOf', args: [account] })).toBe(0n)
    }
    // What is left belongs to the dead shares and to rounding.
    expect(await total()).toBeGreaterThanOrEqual(usdc(10))
    expect(await total()).toBeLessThan(usdc(10.1))
  })
})
