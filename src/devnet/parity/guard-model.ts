import { ceilDiv, max, min, sum } from '../../plan/integers.ts'
import type { VaultState } from '../../vault/vault-state.ts'

const wad = 10n ** 18n
const day = 86_400n

type GuardState = VaultState['guard']

/** The Guard's buckets and clock, reckoned beside the contract (contracts/Guard.sol, libraries/BucketLib.sol). */
export type GuardModel = {
  /** As a reader finds it at a time, with total assets of then. */
  at(timestamp: bigint, totalAssets: bigint, idle: bigint): GuardState
  /** A plan that landed. */
  land(
    timestamp: bigint,
    plan: { totalAssets: bigint; idleAfter: bigint; withdrawn: bigint; deposited: readonly bigint[] },
  ): void
}

/**
 * A model that goes on from what the chain says at `timestamp`. What rounding loses in plans is left out of the loss
 * budget: it is some units of the asset, and only decides what a plan may lose at least.
 *
 * @param inflowPerDay asset units that may go into each venue in a day
 */
export function createGuardModel(start: GuardState, timestamp: bigint, inflowPerDay: readonly bigint[]): GuardModel {
  const { limits } = start
  const capacity = BigInt(limits.turnoverPerDayBps) * (wad / 10_000n)
  let { nextNonce, lastRebalanceAt, turnoverOwed: owed } = start
  // Nothing was drawn yet: the opening plan took nothing out of a venue.
  let used = 0n
  let drawnAt = timestamp
  const inflow = inflowPerDay.map((most, j) => ({ used: most - (start.inflowAvailable[j] ?? 0n), at: timestamp }))

  return {
    at: (now, totalAssets, idle) => ({
      ...start,
      nextNonce,
      lastRebalanceAt,
      turnoverAvailable: ((capacity - outstanding(used, now - drawnAt, capacity)) * totalAssets) / wad,
      turnoverOwed: min(owed, idle),
      lossAvailable: (BigInt(limits.lossBudgetPerDayBps) * totalAssets) / 10_000n,
      inflowAvailable: inflow.map(({ used: drawn, at }, j) => {
        const most = inflowPerDay[j] ?? 0n
        return most - outstanding(drawn, now - at, most)
      }),
    }),
    land(now, { totalAssets, idleAfter, withdrawn, deposited }) {
      const into = sum(deposited)
      nextNonce += 1n
      let turnover = 0n
      if (into > 0n) {
        lastRebalanceAt = now
        const settled = min(owed, max(0n, into - withdrawn))
        turnover = withdrawn + settled
        owed -= settled
      } else {
        owed += withdrawn
      }
      owed = min(owed, idleAfter)
      if (turnover > 0n) {
        used = outstanding(used, now - drawnAt, capacity) + ceilDiv(turnover * wad, totalAssets)
        drawnAt = now
      }
      for (const [j, assets] of deposited.entries()) {
        const bucket = inflow[j]
        if (assets === 0n || bucket === undefined) continue
        bucket.used = outstanding(bucket.used, now - bucket.at, inflowPerDay[j] ?? 0n) + assets
        bucket.at = now
      }
    },
  }
}

/** What is still used after a time: the whole capacity flows back in a day. */
function outstanding(used: bigint, elapsed: bigint, capacity: bigint): bigint {
  if (elapsed >= day) return 0n
  return max(0n, min(used, capacity) - (capacity * elapsed) / day)
}
