import type { Address, Hex } from 'viem'
import type { MorphoMarketParams } from '../venues/morpho-blue/encode.ts'

/** Accounts of anvil's default mnemonic, in derivation order (`m/44'/60'/0'/0/i`). */
export const devnetAccountNames = [
  'deployer',
  'owner',
  'curator',
  'sentinel',
  'keeper',
  'alice',
  'bob',
  'carol',
  'attacker',
  'anyone',
  'aaveSupplier',
  'aaveBorrower',
  'cometSupplier',
  'cometBorrower',
  'morphoSupplier',
  'morphoBorrower',
  'saver',
  'liquidityProvider',
  'trader',
  'faucet',
] as const

export type DevnetAccountName = (typeof devnetAccountNames)[number]

/** The mnemonic that every anvil knows. Anyone can spend what these accounts hold on a public chain. */
export const devnetMnemonic = 'test test test test test test test test test test test junk'

export type DevnetMorphoMarket = {
  /** e.g. `weth-usdc-86` */
  name: string
  /** `keccak256(abi.encode(params))` */
  id: Hex
  params: MorphoMarketParams
}

export type DevnetPool = {
  /** e.g. `usdc-usdt-100` */
  name: string
  address: Address
  token0: Address
  token1: Address
  /** Hundredths of a basis point. */
  fee: number
}

/** Where a contract's code comes from. */
export type CodeOrigin =
  | { kind: 'published-artifact'; package: string; version: string; file: string }
  | { kind: 'compiled'; package: string; version: string; file: string; compiler: string }

export type DeployedCode = {
  /** Unique in the deployment, e.g. `aave.pool.implementation`. */
  name: string
  contract: string
  address: Address
  /** keccak256 of the code on the chain. */
  codeHash: Hex
  /** keccak256 of the artifact's runtime code, with library links and immutables as zeros. */
  artifactHash: Hex
  origin: CodeOrigin
}

/** Addresses, parameters and code hashes of everything on the devnet. Equal on every machine. */
export type DevnetDeployment = {
  chainId: number
  /** The head of the dump; the first block mined afterwards is `head.number + 1`. Timestamp in Unix seconds. */
  head: { number: bigint; hash: Hex; timestamp: bigint }
  accounts: Record<DevnetAccountName, Address>
  tokens: { usdc: Address; usdt: Address; weth: Address }
  /** Chainlink-shaped feeds with 8 decimals and a settable answer. */
  feeds: { ethUsd: Address; usdcUsd: Address; usdtUsd: Address }
  aave: {
    pool: Address
    addressesProvider: Address
    aclManager: Address
    configurator: Address
    oracle: Address
    rateStrategy: Address
    dataProvider: Address
    rewardsController: Address
    aUsdc: Address
    aUsdt: Address
    aWeth: Address
    variableDebtUsdc: Address
    variableDebtUsdt: Address
    variableDebtWeth: Address
    stataFactory: Address
    /** StataTokenV2 over USDC: an ERC-4626. */
    stataUsdc: Address
  }
  comet: { usdc: Address }
  morpho: { morpho: Address; irm: Address; markets: readonly DevnetMorphoMarket[] }
  uniswap: {
    factory: Address
    positionManager: Address
    swapRouter: Address
    quoter: Address
    pools: readonly DevnetPool[]
  }
  /** OpenZeppelin ERC-4626 whose yield drips in linearly. */
  erc4626: { usdc: Address }
  codeHashes: readonly DeployedCode[]
}

/** JSON text of a deployment; bigints become decimal strings. */
export function formatDeployment(deployment: DevnetDeployment): string {
  return JSON.stringify(deployment, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2)
}

type Stored = Omit<DevnetDeployment, 'head' | 'morpho'> & {
  head: { number: string; hash: Hex; timestamp: string }
  morpho: Omit<DevnetDeployment['morpho'], 'markets'> & {
    markets: readonly (Omit<DevnetMorphoMarket, 'params'> & {
      params: Omit<MorphoMarketParams, 'lltv'> & { lltv: string }
    })[]
  }
}

/** Reads what `formatDeployment` wrote. */
export function parseDeployment(text: string): DevnetDeployment {
  const stored: Stored = JSON.parse(text)
  return {
    ...stored,
    head: { ...stored.head, number: BigInt(stored.head.number), timestamp: BigInt(stored.head.timestamp) },
    morpho: {
      ...stored.morpho,
      markets: stored.morpho.markets.map((market) => ({
        ...market,
        params: { ...market.params, lltv: BigInt(market.params.lltv) },
      })),
    },
  }
}
