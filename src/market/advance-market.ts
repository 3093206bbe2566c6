import { kinkedBorrowAprFloat } from '../venues/aave-v3/rates.ts'
import { cometSupplyAprFloat } from '../venues/comet/rates.ts'
import { adaptiveFactorFloat, adaptiveRateAtTargetFloat } from '../venues/morpho-blue/rates.ts'
import { hashName } from './draw.ts'
import { happen, surge } from './market-events.ts'
import { motion } from './market-spec.ts'
import { drawNormals, keepOf, mixFast, mixSlow, noiseOf, type SimulatedMarket } from './simulated-market.ts'
import { curveForm, supplyAprAt } from './venue-model.ts'

const marketName = hashName('market')
const diffusion = hashName('diffusion')
const firstHour = hashName('first hour')

const keepFast = keepOf(motion.fastHours)
const keepSlow = keepOf(motion.slowHours)
const noiseFast = noiseOf(keepFast)
const noiseSlow = noiseOf(keepSlow)
const mixCommon = Math.sqrt(motion.commonShare)
const mixOwn = Math.sqrt(1 - motion.commonShare)
const keepWhale = keepOf(motion.whaleHours)
const keepGap = keepOf(motion.whaleGapHours)
const keepAnswer = keepOf(motion.answerHours)

const keepKink = keepOf(motion.kinkHours)
/** What is left of an upset below this counts as nothing. */
const leastGap = 1e-5

/** Utilisation outside a freeze stays within these. */
const leastUsed = 0.02
const mostUsed = 0.9995

/**
 * Moves the market on by an hour: its frame then shows the next hour. Nothing is allocated.
 *
 * @param own what we held at each venue over the hour that has passed: others answered the rates that it left, and rates at
 * target moved with the utilisation that it made. Omitted: nothing.
 */
export function advanceMarket(market: SimulatedMarket, own?: Float64Array): void {
  const { frame, of, common, hours: hour } = market
  const { normals } = common
  const first = hour === 0
  if (!first) answerRates(market, own)
  drawNormals(common, hour, marketName, first ? firstHour : diffusion)
  const fastKept = first ? 0 : keepFast
  const slowKept = first ? 0 : keepSlow
  const fastNoise = first ? 1 : noiseFast
  const slowNoise = first ? 1 : noiseSlow
  common.fast = fastKept * common.fast + fastNoise * (normals[0] as number)
  common.slow = slowKept * common.slow + slowNoise * (normals[1] as number)
  common.gasFast = revert(common.gasFast, first ? 0 : common.gasFastKept, normals[2] as number)
  common.gasSlow = revert(common.gasSlow, first ? 0 : common.gasSlowKept, normals[3] as number)
  frame.usdPerGas = common.gasMedian * Math.exp(common.gasFastSd * common.gasFast + common.gasSlowSd * common.gasSlow)
  surge(market, hour)
  const shared = mixFast * common.fast + mixSlow * common.slow + common.surge

  for (let venue = 0; venue < frame.venues; venue += 1) {
    drawNormals(common, hour, of.hash[venue] as number, first ? firstHour : diffusion)
    of.fast[venue] = fastKept * (of.fast[venue] as number) + fastNoise * (normals[0] as number)
    of.slow[venue] = slowKept * (of.slow[venue] as number) + slowNoise * (normals[1] as number)
    of.sizeFast[venue] = fastKept * (of.sizeFast[venue] as number) + fastNoise * (normals[2] as number)
    of.sizeSlow[venue] = slowKept * (of.sizeSlow[venue] as number) + slowNoise * (normals[3] as number)
    of.whale[venue] = keepWhale * (of.whale[venue] as number)
    const gap = keepGap * (of.whaleGap[venue] as number)
    of.whaleGap[venue] = Math.abs(gap) < leastGap ? 0 : gap
    of.jump[venue] = (of.jumpKept[venue] as number) * (of.jump[venue] as number)
    of.kinkLogit[venue] =
      (of.kinkTarget[venue] as number) + keepKink * ((of.kinkLogit[venue] as number) - (of.kinkTarget[venue] as number))
    if (hour >= (of.nextAny[venue] as number)) happen(market, venue, hour)
    const size =
      (of.sizeSd[venue] as number) *
        (mixFast * (of.sizeFast[venue] as number) + mixSlow * (of.sizeSlow[venue] as number)) +
      (of.whale[venue] as number)
    if (frame.form[venue] === curveForm.exogenous) {
      drift(market, venue, hour, normals[0] as number, size)
    } else {
      lend(market, venue, hour, shared, size, own === undefined ? 0 : (own[venue] as number))
    }
  }
  market.hours = hour + 1
}

/** Utilisation, deposits, borrows and rate of a lending venue at this hour, without us. */
function lend(market: SimulatedMarket, venue: number, hour: number, shared: number, size: number, ours: number): void {
  const { frame, of } = market
  const swing = mixFast * (of.fast[venue] as number) + mixSlow * (of.slow[venue] as number)
  let deviation =
    (of.offset[venue] as number) + (of.utilisationSd[venue] as number) * (mixCommon * shared + mixOwn * swing)
  if (deviation > 0) deviation *= of.aboveKink[venue] as number
  deviation += of.jump[venue] as number
  if (frame.form[venue] === curveForm.adaptive) {
    const marketRate = (of.marketRate[venue] as number) * Math.exp(motion.marketRateLoading * shared)
    deviation -= motion.adaptivePull * Math.log((frame.rateAtTarget[venue] as number) / marketRate)
  }
  const drawn = 1 / (1 + Math.exp(-((of.kinkLogit[venue] as number) + deviation)))
  // A withdrawal leaves the debt where it was: utilisation rises by as much as deposits fall.
  const gap = of.whaleGap[venue] as number
  const upset = gap === 0 ? drawn : drawn * Math.exp(-gap)
  const used = Math.max(leastUsed, Math.min(mostUsed, upset))
  const logDeposits = size - (of.supplyShare[venue] as number) * (Math.log(used) - (of.usualLog[venue] as number))
  const supply = (of.supply[venue] as number) * Math.exp(logDeposits + (of.supplyAnswer[venue] as number))
  const lent = used * (of.supply[venue] as number) * Math.exp(logDeposits + (of.borrowAnswer[venue] as number))
  const frozen = hour < (of.frozenUntil[venue] as number)
  // Nobody can borrow more than is there, ours included.
  const borrow = frozen ? supply : Math.min(lent, mostUsed * (supply + ours))
  frame.supply[venue] = supply
  frame.borrow[venue] = borrow
  frame.available[venue] = borrow < supply ? supply - borrow : 0
  frame.pinned[venue] = frozen ? 1 : 0
  frame.supplyApr[venue] = curveApr(market, venue, borrow < supply ? borrow / supply : 1)
}

/** The curve's own rate at a utilisation. */
function curveApr({ frame }: SimulatedMarket, venue: number, used: number): number {
  const kink = frame.kink[venue] as number
  const base = frame.base[venue] as number
  const slope1 = frame.slope1[venue] as number
  const slope2 = frame.slope2[venue] as number
  const keep = frame.keep[venue] as number
  const form = frame.form[venue] as number
  if (form === curveForm.kinked) return kinkedBorrowAprFloat(kink, base, slope1, slope2, used) * used * keep
  if (form === curveForm.comet) return cometSupplyAprFloat(kink, base, slope1 / kink, slope2 / (1 - kink), used)
  return (frame.rateAtTarget[venue] as number) * adaptiveFactorFloat(used) * used * keep
}

/** A rate that somebody sets once a day; the vault can pay out what it holds. */
function drift(market: SimulatedMarket, venue: number, hour: number, normal: number, size: number): void {
  const { frame, of } = market
  of.drift[venue] = revert(of.drift[venue] as number, hour === 0 ? 0 : (of.driftKept[venue] as number), normal)
  if (hour % 24 === 0) {
    const apr = (of.driftApr[venue] as number) * Math.exp((of.driftSd[venue] as number) * (of.drift[venue] as number))
    frame.supplyApr[venue] = Math.min(0.5, apr)
  }
  frame.supply[venue] = (of.supply[venue] as number) * Math.exp(size)
}

/** What the past hour's rates, ours included, did to others: deposits follow an advantage, borrows flee it. */
function answerRates(market: SimulatedMarket, own: Float64Array | undefined): void {
  const { frame, of } = market
  let sum = 0
  for (let venue = 0; venue < frame.venues; venue += 1) {
    const apr = supplyAprAt(frame, venue, own === undefined ? 0 : (own[venue] as number))
    of.apr[venue] = apr
    sum += apr
  }
  const mean = sum / frame.venues
  for (let venue = 0; venue < frame.venues; venue += 1) {
    if (frame.form[venue] === curveForm.adaptive) {
      const mine = own === undefined ? 0 : (own[venue] as number)
      const deposits = (frame.supply[venue] as number) + (frame.pinned[venue] === 1 ? 0 : mine)
      const used = Math.min(1, (frame.borrow[venue] as number) / deposits)
      frame.rateAtTarget[venue] = adaptiveRateAtTargetFloat(
        used,
        frame.rateAtTarget[venue] as number,
        frame.stepSeconds,
      )
    }
    const points = ((of.apr[venue] as number) - mean) * 100
    of.supplyAnswer[venue] = answered(of.supplyAnswer[venue] as number, of.supplyElasticity[venue] as number, points)
    of.borrowAnswer[venue] = answered(of.borrowAnswer[venue] as number, of.borrowElasticity[venue] as number, points)
  }
}

function revert(before: number, kept: number, normal: number): number {
  return kept * before + noiseOf(kept) * normal
}

function answered(before: number, perPointDay: number, points: number): number {
  const after = keepAnswer * before + (perPointDay * points) / 24
  return Math.min(motion.answerBound, Math.max(-motion.answerBound, after))
}
