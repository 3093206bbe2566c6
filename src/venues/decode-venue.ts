import { aaveV3Decoder } from './aave-v3/read.ts'
import { cometDecoder } from './comet/read.ts'
import { erc4626Decoder } from './erc4626/read.ts'
import { morphoBlueDecoder } from './morpho-blue/read.ts'
import { uniswapV3Decoder } from './uniswap-v3/read.ts'
import type { VenueKind, VenueRef, VenueState } from './venue.ts'
import type { RawCurve, VenueDecoder } from './venue-reading.ts'

const decoders: Record<VenueKind, VenueDecoder> = {
  'aave-v3': aaveV3Decoder,
  comet: cometDecoder,
  'morpho-blue': morphoBlueDecoder,
  erc4626: erc4626Decoder,
  'uniswap-v3': uniswapV3Decoder,
}

/** One venue as VaultLens returns it; amounts in asset units, times in Unix seconds. */
export type VenueReading = {
  ok: boolean
  retired: boolean
  quarantined: boolean
  marked: boolean
  assets: bigint
  withdrawable: bigint
  depositable: bigint
  totalSupply: bigint
  totalBorrow: bigint
  index: bigint
  lastUpdateAt: bigint
  supplyAprWad: bigint
  curve: RawCurve
  ids: readonly `0x${string}`[]
  caps: readonly bigint[]
}

/**
 * Turns a reading of the lens into a venue's state. A reading that can't be true makes the venue stale, as a revert
 * does.
 *
 * @param failure - Why the read reverted, in words; used where `reading.ok` is false.
 * @param blockTimestamp - Unix seconds of the block that was read.
 */
export function decodeVenue(ref: VenueRef, reading: VenueReading, failure: string, blockTimestamp: bigint): VenueState {
  const decoder = decoders[ref.kind]
  const closed = reading.quarantined ? 'quarantined' : reading.retired ? 'retired' : undefined
  const flags: Pick<VenueState, 'closed' | 'marked' | 'unsteered'> = {
    ...(closed === undefined ? {} : { closed }),
    ...(reading.marked ? { marked: true } : {}),
    ...(decoder.steered === false ? { unsteered: true } : {}),
  }
  // The vault does not ask a quarantined venue what it holds, so what it says must not steer a plan.
  const fault = reading.quarantined
    ? 'it is quarantined'
    : !reading.ok
      ? failure
      : findFault(ref, reading, blockTimestamp, decoder)
  if (fault !== undefined) return { ...staleVenue(ref, fault), ...flags }
  return {
    ref,
    status: 'ok',
    ...flags,
    assets: reading.assets,
    withdrawable: least([reading.withdrawable, reading.assets]),
    depositable: reading.depositable,
    cap: closed === undefined ? least(reading.caps) : 0n,
    totalSupply: reading.totalSupply,
    totalBorrow: reading.totalBorrow,
    index: reading.index,
    indexOne: decoder.indexOne,
    lastUpdateAt: reading.lastUpdateAt,
    supplyAprWad: reading.supplyAprWad,
    curve: decoder.curve(reading.curve),
  }
}

function findFault(
  ref: VenueRef,
  reading: VenueReading,
  blockTimestamp: bigint,
  decoder: VenueDecoder,
): string | undefined {
  if (reading.ids[0] !== ref.id) return `the adapter names this venue ${reading.ids[0]}, the configuration ${ref.id}`
  if (decoder.steered === false) return undefined
  if (reading.index === 0n) return 'its index is zero'
  if (reading.index >= 1n << 128n) return `its index ${reading.index} does not fit 128 bits`
  if (reading.lastUpdateAt > blockTimestamp) return `it was last updated at ${reading.lastUpdateAt}, after the block`
  return undefined
}

function least(values: readonly bigint[]): bigint {
  return values.reduce((found, value) => {
    if (value < found) return value
    return found
  })
}

function staleVenue(ref: VenueRef, staleReason: string): VenueState {
  return {
    ref,
    status: 'stale',
    staleReason,
    assets: 0n,
    withdrawable: 0n,
    depositable: 0n,
    cap: 0n,
    totalSupply: 0n,
    totalBorrow: 0n,
    index: 0n,
    indexOne: 0n,
    lastUpdateAt: 0n,
    supplyAprWad: 0n,
    curve: { mode: 'none', kinkQ16: 65_536, rate0E9: 0n, rateKinkE9: 0n, rateMaxE9: 0n },
  }
}
