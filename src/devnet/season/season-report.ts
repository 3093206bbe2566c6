import type { Address, Hex } from 'viem'
import type { RefusalCode } from '../../plan/plan.ts'

/** One venue after a tick. */
type SeasonVenue = {
  name: string
  /** Spot supply APR, 1e18 = 100 %. */
  supplyAprWad: bigint
  /** Share of total assets, basis points. */
  weightBps: number
}

type SeasonMove = {
  venue: string
  /** Asset units; negative out of the venue. */
  assets: bigint
}

/** What one hourly tick left behind. Amounts in asset units. */
export type SeasonTick = {
  /** 1 is the first hour. */
  step: number
  /** Unix seconds of the chain. */
  timestamp: bigint
  venues: readonly SeasonVenue[]
  idleBps: number
  /** Live total assets over all shares, 1e18 = one whole asset unit per whole share. */
  sharePriceE18: bigint
  decision: {
    id: number
    outcome: 'moved' | 'withheld' | 'failed'
    /** Code of the refusal that withheld it. */
    code: RefusalCode | null
    /** One sentence for a person. */
    reason: string
    moves: readonly SeasonMove[]
    gasUsed: bigint
    forkGateMs: number | null
  }
  /** All gas paid so far: units of gas, and its cost valued in the asset when it was paid. */
  gasUsedTotal: bigint
  gasAssetsTotal: bigint
  baseFeeWei: bigint
  ethPriceUsdE8: bigint
}

export type SeasonReport = {
  policy: string
  policyHash: Hex
  executionProvider: string
  seed: number
  days: number
  ticks: number
  /** Asset units deposited at the start. */
  capital: bigint
  assetDecimals: number
  /** Moves that were mined, the opening one included. */
  rebalances: number
  /** How often each reason withheld a move. */
  refusals: Partial<Record<RefusalCode, number>>
  /** Live total assets over all shares, 1e18 = one whole asset unit per whole share. */
  sharePriceStartE18: bigint
  sharePriceEndE18: bigint
  gasUsed: bigint
  /** Gas paid, valued in the asset at the price of its hour. */
  gasAssets: bigint
  /** Share-price growth less all gas paid, per year, in percent of the capital. */
  netAprPct: number
  /** Moves whose two gates both passed before they were sent; equals `rebalances` where the fork gate runs. */
  gatedMoves: number
  failedAgentActions: number
  vault: Address
  /** The Router of the season's chain. */
  router?: Address
  headBlock: bigint
  wallSeconds: number
}

/**
 * Growth of the share price less all gas paid, valued in the asset and divided by the capital, per year and in percent.
 * Simple interest: a season is too short for compounding to matter.
 */
export function netAprPct(input: {
  sharePriceStartE18: bigint
  sharePriceEndE18: bigint
  gasAssets: bigint
  capital: bigint
  elapsedSeconds: bigint
}): number {
  const { sharePriceStartE18, sharePriceEndE18, gasAssets, capital, elapsedSeconds } = input
  if (sharePriceStartE18 <= 0n || capital <= 0n || elapsedSeconds <= 0n) return 0
  const growthE18 = ((sharePriceEndE18 - sharePriceStartE18) * 10n ** 18n) / sharePriceStartE18
  const gasE18 = (gasAssets * 10n ** 18n) / capital
  const perYearE18 = ((growthE18 - gasE18) * 31_536_000n) / elapsedSeconds
  return Number(perYearE18) / 1e16
}
