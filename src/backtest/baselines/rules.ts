import type { Panel } from '../../history/panel.ts'
import type { ReplayPolicy } from '../replay.ts'
import { createAverages } from './averages.ts'
import { gridPoints, heldSteps, openSteps, weightsOf } from './grid.ts'
import { createPayback } from './payback.ts'

/** Leaves everything where it is. */
export function hold(): ReplayPolicy {
  return { name: 'hold', decide: () => undefined }
}

/** Holds fixed weights as far as venues are open; moves once, and again only where a venue opens or closes. */
export function fixedWeights(name: string, weights: Float64Array): ReplayPolicy {
  let openBefore = ''
  return {
    name,
    decide({ frame, held }) {
      const open = Array.from(frame.supplyApr, (apr) => (Number.isNaN(apr) ? 0 : 1)).join('')
      if (open === openBefore) return undefined
      openBefore = open
      return weights.map((weight, j) =>
        open[j] === '1' || weight < (held[j] as number) ? weight : (held[j] as number),
      )
    },
  }
}

/** Splits the capital evenly over the venues that are open, under the caps; again when that set changes or one is off. */
export function equalWeight(band = 0.05): ReplayPolicy {
  return {
    name: 'equal-weight',
    decide({ frame, held, caps }) {
      const split = new Float64Array(held.length)
      let open = Array.from(held.keys()).filter((j) => !Number.isNaN(frame.supplyApr[j] as number))
      let left = 1
      while (open.length > 0) {
        const share = left / open.length
        const full = open.filter((j) => (caps[j] as number) <= share)
        for (const j of full.length === 0 ? open : full) split[j] = Math.min(share, caps[j] as number)
        left -= full.reduce((sum, j) => sum + (caps[j] as number), 0)
        open = full.length === 0 ? [] : open.filter((j) => !full.includes(j))
      }
      const off = split.reduce((most, weight, j) => Math.max(most, Math.abs(weight - (held[j] as number))), 0)
      return off > band ? split : undefined
    },
  }
}

/** Fills the venues in the order of what they pay now, and moves where the mean rate rises by more than the threshold. */
export function greedy(thresholdApr = 0.005): ReplayPolicy {
  return {
    name: `greedy-${Math.round(thresholdApr * 1e4)}bp`,
    decide(view) {
      const { frame, held, caps } = view
      const rate = (j: number): number => frame.supplyApr[j] as number
      const order = Array.from(held.keys())
        .filter((j) => !Number.isNaN(rate(j)))
        .sort((a, b) => rate(b) - rate(a) || a - b)
      const weights = new Float64Array(held.length)
      let left = 1
      for (const j of order) {
        weights[j] = Math.min(left, caps[j] as number)
        left -= weights[j] as number
      }
      let gain = 0
      for (const j of order) gain += ((weights[j] as number) - (held[j] as number)) * rate(j)
      return gain > thresholdApr ? weights : undefined
    },
  }
}

/**
 * Water-filling on a grid: the best mix of averaged income, own impact inside, and with a horizon only where it pays for
 * the move within it.
 *
 * @param halfLifeHours 0 takes the rates of the moment.
 * @param horizonHours 0 moves at every step, whatever it costs.
 */
export function waterFilling(
  name: string,
  halfLifeHours: number,
  horizonHours: number,
  panel: Pick<Panel, 'venues' | 'stepSeconds'>,
): ReplayPolicy {
  const venues = panel.venues.length
  const points = gridPoints(venues)
  const averages = createAverages(venues, points, [(halfLifeHours * 3_600) / panel.stepSeconds])
  let payback: ReturnType<typeof createPayback> | undefined
  return {
    name,
    observe: (view) => averages.observe(view),
    decide(view) {
      const now = heldSteps(view.held, points)
      payback ??= createPayback(points, view.frame.asset)
      const steps = payback({
        income: averages.averages[0] as readonly Float64Array[],
        held: now,
        most: openSteps(view, now, points),
        horizonYears: horizonHours === 0 ? Number.POSITIVE_INFINITY : horizonHours / 8_760,
        planGas: view.planGas,
        legGas: view.legGas,
        swapShare: view.swapShare,
      })
      return weightsOf(steps, now, view.held, points)
    },
  }
}

/**
 * Morpho's reallocation bot, strategy EquilizeUtilizations: where the utilisation of any venue is off that of all of them
 * together by more than 250 bp, deposits are shared out so that all stand at it.
 *
 * Only our own capital can be moved: the level is the one at which it is used up. Shares are those of the grid, so that
 * each hour's dust is not traded. Source: morpho-org/morpho-blue-reallocation-bot.
 */
export function equalUtilisation(threshold = 0.025): ReplayPolicy {
  return {
    name: 'morpho-equal-utilisation',
    decide(view) {
      const { frame, held, capital } = view
      const points = gridPoints(held.length)
      const now = heldSteps(held, points)
      const most = openSteps(view, now, points)
      let supply = 0
      let borrow = 0
      const known: number[] = []
      for (let j = 0; j < held.length; j += 1) {
        const own = (held[j] as number) * capital
        const s = (frame.supply[j] as number) + own
        const b = frame.borrow[j] as number
        if (!(s > 0 && b >= 0) || Number.isNaN(frame.supplyApr[j] as number)) continue
        known.push(j)
        supply += s
        borrow += b
      }
      const target = borrow / supply
      const off = known.some((j) => {
        const own = (held[j] as number) * capital
        return Math.abs((frame.borrow[j] as number) / ((frame.supply[j] as number) + own) - target) > threshold
      })
      if (!off) return undefined
      let low = 1e-6
      let high = 1
      const wanted = (j: number, level: number): number => {
        const share = ((frame.borrow[j] as number) / level - (frame.supply[j] as number)) / capital
        return Math.min((most[j] as number) / points, Math.max(0, share))
      }
      for (let i = 0; i < 60; i += 1) {
        const level = (low + high) / 2
        if (known.reduce((sum, j) => sum + wanted(j, level), 0) > 1) low = level
        else high = level
      }
      const shares = held.map((_, j) => (known.includes(j) ? wanted(j, high) : 0))
      return weightsOf(heldSteps(shares, points), now, held, points)
    },
  }
}

/**
 * Yearn's debt allocator: target ratios, here those of each venue's day average of its rate, drawn down where a venue
 * stands above 1.2 times its target and filled up where it stands below, by at least a hundredth of the capital and at
 * most every six hours. Source: yearn/vault-periphery, DebtAllocator.
 */
export function yearnRatio(waitHours = 6, minimumChange = 0.01): ReplayPolicy {
  let averages: Float64Array | undefined
  let count = 0
  let last = Number.NEGATIVE_INFINITY
  return {
    name: 'yearn-ratio',
    observe({ frame }) {
      averages ??= new Float64Array(frame.venues)
      count += 1
      const alpha = Math.max(1 - 0.5 ** (frame.stepSeconds / 3_600 / 24), 1 / count)
      for (let j = 0; j < frame.venues; j += 1) {
        const apr = frame.supplyApr[j] as number
        const rate = Number.isNaN(apr) ? 0 : apr
        averages[j] = (averages[j] as number) + alpha * (rate - (averages[j] as number))
      }
    },
    decide({ frame, held, caps, dataStep }) {
      if (averages === undefined || ((dataStep - last) * frame.stepSeconds) / 3_600 < waitHours) return undefined
      const sum = averages.reduce((total, rate) => total + rate, 0)
      if (!(sum > 0)) return undefined
      const target = averages.map((rate, j) => Math.min(caps[j] as number, rate / sum))
      const weights = held.slice()
      let idle = 1 - held.reduce((total, weight) => total + weight, 0)
      for (let j = 0; j < held.length; j += 1) {
        const excess = (held[j] as number) - (target[j] as number)
        if ((held[j] as number) <= 1.2 * (target[j] as number) || excess < minimumChange) continue
        weights[j] = target[j] as number
        idle += excess
      }
      for (let j = 0; j < held.length && idle >= minimumChange; j += 1) {
        if (Number.isNaN(frame.supplyApr[j] as number)) continue
        const lacks = Math.min((target[j] as number) - (weights[j] as number), idle)
        if (lacks < minimumChange) continue
        weights[j] = (weights[j] as number) + lacks
        idle -= lacks
      }
      if (weights.every((weight, j) => weight === held[j])) return undefined
      last = dataStep
      return weights
    },
  }
}
