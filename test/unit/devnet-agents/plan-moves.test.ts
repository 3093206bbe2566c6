import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calibrations, type VenueCalibration } from '../../../src/devnet/agents/calibration.ts'
import { createMarketPath, type MarketPoint } from '../../../src/devnet/agents/market-path.ts'
import { lendingAgents, type MarketVenue, type VenueView } from '../../../src/devnet/agents/market-venue.ts'
import {
  bystandersOf,
  noBystanders,
  planMoves,
  venueTargets,
  withinLimits,
} from '../../../src/devnet/agents/plan-moves.ts'

const zero = '0x0000000000000000000000000000000000000000'
const usdc = 1_000_000n

function venue(name: string, calibration: VenueCalibration): MarketVenue {
  const noTransaction = (): never => {
    throw new Error('not asked for')
  }
  return {
    name,
    kind: 'comet',
    calibration,
    kink: 0.9,
    agents: lendingAgents(name, { supplier: zero, borrower: '0x0000000000000000000000000000000000000001' }),
    reads: [],
    view: noTransaction,
    funding: noTransaction,
    deposit: noTransaction,
    withdraw: noTransaction,
    borrow: noTransaction,
    repay: noTransaction,
  }
}

const comet = venue('comet:usdc', calibrations.comet)

function view(positions: readonly bigint[], available: bigint, rateAtTarget?: number): VenueView {
  const [a = 0n, b = 0n, c = 0n, d = 0n] = positions
  return {
    totalSupply: a + b,
    totalBorrow: c + d,
    available,
    positions,
    supplyAprWad: 0n,
    ...(rateAtTarget === undefined ? {} : { rateAtTarget }),
  }
}

function pointWith(utilisation: number, supply: number, frozen = false): MarketPoint {
  const point = createMarketPath(1n, new Map()).at(0)
  return { ...point, marketRate: 0.05, venues: new Map([[comet.name, { utilisation, supply, frozen }]]) }
}

const noResponse = { supply: 0, borrow: 0 }
const usual = BigInt(calibrations.comet.supplyUnits) * usdc

describe('targets', () => {
  test('at the mean of the path utilisation stands at its offset from the kink', () => {
    const targets = venueTargets(comet, view([0n, 0n, 0n, 0n], 0n), {
      point: pointWith(0, 0),
      response: noResponse,
      bystanders: noBystanders,
    })
    expect(targets.supply).toBe(usual)
    const logit = Math.log(9) + calibrations.comet.offsetFromKink
    expect(Number(targets.borrow) / Number(targets.supply)).toBeCloseTo(1 / (1 + Math.exp(-logit)), 9)
  })

  test('borrows never pass what makes sense, however far the path goes', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -20, max: 20, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        (u, s) => {
          const targets = venueTargets(comet, view([0n, 0n, 0n, 0n], 0n), {
            point: pointWith(u, s),
            response: noResponse,
            bystanders: noBystanders,
          })
          expect(targets.borrow >= 0n && targets.borrow < targets.supply).toBe(true)
        },
      ),
    )
  })

  test('deposits of bystanders count towards utilisation', () => {
    const seen = view([60n * usdc, 40n * usdc, 50n * usdc, 20n * usdc], 0n)
    const others = bystandersOf(comet, { ...seen, totalSupply: 110n * usdc, totalBorrow: 73n * usdc })
    expect(others).toEqual({ supply: 10n * usdc, borrow: 3n * usdc })
    const inputs = { point: pointWith(0, 0), response: noResponse }
    const alone = venueTargets(comet, seen, { ...inputs, bystanders: noBystanders })
    const among = venueTargets(comet, seen, { ...inputs, bystanders: { supply: usual, borrow: 5n * usdc } })
    expect(among).toEqual({ supply: alone.supply, borrow: expect.any(BigInt) })
    expect(Number(among.borrow + 5n * usdc) / Number(alone.borrow)).toBeCloseTo(2, 9)
  })

  test('a frozen venue is borrowed empty, other deposits included', () => {
    const targets = venueTargets(comet, view([60n * usdc, 40n * usdc, 50n * usdc, 30n * usdc], 25n * usdc), {
      point: pointWith(0, 0, true),
      response: noResponse,
      bystanders: noBystanders,
    })
    expect(targets).toEqual({ supply: 100n * usdc, borrow: 105n * usdc })
  })

  test('borrowers give way where an adaptive curve asks more than the market', () => {
    const adaptive = { ...comet, calibration: { ...calibrations.comet, pull: 1.5 } }
    const inputs = { point: pointWith(0, 0), response: noResponse, bystanders: noBystanders }
    const atMarket = venueTargets(adaptive, view([0n, 0n, 0n, 0n], 0n, 0.05), inputs)
    const dear = venueTargets(adaptive, view([0n, 0n, 0n, 0n], 0n, 0.1), inputs)
    const cheap = venueTargets(adaptive, view([0n, 0n, 0n, 0n], 0n, 0.02), inputs)
    expect(dear.borrow < atMarket.borrow && atMarket.borrow < cheap.borrow).toBe(true)
  })
})

describe('moves', () => {
  test('who acts and how the way is shared does not depend on the state', () => {
    const shares = (positions: readonly bigint[]): number[] => {
      const targets = { supply: (positions[0] ?? 0n) + (positions[1] ?? 0n) + 10_000_000n * usdc, borrow: 0n }
      return planMoves(comet, view(positions, 0n), targets, { seed: 5n, step: 17 }).map((move) => Number(move.assets))
    }
    expect(shares([0n, 0n, 0n, 0n])).toEqual(shares([50_000_000n * usdc, 1n, 0n, 0n]))
  })

  test('over many steps each agent acts in about three of four', () => {
    let acted = 0
    for (let step = 0; step < 2_000; step += 1) {
      const moves = planMoves(comet, view([0n, 0n, 0n, 0n], 0n), { supply: usual, borrow: 0n }, { seed: 5n, step })
      if (moves.some(({ agent }) => agent.name === 'supplier-1')) acted += 1
    }
    expect(acted / 2_000).toBeCloseTo(0.75, 1)
  })

  test('the parts of the agents add up to the way, and dust stays', () => {
    const targets = { supply: usual, borrow: 0n }
    const moves = planMoves(comet, view([0n, 0n, 0n, 0n], 0n), targets, { seed: 1n, step: 0 }, true)
    const total = moves.reduce((sum, { assets }) => sum + assets, 0n)
    expect(total).toBe(usual)
    const near = view([usual / 2n, usual / 2n - 1_000n * usdc, 0n, 0n], 0n)
    expect(planMoves(comet, near, targets, { seed: 1n, step: 0 }, true)).toEqual([])
  })

  test('first positions are reached from above too, whoever holds them', () => {
    const seen = view([usual, 0n, 0n, 0n], usual)
    const moves = planMoves(comet, seen, { supply: usual / 4n, borrow: 0n }, { seed: 1n, step: 0 }, true)
    expect(moves.map(({ agent, action, assets }) => [agent.name, action, assets])).toEqual([
      ['supplier-0', 'withdraw', usual - usual / 4n],
    ])
  })

  test('no order of wishes takes out more than is free or than an agent has', () => {
    const wish = fc.record({
      agent: fc.constantFrom(...comet.agents),
      grows: fc.boolean(),
      assets: fc.bigInt({ min: 1n, max: 10n ** 15n }),
    })
    const amount = fc.bigInt({ min: 0n, max: 10n ** 14n })
    fc.assert(
      fc.property(
        fc.array(wish, { maxLength: 8 }),
        fc.tuple(amount, amount, amount, amount),
        amount,
        (wishes, positions, available) => {
          const wanted = wishes.map(({ agent, grows, assets }) => ({
            agent,
            action:
              agent.role === 'supplier'
                ? grows
                  ? ('deposit' as const)
                  : ('withdraw' as const)
                : grows
                  ? ('borrow' as const)
                  : ('repay' as const),
            assets,
          }))
          let free = available
          const held = new Map(comet.agents.map(({ address }, index) => [address, positions[index] ?? 0n]))
          for (const { agent, action, assets } of withinLimits(comet, view(positions, available), wanted)) {
            expect(assets > 0n).toBe(true)
            const position = held.get(agent.address) ?? 0n
            const grows = action === 'deposit' || action === 'borrow'
            held.set(agent.address, grows ? position + assets : position - assets)
            free += action === 'deposit' || action === 'repay' ? assets : -assets
            expect(free >= 0n).toBe(true)
            expect((held.get(agent.address) ?? 0n) >= 0n).toBe(true)
          }
        },
      ),
    )
  })

  test('money comes in before it goes out', () => {
    const [supplier, , borrower] = comet.agents
    if (supplier === undefined || borrower === undefined) throw new Error('no agents')
    const moves = withinLimits(comet, view([100n * usdc, 0n, 50n * usdc, 0n], 2n * usdc), [
      { agent: supplier, action: 'withdraw', assets: 30n * usdc },
      { agent: borrower, action: 'repay', assets: 40n * usdc },
    ])
    expect(moves.map(({ action, assets }) => [action, assets])).toEqual([
      ['repay', 40n * usdc],
      ['withdraw', 30n * usdc],
    ])
  })
})
