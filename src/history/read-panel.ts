import { checkRows } from './check-rows.ts'
import { type Finding, refusal } from './finding.ts'
import { gridPanel } from './grid-panel.ts'
import type { Panel } from './panel.ts'
import { loadPanelSource } from './panel-source.ts'

/**
 * Reads a panel folder: panel.json, a CSV file per venue, gas.csv; docs/history.md has the format and the rules.
 *
 * @returns the panel on its grid, and what was handled by a rule on the way (notes and warnings).
 * @throws PANEL_UNREADABLE, PANEL_FILE_INVALID, and for rows that can not be used the first fault with file and line:
 * PANEL_COLUMNS_MISSING, PANEL_CELLS, PANEL_NOT_A_NUMBER, PANEL_TIMESTAMP, PANEL_UNSORTED, PANEL_OVERLAP,
 * PANEL_NEGATIVE, PANEL_PERCENT, PANEL_RATE_TOO_HIGH, PANEL_UTILISATION, PANEL_VENUE_EMPTY, PANEL_GAS_UNIT,
 * PANEL_GAS_LATE
 */
export async function readPanel(folder: string): Promise<{ panel: Panel; findings: Finding[] }> {
  const { source, findings } = await loadPanelSource(folder)
  findings.push(...checkRows(source))
  const [first, ...others] = findings.filter(({ level }) => level === 'error')
  if (first !== undefined) throw refusal(first, others.length)
  return { panel: gridPanel(source), findings }
}
