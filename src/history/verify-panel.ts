import { checkQuality } from './check-quality.ts'
import { checkRows } from './check-rows.ts'
import type { Finding } from './finding.ts'
import { loadPanelSource, type PanelSource } from './panel-source.ts'

const order = { error: 0, warning: 1, note: 2 }

/**
 * Finds everything that is wrong or doubtful in a panel, errors first, each with its place. Where rows can not be used,
 * what depends on them is not looked for.
 *
 * @throws PANEL_UNREADABLE, PANEL_FILE_INVALID
 */
export async function verifyPanel(folder: string): Promise<{ source: PanelSource; findings: Finding[] }> {
  const { source, findings } = await loadPanelSource(folder)
  findings.push(...checkRows(source))
  const broken = new Set(findings.filter(({ level }) => level === 'error').map(({ file }) => file))
  const isSound = ({ rows }: { rows: { file: string } }): boolean => !broken.has(rows.file)
  const rest = { ...source, venues: source.venues.filter(isSound) }
  const gas = broken.has(source.gas.file) ? { ...source.gas, timestamps: new Float64Array(), columns: {} } : source.gas
  findings.push(...checkQuality({ ...rest, gas }))
  findings.sort((a, b) => order[a.level] - order[b.level])
  return { source, findings }
}
