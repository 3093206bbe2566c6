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

/** A multiply-add of the network in the EVM, its loads and its loop inside; rescaling and clamping are not. */
const gasPerProduct = measured['a row of 32 multiply-adds'] / 32
/** Eight words of a Groth16 proof, sixteen gas a byte. */
const proofCalldataGas = 8 * 32 * 16
/** The book keeps three words of a venue, read cold and written anew, and its curve, read (EIP-2929, EIP-2200; policy-spec.md). */
const memoryGas = 3 * (2_100 + 2_900) + 2_100
/** A read of a venue's index, cold: what an accrual of Aave or Comet takes (docs/gas.md), to one digit. */
const readGas = 10_000

/**
 * Returns what a move costs on a rung of the trust ladder, for a vault of so many venues.
 *
 * Measured parts are those of `snapshots/policy.json` and of the plan's settings. The others are counts of what is measured
 * there, and of storage: the contracts that will do it stand no earlier than their own measurement, and the parts say so.
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
      { what: 'storage and reads of the observation', gas: (memoryGas + readGas) * venues, basis: 'reckoned' },
      { what: 'allocation', gas: allocationGas(venues), basis: 'measured' },
    )
    const { parameters, scores } = specification.architecture
    if (rung === 'open') {
      const products = parameters
        .filter(({ shape }) => shape.length === 2)
        .reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1), 0)
      parts.push({ what: 'network in the EVM', gas: Math.round(products * venues * gasPerProduct), basis: 'reckoned' })
    } else {
      const scoreWords = Math.ceil((venues * scores * 13) / 208)
      const inputs = venues + 1 + scoreWords + 1
      parts.push(
        { what: 'pairings of a proof', gas: measured['check of four pairings'], basis: 'measured' },
        {
          what: 'inputs and calldata of a proof',
          gas: measured['a public input of a proof'] * inputs + proofCalldataGas,
          basis: 'reckoned',
        },
      )
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
