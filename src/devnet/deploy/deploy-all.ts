import { type Address, getAddress, type Hex } from 'viem'
import { type DevnetAccountName, type DevnetDeployment, devnetAccountNames } from '../deployment.ts'
import type { Rpc } from '../rpc.ts'
import { type ContractSource, createBuilder, type Deployed } from './builder.ts'
import { deployAave } from './deploy-aave.ts'
import { deployComet } from './deploy-comet.ts'
import { deployMorpho } from './deploy-morpho.ts'
import { deploySavings } from './deploy-savings.ts'
import { deployTokens, fundAccount } from './deploy-tokens.ts'
import { deployUniswap } from './deploy-uniswap.ts'
import { type DeployScope, type DevnetFeeds, type DevnetTokens, ether, seedEthUsd, usd } from './scope.ts'

/** Unix seconds of the genesis block. */
export const genesisTimestamp = 1_760_000_000n

export type DeploySources = { compiled: ContractSource; uniswap: ContractSource }

/** Names of the steps, in order, for a progress display. */
export const deploySteps = [
  'tokens',
  'Aave v3.6',
  'Morpho Blue',
  'Comet',
  'Uniswap v3',
  'savings vault',
  'a day',
] as const

/**
 * Deploys and seeds everything on an empty anvil started at `genesisTimestamp`, then lets a day pass, so that indices
 * have grown and the pools have observations for a TWAP. Equal runs give equal addresses and an equal head hash.
 *
 * @throws DEVNET_BUILD_REVERTED, DEVNET_CALL_FAILED, ARTIFACT_NOT_FOUND
 */
export async function deployAll(
  rpc: Rpc,
  sources: DeploySources,
  onStep: (step: (typeof deploySteps)[number]) => void = () => {},
): Promise<DevnetDeployment> {
  // First of all calls: without it the wall clock gets into the timestamps.
  await rpc('anvil_setBlockTimestampInterval', [1])
  const accounts = namedAccounts((await rpc('eth_accounts')) as Address[])
  const scope: DeployScope = { builder: createBuilder(rpc, accounts.deployer), accounts, ...sources }

  onStep('tokens')
  const { tokens, feeds } = await deployTokens(scope)
  for (const name of ['alice', 'bob', 'carol', 'attacker', 'anyone', 'trader'] as const) {
    await fundAccount(scope, tokens, accounts[name], { usdc: 10_000_000n })
  }
  onStep('Aave v3.6')
  const aave = await deployAave(scope, tokens, feeds)
  onStep('Morpho Blue')
  const morpho = await deployMorpho(scope, tokens)
  onStep('Comet')
  const comet = await deployComet(scope, tokens, feeds)
  onStep('Uniswap v3')
  const uniswap = await deployUniswap(scope, tokens)
  onStep('savings vault')
  const erc4626 = await deploySavings(scope, tokens)
  onStep('a day')
  await passDay(scope, { tokens, feeds, aave, morpho, comet, uniswap, erc4626 })

  // An empty head: nothing in it refers to transactions that the stripped dump leaves out.
  await rpc('evm_mine')
  const head = (await rpc('eth_getBlockByNumber', ['latest', false])) as { number: Hex; hash: Hex; timestamp: Hex }
  return {
    chainId: Number(await rpc('eth_chainId')),
    head: { number: BigInt(head.number), hash: head.hash, timestamp: BigInt(head.timestamp) },
    accounts,
    tokens: { usdc: tokens.usdc.address, usdt: tokens.usdt.address, weth: tokens.weth.address },
    feeds: {
      ethUsd: feeds.ethUsd.address,
      usdcUsd: feeds.usdcUsd.address,
      usdtUsd: feeds.usdtUsd.address,
    },
    aave,
    comet,
    morpho,
    uniswap,
    erc4626,
    codeHashes: scope.builder.codes,
  }
}

function namedAccounts(addresses: readonly Address[]): Record<DevnetAccountName, Address> {
  return Object.fromEntries(
    devnetAccountNames.map((name, index) => {
      const address = addresses[index]
      if (address === undefined) throw new Error(`anvil has no account ${index} for ${name}`)
      return [name, getAddress(address)]
    }),
  ) as Record<DevnetAccountName, Address>
}

type Parts = Pick<DevnetDeployment, 'aave' | 'morpho' | 'comet' | 'uniswap' | 'erc4626'> & {
  tokens: DevnetTokens
  feeds: DevnetFeeds
}

/** Four times in a day: a swap in each pool, an accrual at each venue, fresh answers in the feeds. */
async function passDay(scope: DeployScope, parts: Parts): Promise<void> {
  const { builder, accounts, compiled, uniswap } = scope
  const { trader, deployer } = accounts
  const { tokens, feeds } = parts
  const router: Deployed = { address: parts.uniswap.swapRouter, abi: uniswap('SwapRouter').output.abi }
  const pool: Deployed = { address: parts.aave.pool, abi: compiled('PoolInstance').output.abi }
  const morpho: Deployed = { address: parts.morpho.morpho, abi: compiled('Morpho').output.abi }
  const comet: Deployed = { address: parts.comet.usdc, abi: compiled('CometUsdc').output.abi }
  const savings: Deployed = { address: parts.erc4626.usdc, abi: compiled('SavingsVault').output.abi }

  await fundAccount(scope, tokens, trader, { usdt: 10_000_000n, weth: 1_000n })
  for (const token of [tokens.usdc, tokens.usdt, tokens.weth]) {
    await builder.send(trader, token, 'approve', [router.address, 2n ** 256n - 1n])
  }
  await builder.send(trader, tokens.usdc, 'approve', [pool.address, 2n ** 256n - 1n])
  const swap = (tokenIn: Deployed, tokenOut: Deployed, fee: number, amountIn: bigint): Promise<void> =>
    builder.send(trader, router, 'exactInputSingle', [
      {
        tokenIn: tokenIn.address,
        tokenOut: tokenOut.address,
        fee,
        recipient: trader,
        deadline: 2n ** 40n,
        amountIn,
        amountOutMinimum: 0n,
        sqrtPriceLimitX96: 0n,
      },
    ])

  for (const quarter of [1n, 2n, 3n, 4n]) {
    await builder.setNextBlockTimestamp(genesisTimestamp + quarter * 21_600n)
    await builder.send(deployer, feeds.ethUsd, 'setAnswer', [seedEthUsd * 10n ** 8n])
    await builder.send(deployer, feeds.usdcUsd, 'setAnswer', [10n ** 8n])
    await builder.send(deployer, feeds.usdtUsd, 'setAnswer', [10n ** 8n])
    const forth = quarter % 2n === 1n
    if (forth) {
      await swap(tokens.usdc, tokens.usdt, 100, 10_000n * usd)
      await swap(tokens.usdc, tokens.weth, 500, seedEthUsd * usd)
    } else {
      await swap(tokens.usdt, tokens.usdc, 100, 10_000n * usd)
      await swap(tokens.weth, tokens.usdc, 500, ether)
    }
    await builder.send(trader, pool, 'supply', [tokens.usdc.address, usd, trader, 0])
    for (const { params } of parts.morpho.markets) await builder.send(trader, morpho, 'accrueInterest', [params])
    await builder.send(trader, comet, 'accrueAccount', [trader])
    await builder.send(trader, savings, 'accrue', [])
  }
}
