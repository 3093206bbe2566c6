import { type Address, erc20Abi, getAddress, isAddressEqual } from 'viem'
import type { ChainClient } from '../chain/endpoint.ts'
import { redeemQueueAbi, vaultAbi } from './abi.ts'

/** One request that still waits. Assets in asset units, at the vault's exit price of the block. */
type WaitingRequest = {
  id: bigint
  controller: Address
  waitingShares: bigint
  waitingAssets: bigint
  /** What waits in front of it and is filled first. */
  aheadAssets: bigint
}

/** A redeem queue at one block. */
export type QueueState = {
  block: { number: bigint; timestamp: bigint }
  queue: Address
  /** The vault that the queue itself names. */
  vault: Address
  asset: Address
  symbol: string
  decimals: number
  minRequestAssets: bigint
  pendingShares: bigint
  pendingAssets: bigint
  unclaimedAssets: bigint
  /** While the vault takes no deposits nothing is filled. */
  entriesOpen: boolean
  /** Unix seconds from which on a price that fell is accepted; 0 where none is waited for. */
  resumesAt: bigint
  /** What the vault could pay anybody now. */
  liquid: bigint
}

/** What one account has in a queue, and outside of it, at the same block. */
export type QueueAccount = {
  account: Address
  /** Shares in the account itself, and what they are worth at the exit price. */
  shares: bigint
  worth: bigint
  requests: readonly WaitingRequest[]
  claimableShares: bigint
  claimableAssets: bigint
}

/** DROP_DELAY of the queue. */
const dropDelaySeconds = 7_200n
/** Requests that are asked for at once. */
const batchSize = 50
/** Numbers behind the first waiting request that are looked at; cancelled ones leave gaps. */
const mostLookedAt = 20_000

/** Reads a queue. Raises the errors of the transport. */
export async function readQueue(client: ChainClient, queue: Address): Promise<QueueState> {
  const { number: blockNumber, timestamp } = await client.getBlock({ blockTag: 'latest' })
  const of = { address: queue, abi: redeemQueueAbi, blockNumber } as const
  const [vault, asset, minRequestAssets, pendingShares, pendingAssets, unclaimedAssets, droppedAt] = await Promise.all([
    client.readContract({ ...of, functionName: 'vault' }),
    client.readContract({ ...of, functionName: 'asset' }),
    client.readContract({ ...of, functionName: 'minRequestAssets' }),
    client.readContract({ ...of, functionName: 'pendingShares' }),
    client.readContract({ ...of, functionName: 'pendingAssets' }),
    client.readContract({ ...of, functionName: 'unclaimedAssets' }),
    client.readContract({ ...of, functionName: 'droppedAt' }),
  ])
  const token = { address: asset, abi: erc20Abi, blockNumber } as const
  const ofVault = { address: vault, abi: vaultAbi, blockNumber } as const
  const [entriesOpen, liquid, decimals, symbol] = await Promise.all([
    client.readContract({ ...ofVault, functionName: 'entriesOpen' }),
    client.readContract({ ...ofVault, functionName: 'liquid' }),
    client.readContract({ ...token, functionName: 'decimals' }),
    client.readContract({ ...token, functionName: 'symbol' }).catch(() => ''),
  ])
  return {
    block: { number: blockNumber, timestamp },
    ...{ queue, vault: getAddress(vault), asset: getAddress(asset), symbol, decimals },
    ...{ minRequestAssets, pendingShares, pendingAssets, unclaimedAssets, entriesOpen, liquid },
    resumesAt: droppedAt === 0n ? 0n : droppedAt + dropDelaySeconds,
  }
}

/** Reads what an account has in a queue, at the block of `state`. Raises the errors of the transport. */
export async function readQueueAccount(
  client: ChainClient,
  state: QueueState,
  account: Address,
): Promise<QueueAccount> {
  const { queue, vault, block } = state
  const of = { address: queue, abi: redeemQueueAbi, blockNumber: block.number } as const
  const ofVault = { address: vault, abi: vaultAbi, blockNumber: block.number } as const
  const [shares, claimableShares, claimableAssets, requests] = await Promise.all([
    client.readContract({ ...ofVault, functionName: 'balanceOf', args: [account] }),
    client.readContract({ ...of, functionName: 'maxRedeem', args: [account] }),
    client.readContract({ ...of, functionName: 'maxWithdraw', args: [account] }),
    readWaiting(client, state),
  ])
  const worth = await client.readContract({ ...ofVault, functionName: 'convertToAssets', args: [shares] })
  return {
    ...{ account, shares, worth, claimableShares, claimableAssets },
    requests: requests.filter(({ controller }) => isAddressEqual(controller, account)),
  }
}

/**
 * Everything that waits, first come first. Requests are numbered in their order, so no events are needed: from the first
 * one on, all numbers are asked for until the shares add up.
 */
async function readWaiting(client: ChainClient, state: QueueState): Promise<WaitingRequest[]> {
  const { queue, block, pendingShares, pendingAssets } = state
  const of = { address: queue, abi: redeemQueueAbi, blockNumber: block.number } as const
  const found: WaitingRequest[] = []
  if (pendingShares === 0n) return found
  const head = await client.readContract({ ...of, functionName: 'head' })
  let sum = 0n
  for (let offset = 0; sum < pendingShares && offset < mostLookedAt; offset += batchSize) {
    const ids = Array.from({ length: batchSize }, (_, index) => head + BigInt(offset + index))
    const read = await Promise.all(
      ids.map((id) => client.readContract({ ...of, functionName: 'requestOf', args: [id] })),
    )
    for (const [index, [controller, waitingShares]] of read.entries()) {
      const id = ids[index]
      if (waitingShares === 0n || id === undefined) continue
      const worthOf = (part: bigint) => (pendingAssets * part) / pendingShares
      found.push({
        ...{ id, controller: getAddress(controller), waitingShares },
        ...{ waitingAssets: worthOf(waitingShares), aheadAssets: worthOf(sum) },
      })
      sum += waitingShares
    }
  }
  return found
}
