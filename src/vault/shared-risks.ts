import type { Address, Hex } from 'viem'
import type { VaultPlanConfig } from './plan-deployment.ts'
import { sharedRisksOf } from './venue-adapters.ts'
import type { SharedRisk } from './venue-ids.ts'

/** What several venues of a plan have in common, and how much of the vault may lie behind it. */
export type SharedExposure = {
  risk: SharedRisk
  address: Address
  id: Hex
  /** Names of the venues, in the order of the plan. */
  venues: readonly string[]
  absoluteCap: bigint
  relativeCapWad: bigint
  /** True where the plan names no cap for it, so that it gets no bound of its own. */
  isDefault: boolean
  /** Largest share of the vault that may lie behind it, by its own cap and those of the venues. 1e18 = all. */
  togetherWad: bigint
}

const unbounded = (1n << 128n) - 1n
const wad = 10n ** 18n

/** The risks that more than one venue of a plan shares, in the order in which the venues name them. Pure. */
export function sharedExposures(config: Pick<VaultPlanConfig, 'venues' | 'sharedCaps'>): SharedExposure[] {
  const found = new Map<Hex, SharedExposure>()
  for (const venue of config.venues) {
    for (const { risk, address, id } of sharedRisksOf(venue)) {
      const own = config.sharedCaps?.find((cap) => cap.id === id)
      const known = found.get(id)
      const relativeCapWad = own?.relativeCapWad ?? wad
      const sum = (known?.togetherWad ?? 0n) + venue.relativeCapWad
      found.set(id, {
        ...{ risk, address, id, relativeCapWad },
        venues: [...(known?.venues ?? []), venue.name],
        absoluteCap: own?.absoluteCap ?? unbounded,
        isDefault: own === undefined,
        togetherWad: sum < relativeCapWad ? sum : relativeCapWad,
      })
    }
  }
  return [...found.values()].filter(({ venues }) => venues.length > 1)
}
