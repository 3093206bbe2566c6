import type { VaultPlanConfig, VenuePlan } from '../vault/deploy.ts'
import type { DevnetDeployment } from './deployment.ts'

const usdc = 1_000_000n

/** Most of the vault's assets in one venue, 1e18 = all. */
export const venueShareWad = 400_000_000_000_000_000n

/**
 * The vault that the devnet's seasons and a newcomer get: USDC over every lending venue, each at most `capUnits` whole
 * units and two fifths of the vault, with the default bounds, a Router and a redeem queue.
 */
export function devnetVaultPlan(deployment: DevnetDeployment, capUnits: bigint): VaultPlanConfig {
  const { accounts, tokens } = deployment
  return {
    asset: tokens.usdc,
    name: 'Tiller USDC',
    symbol: 'tUSDC',
    owner: accounts.owner,
    curator: accounts.curator,
    sentinels: [accounts.sentinel],
    keepers: [accounts.keeper],
    limits: {
      cooldownSeconds: 3_600,
      maxLossPerPlanBps: 2,
      lossBudgetPerDayBps: 5,
      turnoverPerDayBps: 5_000,
      liquidFloorBps: 500,
    },
    venues: lendingVenues(deployment, capUnits),
    periphery: {
      router: { flashLender: deployment.morpho.morpho },
      redeemQueue: { minRequestAssets: 100n * usdc },
    },
    seedAssets: 10n * usdc,
  }
}

/** The lending venues of USDC on the devnet; no venue may hold more than two fifths of the vault. */
function lendingVenues(deployment: DevnetDeployment, capUnits: bigint): VenuePlan[] {
  const caps = { absoluteCap: capUnits * usdc, relativeCapWad: venueShareWad }
  return [
    { name: 'aave-v3:usdc', kind: 'aave-v3', pool: deployment.aave.pool, ...caps },
    { name: 'comet:usdc', kind: 'comet', comet: deployment.comet.usdc, ...caps },
    ...deployment.morpho.markets.map(
      ({ name, params }): VenuePlan => ({
        name: `morpho:${name}`,
        kind: 'morpho-blue',
        morpho: deployment.morpho.morpho,
        market: params,
        ...caps,
      }),
    ),
    {
      name: 'erc4626:savings',
      kind: 'erc4626',
      target: deployment.erc4626.usdc,
      maxSharePriceWad: 2_000_000_000_000_000_000n,
      minShareSupply: 1_000n * usdc,
      ...caps,
    },
  ]
}
