import { replay } from '../../backtest/replay.ts'
import { replayPanel } from '../../backtest/replay-panel.ts'
import type { Panel, PanelVenue } from '../../history/panel.ts'
import { noCosts } from '../../market/step.ts'
import { aaveRateParametersFloat, aaveRatesFloat } from '../../venues/aave-v3/rates.ts'
import { cometAprFloat, cometCurveFloat } from '../../venues/comet/rates.ts'
import { adaptiveFactorFloat } from '../../venues/morpho-blue/rates.ts'
import type { VenueState } from '../../venues/venue.ts'
import type { ExactCurve } from './read-venues.ts'
import type { ChainRecord, ChainStep } from './record-chain.ts'

/** What total assets gained over the run, before the performance fee; basis points, as sums of logarithms. */
export type BacktestOfRecord = { chainBp: number; backtestBp: number }

const unit = 1e6

/**
 * What a backtest makes of the same days: their hourly records as a panel, the anchored curves, one rate an hour, capital
 * that stays the same. It holds at every hour what the vault held, so that income is compared and no decision.
 */
export async function backtestRecord(chain: ChainRecord): Promise<BacktestOfRecord> {
  const { steps } = chain
  const first = steps[0]
  const last = steps.at(-1)
  if (first === undefined || last === undefined || steps.length < 2) return { chainBp: 0, backtestBp: 0 }
  const panel = panelOf(chain)
  const capital = Number(first.reading.vault.totalAssets) / unit
  const window = { from: 0, steps: panel.steps }
  const market = replayPanel(panel, { ...window, capital, costs: noCosts })
  const held = {
    name: 'what the vault held',
    decide: ({ dataStep }: { dataStep: number }) => weightsAfter(steps[dataStep] ?? first),
  }
  const run = await replay(held, { panel, market, from: 0, lagSteps: 0, costs: noCosts })
  const grown = Number(last.reading.vault.totalAssets) / Number(first.reading.vault.totalAssets)
  return {
    chainBp: Math.log(grown) * 1e4,
    backtestBp: run.gross.reduce((sum, share) => sum + Math.log1p(share), 0) * 1e4,
  }
}

/** The hours of a recorded run, each as it was read at its beginning; the last reading only ends them. */
function panelOf({ start, steps }: ChainRecord): Panel {
  const hours = steps.slice(0, -1)
  const curves = start.venues.map(({ curve }) => curve)
  const column = (read: (venue: VenueState, hour: ChainStep, curve: ExactCurve) => number): Float64Array[] =>
    curves.map((curve, j) =>
      Float64Array.from(hours, (hour) => read(hour.reading.market.venues[j] as VenueState, hour, curve)),
    )
  const startSeconds = Number(steps[0]?.timestamp ?? 0n)
  return {
    name: 'recorded on the chain',
    asset: 'USDC',
    stepSeconds: 3_600,
    startSeconds,
    endSeconds: startSeconds + 3_600 * hours.length,
    steps: hours.length,
    venues: start.state.market.venues.map(({ ref }, j) => ({
      id: ref.name,
      asset: 'USDC',
      ...panelCurve(curves[j] as ExactCurve),
    })),
    supplyApr: column(aprWithoutUs),
    totalSupply: column(others),
    totalBorrow: column(({ totalBorrow }) => Number(totalBorrow) / unit),
    available: column(() => Number.NaN),
    usdPerGas: new Float64Array(hours.length),
    hashes: {},
  }
}

function panelCurve(curve: ExactCurve): Pick<PanelVenue, 'kind' | 'kink' | 'slope2' | 'reserveFactor'> {
  if (curve.kind === 'aave-v3') {
    const { kink, slope2, reserveFactor } = aaveRateParametersFloat(curve.parameters)
    return { kind: 'kinked', kink, slope2, reserveFactor }
  }
  if (curve.kind === 'comet') {
    const { kink, slopeHigh } = cometCurveFloat(curve.supply)
    return { kind: 'comet', kink, slope2: slopeHigh * (1 - kink) }
  }
  return { kind: curve.kind === 'morpho-blue' ? 'adaptive' : 'exogenous' }
}

function others({ totalSupply, assets }: VenueState): number {
  return Number(totalSupply - assets) / unit
}

/** The rate that the venue would pay had we no deposit in it: what a record of the market shows. */
function aprWithoutUs(venue: VenueState, hour: ChainStep, curve: ExactCurve): number {
  const supply = others(venue)
  const used = supply > 0 ? Math.min(1, Number(venue.totalBorrow) / unit / supply) : 0
  switch (curve.kind) {
    case 'aave-v3':
      return aaveRatesFloat(aaveRateParametersFloat(curve.parameters), used).supplyApr
    case 'comet':
      return cometAprFloat(cometCurveFloat(curve.supply), used)
    case 'morpho-blue':
      return (Number(venue.curve.rateKinkE9) / 1e9) * adaptiveFactorFloat(used) * used
    case 'erc4626':
      return Number(hour.savingsRateWad) / 1e18
  }
}

/** Shares of total assets in each venue once the hour's move has landed. */
function weightsAfter({ reading: { market, vault }, after }: ChainStep): Float64Array {
  const places = after ?? { venueAssets: market.venues.map(({ assets }) => assets), totalAssets: vault.totalAssets }
  return Float64Array.from(places.venueAssets, (assets) => Number(assets) / Number(places.totalAssets))
}
