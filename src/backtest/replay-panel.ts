import { windowWithoutData } from '../errors/backtest.ts'
import { isoTime } from '../errors/history.ts'
import type { Panel } from '../history/panel.ts'
import type { MoveCosts } from '../market/step.ts'
import { createPanelFrame, loadFrame, type MarketFrame, supplyAprAt } from '../market/venue-model.ts'
import type { ReplayMarket } from './replay-market.ts'

export type ReplayOptions = {
  /** First step of the window in the panel, and how many there are. */
  from: number
  steps: number
  /** Asset units. */
  capital: number
  costs: Readonly<MoveCosts>
  /** Most of the capital that may stand in one venue, a share; the panel's own caps hold as well. @default 1 */
  cap?: number
}

/** A market in which one frame stands at a step; reading another step loads it. */
export type PanelMarket = ReplayMarket & {
  /** The frame of a step of the window. It is one object: the next call changes it. */
  frameAt(step: number): MarketFrame
}

/**
 * A window of a panel as policies and bounds play it. It begins with an even split over the venues that are there,
 * under the caps.
 *
 * @throws BACKTEST_WINDOW where no venue has a rate at the first step, or gas is not known
 */
export function replayPanel(panel: Panel, options: ReplayOptions): PanelMarket {
  const { from, steps, capital, costs } = options
  const frame = createPanelFrame(panel)
  let loaded = -1
  const frameAt = (step: number): MarketFrame => {
    if (loaded !== step) {
      loadFrame(frame, panel, from + step)
      loaded = step
    }
    return frame
  }
  const venues = panel.venues.length
  const caps = Float64Array.from({ length: venues }, (_, j) =>
    Math.min((frame.capShare[j] as number) * capital, (options.cap ?? 1) * capital, frame.depositLimit[j] as number),
  )
  const gasOf = (units: number): Float64Array =>
    Float64Array.from({ length: steps }, (_, step) => {
      const price = panel.usdPerGas[from + step] as number
      return units === 0 ? 0 : (units * price) / costs.assetPriceUsd
    })
  const planGas = gasOf(costs.gasPerPlan)
  const legGas = gasOf(costs.gasPerVenue)
  const time = (step: number): string => isoTime(panel.startSeconds + step * panel.stepSeconds)
  const without = (reason: string) => windowWithoutData(panel.name, time(from), time(from + steps), reason)
  if (steps < 1) throw without('it has no step')
  if (legGas.some((gas) => !(gas >= 0))) throw without('the price of gas is not known in all of it')
  if (!isOpen(panel, from)) {
    let first = from
    while (first < from + steps && !isOpen(panel, first)) first += 1
    throw without(
      first === from + steps
        ? 'no venue has a rate in it'
        : `no venue has a rate at its beginning; the first one has from ${time(first)} on`,
    )
  }
  return {
    venues,
    steps,
    yearsPerStep: panel.stepSeconds / 31_536_000,
    capital,
    supplyApr: (step, venue, own) => supplyAprAt(frameAt(step), venue, own),
    caps,
    assets: Uint8Array.from(frame.asset),
    swapShare: frame.assets > 1 ? costs.swapBps / 1e4 : 0,
    planGas,
    legGas,
    start: evenSplit(frameAt(0), caps, capital),
    frameAt,
  }
}

/** Whether any venue has a rate at a step of a panel. */
export function isOpen({ supplyApr }: Pick<Panel, 'supplyApr'>, step: number): boolean {
  return supplyApr.some((row) => !Number.isNaN(row[step] as number))
}

/** An even split of the capital over open venues; what a cap does not admit goes evenly to the others. */
export function evenSplit(frame: MarketFrame, caps: Float64Array, capital: number): Float64Array {
  const split = new Float64Array(caps.length)
  let open = Array.from(caps.keys()).filter((j) => !Number.isNaN(frame.supplyApr[j] as number))
  let left = capital
  while (open.length > 0) {
    const share = left / open.length
    const full = open.filter((j) => (caps[j] as number) <= share)
    if (full.length === 0) {
      for (const j of open) split[j] = share
      break
    }
    for (const j of full) {
      split[j] = caps[j] as number
      left -= caps[j] as number
    }
    open = open.filter((j) => !full.includes(j))
  }
  return split
}
