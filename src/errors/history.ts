import { TillerError } from './base.ts'

/** An error of reading, writing, importing, checking or pulling histories. */
export class HistoryError extends TillerError {
  override readonly name = 'HistoryError'
}

/** Unix seconds as `2023-03-11T04:00:00Z`. */
function isoTime(unixSeconds: number): string {
  return new Date(unixSeconds * 1_000).toISOString().replace('.000Z', 'Z')
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
