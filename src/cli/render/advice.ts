import type { RefusalCode } from '../../plan/plan.ts'

/** What to do about each reason not to move: the last column of docs/reasons.md, word for word. */
const advice: Readonly<Record<RefusalCode, string>> = {
  hold: 'Nothing.',
  nothing_changed: 'Nothing, or lower that limit.',
  below_edge: 'Nothing; if it stands for days, compare capital, gas and horizon.',
  policy_failed: '`tiller policy verify`; take the last good package.',
  observation_incomplete: 'Wait two slots. If it comes back, the schedule misses slots.',
  stale_venue: 'Look at the venue: paused, migrated, or its adapter misconfigured.',
  slot_taken: 'Nothing: one move per slot.',
  frozen: 'Find out why; only the owner unfreezes, after the timelock.',
  missing_role: 'The curator adds the signer with `addKeeper`, or the key is the wrong one (`tiller keys address`).',
  cooldown: 'Nothing.',
  turnover_exhausted: 'Wait for the refill.',
  inflow_exhausted: 'Wait, or have the curator raise `inflowPerDay`.',
  loss_budget_exhausted: 'Wait for the refill; find what used it up.',
  venue_cap: 'Have the curator raise the cap, or wait for room in the venue.',
  venue_closed: 'Find out why; the curator reinstates or lifts it, after the timelock.',
  liquidity: 'Wait until borrowers pay back; exits keep their order.',
  liquid_floor: 'Add venues to the exit list, or raise the idle reserve.',
  quorum: "Don't choose by hand: replace the one that a third source contradicts.",
  endpoint_behind: 'Wait, or use another endpoint.',
  fee_ceiling: 'Wait, or raise `maxFeePerGasGwei`.',
  gas_money: 'Fund the signer.',
  gas_budget: 'Wait, or raise `maxGasEthPerDay`.',
  simulation_reverted: 'Usually the market moved since the read: nothing. If it repeats, `tiller explain`.',
  fork_gate_failed: '`tiller explain`; never bypass it.',
  signing_refused: 'Compare configuration and vault; a refusal without a change of yours is an alarm.',
  open_attempt: 'Nothing while it is pending; `tiller journal ls` if it stays.',
  plan_expired: 'Nothing, or raise `deadlineSeconds`.',
  canary_cap: 'Nothing, or climb to `live`.',
}

/** What to do about a reason; nothing to say where waiting is all there is, or for a code of another version. */
export function adviceOn(code: string): string | undefined {
  const text = advice[code as RefusalCode] as string | undefined
  return text === 'Nothing.' ? undefined : text
}
