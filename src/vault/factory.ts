import {
  type Address,
  concatHex,
  encodeAbiParameters,
  encodeDeployData,
  getContractAddress,
  type Hex,
  keccak256,
  numberToHex,
  size,
  sliceHex,
  zeroAddress,
  zeroHash,
} from 'viem'
import { factoryAbi } from './abi.ts'
import type { DeploymentStep, VaultArtifacts } from './plan-deployment.ts'

/**
 * The contract that almost every chain has at this address (Nick's method): sent a salt and creation code, it creates
 * with CREATE2. Through it the factory has one address everywhere, which its own code decides.
 */
export const create2Deployer: Address = '0x4e59b44847b379578588920cA78FbF26c0B4956C'

/** Code of one contract less the leading byte that keeps stored code from being called. */
const largestStored = 24_575

export type FactoryPlan = {
  factory: Address
  /** Creates what the factory needs and the factory; each at a fixed address, so those that exist can be left out. */
  steps: readonly (DeploymentStep & { creates: Address })[]
}

/** Lists what puts the factory of this build onto a chain, with addresses that depend on the code alone. Pure. */
export function planFactory(artifacts: Pick<VaultArtifacts, 'Vault' | 'Guard' | 'VaultFactory'>): FactoryPlan {
  const steps: (DeploymentStep & { creates: Address })[] = []
  const create = (title: string, code: Hex): Address => {
    const step = create2Step(zeroHash, code)
    steps.push({ title, ...step })
    return step.creates
  }
  const store = (name: string, code: Hex) => {
    const head = sliceHex(code, 0, Math.min(size(code), largestStored))
    const tail = size(code) > largestStored ? sliceHex(code, largestStored) : undefined
    return {
      head: create(`store the code of ${name}`, storeCode(head)),
      tail: tail === undefined ? zeroAddress : create(`store the rest of the code of ${name}`, storeCode(tail)),
      hash: keccak256(code),
    }
  }
  const vaultCode = store('Vault', artifacts.Vault.bytecode)
  const guardCode = store('Guard', artifacts.Guard.bytecode)
  const { bytecode } = artifacts.VaultFactory
  const code = encodeDeployData({ abi: factoryAbi, bytecode, args: [vaultCode, guardCode] })
  return { factory: create('create the factory', code), steps }
}

/** Creates `code` at an address that only it and the salt decide. Whoever sends it first, the result is the same. */
export function create2Step(salt: Hex, code: Hex): { to: Address; data: Hex; creates: Address } {
  const creates = getContractAddress({ opcode: 'CREATE2', from: create2Deployer, salt, bytecode: code })
  return { to: create2Deployer, data: concatHex([salt, code]), creates }
}

/** Creation code of a contract whose code is a STOP and then `data`; solady's SSTORE2 reads it. */
function storeCode(data: Hex): Hex {
  return concatHex(['0x61', numberToHex(size(data) + 1, { size: 2 }), '0x80600a3d393df300', data])
}

/** The salt that the factory makes of a caller's. */
function boundSalt(creator: Address, salt: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'address' }, { type: 'bytes32' }], [creator, salt]))
}

/** Where the factory creates `code` (with its arguments) for `creator`. */
export function createdAddress(factory: Address, creator: Address, salt: Hex, code: Hex): Address {
  return getContractAddress({ opcode: 'CREATE2', from: factory, salt: boundSalt(creator, salt), bytecode: code })
}
