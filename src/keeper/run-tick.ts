import type { Hex } from 'viem'
import { suggestFees } from '../chain/suggest-fees.ts'
import { TillerError } from '../errors/base.ts'
import { policyTimeout } from '../errors/keeper.ts'
import type {
  AttemptRow,
  DecisionDocument,
  DecisionOutcome,
  GateReport,
  IntentRow,
  NewDecision,
  Realised,
} from '../journal/journal.ts'
import type { Observation, VenueMemory } from '../observe/observation.ts'
import { type Plan, type Refusal, type RefusalCode, wholePosition } from '../plan/plan.ts'
import type { PolicyDecision } from '../policy/policy.ts'
import type { UnsignedTransaction } from '../safety/signing/unsigned-transaction.ts'
import { awaitReceipt } from '../send/await-receipt.ts'
import { bumpFees } from '../send/bump-fees.ts'
import { signChecked } from '../send/sign-checked.ts'
import { vaultTotals } from '../simulate/vault-totals.ts'
import { checkDecision } from './check-decision.ts'
import type {
  AccountState,
  GateInput,
  PlanOutcome,
  Signer,
  StateReading,
  TickEffects,
  TickSettings,
} from './effects.ts'
import { encodePlan } from './encode-plan.ts'
import { reconcile } from './reconcile.ts'
import { settleAttempt } from './settle-attempt.ts'

export type TickInput = {
  settings: TickSettings
  /** Ends the pass at the next safe point: before the signature, or while it waits for a receipt. */
  signal?: AbortSignal
}

export const tickStages = [
  'reconcile',
  'observe',
  'policy',
  'plan',
  'journal',
  'firstGate',
  'forkGate',
  'sign',
  'send',
  'settle',
] as const
type TickStage = (typeof tickStages)[number]

export type TickReport = {
  decisionId: number
  outcome: DecisionOutcome
  slot: number
  blockNumber: bigint
  /** Unix seconds. */
  blockTimestamp: bigint
  refusals: readonly Refusal[]
  plan: Plan | null
  reading: StateReading
  observation: Observation | null
  planning: PlanOutcome | null
  gates: readonly GateReport[]
  attempts: readonly { hash: Hex; nonce: number; status: string }[]
  gasUsed: bigint
  /** Wei. */
  gasCost: bigint
  realised: Realised | null
  /** Milliseconds by stage; a stage that did not run is missing. */
  timings: Partial<Record<TickStage, number>>
  totalMs: number
}

/** Room above the gas that the first gate used: refunds (at most a fifth of the whole), and the 63/64 rule. */
const gasHeadroomPercent = 135n
const gasHeadroomFlat = 50_000n
/**
 * The fork reads ahead while the first gate runs, but not before a node on this machine would have answered: there the
 * two would only compete for the same cores.
 */
const localAnswerMs = 8
const dayMs = 24 * 3600 * 1000

/**
 * Runs one pass of the line for one vault: reconcile → observe → policy → plan → intent → gates → sign → attempt → send
 * → settle. A pure orchestration of its injected effects; DESIGN.md section 8 is its order.
 *
 * Every reason not to move ends in the decision's row. What throws here is what a pass can't judge: an endpoint that is
 * dead, a store that fails, a signer that changes what it signs. Whatever throws, the journal holds what was done, and
 * the next pass starts by asking the chain.
 */
export async function runTick(effects: TickEffects, input: TickInput): Promise<TickReport> {
  const watch = stopwatch(effects.clock.monotonicMs)
  try {
    const report = await new Tick(effects, input, watch).run()
    logEnd(effects, input.settings, report)
    return report
  } catch (error) {
    const { vault } = input.settings
    const code = error instanceof TillerError ? error.code : 'UNEXPECTED'
    effects.logger.error('tick.failed', { vault, code, error, ...watch.timings() })
    const data = { code, reason: error instanceof TillerError ? error.shortMessage : String(error) }
    // If it is the store that failed, this fails too, and the first error is the one to hear of.
    await effects.journal
      .appendEvent({ atMs: effects.clock.unixMs(), name: 'tick.failed', vault, data })
      .catch(() => undefined)
    throw error
  }
}

type Stopwatch = ReturnType<typeof stopwatch>

function stopwatch(monotonicMs: () => number) {
  const began = monotonicMs()
  const spent: Partial<Record<TickStage, number>> = {}
  return {
    timings: () => spent,
    totalMs: () => round(monotonicMs() - began),
    measure: async <result>(stage: TickStage, action: () => result | Promise<result>): Promise<result> => {
      const started = monotonicMs()
      try {
        return await action()
      } finally {
        spent[stage] = round((spent[stage] ?? 0) + monotonicMs() - started)
      }
    },
  }
}

/** What one pass has found so far; the fields fill in the order of the stages. */
class Tick {
  private readonly effects: TickEffects
  private readonly settings: TickSettings
  private readonly signal: AbortSignal | undefined
  private readonly watch: Stopwatch
  private readonly gates: GateReport[] = []
  private readonly attempts: AttemptRow[] = []
  private decision: PolicyDecision | null = null
  private observation: Observation | null = null
  private planning: PlanOutcome | null = null
  private doubted = false
  private realised: Realised | null = null
  private gasUsed = 0n
  private gasCost = 0n

  constructor(effects: TickEffects, input: TickInput, watch: Stopwatch) {
    this.effects = effects
    this.settings = input.settings
    this.signal = input.signal
    this.watch = watch
  }

  async run(): Promise<TickReport> {
    const { watch, effects, settings } = this
    const recovery = await watch.measure('reconcile', () => reconcile(effects, settings))
    const agreed = await watch.measure('observe', () => effects.readAgreedState())
    const reading = agreed.state ?? (await watch.measure('observe', () => effects.readState()))
    const doubt = agreed.refusal ?? (await this.behindTheJournal(reading))
    // What is doubted teaches nothing: the memories stay as they are.
    if (doubt !== null) {
      this.doubted = true
      return this.finish(reading, new Map(), [doubt])
    }

    const memories = await watch.measure('observe', () => this.advanceMemories(reading))
    if (recovery.blocked) {
      const reasons = recovery.findings.map(({ nonce, hash, reason }) => `Nonce ${nonce} (${hash}): ${reason}`)
      return this.finish(reading, memories.changed, [{ code: 'open_attempt', reason: reasons.join(' ') }])
    }
    const observation = await watch.measure('observe', () => effects.observe({ reading, memories: memories.all }))
    this.observation = observation
    const decision = await watch.measure('policy', () => this.decide(observation))
    if ('code' in decision) return this.finish(reading, memories.changed, [decision])
    this.decision = decision
    const now = this.now(reading)
    const planning = await watch.measure('plan', () => effects.plan({ reading, observation, decision, now }))
    this.planning = planning
    if (planning.plan === null) return this.finish(reading, memories.changed, planning.refusals)
    if (settings.mode === 'readonly') return this.finish(reading, memories.changed, [], 'planned')

    return this.pursue(reading, memories.changed, planning.plan)
  }

  /** A head below the block of the last decision: the endpoint lags, or it is another chain than it was. */
  private async behindTheJournal({ market }: StateReading): Promise<Refusal | null> {
    const last = await this.effects.journal.latestDecisionBlock(this.settings.vault)
    if (last === null || market.block.number >= last) return null
    const reason = `The endpoint's head is block ${market.block.number}; the last decision was taken at block ${last}. A chain that was started anew needs a new store.`
    return { code: 'endpoint_behind', reason }
  }

  private async advanceMemories({ market, vault }: StateReading): Promise<{
    all: readonly VenueMemory[]
    changed: ReadonlyMap<Hex, VenueMemory>
  }> {
    const { effects, settings } = this
    const ids = market.venues.map(({ ref }) => ref.id)
    const stored = await effects.journal.latestMemories(settings.vault, ids)
    const changed = new Map<Hex, VenueMemory>()
    const all = market.venues.map((venue) => {
      const before = stored.get(venue.ref.id)
      const after = effects.advanceMemory(before, venue, market.block, vault.assetDecimals)
      if (after !== before && after.slot >= 0) changed.set(venue.ref.id, after)
      return after
    })
    return { all, changed }
  }

  private async decide(observation: Observation): Promise<PolicyDecision | Refusal> {
    try {
      const decision = await withinTime(this.effects.policy.decide(observation), this.settings.policyTimeoutMs)
      const fault = checkDecision(decision, observation.venues.length)
      return fault === null ? decision : { code: 'policy_failed', reason: `The policy answered garbage: ${fault}.` }
    } catch (error) {
      const known = error instanceof TillerError ? `${error.code}: ${error.shortMessage}` : String(error)
      return { code: 'policy_failed', reason: `The policy failed: ${known}` }
    }
  }

  /** Unix seconds. Where time is simulated, the chain's clock is the only one. */
  private now({ market }: StateReading): bigint {
    if (this.settings.maxHeadAgeSeconds === 0) return market.block.timestamp
    const wall = BigInt(Math.floor(this.effects.clock.unixMs() / 1000))
    return wall > market.block.timestamp ? wall : market.block.timestamp
  }

  private nextBlockTime(reading: StateReading): bigint {
    const next = reading.market.block.timestamp + BigInt(this.settings.blockSeconds)
    const now = this.now(reading)
    return now > next ? now : next
  }

  /** From the intent on: everything is under one claimed slot. */
  private async pursue(reading: StateReading, memories: NewDecision['memories'], plan: Plan): Promise<TickReport> {
    const { effects, settings, watch } = this
    const { journal } = effects
    let intent: IntentRow
    try {
      intent = await watch.measure('journal', () =>
        journal.claimSlot(this.row(reading, memories, [], 'decided'), {
          vault: settings.vault,
          slot: this.slot(reading),
          mode: settings.mode,
          planNonce: plan.nonce,
          deadline: plan.deadline,
          to: settings.guard,
          data: encodePlan(plan),
          createdAtMs: effects.clock.unixMs(),
        }),
      )
    } catch (error) {
      if (!(error instanceof TillerError) || error.code !== 'SLOT_TAKEN') throw error
      const refusal: Refusal = {
        code: 'slot_taken',
        reason: `Slot ${this.slot(reading)} has its move already (${error.details['status']}).`,
      }
      return this.finish(reading, memories, [refusal])
    }
    const { decisionId } = intent
    const gates = this.gates
    let transaction: UnsignedTransaction
    try {
      const canary = canaryRefusal(reading, plan, settings)
      if (canary !== null) return await this.refuse(intent, reading, canary)
      const simulated = await this.simulate(intent.data, reading, plan)
      if ('code' in simulated) return await this.refuse(intent, reading, simulated)
      transaction = simulated
      if (settings.mode === 'dry' || settings.mode === 'paper') {
        await watch.measure('journal', () =>
          journal.closeIntent(intent.id, { status: 'simulated', decisionOutcome: 'simulated', gates }),
        )
        return this.report(decisionId, 'simulated', reading, [])
      }
      if (this.signal?.aborted === true) {
        const reason = 'The keeper was asked to end before it signed.'
        await journal.closeIntent(intent.id, { status: 'abandoned', reason, decisionOutcome: 'abandoned', gates })
        return this.report(decisionId, 'abandoned', reading, [])
      }
    } catch (error) {
      // Nothing is signed yet: free the slot for the next pass. If the store fails too, the next boot does it.
      const reason = error instanceof TillerError ? `${error.code}: ${error.shortMessage}` : String(error)
      await journal
        .closeIntent(intent.id, { status: 'abandoned', reason, decisionOutcome: 'abandoned', gates })
        .catch(() => undefined)
      throw error
    }
    return this.deliver(intent, reading, plan, transaction)
  }

  /** Both gates and what stands between them. Answers the exact transaction that the fork executed, or why not. */
  private async simulate(data: Hex, reading: StateReading, plan: Plan): Promise<UnsignedTransaction | Refusal> {
    const { effects, settings, watch } = this
    const { gates } = effects
    const draft: UnsignedTransaction = {
      kind: 'rebalance',
      chainId: settings.chainId,
      from: settings.keeper,
      to: settings.guard,
      data,
      value: 0n,
      gas: settings.gasLimitCeiling,
      nonce: 0,
      maxFeePerGas: 0n,
      maxPriorityFeePerGas: 0n,
    }
    const timestamp = this.nextBlockTime(reading)
    const draftInput: GateInput = { transaction: draft, plan, before: reading, timestamp }
    const asked = Promise.all([gates.first(draftInput), effects.chain.account(settings.keeper)])
    const passed = asked.then(
      ([first]) => first.ok,
      () => false,
    )
    const late = effects.clock.sleep(localAnswerMs).then(() => true)
    const preparing = Promise.race([passed, late]).then((go) => (go ? gates.prepareFork?.(draftInput) : undefined))
    const [first, account] = await watch.measure('firstGate', () => asked)
    this.gates.push(first)
    if (!first.ok) return gateRefusal('simulation_reverted', first)

    const transaction = await this.complete(draft, first, account, reading)
    if ('code' in transaction) return transaction
    const second = await watch.measure('forkGate', async () => {
      await preparing
      return gates.fork({ transaction, plan, before: reading, timestamp })
    })
    this.gates.push(second)
    if (!second.ok) return gateRefusal('fork_gate_failed', second)
    if (plan.deadline < timestamp) {
      return { code: 'plan_expired', reason: `The plan's deadline ${plan.deadline} is before the next block.` }
    }
    return transaction
  }

  /** Gas limit, nonce and fees; and whether the signer can and may pay. */
  private async complete(
    draft: UnsignedTransaction,
    first: GateReport,
    account: AccountState,
    { market }: StateReading,
  ): Promise<UnsignedTransaction | Refusal> {
    const { settings } = this
    if (account.pendingNonce > account.latestNonce) {
      return {
        code: 'open_attempt',
        reason: `The pool holds ${account.pendingNonce - account.latestNonce} transaction(s) of the signer that the journal does not know.`,
      }
    }
    const { fees, refusal } = suggestFees(market.block.baseFeePerGas, {
      maxFeePerGas: settings.maxFeePerGasCeiling,
      maxPriorityFeePerGas: settings.priorityFeePerGas ?? account.suggestedPriorityFeePerGas,
    })
    if (refusal !== null) return refusal
    const wanted = (first.gasUsed * gasHeadroomPercent) / 100n + gasHeadroomFlat
    const gas = wanted < settings.gasLimitCeiling ? wanted : settings.gasLimitCeiling
    const cost = gas * fees.maxFeePerGas
    if (account.balance < cost) {
      return {
        code: 'gas_money',
        reason: `The signer holds ${account.balance} wei; the transaction may cost up to ${cost} wei.`,
      }
    }
    const spent = await this.gasSpent()
    if (spent + cost > settings.gasBudgetPerDayWei) {
      return {
        code: 'gas_budget',
        reason: `Gas of the last 24 hours ${spent} wei and up to ${cost} wei more exceed the budget of ${settings.gasBudgetPerDayWei} wei.`,
      }
    }
    return { ...draft, gas, nonce: account.latestNonce, ...fees }
  }

  /** Wei of the last 24 hours. */
  private gasSpent(): Promise<bigint> {
    const { effects, settings } = this
    const sinceMs = effects.clock.unixMs() - dayMs
    return effects.journal.gasSpent({ chainId: settings.chainId, signer: settings.keeper, sinceMs })
  }

  private async deliver(
    intent: IntentRow,
    reading: StateReading,
    plan: Plan,
    transaction: UnsignedTransaction,
  ): Promise<TickReport> {
    const { effects, watch, settings } = this
    const { signer } = effects
    if (signer === undefined) {
      return this.refuse(intent, reading, { code: 'signing_refused', reason: 'There is no signer in this process.' })
    }
    const first = await this.signAndSend(signer, intent, transaction)
    if ('code' in first) return this.refuse(intent, reading, first)

    return watch.measure('settle', async () => {
      if (first.status === 'dropped') return this.report(intent.decisionId, 'dropped', reading, [])
      const settled = await this.awaitAndSettle(settings.receiptTimeoutMs)
      if (settled !== null) return this.report(intent.decisionId, settled, reading, [])
      if (this.signal?.aborted !== true) {
        const bumped = await this.bump(signer, intent, plan, transaction)
        if (bumped) {
          const late = await this.awaitAndSettle(settings.receiptTimeoutMs)
          if (late !== null) return this.report(intent.decisionId, late, reading, [])
        }
      }
      effects.logger.warn('tx.parked', { hash: first.hash, nonce: first.nonce })
      return this.report(intent.decisionId, 'sent', reading, [])
    })
  }

  /** Sign, store the bytes, send: in this order, and nothing else in between. */
  private async signAndSend(
    signer: Signer,
    intent: IntentRow,
    transaction: UnsignedTransaction,
  ): Promise<AttemptRow | Refusal> {
    const { effects, settings, watch } = this
    const { journal, chain, logger, clock } = effects
    let signed: { raw: Hex; hash: Hex }
    try {
      signed = await watch.measure('sign', () =>
        signChecked(signer, transaction, {
          chainId: settings.chainId,
          signer: settings.keeper,
          guard: settings.guard,
          venueIds: settings.signing.venueIds,
          gasCeiling: settings.gasLimitCeiling,
          maxFeePerGasCeiling: settings.maxFeePerGasCeiling,
          maxCostCeiling: settings.gasBudgetPerDayWei,
          maxCalldataBytes: settings.signing.maxCalldataBytes,
          knownNonces: [],
        }),
      )
    } catch (error) {
      if (!(error instanceof TillerError)) throw error
      logger.error('signer.refused', { code: error.code, error })
      if (error.code === 'SIGNING_REFUSED' || error.code === 'SIGNED_DIFFERS') {
        const details = Object.entries(error.details).map(([name, value]) => `${name}: ${value}`)
        return { code: 'signing_refused', reason: `${error.shortMessage} ${details.join('; ')}` }
      }
      throw error
    }
    const attempt = await watch.measure('journal', () =>
      journal.insertAttempt(
        {
          intentId: intent.id,
          kind: transaction.kind,
          chainId: transaction.chainId,
          signer: transaction.from,
          nonce: transaction.nonce,
          hash: signed.hash,
          raw: signed.raw,
          deadline: intent.deadline,
          maxFeePerGas: transaction.maxFeePerGas,
          maxPriorityFeePerGas: transaction.maxPriorityFeePerGas,
          gas: transaction.gas,
          createdAtMs: clock.unixMs(),
        },
        this.gates,
      ),
    )
    this.attempts.push(attempt)
    const failure = await watch.measure('send', () =>
      chain.broadcast(attempt.raw).then(
        () => null,
        (error: unknown) => {
          if (error instanceof TillerError) return error
          throw error
        },
      ),
    )
    if (failure === null) {
      await watch.measure('journal', () => journal.advanceAttempt({ attemptId: attempt.id, status: 'broadcast' }))
      this.setStatus(attempt, 'broadcast')
      logger.info('tx.sent', { hash: attempt.hash, nonce: attempt.nonce, maxFeePerGas: attempt.maxFeePerGas })
      await watch.measure('send', () => effects.onBroadcast?.(attempt.hash))
      return attempt
    }
    logger.warn('tx.not_sent', { hash: attempt.hash, nonce: attempt.nonce, code: failure.code, error: failure })
    // Only a plain refusal of the node closes the row. "Nonce too low" and silence leave it to the chain to say.
    if (['GAS_MONEY', 'UNDERPRICED', 'BROADCAST_REJECTED'].includes(failure.code) && this.attempts.length === 1) {
      const reason = `${failure.code}: ${failure.details['reason']}`
      await journal.advanceAttempt({
        attemptId: attempt.id,
        status: 'dropped',
        reason,
        intentStatus: 'dropped',
        decisionOutcome: 'dropped',
      })
      this.setStatus(attempt, 'dropped')
      return { ...attempt, status: 'dropped' }
    }
    return attempt
  }

  private setStatus(attempt: AttemptRow, status: AttemptRow['status']): void {
    const index = this.attempts.findIndex(({ id }) => id === attempt.id)
    if (index >= 0) this.attempts[index] = { ...attempt, status }
  }

  private async awaitAndSettle(timeoutMs: number): Promise<DecisionOutcome | null> {
    const { effects, settings } = this
    const mined = await awaitReceipt({
      chain: effects.chain,
      clock: effects.clock,
      hashes: this.attempts.map(({ hash }) => hash),
      timeoutMs,
      pollMs: settings.receiptPollMs,
      ...(this.signal === undefined ? {} : { signal: this.signal }),
    })
    const attempt = this.attempts.find(({ hash }) => hash === mined?.hash)
    if (mined === null || attempt === undefined) return null
    const { status, realised } = await settleAttempt(effects, settings, attempt, mined.receipt)
    for (const other of this.attempts) this.setStatus(other, other.id === attempt.id ? status : 'replaced')
    this.realised = realised
    this.gasUsed = mined.receipt.gasUsed
    this.gasCost = mined.receipt.gasUsed * mined.receipt.effectiveGasPrice
    return status === 'mined' ? 'sent' : status
  }

  /** One replacement with higher fees and nothing else changed, after the plan passed the first gate at the new head. */
  private async bump(
    signer: Signer,
    intent: IntentRow,
    plan: Plan,
    transaction: UnsignedTransaction,
  ): Promise<boolean> {
    const { effects, settings } = this
    const { logger, journal } = effects
    const reading = await effects.readState()
    const timestamp = this.nextBlockTime(reading)
    if (plan.deadline < timestamp || reading.vault.guard.nextNonce !== plan.nonce) {
      logger.info('tx.not_bumped', { reason: 'The plan can no longer land.' })
      return false
    }
    const again = await effects.gates.first({ transaction, plan, before: reading, timestamp })
    if (!again.ok) {
      logger.warn('tx.not_bumped', { reason: gateRefusal('simulation_reverted', again).reason })
      return false
    }
    const tip = transaction.maxPriorityFeePerGas
    const market = { maxFeePerGas: reading.market.block.baseFeePerGas * 2n + tip, maxPriorityFeePerGas: tip }
    const fees = bumpFees(transaction, market, settings.maxFeePerGasCeiling)
    if (fees === null) {
      logger.warn('tx.not_bumped', { reason: 'The fee ceiling leaves no room for a replacement.' })
      return false
    }
    const cost = transaction.gas * fees.maxFeePerGas
    const spent = await this.gasSpent()
    if (spent + cost > settings.gasBudgetPerDayWei) {
      logger.warn('tx.not_bumped', { reason: 'The gas budget of 24 hours leaves no room for a replacement.' })
      return false
    }
    await journal.appendEvent({
      atMs: effects.clock.unixMs(),
      name: 'tx.bumped',
      vault: settings.vault,
      decisionId: intent.decisionId,
      data: { nonce: transaction.nonce, from: transaction.maxFeePerGas, to: fees.maxFeePerGas, gate: again },
    })
    const replaced = await this.signAndSend(signer, intent, { ...transaction, ...fees })
    return !('code' in replaced)
  }

  private async refuse(intent: IntentRow, reading: StateReading, refusal: Refusal): Promise<TickReport> {
    await this.watch.measure('journal', () =>
      this.effects.journal.closeIntent(intent.id, {
        status: 'refused',
        reason: `${refusal.code}: ${refusal.reason}`,
        decisionOutcome: 'refused',
        refusals: [refusal],
        gates: this.gates,
      }),
    )
    return this.report(intent.decisionId, 'refused', reading, [refusal])
  }

  private async finish(
    reading: StateReading,
    memories: ReadonlyMap<Hex, VenueMemory>,
    refusals: readonly Refusal[],
    outcome: DecisionOutcome = 'refused',
  ): Promise<TickReport> {
    const row = this.row(reading, memories, refusals, outcome)
    const id = await this.watch.measure('journal', () => this.effects.journal.recordDecision(row))
    return this.report(id, outcome, reading, refusals)
  }

  private row(
    reading: StateReading,
    memories: NewDecision['memories'],
    refusals: readonly Refusal[],
    outcome: DecisionOutcome,
  ): NewDecision {
    const { effects, settings } = this
    const { block, venues } = reading.market
    const document: DecisionDocument = {
      observation: this.observation,
      policy: this.decision,
      executionProvider: effects.policy.executionProvider,
      venues: venues.map(({ ref, status, assets, cap, supplyAprWad }) => ({
        name: ref.name,
        status,
        assets,
        cap,
        supplyAprWad,
      })),
      before: vaultTotals(reading),
      plan: this.planning?.plan ?? null,
      planning: { ...this.planning },
    }
    return {
      vault: settings.vault,
      slot: this.slot(reading),
      blockNumber: block.number,
      blockHash: block.hash,
      blockTimestamp: block.timestamp,
      decidedAtMs: effects.clock.unixMs(),
      mode: settings.mode,
      policyName: effects.policy.name,
      policyHash: effects.policy.hash,
      outcome,
      refusals,
      document,
      memories,
      doubted: this.doubted,
    }
  }

  private slot({ market }: StateReading): number {
    return Number(market.block.timestamp / BigInt(this.settings.slotSeconds))
  }

  private report(
    decisionId: number,
    outcome: DecisionOutcome,
    reading: StateReading,
    refusals: readonly Refusal[],
  ): TickReport {
    return {
      decisionId,
      outcome,
      slot: this.slot(reading),
      blockNumber: reading.market.block.number,
      blockTimestamp: reading.market.block.timestamp,
      refusals,
      plan: this.planning?.plan ?? null,
      reading,
      observation: this.observation,
      planning: this.planning,
      gates: this.gates,
      attempts: this.attempts.map(({ hash, nonce, status }) => ({ hash, nonce, status })),
      gasUsed: this.gasUsed,
      gasCost: this.gasCost,
      realised: this.realised,
      timings: this.watch.timings(),
      totalMs: this.watch.totalMs(),
    }
  }
}

/** A session that hangs must not take the pass, and with it the keeper, along. */
async function withinTime<result>(work: result | Promise<result>, milliseconds: number): Promise<result> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(policyTimeout(milliseconds)), milliseconds)
  })
  try {
    return await Promise.race([work, limit])
  } finally {
    clearTimeout(timer)
  }
}

function gateRefusal(code: RefusalCode, report: GateReport): Refusal {
  const failed = report.checks.filter(({ ok }) => !ok)
  return { code, reason: failed.map(({ name, detail }) => `${name}: ${detail}`).join(' ') }
}

/** A canary moves little or nothing: it never scales a plan, since that would change the policy's weights. */
function canaryRefusal({ market, vault }: StateReading, plan: Plan, settings: TickSettings): Refusal | null {
  if (settings.mode !== 'canary') return null
  let withdrawn = 0n
  let deposited = 0n
  for (const leg of plan.legs) {
    const venue = market.venues.find(({ ref }) => ref.adapter === leg.adapter && ref.data === leg.data)
    if (leg.deposit) deposited += leg.assets
    else withdrawn += leg.assets === wholePosition ? (venue?.assets ?? vault.totalAssets) : leg.assets
  }
  const moved = withdrawn > deposited ? withdrawn : deposited
  const allowed = (vault.totalAssets * BigInt(settings.canaryMaxMoveBps)) / 10_000n
  if (moved <= allowed) return null
  return { code: 'canary_cap', reason: `The plan moves ${moved}, a canary may move ${allowed}.` }
}

function logEnd({ logger }: TickEffects, settings: TickSettings, report: TickReport): void {
  logger.info('tick.end', {
    vault: settings.vault,
    mode: settings.mode,
    decision: report.decisionId,
    outcome: report.outcome,
    reasons: report.refusals.map(({ code }) => code),
    slot: report.slot,
    block: report.blockNumber,
    totalAssets: report.reading.vault.totalAssets,
    sharePrice: report.reading.vault.sharePrice,
    legs: report.plan?.legs.length ?? 0,
    tx: (report.attempts.find(({ status }) => status !== 'replaced') ?? report.attempts.at(-1))?.hash,
    gasUsed: report.gasUsed > 0n ? report.gasUsed : undefined,
    differenceAssets: report.realised?.differenceAssets ?? undefined,
    ms: report.totalMs,
    ...Object.fromEntries(Object.entries(report.timings).map(([stage, ms]) => [`${stage}Ms`, ms])),
  })
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10
}
