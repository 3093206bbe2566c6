import Table from 'cli-table3'
import { createPaint, type Paint } from './marks.ts'
import { visibleWidth } from './text.ts'

export type Column = {
  name: string
  align?: 'left' | 'right'
  /** May be left out where the terminal is too narrow; the last such column goes first. */
  optional?: boolean
}

const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Lines of a table: a dim head, two spaces between columns, no frame; as many columns as fit into `width`. */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: Paint = createPaint(false),
  width = Number.POSITIVE_INFINITY,
): string[] {
  const lines = drawTable(columns, rows, paint)
  const spare = columns.findLastIndex(({ optional }) => optional === true)
  if (spare < 0 || lines.every((line) => visibleWidth(line) <= width)) return lines
  const without = <item>(items: readonly item[]): item[] => items.filter((_, index) => index !== spare)
  return renderTable(without(columns), rows.map(without), paint, width)
}

function drawTable(columns: readonly Column[], rows: readonly (readonly string[])[], paint: Paint): string[] {
  const table = new Table({
    chars,
    head: columns.map(({ name }) => paint.dim(name)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
}
