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
    details: { file: `${folder}/panel.json`, faults: faults.join('; ') },
    remedy: 'Compare the file with docs/history.md.',
  })
}

export function importUnknownFormat(file: string, header: readonly string[], known: readonly string[]): HistoryError {
  return new HistoryError('A recorded history is in no format that can be imported.', {
    code: 'IMPORT_UNKNOWN_FORMAT',
    details: { file, header: header.join(',').slice(0, 200) || 'nothing', known: known.join(' | ') },
    remedy: 'Rename its columns to those of a known format, or write a panel by hand: docs/history.md.',
  })
}

export function importCell(file: string, line: number, column: string, found: string, rule: string): HistoryError {
  return new HistoryError('A recorded history has a value that can not be used.', {
    code: 'IMPORT_CELL',
    details: { file, line, column, found: found === '' ? 'nothing' : found.slice(0, 40), rule },
    remedy: 'Correct or remove that row.',
  })
}

/** `dropped` says which rule took how many rows. */
export function importNoRows(file: string, rows: number, dropped: string): HistoryError {
  return new HistoryError('Nothing of a recorded history is left to import.', {
    code: 'IMPORT_NO_ROWS',
    details: { file, rows, dropped: dropped || 'none' },
    remedy: 'Bring a longer history, or choose another asset with `--asset`; the rules are in docs/history.md.',
  })
}

export function importVenueTwice(id: string, first: string, second: string): HistoryError {
  return new HistoryError('Two recorded histories are of one venue.', {
    code: 'IMPORT_VENUE_TWICE',
    details: { venue: id, first, second },
    remedy: 'Import one of them. A file of market snapshots names its venue: where both are meant, rename it.',
  })
}

export function importVenueUnknown(id: string, known: readonly string[]): HistoryError {
  return new HistoryError('The recorded histories have no such venue.', {
    code: 'IMPORT_VENUE_UNKNOWN',
    details: { venue: id, known: known.join(', ') },
    remedy: 'Name venues of the import with `--venues`, separated by commas.',
  })
}

export function importGasMissing(): HistoryError {
  return new HistoryError('A panel needs what gas cost.', {
    code: 'IMPORT_GAS_MISSING',
    remedy: 'Give a series with `--gas`, or one price for all times with `--usd-per-gas`, e.g. 0.00001.',
  })
}

export type ImportSpan = {
  fromSeconds: number
  toSeconds: number
  startsLast: { venue: string; atSeconds: number }
  endsFirst: { venue: string; atSeconds: number }
}

/** The panel would have no step: the venues do not overlap, or what was asked for is not where their rows are. */
export function importSpanEmpty({ fromSeconds, toSeconds, startsLast, endsFirst }: ImportSpan): HistoryError {
  return new HistoryError('The panel would not have a single step.', {
    code: 'IMPORT_SPAN_EMPTY',
    details: {
      from: isoTime(fromSeconds),
      to: isoTime(toSeconds),
      'starts last': `${startsLast.venue}, ${isoTime(startsLast.atSeconds)}`,
      'ends first': `${endsFirst.venue}, ${isoTime(endsFirst.atSeconds)}`,
    },
    remedy: 'Name the venues that overlap with `--venues`, or a span in which there are rows with `--from` and `--to`.',
  })
}

export function importKind(given: string, kinds: readonly string[]): HistoryError {
  return new HistoryError('A venue was given a kind that can not be used.', {
    code: 'IMPORT_KIND',
    details: { given, kinds: kinds.join(', ') },
    remedy: 'Write `--kind <venue>=<kind>` with a venue of the import.',
  })
}

export function panelExists(folder: string): HistoryError {
  return new HistoryError('The folder holds a panel already.', {
    code: 'PANEL_EXISTS',
    details: { folder },
    remedy: 'Choose another folder, or replace it with `--force`.',
  })
}

export function pullVenueSpec(given: string, reason: string): HistoryError {
  return new HistoryError('A venue to pull is not named in a known form.', {
    code: 'PULL_VENUE',
    details: { given, reason },
    remedy:
      'Write aave-v3:<pool>:<asset>, comet:<comet>, morpho-blue:<morpho>:<market id> or erc4626:<vault>, with <name>= before it where the venue needs a name of its own.',
  })
}

export function pullNotAVenue(id: string, kind: string, block: number, reason: string): HistoryError {
  return new HistoryError('A venue to pull does not answer as its kind does.', {
    code: 'PULL_VENUE_SILENT',
    details: { venue: id, kind, block, reason },
    remedy: 'Check its addresses and the chain of the endpoint.',
  })
}

export function pullSpan(from: number, to: number, reason: string): HistoryError {
  return new HistoryError('The span to pull can not be used.', {
    code: 'PULL_SPAN',
    details: { from: isoTime(from), to: isoTime(to), reason },
    remedy: 'Choose the span with `--from` and `--to`; it ends at the newest final block at the latest.',
  })
}

export function pullNoState(label: string, block: number, reason: string): HistoryError {
  return new HistoryError('The endpoint no longer has the state of an old block.', {
    code: 'PULL_NO_STATE',
    details: { endpoint: label, block, reason },
    remedy: 'Use an archive endpoint, or start later with `--from`; what was pulled is kept.',
  })
}

export function pullLogsRefused(label: string, block: number, reason: string): HistoryError {
  return new HistoryError('The endpoint refuses the event logs of a single block.', {
    code: 'PULL_LOGS_REFUSED',
    details: { endpoint: label, block, reason },
    remedy: 'Use another endpoint; what was pulled is kept.',
  })
}

export function pullStoreDamaged(file: string, line: number): HistoryError {
  return new HistoryError('A record of what was pulled does not match its checksum.', {
    code: 'PULL_STORE_DAMAGED',
    details: { file, line },
    remedy: 'Delete the file and pull again.',
  })
}

export function pullOtherChain(block: number, stored: string, found: string): HistoryError {
  return new HistoryError('What was pulled before comes from another chain than the endpoint serves.', {
    code: 'PULL_OTHER_CHAIN',
    details: { block, stored, found },
    remedy: 'Use an endpoint of the same chain, or another folder.',
  })
}

export function pullInterrupted(folder: string): HistoryError {
  return new HistoryError('The pull was interrupted; what was pulled is kept.', {
    code: 'INTERRUPTED',
    details: { folder },
    remedy: 'Run the same command again: it goes on where it was.',
  })
}
