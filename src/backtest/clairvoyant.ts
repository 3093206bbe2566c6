import { gridTooLarge } from '../errors/backtest.ts'
import { capSteps, incomeTables, moveCost, type ReplayMarket, swapCost } from './replay-market.ts'

/** States of a grid above which it is not solved. */
const statesLimit = 4000

/** Mixes of the grid that is taken where none is named: up to six venues, and beyond, where few would be none. */
const usualStates = { venues: 6, upTo: 126, beyond: 300 }

export type ClairvoyantOptions = {
  /**
   * Steps into which the capital is cut. @default the finest grid with at most 126 mixes, 300 above six venues, on which
   * caps lie if they can
   */
  points?: number
  /** Mixes off the grid that may be held as well, shares of the capital. */
  also?: readonly Float64Array[]
  /** Called now and then with the share that is done. */
  onProgress?(fraction: number): void
}

export type Clairvoyant = {
  /** Steps of the grid, and how many mixes it has. */
  points: number
  states: number
  /** Share of the capital earned over the window, all moves paid. */
  net: number
  netSeries: Float64Array
  trades: number
  /** `[step]`: weights held during it, shares of the capital. */
  weights: readonly Float64Array[]
}

/**
 * Returns what somebody who knows the whole window would have earned on a grid of mixes: exact dynamic programming over
 * all mixes, with own impact, gas and swaps. It ignores what limits withdrawals, so it is no lower than any path on the
 * same grid that respects them.
 *
 * V_t(i) = max over q of R_t(q) − cost_t(i, q) + V_{t+1}(q). Mixes are tried from the best downwards and only while they
 * can still beat the best found, so most pairs are never looked at.
 *
 * @throws BACKTEST_GRID_TOO_LARGE
 */
export function clairvoyant(market: ReplayMarket, options: ClairvoyantOptions = {}): Clairvoyant {
  const { steps, venues, capital } = market
  const points = options.points ?? defaultPoints(market)
  const mixes = gridMixes(market, points)
  if (mixes.length > statesLimit) throw gridTooLarge(mixes.length, statesLimit, venues)
  const weights: Float64Array[] = mixes.map((mix) => Float64Array.from(mix, (k) => k / points))
  const stateOf = (wanted: Float64Array): number => {
    const known = weights.findIndex((mix) => mix.every((weight, j) => Math.abs(weight - (wanted[j] ?? 0)) < 1e-12))
    return known < 0 ? weights.push(wanted) - 1 : known
  }
  const startState = stateOf(market.start.map((own) => own / capital))
  for (const mix of options.also ?? []) stateOf(mix)
  const count = weights.length

  const touched = new Uint8Array(count * count)
  const swap = new Float64Array(count * count)
  for (let i = 0; i < count; i += 1) {
    for (let q = 0; q < count; q += 1) {
      const from = weights[i] as Float64Array
      const to = weights[q] as Float64Array
      let legs = 0
      for (let j = 0; j < venues; j += 1) if (from[j] !== to[j]) legs += 1
      touched[i * count + q] = legs
      swap[i * count + q] = swapCost(market, from, to)
    }
  }

  const tables = incomeTables(market, points)
  const width = points + 1
  const income = (step: number, state: number): number => {
    let sum = 0
    if (state >= mixes.length) {
      for (let j = 0; j < venues; j += 1) {
        const weight = (weights[state] as Float64Array)[j] as number
        sum += market.supplyApr(step, j, weight * capital) * weight
      }
      return sum * market.yearsPerStep
    }
    const mix = mixes[state] as number[]
    for (let j = 0; j < venues; j += 1) sum += (tables[j] as Float64Array)[step * width + (mix[j] as number)] as number
    return sum
  }

  const after = new Float64Array(count)
  const held = new Float64Array(count)
  const choice = new Uint16Array(steps * count)
  const order = Uint16Array.from({ length: count }, (_, i) => i)
  const progressEvery = Math.max(1, Math.floor(steps / 100))
  for (let step = steps - 1; step >= 0; step -= 1) {
    for (let i = 0; i < count; i += 1) held[i] = (after[i] as number) + income(step, i)
    sortByValue(order, held)
    const plan = (market.planGas[step] as number) / capital
    const leg = (market.legGas[step] as number) / capital
    const cheapest = plan + leg
    for (let i = 0; i < count; i += 1) {
      let best = held[i] as number
      let chosen = i
      const row = i * count
      for (let rank = 0; rank < count; rank += 1) {
        const q = order[rank] as number
        const value = held[q] as number
        if (value - cheapest <= best) break
        const net = value - plan - leg * (touched[row + q] as number) - (swap[row + q] as number)
        if (net > best && q !== i) {
          best = net
          chosen = q
        }
      }
      after[i] = best
      choice[step * count + i] = chosen
    }
    if (step % progressEvery === 0) options.onProgress?.(1 - step / steps)
  }

  const path: Float64Array[] = []
  const netSeries = new Float64Array(steps)
  let trades = 0
  let net = 0
  let state = startState
  for (let step = 0; step < steps; step += 1) {
    const next = choice[step * count + state] as number
    const cost = moveCost(market, step, weights[state] as Float64Array, weights[next] as Float64Array)
    if (next !== state) trades += 1
    state = next
    netSeries[step] = income(step, state) - cost
    net += netSeries[step] as number
    path.push(weights[state] as Float64Array)
  }
  return { points, states: mixes.length, net, netSeries, trades, weights: path }
}

/** The finest grid of the usual number of mixes; one that is hardly coarser where all caps lie on it. */
function defaultPoints(market: ReplayMarket): number {
  const most = market.venues > usualStates.venues ? usualStates.beyond : usualStates.upTo
  let finest = 1
  while (finest < 100 && gridMixes(market, finest + 1).length <= most) finest += 1
  const onGrid = (points: number): boolean =>
    market.caps.every((cap) => {
      const steps = Math.min(1, cap / market.capital) * points
      return Math.abs(steps - Math.round(steps)) < 1e-6
    })
  for (let points = finest; 2 * points > finest; points -= 1) if (onGrid(points)) return points
  return finest
}

/** Whether the caps leave room for the whole capital; else a part of it must be able to stand idle. */
function fullyPlaced(market: ReplayMarket, points: number): boolean {
  return capSteps(market, points).reduce((sum, cap) => sum + cap, 0) >= points
}

/** All mixes of the grid under the caps; with idle only where the caps ask for it. */
function gridMixes(market: ReplayMarket, points: number): number[][] {
  const caps = capSteps(market, points)
  const full = fullyPlaced(market, points)
  const found: number[][] = []
  const mix = new Array<number>(market.venues).fill(0)
  const place = (venue: number, left: number): void => {
    if (venue === market.venues) {
      if (!full || left === 0) found.push([...mix])
      return
    }
    const low = full && venue === market.venues - 1 ? left : 0
    for (let k = low; k <= Math.min(left, caps[venue] as number); k += 1) {
      mix[venue] = k
      place(venue + 1, left - k)
    }
  }
  place(0, points)
  return found
}

/** Puts the states in falling order of value; insertion sort, since the order hardly changes from step to step. */
function sortByValue(order: Uint16Array, values: Float64Array): void {
  for (let i = 1; i < order.length; i += 1) {
    const state = order[i] as number
    const value = values[state] as number
    let at = i - 1
    while (at >= 0 && (values[order[at] as number] as number) < value) {
      order[at + 1] = order[at] as number
      at -= 1
    }
    order[at + 1] = state
  }
}
