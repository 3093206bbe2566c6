import { type Address, decodeAbiParameters, encodeAbiParameters, type Hex, keccak256 } from 'viem'

/** `MarketParams` of Morpho Blue. */
export type MorphoMarketParams = {
  loanToken: Address
  collateralToken: Address
  oracle: Address
  irm: Address
  /** Liquidation loan-to-value, 1e18 = 100 %. */
  lltv: bigint
}

const parameters = [
  {
    type: 'tuple',
    components: [
      { name: 'loanToken', type: 'address' },
      { name: 'collateralToken', type: 'address' },
      { name: 'oracle', type: 'address' },
      { name: 'irm', type: 'address' },
      { name: 'lltv', type: 'uint256' },
    ],
  },
] as const

/** A Morpho Blue adapter holds one position per market: its data is `abi.encode(MarketParams)`. */
export function encodeMorphoBlueData(params: MorphoMarketParams): Hex {
  return encodeAbiParameters(parameters, [params])
}

export function decodeMorphoBlueData(data: Hex): MorphoMarketParams {
  return decodeAbiParameters(parameters, data)[0]
}

/** The market's id: the hash of the same bytes. */
export function morphoMarketId(params: MorphoMarketParams): Hex {
  return keccak256(encodeMorphoBlueData(params))
}
