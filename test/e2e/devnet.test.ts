import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createPublicClient, type Hex, http, keccak256, type PublicClient, parseAbi } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAnvil } from '../../src/chain/anvil.ts'
import { loadArtifact, loadArtifacts } from '../../src/chain/artifacts.ts'
import { projectRoot } from '../../src/chain/paths.ts'
import { checkCode } from '../../src/devnet/check-code.ts'
import { compileUnits } from '../../src/devnet/compile/compile-units.ts'
import { artifactHash, isCodeOf } from '../../src/devnet/deploy/code.ts'
import { deployAll, genesisTimestamp } from '../../src/devnet/deploy/deploy-all.ts'
import { seedPosition } from '../../src/devnet/deploy/seed-position.ts'
import { compiledContracts, devnetUnits, uniswapContracts } from '../../src/devnet/deploy/sources.ts'
import { type DeployedCode, devnetMnemonic, formatDeployment, parseDeployment } from '../../src/devnet/deployment.ts'
import { type Devnet, type PreparedDevnet, prepareDevnet, startDevnet } from '../../src/devnet/devnet.ts'
import { devnetAnvilArguments } from '../../src/devnet/prepare-devnet.ts'
import { createRpc } from '../../src/devnet/rpc.ts'

let prepared: PreparedDevnet
let devnet: Devnet
let client: PublicClient

beforeAll(async () => {
  prepared = await prepareDevnet()
  devnet = await startDevnet({ prepared })
  client = createPublicClient({ transport: http(devnet.url) })
})

afterAll(async () => {
  await devnet?.stop()
})

const wad = 10n ** 18n
const ray = 10n ** 27n

/** A rate as a plain percentage per year. */
function percent(value: bigint, one: bigint): number {
  return Number((value * 1_000_000n) / one) / 10_000
}

function codeNamed(name: string): DeployedCode {
  const code = prepared.deployment.codeHashes.find((entry) => entry.name === name)
  if (code === undefined) throw new Error(`no code named ${name}`)
  return code
}

describe('start', () => {
  test('a warm start takes less than two seconds and stands on the head of the build', async () => {
    const started = performance.now()
    const again = await startDevnet()
    const elapsed = performance.now() - started
    try {
      const head = (await createRpc(again.url)('eth_getBlockByNumber', ['latest', false])) as { hash: Hex }
      expect(head.hash).toBe(prepared.deployment.head.hash)
      expect(elapsed).toBeLessThan(2_000)
    } finally {
      await again.stop()
    }
  })

  test('the first block follows the head by a second, not by a year', async () => {
    const again = await startDevnet({ prepared, noMining: true })
    try {
      const rpc = createRpc(again.url)
      await rpc('evm_mine')
      const block = (await rpc('eth_getBlockByNumber', ['latest', false])) as { timestamp: Hex }
      const passed = BigInt(block.timestamp) - prepared.deployment.head.timestamp
      expect(passed).toBeGreaterThanOrEqual(1n)
      expect(passed).toBeLessThan(60n)
    } finally {
      await again.stop()
    }
  })

  test('a start before the head is refused', async () => {
    const { head } = prepared.deployment
    await expect(startDevnet({ prepared, timestamp: head.timestamp })).rejects.toMatchObject({
      code: 'DEVNET_TIME_IN_PAST',
      message: [
        'The devnet cannot start before its own head.',
        `  timestamp: ${head.timestamp}`,
        `  earliest:  ${head.timestamp + 1n}`,
        'Remedy: Start it at `earliest` or later.',
      ].join('\n'),
    })
  })
})

describe('build', () => {
  test('a second build has the same addresses, the same code and the same head hash', async () => {
    const compiled = compiledContracts(await compileUnits(devnetUnits()))
    const anvil = await startAnvil({ timestamp: genesisTimestamp, args: devnetAnvilArguments })
    try {
      const again = await deployAll(createRpc(anvil.url), { compiled, uniswap: uniswapContracts() })
      expect(again).toEqual(prepared.deployment)
    } finally {
      await anvil.stop()
    }
  })

  test('addresses are those of every machine', () => {
    const { aave, comet, erc4626, morpho, tokens, uniswap } = prepared.deployment
    expect({
      usdc: tokens.usdc,
      aavePool: aave.pool,
      stataUsdc: aave.stataUsdc,
      morpho: morpho.morpho,
      comet: comet.usdc,
      savings: erc4626.usdc,
      uniswapFactory: uniswap.factory,
    }).toMatchInlineSnapshot(`
      {
        "aavePool": "0x1F708C24a0D3A740cD47cC0444E9480899f3dA7D",
        "comet": "0xcbEAF3BDe82155F56486Fb5a1072cb8baAf547cc",
        "morpho": "0x4c5859f0F772848b2D91F1D83E2Fe57935348029",
        "savings": "0x21dF544947ba3E8b3c32561399E88B52Dc8b2823",
        "stataUsdc": "0x76fC965ec93ef03a28Be7B334fa4D5aB09E38aA5",
        "uniswapFactory": "0x1429859428C0aBc9C2C47C8Ee9FBaf82cFA0F20f",
        "usdc": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
      }
    `)
  })

  test('accounts are those of the mnemonic', () => {
    const { accounts } = prepared.deployment
    expect(accounts.deployer).toBe(mnemonicToAccount(devnetMnemonic).address)
    expect(accounts.faucet).toBe(mnemonicToAccount(devnetMnemonic, { addressIndex: 19 }).address)
  })

  test('a deployment survives its text', () => {
    expect(parseDeployment(formatDeployment(prepared.deployment))).toEqual(prepared.deployment)
  })
})

describe('code', () => {
  test('every contract on the chain has the code that was deployed', async () => {
    expect(await checkCode(createRpc(devnet.url), prepared.deployment.codeHashes)).toEqual([])
  })

  test("Morpho's code is the compiler's output for the published sources", async () => {
    const [unit] = await compileUnits(devnetUnits().filter(({ name }) => name === 'Morpho Blue'))
    const output = unit?.contract('node_modules/@morpho-org/morpho-blue/src/Morpho.sol', 'Morpho')
    if (output === undefined) throw new Error('Morpho was not compiled')
    const code = (await client.getCode({ address: prepared.deployment.morpho.morpho })) ?? '0x'
    const entry = codeNamed('morpho.morpho')
    expect(isCodeOf(output, code)).toBe(true)
    expect(entry.codeHash).toBe(keccak256(code))
    expect(entry.artifactHash).toBe(artifactHash(output))
    expect(entry.origin).toEqual({
      kind: 'compiled',
      package: '@morpho-org/morpho-blue',
      version: '1.0.0',
      file: 'src/Morpho.sol',
      compiler: 'solc 0.8.19, paris, 999999 runs, via IR',
    })
  })

  test("Uniswap's pool code is the published artifact", () => {
    const file = 'node_modules/@uniswap/v3-core/artifacts/contracts/UniswapV3Pool.sol/UniswapV3Pool.json'
    const artifact: { deployedBytecode: Hex } = JSON.parse(readFileSync(join(projectRoot(), file), 'utf8'))
    const entry = codeNamed('uniswap.pool.usdc-usdt-100')
    expect(entry.artifactHash).toBe(keccak256(artifact.deployedBytecode))
    expect(entry.origin).toMatchObject({ kind: 'published-artifact', package: '@uniswap/v3-core', version: '1.0.1' })
  })

  test('changed code is noticed', async () => {
    const again = await startDevnet({ prepared })
    try {
      const rpc = createRpc(again.url)
      await rpc('anvil_setCode', [prepared.deployment.comet.usdc, '0x00'])
      expect(await checkCode(rpc, prepared.deployment.codeHashes)).toEqual(['comet.usdc'])
    } finally {
      await again.stop()
    }
  })
})

describe('rates', () => {
  test('Aave lends USDC at 80 % utilisation for 3 to 4 % a year', async () => {
    const { aave, tokens } = prepared.deployment
    const [, , supplied, , borrowed, supplyRate, borrowRate] = await client.readContract({
      address: aave.dataProvider,
      abi: parseAbi([
        'function getReserveData(address) view returns (uint256, uint256, uint256, uint256, uint256, uint256, uint256, uint256, uint256, uint256, uint256, uint40)',
      ]),
      functionName: 'getReserveData',
      args: [tokens.usdc],
    })
    expect(supplied).toBeGreaterThan(40_000_000n * 10n ** 6n)
    expect(percent(borrowed, supplied)).toBeCloseTo(78, 0)
    expect(percent(supplyRate, ray)).toBeGreaterThan(3)
    expect(percent(supplyRate, ray)).toBeLessThan(4)
    expect(percent(borrowRate, ray)).toBeGreaterThan(percent(supplyRate, ray))
  })

  test('the StataToken is an ERC-4626 over USDC whose share has grown', async () => {
    const abi = parseAbi([
      'function asset() view returns (address)',
      'function convertToAssets(uint256) view returns (uint256)',
      'function totalAssets() view returns (uint256)',
    ])
    const address = prepared.deployment.aave.stataUsdc
    expect(await client.readContract({ address, abi, functionName: 'asset' })).toBe(prepared.deployment.tokens.usdc)
    const assets = await client.readContract({ address, abi, functionName: 'convertToAssets', args: [10n ** 12n] })
    expect(assets).toBeGreaterThan(10n ** 12n)
    const total = await client.readContract({ address, abi, functionName: 'totalAssets' })
    expect(total).toBeGreaterThan(1_000_000n * 10n ** 6n)
  })

  test('both Morpho markets are about 88 % utilised and pay the adaptive rate near its start of 4 %', async () => {
    const { morpho } = prepared.deployment
    expect(morpho.markets.map(({ name }) => name)).toEqual(['weth-usdc-86', 'usdt-usdc-915'])
    const marketType = 'uint128, uint128, uint128, uint128, uint128, uint128'
    for (const { id, params } of morpho.markets) {
      const [totalSupply, supplyShares, totalBorrow, borrowShares, lastUpdate, fee] = await client.readContract({
        address: morpho.morpho,
        abi: parseAbi([`function market(bytes32) view returns (${marketType})`]),
        functionName: 'market',
        args: [id],
      })
      expect(percent(totalBorrow, totalSupply)).toBeGreaterThan(87)
      expect(percent(totalBorrow, totalSupply)).toBeLessThan(89)
      const perSecond = await client.readContract({
        address: morpho.irm,
        abi: parseAbi([
          'struct MarketParams { address loanToken; address collateralToken; address oracle; address irm; uint256 lltv; }',
          'struct Market { uint128 totalSupplyAssets; uint128 totalSupplyShares; uint128 totalBorrowAssets; uint128 totalBorrowShares; uint128 lastUpdate; uint128 fee; }',
          'function borrowRateView(MarketParams, Market) view returns (uint256)',
        ]),
        functionName: 'borrowRateView',
        args: [
          params,
          {
            totalSupplyAssets: totalSupply,
            totalSupplyShares: supplyShares,
            totalBorrowAssets: totalBorrow,
            totalBorrowShares: borrowShares,
            lastUpdate,
            fee,
          },
        ],
      })
      const borrowRate = percent(perSecond * 31_536_000n, wad)
      expect(borrowRate).toBeGreaterThan(3.5)
      expect(borrowRate).toBeLessThan(4)
    }
  })

  test('Comet lends at 80 % utilisation for 3 to 4 % a year, less than its borrowers pay', async () => {
    const abi = parseAbi([
      'function getUtilization() view returns (uint256)',
      'function getSupplyRate(uint256) view returns (uint64)',
      'function getBorrowRate(uint256) view returns (uint64)',
    ])
    const address = prepared.deployment.comet.usdc
    const utilisation = await client.readContract({ address, abi, functionName: 'getUtilization' })
    const args = [utilisation] as const
    const supply = await client.readContract({ address, abi, functionName: 'getSupplyRate', args })
    const borrow = await client.readContract({ address, abi, functionName: 'getBorrowRate', args })
    expect(percent(utilisation, wad)).toBeCloseTo(80, 0)
    expect(percent(supply * 31_536_000n, wad)).toBeCloseTo(3.6, 1)
    expect(percent(borrow * 31_536_000n, wad)).toBeCloseTo(4.9, 1)
  })

  test('the savings vault drips 3.2 % a year into its share and ignores donations', async () => {
    const again = await startDevnet({ prepared, noMining: true })
    try {
      const rpc = createRpc(again.url)
      const fork = createPublicClient({ transport: http(again.url) })
      const { erc4626, head, accounts, tokens } = prepared.deployment
      const value = (): Promise<bigint> =>
        fork.readContract({
          address: erc4626.usdc,
          abi: parseAbi(['function convertToAssets(uint256) view returns (uint256)']),
          functionName: 'convertToAssets',
          args: [10n ** 12n],
        })
      const mineAt = async (timestamp: bigint): Promise<void> => {
        await rpc('evm_setNextBlockTimestamp', [Number(timestamp)])
        await rpc('evm_mine')
      }
      await mineAt(head.timestamp + 10n)
      const before = await value()
      const year = 31_536_000n
      // transfer(address,uint256): a gift of a million.
      const amount = (10n ** 12n).toString(16).padStart(64, '0')
      const data = `0xa9059cbb${erc4626.usdc.slice(2).padStart(64, '0')}${amount}`
      await rpc('eth_sendTransaction', [{ from: accounts.alice, to: tokens.usdc, data }])
      await mineAt(head.timestamp + 10n + year)
      expect(percent((await value()) - before, before)).toBeCloseTo(3.2, 2)
    } finally {
      await again.stop()
    }
  })
})

describe('Uniswap', () => {
  test('a quote of 100 000 USDC gives nearly as many USDT, and a TWAP over half an hour can be read', async () => {
    const { uniswap, tokens } = prepared.deployment
    const { result } = await client.simulateContract({
      address: uniswap.quoter,
      abi: parseAbi([
        'struct Q { address tokenIn; address tokenOut; uint256 amountIn; uint24 fee; uint160 sqrtPriceLimitX96; }',
        'function quoteExactInputSingle(Q) returns (uint256, uint160, uint32, uint256)',
      ]),
      functionName: 'quoteExactInputSingle',
      args: [
        { tokenIn: tokens.usdc, tokenOut: tokens.usdt, amountIn: 100_000_000_000n, fee: 100, sqrtPriceLimitX96: 0n },
      ],
    })
    expect(result[0]).toBeGreaterThan(99_900_000_000n)
    expect(result[0]).toBeLessThan(100_000_000_000n)
    for (const { address } of uniswap.pools) {
      const [cumulatives] = await client.readContract({
        address,
        abi: parseAbi(['function observe(uint32[]) view returns (int56[], uint160[])']),
        functionName: 'observe',
        args: [[1_800, 0]],
      })
      expect(cumulatives).toHaveLength(2)
    }
  })

  test("the pools hold the liquidity that Uniswap's SDK computes for their seed", async () => {
    const seeds = [
      { fee: 100, halfWidth: 10, amount0: 10n ** 13n, amount1: 10n ** 13n },
      { fee: 500, halfWidth: 6_000, usdc: 12n * 10n ** 12n, weth: 4_000n * wad },
    ]
    for (const [index, { fee, halfWidth, usdc = 0n, weth = 0n, amount0, amount1 }] of seeds.entries()) {
      const { address, token0 } = prepared.deployment.uniswap.pools[index] ?? {}
      if (address === undefined) throw new Error('a pool is missing')
      const [first, second] = token0 === prepared.deployment.tokens.usdc ? [usdc, weth] : [weth, usdc]
      const seed = seedPosition({ fee, halfWidth, amount0: amount0 ?? first, amount1: amount1 ?? second })
      const liquidity = await client.readContract({
        address,
        abi: parseAbi(['function liquidity() view returns (uint128)']),
        functionName: 'liquidity',
      })
      expect(liquidity).toBe(seed.liquidity)
    }
  })

  test('WETH trades at the price of its feed', async () => {
    const { uniswap, tokens } = prepared.deployment
    const { result } = await client.simulateContract({
      address: uniswap.quoter,
      abi: parseAbi([
        'struct Q { address tokenIn; address tokenOut; uint256 amountIn; uint24 fee; uint160 sqrtPriceLimitX96; }',
        'function quoteExactInputSingle(Q) returns (uint256, uint160, uint32, uint256)',
      ]),
      functionName: 'quoteExactInputSingle',
      args: [{ tokenIn: tokens.weth, tokenOut: tokens.usdc, amountIn: wad, fee: 500, sqrtPriceLimitX96: 0n }],
    })
    expect(Number(result[0]) / 1e6).toBeGreaterThan(2_990)
    expect(Number(result[0]) / 1e6).toBeLessThan(3_000)
  })
})

describe('artifacts', () => {
  test('our own compile gives the bytecode that forge gives', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tiller-forge-'))
    try {
      const forge = join(projectRoot(), 'scripts', 'forge.mjs')
      const env = {
        ...process.env,
        FOUNDRY_SRC: 'src/devnet/contracts',
        FOUNDRY_TEST: 'src/devnet/contracts',
        FOUNDRY_OUT: join(folder, 'out'),
        FOUNDRY_CACHE_PATH: join(folder, 'cache'),
      }
      await promisify(execFile)(process.execPath, [forge, 'build'], { cwd: projectRoot(), env })
      const names = ['PriceFeed', 'TestToken', 'SavingsVault', 'CometUsdc', 'AdaptiveCurveIrm']
      for (const artifact of await loadArtifacts(names)) {
        const [, contract] = artifact.name.split(':')
        const file = join(folder, 'out', `${contract}.sol`, `${contract}.json`)
        const made: { bytecode: { object: Hex }; deployedBytecode: { object: Hex } } = JSON.parse(
          readFileSync(file, 'utf8'),
        )
        expect(artifact.bytecode).toBe(made.bytecode.object)
        expect(artifact.deployedBytecode).toBe(made.deployedBytecode.object)
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  test('an artifact comes from the cache the second time', async () => {
    await loadArtifact('PriceFeed')
    const started = performance.now()
    const artifact = await loadArtifact('PriceFeed')
    expect(performance.now() - started).toBeLessThan(500)
    expect(artifact.name).toBe('src/devnet/contracts/PriceFeed.sol:PriceFeed')
    expect(artifact.bytecode.length).toBeGreaterThan(1_000)
  })
})
