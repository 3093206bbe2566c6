import type { Abi, Address } from 'viem'
import { routerAbi, vaultAbi } from './abi.ts'
import type { ExitLeg } from './plan-exit.ts'

/** One transaction of an exit, with the leg that it carries out. */
export type ExitStep = {
  title: string
  to: Address
  abi: Abi
  functionName: string
  args: readonly unknown[]
  leg?: ExitLeg
}

export type ExitStepsInput = {
  vault: Address
  router?: Address
  leaver: Address
  /** Last Unix second at which the Router takes a leg. */
  deadline: bigint
  toleranceBps: number
}

/**
 * The transactions of an exit, in order. Legs through a venue go through the Router, which bounds them, and where there is
 * none, forced ones go to the vault itself, which does not.
 */
export function exitSteps(legs: readonly ExitLeg[], input: ExitStepsInput): ExitStep[] {
  const { vault, router, leaver, deadline } = input
  const steps: ExitStep[] = []
  const bounded = router === undefined ? [] : legs.filter(({ way }) => way !== 'withdraw')
  for (const leg of legs) {
    if (leg.way === 'withdraw') {
      const call = { to: vault, abi: vaultAbi, functionName: 'withdraw', args: [leg.assets, leaver, leaver] }
      steps.push({ title: 'withdraw what is free', ...call, leg })
    }
  }
  if (router !== undefined && bounded.length > 0) {
    const sum = bounded.reduce((total, { maxShares }) => total + maxShares, 0n)
    const call = { to: vault, abi: vaultAbi, functionName: 'approve', args: [router, sum] }
    steps.push({ title: 'allow the Router these shares', ...call })
  }
  for (const leg of legs) {
    if (leg.way === 'withdraw') continue
    const { venue, assets, maxShares } = leg
    const title = leg.way === 'force' ? `force ${venue.name} to pay` : `take over a position at ${venue.name}`
    const { adapter, data } = venue
    if (router === undefined) {
      if (leg.way === 'in-kind') throw new Error('unreachable: without a Router nothing is lendable')
      const args = [adapter, data, assets, leaver, leaver]
      steps.push({ title, to: vault, abi: vaultAbi, functionName: 'forceExit', args, leg })
      continue
    }
    const exit = { vault, adapter, data, assets, maxShares, deadline }
    const least = (assets * BigInt(10_000 - input.toleranceBps)) / 10_000n
    steps.push({
      ...{ title, to: router, abi: routerAbi, leg },
      ...(leg.way === 'force'
        ? { functionName: 'forceExit', args: [exit, leaver, least] }
        : { functionName: 'exitInKind', args: [exit, least] }),
    })
  }
  return steps
}

/** What a step gave: asset units or the worth of a position, and the shares that it burnt. */
export function exitResult({ leg }: ExitStep, returned: unknown): { brought: bigint; shares: bigint } {
  if (leg === undefined) return { brought: 0n, shares: 0n }
  // The vault answers with shares alone, the Router with both.
  if (typeof returned === 'bigint') return { brought: leg.assets, shares: returned }
  const [brought, shares] = returned as readonly [bigint, bigint]
  return { brought, shares }
}
