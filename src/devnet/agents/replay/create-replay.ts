import { historyEnded } from '../../../errors/market.ts'
import type { MarketVenue, VenueView } from '../market-venue.ts'
import { type AgentMove, type Bystanders, sumOf, type VenueTargets, withinLimits } from '../plan-moves.ts'
import type { HistoryHour } from './resample-history.ts'

/** A recorded history that drives one venue in place of the process. */
export type Replay = {
  venue: string
  /** Steps that the history has. */
  steps: number
  /** Asset units per recorded US dollar. */
  unitsPerUsd: number
  /** First positions at the venue; undefined for any other. */
  initialTargets(venue: string, bystanders: Bystanders): VenueTargets | undefined
  /** The moves of a step at the venue; undefined for any other. */
  moves(venue: MarketVenue, view: VenueView, step: number, bystanders: Bystanders): AgentMove[] | undefined
}

export type ReplayOptions = {
  hours: readonly HistoryHour[]
  /** Named in errors. */
  file: string
  /** Name of the venue that is driven. */
  venue: string
  /** The venue's usual deposits, asset units; the record's median deposits are scaled to them. */
  poolUnits: bigint
}

/**
 * Creates a replay. Hour 0 of the history gives the first positions, hour n + 1 the flows of step n.
 *
 * The gross flows of each hour go through the contracts as recorded. What they do not explain of the recorded balances
 * (interest, liquidations, transfers, what was not free) is added to deposit or withdrawal, and to borrow or
 * repayment, so that the pool keeps to the record.
 */
export function createReplay({ hours, file, venue, poolUnits }: ReplayOptions): Replay {
  const sizes = hours.map(({ deposits }) => deposits).sort((a, b) => a - b)
  const median = sizes[Math.floor(sizes.length / 2)] ?? 1
  const unitsPerUsd = Number(poolUnits) / Math.max(median, 1)
  const scaled = (usd: number): bigint => BigInt(Math.round(usd * unitsPerUsd))
  const steps = hours.length - 1
  return {
    venue,
    steps,
    unitsPerUsd,
    initialTargets(name, bystanders) {
      const first = hours[0]
      if (name !== venue || first === undefined) return undefined
      return {
        supply: atLeastZero(scaled(first.deposits) - bystanders.supply),
        borrow: atLeastZero(scaled(first.borrows) - bystanders.borrow),
      }
    },
    moves(at, view, step, bystanders) {
      if (at.name !== venue) return undefined
      const hour = hours[step + 1]
      if (hour === undefined) throw historyEnded(file, step, hours.length)
      const flows = {
        deposit: scaled(hour.deposit),
        withdraw: scaled(hour.withdraw),
        borrow: scaled(hour.borrow),
        repay: scaled(hour.repay),
      }
      const supplied = sumOf(at.agents, view, 'supplier') + bystanders.supply
      const owed = sumOf(at.agents, view, 'borrower') + bystanders.borrow
      const unexplainedSupply = scaled(hour.deposits) - supplied - (flows.deposit - flows.withdraw)
      const unexplainedBorrow = scaled(hour.borrows) - owed - (flows.borrow - flows.repay)
      if (unexplainedSupply > 0n) flows.deposit += unexplainedSupply
      else flows.withdraw -= unexplainedSupply
      if (unexplainedBorrow > 0n) flows.borrow += unexplainedBorrow
      else flows.repay -= unexplainedBorrow
      // Money that came and went within the hour beyond what the pool held (loops) can't be played one after the other.
      const looped = atLeastZero(flows.withdraw - sumOf(at.agents, view, 'supplier'))
      const loopedDebt = atLeastZero(flows.repay - sumOf(at.agents, view, 'borrower'))
      flows.withdraw -= looped
      flows.deposit -= looped
      flows.repay -= loopedDebt
      flows.borrow -= loopedDebt
      return withinLimits(at, view, [
        ...assign(at, view, 'repay', flows.repay),
        ...assign(at, view, 'deposit', flows.deposit),
        ...assign(at, view, 'borrow', flows.borrow),
        ...assign(at, view, 'withdraw', flows.withdraw),
      ])
    },
  }
}

/** Asset units. */
const smallPosition = 1_000_000_000n

/**
 * Additions go to the agent with the smallest position that is worth the name (markets refuse tiny first debts);
 * reductions are taken from the largest first.
 */
function assign(venue: MarketVenue, view: VenueView, action: AgentMove['action'], assets: bigint): AgentMove[] {
  const role = action === 'deposit' || action === 'withdraw' ? 'supplier' : 'borrower'
  const agents = venue.agents
    .map((agent, index) => ({ agent, position: view.positions[index] ?? 0n }))
    .filter(({ agent }) => agent.role === role)
    .sort((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))
  const smallest = agents.find(({ position }) => position >= smallPosition) ?? agents.at(-1)
  if (smallest === undefined || assets <= 0n) return []
  if (action === 'deposit' || action === 'borrow') return [{ agent: smallest.agent, action, assets }]
  const moves: AgentMove[] = []
  let left = assets
  for (const { agent, position } of agents.reverse()) {
    const part = lesser(left, position)
    if (part <= 0n) continue
    moves.push({ agent, action, assets: part })
    left -= part
  }
  return moves
}

function atLeastZero(value: bigint): bigint {
  return value > 0n ? value : 0n
}

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
