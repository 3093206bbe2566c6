import { drawUniform } from '../../market/draw.ts'
import type { MarketPoint, Response } from './market-path.ts'
import type { Agent, MarketVenue, VenueView } from './market-venue.ts'

export type AgentAction = 'deposit' | 'withdraw' | 'borrow' | 'repay'

/** One agent's transaction of a step. `assets` in asset units, positive. */
export type AgentMove = { agent: Agent; action: AgentAction; assets: bigint }

/** What other participants want to hold in total, asset units. */
export type VenueTargets = { supply: bigint; borrow: bigint }

/** Positions of accounts that are no agents when the market is prepared: the devnet's own seeding. Asset units. */
export type Bystanders = { supply: bigint; borrow: bigint }

export const noBystanders: Bystanders = { supply: 0n, borrow: 0n }

/** Inputs of one venue's step that do not come from the chain's head. */
export type StepInputs = { point: MarketPoint; response: Response; bystanders: Bystanders }

/** Chance that an agent acts in a step; who does not act leaves its part for later. */
const activity = 0.75

/** Moves smaller than this share of the venue's usual deposits are not worth a transaction. */
const dustShare = 0.0002

/** Utilisation that a market never leaves by borrowing alone. */
const highestUtilisation = 0.9995

/**
 * Returns what other participants of a venue want to hold: deposits follow their own path and the response to a rate
 * advantage; borrows follow from the path of logit utilisation. On an adaptive curve borrowers give way where its rate at
 * target leaves the market's rate, which is what holds that curve in place. In a freeze they borrow all that is there.
 */
export function venueTargets(venue: MarketVenue, view: VenueView, inputs: StepInputs): VenueTargets {
  const { calibration, kink, agents } = venue
  const point = inputs.point.venues.get(venue.name)
  if (point === undefined) throw new Error(`unreachable: the path has no ${venue.name}`)
  const usual = calibration.supplyUnits * 1e6
  const supply = usual * Math.exp(point.supply + inputs.response.supply)
  if (kink === 0) return { supply: toUnits(supply), borrow: 0n }
  if (point.frozen) {
    const owed = sumOf(agents, view, 'borrower')
    return { supply: sumOf(agents, view, 'supplier'), borrow: owed + view.available }
  }
  const pull =
    view.rateAtTarget === undefined
      ? 0
      : (calibration.pull ?? 0) * Math.log(view.rateAtTarget / inputs.point.marketRate)
  const logit = Math.log(kink / (1 - kink)) + calibration.offsetFromKink + point.utilisation - pull
  const utilisation = Math.min(highestUtilisation, 1 / (1 + Math.exp(-logit)))
  // Utilisation is meant of all deposits, those of bystanders included; a vault's own deposit then lowers it.
  const deposits = supply + Number(inputs.bystanders.supply)
  const owed = deposits * utilisation * Math.exp(inputs.response.borrow)
  return { supply: toUnits(supply), borrow: larger(0n, toUnits(owed) - inputs.bystanders.borrow) }
}

/**
 * Splits the way to the targets among the agents that act in this step, within what they hold and what is free.
 *
 * Who acts and how much of the way each takes is drawn from (seed, step, venue, agent). `everyone` lets all act, for
 * the first positions.
 */
export function planMoves(
  venue: MarketVenue,
  view: VenueView,
  targets: VenueTargets,
  { seed, step }: { seed: bigint; step: number },
  everyone = false,
): AgentMove[] {
  const dust = toUnits(venue.calibration.supplyUnits * 1e6 * dustShare)
  const wanted: AgentMove[] = []
  for (const role of ['supplier', 'borrower'] as const) {
    const gap =
      role === 'supplier'
        ? targets.supply - sumOf(venue.agents, view, role)
        : targets.borrow - sumOf(venue.agents, view, role)
    const own = venue.agents.filter((agent) => agent.role === role)
    const weights = own.map((agent) => {
      if (everyone) return gap < 0n ? Number(view.positions[venue.agents.indexOf(agent)] ?? 0n) : 1
      if (drawUniform(seed, step, venue.name, agent.name, 0) >= activity) return 0
      return 0.2 + 0.8 * drawUniform(seed, step, venue.name, agent.name, 1)
    })
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    if (total === 0) continue
    for (const [index, agent] of own.entries()) {
      const share = BigInt(Math.round(((weights[index] ?? 0) / total) * 1e6))
      const part = (gap * share) / 1_000_000n
      const assets = part < 0n ? -part : part
      if (assets < dust || assets === 0n) continue
      const action: AgentAction =
        role === 'supplier' ? (part > 0n ? 'deposit' : 'withdraw') : part > 0n ? 'borrow' : 'repay'
      wanted.push({ agent, action, assets })
    }
  }
  return withinLimits(venue, view, wanted)
}

/**
 * Orders moves so that money comes in before it goes out, and cuts each to the agent's position and to what is free.
 * One whole unit stays behind, because interest and rounding fall due between the reading and the transaction.
 */
export function withinLimits(venue: MarketVenue, view: VenueView, wanted: readonly AgentMove[]): AgentMove[] {
  const order: readonly AgentAction[] = ['repay', 'deposit', 'borrow', 'withdraw']
  const left = new Map(venue.agents.map((agent, index) => [agent.address, view.positions[index] ?? 0n]))
  const spare = 1_000_000n
  let free = view.available - spare
  const moves: AgentMove[] = []
  for (const move of [...wanted].sort((a, b) => order.indexOf(a.action) - order.indexOf(b.action))) {
    const position = left.get(move.agent.address) ?? 0n
    let { assets } = move
    if (move.action === 'repay' || move.action === 'withdraw') assets = smaller(assets, position - spare)
    if (move.action === 'borrow' || move.action === 'withdraw') assets = smaller(assets, free)
    if (assets <= spare) continue
    if (move.action === 'repay' || move.action === 'deposit') free += assets
    else free -= assets
    const grows = move.action === 'deposit' || move.action === 'borrow'
    left.set(move.agent.address, grows ? position + assets : position - assets)
    moves.push({ ...move, assets })
  }
  return moves
}

/** Returns what accounts other than the agents hold at a venue. */
export function bystandersOf(venue: MarketVenue, view: VenueView): Bystanders {
  return {
    supply: larger(0n, view.totalSupply - sumOf(venue.agents, view, 'supplier')),
    borrow: larger(0n, view.totalBorrow - sumOf(venue.agents, view, 'borrower')),
  }
}

/** Adds up the positions of the agents in a role. */
export function sumOf(agents: readonly Agent[], view: VenueView, role: Agent['role']): bigint {
  return agents.reduce((sum, agent, index) => (agent.role === role ? sum + (view.positions[index] ?? 0n) : sum), 0n)
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

function toUnits(value: number): bigint {
  return BigInt(Math.round(value))
}
