export function min(a: bigint, b: bigint): bigint {
  if (a < b) return a
  return b
}

export function max(a: bigint, b: bigint): bigint {
  if (a > b) return a
  return b
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n)
}

/** a / b rounded up; a ≥ 0, b > 0. */
export function ceilDiv(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b
}

/** a / b rounded down, below zero too; b > 0. */
export function floorDiv(a: bigint, b: bigint): bigint {
  return a >= 0n || a % b === 0n ? a / b : a / b - 1n
}
