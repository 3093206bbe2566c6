import type { Panel, PanelVenue } from '../../../src/history/panel.ts'
import { drawNormal } from '../../../src/market/draw.ts'

export type SyntheticPanelOptions = {
  seed: bigint
  steps: number
  venues?: readonly PanelVenue[]
  /** Deposits of the others, asset units. @default 100 million */
  depth?: number
  usdPerGas?: number
}

const usdc = (id: string, extra: Partial<PanelVenue> = {}): PanelVenue => ({
  id,
  kind: 'kinked',
  asset: 'USDC',
  kink: 0.9,
  slope2: 0.6,
  ...extra,
})

export const twoVenues: readonly PanelVenue[] = [usdc('a'), usdc('b', { kind: 'comet', slope2: 3 })]
export const fiveVenues: readonly PanelVenue[] = [
  usdc('a'),
  usdc('b', { kind: 'comet', slope2: 3 }),
  usdc('c', { asset: 'USDT' }),
  usdc('d', { asset: 'DAI', kink: 0.8 }),
  usdc('e', { asset: 'DAI', kind: 'adaptive' }),
]

/** Hourly utilisations that wander around 0.8, and the kinked rates that go with them. */
export function syntheticPanel({
  seed,
  steps,
  venues = twoVenues,
  depth = 1e8,
  usdPerGas = 3e-5,
}: SyntheticPanelOptions): Panel {
  const supply = venues.map(() => new Float64Array(steps).fill(depth))
  const borrow = venues.map(({ id }) => {
    let fast = 0
    let slow = 0
    return Float64Array.from({ length: steps }, (_, t) => {
      fast = 0.97 * fast + 0.08 * drawNormal(seed, t, id, 'fast')
      slow = 0.997 * slow + 0.04 * drawNormal(seed, t, id, 'slow')
      return depth / (1 + Math.exp(-(1.4 + fast + slow)))
    })
  })
  const apr = borrow.map((row) =>
    row.map((debt) => {
      const used = debt / depth
      return used * (used <= 0.9 ? (0.06 * used) / 0.9 : 0.06 + 6 * (used - 0.9))
    }),
  )
  return {
    name: `synthetic-${seed}`,
    asset: 'USDC',
    stepSeconds: 3_600,
    startSeconds: 1_700_000_000 - (1_700_000_000 % 3_600),
    endSeconds: 1_700_000_000 - (1_700_000_000 % 3_600) + steps * 3_600,
    steps,
    venues,
    supplyApr: apr,
    totalSupply: supply,
    totalBorrow: borrow,
    available: venues.map(() => new Float64Array(steps).fill(Number.NaN)),
    usdPerGas: new Float64Array(steps).fill(usdPerGas),
    hashes: { synthetic: String(seed) },
  }
}
