import type { Panel } from '../history/panel.ts'
import { drawUniform } from '../market/draw.ts'

/** What stands in for data that nobody may know yet: nothing, a billion, or later rows in another order. */
export const garbleKinds = ['nan', 'billion', 'shuffled'] as const

export type GarbleKind = (typeof garbleKinds)[number]

const columns = ['supplyApr', 'totalSupply', 'totalBorrow', 'available'] as const

/** A panel with arrays of its own. */
export function copyPanel(panel: Panel): Panel {
  const copy = (rows: readonly Float64Array[]): Float64Array[] => rows.map((row) => row.slice())
  return {
    ...panel,
    supplyApr: copy(panel.supplyApr),
    totalSupply: copy(panel.totalSupply),
    totalBorrow: copy(panel.totalBorrow),
    available: copy(panel.available),
    usdPerGas: panel.usdPerGas.slice(),
  }
}

/** The panel without what comes at `steps` and after. */
export function endPanel(panel: Panel, steps: number): Panel {
  const cut = (rows: readonly Float64Array[]): Float64Array[] => rows.map((row) => row.slice(0, steps))
  return {
    ...panel,
    steps,
    endSeconds: panel.startSeconds + steps * panel.stepSeconds,
    supplyApr: cut(panel.supplyApr),
    totalSupply: cut(panel.totalSupply),
    totalBorrow: cut(panel.totalBorrow),
    available: cut(panel.available),
    usdPerGas: panel.usdPerGas.slice(0, steps),
  }
}

/** Every column of a panel, in one order. */
function rowsOf(panel: Panel): Float64Array[] {
  return [...columns.flatMap((name) => panel[name]), panel.usdPerGas]
}

/**
 * Overwrites all columns from a step on, in place, so that whoever kept a reference to the panel reads garbage, too.
 *
 * @param truth a copy of the panel as it was
 */
export function garble(panel: Panel, truth: Panel, from: number, kind: GarbleKind, seed: bigint): void {
  const order = kind === 'shuffled' ? shuffledSteps(from, panel.steps, seed) : []
  const sources = rowsOf(truth)
  for (const [i, row] of rowsOf(panel).entries()) {
    if (kind === 'nan') row.fill(Number.NaN, from)
    else if (kind === 'billion') row.fill(1e9, from)
    else for (const [at, source] of order.entries()) row[from + at] = sources[i]?.[source] as number
  }
}

/** Puts steps of a panel back as they were; all of them unless a range is given. */
export function restore(panel: Panel, truth: Panel, from = 0, to = panel.steps): void {
  const sources = rowsOf(truth)
  for (const [i, row] of rowsOf(panel).entries()) {
    const source = sources[i]
    if (source !== undefined) row.set(source.subarray(from, to), from)
  }
}

/** Steps from `from` on in an order drawn from the seed (Fisher and Yates). */
function shuffledSteps(from: number, to: number, seed: bigint): number[] {
  const order = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
  for (let i = order.length - 1; i > 0; i -= 1) {
    const other = Math.floor(drawUniform(seed, i, 'lookahead', 'shuffle') * (i + 1))
    const kept = order[i] as number
    order[i] = order[other] as number
    order[other] = kept
  }
  return order
}
