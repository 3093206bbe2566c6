/** One record of a CSV file; `line` is where it begins, the header being line 1. */
type CsvRow = { line: number; cells: readonly string[] }

export type Csv = { header: readonly string[]; rows: readonly CsvRow[] }

/**
 * Parses CSV after RFC 4180: commas, quoted cells where needed, any line ending, a byte order mark. Cells and column
 * names are trimmed; empty lines are left out, and keep their place in the count.
 */
export function parseCsv(text: string): Csv {
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
  const body = plain.includes('\n') ? plain : plain.replaceAll('\r', '\n')
  const [first, ...rows] = body.includes('"') ? quotedRows(body) : plainRows(body)
  return { header: first?.cells ?? [], rows }
}

function plainRows(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  const isPadded = /[ \t]/.test(text)
  let line = 0
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from)
    const to = newline < 0 ? text.length : newline
    line += 1
    const record = text.slice(from, to).trim()
    const cells = record.split(',')
    if (record !== '') rows.push({ line, cells: isPadded ? cells.map((cell) => cell.trim()) : cells })
    from = to + 1
  }
  return rows
}

function quotedRows(text: string): CsvRow[] {
  const rows: CsvRow[] = []
  let cells: string[] = []
  let cell = ''
  let quoted = false
  let line = 1
  let begin = 1
  const endRow = (): void => {
    cells.push(cell.trim())
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: begin, cells })
    cells = []
    cell = ''
  }
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '\n') line += 1
    if (quoted) {
      if (character !== '"') cell += character
      else if (text[at + 1] === '"') {
        cell += '"'
        at += 1
      } else quoted = false
    } else if (character === '"') quoted = true
    else if (character === ',') {
      cells.push(cell.trim())
      cell = ''
    } else if (character === '\n') {
      endRow()
      begin = line
    } else cell += character
  }
  endRow()
  return rows
}
