export type BestPointInput = {
  /** `[venue][k]` value of k steps; −Infinity where k is not allowed. */
  values: readonly Float64Array[]
  /** Steps of the grid; what is not placed stays idle and is worth nothing. */
  points: number
  /** Number of the asset of each venue; 0 is that of the vault and of idle. */
  assets: Uint8Array
  /** Cost of one step that changes its asset, and the steps held now. */
  swapPerStep: number
  held: readonly number[]
}

/**
 * Steps per venue that maximise the sum of the values less the swaps, with at most `points` placed: exact, by max-plus
 * convolution within each asset, over the foreign assets, and then with the vault's own. On equal values fewer steps are
 * placed.
 */
export function bestPoint({ values, points, assets, swapPerStep, held }: BestPointInput): number[] {
  const venues = values.length
  const width = points + 1
  const nothing = new Float64Array(width).fill(Number.NEGATIVE_INFINITY)
  nothing[0] = 0
  let all: Float64Array = nothing
  let foreign = 0
  const groups: { members: number[]; choices: Int32Array[]; choice: Int32Array }[] = []
  const numbers = [...new Set(assets)].sort((a, b) => b - a)
  for (const asset of numbers) {
    if (asset === 0 && swapPerStep > 0) charge(all, swapPerStep, foreign)
    const members: number[] = []
    const choices: Int32Array[] = []
    let best = nothing
    let owned = 0
    for (let j = 0; j < venues; j += 1) {
      if (assets[j] !== asset) continue
      const [next, choice] = convolve(best, values[j] as Float64Array, points)
      best = next
      members.push(j)
      choices.push(choice)
      owned += held[j] as number
    }
    if (asset !== 0) {
      foreign += owned
      if (swapPerStep > 0) charge(best, swapPerStep, owned)
    }
    const [next, choice] = convolve(all, best, points)
    all = next
    groups.push({ members, choices, choice })
  }
  if (numbers.at(-1) !== 0 && swapPerStep > 0) charge(all, swapPerStep, foreign)
  let left = 0
  for (let s = 1; s <= points; s += 1) if ((all[s] as number) > (all[left] as number)) left = s
  const result = new Array<number>(venues).fill(0)
  for (const { members, choices, choice } of groups.toReversed()) {
    let inside = choice[left] as number
    left -= inside
    for (let i = members.length - 1; i >= 0; i -= 1) {
      const k = (choices[i] as Int32Array)[inside] as number
      result[members[i] as number] = k
      inside -= k
    }
  }
  return result
}

/** Half a swap on every step by which an asset, or all foreign ones together, differ from what is held. */
function charge(best: Float64Array, swapPerStep: number, held: number): void {
  for (let s = 0; s < best.length; s += 1) best[s] = (best[s] as number) - (swapPerStep * Math.abs(s - held)) / 2
}

/** `out[s] = max over k of a[s − k] + b[k]`, exactly s placed, and the k that gave it. */
function convolve(a: Float64Array, b: Float64Array, points: number): [Float64Array<ArrayBuffer>, Int32Array] {
  const out = new Float64Array(points + 1).fill(Number.NEGATIVE_INFINITY)
  const choice = new Int32Array(points + 1)
  for (let k = 0; k <= points; k += 1) {
    const value = b[k] as number
    if (value === Number.NEGATIVE_INFINITY) continue
    for (let s = k; s <= points; s += 1) {
      const sum = value + (a[s - k] as number)
      if (sum > (out[s] as number)) {
        out[s] = sum
        choice[s] = k
      }
    }
  }
  return [out, choice]
}
