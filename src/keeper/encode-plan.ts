import { decodeFunctionData, encodeFunctionData, type Hex } from 'viem'
import type { Plan } from '../plan/plan.ts'
import { guardAbi } from '../vault/abi.ts'

/** Encodes `Guard.rebalance(plan)`. */
export function encodePlan(plan: Plan): Hex {
  return encodeFunctionData({ abi: guardAbi, functionName: 'rebalance', args: [{ ...plan, legs: [...plan.legs] }] })
}

/** The plan inside the calldata of `Guard.rebalance`, or null where the bytes are something else. */
export function decodePlan(data: Hex): Plan | null {
  try {
    const { functionName, args } = decodeFunctionData({ abi: guardAbi, data })
    return functionName === 'rebalance' ? args[0] : null
  } catch {
    return null
  }
}
