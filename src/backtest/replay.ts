import { policyAnswer } from '../errors/backtest.ts'
import { openAsOf } from '../history/as-of.ts'
import type { Panel } from '../history/panel.ts'
import { createHoldings, createReport, type MoveCosts, step as marketStep } from '../market/step.ts'
import { createPanelFrame, loadKnownFrame, type MarketFrame, withdrawableAt } from '../market/venue-model.ts'
import type { PanelMarket } from './replay-panel.ts'

/** What a policy of a backtest may know when it decides. */
export type PolicyView = {
  /** The panel's step whose data it has; later than nothing that it was shown before. */
  dataStep: number
  /** The market at that step, without our own deposits. One object: it changes with the next step. */
  frame: MarketFrame
  /** What is held now, shares of the capital. */
  held: Float64Array
  capital: number
  /** Most that may stand in each venue, shares of the capital. */
  caps: Float64Array
  /** Gas of a plan and of a leg at the data step's price, shares of the capital; price of a swap. */
  planGas: number
  legGas: number
  swapShare: number
}

/** A policy as the backtest runs it; a fresh one for every run. */
export type ReplayPolicy = {
  name: string
  /** Sees every step of data once, in order, also those before the window. */
  observe?(view: PolicyView): void
  /** Weights that it wants, shares of the capital; undefined holds. Whatever it leaves as held is not touched. */
  decide(view: PolicyView): Float64Array | undefined | Promise<Float64Array | undefined>
  /** Why it last answered so, in its own words; asked where something moved. */
  reason?(): string | undefined
}

/** A step in which something moved; amounts in asset units. */
type ReplayMove = {
  step: number
  legs: number
  gas: number
  swap: number
  /** Wanted out and not let out, wanted in and not taken in. */
  lockedIn: number
  shutOut: number
  reason?: string
}

export type ReplayRun = {
  /** Share of the capital earned in each step, net of all costs, and before them. */
  net: Float64Array
  gross: Float64Array
  /** Steps in which something moved. */
  trades: number
  moves: ReplayMove[]
  /** Moved out of venues, shares of the capital. */
  turnover: number
  /** Asset units. */
  gas: number
  swap: number
  /** Hours in which a tenth of the capital could not have been paid out. */
  unservedHours: number
  /** `[step]`: weights held during it. */
  weights: Float64Array[]
}

export type ReplaySettings = {
  panel: Panel
  market: PanelMarket
  /** First step of the window in the panel. */
  from: number
  /** Steps by which data is older than the decision that it leads to. */
  lagSteps: number
  costs: Readonly<MoveCosts>
  /** Steps of data before the window that a policy is shown. @default 2000 */
  warmUpSteps?: number
}

/** Share of the capital that a depositor might ask for at any hour. */
const servedShare = 0.1

/**
 * Runs a policy through a window: it decides on data that is `lagSteps` old, `step` of the market moves what liquidity and
 * caps admit, and what is held earns the step's rates. Interest is set aside, and gas and swaps are paid out of what was
 * set aside, so the capital at work stays the same for every policy and for the bounds.
 *
 * @throws BACKTEST_POLICY_ANSWER where weights are no numbers, negative, or more than the capital
 */
export async function replay(policy: ReplayPolicy, settings: ReplaySettings): Promise<ReplayRun> {
  const { panel, market, from, lagSteps, costs } = settings
  const { venues, steps, capital } = market
  const holdings = createHoldings(venues, 0)
  holdings.positions.set(market.start)
  holdings.idle = capital - market.start.reduce((sum, own) => sum + own, 0)
  const report = createReport(venues)
  // What is set aside pays: the step itself moves free of charge.
  const free: MoveCosts = { ...costs, gasPerPlan: 0, gasPerVenue: 0, swapBps: 0, swapImpactBpsPerMillion: 0 }
  const run: ReplayRun = {
    net: new Float64Array(steps),
    gross: new Float64Array(steps),
    trades: 0,
    moves: [],
    turnover: 0,
    gas: 0,
    swap: 0,
    unservedHours: 0,
    weights: [],
  }
  const seen = createPanelFrame(panel)
  const view: PolicyView = {
    dataStep: -1,
    frame: seen,
    held: market.start.map((own) => own / capital),
    capital,
    caps: market.caps.map((cap) => cap / capital),
    planGas: 0,
    legGas: 0,
    swapShare: market.swapShare,
  }
  let next = Math.max(0, from - (settings.warmUpSteps ?? 2_000))
  // What is shown goes through a view that throws where the future is read.
  const known = openAsOf(panel, Math.min(next, panel.steps - 1))
  const show = (upTo: number): void => {
    if (upTo > known.cursor) known.advanceTo(upTo)
    for (; next <= upTo; next += 1) {
      loadKnownFrame(seen, known, next)
      view.dataStep = next
      view.planGas = (costs.gasPerPlan * seen.usdPerGas) / costs.assetPriceUsd / capital
      view.legGas = (costs.gasPerVenue * seen.usdPerGas) / costs.assetPriceUsd / capital
      policy.observe?.(view)
    }
  }

  const before = new Float64Array(venues)
  const targets = new Float64Array(venues)
  const hours = panel.stepSeconds / 3_600
  for (let t = 0; t < steps; t += 1) {
    const frame = market.frameAt(t)
    show(from + t - lagSteps)
    let wanted: Float64Array | undefined
    if (view.dataStep >= 0) {
      for (let j = 0; j < venues; j += 1) view.held[j] = (holdings.positions[j] as number) / capital
      const answer = policy.decide(view)
      wanted = answer instanceof Promise ? await answer : answer
    }
    before.set(holdings.positions)
    if (wanted !== undefined) {
      check(policy.name, wanted, panel, from + t)
      for (let j = 0; j < venues; j += 1) {
        const keeps = wanted[j] === view.held[j]
        targets[j] = keeps ? (before[j] as number) : Math.min((wanted[j] as number) * capital, market.caps[j] as number)
      }
    }
    marketStep(frame, holdings, wanted === undefined ? undefined : targets, free, report)
    // Interest is set aside: what stands in the venues is what the plan left there.
    let held = holdings.idle
    for (let j = 0; j < venues; j += 1) {
      const position = Math.max(0, (before[j] as number) + (report.legs[j] as number))
      holdings.positions[j] = position
      held += position
    }
    if (held > capital) holdings.idle -= held - capital
    let gas = 0
    let swap = 0
    if (report.touched > 0) {
      gas = (market.planGas[t] as number) + (market.legGas[t] as number) * report.touched
      swap = market.swapShare * turned(frame, report.legs)
      run.trades += 1
      const { touched: legs, lockedIn, shutOut } = report
      const reason = policy.reason?.()
      run.moves.push({ step: t, legs, gas, swap, lockedIn, shutOut, ...(reason === undefined ? {} : { reason }) })
      run.turnover += report.turnover / capital
      run.gas += gas
      run.swap += swap
    }
    run.gross[t] = report.interest / capital
    run.net[t] = (report.interest - gas - swap) / capital
    let payable = holdings.idle
    for (let j = 0; j < venues; j += 1) payable += withdrawableAt(frame, j, holdings.positions[j] as number)
    if (payable < servedShare * capital) run.unservedHours += hours
    run.weights.push(holdings.positions.map((position) => position / capital))
  }
  return run
}

/** Amount that changes its asset, as `step` of the market reckons it; idle stands with the vault's own. */
function turned(frame: MarketFrame, legs: Float64Array): number {
  let foreign = 0
  let sum = 0
  for (let asset = 1; asset < frame.assets; asset += 1) {
    let change = 0
    for (let j = 0; j < legs.length; j += 1) if (frame.asset[j] === asset) change += legs[j] as number
    foreign += change
    sum += Math.abs(change)
  }
  return (sum + Math.abs(foreign)) / 2
}

function check(policy: string, weights: Float64Array, panel: Panel, step: number): void {
  let sum = 0
  let sound = weights.length === panel.venues.length
  for (const weight of weights) {
    if (!(weight >= 0)) sound = false
    sum += weight
  }
  if (sound && sum <= 1 + 1e-6) return
  const time = new Date((panel.startSeconds + step * panel.stepSeconds) * 1000).toISOString()
  throw policyAnswer(policy, time, `[${Array.from(weights, String).join(', ')}]`)
}
