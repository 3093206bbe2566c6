import { TillerError } from './base.ts'

/** An error of making an observation, of the integer network or of the allocation rule. */
export class ObserveError extends TillerError {
  override readonly name = 'ObserveError'
}

export function observationTimeReversed(venue: string, lastObservedAt: bigint, timestamp: bigint): ObserveError {
  return new ObserveError('The block is older than the last observation of the venue.', {
    code: 'OBSERVATION_TIME_REVERSED',
    details: { venue, 'last observed at': lastObservedAt, 'block time': timestamp },
    remedy: 'Read a newer block, or restore the memory that belongs to this one.',
  })
}

export function observationLength(what: string, expected: number, found: number): ObserveError {
  return new ObserveError(`The number of ${what} does not match.`, {
    code: 'OBSERVATION_LENGTH',
    details: { expected, found },
    remedy: 'Give one for each venue, in the order of the market state.',
  })
}

export function venueCountUnsupported(found: number, min: number, max: number): ObserveError {
  return new ObserveError('The policy specification does not cover this number of venues.', {
    code: 'OBSERVATION_VENUE_COUNT',
    details: { found, min, max },
    remedy: 'Configure a vault with a number of venues inside the range.',
  })
}

export function integerOutOfRange(what: string, value: number | bigint, min: number, max: number): ObserveError {
  return new ObserveError(`${what} is not an integer of the specified range.`, {
    code: 'INTEGER_OUT_OF_RANGE',
    details: { value, min, max },
    remedy: 'Check the network, the memory and the specification: they must be of one version.',
  })
}

export function rowBoundExceeded(layer: string, row: number, sum: number, bound: number): ObserveError {
  return new ObserveError('A row of the network leaves what float32 carries exactly.', {
    code: 'NETWORK_ROW_BOUND',
    details: { layer, row, sum, bound },
    remedy: 'Export the network again with smaller parameters in this row.',
  })
}
