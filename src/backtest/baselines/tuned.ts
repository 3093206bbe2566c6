import type { Panel } from '../../history/panel.ts'
import type { MoveCosts } from '../../market/step.ts'
import { createPanelFrame, loadFrame } from '../../market/venue-model.ts'
import type { ReplayPolicy } from '../replay.ts'
import { evenSplit, type PanelMarket } from '../replay-panel.ts'
import { createAverages } from './averages.ts'
import { gridPoints, heldSteps, openSteps, weightsOf } from './grid.ts'
import { createPayback, swapOf } from './payback.ts'

/** Half-lives of the averages and horizons of payback among which the rule is chosen, hours. */
const halfLivesHours: readonly number[] = [6, 12, 24, 72, 168, 504]
const horizonsHours: readonly number[] = [24, 72, 168, 336, 720]

export type Candidate = { halfLifeHours: number; horizonHours: number }

/** What every candidate would have earned, by the end of each step of the panel: sums of net shares of the capital. */
export type CandidateTrack = {
  candidates: readonly Candidate[]
  /** `[candidate][step]`, known up to a step: nothing later of the panel has been read. */
  sumsUpTo(step: number): readonly Float64Array[]
}

type TrackOptions = {
  panel: Panel
  market: Pick<PanelMarket, 'capital' | 'caps' | 'assets' | 'swapShare'>
  costs: Readonly<MoveCosts>
  candidates?: readonly Candidate[]
}

/**
 * Runs all candidates side by side over a panel from its first step, each with holdings of its own, deciding on the last
 * step's data. It goes only as far as it is asked for, so a choice at step t knows nothing later.
 */
export function trackCandidates({ panel, market, costs, candidates = allCandidates() }: TrackOptions): CandidateTrack {
  const venues = panel.venues.length
  const points = gridPoints(venues)
  const { capital } = market
  const hoursPerStep = panel.stepSeconds / 3_600
  const halfLives = [...new Set(candidates.map(({ halfLifeHours }) => halfLifeHours))]
  const averages = createAverages(
    venues,
    points,
    halfLives.map((hours) => hours / hoursPerStep),
  )
  const averageOf = candidates.map(({ halfLifeHours }) => halfLives.indexOf(halfLifeHours))
  const frame = createPanelFrame(panel)
  const caps = market.caps.map((cap) => cap / capital)
  const sums = candidates.map(() => new Float64Array(panel.steps))
  const payback = createPayback(points, market.assets)
  let held: number[][] | undefined
  let known = 0
  const play = (step: number): void => {
    loadFrame(frame, panel, step)
    averages.observe({ frame, capital })
    held ??= candidates.map(() =>
      heldSteps(
        evenSplit(frame, market.caps, capital).map((own) => own / capital),
        points,
      ),
    )
    const planGas = (costs.gasPerPlan * frame.usdPerGas) / costs.assetPriceUsd / capital
    const legGas = (costs.gasPerVenue * frame.usdPerGas) / costs.assetPriceUsd / capital
    for (const [i, candidate] of candidates.entries()) {
      const now = held[i] as number[]
      let net = 0
      for (let j = 0; j < venues; j += 1) net += (averages.now[j] as Float64Array)[now[j] as number] as number
      net *= hoursPerStep / 8_760
      const next = payback({
        income: averages.averages[averageOf[i] as number] as readonly Float64Array[],
        held: now,
        most: openSteps({ caps, frame }, now, points),
        horizonYears: candidate.horizonHours / 8_760,
        planGas,
        legGas,
        swapShare: market.swapShare,
      })
      let legs = 0
      for (let j = 0; j < venues; j += 1) if (next[j] !== now[j]) legs += 1
      if (legs > 0) net -= planGas + legGas * legs + swapOf(market.assets, market.swapShare / points, now, next)
      held[i] = next
      const row = sums[i] as Float64Array
      row[step] = (step === 0 ? 0 : (row[step - 1] as number)) + net
    }
  }
  return {
    candidates,
    sumsUpTo(step) {
      for (; known <= step; known += 1) play(known)
      return sums
    },
  }
}

/** Every half-life with every horizon. */
export function allCandidates(): Candidate[] {
  return halfLivesHours.flatMap((halfLifeHours) =>
    horizonsHours.map((horizonHours) => ({ halfLifeHours, horizonHours })),
  )
}

/** What the rule runs with before there is anything to choose by: the constants of the policy specification. */
const firstCandidate: Candidate = { halfLifeHours: 72, horizonHours: 168 }
const leastTrainHours = 14 * 24

export type TunedOptions = {
  panel: Panel
  track: CandidateTrack
  /** Hours of the past by which the choice is made, and how often it is made anew. */
  trainHours: number
  retuneHours: number
}

/** Smoothed water-filling with payback, half-life and horizon chosen by what they would have earned in the past. */
export function tunedWaterFilling({ panel, track, trainHours, retuneHours }: TunedOptions): ReplayPolicy {
  const venues = panel.venues.length
  const points = gridPoints(venues)
  const hoursPerStep = panel.stepSeconds / 3_600
  const averages = createAverages(
    venues,
    points,
    halfLivesHours.map((hours) => hours / hoursPerStep),
  )
  let seen = 0
  let tunedAt = Number.NEGATIVE_INFINITY
  let chosen = firstCandidate
  let payback: ReturnType<typeof createPayback> | undefined
  return {
    name: 'smoothed-water-filling-payback',
    observe(view) {
      averages.observe(view)
      seen += 1
    },
    decide(view) {
      const { dataStep } = view
      if ((dataStep - tunedAt) * hoursPerStep >= retuneHours && seen * hoursPerStep >= leastTrainHours) {
        tunedAt = dataStep
        chosen = bestCandidate(track, dataStep, Math.min(seen - 1, Math.round(trainHours / hoursPerStep)))
      }
      const now = heldSteps(view.held, points)
      payback ??= createPayback(points, view.frame.asset)
      const steps = payback({
        income: averages.averages[halfLivesHours.indexOf(chosen.halfLifeHours)] as readonly Float64Array[],
        held: now,
        most: openSteps(view, now, points),
        horizonYears: chosen.horizonHours / 8_760,
        planGas: view.planGas,
        legGas: view.legGas,
        swapShare: view.swapShare,
      })
      return weightsOf(steps, now, view.held, points)
    },
    reason: () =>
      `averages with a half-life of ${chosen.halfLifeHours} h; a move must pay for itself within ${chosen.horizonHours} h`,
  }
}

/** The candidate that earned most in the `span` steps up to a step. */
export function bestCandidate({ candidates, sumsUpTo }: CandidateTrack, step: number, span: number): Candidate {
  const sums = sumsUpTo(step)
  let best = firstCandidate
  let most = Number.NEGATIVE_INFINITY
  for (const [i, candidate] of candidates.entries()) {
    const row = sums[i] as Float64Array
    const earned = (row[step] as number) - (span > step ? 0 : (row[step - span] as number))
    if (earned > most) {
      most = earned
      best = candidate
    }
  }
  return best
}
