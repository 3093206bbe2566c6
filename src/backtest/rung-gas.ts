import measured from '../../snapshots/policy.json' with { type: 'json' }
import { defaultPlanSettings } from '../plan/plan-settings.ts'
import { specification } from '../policy/specification.ts'

export const rungs = ['guarded', 'open', 'sealed'] as const

export type Rung = (typeof rungs)[number]

export type RungGas = {
  /** Gas of a plan without its legs, and of each leg. */
  gasPerPlan: number
  gasPerLeg: number
  parts: readonly { what: string; gas: number; basis: 'measured' | 'reckoned' }[]
}

/** Gas of one multiply-add of the network in the EVM: loads, product, sum and the loop around them. */
const gasPerProduct = 40
/** Groth16 by EIP-1108: four pairings, an addition and a multiplication for each public input, and the proof's calldata. */
const pairingGas = 45_000 + 4 * 34_000
const inputGas = 6_000 + 150
const proofCalldataGas = 8 * 32 * 16

/**
 * Returns what a move costs on a rung of the trust ladder, for a vault of so many venues.
 *
 * Measured parts are those of `snapshots/policy.json` and of the plan's settings. The network in the EVM and the check of
 * a proof are not in the snapshots yet: they are reckoned from operation counts, and say so.
 */
export function rungGas(rung: Rung, venues: number): RungGas {
  const parts: { what: string; gas: number; basis: 'measured' | 'reckoned' }[] = [
    { what: 'a plan through the Guard', gas: Number(defaultPlanSettings.gasPerPlan), basis: 'measured' },
  ]
  if (rung !== 'guarded') {
    const perVenue =
      measured['memory of a venue, rates, next slot'] +
      measured['memory of a venue, sizes, next slot'] +
      measured['features of a venue']
    parts.push(
      { what: 'observation', gas: perVenue * venues + measured['features of all venues'], basis: 'measured' },
      { what: 'allocation', gas: allocationGas(venues), basis: 'measured' },
    )
    const { parameters, scores } = specification.architecture
    if (rung === 'open') {
      const products = parameters
        .filter(({ shape }) => shape.length === 2)
        .reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1), 0)
      parts.push({ what: 'network in the EVM', gas: products * venues * gasPerProduct, basis: 'reckoned' })
    } else {
      const scoreWords = Math.ceil((venues * scores * 13) / 208)
      const inputs = venues + 1 + scoreWords + 1
      parts.push({ what: 'proof', gas: pairingGas + inputGas * inputs + proofCalldataGas, basis: 'reckoned' })
    }
  }
  return {
    gasPerPlan: parts.reduce((sum, { gas }) => sum + gas, 0),
    gasPerLeg: Number(defaultPlanSettings.gasPerLeg),
    parts,
  }
}

/** Measured for 2, 5, 8 and 16 venues, and in a straight line between. */
function allocationGas(venues: number): number {
  const points: readonly (readonly [number, number])[] = [
    [2, measured['allocation of 2 venues in 20 steps']],
    [5, measured['allocation of 5 venues in 10 steps']],
    [8, measured['allocation of 8 venues in 10 steps']],
    [16, measured['allocation of 16 venues in 10 steps']],
  ]
  const above = points.findIndex(([count]) => count >= venues)
  const [high, highGas] = points[above < 0 ? points.length - 1 : above] as readonly [number, number]
  const [low, lowGas] = points[Math.max(0, (above < 0 ? points.length : above) - 1)] as readonly [number, number]
  return high === low ? highGas : Math.round(lowGas + ((highGas - lowGas) * (venues - low)) / (high - low))
}
