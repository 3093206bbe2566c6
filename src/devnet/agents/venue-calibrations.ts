import type { DevnetDeployment } from '../deployment.ts'
import { calibrations, type VenueCalibration } from './calibration.ts'

/** Returns the calibration of every venue that the market moves, by name, in the order of the market. */
export function venueCalibrations({ morpho }: Pick<DevnetDeployment, 'morpho'>): Map<string, VenueCalibration> {
  const entries: [string, VenueCalibration][] = [
    ['aave-v3:usdc', calibrations['aave-v3']],
    ['comet:usdc', calibrations.comet],
  ]
  for (const [index, { name }] of morpho.markets.entries()) {
    const calibration = calibrations['morpho-blue'][index]
    if (calibration !== undefined) entries.push([`morpho-blue:${name}`, calibration])
  }
  entries.push(['erc4626:usdc', calibrations.erc4626])
  return new Map(entries)
}
