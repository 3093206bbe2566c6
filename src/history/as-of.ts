import { cursorBackwards, lookahead, outsidePanel } from '../errors/history.ts'
import type { AsOfPanel, Panel } from './panel.ts'

/**
 * Opens a panel so that nothing later than the cursor can be read; the cursor starts at `step` and only goes forward.
 *
 * A step before the panel's first one gives NaN: nothing was known then.
 *
 * @throws LOOKAHEAD where a step after the cursor is read, CURSOR_BACKWARDS, OUTSIDE_PANEL for a venue or a step past
 * the end
 */
export function openAsOf(panel: Panel, step = 0): AsOfPanel {
  let cursor = checkedStep(panel, step)
  const timeOf = (at: number): number => panel.startSeconds + at * panel.stepSeconds

  return {
    get cursor() {
      return cursor
    },
    at(venue, column, at) {
      const values = panel[column][venue]
      if (values === undefined) throw outsidePanel('venue', venue, `0 to ${panel.venues.length - 1}`)
      if (at > cursor) throw lookahead(`${panel.venues[venue]?.id}.${column}`, timeOf(at), timeOf(cursor))
      return values[at] ?? Number.NaN
    },
    gasAt(at) {
      if (at > cursor) throw lookahead('usdPerGas', timeOf(at), timeOf(cursor))
      return panel.usdPerGas[at] ?? Number.NaN
    },
    advanceTo(to) {
      if (to < cursor) throw cursorBackwards(timeOf(cursor), timeOf(to))
      cursor = checkedStep(panel, to)
    },
  }
}

function checkedStep(panel: Panel, step: number): number {
  if (!Number.isInteger(step) || step < 0 || step >= panel.steps) {
    throw outsidePanel('step', step, `0 to ${panel.steps - 1}`)
  }
  return step
}
