import { type Address, encodeFunctionData, getAddress, type Hex, keccak256, parseAbi, slice, stringToHex } from 'viem'
import type { VenueKind } from '../../venues/venue.ts'
import type { VenueCalibration } from './calibration.ts'

type AgentRole = 'supplier' | 'borrower'

/** One simulated participant: an account of its own in the role of supplier or borrower at one venue. */
export type Agent = { name: string; role: AgentRole; address: Address }

/** A transaction of an agent. `value` and `gas` in wei and gas units. */
export type AgentTransaction = { from: Address; to: Address; data: Hex; gas: bigint; value?: bigint }

export type ContractRead = { to: Address; data: Hex }

/** A venue as the agents see it at one block. Amounts in asset units, interest due included. */
export type VenueView = {
  totalSupply: bigint
  totalBorrow: bigint
  /** What can be taken out at once. */
  available: bigint
  /** Positions in the order of `agents`: deposits of suppliers, debts of borrowers. */
  positions: readonly bigint[]
  /** Spot supply APR, 1e18 = 100 %. */
  supplyAprWad: bigint
  /** Adaptive curves only: borrow rate at target utilisation, fraction per year. */
  rateAtTarget?: number
}

/** A venue on the devnet with its agents: how to read it, and the transactions that move it. */
export type MarketVenue = {
  name: string
  kind: VenueKind
  calibration: VenueCalibration
  /** Utilisation at the kink of the curve, or the adaptive curve's target; 0 where there is no borrowing. */
  kink: number
  agents: readonly Agent[]
  reads: readonly ContractRead[]
  /** Decodes the answers to `reads` for a block at `timestamp`. */
  view(answers: readonly Hex[], timestamp: bigint): VenueView
  /** Tokens, approvals and collateral that the agents need once. */
  funding(): readonly AgentTransaction[]
  deposit(agent: Agent, assets: bigint): AgentTransaction
  withdraw(agent: Agent, assets: bigint): AgentTransaction
  borrow(agent: Agent, assets: bigint): AgentTransaction
  repay(agent: Agent, assets: bigint): AgentTransaction
}

const tokenAbi = parseAbi([
  'function mint(address to, uint256 amount)',
  'function approve(address spender, uint256 amount)',
  'function deposit() payable',
])

/** Gas limits; the node is never asked for an estimate. */
export const gasLimits = { token: 120_000n, action: 800_000n } as const

/** Ether that every agent holds, in wei: it pays for gas and is wrapped into collateral. */
export const agentEther = 10n ** 25n

/** An account that only the simulated market uses; nobody has its key, the node impersonates it. */
export function agentAddress(venue: string, name: string): Address {
  return getAddress(slice(keccak256(stringToHex(`tiller devnet market ${venue} ${name}`)), 12))
}

/** Two suppliers and two borrowers: the first of each is the account that the devnet was seeded with. */
export function lendingAgents(venue: string, seeded: { supplier: Address; borrower: Address }): Agent[] {
  return [
    { name: 'supplier-0', role: 'supplier', address: seeded.supplier },
    { name: 'supplier-1', role: 'supplier', address: agentAddress(venue, 'supplier-1') },
    { name: 'borrower-0', role: 'borrower', address: seeded.borrower },
    { name: 'borrower-1', role: 'borrower', address: agentAddress(venue, 'borrower-1') },
  ]
}

export function mint(agent: Agent, token: Address, amount: bigint): AgentTransaction {
  const data = encodeFunctionData({ abi: tokenAbi, functionName: 'mint', args: [agent.address, amount] })
  return { from: agent.address, to: token, data, gas: gasLimits.token }
}

export function approve(agent: Agent, token: Address, spender: Address): AgentTransaction {
  const data = encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [spender, 2n ** 256n - 1n] })
  return { from: agent.address, to: token, data, gas: gasLimits.token }
}

export function wrapEther(agent: Agent, weth: Address, amount: bigint): AgentTransaction {
  const data = encodeFunctionData({ abi: tokenAbi, functionName: 'deposit' })
  return { from: agent.address, to: weth, data, gas: gasLimits.token, value: amount }
}

/** Asset units with which agents start: far more than a venue holds, so that no draw ever runs dry. */
export function agentPurse(calibration: VenueCalibration): bigint {
  return BigInt(Math.round(calibration.supplyUnits)) * 10n ** 7n
}

/** Wei of WETH worth five times the venue's usual deposits at 3000 dollars: no price path makes a debt unhealthy. */
export function wethCollateral(calibration: VenueCalibration): bigint {
  return (BigInt(Math.round(calibration.supplyUnits)) * 5n * 10n ** 18n) / 3_000n
}
