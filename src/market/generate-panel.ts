import type { Panel, PanelVenue } from '../history/panel.ts'
import { advanceMarket } from './advance-market.ts'
import type { MarketSpec, VenueSpec } from './market-spec.ts'
import { createMarket } from './simulated-market.ts'

/**
 * The history that a simulated market leaves while we hold nothing, as a panel of `steps` hours. A venue's parameters are
 * those that it starts with; governance may have moved its curve since, as in a recorded history.
 */
export function generatePanel(spec: MarketSpec, steps: number): Panel {
  const market = createMarket(spec)
  const columns = (): Float64Array[] => spec.venues.map(() => new Float64Array(steps).fill(Number.NaN))
  const panel = {
    name: `generated from seed ${spec.seed}`,
    asset: spec.asset,
    stepSeconds: 3_600,
    startSeconds: spec.startSeconds,
    endSeconds: spec.startSeconds + 3_600 * steps,
    steps,
    venues: spec.venues.map(toPanelVenue),
    supplyApr: columns(),
    totalSupply: columns(),
    totalBorrow: columns(),
    available: columns(),
    usdPerGas: new Float64Array(steps),
    hashes: {},
  }
  const { frame } = market
  for (let step = 0; step < steps; step += 1) {
    advanceMarket(market)
    panel.usdPerGas[step] = frame.usdPerGas
    for (let venue = 0; venue < frame.venues; venue += 1) {
      write(panel.supplyApr, venue, step, frame.supplyApr)
      write(panel.totalSupply, venue, step, frame.supply)
      write(panel.totalBorrow, venue, step, frame.borrow)
      write(panel.available, venue, step, frame.available)
    }
  }
  return panel
}

function write(columns: readonly Float64Array[], venue: number, step: number, row: Float64Array): void {
  const column = columns[venue]
  if (column !== undefined) column[step] = row[venue] as number
}

function toPanelVenue({ id, asset, curve, capShare, depositLimit }: VenueSpec): PanelVenue {
  return {
    id,
    asset,
    kind: curve.kind,
    ...(curve.kind === 'kinked' || curve.kind === 'comet' ? { kink: curve.kink, slope2: curve.slope2 } : {}),
    ...(curve.kind === 'kinked' ? { reserveFactor: curve.reserveFactor } : {}),
    ...(capShare === undefined ? {} : { cap: capShare }),
    ...(depositLimit === undefined ? {} : { depositLimit }),
  }
}
