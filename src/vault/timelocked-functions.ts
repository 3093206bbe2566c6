import { type Hex, toFunctionSelector } from 'viem'
import { adapterAbi, erc4626AdapterAbi, guardAbi, rewardSellerAbi, uniswapV3AdapterAbi, vaultAbi } from './abi.ts'

/** What may hold a timelocked function. */
export type TimelockedTarget = 'vault' | 'guard' | 'adapter' | 'rewardSeller'

/** Every function that an adapter of any kind offers to its curator. */
export const adapterCallAbi = [...adapterAbi, ...erc4626AdapterAbi, ...uniswapV3AdapterAbi] as const

export type TimelockedFunction<target = TimelockedTarget> = {
  name: string
  selector: Hex
  target: target
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

/** Who may propose a function, by its name. */
function proposerOf(name: string): 'owner' | 'curator' {
  return ofTheOwner.includes(name) ? 'owner' : 'curator'
}

/** Every function of vault and Guard that waits for a timelock, in the order in which a person wants to read them. */
export const timelockedFunctions: readonly TimelockedFunction<'vault' | 'guard'>[] = (
  ['vault', 'guard'] as const
).flatMap((target) =>
  Object.entries(words[target]).map(([name, text]) => ({
    name,
    selector: selectorOf(target, name),
    target,
    words: text,
    proposer: proposerOf(name),
    isBound: bounds.includes(name),
  })),
)

const adapterWords = {
  setSkimRecipient: 'name who gets tokens that lie in an adapter and are no position',
  increaseMark: 'raise or lift the mark of an ERC-4626',
  increaseMaxPrice: 'pay more for a share of an ERC-4626',
  setBounds: 'loosen where ranges of a pool may stand and what they may pay',
  ignoreOracle: 'let ranges be left although their oracle disagrees',
  abdicate: 'give a function of an adapter up for good',
} as const

const ofOneKind: Readonly<Record<string, string>> = {
  increaseMark: 'erc4626',
  increaseMaxPrice: 'erc4626',
  setBounds: 'uniswap-v3',
  ignoreOracle: 'uniswap-v3',
}

/** The same of an adapter of this kind. All of it is the curator's to propose. */
export function adapterFunctions(kind: string): TimelockedFunction[] {
  return Object.entries(adapterWords)
    .filter(([name]) => (ofOneKind[name] ?? kind) === kind)
    .map(([name, text]) => ({
      ...{ name, selector: selectorOf('adapter', name), target: 'adapter', words: text },
      ...{ proposer: 'curator', isBound: false },
    }))
}

/** Every timelocked function of adapters of any kind. */
export const adapterTimelockedFunctions: readonly TimelockedFunction[] = [
  ...adapterFunctions('erc4626'),
  ...adapterFunctions('uniswap-v3').filter(({ name }) => ofOneKind[name] !== undefined),
]

const sellerWords = {
  setRoute: 'let a reward be sold, in another way or for more',
  abdicate: 'give a function of the reward seller up for good',
} as const

/** The same of a vault's reward seller. All of it is the curator's to propose. */
export const rewardSellerFunctions: readonly TimelockedFunction[] = Object.entries(sellerWords).map(([name, text]) => ({
  ...{ name, selector: selectorOf('rewardSeller', name), target: 'rewardSeller', words: text },
  ...{ proposer: 'curator', isBound: false },
}))

function selectorOf(target: TimelockedTarget, name: string): Hex {
  // What is timelocked stands in the ABI of the vault only.
  const adapter = [...adapterCallAbi, ...vaultAbi]
  const abi = { vault: vaultAbi, guard: guardAbi, adapter, rewardSeller: rewardSellerAbi }[target]
  const item = abi.find((entry) => entry.type === 'function' && entry.name === name)
  if (item?.type !== 'function') throw new Error(`unreachable: the ABI of the ${target} lacks ${name}`)
  return toFunctionSelector(item)
}
