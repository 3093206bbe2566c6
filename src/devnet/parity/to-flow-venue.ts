import type { FlowCurve, FlowVenueStart } from '../../market/flow-market.ts'
import { aaveRateParametersFloat } from '../../venues/aave-v3/rates.ts'
import { cometCurveFloat } from '../../venues/comet/rates.ts'
import type { VenueState } from '../../venues/venue.ts'
import type { ExactCurve, ExactVenue } from './read-venues.ts'

const unit = 1e6

/** What the simulator is told of the protocols and the vault. */
export type ParityModel = { venues: readonly FlowVenueStart[]; performanceFeeBps: number }

/** A venue of the chain as the simulator takes it, in fractions and whole units. */
export function toFlowVenue(
  state: VenueState,
  exact: ExactVenue | undefined,
  cap: { share: number; units: number },
): FlowVenueStart {
  if (exact === undefined) throw new Error(`unreachable: ${state.ref.name} was not read`)
  const { curve, cash } = exact
  return {
    curve: toFlowCurve(curve),
    supply: Number(state.totalSupply) / unit,
    borrow: Number(state.totalBorrow) / unit,
    cash: cash === null ? Number.POSITIVE_INFINITY : Number(cash) / unit,
    ...(curve.kind === 'morpho-blue' ? { rateAtTarget: (Number(curve.rateAtTargetWad) * 31_536_000) / 1e18 } : {}),
    capShare: cap.share,
    depositLimit: cap.units,
  }
}

function toFlowCurve(curve: ExactCurve): FlowCurve {
  switch (curve.kind) {
    case 'aave-v3':
      return { kind: 'kinked', parameters: aaveRateParametersFloat(curve.parameters) }
    case 'comet':
      return { kind: 'comet', supply: cometCurveFloat(curve.supply), borrow: cometCurveFloat(curve.borrow) }
    case 'morpho-blue':
      return { kind: 'adaptive', fee: Number(curve.feeWad) / 1e18 }
    case 'erc4626':
      return { kind: 'exogenous', apr: Number(curve.ratePerYearWad) / 1e18 }
  }
}
