import fc from 'fast-check'
import { createFrame, curveForm, type MarketFrame } from '../../../src/market/venue-model.ts'
import { kinkedBorrowAprFloat } from '../../../src/venues/aave-v3/rates.ts'
import { cometSupplyAprFloat } from '../../../src/venues/comet/rates.ts'
import { adaptiveFactorFloat } from '../../../src/venues/morpho-blue/rates.ts'

/** Nothing smaller than a millionth, the least unit of most stablecoins. */
const unit = (min: number, max: number): fc.Arbitrary<number> =>
  fc.double({ min, max, noNaN: true }).map((value) => (value < 1e-6 ? 0 : value))

type RandomVenue = {
  form: number
  supply: number
  utilisation: number
  apr: number
  kink: number
  slope1: number
  slope2: number
  keep: number
  base: number
  pinned: boolean
  closed: boolean
  capShare: number
  depositLimit: number
  asset: number
}

const randomVenue: fc.Arbitrary<RandomVenue> = fc.record({
  form: fc.constantFrom(...Object.values(curveForm)),
  supply: unit(0, 1e9),
  utilisation: unit(0, 1),
  apr: unit(0, 1),
  kink: unit(0.5, 0.95),
  slope1: unit(0, 0.2),
  slope2: unit(0, 4),
  keep: unit(0.5, 1),
  base: unit(0, 0.05),
  pinned: fc.nat(4).map((n) => n === 0),
  closed: fc.nat(9).map((n) => n === 0),
  capShare: unit(0.05, 1),
  depositLimit: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), unit(0, 1e8)),
  asset: fc.constantFrom(0, 0, 1, 2),
})

/** A frame of one to five venues of any form; the rate of an exact form is its curve's. */
export const randomFrame: fc.Arbitrary<MarketFrame> = fc
  .tuple(
    fc.array(randomVenue, { minLength: 1, maxLength: 5 }),
    fc.double({ min: 0, max: 1e-4, noNaN: true }),
    fc.constantFrom(0, 0.5, 1),
  )
  .map(([venues, usdPerGas, ownCashShare]) => {
    const frame = createFrame(venues.length)
    frame.assets = 3
    frame.usdPerGas = usdPerGas
    frame.ownCashShare = ownCashShare
    for (const [index, venue] of venues.entries()) setVenue(frame, index, venue)
    return frame
  })

/** Random positions for a frame, asset units. */
export const randomHoldings = fc.record({
  idle: unit(0, 1e7),
  positions: fc.array(unit(0, 1e8), { minLength: 5, maxLength: 5 }),
  targets: fc.array(unit(0, 1e8), { minLength: 5, maxLength: 5 }),
  queued: fc.oneof(fc.constant(0), unit(0, 2e8)),
})

function setVenue(frame: MarketFrame, index: number, venue: RandomVenue): void {
  const { form, supply, utilisation: u, kink, slope1, slope2, keep, base } = venue
  frame.form[index] = form
  frame.asset[index] = venue.asset
  frame.supply[index] = supply
  frame.borrow[index] = supply * u
  frame.available[index] = supply - supply * u
  frame.pinned[index] = venue.pinned ? 1 : 0
  frame.kink[index] = form === curveForm.adaptive || form === curveForm.anchoredAdaptive ? 0.9 : kink
  frame.slope1[index] = slope1
  frame.slope2[index] = slope2
  frame.base[index] = base
  frame.keep[index] = keep
  frame.rateAtTarget[index] = Math.max(0.001, slope1)
  frame.capShare[index] = venue.capShare
  frame.depositLimit[index] = venue.depositLimit
  const used = supply > 0 ? frame.borrow[index] / supply : 0
  let apr = venue.apr
  if (form === curveForm.kinked) apr = kinkedBorrowAprFloat(kink, base, slope1, slope2, used) * used * keep
  if (form === curveForm.comet) apr = cometSupplyAprFloat(kink, base, slope1 / kink, slope2 / (1 - kink), used)
  if (form === curveForm.adaptive) apr = (frame.rateAtTarget[index] as number) * adaptiveFactorFloat(used) * used * keep
  frame.supplyApr[index] = venue.closed ? Number.NaN : apr
}
