import { TillerError } from './base.ts'

/** An error of reading, writing, importing, checking or pulling histories. */
export class HistoryError extends TillerError {
  override readonly name = 'HistoryError'
}

/** Unix seconds as `2023-03-11T04:00:00Z`. */
export function isoTime(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1_000)
  return Number.isNaN(date.getTime()) ? String(unixSeconds) : date.toISOString().replace('.000Z', 'Z')
}

/** `column` is `<venue>.<column>` or `usdPerGas`; times in Unix seconds. */
export function lookahead(column: string, timeSeconds: number, cursorSeconds: number): HistoryError {
  return new HistoryError('A value was read that is not known yet at the time of the decision.', {
    code: 'LOOKAHEAD',
    details: { column, time: isoTime(timeSeconds), 'known up to': isoTime(cursorSeconds) },
    remedy: 'Decide on values at or before the cursor only; what comes later takes effect later.',
  })
}

export function cursorBackwards(fromSeconds: number, toSeconds: number): HistoryError {
  return new HistoryError('The cursor of a history was moved backwards.', {
    code: 'CURSOR_BACKWARDS',
    details: { from: isoTime(fromSeconds), to: isoTime(toSeconds) },
    remedy: 'Open a second as-of view: one that has seen the future can not forget it.',
  })
}

export function outsidePanel(what: string, found: number, allowed: string): HistoryError {
  return new HistoryError('A panel was asked for something that it does not hold.', {
    code: 'OUTSIDE_PANEL',
    details: { what, found, allowed },
    remedy: 'Ask within the steps and venues of the panel.',
  })
}

export function panelUnreadable(file: string, reason: string): HistoryError {
  return new HistoryError('A file of a history can not be read.', {
    code: 'PANEL_UNREADABLE',
    details: { file, reason },
    remedy: 'Check the path; a panel is a folder with panel.json and the files that it names, plain or gzip.',
  })
}

/** `faults` are `path: what is wrong`, all of them at once. */
export function panelFileInvalid(folder: string, faults: readonly string[]): HistoryError {
  return new HistoryError('The panel.json of a panel does not have the documented form.', {
    code: 'PANEL_FILE_INVALID',
    details: { panel: folder, faults: faults.join('; ') },
    remedy: 'Compare the file with docs/history.md.',
  })
}

export function windowEmpty(from: number, to: number, start: number, end: number): HistoryError {
  return new HistoryError('The window holds no step of the panel.', {
    code: 'PANEL_WINDOW_EMPTY',
    details: { from: isoTime(from), to: isoTime(to), 'panel start': isoTime(start), 'panel end': isoTime(end) },
    remedy: 'Choose a window inside the panel, at least a step long.',
  })
}
