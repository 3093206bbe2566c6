import { clip } from './text.ts'

export type LiveStream = { write(text: string): unknown; isTTY?: boolean; columns?: number; rows?: number }

export type LiveRegion = {
  /** Shows these lines in place of the last ones. Does nothing where the stream is no terminal. */
  draw(lines: readonly string[]): void
  /** Writes lines above the region, which stay. */
  log(lines: readonly string[]): void
  /** Leaves the last lines standing, or removes them, and gives the cursor back. */
  end(options?: { clear?: boolean }): void
}

/** Gives back the cursor of a terminal where a region can no longer do so itself. */
export function restoreCursor(stream: LiveStream): void {
  if (stream.isTTY === true) stream.write(showCursor)
}

const csi = '\u001b['
const hideCursor = `${csi}?25l`
const showCursor = `${csi}?25h`
const clearLine = `${csi}2K`
const clearBelow = `${csi}0J`

/**
 * Creates a region of a terminal that is redrawn in place: only lines that changed are written.
 *
 * Lines are cut to the width of the terminal and the region to its height, since a wrapped or scrolled line can't be
 * found again.
 */
export function createLiveRegion(stream: LiveStream): LiveRegion {
  let shown: string[] = []
  let hidden = false

  const trimmed = (lines: readonly string[]) =>
    lines.slice(0, Math.max(1, (stream.rows || 24) - 1)).map((line) => clip(line, (stream.columns || 80) - 1))

  return {
    draw(lines) {
      if (stream.isTTY !== true) return
      const next = trimmed(lines)
      const same = next.length === shown.length && next.every((line, index) => line === shown[index])
      if (same) return
      let text = hidden ? '' : hideCursor
      hidden = true
      if (shown.length > 0) text += `${csi}${shown.length}A`
      for (const [index, line] of next.entries()) text += line === shown[index] ? '\n' : `\r${clearLine}${line}\n`
      if (next.length < shown.length) text += clearBelow
      shown = next
      stream.write(text)
    },
    log(lines) {
      if (stream.isTTY !== true) {
        stream.write(lines.map((line) => `${line}\n`).join(''))
        return
      }
      const up = shown.length > 0 ? `${csi}${shown.length}A\r${clearBelow}` : ''
      stream.write(`${up}${[...lines, ...shown].map((line) => `${line}\n`).join('')}`)
    },
    end(options = {}) {
      if (stream.isTTY !== true || !hidden) return
      const clear = options.clear === true && shown.length > 0 ? `${csi}${shown.length}A\r${clearBelow}` : ''
      stream.write(`${clear}${showCursor}`)
      shown = []
      hidden = false
    },
  }
}
