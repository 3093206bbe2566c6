import { TillerError } from './base.ts'

/** An error of a stored run: of reading it, of showing it, or of setting it beside another. */
export class ReportError extends TillerError {
  override readonly name = 'ReportError'
}

export function runExists(folder: string, isRun: boolean): ReportError {
  return new ReportError(isRun ? 'The folder holds a run already.' : 'The folder is not empty.', {
    code: 'RUN_EXISTS',
    details: { folder },
    remedy: isRun ? 'Name another folder, or replace the run with --force.' : 'Name a folder that is new or empty.',
  })
}

export function runUnreadable(folder: string, file: string, reason: string): ReportError {
  return new ReportError('A file of a run can not be read.', {
    code: 'RUN_UNREADABLE',
    details: { run: folder, file, reason },
    remedy: 'Name the folder that `tiller backtest --out` has written.',
  })
}

export function runUnknown(folder: string, format: unknown, version: unknown, known: number): ReportError {
  return new ReportError('The folder holds no run that this Tiller can read.', {
    code: 'RUN_UNKNOWN',
    details: { run: folder, format: String(format ?? 'none'), version: String(version ?? 'none'), 'read here': known },
    remedy: 'Use the Tiller that made it, or make the run anew with `tiller backtest --out`.',
  })
}

export function runDamaged(folder: string, file: string, fault: string): ReportError {
  return new ReportError('A run is damaged.', {
    code: 'RUN_DAMAGED',
    details: { run: folder, file, fault },
    remedy: 'Make the run anew with `tiller backtest --out`: the same input gives the same numbers.',
  })
}

/** `differences` are what differs and both values; `across`: what would have to be allowed, where it can be. */
export function runsDiffer(
  a: string,
  b: string,
  differences: readonly (readonly [what: string, values: string])[],
  across: readonly string[] | undefined,
): ReportError {
  const names = differences.map(([what]) => what)
  return new ReportError(`The runs are not of one kind: they differ in ${names.join(', ')}.`, {
    code: 'RUNS_DIFFER',
    details: { a, b, ...Object.fromEntries(differences) },
    remedy:
      across === undefined
        ? 'Make both on the same panel and window: steps of different times can not be paired.'
        : `Make both with the same options; if the difference is what you want to know, say so: --across ${across.join(',')}.`,
  })
}

export function reportTaken(file: string): ReportError {
  return new ReportError('The file is there already, and is no report.', {
    code: 'REPORT_TAKEN',
    details: { file },
    remedy: 'Name another file with --out; only an older report is replaced.',
  })
}

export function reportUnwritable(file: string, reason: string): ReportError {
  return new ReportError('The report can not be written.', {
    code: 'REPORT_UNWRITABLE',
    details: { file, reason },
    remedy: 'Name a file in a folder that is there and may be written.',
  })
}
