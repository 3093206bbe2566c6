import type { Hex } from 'viem'
import { curveForm, type MarketFrame, supplyAprAt } from '../market/venue-model.ts'
import { advanceMemory, emptyMemory } from '../observe/advance-memory.ts'
import type { VenueMemory } from '../observe/observation.ts'
import { observe } from '../observe/observe.ts'
import { allocate } from '../plan/allocation-rule.ts'
import type { Policy, PolicyDecision } from '../policy/policy.ts'
import type { RateCurve, VenueState } from '../venues/venue.ts'
import { weightsOf } from './baselines/grid.ts'
import type { PolicyView, ReplayPolicy } from './replay.ts'
import { scoreWords } from './score-words.ts'

const indexOne = 10n ** 27n
const decimals = 6
/** Any price does: only the product with the gas price counts. */
const assetsPerEther = 1_000

export type ObservedPolicyOptions = {
  policy: Policy
  venues: readonly string[]
  startSeconds: number
  stepSeconds: number
  /** Gas of a touched venue as the observation reckons it. */
  gasUnitsPerLeg: number
}

/**
 * A policy of the keeper, rule or package, as the backtest runs it: at every step of data the venues are shown to it as a
 * chain would show them, our own deposit inside, through the same memories, observation and allocation rule.
 *
 * Rates are read off an index that grows by what was paid, so the rate that it knows at a step is that of the step before.
 * It is the bare policy: the keeper's filters, which may only withhold a move, are not in it.
 */
export function observedPolicy(options: ObservedPolicyOptions): ReplayPolicy {
  const { policy, venues, startSeconds, stepSeconds } = options
  const indices = venues.map(() => indexOne)
  const paid = venues.map(() => 0)
  let memories: VenueMemory[] = venues.map(() => emptyMemory)
  let states: VenueState[] = []
  let timestamp = 0n
  let answer: PolicyDecision | undefined
  return {
    name: policy.name,
    observe(view) {
      timestamp = BigInt(startSeconds + view.dataStep * stepSeconds)
      for (let j = 0; j < venues.length; j += 1) {
        const growth = BigInt(Math.round((((paid[j] as number) * stepSeconds) / 31_536_000) * 1e18))
        indices[j] = (indices[j] as bigint) + ((indices[j] as bigint) * growth) / 10n ** 18n
        paid[j] = supplyAprAt(view.frame, j, (view.held[j] as number) * view.capital)
      }
      states = venues.map((name, j) => venueState(name, j, view, indices[j] as bigint, timestamp))
      memories = states.map((state, j) => advanceMemory(memories[j], state, { timestamp }, decimals))
    },
    async decide(view) {
      // What is held may have moved since the data was taken, what was seen may not.
      const now = states.map((state, j) => ({ ...state, assets: units((view.held[j] as number) * view.capital) }))
      const idle = 1 - view.held.reduce((sum, weight) => sum + weight, 0)
      const totalAssets = units(view.capital)
      const observation = observe({
        market: { block: { timestamp, baseFeePerGas: 0n }, venues: now },
        vault: {
          assetDecimals: decimals,
          totalAssets,
          idle: units(Math.max(0, idle) * view.capital),
          queuedAssets: 0n,
        },
        memories,
        settings: {
          idleReserveBps: 0,
          ethPriceE8: BigInt(assetsPerEther) * 100_000_000n,
          gasUnitsPerLeg: BigInt(Math.round(options.gasUnitsPerLeg)),
          gasPriceWei: BigInt(Math.round((view.frame.usdPerGas * 1e18) / assetsPerEther)),
        },
      })
      const decision = await policy.decide(observation)
      answer = decision
      if (decision.kind !== 'scores') return wanted(decision, view)
      const own = observation.venues.map(({ ownSteps }) => ownSteps)
      return weightsOf(allocate(observation, decision.scores), own, view.held, observation.gridSteps)
    },
    reason: () => (answer?.kind === 'scores' ? scoreWords(answer.scores, venues) : undefined),
  }
}

function wanted(decision: Exclude<PolicyDecision, { kind: 'scores' }>, { held }: PolicyView): Float64Array | undefined {
  if (decision.kind === 'hold') return undefined
  return held.map((weight, j) => {
    const bps = decision.weightsBps[j] ?? Number.NaN
    return Math.round(weight * 1e4) === bps ? weight : bps / 1e4
  })
}

function venueState(name: string, j: number, view: PolicyView, index: bigint, timestamp: bigint): VenueState {
  const { frame, capital } = view
  const own = (view.held[j] as number) * capital
  const closed = Number.isNaN(frame.supplyApr[j] as number)
  const cap = units((view.caps[j] as number) * capital)
  return {
    ref: { name, kind: 'erc4626', adapter: `0x${'00'.repeat(20)}`, data: '0x', id: `0x${'00'.repeat(32)}` as Hex },
    status: closed ? 'stale' : 'ok',
    assets: units(own),
    withdrawable: units(own),
    depositable: closed ? 0n : cap,
    cap: closed ? 0n : cap,
    totalSupply: units(known(frame.supply[j]) + own),
    totalBorrow: units(known(frame.borrow[j])),
    index,
    indexOne,
    lastUpdateAt: timestamp - 1n,
    supplyAprWad: 0n,
    curve: closed ? flat : rateCurveOf(frame, j),
  }
}

const flat: RateCurve = { mode: 'none', kinkQ16: 65_536, rate0E9: 0n, rateKinkE9: 0n, rateMaxE9: 0n }

/** Shape of a venue's curve as the observation takes it, read off the market model's own rates. */
function rateCurveOf(frame: MarketFrame, j: number): RateCurve {
  const form = frame.form[j] as number
  const supply = frame.supply[j] as number
  const borrow = frame.borrow[j] as number
  if (form === curveForm.exogenous || !(borrow > 0 && supply > 0)) return flat
  const kink = frame.kink[j] as number
  const mode = form === curveForm.anchoredComet ? 'supply' : 'borrow'
  const used = Math.min(1, borrow / supply)
  const apr = frame.supplyApr[j] as number
  const observed = mode === 'supply' ? apr : apr / used
  const slope2 = (frame.slope2[j] as number) * (frame.keep[j] as number)
  let atKink: number
  let rate0 = 0
  let top: number
  if (form === curveForm.anchoredAdaptive) {
    const error = used > kink ? (used - kink) / (1 - kink) : (used - kink) / kink
    atKink = observed / (1 + (error < 0 ? 0.75 : 3) * error)
    rate0 = atKink / 4
    top = atKink * 4
  } else if (used <= kink) {
    atKink = (observed * kink) / used
    top = atKink + slope2
  } else {
    const over = (used - kink) / (1 - kink)
    // The curve above the kink goes through what is observed.
    const below = supplyAprAt(frame, j, borrow / kink - supply)
    atKink = mode === 'supply' ? below : below / kink
    top = atKink + (observed - atKink) / over
  }
  const e9 = (rate: number): bigint => BigInt(Math.round(Math.max(0, rate) * 1e9))
  return { mode, kinkQ16: Math.floor(kink * 65_536), rate0E9: e9(rate0), rateKinkE9: e9(atKink), rateMaxE9: e9(top) }
}

function known(value: number | undefined): number {
  return value === undefined || Number.isNaN(value) ? 0 : value
}

function units(amount: number): bigint {
  return BigInt(Math.round(amount * 10 ** decimals))
}
