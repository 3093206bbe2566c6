import { createRequire } from 'node:module'
import type { FeeAmount } from '@uniswap/v3-sdk'

type Sdk = typeof import('@uniswap/v3-sdk')

export type SeedPosition = {
  /** Square root of token1 per token0 in units, Q64.96. */
  sqrtPriceX96: bigint
  tickLower: number
  tickUpper: number
  liquidity: bigint
  /** What minting takes at that price, in units: at most what was given. */
  amount0: bigint
  amount1: bigint
}

/**
 * Computes price, range and liquidity of a pool's first position with Uniswap's own SDK: the pool starts at
 * `amount1 / amount0`, and the position reaches `halfWidth` ticks to both sides of the usable tick nearest to it.
 *
 * Rounds as the position manager does, so that minting takes the computed amounts to the unit.
 */
export function seedPosition(plan: { fee: number; halfWidth: number; amount0: bigint; amount1: bigint }): SeedPosition {
  // Node can not import the package's ES modules (they import folders), only require its CommonJS.
  const sdk: Sdk = createRequire(import.meta.url)('@uniswap/v3-sdk')
  const [given0, given1] = [plan.amount0.toString(), plan.amount1.toString()]
  const sqrtPrice = sdk.encodeSqrtRatioX96(given1, given0)
  const spacing = sdk.TICK_SPACINGS[plan.fee as FeeAmount]
  const centre = sdk.nearestUsableTick(sdk.TickMath.getTickAtSqrtRatio(sqrtPrice), spacing)
  const [tickLower, tickUpper] = [centre - plan.halfWidth, centre + plan.halfWidth]
  const [lower, upper] = [sdk.TickMath.getSqrtRatioAtTick(tickLower), sdk.TickMath.getSqrtRatioAtTick(tickUpper)]
  const liquidity = sdk.maxLiquidityForAmounts(sqrtPrice, lower, upper, given0, given1, false)
  return {
    sqrtPriceX96: toBigInt(sqrtPrice),
    tickLower,
    tickUpper,
    liquidity: toBigInt(liquidity),
    amount0: toBigInt(sdk.SqrtPriceMath.getAmount0Delta(sqrtPrice, upper, liquidity, true)),
    amount1: toBigInt(sdk.SqrtPriceMath.getAmount1Delta(lower, sqrtPrice, liquidity, true)),
  }
}

/** From the big integers of the SDK, which are of a library of their own. */
function toBigInt(value: { toString(): string }): bigint {
  return BigInt(value.toString())
}
