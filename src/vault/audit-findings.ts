import { isAddressEqual, zeroAddress } from 'viem'
import type { AuditFacts } from './audit.ts'
import { rewardFindings } from './audit-findings-rewards.ts'

/** `serious`: do not deposit before it is answered. `warning`: know it. `note`: worth a look. */
type Severity = 'serious' | 'warning' | 'note'

export type Finding = { code: string; severity: Severity; text: string }

const day = 86_400n
const year = 365n * day
/** All assets once over in a year. */
const highRatePerSecondWad = 10n ** 18n / year + 1n

/** What is worth worrying about in a vault, the worst first. Pure. */
export function auditFindings(facts: AuditFacts): Finding[] {
  const findings: Finding[] = []
  const add = (severity: Severity, code: string, text: string): void => {
    findings.push({ code, severity, text })
  }
  guardFindings(facts, add)
  roleFindings(facts, add)
  timelockFindings(facts, add)
  venueFindings(facts, add)

  if (facts.totalSupply === 0n) add('serious', 'SEED_MISSING', 'Nobody holds a share: the vault is still being set up.')
  else if (facts.seedShares === 0n) {
    add('serious', 'SEED_MISSING', 'No shares lie dead: the first depositors are not protected.')
  }
  for (const { name, address, matches } of facts.code) {
    if (!matches) add('serious', 'CODE_DIFFERS', `The code of ${name} (${address}) is not the code of this build.`)
  }
  if (!facts.entriesOpen) add('warning', 'ENTRIES_CLOSED', 'The vault takes no deposits now.')
  if (facts.gate !== undefined)
    add('note', 'GATE', `The contract ${facts.gate} may refuse deposits and share transfers.`)
  besideFindings(facts, add)
  rewardFindings(facts, add)
  if (facts.maxRatePerSecondWad > highRatePerSecondWad) {
    const percent = (facts.maxRatePerSecondWad * year + 10n ** 15n) / 10n ** 16n
    add('warning', 'MAX_RATE_HIGH', `A venue that reports too much raises the exit price by up to ${percent} % a year.`)
  }
  for (const { words, executableAt, isAlive, proposer } of facts.pending) {
    if (!isAlive) {
      add('note', 'PENDING_DEAD', `A submitted call can never run, for ${proposer} lost the role: ${words}.`)
    } else if (executableAt <= facts.block.timestamp) {
      add('warning', 'MATURED', `Anyone can now make this submitted call: ${words}.`)
    } else add('note', 'PENDING', `A submitted call waits: ${words}.`)
  }
  const order: Severity[] = ['serious', 'warning', 'note']
  return findings.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
}

export type Add = (severity: Severity, code: string, text: string) => void

function guardFindings({ guard, ...facts }: AuditFacts, add: Add): void {
  if (guard === undefined) {
    add(
      'serious',
      'GUARD_MISSING',
      'The vault has no Guard, or one that does not name it: nothing bounds an allocator.',
    )
    return
  }
  const { limits, frozen, keepers } = guard
  if (limits.liquidFloorBps === 0)
    add('warning', 'LIQUID_FLOOR_ZERO', 'Plans may lend out everything: the liquid floor is 0.')
  if (frozen) add('note', 'FROZEN', 'The Guard is frozen: no plan runs until the owner lifts it.')
  if (keepers.length === 0) add('note', 'NO_KEEPER', 'Nobody may plan: there is no keeper.')
  for (const keeper of keepers) {
    const shares =
      isAddressEqual(keeper.address, facts.owner.address) && isAddressEqual(keeper.address, facts.curator.address)
    if (shares) {
      add('serious', 'ROLES_SHARED', `${keeper.address} is owner, curator and keeper: one key bounds itself.`)
    }
    if (!keeper.isContract) {
      add('note', 'KEEPER_EOA', `The keeper ${keeper.address} is a key; the Guard bounds what it can do.`)
    } else add('note', 'KEEPER_CONTRACT', `The keeper ${keeper.address} is a contract; look at who may call it.`)
  }
}

function roleFindings(facts: AuditFacts, add: Add): void {
  const { owner, pendingOwner, curator, sentinels } = facts
  if (sentinels.length === 0)
    add('warning', 'NO_SENTINEL', 'There is no sentinel: only owner and curator can stop a plan.')
  if (isAddressEqual(owner.address, curator.address)) {
    add('warning', 'OWNER_IS_CURATOR', `${owner.address} is owner and curator.`)
  }
  if (!owner.isContract) add('warning', 'OWNER_EOA', `The owner ${owner.address} is a single key.`)
  if (!curator.isContract && !isAddressEqual(curator.address, zeroAddress)) {
    add('note', 'CURATOR_EOA', `The curator ${curator.address} is a single key.`)
  }
  if (pendingOwner !== undefined) add('warning', 'OWNER_PENDING', `${pendingOwner} has not accepted the ownership yet.`)
}

function timelockFindings(facts: AuditFacts, add: Add): void {
  for (const { target: kind, adapter, name, seconds, abdicated, words, isBound } of facts.timelocks) {
    const target = adapter ?? kind
    if (abdicated) add('note', 'ABDICATED', `Nobody can ever ${words}: ${target}.${name} was given up.`)
    else if (seconds < day) {
      add('serious', 'TIMELOCK_SHORT', `It takes less than a day to ${words} (${target}.${name}: ${seconds} s).`)
    } else if (seconds < (isBound ? 7n : 3n) * day) {
      add(
        'warning',
        'TIMELOCK_BELOW_DEFAULT',
        `It takes ${seconds} s to ${words} (${target}.${name}), less than the default.`,
      )
    }
  }
}

function venueFindings(facts: AuditFacts, add: Add): void {
  for (const { name, relativeCapWad, absoluteCap, inExitList, isExact } of facts.venues) {
    if (relativeCapWad >= 10n ** 18n && absoluteCap > 0n) {
      add('warning', 'CAP_ALL', `All of the vault may go into ${name}: its share is not capped below 100 %.`)
    }
    if (!inExitList && isExact && absoluteCap > 0n && relativeCapWad > 0n) {
      add('warning', 'EXIT_LIST_MISSES', `Exits are not paid from ${name}: it is not in the exit list.`)
    }
  }
  if (facts.unnamedCaps.length > 0) {
    const ids = facts.unnamedCaps.map(({ id }) => id).join(', ')
    add(
      'warning',
      'CAP_UNNAMED',
      `Caps stand on ids that no venue above explains: markets in which nothing lies yet, or what they share. A deployment file names them (--deployment): ${ids}.`,
    )
  }
  for (const { address, kind, retired, quarantined, marked } of facts.adapters) {
    const name = `${kind} ${address}`
    if (quarantined)
      add('warning', 'QUARANTINED', `${name} is quarantined: it counts at a mark that a sentinel has set.`)
    if (marked) add('warning', 'MARKED', `${name} counts a position below what its venue reports.`)
    if (retired) add('note', 'RETIRED', `${name} is retired: nothing goes in any more.`)
  }
}

function besideFindings({ beside, vault }: AuditFacts, add: Add): void {
  const { factory, redeemQueue } = beside
  if (factory !== undefined && !factory.lists) {
    add('warning', 'FACTORY_SILENT', `The factory ${factory.address} does not list the vault: it vouches for nothing.`)
  }
  if (redeemQueue !== undefined && !isAddressEqual(redeemQueue.vault, vault)) {
    add('serious', 'QUEUE_FOREIGN', `The redeem queue ${redeemQueue.address} belongs to ${redeemQueue.vault}.`)
  }
}
