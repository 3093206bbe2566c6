import type { Panel } from './panel.ts'
import type { PanelSource, VenueColumn } from './panel-source.ts'
import { deathOf, resample } from './resample.ts'

/**
 * Puts the events of a panel on its grid of steps. Its rows have passed `checkRows`.
 *
 * The panel starts no earlier than its gas series, since no cost can be charged before; a debt above the deposits (prices
 * and rounding of records) is cut to them; the last steps that do not fill a whole one are left out.
 */
export function gridPanel(source: PanelSource): Panel {
  const { stepSeconds, gas } = source
  const late = Math.max(0, Math.ceil(((gas.timestamps[0] ?? source.startSeconds) - source.startSeconds) / stepSeconds))
  const startSeconds = source.startSeconds + late * stepSeconds
  const steps = Math.floor((source.endSeconds - startSeconds) / stepSeconds)
  const grid = { startSeconds, stepSeconds, steps }
  const none = new Float64Array(steps).fill(Number.NaN)

  const deaths = source.venues.map(({ rows }) => deathOf(rows.timestamps))
  const column = (name: VenueColumn): Float64Array[] =>
    source.venues.map(({ rows }, index) => {
      const values = rows.columns[name]
      return values === undefined ? none : resample(rows.timestamps, values, grid, deaths[index])
    })
  const totalSupply = column('totalSupply')
  const totalBorrow = column('totalBorrow')
  for (const [index, borrow] of totalBorrow.entries()) {
    const supply = totalSupply[index] ?? none
    for (let step = 0; step < steps; step += 1) {
      if ((borrow[step] as number) > (supply[step] as number)) borrow[step] = supply[step] as number
    }
  }
  return {
    name: source.name,
    asset: source.asset,
    stepSeconds,
    startSeconds,
    endSeconds: startSeconds + steps * stepSeconds,
    steps,
    venues: source.venues.map(({ venue }) => venue),
    supplyApr: column('supplyApr'),
    totalSupply,
    totalBorrow,
    available: column('available'),
    usdPerGas: resample(gas.timestamps, gas.columns.usdPerGas ?? new Float64Array(), grid),
    hashes: source.hashes,
  }
}
