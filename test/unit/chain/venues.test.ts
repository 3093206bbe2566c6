import { describe, expect, test } from 'vitest'
import { revertReason } from '../../../src/vault/revert-reason.ts'
import { encodeAaveV3Data } from '../../../src/venues/aave-v3/encode.ts'
import { encodeCometData } from '../../../src/venues/comet/encode.ts'
import { decodeVenue, type VenueReading } from '../../../src/venues/decode-venue.ts'
import { encodeErc4626Data } from '../../../src/venues/erc4626/encode.ts'
import { decodeMorphoBlueData, encodeMorphoBlueData, morphoMarketId } from '../../../src/venues/morpho-blue/encode.ts'
import { encodeUniswapV3Data } from '../../../src/venues/uniswap-v3/encode.ts'
import type { VenueKind, VenueRef } from '../../../src/venues/venue.ts'
import { venueId } from '../../../src/venues/venue-id.ts'

const adapter = '0x00000000000000000000000000000000000000a1'

function refOf(kind: VenueKind): VenueRef {
  return { name: kind, kind, adapter, data: '0x', id: venueId(adapter, '0x') }
}

const reading: VenueReading = {
  ok: true,
  retired: false,
  quarantined: false,
  marked: false,
  assets: 100n,
  withdrawable: 90n,
  depositable: 1000n,
  totalSupply: 5000n,
  totalBorrow: 4000n,
  index: 10n ** 27n,
  lastUpdateAt: 50n,
  supplyAprWad: 4n * 10n ** 16n,
  curve: [9000n, 0n, 600n, 6000n],
  ids: [venueId(adapter, '0x')],
  caps: [500n, 300n, 400n],
}

describe('a reading of the lens', () => {
  test('takes the smallest cap of all ids', () => {
    expect(decodeVenue(refOf('aave-v3'), reading, '', 100n)).toMatchObject({ status: 'ok', cap: 300n, assets: 100n })
  })

  test('gives each kind its curve', () => {
    expect(decodeVenue(refOf('aave-v3'), reading, '', 100n).curve).toEqual({
      mode: 'borrow',
      kinkQ16: 58_982,
      rate0E9: 0n,
      rateKinkE9: 60_000_000n,
      rateMaxE9: 660_000_000n,
    })
    const perSecond = 10n ** 18n / 31_536_000n
    const comet = decodeVenue(
      refOf('comet'),
      { ...reading, curve: [9n * 10n ** 17n, 0n, perSecond / 20n, perSecond] },
      '',
      100n,
    )
    expect(comet.curve).toEqual({
      mode: 'supply',
      kinkQ16: 58_982,
      rate0E9: 0n,
      rateKinkE9: 44_999_999n,
      rateMaxE9: 144_999_999n,
    })
    expect(
      decodeVenue(refOf('morpho-blue'), { ...reading, curve: [perSecond / 25n, 0n, 0n, 0n] }, '', 100n).curve,
    ).toEqual({
      mode: 'borrow',
      kinkQ16: 58_982,
      rate0E9: 9_999_999n,
      rateKinkE9: 39_999_999n,
      rateMaxE9: 159_999_999n,
    })
    expect(decodeVenue(refOf('erc4626'), reading, '', 100n).curve.mode).toBe('none')
  })

  test.each([
    ['a revert', { ok: false }, 'Paused()'],
    ['a zero index', { index: 0n }, 'its index is zero'],
    ['an index beyond 128 bits', { index: 1n << 128n }, `its index ${1n << 128n} does not fit 128 bits`],
    ['a last update after the block', { lastUpdateAt: 101n }, 'it was last updated at 101, after the block'],
  ] as const)('with %s makes the venue stale', (_, change, reason) => {
    const venue = decodeVenue(refOf('aave-v3'), { ...reading, ...change }, 'Paused()', 100n)
    expect(venue).toMatchObject({ status: 'stale', staleReason: reason, assets: 0n, cap: 0n, index: 0n })
  })

  test('of a retired venue is complete and leaves no room, that of a quarantined one is stale whatever it answers', () => {
    expect(decodeVenue(refOf('aave-v3'), { ...reading, retired: true }, '', 100n)).toMatchObject({
      status: 'ok',
      closed: 'retired',
      assets: 100n,
      cap: 0n,
    })
    for (const ok of [true, false]) {
      expect(
        decodeVenue(refOf('aave-v3'), { ...reading, ok, retired: true, quarantined: true }, 'Paused()', 100n),
      ).toMatchObject({ status: 'stale', closed: 'quarantined', staleReason: 'it is quarantined', assets: 0n, cap: 0n })
    }
    expect(decodeVenue(refOf('erc4626'), { ...reading, marked: true }, '', 100n)).toMatchObject({
      status: 'ok',
      marked: true,
    })
  })

  test("of a range of a pool needs no index, and the venue is not the policy's to move", () => {
    const range = { ...reading, index: 0n, totalSupply: 0n, supplyAprWad: 0n }
    expect(decodeVenue(refOf('uniswap-v3'), range, '', 100n)).toMatchObject({
      status: 'ok',
      unsteered: true,
      assets: reading.assets,
      index: 0n,
      curve: { mode: 'none' },
    })
    expect(decodeVenue(refOf('uniswap-v3'), { ...range, ok: false }, 'SpotDeviation()', 100n)).toMatchObject({
      status: 'stale',
      staleReason: 'SpotDeviation()',
    })
  })
})

describe('venue data', () => {
  test('is empty where an adapter holds one position', () => {
    expect([encodeAaveV3Data(), encodeCometData(), encodeErc4626Data()]).toEqual(['0x', '0x', '0x'])
  })

  test('of Morpho Blue is the encoded market, whose hash is the market id', () => {
    // The cbBTC/USDC market of Ethereum mainnet.
    const market = {
      loanToken: '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48',
      collateralToken: '0xcbB7C0000aB88B473b1f5aFd9ef808440eed33Bf',
      oracle: '0xA6D6950c9F177F1De7f7757FB33539e3Ec60182a',
      irm: '0x870aC11D48B15DB9a138Cf899d20F13F79Ba00BC',
      lltv: 860_000_000_000_000_000n,
    } as const
    expect(decodeMorphoBlueData(encodeMorphoBlueData(market))).toEqual(market)
    expect(morphoMarketId(market)).toBe('0x64d65c9a2d91c36d56fbc42d69e979335320169b3df63bf92789e2c8883fcc64')
  })

  test('of Uniswap v3 is the pair of ticks, each in a word with its sign', () => {
    const data = encodeUniswapV3Data({ tickLower: -2, tickUpper: 16 })
    expect(data).toBe(`0x${'f'.repeat(63)}e${'0'.repeat(62)}10`)
  })
})

describe('revert data in words', () => {
  test.each([
    ['0x', 'reverted without a reason (out of gas, or no contract at an address)'],
    [
      '0x08c379a00000000000000000000000000000000000000000000000000000000000000020000000000000000000000000000000000000000000000000000000000000000568656c6c6f000000000000000000000000000000000000000000000000000000',
      'reverted: hello',
    ],
    ['0x4e487b710000000000000000000000000000000000000000000000000000000000000011', 'panicked with code 17'],
    ['0xdeadbeef', 'reverted with unknown error 0xdeadbeef'],
    ['0x12', 'reverted with unknown error 0x12'],
  ] as const)('%s', (data, reason) => {
    expect(revertReason(data)).toBe(reason)
  })
})
