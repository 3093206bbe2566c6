import type { Panel } from '../../history/panel.ts'
import type { MoveCosts } from '../../market/step.ts'
import { bestStatic } from '../best-static.ts'
import type { ReplayPolicy } from '../replay.ts'
import { isOpen, replayPanel } from '../replay-panel.ts'
import { gridPoints } from './grid.ts'

export type CausalStaticOptions = {
  panel: Panel
  capital: number
  cap: number
  costs: Readonly<MoveCosts>
  trainHours: number
  retuneHours: number
}

const leastTrainHours = 14 * 24

/** The best static mix of the past, entered from what is held; sought anew now and then. */
export function causalStatic(options: CausalStaticOptions): ReplayPolicy {
  const { panel, capital, cap, costs, trainHours, retuneHours } = options
  const hoursPerStep = panel.stepSeconds / 3_600
  let tunedAt = Number.NEGATIVE_INFINITY
  let seen = 0
  return {
    name: 'best-static-causal',
    observe() {
      seen += 1
    },
    decide({ dataStep, held }) {
      if ((dataStep - tunedAt) * hoursPerStep < retuneHours) return undefined
      // A past in which no venue had a rate yet says nothing.
      let steps = Math.min(seen, Math.round(trainHours / hoursPerStep))
      while (steps > 0 && !isOpen(panel, dataStep - steps + 1)) steps -= 1
      if (steps * hoursPerStep < leastTrainHours) return undefined
      tunedAt = dataStep
      const past = replayPanel(panel, { from: dataStep - steps + 1, steps, capital, costs, cap })
      past.start.set(held.map((weight) => weight * capital))
      const { weights } = bestStatic(past, gridPoints(held.length))
      return weights.every((weight, j) => Math.abs(weight - (held[j] as number)) < 1e-9) ? undefined : weights
    },
  }
}
