import { TillerError } from './base.ts'

/** A target that `step` was given is no amount. */
export function invalidTarget(venue: number, target: number): TillerError {
  return new TillerError('A target of the simulation is no amount.', {
    code: 'INVALID_TARGET',
    details: { venue, target },
    remedy: 'Give one finite, non-negative amount in asset units per venue; a policy must not answer NaN.',
  })
}
