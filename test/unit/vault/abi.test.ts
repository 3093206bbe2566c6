import { type Abi, type AbiItem, toEventSelector, toFunctionSelector } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadArtifacts } from '../../../src/chain/artifacts.ts'
import {
  aaveV3AdapterAbi,
  adapterAbi,
  cometAdapterAbi,
  erc4626AdapterAbi,
  factoryAbi,
  guardAbi,
  morphoBlueAdapterAbi,
  priceGuardAbi,
  redeemQueueAbi,
  rewardSellerAbi,
  routerAbi,
  uniswapV3AdapterAbi,
  vaultAbi,
} from '../../../src/vault/abi.ts'

const names = [
  'Vault',
  'Guard',
  'VaultFactory',
  'RedeemQueue',
  'AaveV3Adapter',
  'CometAdapter',
  'MorphoBlueAdapter',
  'Erc4626Adapter',
  'UniswapV3Adapter',
  'Router',
  'RewardSeller',
  'PriceGuard',
  'ErrorsLib',
]
const compiled = new Map<string, Set<string>>()

beforeAll(async () => {
  const artifacts = await loadArtifacts(names)
  artifacts.forEach(({ abi }, index) => {
    compiled.set(names[index] ?? '', new Set(abi.map(describeItem)))
  })
}, 300_000)

/** What an encoder or decoder relies on: kind, signature, outputs, mutability, which arguments are indexed. */
function describeItem(item: AbiItem): string {
  if (item.type === 'function') {
    return `function ${toFunctionSelector(item)} ${item.name} ${item.stateMutability} → ${types(item.outputs)}`
  }
  if (item.type === 'event') {
    return `event ${toEventSelector(item)} ${item.name} ${item.inputs.map(({ indexed }) => (indexed ? 'i' : '-')).join('')}`
  }
  if (item.type === 'error') return `error ${item.name}(${types(item.inputs)})`
  if (item.type === 'constructor') return `constructor(${types(item.inputs)})`
  return item.type
}

type Parameter = { type: string; components?: readonly Parameter[] }

function types(parameters: readonly Parameter[]): string {
  return parameters
    .map(({ type, components }) => (components === undefined ? type : `(${types(components)})${type.slice(5)}`))
    .join(',')
}

/** Raised in assembly by solady's SafeTransferLib, so no compiled ABI lists them. */
const assemblyErrors = ['error TransferFailed()', 'error TransferFromFailed()']

function missing(abi: Abi, contracts: readonly string[]): string[] {
  const known = [...assemblyErrors, ...contracts.flatMap((name) => [...(compiled.get(name) ?? [])])]
  return abi.map(describeItem).filter((item) => !known.includes(item))
}

describe('the hand-written ABIs', () => {
  test('hold only what the compiled Vault, or an adapter that it calls, has', () => {
    expect(missing(vaultAbi, ['Vault', 'ErrorsLib'])).toEqual([])
  })

  test('hold only what the compiled Guard, or the vault that it calls, has', () => {
    expect(missing(guardAbi, ['Guard', 'ErrorsLib', 'Vault'])).toEqual([])
  })

  test('hold only what the compiled price guard has', () => {
    expect(missing(priceGuardAbi, ['PriceGuard'])).toEqual([])
  })

  test('hold only what the compiled Router and reward seller, or what they call, have', () => {
    expect(missing(routerAbi, ['Router', 'ErrorsLib', 'Vault'])).toEqual([])
    expect(missing(rewardSellerAbi, ['RewardSeller', 'ErrorsLib', 'Vault'])).toEqual([])
  })

  test('hold only what the compiled factory, or what it creates, has', () => {
    expect(missing(factoryAbi, ['VaultFactory', 'ErrorsLib', 'Vault'])).toEqual([])
  })

  test('hold only what the compiled queue, or the vault behind it, has', () => {
    expect(missing(redeemQueueAbi, ['RedeemQueue', 'ErrorsLib', 'Vault'])).toEqual([])
  })

  test.each([
    ['AaveV3Adapter', aaveV3AdapterAbi],
    ['CometAdapter', cometAdapterAbi],
    ['MorphoBlueAdapter', morphoBlueAdapterAbi],
    ['Erc4626Adapter', erc4626AdapterAbi],
    ['UniswapV3Adapter', uniswapV3AdapterAbi],
  ] as const)('of %s hold only what is compiled', (name, abi) => {
    expect(missing(abi, [name])).toEqual([])
    expect(missing(adapterAbi, [name, 'ErrorsLib'])).toEqual([])
  })

  test('name every error of ErrorsLib, so that none reaches a person as a selector', () => {
    const errors = new Set([...vaultAbi, ...guardAbi, ...factoryAbi, ...redeemQueueAbi, ...routerAbi].map(describeItem))
    expect([...(compiled.get('ErrorsLib') ?? [])].filter((item) => !errors.has(item))).toEqual([])
  })

  test('leave out nothing that the compiled contracts offer but constants, callbacks and library errors', () => {
    const offered = (name: string, abi: Abi): string[] => {
      const listed = new Set(abi.map(describeItem))
      return [...(compiled.get(name) ?? [])].filter((item) => /^(function|event)/.test(item) && !listed.has(item))
    }
    const named = (items: string[]): string[] => items.map((item) => item.split(' ')[2] ?? '').sort()
    expect(named(offered('RedeemQueue', redeemQueueAbi))).toEqual(['DROP_DELAY', 'DROP_TOLERANCE_BPS'])
    expect(named(offered('VaultFactory', factoryAbi))).toEqual(['BOUNDS_TIMELOCK', 'DEAD', 'DEFAULT_TIMELOCK'])
    expect(named(offered('Router', routerAbi))).toEqual(['onMorphoFlashLoan'])
    expect(named(offered('RewardSeller', rewardSellerAbi))).toEqual([
      'MAX_SLIPPAGE_BPS',
      'MAX_TIMELOCK',
      'uniswapV3SwapCallback',
    ])
    expect(named(offered('Vault', vaultAbi))).toEqual(['MAX_ADAPTERS', 'MAX_EXITS', 'MAX_TIMELOCK'])
    expect(named(offered('Guard', guardAbi))).toEqual([
      'MAX_LEGS',
      'MAX_LOSS_BUDGET_PER_DAY_BPS',
      'MAX_LOSS_PER_PLAN_BPS',
      'MAX_TIMELOCK',
      'MIN_COOLDOWN_SECONDS',
    ])
  })
})
