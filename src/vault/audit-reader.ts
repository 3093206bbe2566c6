import {
  type Abi,
  type AbiEvent,
  type Address,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type ContractFunctionReturnType,
  getAbiItem,
  getAddress,
  type Hex,
} from 'viem'
import type { ChainClient } from '../chain/endpoint.ts'

export const erc20ViewAbi = [
  { type: 'function', name: 'decimals', stateMutability: 'view', inputs: [], outputs: [{ type: 'uint8' }] },
  { type: 'function', name: 'symbol', stateMutability: 'view', inputs: [], outputs: [{ type: 'string' }] },
] as const

export type Reader = ReturnType<typeof readerAt>

export function readerAt(client: ChainClient, blockNumber: bigint) {
  return <const abi extends Abi, name extends ContractFunctionName<abi, 'pure' | 'view'>>(
    address: Address,
    abi: abi,
    functionName: name,
    args: ContractFunctionArgs<abi, 'pure' | 'view', name>,
  ): Promise<ContractFunctionReturnType<abi, 'pure' | 'view', name>> =>
    client.readContract({ address, abi, functionName, args, blockNumber } as never) as never
}

export async function codeAt(client: ChainClient, address: Address, blockNumber: bigint): Promise<Hex> {
  return (await client.getCode({ address, blockNumber })) ?? '0x'
}

export type Log = { args: Readonly<Record<string, unknown>>; blockNumber: bigint }
export type Logs = (address: Address, abi: Abi, eventName: string) => Promise<readonly Log[]>

/** Many nodes bound the range of one request: it is halved until they answer. */
export function logsOf(client: ChainClient, from: bigint, to: bigint): Logs {
  return async (address, abi, eventName) => {
    const event = getAbiItem({ abi, name: eventName }) as AbiEvent
    const between = async (fromBlock: bigint, toBlock: bigint): Promise<readonly Log[]> => {
      try {
        return (await client.getLogs({ address, event, fromBlock, toBlock })) as unknown as readonly Log[]
      } catch (error) {
        if (toBlock - fromBlock < 500n) throw error
        const middle = (fromBlock + toBlock) / 2n
        return [...(await between(fromBlock, middle)), ...(await between(middle + 1n, toBlock))]
      }
    }
    return between(from, to)
  }
}

/** Accounts that an event has ever named and that still hold the role. */
export async function holders(logs: readonly Log[], holds: (account: Address) => Promise<boolean>): Promise<Address[]> {
  const named = [...new Set(logs.map(({ args }) => getAddress(args['account'] as Address)))]
  const held = await Promise.all(named.map(holds))
  return named.filter((_, index) => held[index])
}
