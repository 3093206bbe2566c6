import { encodeFunctionData, type Hex } from 'viem'
import { expect } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import { guardAbi } from '../../src/vault/abi.ts'
import type { Rig } from '../e2e/keeper-rig.ts'

/**
 * Holds the journal against the chain: every transaction of the keeper is an attempt, every plan that the Guard accepted
 * is one settled decision, no slot has two, and no row is left without an end.
 */
export async function checkBooks(rig: Rig, journal: Journal): Promise<void> {
  const attempts = await journal.attempts({ limit: 100_000 })
  const decisions = await journal.decisions({ limit: 100_000 })
  const settled = attempts.filter(({ status }) => status === 'settled')
  const data = encodeFunctionData({ abi: guardAbi, functionName: 'nextNonce' })
  const accepted = BigInt((await rig.rpc('eth_call', [{ to: rig.vault.guard, data }, 'latest'])) as Hex)
  expect(BigInt(settled.length)).toBe(accepted)
  const used = Number((await rig.rpc('eth_getTransactionCount', [rig.keeperAddress, 'latest'])) as Hex)
  const known = new Set(attempts.filter(({ receipt }) => receipt !== null).map(({ nonce }) => nonce))
  const foreign = (await journal.events({ limit: 100_000 })).filter(({ name }) => name === 'transaction.foreign')
  expect(known.size + foreign.length).toBe(used)

  const open = attempts.filter(({ status }) => ['signed', 'broadcast', 'mined'].includes(status))
  expect(open).toEqual([])
  expect(decisions.filter(({ outcome }) => outcome === 'decided' || outcome === 'sent')).toEqual([])

  const settledSlots = decisions.filter(({ outcome }) => outcome === 'settled').map(({ slot }) => slot)
  expect(new Set(settledSlots).size).toBe(settledSlots.length)
  expect(settledSlots.length).toBe(settled.length)
}
