import { encodeErrorResult, type Hex } from 'viem'
import { describe, expect, test } from 'vitest'
import type { RpcClient } from '../../../src/chain/endpoint.ts'
import { TillerError } from '../../../src/errors/base.ts'
import { rpcError } from '../../../src/errors/chain.ts'
import { factoryAbi, routerAbi } from '../../../src/vault/abi.ts'
import type { DeploymentPlan } from '../../../src/vault/deploy.ts'
import { create2Step } from '../../../src/vault/factory.ts'
import { rehearseDeployment } from '../../../src/vault/rehearse-deployment.ts'

const asset = '0x00000000000000000000000000000000000000A5'
const plan = {
  asset,
  deployer: '0x00000000000000000000000000000000000000D0',
  steps: [
    { title: 'create Vault', to: asset, data: '0x01' },
    { title: 'open the vault', to: asset, data: '0x02' },
  ],
} as unknown as DeploymentPlan

type Call = { status: Hex; returnData: Hex; gasUsed: Hex }

const fine: Call = { status: '0x1', returnData: '0x', gasUsed: '0x64' }
const reverts = (returnData: Hex): Call => ({ status: '0x0', returnData, gasUsed: '0x64' })

/** A node at block 7 with a gas price of 10 wei that answers the simulation with these calls. */
function node(calls: readonly Call[] | Error, balance: Hex = '0xffffff'): RpcClient {
  const answers: Record<string, unknown> = { eth_blockNumber: '0x7', eth_getBalance: balance, eth_gasPrice: '0xa' }
  return {
    transport: { name: 'simulate' },
    request: (async ({ method }: { method: string }) => {
      if (method !== 'eth_simulateV1') return answers[method]
      if (calls instanceof Error) throw calls
      return calls.map((call) => ({ calls: [call] }))
    }) as never,
  }
}

async function messageOf(client: RpcClient): Promise<string> {
  const caught = await rehearseDeployment(client, plan).catch((error: unknown) => error)
  return caught instanceof Error ? caught.message : 'it raised nothing'
}

describe('rehearseDeployment', () => {
  test('reckons what each step costs', async () => {
    expect(await rehearseDeployment(node([fine, fine]), plan)).toEqual({
      block: 7n,
      gasPriceWei: 10n,
      gasUsed: 200n,
      costWei: 2_000n,
      steps: [
        { title: 'create Vault', gasUsed: 100n, costWei: 1_000n },
        { title: 'open the vault', gasUsed: 100n, costWei: 1_000n },
      ],
    })
  })

  test('tells an asset that keeps a fee from other refusals', async () => {
    const data = encodeErrorResult({ abi: factoryAbi, errorName: 'FeeOnTransfer', args: [100n, 99n] })
    expect(await messageOf(node([fine, reverts(data)]))).toBe(
      [
        'The asset keeps a part of what is sent, and a vault can not account for that.',
        `  asset:    ${asset}`,
        '  sent:     100',
        '  received: 99',
        'Remedy: Choose an asset that transfers exactly what it says; nothing was sent.',
      ].join('\n'),
    )
    const other = encodeErrorResult({ abi: factoryAbi, errorName: 'AlreadySeeded', args: [asset] })
    expect(await messageOf(node([fine, reverts(other)]))).toBe(
      [
        'The deployment would fail, as its simulation shows.',
        '  step:   open the vault',
        `  reason: AlreadySeeded(${asset})`,
        'Remedy: Read the reason and correct the plan; nothing was sent.',
      ].join('\n'),
    )
  })

  test('refuses an asset that the vault does not take', async () => {
    const data = encodeErrorResult({ abi: factoryAbi, errorName: 'UnsupportedAsset', args: [asset] })
    expect(await messageOf(node([reverts(data), fine]))).toBe(
      [
        'The vault refuses the asset: it has more than 18 decimals or is no contract.',
        `  asset: ${asset}`,
        'Remedy: Choose an ERC-20 token with at most 18 decimals; nothing was sent.',
      ].join('\n'),
    )
  })

  test('asks a constructor for its reason, which the contract of CREATE2 keeps to itself', async () => {
    const salt: Hex = `0x${'05'.repeat(32)}`
    const steps = [plan.steps[0], { title: 'create price guard', ...create2Step(salt, '0x6001') }]
    const reason = encodeErrorResult({ abi: routerAbi, errorName: 'CardinalityTooLow', args: [1n, 51n] })
    const asked: unknown[] = []
    const creating = (again: readonly Call[] | Error): RpcClient => {
      const silent = node([fine, reverts('0x')])
      const request = async (call: { method: string; params?: unknown }) => {
        if (call.method !== 'eth_simulateV1') return silent.request(call as never)
        asked.push(call.params)
        return (asked.length % 2 === 1 ? silent : node(again)).request(call as never)
      }
      return { ...silent, request: request as never }
    }
    const reasonOf = async (again: readonly Call[] | Error) => {
      const made = rehearseDeployment(creating(again), { ...plan, steps } as DeploymentPlan)
      const caught = await made.catch((error: unknown) => error)
      return caught instanceof TillerError ? [caught.code, caught.details['reason']] : caught
    }
    expect(await reasonOf([fine, reverts(reason)])).toEqual(['DEPLOYMENT_REFUSED', 'CardinalityTooLow(1, 51)'])
    // The same steps before it, and then the code behind the salt.
    const [{ blockStateCalls }] = asked[1] as [{ blockStateCalls: { calls: { input: Hex }[] }[] }]
    expect(blockStateCalls.map(({ calls }) => calls[0]?.input)).toEqual(['0x01', '0x6001'])
    const nothing = ['DEPLOYMENT_REFUSED', 'reverted without a reason (out of gas, or no contract at an address)']
    expect(await reasonOf(new Error('no'))).toEqual(nothing)
  })

  test('refuses a step above the gas of one transaction, and a deployment that can not be paid for', async () => {
    expect(await messageOf(node([{ ...fine, gasUsed: '0x1000001' }, fine]))).toBe(
      [
        'A step of the deployment needs more gas than one transaction may use.',
        '  step: create Vault',
        '  gas:  16777217',
        '  most: 16777216',
        'Remedy: Deploy with fewer venues and add the others afterwards; nothing was sent.',
      ].join('\n'),
    )
    expect(await messageOf(node([fine, fine], '0x7cf'))).toBe(
      [
        'The deployer holds too little ether for the gas of the deployment.',
        `  deployer:   ${plan.deployer}`,
        '  balanceWei: 1999',
        '  costWei:    2000',
        'Remedy: Send ether to the deployer, or wait for a lower base fee; nothing was sent.',
      ].join('\n'),
    )
  })

  test('says so where the node can not simulate', async () => {
    const unknown = rpcError('simulate', 'eth_simulateV1', -32601, 'the method does not exist', false)
    expect(await messageOf(node(unknown))).toBe(
      [
        'The endpoint has no eth_simulateV1.',
        '  endpoint: simulate',
        'Remedy: Use an endpoint with eth_simulateV1 for chain.rpc.simulate, or accept that the fork does its work.',
      ].join('\n'),
    )
  })
})
