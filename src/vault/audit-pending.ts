import { type Address, type Hex, isAddressEqual, keccak256, zeroAddress } from 'viem'
import { vaultAbi } from './abi.ts'
import type { Logs, Reader } from './audit-reader.ts'
import type { RewardSellerFacts } from './audit-reward-seller.ts'
import type { AuditedAdapter, AuditedVenue } from './audit-venues.ts'
import { type CallNames, describeCall } from './describe-call.ts'
import type { TimelockedTarget } from './timelocked-functions.ts'

/** A call that was submitted, and neither executed nor revoked. */
export type PendingCall = {
  target: TimelockedTarget
  /** The contract that it waits in. */
  address: Address
  data: Hex
  /** What it would do, as an infinitive. */
  words: string
  /** Who submitted it. */
  proposer: Address
  /** False where its proposer has lost the role: it can never run. */
  isAlive: boolean
  /** Unix seconds; 0 where it can never run. */
  executableAt: bigint
  submittedInBlock: bigint
}

/** Reads what waits in one contract. */
export async function readPending(
  read: Reader,
  logs: Logs,
  { target, at }: { target: TimelockedTarget; at: Address },
  names: CallNames,
): Promise<PendingCall[]> {
  const submitted = await logs(at, vaultAbi, 'Submit')
  const latest = new Map(submitted.map((log) => [log.args['data'] as Hex, log.blockNumber]))
  const calls = await Promise.all(
    [...latest].map(async ([data, submittedInBlock]): Promise<PendingCall[]> => {
      const hash = keccak256(data)
      const [executableAt, proposer] = await Promise.all([
        read(at, vaultAbi, 'executableAt', [hash]),
        read(at, vaultAbi, 'proposerOf', [hash]),
      ])
      if (isAddressEqual(proposer, zeroAddress)) return []
      const words = describeCall(target === 'adapter' ? { adapter: at } : target, data, names)
      // A call dies with the term of whoever submitted it, and then has no time any more.
      const isAlive = executableAt !== 0n
      return [{ target, address: at, data, words, proposer, isAlive, executableAt, submittedInBlock }]
    }),
  )
  return calls.flat()
}

/** How calls name ids, accounts, amounts and tokens. */
export function namesFor(
  positions: { venues: readonly AuditedVenue[]; adapters: readonly AuditedAdapter[] },
  given: {
    vault: Address
    guard: Address | undefined
    rewardSeller: RewardSellerFacts | undefined
    asset: { symbol: string; decimals: number }
    amount(units: bigint, decimals: number, symbol: string): string
    duration(seconds: bigint): string
  },
): CallNames {
  const { vault, guard, rewardSeller, asset, amount, duration } = given
  return {
    nameOfId: (id) => {
      const shared = positions.venues.flatMap((venue) => venue.shared).find((other) => other.id === id)
      return positions.venues.find((venue) => venue.id === id)?.name ?? shared?.name ?? `the id ${id}`
    },
    nameOf: (account) => {
      if (isAddressEqual(account, vault)) return 'the vault'
      if (guard !== undefined && isAddressEqual(account, guard)) return `its Guard ${account}`
      if (rewardSeller !== undefined && isAddressEqual(account, rewardSeller.address)) {
        return `its reward seller ${account}`
      }
      const adapter = positions.adapters.find(({ address }) => isAddressEqual(address, account))
      return adapter === undefined ? account : `${adapter.kind} ${account}`
    },
    amount: (units) => amount(units, asset.decimals, asset.symbol),
    tokenAmount: (units, token) => {
      const known = rewardSeller?.tokens.find(({ address }) => isAddressEqual(address, token))
      return known === undefined || known.symbol === ''
        ? `${units} units of ${token}`
        : `${amount(units, known.decimals, known.symbol)} (${token})`
    },
    duration,
  }
}
