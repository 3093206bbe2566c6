import { type Address, decodeFunctionData, getAddress, type Hex, isAddressEqual, zeroAddress } from 'viem'
import { guardAbi, rewardSellerAbi, vaultAbi } from './abi.ts'
import {
  adapterCallAbi,
  adapterTimelockedFunctions,
  rewardSellerFunctions,
  type TimelockedTarget,
  timelockedFunctions,
} from './timelocked-functions.ts'

const unbounded = (1n << 128n) - 1n

/** What a call is told in: names of ids and accounts, and the asset. */
export type CallNames = {
  /** Name of a cap's id or a venue's, e.g. `aave-v3`. */
  nameOfId(id: Hex): string
  /** Name of an account or contract, e.g. `the Guard`; the address where it has none. */
  nameOf(address: Address): string
  /** Asset units as text, e.g. `1,000.00 USDC`. */
  amount(units: bigint): string
  /** The same of another token, which it names. */
  tokenAmount(units: bigint, token: Address): string
  /** Seconds as text. */
  duration(seconds: bigint): string
}

// What is timelocked stands in the ABI of the vault only.
const abis = {
  vault: vaultAbi,
  guard: guardAbi,
  adapter: [...adapterCallAbi, ...vaultAbi],
  rewardSeller: rewardSellerAbi,
} as const
const places = { vault: 'the vault', guard: 'the guard', rewardSeller: 'the reward seller' } as const

/**
 * Puts calldata of vault, Guard or an adapter into words, as an infinitive: `raise the cap of aave-v3 to 1,000.00 USDC`.
 * Never fails: what no ABI knows is told by its selector.
 *
 * @param target What it is sent to; of adapters there are many, so theirs comes with its address.
 */
export function describeCall(
  target: Exclude<TimelockedTarget, 'adapter'> | { adapter: Address },
  data: Hex,
  names: CallNames,
): string {
  const kind: TimelockedTarget = typeof target === 'string' ? target : 'adapter'
  const place = typeof target === 'string' ? places[target] : names.nameOf(target.adapter)
  const abi = abis[kind]
  let call: { functionName: string; args?: readonly unknown[] | undefined }
  try {
    call = decodeFunctionData({ abi, data })
  } catch {
    return `call the unknown function ${data.slice(0, 10)} of ${place}`
  }
  const { functionName, args = [] } = call
  const [first, second] = args
  const account = () => names.nameOf(getAddress(first as Address))
  const id = () => names.nameOfId(first as Hex)
  switch (functionName) {
    case 'setGuard':
      return `make ${account()} the only allocator`
    case 'addAdapter':
      return `admit the adapter ${account()}`
    case 'removeAdapter':
      return `forget the adapter ${account()}`
    case 'increaseAbsoluteCap':
      return `raise the cap of ${id()} to ${capText(second as bigint, names)}`
    case 'increaseRelativeCap':
      return `raise the cap of ${id()} to ${percent(second as bigint, 10n ** 16n)} of total assets`
    case 'setExitList':
      return exitText(first as readonly { adapter: Address; data: Hex }[], names)
    case 'setMaxRate':
      return `let gains come into the price at ${percent((first as bigint) * 31_536_000n, 10n ** 16n)} a year at most`
    case 'increasePerformanceFee':
      return `raise the performance fee to ${percent(BigInt(first as number), 100n)} of gains`
    case 'increaseManagementFee':
      return `raise the management fee to ${percent(BigInt(first as number), 100n)} a year`
    case 'setForcedExitPenalty':
      return `set the penalty of a forced exit to ${percent(BigInt(first as number), 100n)}`
    case 'reinstate':
      return `allow inflow into ${account()} again`
    case 'lift':
      return `end the quarantine of ${account()}`
    case 'removeSentinel':
      return `remove the sentinel ${account()}`
    case 'addKeeper':
      return `let ${account()} plan as a keeper`
    case 'unfreeze':
      return 'lift the freeze of the Guard'
    case 'setInflowPerDay':
      return `let ${capText(second as bigint, names)} a day go into ${id()}`
    case 'setLimits':
      return limitsText(first as Limits, names)
    case 'setSkimRecipient':
      return `send what lies in ${place} and is no position to ${account()}`
    case 'increaseMark':
      return (first as bigint) >= unbounded
        ? `lift the mark of ${place}`
        : `count a share of ${place} for up to ${price(first as bigint)}`
    case 'increaseMaxPrice':
      return `let ${place} pay up to ${price(first as bigint)} for a share`
    case 'setBounds':
      return boundsText(place, first as Bounds)
    case 'ignoreOracle':
      return `let ${place} be left although its oracle disagrees`
    case 'setRoute':
      return routeText(getAddress(first as Address), second as Route, names)
    case 'decreaseTimelock':
      return `shorten the timelock of ${functionText(kind, first as Hex)}${kind === 'adapter' ? ` in ${place}` : ''} to ${names.duration(second as bigint)}`
    case 'abdicate':
      return `give up for good to ${functionWords(kind, first as Hex)}${kind === 'adapter' ? `: ${place}` : ''}`
    default:
      return `call ${functionName}(${args.map(String).join(', ')}) of ${place}`
  }
}

type Limits = {
  cooldownSeconds: number
  maxLossPerPlanBps: number
  lossBudgetPerDayBps: number
  turnoverPerDayBps: number
  liquidFloorBps: number
}

function limitsText(limits: Limits, names: CallNames): string {
  const bps = (value: number) => percent(BigInt(value), 100n)
  return [
    "set the Guard's bounds: loss",
    `${bps(limits.maxLossPerPlanBps)} a plan and ${bps(limits.lossBudgetPerDayBps)} a day,`,
    `turnover ${bps(limits.turnoverPerDayBps)} a day,`,
    `liquid floor ${bps(limits.liquidFloorBps)},`,
    `cooldown ${names.duration(BigInt(limits.cooldownSeconds))}`,
  ].join(' ')
}

function exitText(entries: readonly { adapter: Address; data: Hex }[], names: CallNames): string {
  if (entries.length === 0) return 'pay exits from idle alone'
  const places = entries.map(({ adapter }) => names.nameOf(getAddress(adapter)))
  return `pay exits from idle and then from ${places.join(', ')}`
}

function capText(units: bigint, names: CallNames): string {
  return units >= unbounded ? 'no bound' : names.amount(units)
}

type Bounds = { tickMin: number; tickMax: number; minWidth: number; maxWidth: number; maxSlippageBps: number }

function boundsText(place: string, { tickMin, tickMax, minWidth, maxWidth, maxSlippageBps }: Bounds): string {
  const slippage = percent(BigInt(maxSlippageBps), 100n)
  return `let ${place} stand between the ticks ${tickMin} and ${tickMax}, ${minWidth} to ${maxWidth} wide, and swap at up to ${slippage} off`
}

type Hop = { pool: Address; priceGuard: Address }
type Route = { first: Hop; second: Hop; maxSlippageBps: number; perDay: bigint }

function routeText(token: Address, { first, second, maxSlippageBps, perDay }: Route, names: CallNames): string {
  const hops = isAddressEqual(second.pool, zeroAddress) ? [first] : [first, second]
  const way = hops.map(({ pool, priceGuard }) => `the pool ${pool} (price guard ${priceGuard})`).join(' and ')
  const most = names.tokenAmount(perDay, token)
  return `sell up to ${most} a day through ${way}, for at most ${percent(BigInt(maxSlippageBps), 100n)} less than the feeds say`
}

/** Whole assets for a whole share, 1e18 = 1, with up to four decimals. */
function price(wad: bigint): string {
  const rest = ((wad % 10n ** 18n) / 10n ** 14n).toString().padStart(4, '0').replace(/0+$/, '')
  return `${wad / 10n ** 18n}${rest === '' ? '' : `.${rest}`}`
}

function knownFunction(target: TimelockedTarget, selector: Hex) {
  const known = [...timelockedFunctions, ...adapterTimelockedFunctions, ...rewardSellerFunctions]
  return known.find((item) => item.target === target && item.selector === selector)
}

function functionWords(target: TimelockedTarget, selector: Hex): string {
  return knownFunction(target, selector)?.words ?? `use ${selector}`
}

function functionText(target: TimelockedTarget, selector: Hex): string {
  return knownFunction(target, selector)?.name ?? selector
}

/** `value / unit` as percent with up to two decimals. */
function percent(value: bigint, unit: bigint): string {
  const hundredths = (value * 100n) / unit
  const whole = hundredths / 100n
  const rest = (hundredths % 100n).toString().padStart(2, '0')
  return rest === '00' ? `${whole} %` : `${whole}.${rest} %`
}
