import { type Address, decodeFunctionData, type Hex, isAddressEqual, size, toFunctionSelector } from 'viem'
import { guardAbi } from '../../vault/abi.ts'
import { venueId } from '../../venues/venue-id.ts'
import type { UnsignedTransaction } from './unsigned-transaction.ts'

/** What may be signed; everything else is refused. */
export type SigningPolicy = {
  chainId: number
  signer: Address
  /** The vault's guard: the only target of a plan. */
  guard: Address
  /** Ids of the vault's own venues, `keccak256(abi.encode(adapter, data))`; no plan may name another position. */
  venueIds: readonly Hex[]
  gasCeiling: bigint
  /** Wei per gas. */
  maxFeePerGasCeiling: bigint
  /** Wei that one transaction may cost at most, gas limit × fee. */
  maxCostCeiling?: bigint
  maxCalldataBytes: number
  /** Nonces that a cancel or fill may use: those that the journal knows. */
  knownNonces: readonly number[]
}

export type SigningViolation = { rule: string; detail: string }

/** A plan of 32 legs on Morpho markets stays well below this. */
export const defaultMaxCalldataBytes = 16_384

const rebalanceSelector = toFunctionSelector('rebalance((uint64,uint64,uint256,(address,bool,uint128,bytes)[]))')

/**
 * Checks an unsigned transaction against the signing policy and returns every rule that it breaks. Default-deny: a kind,
 * target, selector or position that is not named is a violation.
 */
export function checkTransaction(transaction: UnsignedTransaction, policy: SigningPolicy): SigningViolation[] {
  const violations: SigningViolation[] = []
  const deny = (rule: string, ok: boolean, detail: string): void => {
    if (!ok) violations.push({ rule, detail })
  }
  const { kind, chainId, from, to, data, value, gas, maxFeePerGas, maxPriorityFeePerGas, nonce } = transaction

  deny('chain', chainId === policy.chainId, `chain ${chainId}, allowed ${policy.chainId}`)
  deny('signer', isAddressEqual(from, policy.signer), `from ${from}, allowed ${policy.signer}`)
  deny('value', value === 0n, `${value} wei, allowed 0`)
  deny('gas', gas > 0n && gas <= policy.gasCeiling, `gas limit ${gas}, allowed up to ${policy.gasCeiling}`)
  deny(
    'fee',
    maxFeePerGas <= policy.maxFeePerGasCeiling,
    `${maxFeePerGas} wei per gas, allowed up to ${policy.maxFeePerGasCeiling}`,
  )
  deny('tip', maxPriorityFeePerGas <= maxFeePerGas, `tip ${maxPriorityFeePerGas} above the fee ${maxFeePerGas}`)
  const cost = gas * maxFeePerGas
  deny(
    'cost',
    policy.maxCostCeiling === undefined || cost <= policy.maxCostCeiling,
    `up to ${cost} wei, allowed ${policy.maxCostCeiling}`,
  )
  deny('nonce', Number.isSafeInteger(nonce) && nonce >= 0, `nonce ${nonce}`)
  deny('size', size(data) <= policy.maxCalldataBytes, `${size(data)} bytes, allowed up to ${policy.maxCalldataBytes}`)

  if (kind === 'rebalance') {
    deny('target', isAddressEqual(to, policy.guard), `to ${to}, allowed ${policy.guard}`)
    checkPlan(data, policy, deny)
  } else {
    deny('target', isAddressEqual(to, policy.signer), `a ${kind} goes to the signer itself, not to ${to}`)
    deny('data', data === '0x', `a ${kind} carries no data`)
    deny(
      'known_nonce',
      policy.knownNonces.includes(nonce),
      `a ${kind} of nonce ${nonce}, which the journal does not know`,
    )
  }
  return violations
}

function checkPlan(data: Hex, policy: SigningPolicy, deny: (rule: string, ok: boolean, detail: string) => void): void {
  const selector = data.slice(0, 10)
  if (selector !== rebalanceSelector) {
    deny('selector', false, `selector ${selector}, allowed ${rebalanceSelector} (rebalance)`)
    return
  }
  try {
    const { functionName, args } = decodeFunctionData({ abi: guardAbi, data })
    if (functionName !== 'rebalance') {
      deny('selector', false, `function ${functionName}, allowed rebalance`)
      return
    }
    const [plan] = args
    deny('legs', plan.legs.length > 0, 'a plan without legs')
    const allowed = new Set(policy.venueIds)
    for (const [index, leg] of plan.legs.entries()) {
      deny(
        `leg_${index}`,
        allowed.has(venueId(leg.adapter, leg.data)),
        `adapter ${leg.adapter} with data ${leg.data} is no venue of the vault`,
      )
    }
  } catch {
    deny('arguments', false, 'the arguments of rebalance can’t be decoded')
  }
}
