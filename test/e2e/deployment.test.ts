import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type Address,
  createWalletClient,
  decodeAbiParameters,
  encodeAbiParameters,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  http,
} from 'viem'
import { anvil } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCompiler } from '../../src/devnet/compile/compile-units.ts'
import { findContract } from '../../src/devnet/compile/find-contract.ts'
import type { StandardJsonInput } from '../../src/devnet/compile/unit.ts'
import type { Devnet } from '../../src/devnet/devnet.ts'
import { devnetVaultPlan } from '../../src/devnet/devnet-vault-plan.ts'
import type { Rpc } from '../../src/devnet/rpc.ts'
import { erc4626AdapterAbi, factoryAbi, vaultAbi } from '../../src/vault/abi.ts'
import { compileContracts } from '../../src/vault/compile-contracts.ts'
import { prepareDeployment } from '../../src/vault/deploy.ts'
import { type DeploymentFile, readDeploymentFile } from '../../src/vault/deployment-file.ts'
import { rehearseDeployment } from '../../src/vault/rehearse-deployment.ts'
import { venueId } from '../../src/venues/venue-id.ts'
import { type CliRig, startCliRig } from './cli-rig.ts'

let rig: CliRig
let devnet: Devnet
let rpc: Rpc
let folder: string
let deployment: DeploymentFile

const tiller = (args: readonly string[]) => rig.tiller(args)
const json = (args: readonly string[]) => rig.json(args)
const send = (from: Address, to: Address, data: Hex) => rig.send(from, to, data)

const text = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))

beforeAll(async () => {
  // Ahead of the commands, whose time is bounded.
  await compileContracts()
  rig = await startCliRig()
  devnet = rig.devnet
  rpc = rig.rpc
  folder = rig.folder
  const config = { chain: { id: devnet.chainId, rpc: { read: [devnet.url] } } }
  writeFileSync(join(folder, 'tiller.config.json'), JSON.stringify(config))
  const { accounts } = devnet.deployment
  const plan = {
    ...devnetVaultPlan(devnet.deployment, 50_000_000n),
    owner: accounts.bob,
    performanceFeeBps: 1_000,
    feeRecipient: accounts.carol,
    timelocks: { setExitList: 864_000 },
  }
  writeFileSync(join(folder, 'plan.json'), text(plan))
}, 300_000)

afterAll(async () => {
  await rig?.stop()
})

describe.sequential('a vault from one configuration file', () => {
  const args = ['vault', 'deploy', '--plan', 'plan.json', '--from', 'alice', '--with-factory']

  test('the dry run shows every address, role, timelock, cap and cost, and sends nothing', async () => {
    const before = await rpc('eth_blockNumber')
    const { code, stdout, stderr } = await tiller([...args, '--dry-run'])
    expect(code, stderr).toBe(0)
    const { accounts } = devnet.deployment
    for (const part of [accounts.bob, accounts.curator, accounts.sentinel, accounts.keeper, accounts.carol]) {
      expect(stdout).toContain(part)
    }
    expect(stdout).toMatch(/vault \(else\) +3 d 0 h/)
    expect(stdout).toMatch(/vault setExitList +10 d 0 h/)
    expect(stdout).toMatch(/guard addKeeper +7 d 0 h/)
    expect(stdout).toMatch(/performance fee +10.00 %/)
    expect(stdout).toMatch(/create Vault and Guard through the factory +[0-9,]+ +0\.\d{6}/)
    expect(stdout).toMatch(/router +0x\w{40} {2}of the chain\n +in-kind exits lent by 0x\w{40}/)
    expect(stdout).toMatch(/redeem queue +0x\w{40} {2}for requests of 100.00 USDC and more/)
    expect(stdout).toMatch(/gains +come into the price at 50.00 % a year at most/)
    expect(stdout).toMatch(
      /protocol +0x\w{40} +no cap of its own; at most 80.00 % of the vault together\n +of morpho:\S+, morpho:\S+/,
    )
    expect(stdout).toMatch(/exits from +idle, aave-v3:usdc, /)
    const { aave, morpho } = devnet.deployment
    for (const place of [aave.pool, morpho.morpho, ...morpho.markets.map(({ params }) => params.oracle)]) {
      expect(stdout).toContain(place)
    }
    expect(stdout).toMatch(/Nothing was sent\.\n$/)
    expect(await rpc('eth_blockNumber')).toBe(before)
  })

  test('the example for the devnet runs as it is, and no configuration is needed', async () => {
    const example = join(process.cwd(), 'docs', 'examples', 'devnet-usdc.json')
    const own = ['vault', 'deploy', '--plan', example, '--from', 'alice', '--dry-run', '--rpc', devnet.url]
    const { code, document, stderr } = await json(own)
    expect(code, stderr).toBe(0)
    expect(document.warnings).toEqual([])
    const found = await json([...own, '--config', 'none.json'])
    expect([found.code, found.document.vault]).toEqual([0, document.vault])
  })

  test('a plan of another chain, and addresses without a contract, are refused before anything else', async () => {
    const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
    const refusal = async (changes: object) => {
      writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...plan, ...changes }))
      const { document } = await json(['vault', 'deploy', '--plan', 'other.json', '--from', 'alice', '--dry-run'])
      return { code: document.error.code, ...document.error.details }
    }
    expect(await refusal({ chainId: 1 })).toEqual({ code: 'VAULT_PLAN_CHAIN', planned: 1, found: 31_337 })
    const { bob } = devnet.deployment.accounts
    expect(await refusal({ asset: bob, gate: bob })).toEqual({
      code: 'VAULT_PLAN_INVALID',
      asset: `is ${bob}, where chain 31337 has no contract`,
      gate: `is ${bob}, where chain 31337 has no contract`,
    })
  })

  test('it asks before it sends, and without a terminal it wants --yes', async () => {
    const { code, document } = await json(args)
    expect([code, document.error.code, document.error.details.missing]).toEqual([2, 'USAGE_NOT_INTERACTIVE', '--yes'])
  })

  test('what the dry run says comes true: addresses and gas', async () => {
    const dry = await json([...args, '--dry-run'])
    const { code, document, stderr } = await json([...args, '--yes', '--out', 'out'])
    expect(code, stderr).toBe(0)
    expect(document.vault).toBe(dry.document.vault)
    expect(document.guard).toBe(dry.document.guard)
    expect(document.transactions.map(({ gasUsed }: { gasUsed: string }) => gasUsed)).toEqual(
      dry.document.rehearsal.steps.map(({ gasUsed }: { gasUsed: string }) => gasUsed),
    )
    for (const { gasUsed } of document.transactions) expect(BigInt(gasUsed)).toBeLessThan(1n << 24n)
    expect(document.ownerMustAccept).toBe(true)
    deployment = readDeploymentFile(join(folder, 'out', 'deployment.json'))
    const { router, redeemQueue } = dry.document.periphery
    expect(deployment.periphery).toEqual({ router, redeemQueue })
    expect(document.section).toMatchObject({ router, redeemQueue })
    expect(deployment.contracts.slice(-2).map(({ contract, address }) => [contract, address])).toEqual([
      ['Router', router],
      ['RedeemQueue', redeemQueue],
    ])
  })

  test('the factory lists the vault, and its owner is the factory until the configured one accepts', async () => {
    const { vault, factory } = deployment
    if (factory === undefined) throw new Error('it went through a factory')
    const isVault = encodeFunctionData({ abi: factoryAbi, functionName: 'isVault', args: [vault] })
    expect(BigInt((await rpc('eth_call', [{ to: factory, data: isVault }, 'latest'])) as Hex)).toBe(1n)
    const { accounts } = devnet.deployment
    await send(accounts.bob, vault, encodeFunctionData({ abi: vaultAbi, functionName: 'acceptOwnership' }))
  })

  test('a second vault finds the factory and the Router by itself', async () => {
    const { document } = await json([...args.filter((arg) => arg !== '--with-factory'), '--dry-run'])
    expect(document.factory).toBe(deployment.factory)
    expect(document.vault).not.toBe(deployment.vault)
    expect(document.steps[0].title).toBe('create Vault and Guard through the factory')
    expect(document.periphery.router).toBe(deployment.periphery.router)
    expect(document.periphery.redeemQueue).not.toBe(deployment.periphery.redeemQueue)
    expect(document.steps.map(({ title }: { title: string }) => title)).not.toContain('create the Router of the chain')
  })

  test('an asset that keeps a fee is refused in the dry run', async () => {
    const { accounts } = devnet.deployment
    const nonce = BigInt((await rpc('eth_getTransactionCount', [accounts.alice, 'latest'])) as Hex)
    const token = getContractAddress({ from: accounts.alice, nonce })
    await rpc('eth_sendTransactionSync', [{ from: accounts.alice, data: await feeTokenCode(), gas: '0x1000000' }])
    const base = devnetVaultPlan(devnet.deployment, 50n)
    const venues = base.venues.filter(({ kind }) => kind === 'erc4626')
    const wallet = createWalletClient({ account: accounts.alice, chain: anvil, transport: http(devnet.url) })
    const config = { ...base, asset: token, venues, exitList: [] }
    const plan = await prepareDeployment(wallet, config)
    // Venues of another asset would be refused before the seed is.
    const steps = plan.steps.filter(({ title }) => !/adapter|configure/.test(title))
    const error = await rehearseDeployment(wallet as never, { ...plan, steps }).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ASSET_FEE_ON_TRANSFER' })
  })

  test('a seed that the deployer does not hold, and an asset that is none, are refused before anything is simulated', async () => {
    const poor = await json(['vault', 'deploy', '--plan', 'plan.json', '--from', 'deployer', '--dry-run'])
    expect([poor.code, poor.document.error.code]).toEqual([1, 'SEED_UNAFFORDABLE'])
    const plan = JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'))
    writeFileSync(join(folder, 'none.json'), JSON.stringify({ ...plan, asset: devnet.deployment.accounts.bob }))
    const none = await json(['vault', 'deploy', '--plan', 'none.json', '--from', 'alice', '--dry-run'])
    expect([none.code, none.document.error.code]).toEqual([1, 'VAULT_PLAN_INVALID'])
  })

  test('the keeper reads the deployment file in place of addresses', async () => {
    const config = {
      chain: { id: devnet.chainId, rpc: { read: [devnet.url] } },
      vault: { deployment: 'out/deployment.json' },
    }
    writeFileSync(join(folder, 'by-file.json'), JSON.stringify(config))
    const { code, document, stderr } = await json(['vault', 'status', '--config', 'by-file.json'])
    expect(code, stderr).toBe(0)
    expect(document.address).toBe(deployment.vault)
    expect(document.venues.map(({ ref }: { ref: { name: string } }) => ref.name)).toEqual(
      deployment.venues.map(({ name }) => name),
    )
    const shown = await tiller(['vault', 'status', '--config', 'by-file.json'])
    expect(shown.stdout).toMatch(/waits in the redeem queue +0.00 USDC/)
  })

  test('init takes the venues from the deployment file, with their names', async () => {
    const args = ['init', '--rpc', devnet.url, '--vault', deployment.vault, '--config', 'by-init.json']
    const { code, document } = await json([...args, '--deployment', join('out', 'deployment.json')])
    expect([code, document.error]).toEqual([0, undefined])
    const { vault } = JSON.parse(readFileSync(join(folder, 'by-init.json'), 'utf8'))
    expect(vault.venues.map(({ name }: { name: string }) => name)).toEqual(deployment.venues.map(({ name }) => name))
    expect(vault.redeemQueue).toBe(deployment.periphery.redeemQueue)
  })
})

/** A token that keeps a hundredth of every transfer. */
const feeTokenSource = `
pragma solidity ^0.8.28;
contract FeeToken {
    string public constant symbol = "FEE";
    uint8 public constant decimals = 6;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    constructor() { balanceOf[msg.sender] = 1e12; }
    function approve(address spender, uint256 amount) external returns (bool) {
        allowance[msg.sender][spender] = amount;
        return true;
    }
    function transfer(address to, uint256 amount) external returns (bool) { return _move(msg.sender, to, amount); }
    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        allowance[from][msg.sender] -= amount;
        return _move(from, to, amount);
    }
    function _move(address from, address to, uint256 amount) private returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount - amount / 100;
        return true;
    }
}`

type SolcContract = {
  evm: {
    bytecode: { object: string }
    deployedBytecode: { object: string; immutableReferences?: Record<string, { start: number; length: number }[]> }
  }
}

async function recompile(input: StandardJsonInput, file: string, contract: string): Promise<SolcContract['evm']> {
  const output: { contracts: Record<string, Record<string, SolcContract>> } = JSON.parse(
    await runCompiler('solc', input),
  )
  const found = output.contracts[file]?.[contract]
  if (found === undefined) throw new Error(`${contract} did not compile`)
  return found.evm
}

async function feeTokenCode(): Promise<Hex> {
  const selection = ['evm.bytecode.object', 'evm.deployedBytecode.object']
  const input = {
    language: 'Solidity' as const,
    sources: { 'FeeToken.sol': { content: feeTokenSource } },
    settings: { evmVersion: 'cancun', outputSelection: { 'FeeToken.sol': { '*': selection } } },
  }
  return `0x${(await recompile(input, 'FeeToken.sol', 'FeeToken')).bytecode.object}`
}

/** Immutables are zeros in what the compiler gives. */
function withoutPlaces(code: string, places: readonly { start: number; length: number }[]): string {
  return places.reduce(
    (text, { start, length }) => text.slice(0, 2 * start) + '00'.repeat(length) + text.slice(2 * (start + length)),
    code,
  )
}

describe.sequential('the bundle for source verification', () => {
  test('recompiled, it gives the code on the chain', async () => {
    const bundle = join(folder, 'out', 'verification')
    for (const { contract, address, constructorArguments } of deployment.contracts) {
      const input = JSON.parse(readFileSync(join(bundle, 'standard-json', `${contract}.json`), 'utf8'))
      const { file } = findContract(contract)
      const { deployedBytecode } = await recompile(input, file, contract)
      const onChain = (await rpc('eth_getCode', [address, 'latest'])) as string
      const places = Object.values(deployedBytecode.immutableReferences ?? {}).flat()
      expect(withoutPlaces(onChain.slice(2), places), contract).toBe(deployedBytecode.object)
      const place = join(bundle, 'sourcify', String(devnet.chainId), address)
      const metadata = JSON.parse(readFileSync(join(place, 'metadata.json'), 'utf8'))
      expect(metadata.settings.compilationTarget).toEqual({ [file]: contract })
      for (const name of Object.keys(metadata.sources)) {
        expect(readFileSync(join(place, 'sources', name), 'utf8')).toBe(input.sources[name].content)
      }
      expect(readFileSync(join(place, 'constructor-args.txt'), 'utf8')).toBe(constructorArguments)
      expect(readFileSync(join(place, 'creator-tx-hash.txt'), 'utf8')).toMatch(/^0x[0-9a-f]{64}$/)
    }
  }, 600_000)
})

describe.sequential('the audit of a live vault', () => {
  test('says whom the vault allows what, and finds nothing serious', async () => {
    const { code, stdout, stderr } = await tiller(['vault', 'audit', deployment.vault])
    expect(code, stderr + stdout).toBe(0)
    expect(stdout).toContain('after 7 d 0 h: put another allocator in place of the Guard; admit an adapter')
    expect(stdout).toContain('after 10 d 0 h: replace the exit list')
    expect(stdout).toContain(
      `fees          10.00 % of gains, 0.00 % of all assets a year, to ${devnet.deployment.accounts.carol}`,
    )
    expect(stdout).not.toContain('✗')
  })

  test('looks at what stands beside the vault where a deployment file names it', async () => {
    const bare = await json(['vault', 'audit', deployment.vault])
    expect(bare.document.beside).toEqual({ priceGuards: [] })
    const args = ['vault', 'audit', deployment.vault, '--deployment', 'out/deployment.json']
    const { code, document, stderr } = await json(args)
    expect(code, stderr).toBe(0)
    const { factory } = deployment
    const { router, redeemQueue } = deployment.periphery
    expect(document.beside).toEqual({
      factory: { address: factory, lists: true },
      router: { address: router, flashLender: devnet.deployment.morpho.morpho },
      redeemQueue: {
        ...{ address: redeemQueue, vault: deployment.vault, minRequestAssets: '100000000' },
        ...{ pendingAssets: '0', unclaimedAssets: '0' },
      },
      priceGuards: [],
    })
    const compared = document.code.map(({ name, matches }: { name: string; matches: boolean }) => [name, matches])
    for (const name of ['VaultFactory', 'Router', 'RedeemQueue']) expect(compared).toContainEqual([name, true])
    const { stdout } = await tiller(args)
    expect(stdout).toContain('holders: ask for 100.00 USDC or more, and take back what still waits at any time')
    expect(stdout).toContain(`nobody owns it; borrows from ${devnet.deployment.morpho.morpho}`)
    expect(stdout).toContain('lists this vault as opened with its Guard, seed and timelocks; no power over it')
    expect(stdout).toContain('come into the price at 50.00 % a year at most')
    const other = JSON.parse(readFileSync(join(folder, 'out', 'deployment.json'), 'utf8'))
    // Another contract in the place of the queue has other code, and is no queue.
    const swapped = { ...other, periphery: { ...other.periphery, redeemQueue: deployment.guard } }
    writeFileSync(join(folder, 'swapped.json'), JSON.stringify(swapped))
    const wrong = await json(['vault', 'audit', deployment.vault, '--deployment', 'swapped.json'])
    expect(wrong.code).toBe(1)
    expect(wrong.document.findings).toContainEqual({
      code: 'CODE_DIFFERS',
      severity: 'serious',
      text: `The code of RedeemQueue (${deployment.guard}) is not the code of this build.`,
    })
    writeFileSync(join(folder, 'foreign.json'), JSON.stringify({ ...other, vault: deployment.guard }))
    const foreign = await json(['vault', 'audit', deployment.vault, '--deployment', 'foreign.json'])
    expect([foreign.code, foreign.document.error.code]).toEqual([2, 'USAGE'])
  })

  test('tells what waits in an adapter, and what can never run because its proposer is gone', async () => {
    const { accounts } = devnet.deployment
    const place = deployment.venues.find(({ kind }) => kind === 'erc4626')
    if (place === undefined) throw new Error('there is an ERC-4626')
    const data = encodeFunctionData({
      abi: erc4626AdapterAbi,
      functionName: 'increaseMaxPrice',
      args: [3n * 10n ** 18n],
    })
    await send(
      accounts.curator,
      place.adapter,
      encodeFunctionData({ abi: vaultAbi, functionName: 'submit', args: [data] }),
    )
    const words = `let erc4626 ${place.adapter} pay up to 3 for a share`
    const { document } = await json(['vault', 'audit', deployment.vault])
    expect(document.pending).toMatchObject([
      { target: 'adapter', address: place.adapter, words, proposer: accounts.curator, isAlive: true },
    ])
    const name = (curator: Address) =>
      send(
        accounts.bob,
        deployment.vault,
        encodeFunctionData({ abi: vaultAbi, functionName: 'setCurator', args: [curator] }),
      )
    await name(accounts.carol)
    const after = await json(['vault', 'audit', deployment.vault])
    expect(after.document.findings).toContainEqual({
      code: 'PENDING_DEAD',
      severity: 'note',
      text: `A submitted call can never run, for ${accounts.curator} lost the role: ${words}.`,
    })
    const revoke = encodeFunctionData({ abi: vaultAbi, functionName: 'revoke', args: [data] })
    await send(accounts.sentinel, place.adapter, revoke)
    await name(accounts.curator)
  })

  test('tells a waiting change in words, and when it matures', async () => {
    const { accounts } = devnet.deployment
    const [venue] = deployment.venues
    if (venue === undefined) throw new Error('there are venues')
    const raise = encodeFunctionData({
      abi: vaultAbi,
      functionName: 'increaseAbsoluteCap',
      args: [venue.id, 90_000_000_000_000n],
    })
    await send(
      accounts.curator,
      deployment.vault,
      encodeFunctionData({ abi: vaultAbi, functionName: 'submit', args: [raise] }),
    )
    const { stdout, code } = await tiller(['vault', 'audit', deployment.vault])
    expect(code).toBe(0)
    expect(stdout).toMatch(/raise the cap of aave-v3 to 90,000,000.00 USDC: in 3 d 0 h, \d{4}-/)
    const head = (await rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex; number: Hex }
    await rpc('evm_setNextBlockTimestamp', [Number(head.timestamp) + 259_200])
    await rpc('evm_mine')
    const later = await json(['vault', 'audit', deployment.vault])
    expect(later.document.findings).toContainEqual({
      code: 'MATURED',
      severity: 'warning',
      text: 'Anyone can now make this submitted call: raise the cap of aave-v3 to 90,000,000.00 USDC.',
    })
    const then = await json(['vault', 'audit', deployment.vault, '--block', String(Number(head.number))])
    expect(then.document.pending).toHaveLength(1)
    expect(then.document.findings.map(({ code: found }: { code: string }) => found)).not.toContain('MATURED')
  })

  test('a cap on what the vault does not know yet is a finding, and a deployment file gives the market its name', async () => {
    const { accounts } = devnet.deployment
    const place = deployment.venues.find(({ kind }) => kind === 'morpho-blue')
    if (place === undefined) throw new Error('there is a Morpho market')
    const tuple = [
      { type: 'address' },
      { type: 'address' },
      { type: 'address' },
      { type: 'address' },
      { type: 'uint256' },
    ]
    const [loan, collateral, oracle, irm] = decodeAbiParameters(tuple, place.data)
    const data = encodeAbiParameters(tuple, [loan, collateral, oracle, irm, 10n ** 17n])
    const id = venueId(place.adapter, data)
    const raises = (['increaseAbsoluteCap', 'increaseRelativeCap'] as const).map((functionName) =>
      encodeFunctionData({ abi: vaultAbi, functionName, args: [id, 10n ** 17n] }),
    )
    for (const raise of raises) {
      const submit = encodeFunctionData({ abi: vaultAbi, functionName: 'submit', args: [raise] })
      await send(accounts.curator, deployment.vault, submit)
    }
    const head = (await rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
    await rpc('evm_setNextBlockTimestamp', [Number(head.timestamp) + 259_200])
    for (const raise of raises) {
      const execute = encodeFunctionData({ abi: vaultAbi, functionName: 'execute', args: [raise] })
      await send(accounts.anyone, deployment.vault, execute)
    }
    const { document } = await json(['vault', 'audit', deployment.vault])
    expect(document.unnamedCaps).toEqual([{ id, absoluteCap: String(10n ** 17n), relativeCapWad: String(10n ** 17n) }])
    const codes = document.findings.map(({ code }: { code: string }) => code)
    expect(codes).toContain('CAP_UNNAMED')
    const named = [...deployment.venues, { ...place, name: 'a new market', data, id }]
    const file = JSON.parse(readFileSync(join(folder, 'out', 'deployment.json'), 'utf8'))
    writeFileSync(join(folder, 'named.json'), JSON.stringify({ ...file, venues: named }))
    const known = await json(['vault', 'audit', deployment.vault, '--deployment', 'named.json'])
    expect(known.document.unnamedCaps).toEqual([])
    expect(known.document.venues).toContainEqual(expect.objectContaining({ name: 'a new market', id }))
  })

  test('exits with 1 where something is serious, and with an error where there is no vault', async () => {
    const { accounts } = devnet.deployment
    const wallet = createWalletClient({ account: accounts.alice, chain: anvil, transport: http(devnet.url) })
    const { deployVault } = await import('../../src/vault/deploy.ts')
    const plan = { ...devnetVaultPlan(devnet.deployment, 50n), owner: accounts.alice, curator: accounts.alice }
    const weak = await deployVault(wallet, { ...plan, keepers: [accounts.alice], sentinels: [], timelockSeconds: 0n })
    const { code, document } = await json(['vault', 'audit', weak.vault])
    expect(code).toBe(1)
    const serious = document.findings.filter(({ severity }: { severity: string }) => severity === 'serious')
    expect([...new Set(serious.map(({ code: found }: { code: string }) => found))].sort()).toEqual([
      'ROLES_SHARED',
      'TIMELOCK_SHORT',
    ])
    const none = await json(['vault', 'audit', devnet.deployment.tokens.usdc])
    expect([none.code, none.document.error.code]).toEqual([1, 'AUDIT_UNREADABLE'])
  })
})
