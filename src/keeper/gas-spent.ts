import type { TickEffects, TickSettings } from './effects.ts'

const dayMs = 24 * 3600 * 1000

/** Wei that the signer's gas cost in the last 24 hours. */
export function gasSpent(effects: TickEffects, settings: TickSettings): Promise<bigint> {
  const sinceMs = effects.clock.unixMs() - dayMs
  return effects.journal.gasSpent({ chainId: settings.chainId, signer: settings.keeper, sinceMs })
}
