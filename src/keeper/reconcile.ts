import type { AttemptRow } from '../journal/journal.ts'
import { compareSigned } from '../safety/signing/compare-signed.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import type { StateReading, TickEffects, TickSettings } from './effects.ts'
import { decodePlan } from './encode-plan.ts'
import { settleAttempt } from './settle-attempt.ts'

/** What the chain's answer made of an open attempt. */
type ReconcileVerdict =
  | 'settled'
  | 'reverted'
  | 'mined' // has a receipt, not deep enough
  | 'pending' // the node has it, or may have it
  | 'rebroadcast' // the same bytes were sent again
  | 'dropped'
  | 'quarantined'

type ReconcileFinding = {
  attemptId: number
  hash: string
  nonce: number
  verdict: ReconcileVerdict
  reason: string
}

export type ReconcileReport = {
  /** Decisions that an earlier pass left between decision and signature; nothing of them was sent. */
  abandoned: readonly number[]
  findings: readonly ReconcileFinding[]
  /** True while a nonce of the signer is not decided: nothing else may be sent. */
  blocked: boolean
}

/** After this long past its deadline, an attempt that the chain's records contradict is given to a person. */
const quarantineAfterSeconds = 3_600n
const dayMs = 24 * 3600 * 1000

/**
 * Brings the journal in line with the chain: at boot, and at the start of every pass.
 *
 * Each open attempt is asked of the chain, nonce first and receipts after it, so that a nonce found used has its receipt
 * by then. What was mined is settled; what the node has forgotten is sent again, the same bytes, if it can still land
 * and the first gate passes it at the current head; what can't land any more is dropped; what contradicts the chain or
 * can't be read is quarantined. Nothing is ever signed here.
 */
export async function reconcile(effects: TickEffects, settings: TickSettings): Promise<ReconcileReport> {
  const { journal, logger } = effects
  const abandoned = await journal.abandonUnfinished('The keeper ended before it signed.')
  if (abandoned.length > 0) logger.warn('recovery.abandoned', { decisions: abandoned })
  const findings: ReconcileFinding[] = []
  const groups = new Map<string, AttemptRow[]>()
  for (const attempt of await journal.openAttempts()) {
    if (attempt.damage !== undefined) {
      findings.push(await quarantine(effects, attempt, `The row can't be read: ${attempt.damage}`))
      continue
    }
    const key = `${attempt.chainId} ${attempt.signer} ${attempt.nonce}`
    groups.set(key, [...(groups.get(key) ?? []), attempt])
  }
  for (const group of groups.values()) findings.push(...(await reconcileNonce(effects, settings, group)))
  findings.push(...(await findDropped(effects, settings)))
  for (const finding of findings) logger.info('recovery.attempt', finding)
  return {
    abandoned,
    findings,
    blocked: findings.some(({ verdict }) => ['mined', 'pending', 'rebroadcast'].includes(verdict)),
  }
}

/**
 * Bytes that left this process may be mined although a node refused, forgot or never had them, and an endpoint with
 * several nodes behind it may call a nonce used before it shows the receipt. So what was dropped is asked for another
 * day; a receipt corrects the books.
 */
async function findDropped(effects: TickEffects, settings: TickSettings): Promise<ReconcileFinding[]> {
  const { journal, chain, clock } = effects
  const findings: ReconcileFinding[] = []
  for (const attempt of await journal.droppedAttempts({ sinceMs: clock.unixMs() - dayMs })) {
    if (attempt.damage !== undefined || attempt.chainId !== settings.chainId) continue
    const receipt = await chain.receipt(attempt.hash)
    if (receipt === null) continue
    const { hash, nonce } = attempt
    await journal.appendEvent({ atMs: clock.unixMs(), name: 'attempt.found', data: { hash, nonce } })
    const { status } = await settleAttempt(effects, settings, attempt, receipt)
    findings.push(finding(attempt, status, `It had been given up, and was mined in block ${receipt.blockNumber}.`))
  }
  return findings
}

async function reconcileNonce(
  effects: TickEffects,
  settings: TickSettings,
  open: readonly AttemptRow[],
): Promise<ReconcileFinding[]> {
  const { journal, chain } = effects
  const newest = open.at(-1)
  if (newest === undefined) return []
  if (newest.chainId !== settings.chainId) {
    return Promise.all(open.map((row) => quarantine(effects, row, `It belongs to chain ${row.chainId}.`)))
  }
  const account = await chain.account(newest.signer)
  // Closed ones too: bytes that one node has dropped may still be mined by another.
  const all = (await journal.attemptsOfNonce(newest)).filter(({ damage }) => damage === undefined)
  for (const attempt of all) {
    const receipt = await chain.receipt(attempt.hash)
    if (receipt === null) continue
    const { status } = await settleAttempt(effects, settings, attempt, receipt)
    return [finding(attempt, status, `Mined in block ${receipt.blockNumber}.`)]
  }
  for (const attempt of open) {
    // Its block was reorganised away.
    if (attempt.status === 'mined') {
      await journal.advanceAttempt({
        attemptId: attempt.id,
        status: 'broadcast',
        reason: 'Its receipt is gone: the block was reorganised away.',
      })
    }
  }

  const reading = await effects.readState()
  const intent = await journal.intent(newest.intentId)
  const landed = intent !== null && reading.vault.guard.nextNonce > intent.planNonce
  const late = newest.deadline > 0n && reading.market.block.timestamp > newest.deadline
  if (account.latestNonce > newest.nonce) {
    if (!landed) {
      await journal.appendEvent({
        atMs: effects.clock.unixMs(),
        name: 'transaction.foreign',
        data: { signer: newest.signer, nonce: newest.nonce },
      })
      effects.logger.error('transaction.foreign', { signer: newest.signer, nonce: newest.nonce })
      return close(effects, open, 'dropped', `Nonce ${newest.nonce} was used by a transaction from elsewhere.`)
    }
    if (reading.market.block.timestamp > newest.deadline + quarantineAfterSeconds) {
      return close(effects, open, 'quarantined', 'Nonce and plan are used up, and no receipt was found for an hour.')
    }
    return [finding(newest, 'pending', 'Nonce and plan are used up, but the endpoint has no receipt yet.')]
  }
  for (const attempt of open) {
    if (await chain.knows(attempt.hash)) {
      if (attempt.status === 'signed') await journal.advanceAttempt({ attemptId: attempt.id, status: 'broadcast' })
      return [
        finding(attempt, 'pending', late ? 'Its deadline is over; it waits in the pool.' : 'It waits in the pool.'),
      ]
    }
  }
  if (late) return close(effects, open, 'dropped', 'Its deadline is over and the node does not have it.')
  if (landed) return close(effects, open, 'dropped', 'The Guard has accepted another plan of the same nonce.')
  if (account.latestNonce < newest.nonce) {
    return [finding(newest, 'pending', `An earlier nonce, ${account.latestNonce}, is missing on the chain.`)]
  }
  return rebroadcast(effects, settings, open, newest, reading)
}

async function rebroadcast(
  effects: TickEffects,
  settings: TickSettings,
  open: readonly AttemptRow[],
  attempt: AttemptRow,
  reading: StateReading,
): Promise<ReconcileFinding[]> {
  const { journal, chain, gates } = effects
  if (settings.mode !== 'live' && settings.mode !== 'canary') {
    return [finding(attempt, 'pending', `The node does not have it, and mode ${settings.mode} sends nothing.`)]
  }
  const intent = await journal.intent(attempt.intentId)
  const plan = decodePlan(intent?.data ?? '0x')
  if (intent === null || plan === null) return close(effects, open, 'quarantined', 'Its intent holds no plan.')
  const transaction: UnsignedTransaction = {
    kind: attempt.kind,
    chainId: attempt.chainId,
    from: attempt.signer,
    to: intent.to,
    data: intent.data,
    value: 0n,
    gas: attempt.gas,
    nonce: attempt.nonce,
    maxFeePerGas: attempt.maxFeePerGas,
    maxPriorityFeePerGas: attempt.maxPriorityFeePerGas,
  }
  const [difference] = await compareSigned(transaction, attempt.raw)
  if (difference !== undefined) {
    const { field, simulated, signed } = difference
    const reason = `Its bytes are not its intent: ${field} is ${signed}, the intent says ${simulated}.`
    return close(effects, open, 'quarantined', reason)
  }
  const timestamp = reading.market.block.timestamp + BigInt(settings.blockSeconds)
  const report = await gates.first({ transaction, plan, before: reading, timestamp })
  if (!report.ok) {
    const failed = report.checks.find(({ ok }) => !ok)
    return close(effects, open, 'dropped', `It would not pass now: ${failed?.detail ?? 'no detail'}`)
  }
  try {
    await chain.broadcast(attempt.raw)
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return [finding(attempt, 'pending', `The node did not take it: ${reason}`)]
  }
  await journal.advanceAttempt({ attemptId: attempt.id, status: 'broadcast' })
  await effects.onBroadcast?.(attempt.hash)
  const receipt = await chain.receipt(attempt.hash)
  if (receipt !== null) {
    const { status } = await settleAttempt(effects, settings, { ...attempt, status: 'broadcast' }, receipt)
    return [finding(attempt, status, `Sent again and mined in block ${receipt.blockNumber}.`)]
  }
  return [finding(attempt, 'rebroadcast', 'The node had forgotten it; the same bytes were sent again.')]
}

async function close(
  effects: TickEffects,
  rows: readonly AttemptRow[],
  verdict: 'dropped' | 'quarantined',
  reason: string,
): Promise<ReconcileFinding[]> {
  const findings: ReconcileFinding[] = []
  for (const row of rows) {
    await effects.journal.advanceAttempt({
      attemptId: row.id,
      status: verdict,
      reason,
      intentStatus: verdict,
      decisionOutcome: verdict,
    })
    findings.push(finding(row, verdict, reason))
  }
  return findings
}

async function quarantine(effects: TickEffects, row: AttemptRow, reason: string): Promise<ReconcileFinding> {
  const [only] = await close(effects, [row], 'quarantined', reason)
  return only ?? finding(row, 'quarantined', reason)
}

function finding(row: AttemptRow, verdict: ReconcileVerdict, reason: string): ReconcileFinding {
  return { attemptId: row.id, hash: row.hash, nonce: row.nonce, verdict, reason }
}
