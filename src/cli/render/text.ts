// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes start with the escape character.
const colorCode = /\u001b\[[0-9;]*m/g

/** Columns that a text takes on a terminal; colour codes take none. */
export function visibleWidth(text: string): number {
  return [...text.replace(colorCode, '')].length
}

/** Cuts a line to its visible width, with an ellipsis; colours that were open are closed. */
export function clip(line: string, columns: number): string {
  if (visibleWidth(line) <= columns) return line
  let visible = 0
  let cut = ''
  let index = 0
  while (index < line.length && visible < columns - 1) {
    colorCode.lastIndex = index
    const code = colorCode.exec(line)
    if (code !== null && code.index === index) {
      cut += code[0]
      index += code[0].length
      continue
    }
    const char = String.fromCodePoint(line.codePointAt(index) ?? 32)
    cut += char
    index += char.length
    visible += 1
  }
  return `${cut}…${line.includes('\u001b[') ? '\u001b[0m' : ''}`
}

/**
 * Breaks a line at its spaces so that no part is wider than `columns`; later lines begin with `indent`. A word that is
 * wider by itself stays whole. Colour codes take no room; one that spans a break is not repeated.
 */
export function wrap(line: string, columns: number, indent = ''): string[] {
  if (visibleWidth(line) <= columns) return [line]
  const lines: string[] = []
  const start = /^ */.exec(line)?.[0] ?? ''
  let current = ''
  for (const word of line.slice(start.length).split(' ')) {
    const prefix = lines.length === 0 ? start : indent
    if (current !== '' && visibleWidth(`${prefix}${current} ${word}`) > columns) {
      lines.push(`${prefix}${current}`)
      current = word
    } else current = current === '' ? word : `${current} ${word}`
  }
  lines.push(`${lines.length === 0 ? start : indent}${current}`)
  return lines
}
