import { type Hex, toFunctionSelector } from 'viem'
import { guardAbi, vaultAbi } from './abi.ts'

export type TimelockedFunction = {
  name: string
  selector: Hex
  target: 'vault' | 'guard'
  /** What it does, as an infinitive: `add an adapter`. */
  words: string
  /** Whose it is to propose. */
  proposer: 'owner' | 'curator'
  /** Admits an adapter, an allocator or a keeper, or moves the Guard's bounds: by default it waits longer. */
  isBound: boolean
}

const words = {
  vault: {
    setGuard: 'put another allocator in place of the Guard',
    addAdapter: 'admit an adapter',
    removeAdapter: 'forget an empty adapter',
    increaseAbsoluteCap: 'raise a cap in asset units',
    increaseRelativeCap: 'raise a cap as a share of total assets',
    setExitList: 'replace the exit list',
    setMaxRate: 'change how fast gains come into the price',
    increasePerformanceFee: 'raise the performance fee',
    increaseManagementFee: 'raise the management fee',
    setForcedExitPenalty: 'change the penalty of a forced exit',
    reinstate: 'allow inflow into a retired adapter again',
    lift: 'end the quarantine of an adapter',
    removeSentinel: 'remove a sentinel',
    abdicate: 'give a function of the vault up for good',
  },
  guard: {
    setLimits: "loosen the Guard's bounds",
    setInflowPerDay: 'raise what may go into a venue in a day',
    addKeeper: 'add a keeper',
    unfreeze: 'lift a freeze',
    abdicate: 'give a function of the Guard up for good',
  },
} as const

const bounds: readonly string[] = ['setGuard', 'addAdapter', 'setLimits', 'setInflowPerDay', 'addKeeper']

const ofTheOwner: readonly string[] = ['removeSentinel', 'unfreeze']

/** Every function of vault and Guard that waits for a timelock, in the order in which a person wants to read them. */
export const timelockedFunctions: readonly TimelockedFunction[] = (['vault', 'guard'] as const).flatMap((target) =>
  Object.entries(words[target]).map(([name, text]) => ({
    name,
    selector: selectorOf(target, name),
    target,
    words: text,
    proposer: ofTheOwner.includes(name) ? ('owner' as const) : ('curator' as const),
    isBound: bounds.includes(name),
  })),
)

function selectorOf(target: 'vault' | 'guard', name: string): Hex {
  const abi = target === 'vault' ? vaultAbi : guardAbi
  const item = abi.find((entry) => entry.type === 'function' && entry.name === name)
  if (item?.type !== 'function') throw new Error(`unreachable: the ABI of the ${target} lacks ${name}`)
  return toFunctionSelector(item)
}
