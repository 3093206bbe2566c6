import type { Panel } from '../../history/panel.ts'
import type { MoveCosts } from '../../market/step.ts'
import { bestSingle, bestStatic } from '../best-static.ts'
import type { ReplayPolicy } from '../replay.ts'
import type { PanelMarket } from '../replay-panel.ts'
import { causalStatic } from './causal-static.ts'
import { equalUtilisation, equalWeight, fixedWeights, greedy, hold, waterFilling, yearnRatio } from './rules.ts'
import { type CandidateTrack, tunedWaterFilling } from './tuned.ts'

/** The rules that every policy is shown beside, in the order of the table. */
export const baselineNames = [
  'hold',
  'equal-weight',
  'best-single',
  'best-static-causal',
  'best-static-hindsight',
  'greedy-50bp',
  'water-filling',
  'water-filling-payback',
  'smoothed-water-filling-payback',
  'morpho-equal-utilisation',
  'yearn-ratio',
] as const

export type BaselineName = (typeof baselineNames)[number]

/** Rules that are chosen by the whole of the window that they play. */
export const hindsightNames: readonly BaselineName[] = ['best-single', 'best-static-hindsight']

export type BaselineParts = {
  panel: Panel
  market: PanelMarket
  /** The best static mix of the window, where it is known already. */
  best?: Float64Array
  track: CandidateTrack
  costs: Readonly<MoveCosts>
  capital: number
  cap: number
  trainHours: number
  retuneHours: number
}

/** A rule of the table, made anew for every run. */
export function makeBaseline(name: BaselineName, parts: BaselineParts): ReplayPolicy {
  const { panel } = parts
  switch (name) {
    case 'hold':
      return hold()
    case 'equal-weight':
      return equalWeight()
    case 'best-single':
      return fixedWeights(name, bestSingle(parts.market))
    case 'best-static-causal':
      return causalStatic(parts)
    case 'best-static-hindsight':
      return fixedWeights(name, parts.best ?? bestStatic(parts.market).weights)
    case 'greedy-50bp':
      return greedy()
    case 'water-filling':
      return waterFilling(name, 0, 0, panel)
    case 'water-filling-payback':
      return waterFilling(name, 0, 24, panel)
    case 'smoothed-water-filling-payback':
      return tunedWaterFilling(parts)
    case 'morpho-equal-utilisation':
      return equalUtilisation()
    case 'yearn-ratio':
      return yearnRatio()
  }
}
