import type { DevnetDeployment } from '../../src/devnet/deployment.ts'
import type { VaultPlanConfig, VenuePlan } from '../../src/vault/deploy.ts'

type Caps = Pick<VenuePlan, 'absoluteCap' | 'relativeCapWad'>

/** The devnet's lending venues of USDC under short names, each with the same caps. */
export function devnetVenues(deployment: DevnetDeployment, caps: Caps) {
  const { aave, comet, morpho, erc4626 } = deployment
  const [first, second] = morpho.markets
  if (first === undefined || second === undefined) throw new Error('the devnet has two Morpho markets')
  const market = { kind: 'morpho-blue', morpho: morpho.morpho, ...caps } as const
  const shares = { kind: 'erc4626', maxSharePriceWad: 2n * 10n ** 18n, minShareSupply: 0n, ...caps } as const
  return {
    aave: { name: 'aave', kind: 'aave-v3', pool: aave.pool, ...caps },
    comet: { name: 'comet', kind: 'comet', comet: comet.usdc, ...caps },
    morpho: { name: 'morpho', market: first.params, ...market },
    morpho2: { name: 'morpho-2', market: second.params, ...market },
    savings: { name: 'savings', target: erc4626.usdc, ...shares },
    stata: { name: 'stata', target: aave.stataUsdc, underlyingPool: aave.pool, ...shares },
  } satisfies Record<string, VenuePlan>
}

/** A vault of USDC on the devnet, its roles held by the devnet's accounts of those names. */
export function devnetPlan(
  deployment: DevnetDeployment,
  own: Pick<VaultPlanConfig, 'venues' | 'exitList'> & { limits?: Partial<VaultPlanConfig['limits']> },
): VaultPlanConfig {
  const { accounts, tokens } = deployment
  return {
    asset: tokens.usdc,
    name: 'Tiller USDC',
    symbol: 'tUSDC',
    owner: accounts.owner,
    curator: accounts.curator,
    sentinels: [accounts.sentinel],
    keepers: [accounts.keeper],
    seedAssets: 10_000_000n,
    ...own,
    limits: {
      cooldownSeconds: 3_600,
      maxLossPerPlanBps: 2,
      lossBudgetPerDayBps: 5,
      turnoverPerDayBps: 5_000,
      liquidFloorBps: 500,
      ...own.limits,
    },
  }
}
