import { type Address, isAddressEqual, zeroAddress } from 'viem'
import { vaultPlanInvalid } from '../errors/vault.ts'
import type { VaultPlanConfig } from './plan-deployment.ts'
import { checkRewardSeller } from './reward-seller.ts'
import { timelockedFunctions } from './timelocked-functions.ts'
import { checkRange, liquidityIdOf, targetOf, type VenuePlan } from './venue-adapters.ts'

/** Takes what is wrong at a path of the plan. */
export type Fault = (path: string, text: string) => void

const unbounded = (1n << 128n) - 1n
const wad = 10n ** 18n
const day = 86_400n
const threeDays = 3n * day
const sevenDays = 7n * day
/** Chain ids on which the contracts take any timelock, as `base/Timelocked.sol` does. */
const testChains: readonly number[] = [31_337, 1_337]
/** The vault counts relative caps in parts of 1e9. */
const leastShareWad = 10n ** 9n

/**
 * Refuses what the contracts would refuse, and what no vault should be: every fault at once, each with its path. Pure.
 *
 * @throws VAULT_PLAN_INVALID
 */
export function checkPlan(config: VaultPlanConfig, byFactory: boolean, chainId: number): void {
  const faults: { path: string; fault: string }[] = []
  const fault: Fault = (path, text) => {
    faults.push({ path, fault: text })
  }
  checkRoles(config, fault)
  checkTimelocks(config, byFactory, chainId, fault)
  checkFees(config, fault)
  checkLimits(config, fault)
  checkVenues(config, fault)
  checkExits(config, fault)
  checkPeriphery(config, fault)
  if (faults.length > 0) throw vaultPlanInvalid(faults)
}

function checkRoles(config: VaultPlanConfig, fault: Fault): void {
  const different = (path: string, accounts: readonly Address[]): void => {
    accounts.forEach((account, index) => {
      notZero(`${path}[${index}]`, account, fault)
      if (accounts.findIndex((other) => isAddressEqual(other, account)) !== index)
        fault(`${path}[${index}]`, `repeats ${account}`)
    })
  }
  notZero('asset', config.asset, fault)
  notZero('owner', config.owner, fault)
  notZero('curator', config.curator, fault)
  different('sentinels', config.sentinels)
  different('keepers', config.keepers)
  if (config.seedAssets <= 0n) fault('seedAssets', 'must be above 0: dead shares protect the first depositors')
}

function checkTimelocks(config: VaultPlanConfig, byFactory: boolean, chainId: number, fault: Fault): void {
  const within = (path: string, seconds: bigint | undefined, least: bigint): void => {
    if (seconds === undefined) return
    if (seconds > 30n * day) fault(path, `is ${seconds} seconds, above 30 days`)
    if (testChains.includes(chainId)) return
    if (seconds < day) fault(path, `is ${seconds} seconds, below 1 day, the least outside test chains`)
    else if (byFactory && seconds < least) {
      fault(path, `is ${seconds} seconds, below ${least / day} days, the least of a vault that the factory opens`)
    }
  }
  within('timelockSeconds', config.timelockSeconds, threeDays)
  within('boundsTimelockSeconds', config.boundsTimelockSeconds, sevenDays)
  for (const [name, seconds] of Object.entries(config.timelocks ?? {})) {
    const path = `timelocks.${name}`
    const known = timelockedFunctions.find((item) => item.name === name)
    within(path, seconds, known?.isBound === true ? sevenDays : threeDays)
    if (known === undefined) fault(path, `is no timelocked function; those are ${timelockedNames()}`)
    if (byFactory && (name === 'removeSentinel' || name === 'unfreeze')) {
      fault(path, "is the owner's to lengthen, once it has accepted the vault from the factory")
    }
  }
}

function checkFees(config: VaultPlanConfig, fault: Fault): void {
  const { performanceFeeBps = 0, managementFeeBps = 0, forcedExitPenaltyBps, maxRatePerSecondWad: rate } = config
  if (performanceFeeBps > 3_000) fault('performanceFeeBps', `is ${performanceFeeBps}, above 3000 (30 %)`)
  if (managementFeeBps > 200) fault('managementFeeBps', `is ${managementFeeBps}, above 200 (2 %)`)
  const hasFee = performanceFeeBps > 0 || managementFeeBps > 0
  if (hasFee && isAddressEqual(config.feeRecipient ?? zeroAddress, zeroAddress))
    fault('feeRecipient', 'is needed where there is a fee')
  if (forcedExitPenaltyBps !== undefined && (forcedExitPenaltyBps < 1 || forcedExitPenaltyBps > 200)) {
    fault('forcedExitPenaltyBps', `is ${forcedExitPenaltyBps}, not 1 to 200 (2 %)`)
  }
  if (rate !== undefined && (rate < wad / (10n * 365n * day) || rate > (2n * wad) / (365n * day))) {
    fault('maxRatePerSecondWad', `is ${rate}, not 3170979198 to 63419583967 (10 % to 200 % a year)`)
  }
}

function checkLimits({ limits }: VaultPlanConfig, fault: Fault): void {
  if (limits.cooldownSeconds < 600) fault('limits.cooldownSeconds', `is ${limits.cooldownSeconds}, below 600`)
  if (limits.maxLossPerPlanBps > 20)
    fault('limits.maxLossPerPlanBps', `is ${limits.maxLossPerPlanBps}, above 20 (0.2 %)`)
  if (limits.lossBudgetPerDayBps > 50)
    fault('limits.lossBudgetPerDayBps', `is ${limits.lossBudgetPerDayBps}, above 50 (0.5 %)`)
  if (limits.liquidFloorBps > 10_000) fault('limits.liquidFloorBps', `is ${limits.liquidFloorBps}, above 10000 (100 %)`)
}

function checkVenues(config: VaultPlanConfig, fault: Fault): void {
  if (config.venues.length === 0 || config.venues.length > 16)
    fault('venues', `are ${config.venues.length}, not 1 to 16`)
  const names = config.venues.map(({ name }) => name)
  config.venues.forEach((venue, index) => {
    const path = `venues[${index}]`
    if (names.indexOf(venue.name) !== index) fault(`${path}.name`, `repeats ${venue.name}`)
    notZero(`${path}.${venue.kind}`, targetOf(venue), fault)
    checkCaps(venue, path, fault)
    if (venue.kind === 'erc4626') {
      if (venue.maxSharePriceWad <= 0n || venue.maxSharePriceWad > unbounded) {
        fault(`${path}.maxSharePriceWad`, 'is not above 0 and below 2^128')
      }
      if (venue.minShareSupply < 0n) fault(`${path}.minShareSupply`, 'is below 0')
    }
    if (venue.kind === 'uniswap-v3') checkRange(venue, path, config.venues.slice(0, index), fault)
    if (venue.kind === 'morpho-blue' && !isAddressEqual(venue.market.loanToken, config.asset)) {
      fault(`${path}.market.loanToken`, `is not the asset ${config.asset}`)
    }
  })
}

function checkCaps({ inflowPerDay = 0n, absoluteCap, relativeCapWad }: VenuePlan, path: string, fault: Fault): void {
  if (inflowPerDay > unbounded) fault(`${path}.inflowPerDay`, 'does not fit 128 bits')
  if (absoluteCap < 0n || absoluteCap > unbounded) fault(`${path}.absoluteCap`, 'does not fit 128 bits')
  if (relativeCapWad < 0n || relativeCapWad > wad)
    fault(`${path}.relativeCapWad`, `is ${relativeCapWad}, not 0 to 1e18`)
  if (relativeCapWad > 0n && relativeCapWad < leastShareWad) {
    fault(`${path}.relativeCapWad`, `is ${relativeCapWad}, less than the vault can count; 40 % is 400000000000000000`)
  }
}

function checkExits({ venues, exitList: exits = [] }: VaultPlanConfig, fault: Fault): void {
  exits.forEach((name, index) => {
    const venue = venues.find((candidate) => candidate.name === name)
    if (venue === undefined) fault(`exitList[${index}]`, `names no venue: ${name}`)
    if (exits.indexOf(name) !== index) fault(`exitList[${index}]`, `repeats ${name}`)
    if (venue?.kind === 'uniswap-v3') fault(`exitList[${index}]`, `is a range of a pool: its exit is not exact`)
    const rival = exits
      .slice(0, index)
      .flatMap((other) => venues.filter((candidate) => candidate.name === other && other !== name))
      .find((other) => venue !== undefined && liquidityIdOf(other) === liquidityIdOf(venue))
    if (rival !== undefined) fault(`exitList[${index}]`, `drains the same pool of liquidity as ${rival.name}`)
  })
}

function checkPeriphery(config: VaultPlanConfig, fault: Fault): void {
  const { redeemQueue, rewardSeller } = config.periphery ?? {}
  const smallest = redeemQueue?.minRequestAssets
  if (smallest !== undefined && (smallest === 0n || smallest > unbounded)) {
    fault('periphery.redeemQueue.minRequestAssets', 'is 0 or does not fit 128 bits')
  }
  if (rewardSeller !== undefined) checkRewardSeller(rewardSeller, config, fault)
}

function notZero(path: string, address: Address, fault: Fault): void {
  if (isAddressEqual(address, zeroAddress)) fault(path, 'is the zero address')
}

function timelockedNames(): string {
  return [...new Set(timelockedFunctions.map(({ name }) => name))].join(', ')
}
