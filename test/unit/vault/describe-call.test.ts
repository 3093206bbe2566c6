import { encodeFunctionData, getAddress, type Hex, toFunctionSelector, zeroAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { guardAbi, rewardSellerAbi, vaultAbi } from '../../../src/vault/abi.ts'
import { type CallNames, describeCall } from '../../../src/vault/describe-call.ts'
import {
  adapterCallAbi,
  adapterTimelockedFunctions,
  rewardSellerFunctions,
  timelockedFunctions,
} from '../../../src/vault/timelocked-functions.ts'

const id: Hex = `0x${'11'.repeat(32)}`
const account = '0x00000000000000000000000000000000000000A1'
const names: CallNames = {
  nameOfId: (given) => (given === id ? 'aave-v3' : given),
  nameOf: (given) => (given === account ? 'Ann' : given),
  amount: (units) => `${units} units`,
  tokenAmount: (units, token) => `${units} of ${token === account ? 'RWD' : token}`,
  duration: (seconds) => `${seconds} s`,
}

const ofVault = (functionName: string, args: readonly unknown[]) =>
  describeCall('vault', encodeFunctionData({ abi: vaultAbi, functionName, args } as never), names)
const ofGuard = (functionName: string, args: readonly unknown[]) =>
  describeCall('guard', encodeFunctionData({ abi: guardAbi, functionName, args } as never), names)

describe('describeCall', () => {
  test('puts every timelocked call of the vault into words', () => {
    const exits = [{ adapter: account, data: '0x' }]
    expect([
      ofVault('setGuard', [account]),
      ofVault('addAdapter', [account]),
      ofVault('removeAdapter', [account]),
      ofVault('increaseAbsoluteCap', [id, 5n]),
      ofVault('increaseAbsoluteCap', [id, (1n << 128n) - 1n]),
      ofVault('increaseRelativeCap', [id, 125n * 10n ** 15n]),
      ofVault('setExitList', [exits]),
      ofVault('setExitList', [[]]),
      ofVault('setMaxRate', [63_419_583_967n]),
      ofVault('increasePerformanceFee', [1_050]),
      ofVault('increaseManagementFee', [200]),
      ofVault('setForcedExitPenalty', [20]),
      ofVault('reinstate', [account]),
      ofVault('lift', [account]),
      ofVault('removeSentinel', [account]),
      ofVault('decreaseTimelock', [toFunctionSelector('function addAdapter(address)'), 60n]),
      ofVault('abdicate', [toFunctionSelector('function addAdapter(address)')]),
    ]).toEqual([
      'make Ann the only allocator',
      'admit the adapter Ann',
      'forget the adapter Ann',
      'raise the cap of aave-v3 to 5 units',
      'raise the cap of aave-v3 to no bound',
      'raise the cap of aave-v3 to 12.50 % of total assets',
      'pay exits from idle and then from Ann',
      'pay exits from idle alone',
      'let gains come into the price at 199.99 % a year at most',
      'raise the performance fee to 10.50 % of gains',
      'raise the management fee to 2 % a year',
      'set the penalty of a forced exit to 0.20 %',
      'allow inflow into Ann again',
      'end the quarantine of Ann',
      'remove the sentinel Ann',
      'shorten the timelock of addAdapter to 60 s',
      'give up for good to admit an adapter',
    ])
  })

  test('puts every timelocked call of the Guard into words', () => {
    const limits = {
      cooldownSeconds: 3_600,
      maxLossPerPlanBps: 2,
      lossBudgetPerDayBps: 5,
      turnoverPerDayBps: 5_000,
      liquidFloorBps: 500,
    }
    expect([
      ofGuard('addKeeper', [account]),
      ofGuard('unfreeze', []),
      ofGuard('setInflowPerDay', [id, 9n]),
      ofGuard('setLimits', [limits]),
    ]).toEqual([
      'let Ann plan as a keeper',
      'lift the freeze of the Guard',
      'let 9 units a day go into aave-v3',
      "set the Guard's bounds: loss 0.02 % a plan and 0.05 % a day, turnover 50 % a day, liquid floor 5 %, cooldown 3600 s",
    ])
  })

  test('puts every timelocked call of an adapter into words', () => {
    const adapter = '0x00000000000000000000000000000000000000b2'
    const own: CallNames = {
      ...names,
      nameOf: (given) => (given === getAddress(adapter) ? 'the range' : names.nameOf(given)),
    }
    const ofAdapter = (functionName: string, args: readonly unknown[]) =>
      describeCall(
        { adapter: getAddress(adapter) },
        encodeFunctionData({ abi: [...adapterCallAbi, ...vaultAbi], functionName, args } as never),
        own,
      )
    const bounds = { tickMin: -100, tickMax: 120, minWidth: 10, maxWidth: 40, maxSlippageBps: 25 }
    const selectorOf = (name: string) => adapterTimelockedFunctions.find((item) => item.name === name)?.selector
    expect([
      ofAdapter('setSkimRecipient', [account]),
      ofAdapter('increaseMark', [1_250n * 10n ** 15n]),
      ofAdapter('increaseMark', [(1n << 128n) - 1n]),
      ofAdapter('increaseMaxPrice', [2n * 10n ** 18n]),
      ofAdapter('setBounds', [bounds]),
      ofAdapter('ignoreOracle', []),
      ofAdapter('decreaseTimelock', [selectorOf('increaseMaxPrice'), 60n]),
      ofAdapter('abdicate', [selectorOf('ignoreOracle')]),
      describeCall({ adapter: getAddress(adapter) }, '0x12345678', own),
    ]).toEqual([
      'send what lies in the range and is no position to Ann',
      'count a share of the range for up to 1.25',
      'lift the mark of the range',
      'let the range pay up to 2 for a share',
      'let the range stand between the ticks -100 and 120, 10 to 40 wide, and swap at up to 0.25 % off',
      'let the range be left although its oracle disagrees',
      'shorten the timelock of increaseMaxPrice in the range to 60 s',
      'give up for good to let ranges be left although their oracle disagrees: the range',
      'call the unknown function 0x12345678 of the range',
    ])
  })

  test('never fails: what it does not know is told by its selector', () => {
    expect(describeCall('vault', '0x12345678', names)).toBe('call the unknown function 0x12345678 of the vault')
    expect(describeCall('guard', '0x', names)).toBe('call the unknown function 0x of the guard')
  })

  test('knows every timelocked function by a selector of its own', () => {
    const all = [...timelockedFunctions, ...adapterTimelockedFunctions]
    const keys = all.map(({ target, selector }) => target + selector)
    expect(new Set(keys).size).toBe(keys.length)
  })

  test('puts what waits in a reward seller into words: what, how much, where and at what price', () => {
    const ofSeller = (functionName: string, args: readonly unknown[]) =>
      describeCall('rewardSeller', encodeFunctionData({ abi: rewardSellerAbi, functionName, args } as never), names)
    const place = (digit: number): `0x${string}` => `0x${String(digit).repeat(40)}`
    const hop = (digit: number) => ({ pool: place(digit), priceGuard: place(digit + 1) })
    const none = { pool: zeroAddress, priceGuard: zeroAddress }
    const bounds = { maxSlippageBps: 150, perDay: 7n }
    const { selector } = rewardSellerFunctions[0] ?? { selector: '0x' }
    expect([
      ofSeller('setRoute', [account, { first: hop(1), second: none, ...bounds }]),
      ofSeller('setRoute', [account, { first: hop(1), second: hop(3), ...bounds }]),
      ofSeller('decreaseTimelock', [selector, 5n]),
      ofSeller('abdicate', [selector]),
      describeCall('rewardSeller', '0x12345678', names),
    ]).toEqual([
      `sell up to 7 of RWD a day through the pool ${place(1)} (price guard ${place(2)}), for at most 1.50 % less than the feeds say`,
      `sell up to 7 of RWD a day through the pool ${place(1)} (price guard ${place(2)}) and the pool ${place(3)} (price guard ${place(4)}), for at most 1.50 % less than the feeds say`,
      'shorten the timelock of setRoute to 5 s',
      'give up for good to let a reward be sold, in another way or for more',
      'call the unknown function 0x12345678 of the reward seller',
    ])
  })
})
