import { type Address, encodeAbiParameters, type Hex, keccak256 } from 'viem'

/** What venues may have in common: a pool of a protocol, a collateral, an oracle, a token that is held beside the asset. */
export type SharedRisk = 'protocol' | 'collateral' | 'oracle' | 'held'

const labelled = (label: SharedRisk, target: Address): Hex =>
  keccak256(encodeAbiParameters([{ type: 'string' }, { type: 'address' }], [label, target]))

/** Id of everything that stands in one pool of a protocol; `IdsLib.protocol`. */
export function protocolId(pool: Address): Hex {
  return labelled('protocol', pool)
}

/** Id of everything that is lent against one collateral; `IdsLib.collateral`. */
export function collateralId(token: Address): Hex {
  return labelled('collateral', token)
}

/** Id of everything that trusts one oracle; `IdsLib.oracle`. */
export function oracleId(source: Address): Hex {
  return labelled('oracle', source)
}

/** Id of everything that holds one token beside the asset; `IdsLib.held`. */
export function heldId(token: Address): Hex {
  return labelled('held', token)
}

/** Id of one market of a protocol that keeps the liquidity of its markets apart; `IdsLib.market`. */
export function marketLiquidityId(target: Address, marketId: Hex): Hex {
  return keccak256(
    encodeAbiParameters([{ type: 'string' }, { type: 'address' }, { type: 'bytes32' }], ['market', target, marketId]),
  )
}
