import { max, min } from '../../../src/plan/integers.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { wholePosition } from '../../../src/plan/plan.ts'

const wad = 10n ** 18n
const day = 86_400n

/**
 * Turnover as contracts/Guard.sol reckons it, written down a second time: a bucket of shares of total assets, and what
 * plans that only withdraw leave owed. Venues pay and take to the unit; `test/e2e/guard-bounds.test.ts` holds the planner
 * against the contract itself.
 */
export class GuardModel {
  now: bigint
  idle: bigint
  readonly positions: bigint[]
  private used = 0n
  private drawnAt = 0n
  private owedStored = 0n
  private readonly capacity: bigint

  constructor(now: bigint, idle: bigint, positions: readonly bigint[], turnoverPerDayBps: number) {
    this.now = now
    this.idle = idle
    this.positions = [...positions]
    this.capacity = BigInt(turnoverPerDayBps) * 10n ** 14n
  }

  get total(): bigint {
    return this.positions.reduce((sum, position) => sum + position, this.idle)
  }

  get owed(): bigint {
    return min(this.owedStored, this.idle)
  }

  get turnoverAvailable(): bigint {
    return ((this.capacity - this.outstanding()) * this.total) / wad
  }

  /** Makes the plan, venue j being that of adapter j + 1; false where the turnover bucket refuses it. */
  rebalance({ legs }: Plan): boolean {
    const total = this.total
    let withdrawn = 0n
    let deposited = 0n
    for (const { adapter, deposit, assets } of legs) {
      const j = Number(adapter) - 1
      const position = this.positions[j] ?? 0n
      const moved = assets === wholePosition ? position : assets
      if (deposit) deposited += moved
      else withdrawn += moved
      this.positions[j] = deposit ? position + moved : position - moved
    }
    this.idle += withdrawn - deposited
    if (deposited === 0n) {
      this.owedStored += withdrawn
    } else {
      const settled = min(max(0n, deposited - withdrawn), this.owedStored)
      const share = ((withdrawn + settled) * wad + total - 1n) / total
      const used = this.outstanding()
      if (share > this.capacity - used) return false
      this.used = used + share
      this.drawnAt = this.now
      this.owedStored -= settled
    }
    this.owedStored = this.owed
    return true
  }

  private outstanding(): bigint {
    const elapsed = this.now - this.drawnAt
    if (elapsed >= day) return 0n
    const refilled = (this.capacity * elapsed) / day
    return max(0n, this.used - refilled)
  }
}
