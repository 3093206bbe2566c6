import { TillerError } from './base.ts'

export function storeLocked(
  path: string,
  owner: { pid: number; startedAt: string } | null,
  cause?: unknown,
): TillerError {
  return new TillerError('Another process holds the journal.', {
    code: 'STORE_LOCKED',
    remedy:
      owner === null
        ? 'Stop the other keeper on this store, or give this one a store of its own.'
        : `Stop the keeper with process id ${owner.pid}, or give this one a store of its own.`,
    details: { store: path, ...(owner === null ? {} : { pid: owner.pid, startedAt: owner.startedAt }) },
    cause,
  })
}

export function storeCorrupt(path: string, reason: string, cause?: unknown): TillerError {
  return new TillerError('The journal file is damaged.', {
    code: 'STORE_CORRUPT',
    remedy:
      'Move the file aside and keep it, restore a backup or start with a new store; check the signer for pending transactions first.',
    details: { store: path, reason },
    cause,
  })
}

export function storeVersion(path: string, found: number, supported: number): TillerError {
  return new TillerError('The journal was written by a newer version of Tiller.', {
    code: 'STORE_VERSION',
    remedy: 'Run the version of Tiller that wrote it, or a newer one.',
    details: { store: path, schemaVersion: found, supported },
  })
}

export function storeMismatch(path: string, field: string, expected: string, found: string): TillerError {
  return new TillerError('The journal belongs to another chain or vault.', {
    code: 'STORE_MISMATCH',
    remedy: 'Point store.path at the journal of this vault, or at a file that does not exist yet.',
    details: { store: path, field, expected, found },
  })
}

export function storeMissing(path: string): TillerError {
  return new TillerError('There is no journal at this path.', {
    code: 'STORE_MISSING',
    remedy: 'Check store.path; the first run of the keeper creates the journal.',
    details: { store: path },
  })
}

/** The file system or the database refused a read or write: disk full, no permission, I/O error. */
export function storeFailed(path: string, sqliteCode: string, reason: string, cause?: unknown): TillerError {
  return new TillerError('The journal could not be read or written.', {
    code: 'STORE_FAILED',
    remedy: 'Check the free space, the permissions and the health of the disk that holds the store.',
    details: { store: path, sqliteCode, reason },
    cause,
  })
}

export function slotTaken(vault: string, slot: number, status: string): TillerError {
  return new TillerError('The slot already has a plan that was signed.', {
    code: 'SLOT_TAKEN',
    remedy: 'Wait for the next slot; a slot carries one move.',
    details: { vault, slot, status },
  })
}

export function attemptInFlight(signer: string, nonceInFlight: number, nonce: number): TillerError {
  return new TillerError('An earlier transaction of the signer is not settled yet.', {
    code: 'ATTEMPT_IN_FLIGHT',
    remedy: 'Wait until it is settled; `tiller journal show` names it.',
    details: { signer, nonceInFlight, nonce },
    retryable: true,
  })
}

export function rowMissing(table: string, id: number): TillerError {
  return new TillerError('The journal has no such row.', {
    code: 'ROW_MISSING',
    remedy: 'List the rows with `tiller journal ls` and use an id from there.',
    details: { table, id },
  })
}
