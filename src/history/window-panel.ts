import { windowEmpty } from '../errors/history.ts'
import type { Panel } from './panel.ts'

/**
 * Returns the whole steps of a panel inside [from, to), Unix seconds, without copying its values.
 *
 * @throws PANEL_WINDOW_EMPTY
 */
export function windowPanel(panel: Panel, from = panel.startSeconds, to = panel.endSeconds): Panel {
  const { startSeconds, stepSeconds, steps } = panel
  const first = Math.max(0, Math.ceil((from - startSeconds) / stepSeconds))
  const end = Math.min(steps, Math.floor((to - startSeconds) / stepSeconds))
  if (!(end > first)) throw windowEmpty(from, to, startSeconds, panel.endSeconds)
  const cut = (values: Float64Array): Float64Array => values.subarray(first, end)
  return {
    ...panel,
    startSeconds: startSeconds + first * stepSeconds,
    endSeconds: startSeconds + end * stepSeconds,
    steps: end - first,
    supplyApr: panel.supplyApr.map(cut),
    totalSupply: panel.totalSupply.map(cut),
    totalBorrow: panel.totalBorrow.map(cut),
    available: panel.available.map(cut),
    usdPerGas: cut(panel.usdPerGas),
  }
}
