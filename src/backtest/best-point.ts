/** Finds the best point of a grid of mixes; its buffers are used again by every call. */
export type PointSolver = {
  points: number
  assets: Uint8Array
  /**
   * Steps per venue that maximise the sum of the values less the swaps, with at most `points` placed. On equal values
   * fewer steps are placed.
   *
   * @param values `[venue][k]` value of k steps; −Infinity where k is not allowed.
   * @param swapPerStep cost of one step that changes its asset.
   * @param held steps held now.
   */
  solve(values: readonly Float64Array[], swapPerStep: number, held: readonly number[]): number[]
}

type Group = { asset: number; members: number[]; sums: Float64Array[]; choices: Int32Array[] }

/**
 * Creates a solver: exact, by max-plus convolution within each asset, over the foreign assets, and then with the vault's
 * own, in which idle stands, too.
 *
 * @param assets number of the asset of each venue; 0 is that of the vault.
 */
export function createPointSolver(points: number, assets: Uint8Array): PointSolver {
  const width = points + 1
  const numbers = (length: number): Float64Array[] => Array.from({ length }, () => new Float64Array(width))
  const choices = (length: number): Int32Array[] => Array.from({ length }, () => new Int32Array(width))
  // The vault's own asset comes last.
  const groups = [...new Set(assets)]
    .sort((a, b) => b - a)
    .map((asset): Group => {
      const members = Array.from(assets.keys()).filter((j) => assets[j] === asset)
      return { asset, members, sums: numbers(members.length), choices: choices(members.length) }
    })
  const totals = numbers(groups.length)
  const splits = choices(groups.length)
  return {
    points,
    assets,
    solve(values, swapPerStep, held) {
      let foreign = 0
      for (let g = 0; g < groups.length; g += 1) {
        const { asset, members, sums, choices } = groups[g] as Group
        let owned = 0
        for (let i = 0; i < members.length; i += 1) {
          const j = members[i] as number
          const sum = sums[i] as Float64Array
          if (i === 0) sum.set(values[j] as Float64Array)
          else convolve(sums[i - 1] as Float64Array, values[j] as Float64Array, sum, choices[i] as Int32Array, points)
          owned += held[j] as number
        }
        const best = sums[members.length - 1] as Float64Array
        if (asset !== 0 && swapPerStep > 0) charge(best, swapPerStep, owned)
        const total = totals[g] as Float64Array
        if (g === 0) {
          total.set(best)
        } else {
          if (asset === 0 && swapPerStep > 0) charge(totals[g - 1] as Float64Array, swapPerStep, foreign)
          convolve(totals[g - 1] as Float64Array, best, total, splits[g] as Int32Array, points)
        }
        if (asset !== 0) foreign += owned
      }
      const all = totals[groups.length - 1] as Float64Array
      if ((groups.at(-1) as Group).asset !== 0 && swapPerStep > 0) charge(all, swapPerStep, foreign)
      let left = 0
      for (let s = 1; s <= points; s += 1) if ((all[s] as number) > (all[left] as number)) left = s
      const result = new Array<number>(assets.length).fill(0)
      for (let g = groups.length - 1; g >= 0; g -= 1) {
        const { members, choices } = groups[g] as Group
        let inside = g === 0 ? left : ((splits[g] as Int32Array)[left] as number)
        left -= inside
        for (let i = members.length - 1; i >= 0; i -= 1) {
          const k = i === 0 ? inside : ((choices[i] as Int32Array)[inside] as number)
          result[members[i] as number] = k
          inside -= k
        }
      }
      return result
    },
  }
}

/** Half a swap on every step by which an asset, or all foreign ones together, differ from what is held. */
function charge(best: Float64Array, swapPerStep: number, held: number): void {
  for (let s = 0; s < best.length; s += 1) best[s] = (best[s] as number) - (swapPerStep * Math.abs(s - held)) / 2
}

/** `out[s] = max over k of a[s − k] + b[k]`, exactly s placed, and the k that gave it. */
function convolve(a: Float64Array, b: Float64Array, out: Float64Array, choice: Int32Array, points: number): void {
  out.fill(Number.NEGATIVE_INFINITY)
  choice.fill(0)
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
}
