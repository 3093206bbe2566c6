import { AdaptiveCurveIrmLib } from '@morpho-org/blue-sdk'
import {
  type Address,
  decodeFunctionResult,
  encodeAbiParameters,
  encodeDeployData,
  encodeFunctionData,
  type Hex,
  keccak256,
} from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AnvilProcess, startAnvil } from '../../src/chain/anvil.ts'
import { loadArtifact } from '../../src/chain/artifacts.ts'
import { type BatchRpc, createBatchRpc, requireAll } from '../../src/devnet/agents/batch-rpc.ts'
import { drawUint32 } from '../../src/market/draw.ts'

const wad = 10n ** 18n
const start = 1_800_000_000n
const gas = '0x1000000'
const irmAbi = [
  {
    type: 'function',
    name: 'rates',
    stateMutability: 'pure',
    inputs: [
      { name: 'utilisation', type: 'int256' },
      { name: 'startRateAtTarget', type: 'int256' },
      { name: 'elapsed', type: 'int256' },
    ],
    outputs: [{ type: 'int256' }, { type: 'int256' }],
  },
  {
    type: 'function',
    name: 'wExp',
    stateMutability: 'pure',
    inputs: [{ name: 'x', type: 'int256' }],
    outputs: [{ type: 'int256' }],
  },
  ...['borrowRate', 'borrowRateView'].map((name) => ({
    type: 'function' as const,
    name: name as 'borrowRate' | 'borrowRateView',
    stateMutability: 'view' as const,
    inputs: [
      {
        name: 'marketParams',
        type: 'tuple',
        components: [
          { name: 'loanToken', type: 'address' },
          { name: 'collateralToken', type: 'address' },
          { name: 'oracle', type: 'address' },
          { name: 'irm', type: 'address' },
          { name: 'lltv', type: 'uint256' },
        ],
      },
      {
        name: 'market',
        type: 'tuple',
        components: [
          { name: 'totalSupplyAssets', type: 'uint128' },
          { name: 'totalSupplyShares', type: 'uint128' },
          { name: 'totalBorrowAssets', type: 'uint128' },
          { name: 'totalBorrowShares', type: 'uint128' },
          { name: 'lastUpdate', type: 'uint128' },
          { name: 'fee', type: 'uint128' },
        ],
      },
    ] as const,
    outputs: [{ type: 'uint256' }] as const,
  })),
  {
    type: 'function',
    name: 'rateAtTarget',
    stateMutability: 'view',
    inputs: [{ name: 'id', type: 'bytes32' }],
    outputs: [{ type: 'int256' }],
  },
] as const

let anvil: AnvilProcess
let batch: BatchRpc
let morpho: Address
let irm: Address

beforeAll(async () => {
  anvil = await startAnvil({ noMining: true, timestamp: start })
  batch = createBatchRpc(anvil.url)
  const [accounts] = await requireAll(batch, [{ method: 'eth_accounts', params: [] }])
  const [first] = accounts as Address[]
  if (first === undefined) throw new Error('anvil has no accounts')
  morpho = first
  const { abi, bytecode } = await loadArtifact('AdaptiveCurveIrm')
  const data = encodeDeployData({ abi, bytecode, args: [morpho] })
  const [hash] = await requireAll(batch, [{ method: 'eth_sendTransaction', params: [{ from: morpho, data, gas }] }])
  await requireAll(batch, [{ method: 'evm_mine', params: [] }])
  const [receipt] = await requireAll(batch, [{ method: 'eth_getTransactionReceipt', params: [hash] }])
  irm = (receipt as { contractAddress: Address }).contractAddress
})

afterAll(async () => {
  await anvil?.stop()
})

/** 64 random bits: the source of every random state here. */
function random64(step: number, name: string): bigint {
  return (BigInt(drawUint32(7n, step, 'irm', name, 0)) << 32n) | BigInt(drawUint32(7n, step, 'irm', name, 1))
}

function calls(data: readonly Hex[]): { method: string; params: unknown[] }[] {
  return data.map((call) => ({ method: 'eth_call', params: [{ to: irm, data: call }, 'latest'] }))
}

test('the model equals AdaptiveCurveIrmLib to the wei over 6000 random states', async () => {
  const { MIN_RATE_AT_TARGET, MAX_RATE_AT_TARGET } = AdaptiveCurveIrmLib
  const states = Array.from({ length: 6_000 }, (_, step) => {
    const span = step % 3 === 0 ? 7_200n : step % 3 === 1 ? 86_400n * 30n : 86_400n * 3_650n
    return {
      utilisation:
        step % 50 === 0 ? ([0n, (9n * wad) / 10n, wad][(step / 50) % 3] ?? 0n) : random64(step, 'u') % (wad + 1n),
      rateAtTarget:
        step % 20 === 0
          ? 0n
          : MIN_RATE_AT_TARGET + (random64(step, 'r') % (MAX_RATE_AT_TARGET - MIN_RATE_AT_TARGET + 1n)),
      elapsed: random64(step, 't') % span,
    }
  })
  const results = await requireAll(
    batch,
    calls(
      states.map(({ utilisation, rateAtTarget, elapsed }) =>
        encodeFunctionData({ abi: irmAbi, functionName: 'rates', args: [utilisation, rateAtTarget, elapsed] }),
      ),
    ),
  )
  for (const [index, { utilisation, rateAtTarget, elapsed }] of states.entries()) {
    const found = decodeFunctionResult({ abi: irmAbi, functionName: 'rates', data: results[index] as Hex })
    const expected = AdaptiveCurveIrmLib.getBorrowRate(utilisation, rateAtTarget, elapsed)
    if (found[0] !== expected.avgBorrowRate || found[1] !== expected.endRateAtTarget) {
      expect({ utilisation, rateAtTarget, elapsed, found }).toEqual({ expected })
    }
  }
})

test('the exponential equals AdaptiveCurveIrmLib.wExp to the wei over 2000 random exponents', async () => {
  const exponents = Array.from({ length: 2_000 }, (_, step) => {
    const within = random64(step, 'x') % wad
    return step % 2 === 0 ? within - wad / 2n : (within - wad / 2n) * 200n
  })
  const results = await requireAll(
    batch,
    calls(exponents.map((x) => encodeFunctionData({ abi: irmAbi, functionName: 'wExp', args: [x] }))),
  )
  expect(results.map((data) => BigInt(data as Hex))).toEqual(
    exponents.map((x) => BigInt.asUintN(256, AdaptiveCurveIrmLib.wExp(x))),
  )
})

test('stored rates follow AdaptiveCurveIrmLib over 200 accruals of one market', async () => {
  const params = { loanToken: morpho, collateralToken: irm, oracle: irm, irm, lltv: (86n * wad) / 100n }
  const id = keccak256(
    encodeAbiParameters(
      [{ type: 'address' }, { type: 'address' }, { type: 'address' }, { type: 'address' }, { type: 'uint256' }],
      [params.loanToken, params.collateralToken, params.oracle, params.irm, params.lltv],
    ),
  )
  const [head] = await requireAll(batch, [{ method: 'eth_getBlockByNumber', params: ['latest', false] }])
  let lastUpdate = BigInt((head as { timestamp: Hex }).timestamp)
  let rateAtTarget = 0n
  for (let step = 0; step < 200; step += 1) {
    const elapsed = 1n + (random64(step, 'elapsed') % 172_800n)
    const totalSupplyAssets = 10n ** 12n + (random64(step, 'supply') % 10n ** 15n)
    const totalBorrowAssets = step === 10 ? 0n : (totalSupplyAssets * (random64(step, 'borrow') % 1_001n)) / 1_000n
    const market = {
      totalSupplyAssets,
      totalSupplyShares: 0n,
      totalBorrowAssets,
      totalBorrowShares: 0n,
      lastUpdate,
      fee: 0n,
    }
    const now = lastUpdate + elapsed
    const args = [params, market] as const
    const transaction = {
      from: morpho,
      to: irm,
      gas,
      data: encodeFunctionData({ abi: irmAbi, functionName: 'borrowRate', args }),
    }
    const expected = AdaptiveCurveIrmLib.getBorrowRate(
      (totalBorrowAssets * wad) / totalSupplyAssets,
      rateAtTarget,
      elapsed,
    )
    await requireAll(batch, [{ method: 'eth_sendTransaction', params: [transaction] }])
    await requireAll(batch, [{ method: 'evm_mine', params: [Number(now)] }])
    const view = { ...transaction, data: encodeFunctionData({ abi: irmAbi, functionName: 'rateAtTarget', args: [id] }) }
    const [stored] = await requireAll(batch, [{ method: 'eth_call', params: [view, 'latest'] }])
    expect(BigInt(stored as Hex)).toBe(expected.endRateAtTarget)
    rateAtTarget = expected.endRateAtTarget
    lastUpdate = now
  }
  const market = {
    totalSupplyAssets: 100n,
    totalSupplyShares: 0n,
    totalBorrowAssets: 95n,
    totalBorrowShares: 0n,
    lastUpdate: lastUpdate - 1_000n,
    fee: 0n,
  }
  const data = encodeFunctionData({ abi: irmAbi, functionName: 'borrowRateView', args: [params, market] })
  const [rate] = await requireAll(batch, calls([data]))
  const expected = AdaptiveCurveIrmLib.getBorrowRate((95n * wad) / 100n, rateAtTarget, 1_000n)
  expect(BigInt(rate as Hex)).toBe(expected.avgBorrowRate)
})

test('an accrual by anyone but Morpho is refused', async () => {
  const params = { loanToken: morpho, collateralToken: irm, oracle: irm, irm, lltv: 0n }
  const market = {
    totalSupplyAssets: 0n,
    totalSupplyShares: 0n,
    totalBorrowAssets: 0n,
    totalBorrowShares: 0n,
    lastUpdate: 0n,
    fee: 0n,
  }
  const data = encodeFunctionData({ abi: irmAbi, functionName: 'borrowRate', args: [params, market] })
  const [answer] = await batch([{ method: 'eth_call', params: [{ from: irm, to: irm, data }, 'latest'] }])
  expect(answer).toMatchObject({ ok: false })
})
