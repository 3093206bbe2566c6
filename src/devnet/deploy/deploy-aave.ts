import { type Address, encodeAbiParameters, keccak256, stringToHex, zeroAddress } from 'viem'
import type { DevnetDeployment } from '../deployment.ts'
import type { Deployed } from './builder.ts'
import { fundAccount } from './deploy-tokens.ts'
import { type DeployScope, type DevnetFeeds, type DevnetTokens, ether, usd } from './scope.ts'

/** Rates in basis points per year, loan-to-values and factors in basis points. */
type ReserveParameters = {
  kink: number
  slope1: number
  slope2: number
  reserveFactor: bigint
  ltv: bigint
  liquidationThreshold: bigint
}

const stable: ReserveParameters = {
  kink: 9_200,
  slope1: 550,
  slope2: 4_000,
  reserveFactor: 1_000n,
  ltv: 7_500n,
  liquidationThreshold: 7_800n,
}

const volatile: ReserveParameters = {
  kink: 9_000,
  slope1: 270,
  slope2: 8_000,
  reserveFactor: 1_500n,
  ltv: 8_050n,
  liquidationThreshold: 8_300n,
}

/** Aave v3.6 with its rewards controller and StataToken, three reserves, no caps (zero is unlimited). */
export async function deployAave(
  scope: DeployScope,
  tokens: DevnetTokens,
  feeds: DevnetFeeds,
): Promise<DevnetDeployment['aave']> {
  const { builder, compiled, accounts } = scope
  const owner = accounts.deployer
  const deploy = (
    label: string,
    name: string,
    args: readonly unknown[] = [],
    libraries: Readonly<Record<string, Address>> = {},
  ): Promise<Deployed> => builder.deploy(`aave.${label}`, compiled(name), args, libraries)
  const at = (address: Address, name: string): Deployed => ({ address, abi: compiled(name).output.abi })
  const proxy = compiled('InitializableImmutableAdminUpgradeabilityProxy')
  const owned = async (target: Deployed, name: string, args: readonly unknown[]): Promise<void> =>
    builder.send(owner, target, name, args)

  const libraries: Record<string, Address> = {}
  for (const name of ['PoolLogic', 'BorrowLogic', 'SupplyLogic', 'LiquidationLogic', 'ConfiguratorLogic']) {
    libraries[name] = (await deploy(name, name)).address
  }
  libraries['FlashLoanLogic'] = (await deploy('FlashLoanLogic', 'FlashLoanLogic', [], libraries)).address

  const provider = await deploy('addressesProvider', 'PoolAddressesProvider', ['devnet', owner])
  await owned(provider, 'setACLAdmin', [owner])
  const acl = await deploy('aclManager', 'ACLManager', [provider.address])
  await owned(provider, 'setACLManager', [acl.address])
  await owned(acl, 'addPoolAdmin', [owner])

  const strategy = await deploy('rateStrategy', 'DefaultReserveInterestRateStrategyV2', [provider.address])
  const poolCode = await deploy('pool.implementation', 'PoolInstance', [provider.address, strategy.address], libraries)
  await owned(provider, 'setPoolImpl', [poolCode.address])
  const pool = at((await builder.read(provider, 'getPool')) as Address, 'PoolInstance')
  await builder.adopt('aave.pool', proxy, pool.address)

  const configuratorCode = await deploy('configurator.implementation', 'PoolConfiguratorInstance', [], libraries)
  await owned(provider, 'setPoolConfiguratorImpl', [configuratorCode.address])
  const configuratorAddress = (await builder.read(provider, 'getPoolConfigurator')) as Address
  const configurator = at(configuratorAddress, 'PoolConfiguratorInstance')
  await builder.adopt('aave.configurator', proxy, configurator.address)

  const assets = [tokens.usdc, tokens.usdt, tokens.weth].map(({ address }) => address)
  const sources = [feeds.usdcUsd, feeds.usdtUsd, feeds.ethUsd].map(({ address }) => address)
  const oracleArguments = [provider.address, assets, sources, zeroAddress, zeroAddress, 10n ** 8n]
  const oracle = await deploy('oracle', 'AaveOracle', oracleArguments)
  await owned(provider, 'setPriceOracle', [oracle.address])

  const emission = await deploy('emissionManager', 'EmissionManager', [owner])
  const rewardsCode = await deploy('rewardsController.implementation', 'RewardsController', [emission.address])
  const rewardsId = keccak256(stringToHex('INCENTIVES_CONTROLLER'))
  await owned(provider, 'setAddressAsProxy', [rewardsId, rewardsCode.address])
  const rewardsController = (await builder.read(provider, 'getAddress', [rewardsId])) as Address
  await builder.adopt('aave.rewardsController', proxy, rewardsController)
  await owned(emission, 'setRewardsController', [rewardsController])

  const aTokenArguments = [pool.address, rewardsController, accounts.faucet]
  const aTokenCode = await deploy('aToken.implementation', 'ATokenInstance', aTokenArguments)
  const debtArguments = [pool.address, rewardsController]
  const debtCode = await deploy('variableDebtToken.implementation', 'VariableDebtTokenInstance', debtArguments)
  const reserves = [
    { symbol: 'USDC', token: tokens.usdc, parameters: stable },
    { symbol: 'USDT', token: tokens.usdt, parameters: stable },
    { symbol: 'WETH', token: tokens.weth, parameters: volatile },
  ]
  await owned(configurator, 'initReserves', [
    reserves.map(({ symbol, token, parameters }) => ({
      aTokenImpl: aTokenCode.address,
      variableDebtTokenImpl: debtCode.address,
      underlyingAsset: token.address,
      aTokenName: `Aave ${symbol}`,
      aTokenSymbol: `a${symbol}`,
      variableDebtTokenName: `Aave variable debt ${symbol}`,
      variableDebtTokenSymbol: `variableDebt${symbol}`,
      params: '0x',
      interestRateData: rateData(parameters),
    })),
  ])
  for (const { token, parameters } of reserves) {
    await owned(configurator, 'setReserveBorrowing', [token.address, true])
    await owned(configurator, 'configureReserveAsCollateral', [
      token.address,
      parameters.ltv,
      parameters.liquidationThreshold,
      10_500n,
    ])
    await owned(configurator, 'setReserveFactor', [token.address, parameters.reserveFactor])
    await owned(configurator, 'setReserveFlashLoaning', [token.address, true])
  }

  const reserveTokens: Address[] = []
  for (const { symbol, token } of reserves) {
    const aToken = (await builder.read(pool, 'getReserveAToken', [token.address])) as Address
    const debtToken = (await builder.read(pool, 'getReserveVariableDebtToken', [token.address])) as Address
    await builder.adopt(`aave.a${symbol}`, proxy, aToken)
    await builder.adopt(`aave.variableDebt${symbol}`, proxy, debtToken)
    reserveTokens.push(aToken, debtToken)
  }
  const [aUsdc, variableDebtUsdc, aUsdt, variableDebtUsdt, aWeth, variableDebtWeth] = reserveTokens as SixAddresses

  const dataProvider = await deploy('dataProvider', 'AaveProtocolDataProvider', [provider.address])
  await owned(provider, 'setPoolDataProvider', [dataProvider.address])

  const stataCode = await deploy('stata.implementation', 'StataTokenV2', [pool.address, rewardsController])
  const proxyFactory = await deploy('stata.proxyFactory', 'TransparentProxyFactory')
  const factoryArguments = [pool.address, owner, proxyFactory.address, stataCode.address]
  const stataFactory = await deploy('stata.factory', 'StataTokenFactory', factoryArguments)
  await owned(stataFactory, 'createStataTokens', [[tokens.usdc.address]])
  const stataUsdc = (await builder.read(stataFactory, 'getStataToken', [tokens.usdc.address])) as Address
  await builder.adopt('aave.stataUsdc', compiled('TransparentUpgradeableProxy'), stataUsdc)

  await seedAave(scope, tokens, pool, at(stataUsdc, 'StataTokenV2'))
  return {
    pool: pool.address,
    addressesProvider: provider.address,
    aclManager: acl.address,
    configurator: configurator.address,
    oracle: oracle.address,
    rateStrategy: strategy.address,
    dataProvider: dataProvider.address,
    rewardsController,
    aUsdc,
    aUsdt,
    aWeth,
    variableDebtUsdc,
    variableDebtUsdt,
    variableDebtWeth,
    stataFactory: stataFactory.address,
    stataUsdc,
  }
}

type SixAddresses = [Address, Address, Address, Address, Address, Address]

/** 40 M USDC at 80 %, 20 M USDT at 70 %, 90 000 WETH at 22 %, and 1 M USDC inside the StataToken on top. */
async function seedAave(scope: DeployScope, tokens: DevnetTokens, pool: Deployed, stata: Deployed): Promise<void> {
  const { builder, accounts } = scope
  const { aaveSupplier, aaveBorrower, liquidityProvider, saver } = accounts
  const max = 2n ** 256n - 1n
  const supply = async (from: Address, token: Deployed, amount: bigint): Promise<void> => {
    await builder.send(from, token, 'approve', [pool.address, max])
    await builder.send(from, pool, 'supply', [token.address, amount, from, 0])
  }
  const borrow = (from: Address, token: Deployed, amount: bigint): Promise<void> =>
    builder.send(from, pool, 'borrow', [token.address, amount, 2n, 0, from])

  await fundAccount(scope, tokens, aaveSupplier, { usdc: 100_000_000n })
  await supply(aaveSupplier, tokens.usdc, 40_000_000n * usd)
  await fundAccount(scope, tokens, aaveBorrower, { weth: 60_000n })
  await supply(aaveBorrower, tokens.weth, 60_000n * ether)
  await borrow(aaveBorrower, tokens.usdc, 32_000_000n * usd)
  await builder.send(aaveBorrower, tokens.usdc, 'approve', [pool.address, max])

  await fundAccount(scope, tokens, liquidityProvider, { usdt: 20_000_000n, weth: 30_000n })
  await supply(liquidityProvider, tokens.usdt, 20_000_000n * usd)
  await supply(liquidityProvider, tokens.weth, 30_000n * ether)
  await borrow(liquidityProvider, tokens.usdt, 14_000_000n * usd)
  await borrow(liquidityProvider, tokens.weth, 20_000n * ether)

  await fundAccount(scope, tokens, saver, { usdc: 1_000_000n })
  await builder.send(saver, tokens.usdc, 'approve', [stata.address, max])
  await builder.send(saver, stata, 'deposit', [1_000_000n * usd, saver])
}

function rateData({ kink, slope1, slope2 }: ReserveParameters): `0x${string}` {
  const types = [{ type: 'uint16' }, { type: 'uint32' }, { type: 'uint32' }, { type: 'uint32' }] as const
  return encodeAbiParameters(types, [kink, 0, slope1, slope2])
}
