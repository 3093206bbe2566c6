import { type Address, zeroAddress } from 'viem'
import type { DevnetDeployment, DevnetPool } from '../deployment.ts'
import type { Deployed } from './builder.ts'
import { fundAccount } from './deploy-tokens.ts'
import { type DeployScope, type DevnetTokens, ether, seedEthUsd, usd } from './scope.ts'
import { seedPosition } from './seed-position.ts'

const max = 2n ** 256n - 1n
const deadline = 2n ** 40n

/** Uniswap v3 from its artifacts: USDC/USDT 0.01 % and WETH/USDC 0.05 %, seeded around the seed price. */
export async function deployUniswap(scope: DeployScope, tokens: DevnetTokens): Promise<DevnetDeployment['uniswap']> {
  const { builder, uniswap, accounts } = scope
  const { deployer, liquidityProvider } = accounts
  const factory = await builder.deploy('uniswap.factory', uniswap('UniswapV3Factory'))
  const periphery = [factory.address, tokens.weth.address]
  // The descriptor may be zero: only tokenURI, a picture, needs it.
  const positionManager = await builder.deploy('uniswap.positionManager', uniswap('NonfungiblePositionManager'), [
    ...periphery,
    zeroAddress,
  ])
  const swapRouter = await builder.deploy('uniswap.swapRouter', uniswap('SwapRouter'), periphery)
  const quoter = await builder.deploy('uniswap.quoter', uniswap('QuoterV2'), periphery)
  await builder.send(deployer, factory, 'enableFeeAmount', [100, 1])

  await fundAccount(scope, tokens, liquidityProvider, { usdc: 30_000_000n, usdt: 10_000_000n, weth: 5_000n })
  for (const token of Object.values(tokens)) {
    await builder.send(liquidityProvider, token, 'approve', [positionManager.address, max])
  }
  const pools: DevnetPool[] = []
  for (const plan of [
    { name: 'usdc-usdt-100', fee: 100, halfWidth: 10, amounts: { usdc: 10_000_000n * usd, usdt: 10_000_000n * usd } },
    {
      name: 'weth-usdc-500',
      fee: 500,
      halfWidth: 6_000,
      amounts: { weth: 4_000n * ether, usdc: 4_000n * seedEthUsd * usd },
    },
  ]) {
    pools.push(await createPool(plan))
  }

  async function createPool(plan: {
    name: string
    fee: number
    halfWidth: number
    amounts: Partial<Record<keyof DevnetTokens, bigint>>
  }): Promise<DevnetPool> {
    const sides = (Object.entries(plan.amounts) as [keyof DevnetTokens, bigint][])
      .map(([name, amount]) => ({ address: tokens[name].address, amount }))
      .sort((a, b) => (BigInt(a.address) < BigInt(b.address) ? -1 : 1))
    const [side0, side1] = sides
    if (side0 === undefined || side1 === undefined) throw new Error(`Pool ${plan.name} needs two tokens`)
    const seed = seedPosition({ ...plan, amount0: side0.amount, amount1: side1.amount })
    const pair = [side0.address, side1.address, plan.fee]
    await builder.send(deployer, positionManager, 'createAndInitializePoolIfNecessary', [...pair, seed.sqrtPriceX96])
    const address = (await builder.read(factory, 'getPool', pair)) as Address
    await builder.adopt(`uniswap.pool.${plan.name}`, uniswap('UniswapV3Pool'), address)
    const pool: Deployed = { address, abi: uniswap('UniswapV3Pool').output.abi }
    await builder.send(deployer, pool, 'increaseObservationCardinalityNext', [64])

    await builder.send(liquidityProvider, positionManager, 'mint', [
      {
        token0: side0.address,
        token1: side1.address,
        fee: plan.fee,
        tickLower: seed.tickLower,
        tickUpper: seed.tickUpper,
        amount0Desired: side0.amount,
        amount1Desired: side1.amount,
        // To the unit: the build ends where the contracts and Uniswap's SDK differ.
        amount0Min: seed.amount0,
        amount1Min: seed.amount1,
        recipient: liquidityProvider,
        deadline,
      },
    ])
    return { name: plan.name, address, token0: side0.address, token1: side1.address, fee: plan.fee }
  }

  return {
    factory: factory.address,
    positionManager: positionManager.address,
    swapRouter: swapRouter.address,
    quoter: quoter.address,
    pools,
  }
}
