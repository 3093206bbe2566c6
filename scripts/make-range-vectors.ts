import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Random, Vectors } from './make-vectors.ts'

type Sdk = typeof import('@uniswap/v3-sdk')
/** The SDK's big integers, of a library of their own. */
type Big = ReturnType<Sdk['TickMath']['getSqrtRatioAtTick']>

const maxTick = 887_272
const maxUint128 = (1n << 128n) - 1n

/**
 * Tick and range mathematics as @uniswap/v3-sdk computes it, for RangeMathLib and the tick mathematics beneath it. Rows:
 *
 * - 0: tick, its square root price
 * - 1: square root price, its tick
 * - 2: price, lower tick, upper tick, liquidity, then both amounts rounded down and both rounded up
 * - 3: price, lower tick, upper tick, both amounts, then the most liquidity that they pay for
 */
export function rangeVectors(random: Random): Vectors {
  // Node can not import the package's ES modules (they import folders), only require its CommonJS.
  const sdk: Sdk = createRequire(join(process.cwd(), 'package.json'))('@uniswap/v3-sdk')
  const { TickMath, SqrtPriceMath } = sdk
  const rows: string[][] = []

  const ticks = [-maxTick, -maxTick + 1, -1, 0, 1, maxTick - 1, maxTick]
  for (let bit = 0; bit < 20; bit += 1) ticks.push(2 ** bit, -(2 ** bit))
  for (let i = 0; i < 60; i += 1) ticks.push(random.integer(-maxTick, maxTick))
  for (const tick of ticks.filter((tick) => Math.abs(tick) <= maxTick)) {
    rows.push(['0', String(tick), TickMath.getSqrtRatioAtTick(tick).toString()])
  }

  const prices: Big[] = []
  for (let i = 0; i < 60; i += 1) {
    const [size0, size1] = [random.integer(0, 120), random.integer(0, 120)]
    if (Math.abs(size0 - size1) > 126) continue
    prices.push(
      sdk.encodeSqrtRatioX96(
        ((1n << BigInt(size1)) + random.big(1n << BigInt(size1))).toString(),
        ((1n << BigInt(size0)) + random.big(1n << BigInt(size0))).toString(),
      ),
    )
  }
  for (let i = 0; i < 20; i += 1) prices.push(TickMath.getSqrtRatioAtTick(random.integer(-maxTick, maxTick - 1)))
  for (const price of prices) rows.push(['1', price.toString(), String(TickMath.getTickAtSqrtRatio(price))])

  for (let i = 0; i < 120; i += 1) {
    const price = prices[i % prices.length] as Big
    const at = TickMath.getTickAtSqrtRatio(price)
    // Around the price, beside it, and wherever.
    const reach = random.pick([2, 20, 600, 60_000])
    const centre = at + random.pick([0, 0, -reach * 2, reach * 2, random.integer(-reach, reach)])
    const tickLower = clamp(centre - random.integer(1, reach))
    const tickUpper = Math.max(tickLower + 1, clamp(centre + random.integer(1, reach)))
    if (tickUpper > maxTick) continue
    const [lower, upper] = [TickMath.getSqrtRatioAtTick(tickLower), TickMath.getSqrtRatioAtTick(tickUpper)]
    const amounts = [random, random].map(() => random.big(10n ** BigInt(random.integer(0, 26))).toString()) as [
      string,
      string,
    ]
    const liquidity = sdk.maxLiquidityForAmounts(price, lower, upper, amounts[0], amounts[1], false)
    if (BigInt(liquidity.toString()) > maxUint128) continue
    const head = [price.toString(), String(tickLower), String(tickUpper)]
    rows.push(['3', ...head, ...amounts, liquidity.toString()])

    // What lies below the price is held in token1, what lies above it in token0.
    const inside = at < tickLower ? lower : at >= tickUpper ? upper : price
    const held = (roundUp: boolean): string[] => [
      SqrtPriceMath.getAmount0Delta(inside, upper, liquidity, roundUp).toString(),
      SqrtPriceMath.getAmount1Delta(lower, inside, liquidity, roundUp).toString(),
    ]
    rows.push(['2', ...head, liquidity.toString(), ...held(false), ...held(true)])
  }
  return {
    columns:
      'function, then its arguments and results: 0 tick, sqrtPriceX96; 1 sqrtPriceX96, tick; 2 sqrtPriceX96, tickLower, tickUpper, liquidity, amount0 and amount1 rounded down, amount0 and amount1 rounded up; 3 sqrtPriceX96, tickLower, tickUpper, amount0, amount1, liquidity',
    rows,
  }
}

function clamp(tick: number): number {
  return Math.max(-maxTick, Math.min(maxTick - 1, tick))
}
