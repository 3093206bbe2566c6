export type Fees = {
  /** Wei per gas. */
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

/**
 * Raises both fee fields so that a node accepts the replacement, and to what the chain asks for now if that is more.
 *
 * geth's rule is at least 10 % on both fields (`txpool.pricebump`); 12 % stays clear of its rounding. Answers null where
 * the ceiling leaves no room.
 */
export function bumpFees(current: Fees, market: Fees, ceiling: bigint): Fees | null {
  const raise = (value: bigint): bigint => (value * 112n + 99n) / 100n
  const least = raise(current.maxFeePerGas)
  if (least > ceiling) return null
  const maxFeePerGas = smaller(larger(least, market.maxFeePerGas), ceiling)
  const tip = larger(raise(current.maxPriorityFeePerGas), market.maxPriorityFeePerGas)
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(tip, maxFeePerGas) }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
