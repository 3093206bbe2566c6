import { type Address, encodeAbiParameters, type Hex, keccak256 } from 'viem'

const labelled = (label: 'protocol' | 'collateral' | 'oracle', target: Address): Hex =>
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
