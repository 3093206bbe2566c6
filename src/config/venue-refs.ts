import type { VenueRef } from '../venues/venue.ts'
import { venueId } from '../venues/venue-id.ts'
import type { VaultConfig } from './schema.ts'

/** The venues of a configuration with their ids, in its order. */
export function venueRefs(vault: Pick<VaultConfig, 'venues'>): VenueRef[] {
  return vault.venues.map(({ name, kind, adapter, data }) => ({
    name,
    kind,
    adapter,
    data,
    id: venueId(adapter, data),
  }))
}
