import { type Address, getAddress, type Hex, isAddress, isHash } from 'viem'
import { pullVenueSpec } from '../../errors/history.ts'

/** Where a venue is on its chain. */
export type PullSpec = { id: string } & (
  | { kind: 'aave-v3'; pool: Address; asset: Address }
  | { kind: 'comet'; comet: Address }
  | { kind: 'morpho-blue'; morpho: Address; market: Hex }
  | { kind: 'erc4626'; vault: Address }
)

/**
 * Parses `[<name>=]<kind>:<address>[:<asset or market>]`.
 *
 * @throws PULL_VENUE
 */
export function parsePullSpec(text: string): PullSpec {
  const [, name, rest = ''] = /^(?:([^=\s,]+)=)?(.*)$/.exec(text) ?? []
  const [kind = '', first = '', second = '', ...more] = rest.split(':')
  const address = (given: string, what: string): Address => {
    if (!isAddress(given)) throw pullVenueSpec(text, `${given || 'nothing'} is no address of ${what}`)
    return getAddress(given)
  }
  const short = (hex: string): string => hex.slice(2, 10).toLowerCase()
  const parts = { 'aave-v3': 2, comet: 1, 'morpho-blue': 2, erc4626: 1 }[kind]
  if (parts === undefined) throw pullVenueSpec(text, `${kind || 'nothing'} is no kind`)
  if (more.length > 0 || (parts === 1 && second !== '')) throw pullVenueSpec(text, `${kind} takes ${parts} parts`)
  if (kind === 'aave-v3') {
    const asset = address(second, 'the asset')
    return { id: name ?? `aave-v3-${short(asset)}`, kind, pool: address(first, 'the pool'), asset }
  }
  if (kind === 'comet') {
    return { id: name ?? `comet-${short(address(first, 'the Comet'))}`, kind, comet: address(first, 'the Comet') }
  }
  if (kind === 'morpho-blue') {
    if (!isHash(second)) throw pullVenueSpec(text, `${second || 'nothing'} is no id of a market`)
    return { id: name ?? `morpho-blue-${short(second)}`, kind, morpho: address(first, 'Morpho'), market: second }
  }
  const vault = address(first, 'the vault')
  return { id: name ?? `erc4626-${short(vault)}`, kind: 'erc4626', vault }
}
