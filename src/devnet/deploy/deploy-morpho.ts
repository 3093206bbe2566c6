import { type MorphoMarketParams, morphoMarketId } from '../../venues/morpho-blue/encode.ts'
import type { DevnetDeployment, DevnetMorphoMarket } from '../deployment.ts'
import type { Deployed } from './builder.ts'
import { fundAccount } from './deploy-tokens.ts'
import { type DeployScope, type DevnetTokens, ether, seedEthUsd, usd } from './scope.ts'

const wad = 10n ** 18n
const max = 2n ** 256n - 1n

/** Morpho Blue with the adaptive-curve IRM and two USDC markets, each about 88 % utilised. */
export async function deployMorpho(scope: DeployScope, tokens: DevnetTokens): Promise<DevnetDeployment['morpho']> {
  const { builder, compiled, accounts } = scope
  const owner = accounts.deployer
  const morpho = await builder.deploy('morpho.morpho', compiled('Morpho'), [owner])
  const irm = await builder.deploy('morpho.irm', compiled('AdaptiveCurveIrm'), [morpho.address])
  await builder.send(owner, morpho, 'enableIrm', [irm.address])

  const { morphoSupplier, morphoBorrower } = accounts
  await fundAccount(scope, tokens, morphoSupplier, { usdc: 100_000_000n })
  await builder.send(morphoSupplier, tokens.usdc, 'approve', [morpho.address, max])
  await fundAccount(scope, tokens, morphoBorrower, { usdt: 40_000_000n, weth: 30_000n })
  for (const token of [tokens.usdc, tokens.usdt, tokens.weth]) {
    await builder.send(morphoBorrower, token, 'approve', [morpho.address, max])
  }

  const markets: DevnetMorphoMarket[] = []
  const plans = [
    {
      name: 'weth-usdc-86',
      collateral: tokens.weth,
      lltv: (wad * 860n) / 1_000n,
      // Price of one unit of collateral in units of loan, scaled by 1e36.
      price: seedEthUsd * 10n ** 24n,
      collateralAmount: 30_000n * ether,
      supply: 25_000_000n * usd,
      borrow: 22_000_000n * usd,
    },
    {
      name: 'usdt-usdc-915',
      collateral: tokens.usdt,
      lltv: (wad * 915n) / 1_000n,
      price: 10n ** 36n,
      collateralAmount: 40_000_000n * usd,
      supply: 12_000_000n * usd,
      borrow: 10_500_000n * usd,
    },
  ]
  for (const plan of plans) {
    const oracle = await builder.deploy(`morpho.oracle.${plan.name}`, compiled('OracleMock'))
    await builder.send(owner, oracle, 'setPrice', [plan.price])
    await builder.send(owner, morpho, 'enableLltv', [plan.lltv])
    const params: MorphoMarketParams = {
      loanToken: tokens.usdc.address,
      collateralToken: plan.collateral.address,
      oracle: oracle.address,
      irm: irm.address,
      lltv: plan.lltv,
    }
    await builder.send(owner, morpho, 'createMarket', [params])
    await seedMarket(morpho, params, plan)
    markets.push({ name: plan.name, id: morphoMarketId(params), params })
  }

  async function seedMarket(
    target: Deployed,
    params: MorphoMarketParams,
    amounts: { collateralAmount: bigint; supply: bigint; borrow: bigint },
  ): Promise<void> {
    const { supply, borrow, collateralAmount } = amounts
    await builder.send(morphoSupplier, target, 'supply', [params, supply, 0n, morphoSupplier, '0x'])
    await builder.send(morphoBorrower, target, 'supplyCollateral', [params, collateralAmount, morphoBorrower, '0x'])
    await builder.send(morphoBorrower, target, 'borrow', [params, borrow, 0n, morphoBorrower, morphoBorrower])
  }

  return { morpho: morpho.address, irm: irm.address, markets }
}
