#!/usr/bin/env node
// Draws what a terminal showed (text with colour codes on standard input) as an SVG picture on standard output.
// Usage: tmux capture-pane -e -p | node scripts/terminal-picture.mjs > docs/images/start.svg
import { readFileSync } from 'node:fs'

const palette = {
  30: '#45475a',
  31: '#f38ba8',
  32: '#a6e3a1',
  33: '#f9e2af',
  34: '#89b4fa',
  35: '#f5c2e7',
  36: '#94e2d5',
  37: '#bac2de',
  90: '#6c7086',
}
const [cellWidth, lineHeight, padding] = [8.4, 19, 18]

/** Pieces of one line: text with its colour, weight and opacity. */
function pieces(line) {
  const found = []
  let style = { color: '#cdd6f4', bold: false, dim: false }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes start with the escape character.
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (!part.startsWith('\u001b')) {
      if (part !== '') found.push({ text: part, ...style })
      continue
    }
    for (const code of part.slice(2, -1).split(';').map(Number)) {
      if (code === 0) style = { color: '#cdd6f4', bold: false, dim: false }
      else if (code === 1) style = { ...style, bold: true }
      else if (code === 2) style = { ...style, dim: true }
      else if (code === 22) style = { ...style, bold: false, dim: false }
      else if (code === 39) style = { ...style, color: '#cdd6f4' }
      else if (palette[code]) style = { ...style, color: palette[code] }
    }
  }
  return found
}

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const lines = readFileSync(0, 'utf8').replace(/\n+$/, '').split('\n').map(pieces)
const columns = Math.max(...lines.map((line) => line.reduce((sum, { text }) => sum + text.length, 0)))
const width = Math.ceil(columns * cellWidth + 2 * padding)
const height = lines.length * lineHeight + 2 * padding
const rows = lines.map((line, row) => {
  let column = 0
  const spans = line.map(({ text, color, bold, dim }) => {
    const x = padding + column * cellWidth
    column += text.length
    const weight = bold ? ' font-weight="bold"' : ''
    const opacity = dim ? ' opacity="0.6"' : ''
    return `<text x="${x.toFixed(1)}" y="${padding + row * lineHeight + 13}" fill="${color}" textLength="${(text.length * cellWidth).toFixed(1)}"${weight}${opacity} xml:space="preserve">${escapeXml(text)}</text>`
  })
  return spans.join('')
})
process.stdout.write(
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, monospace" font-size="14"><rect width="100%" height="100%" rx="8" fill="#1e1e2e"/>${rows.join('\n')}</svg>\n`,
)
