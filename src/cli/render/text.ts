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
