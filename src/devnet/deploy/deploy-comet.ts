import type { DevnetDeployment } from '../deployment.ts'
import { fundAccount } from './deploy-tokens.ts'
import { type DeployScope, type DevnetFeeds, type DevnetTokens, ether, usd } from './scope.ts'

const permille = 10n ** 15n
const max = 2n ** 256n - 1n

/** The Comet-shaped market over USDC with WETH collateral: 20 M supplied, 80 % borrowed. */
export async function deployComet(
  scope: DeployScope,
  tokens: DevnetTokens,
  feeds: DevnetFeeds,
): Promise<DevnetDeployment['comet']> {
  const { builder, compiled, accounts } = scope
  const { deployer, cometSupplier, cometBorrower } = accounts
  const configuration = {
    governor: deployer,
    pauseGuardian: deployer,
    baseToken: tokens.usdc.address,
    baseTokenPriceFeed: feeds.usdcUsd.address,
    supplyKink: 900n * permille,
    supplyPerYearInterestRateBase: 0n,
    supplyPerYearInterestRateSlopeLow: 45n * permille,
    supplyPerYearInterestRateSlopeHigh: 2_800n * permille,
    borrowKink: 900n * permille,
    borrowPerYearInterestRateBase: 15n * permille,
    borrowPerYearInterestRateSlopeLow: (425n * permille) / 10n,
    borrowPerYearInterestRateSlopeHigh: 3_200n * permille,
    baseBorrowMin: 100n * usd,
    targetReserves: 5_000_000n * usd,
    assetConfigs: [
      {
        asset: tokens.weth.address,
        priceFeed: feeds.ethUsd.address,
        borrowCollateralFactor: 825n * permille,
        supplyCap: 1_000_000n * ether,
      },
    ],
  }
  const comet = await builder.deploy('comet.usdc', compiled('CometUsdc'), [configuration])

  await fundAccount(scope, tokens, cometSupplier, { usdc: 60_000_000n })
  await builder.send(cometSupplier, tokens.usdc, 'approve', [comet.address, max])
  await builder.send(cometSupplier, comet, 'supply', [tokens.usdc.address, 20_000_000n * usd])
  await fundAccount(scope, tokens, cometBorrower, { weth: 40_000n })
  await builder.send(cometBorrower, tokens.weth, 'approve', [comet.address, max])
  await builder.send(cometBorrower, tokens.usdc, 'approve', [comet.address, max])
  await builder.send(cometBorrower, comet, 'supply', [tokens.weth.address, 40_000n * ether])
  await builder.send(cometBorrower, comet, 'withdraw', [tokens.usdc.address, 16_000_000n * usd])
  return { usdc: comet.address }
}
