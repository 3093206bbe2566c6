import type { Address } from 'viem'
import type { DevnetAccountName } from '../deployment.ts'
import type { Builder, ContractSource, Deployed } from './builder.ts'

/** What every deploy step works with. */
export type DeployScope = {
  builder: Builder
  /** Contracts that were compiled here. */
  compiled: ContractSource
  /** Uniswap's published artifacts. */
  uniswap: ContractSource
  accounts: Record<DevnetAccountName, Address>
}

export type DevnetTokens = { usdc: Deployed; usdt: Deployed; weth: Deployed }
export type DevnetFeeds = { ethUsd: Deployed; usdcUsd: Deployed; usdtUsd: Deployed }

/** One USDC or USDT in units. */
export const usd = 10n ** 6n
/** One ether in wei. */
export const ether = 10n ** 18n
/** The price that everything is seeded at, in whole USD. */
export const seedEthUsd = 3_000n
