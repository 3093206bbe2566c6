import { type Address, getAddress } from 'viem'
import type { VaultPlanConfig } from './plan-deployment.ts'
import { sharedExposures } from './shared-risks.ts'

export type PlanWarning = { code: string; text: string }

type Asset = { decimals: number; symbol: string }

const wad = 10n ** 18n
/** Beyond this share one fault takes nearly all of the vault. */
const mostWad = 8n * 10n ** 17n
const day = 86_400n

/**
 * What a person should know of a plan before it is sent: roles that fall together, short timelocks, values that look like
 * percent where basis points are due, wide shared risks. Nothing of it is refused. Pure.
 */
export function planWarnings(
  config: VaultPlanConfig,
  asset: Asset,
  tokens: ReadonlyMap<Address, Asset> = new Map(),
): PlanWarning[] {
  return [
    ...roleWarnings(config),
    ...timelockWarnings(config),
    ...unitWarnings(config, asset),
    ...saleWarnings(config, tokens),
    ...riskWarnings(config),
  ]
}

/** A limit on sales that sells next to nothing, or a seller that nobody fills or that sells nothing. */
function saleWarnings({ periphery }: VaultPlanConfig, tokens: ReadonlyMap<Address, Asset>): PlanWarning[] {
  const { routes, skimFrom } = periphery?.rewardSeller ?? {}
  if (routes === undefined) return []
  const small = routes.flatMap(({ token, perDay }, index) => {
    const { decimals, symbol } = tokens.get(token) ?? { decimals: 0, symbol: '' }
    if (perDay * 1_000n >= 10n ** BigInt(decimals)) return []
    const path = `periphery.rewardSeller.routes[${index}].perDay`
    const text = `${path} is less than 0.001 ${symbol} a day. One ${symbol} is 1 and ${decimals} zeros.`
    return [{ code: 'SALE_SMALL', text }]
  })
  const idle = 'The reward seller sells nothing yet: its routes are added by the curator, after the timelock.'
  const dry = 'No adapter sends rewards to the reward seller: skimFrom is empty.'
  return [
    ...small,
    ...(routes.length === 0 ? [{ code: 'SALE_NONE', text: idle }] : []),
    ...(skimFrom?.length === 0 ? [{ code: 'SKIM_NONE', text: dry }] : []),
  ]
}

function roleWarnings({ owner, curator, sentinels, keepers }: VaultPlanConfig): PlanWarning[] {
  const roles = new Map<Address, string[]>()
  const hold = (role: string, accounts: readonly Address[]): void => {
    for (const account of accounts.map((text) => getAddress(text))) {
      roles.set(account, [...(roles.get(account) ?? []), role])
    }
  }
  hold('owner', [owner])
  hold('curator', [curator])
  hold('sentinel', sentinels)
  hold('keeper', keepers)
  const shared = [...roles].filter(([, held]) => held.length > 1)
  return [
    ...shared.map(([account, held]) => ({
      code: 'ROLES_SHARED',
      text: `${account} is ${held.join(' and ')}: one stolen key is all of them. Give each role an account of its own.`,
    })),
    ...(sentinels.length === 0
      ? [
          {
            code: 'SENTINEL_MISSING',
            text: 'Nobody is sentinel: only owner and curator can stop plans in an emergency.',
          },
        ]
      : []),
    ...(keepers.length === 0
      ? [
          {
            code: 'KEEPER_MISSING',
            text: 'Nobody is keeper: the assets stay idle until one is added after a timelock.',
          },
        ]
      : []),
  ]
}

function timelockWarnings(config: VaultPlanConfig): PlanWarning[] {
  const { timelockSeconds, boundsTimelockSeconds, timelocks = {} } = config
  const given: [string, bigint | undefined][] = [
    ['timelockSeconds', timelockSeconds],
    ['boundsTimelockSeconds', boundsTimelockSeconds],
    ...Object.entries(timelocks).map(([name, seconds]): [string, bigint] => [`timelocks.${name}`, seconds]),
  ]
  return given.flatMap(([path, seconds]) =>
    seconds === undefined || seconds >= day
      ? []
      : [
          {
            code: 'TIMELOCK_SHORT',
            text: `${path} is ${seconds} seconds: depositors have less than a day to leave. Only test chains take that.`,
          },
        ],
  )
}

/** What a depositor's vault hardly means: percent for basis points, whole units for the smallest ones. */
function unitWarnings(config: VaultPlanConfig, { decimals, symbol }: Asset): PlanWarning[] {
  const { performanceFeeBps = 0, limits, venues } = config
  const warnings: PlanWarning[] = []
  const bps = (path: string, value: number): void => {
    if (value === 0 || value >= 100) return
    warnings.push({
      code: 'UNIT_PERCENT',
      text: `${path} is ${value}, that is ${(value / 100).toFixed(2)} %. For ${value} % write ${value * 100}.`,
    })
  }
  bps('performanceFeeBps', performanceFeeBps)
  bps('limits.turnoverPerDayBps', limits.turnoverPerDayBps)
  bps('limits.liquidFloorBps', limits.liquidFloorBps)
  const thousand = 1_000n * 10n ** BigInt(decimals)
  for (const { name, absoluteCap, relativeCapWad } of venues) {
    if (absoluteCap < thousand) {
      warnings.push({
        code: 'CAP_SMALL',
        text: `absoluteCap of ${name} is less than 1000 ${symbol}. One ${symbol} is 1 and ${decimals} zeros.`,
      })
    }
    if (relativeCapWad < wad / 100n) {
      warnings.push({
        code: 'CAP_SMALL',
        text: `relativeCapWad of ${name} is less than 1 % of the vault. 1 % is 10000000000000000.`,
      })
    }
  }
  return warnings
}

function riskWarnings(config: VaultPlanConfig): PlanWarning[] {
  return sharedExposures(config)
    .filter(({ togetherWad }) => togetherWad > mostWad)
    .map(({ risk, address, venues, togetherWad }) => ({
      code: 'SHARED_RISK_WIDE',
      text: `${venues.join(', ')} share the ${risk} ${address} and may together hold ${togetherWad / 10n ** 16n} % of the vault: one fault there takes that much. A cap in sharedCaps bounds it.`,
    }))
}
