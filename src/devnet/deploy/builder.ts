import {
  type Abi,
  type Address,
  decodeFunctionResult,
  encodeDeployData,
  encodeFunctionData,
  getAddress,
  type Hex,
  keccak256,
} from 'viem'
import { devnetTransactionReverted } from '../../errors/devnet.ts'
import type { ContractOutput } from '../compile/unit.ts'
import type { CodeOrigin, DeployedCode } from '../deployment.ts'
import type { Rpc } from '../rpc.ts'
import { artifactHash, isCodeOf, linkLibraries } from './code.ts'

/** A contract's code together with where it comes from. */
export type SourcedContract = { name: string; output: ContractOutput; origin: CodeOrigin }

/** Finds a contract by its name; throws ARTIFACT_NOT_FOUND. */
export type ContractSource = (name: string) => SourcedContract

export type Deployed = { address: Address; abi: Abi }

export type Builder = {
  /** Creates a contract and notes its code; `libraries` maps a library's name to its address. */
  deploy(
    label: string,
    contract: SourcedContract,
    args?: readonly unknown[],
    libraries?: Readonly<Record<string, Address>>,
  ): Promise<Deployed>
  /** Notes the code of a contract that another contract created. */
  adopt(label: string, contract: SourcedContract, address: Address): Promise<void>
  send(from: Address, target: Deployed, functionName: string, args: readonly unknown[], value?: bigint): Promise<void>
  read(target: Deployed, functionName: string, args?: readonly unknown[]): Promise<unknown>
  /** The time of the next block, Unix seconds; later blocks follow second by second. */
  setNextBlockTimestamp(timestamp: bigint): Promise<void>
  codes: readonly DeployedCode[]
}

type Receipt = { status: Hex; contractAddress: Address | null; transactionHash: Hex }

/** Fixed, so that nothing has to be estimated, and below the limit of a block. */
const gas = '0x1000000'

/**
 * Deploys through anvil's unlocked accounts with `eth_sendTransactionSync`: one request and one block per transaction,
 * so that equal calls give equal blocks.
 */
export function createBuilder(rpc: Rpc, deployer: Address): Builder {
  const codes: DeployedCode[] = []

  async function transact(step: string, request: Record<string, unknown>): Promise<Receipt> {
    let receipt: Receipt
    try {
      receipt = (await rpc('eth_sendTransactionSync', [{ gas, ...request }])) as Receipt
    } catch (error) {
      throw devnetTransactionReverted(step, error instanceof Error ? error.message : String(error))
    }
    if (receipt.status !== '0x1') throw devnetTransactionReverted(step, await revertReason(request))
    return receipt
  }

  async function revertReason(request: Record<string, unknown>): Promise<string> {
    try {
      await rpc('eth_call', [{ gas, ...request }, 'latest'])
      return 'unknown'
    } catch (error) {
      return error instanceof Error ? (error.message.split('\n').find((line) => line.includes('reason:')) ?? '') : ''
    }
  }

  async function adopt(label: string, contract: SourcedContract, address: Address): Promise<void> {
    const code = (await rpc('eth_getCode', [address, 'latest'])) as Hex
    if (!isCodeOf(contract.output, code)) {
      throw devnetTransactionReverted(label, `the code at ${address} is not that of ${contract.name}`)
    }
    codes.push({
      name: label,
      contract: contract.name,
      address,
      codeHash: keccak256(code),
      artifactHash: artifactHash(contract.output),
      origin: contract.origin,
    })
  }

  return {
    codes,
    adopt,
    deploy: async (label, contract, args = [], libraries = {}) => {
      const { abi, bytecode, linkReferences } = contract.output
      const linked = linkLibraries(bytecode, linkReferences, libraries)
      const data = encodeDeployData({ abi, bytecode: linked, args })
      const { contractAddress } = await transact(`deploy ${label}`, { from: deployer, data })
      if (contractAddress === null) throw devnetTransactionReverted(label, 'no contract was created')
      const address = getAddress(contractAddress)
      await adopt(label, contract, address)
      return { address, abi }
    },
    send: async (from, target, functionName, args, value = 0n) => {
      const data = encodeFunctionData({ abi: target.abi, functionName, args })
      await transact(functionName, { from, to: target.address, data, value: `0x${value.toString(16)}` })
    },
    read: async (target, functionName, args = []) => {
      const data = encodeFunctionData({ abi: target.abi, functionName, args })
      const result = (await rpc('eth_call', [{ to: target.address, data }, 'latest'])) as Hex
      return decodeFunctionResult({ abi: target.abi, functionName, args, data: result })
    },
    setNextBlockTimestamp: async (timestamp) => {
      await rpc('evm_setNextBlockTimestamp', [Number(timestamp)])
    },
  }
}
