import { AdaptiveCurveIrmLib } from '@morpho-org/blue-sdk'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type AaveRateParameters,
  aaveLiquidityIndex,
  aaveRateCurve,
  aaveRateParametersFloat,
  aaveRates,
  aaveRatesFloat,
  aaveSupplyAprWad,
  aaveVariableBorrowIndex,
} from '../../../src/venues/aave-v3/rates.ts'
import {
  type CometCurve,
  cometAccrued,
  cometAprFloat,
  cometCurveFloat,
  cometRateCurve,
  cometRatePerSecondWad,
  cometSupplyAprWad,
  cometUtilisationWad,
} from '../../../src/venues/comet/rates.ts'
import { driftAprFloat, driftAprWad, driftedAssets, driftedAssetsFloat } from '../../../src/venues/erc4626/rates.ts'
import {
  adaptiveCurve,
  adaptiveCurveRates,
  adaptiveCurveRatesFloat,
  morphoInterest,
  morphoRateCurve,
  morphoSupplyAprWad,
  morphoUtilisationWad,
  wExp,
} from '../../../src/venues/morpho-blue/rates.ts'

const wad = 10n ** 18n
const ray = 10n ** 27n
const bps = 10n ** 23n
const secondsPerYear = 31_536_000n

const aave: AaveRateParameters = {
  optimalUsageRatioRay: 9_000n * bps,
  baseVariableBorrowRateRay: 0n,
  variableRateSlope1Ray: 550n * bps,
  variableRateSlope2Ray: 6_000n * bps,
  reserveFactorBps: 1_000n,
}

const comet: CometCurve = {
  kinkWad: (80n * wad) / 100n,
  basePerSecondWad: 0n,
  slopeLowPerSecondWad: (325n * wad) / 10_000n / secondsPerYear,
  slopeHighPerSecondWad: (4n * wad) / 10n / secondsPerYear,
}

const rateAtTarget = fc.bigInt({
  min: adaptiveCurve.minRateAtTargetWad,
  max: adaptiveCurve.maxRateAtTargetWad,
})

describe('aave-v3', () => {
  test('at the kink the borrow rate is base plus the first slope, and suppliers get it on used capital less the reserve factor', () => {
    const rates = aaveRates(aave, { availableLiquidity: 10n, totalDebt: 90n })
    expect(rates.usageRatioRay).toBe(9_000n * bps)
    expect(rates.variableBorrowRateRay).toBe(550n * bps)
    expect(aaveSupplyAprWad(rates.liquidityRateRay)).toBe(44_550_000_000_000_000n)
  })

  test('without debt suppliers get nothing', () => {
    expect(aaveRates(aave, { availableLiquidity: 10n, totalDebt: 0n }).liquidityRateRay).toBe(0n)
  })

  test('a deficit lowers the supply rate only', () => {
    const clean = aaveRates(aave, { availableLiquidity: 10n, totalDebt: 90n })
    const unpaid = aaveRates(aave, { availableLiquidity: 10n, totalDebt: 90n, deficit: 10n })
    expect(unpaid.variableBorrowRateRay).toBe(clean.variableBorrowRateRay)
    expect(unpaid.liquidityRateRay).toBeLessThan(clean.liquidityRateRay)
  })

  test('the float curve equals the integer one to 1e-12', () => {
    const parametersFloat = aaveRateParametersFloat(aave)
    const amount = fc.bigInt({ min: 1n, max: 10n ** 16n })
    fc.assert(
      fc.property(amount, amount, (availableLiquidity, totalDebt) => {
        const exact = aaveRates(aave, { availableLiquidity, totalDebt })
        const float = aaveRatesFloat(parametersFloat, Number(totalDebt) / Number(availableLiquidity + totalDebt))
        expect(float.borrowApr).toBeCloseTo(Number(exact.variableBorrowRateRay) / 1e27, 12)
        expect(float.supplyApr).toBeCloseTo(Number(exact.liquidityRateRay) / 1e27, 12)
      }),
      { numRuns: 2_000 },
    )
  })

  test('more liquidity never raises a rate', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 16n })
    fc.assert(
      fc.property(amount, amount, amount, (availableLiquidity, totalDebt, added) => {
        const before = aaveRates(aave, { availableLiquidity, totalDebt })
        const after = aaveRates(aave, { availableLiquidity: availableLiquidity + added, totalDebt })
        expect(after.variableBorrowRateRay <= before.variableBorrowRateRay).toBe(true)
        expect(after.liquidityRateRay <= before.liquidityRateRay).toBe(true)
      }),
    )
  })

  test('indices grow linearly for suppliers and compounded for borrowers', () => {
    expect(aaveLiquidityIndex(ray, ray / 20n, secondsPerYear)).toBe((ray * 105n) / 100n)
    const borrowed = aaveVariableBorrowIndex(ray, ray / 20n, secondsPerYear)
    expect(Number(borrowed) / 1e27).toBeCloseTo(Math.exp(0.05), 6)
    expect(aaveVariableBorrowIndex(ray, ray / 20n, 0n)).toBe(ray)
  })

  test('the planning curve goes through the three points', () => {
    expect(aaveRateCurve(aave)).toEqual({
      mode: 'borrow',
      kinkQ16: 58_982,
      rate0E9: 0n,
      rateKinkE9: 55_000_000n,
      rateMaxE9: 655_000_000n,
    })
  })
})

describe('comet', () => {
  test('both sides of the kink meet', () => {
    const low = cometRatePerSecondWad(comet, comet.kinkWad)
    const high = cometRatePerSecondWad(comet, comet.kinkWad + 1n)
    expect(high - low).toBeLessThanOrEqual(1n)
  })

  test('the float curve equals the integer one to 1e-9', () => {
    const float = cometCurveFloat(comet)
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (12n * wad) / 10n }), (utilisationWad) => {
        const exact = Number(cometSupplyAprWad(comet, utilisationWad)) / 1e18
        expect(Math.abs(cometAprFloat(float, Number(utilisationWad) / 1e18) - exact)).toBeLessThan(1e-9)
      }),
      { numRuns: 2_000 },
    )
  })

  test('interest is simple within one accrual', () => {
    const totals = {
      baseSupplyIndex: 10n ** 15n,
      baseBorrowIndex: 10n ** 15n,
      totalSupplyBase: 100n,
      totalBorrowBase: 80n,
    }
    expect(cometUtilisationWad(totals)).toBe((80n * wad) / 100n)
    const accrued = cometAccrued(totals, { supply: comet, borrow: comet }, secondsPerYear)
    expect(accrued.baseSupplyIndex).toBe(1_025_999_999_981_776n)
    expect(cometAccrued(totals, { supply: comet, borrow: comet }, 0n)).toBe(totals)
    expect(cometUtilisationWad({ ...totals, totalSupplyBase: 0n })).toBe(0n)
  })

  test('the planning curve is the supply curve itself', () => {
    const curve = cometRateCurve(comet)
    expect(curve.mode).toBe('supply')
    expect(curve.kinkQ16).toBe(52_428)
    expect(Number(curve.rateKinkE9) / 1e9).toBeCloseTo(0.026, 7)
    expect(Number(curve.rateMaxE9) / 1e9).toBeCloseTo(0.106, 7)
  })
})

describe('morpho-blue', () => {
  test('the adaptive curve equals AdaptiveCurveIrmLib to the wei', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: wad }),
        fc.oneof(fc.constant(0n), rateAtTarget),
        fc.oneof(fc.bigInt({ min: 0n, max: 7_200n }), fc.bigInt({ min: 0n, max: 10n * secondsPerYear })),
        (utilisationWad, rateAtTargetWad, elapsedSeconds) => {
          const expected = AdaptiveCurveIrmLib.getBorrowRate(utilisationWad, rateAtTargetWad, elapsedSeconds)
          expect(adaptiveCurveRates(utilisationWad, rateAtTargetWad, elapsedSeconds)).toEqual({
            meanBorrowRateWad: expected.avgBorrowRate,
            endBorrowRateWad: expected.endBorrowRate,
            endRateAtTargetWad: expected.endRateAtTarget,
          })
        },
      ),
      { numRuns: 5_000 },
    )
  })

  test('the exponential equals AdaptiveCurveIrmLib.wExp to the wei', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -60n * wad, max: 120n * wad }), (x) => {
        expect(wExp(x)).toBe(AdaptiveCurveIrmLib.wExp(x))
      }),
      { numRuns: 5_000 },
    )
  })

  test('the float curve equals the integer one to 1e-9 over steps of up to a day', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: wad }),
        rateAtTarget,
        fc.integer({ min: 0, max: 86_400 }),
        (utilisationWad, rateAtTargetWad, elapsedSeconds) => {
          const exact = adaptiveCurveRates(utilisationWad, rateAtTargetWad, BigInt(elapsedSeconds))
          const float = adaptiveCurveRatesFloat(
            Number(utilisationWad) / 1e18,
            (Number(rateAtTargetWad) * 31_536_000) / 1e18,
            elapsedSeconds,
          )
          const yearly = (rate: bigint): number => (Number(rate) * 31_536_000) / 1e18
          expect(Math.abs(float.meanBorrowApr - yearly(exact.meanBorrowRateWad))).toBeLessThan(1e-9)
          expect(Math.abs(float.endBorrowApr - yearly(exact.endBorrowRateWad))).toBeLessThan(1e-9)
          expect(Math.abs(float.endRateAtTarget - yearly(exact.endRateAtTargetWad))).toBeLessThan(1e-9)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('a market that was never accrued starts at 4 % at target', () => {
    const rates = adaptiveCurveRates((9n * wad) / 10n, 0n, 3_600n)
    expect(rates.endRateAtTargetWad).toBe(adaptiveCurve.initialRateAtTargetWad)
    expect(adaptiveCurveRatesFloat(0.9, 0, 3_600).endBorrowApr).toBeCloseTo(0.04, 15)
  })

  test('suppliers get the borrow rate on used capital less the fee', () => {
    const utilisationWad = morphoUtilisationWad({ totalSupplyAssets: 100n, totalBorrowAssets: 90n })
    const borrowRateWad = adaptiveCurve.initialRateAtTargetWad
    expect(Number(morphoSupplyAprWad(borrowRateWad, utilisationWad, wad / 10n)) / 1e18).toBeCloseTo(0.0324, 8)
    expect(morphoUtilisationWad({ totalSupplyAssets: 0n, totalBorrowAssets: 0n })).toBe(0n)
    expect(morphoInterest(10n ** 12n, borrowRateWad, secondsPerYear)).toBe(40_810_666_655n)
  })

  test('the planning curve runs from a quarter of the rate at target to four times it', () => {
    const curve = morphoRateCurve(adaptiveCurve.initialRateAtTargetWad)
    expect(curve.kinkQ16).toBe(58_982)
    expect([curve.rate0E9, curve.rateKinkE9, curve.rateMaxE9]).toEqual([9_999_999n, 39_999_999n, 159_999_999n])
    expect(morphoRateCurve(0n)).toEqual(curve)
  })
})

describe('erc4626', () => {
  test('drift is the inverse of growth', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 10n ** 6n, max: 10n ** 24n }),
        fc.bigInt({ min: 0n, max: wad }),
        fc.bigInt({ min: 3_600n, max: secondsPerYear }),
        (assetsPerShare, aprWad, elapsedSeconds) => {
          const grown = driftedAssets(assetsPerShare, aprWad, elapsedSeconds)
          const measured = driftAprWad(
            { assetsPerShare, timestamp: 0n },
            { assetsPerShare: grown, timestamp: elapsedSeconds },
          )
          expect(measured <= aprWad).toBe(true)
          const oneUnit = (wad * secondsPerYear) / (assetsPerShare * elapsedSeconds) + 1n
          expect(aprWad - measured <= oneUnit).toBe(true)
          const float = driftedAssetsFloat(1, Number(aprWad) / 1e18, Number(elapsedSeconds))
          expect(Math.abs(driftAprFloat(1, float, Number(elapsedSeconds)) - Number(aprWad) / 1e18)).toBeLessThan(1e-9)
        },
      ),
    )
  })

  test('a fall is no yield, and no time is no drift', () => {
    const from = { assetsPerShare: 100n, timestamp: 0n }
    expect(driftAprWad(from, { assetsPerShare: 99n, timestamp: 10n })).toBe(0n)
    expect(() => driftAprWad(from, { assetsPerShare: 101n, timestamp: 0n })).toThrow(
      new RangeError('No drift between 100 at 0 and time 0'),
    )
  })
})
