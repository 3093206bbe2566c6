import {
  accrueFlows,
  applyFlow,
  applyOwnLegs,
  createFlowMarket,
  loadFlowFrame,
  setExogenousApr,
} from '../../market/flow-market.ts'
import { createHoldings, createReport, step as marketStep, noCosts, totalAssets } from '../../market/step.ts'
import { supplyAprAt, withdrawableAt } from '../../market/venue-model.ts'
import { advanceMemory, emptyMemory } from '../../observe/advance-memory.ts'
import type { VenueMemory } from '../../observe/observation.ts'
import { observe } from '../../observe/observe.ts'
import { wholePosition } from '../../plan/plan.ts'
import { planRebalance } from '../../plan/plan-rebalance.ts'
import type { PlanResult } from '../../plan/plan-result.ts'
import { gasUnitsPerLeg, type PlanSettings } from '../../plan/plan-settings.ts'
import type { Policy } from '../../policy/policy.ts'
import type { VaultState } from '../../vault/vault-state.ts'
import { morphoRateCurve } from '../../venues/morpho-blue/rates.ts'
import type { VenueState } from '../../venues/venue.ts'
import { createGuardModel, type GuardModel } from './guard-model.ts'
import type { ChainStart, ChainStep, ParityLeg, VaultPlaces } from './record-chain.ts'
import { createShareBook, type ShareBook } from './share-book.ts'
import { type ParityModel, toFlowVenue } from './to-flow-venue.ts'

/** What the simulator is given: the chain before the first hour, and what others did and set since. */
export type SimulationInput = {
  start: ChainStart
  steps: readonly Pick<
    ChainStep,
    'step' | 'flowsAt' | 'timestamp' | 'flows' | 'savingsRateWad' | 'baseFeeWei' | 'ethPriceUsdE8'
  >[]
  settings: PlanSettings
  policy: Policy
  /** Caps of the vault on each venue: a share of its assets, and asset units. */
  capShare: number
  absoluteCap: bigint
  /** Set to something false by whoever wants to see the check fail. */
  distort?: (model: ParityModel) => ParityModel
}

/** One hour as the simulator has it. */
export type SimulatedStep = {
  step: number
  before: VaultPlaces
  /** Assets that 1e30 share units redeem for. */
  assetsPer1e30Shares: number
  legs: readonly ParityLeg[]
  after: VaultPlaces | null
  refusal: string | null
}

const unit = 1e6
const settleSeconds = 12
const indexDigits = 10n ** 18n

/**
 * Replays recorded days through the simulator: `step()` of the market for our positions, the protocols' curves in
 * float64 for everybody, and for decisions the same memories, observation, policy and planner as the keeper's, on states
 * that are made of the simulator's own numbers. Of the chain it knows the start, what others did, and gas.
 */
export async function simulateDays(input: SimulationInput): Promise<SimulatedStep[]> {
  const simulation = createSimulation(input)
  const out: SimulatedStep[] = []
  for (const hour of input.steps) out.push(await simulation.play(hour))
  return out
}

type Simulation = { play(hour: SimulationInput['steps'][number]): Promise<SimulatedStep> }

function createSimulation(input: SimulationInput): Simulation {
  const { start, settings, policy } = input
  const { market: startMarket, vault: startVault } = start.state
  const refs = startMarket.venues.map(({ ref }) => ref)
  const venues = startMarket.venues.map((state, j) =>
    toFlowVenue(state, start.venues[j], { share: input.capShare, units: Number(input.absoluteCap) / unit }),
  )
  const model: ParityModel = { venues, performanceFeeBps: start.books.performanceFeeBps }
  const { venues: used, performanceFeeBps } = input.distort?.(model) ?? model
  const market = createFlowMarket(used)
  const holdings = createHoldings(refs.length, Number(startVault.idle) / unit)
  for (const [j, { assets }] of startMarket.venues.entries()) holdings.positions[j] = Number(assets) / unit
  const report = createReport(refs.length)
  const indices = startMarket.venues.map(({ index }) => index)
  const touchedAt = startMarket.venues.map(({ lastUpdateAt }) => lastUpdateAt)
  let memories: VenueMemory[] = refs.map(() => emptyMemory)
  let clock = startMarket.block.timestamp
  const guard: GuardModel = createGuardModel(
    startVault.guard,
    clock,
    refs.map(() => input.absoluteCap),
  )
  const book: ShareBook = createShareBook({ ...start.books, performanceFeeBps }, startVault.totalSupply)

  /** Lets time pass: our positions by the market's `step`, everybody else by the curves. */
  function passUntil(timestamp: bigint): void {
    const seconds = Number(timestamp - clock)
    clock = timestamp
    if (seconds === 0) return
    const frame = loadFlowFrame(market, holdings.positions, seconds)
    for (let j = 0; j < refs.length; j += 1) {
      const growth = (supplyAprAt(frame, j, holdings.positions[j] as number) * seconds) / 31_536_000
      const index = indices[j] as bigint
      indices[j] = index + (index * BigInt(Math.round(growth * 1e18))) / indexDigits
    }
    marketStep(frame, holdings, undefined, noCosts, report)
    accrueFlows(market)
  }

  function places(): VaultPlaces {
    return {
      venueAssets: refs.map((_, j) => units(holdings.positions[j] as number)),
      idle: units(holdings.idle),
      totalAssets: units(totalAssets(holdings)),
    }
  }

  function venueState(j: number, total: bigint): VenueState {
    const first = startMarket.venues[j] as VenueState
    const own = holdings.positions[j] as number
    const relative = (total * BigInt(Math.round(input.capShare * 1e6))) / 1_000_000n
    return {
      ...first,
      assets: units(own),
      withdrawable: units(withdrawableAt(market.frame, j, own)),
      cap: relative < input.absoluteCap ? relative : input.absoluteCap,
      totalSupply: units(market.supply[j] as number),
      totalBorrow: units(market.borrow[j] as number),
      index: indices[j] as bigint,
      lastUpdateAt: first.ref.kind === 'erc4626' ? 0n : (touchedAt[j] as bigint),
      curve:
        first.ref.kind === 'morpho-blue'
          ? morphoRateCurve(BigInt(Math.round(((market.rateAtTarget[j] as number) / 31_536_000) * 1e18)))
          : first.curve,
    }
  }

  function vaultState(states: readonly VenueState[], total: bigint): VaultState {
    const idle = units(holdings.idle)
    const exits = states.reduce((sum, { withdrawable }, j) => (startVault.exits[j] ? sum + withdrawable : sum), 0n)
    return {
      ...startVault,
      totalAssets: total,
      idle,
      liquid: idle + exits,
      capGroups: startVault.capGroups.map((group) => ({ ...group, cap: total })),
      guard: guard.at(clock, total, idle),
    }
  }

  /** Moves as the plan's legs say, at the venues as they are when it lands. */
  function land(result: PlanResult): SimulatedStep['legs'] {
    const before = units(totalAssets(holdings))
    const targets = Float64Array.from(holdings.positions)
    const legs = (result.plan?.legs ?? []).map(({ adapter, data, deposit, assets }) => {
      const venue = refs.findIndex((ref) => ref.adapter === adapter && ref.data === data)
      const own = targets[venue] as number
      targets[venue] = deposit
        ? own + Number(assets) / unit
        : assets === wholePosition
          ? 0
          : own - Number(assets) / unit
      return { venue, deposit, assets }
    })
    // Interest of no time: what is moved is moved, and earns from the next stretch on.
    marketStep(loadFlowFrame(market, holdings.positions, 0), holdings, targets, { ...noCosts, leastLeg: 1e-6 }, report)
    applyOwnLegs(market, report.legs)
    for (const { venue } of legs) touchedAt[venue] = clock
    guard.land(clock, {
      totalAssets: before,
      idleAfter: units(holdings.idle),
      withdrawn: units(report.turnover),
      deposited: refs.map((_, j) => units(Math.max(0, report.legs[j] as number))),
    })
    book.accrue(totalAssets(holdings), clock)
    return legs
  }

  return {
    async play(hour) {
      passUntil(hour.flowsAt)
      for (const { venue, action, assets } of hour.flows) {
        applyFlow(market, venue, action, Number(assets) / unit)
        touchedAt[venue] = clock
      }
      for (const j of refs.keys()) setExogenousApr(market, j, Number(hour.savingsRateWad) / 1e18)
      passUntil(hour.timestamp)

      loadFlowFrame(market, holdings.positions, settleSeconds)
      const total = units(totalAssets(holdings))
      const states = refs.map((_, j) => venueState(j, total))
      const vault = vaultState(states, total)
      const block = { ...startMarket.block, timestamp: hour.timestamp, baseFeePerGas: hour.baseFeeWei }
      const state = { market: { ...startMarket, block, venues: states }, vault }
      memories = states.map((venue, j) => advanceMemory(memories[j], venue, block, vault.assetDecimals))
      const observation = observe({
        ...state,
        memories,
        settings: {
          idleReserveBps: settings.idleReserveBps,
          ethPriceE8: hour.ethPriceUsdE8,
          gasUnitsPerLeg: gasUnitsPerLeg(settings),
        },
      })
      const decision = await policy.decide(observation)
      const result = planRebalance({
        ...state,
        observation,
        decision,
        settings,
        now: hour.timestamp,
        ethPriceE8: hour.ethPriceUsdE8,
      })
      const seen = {
        step: hour.step,
        before: places(),
        assetsPer1e30Shares: book.assetsPer1e30Shares(totalAssets(holdings), clock),
      }
      if (result.plan === null) return { ...seen, legs: [], after: null, refusal: result.refusals[0]?.code ?? null }
      passUntil(hour.timestamp + BigInt(settleSeconds))
      const legs = land(result)
      return { ...seen, legs, after: places(), refusal: null }
    },
  }
}

function units(amount: number): bigint {
  return BigInt(Math.max(0, Math.floor(amount * unit)))
}
