import { type Address, decodeErrorResult, type Hex, isHex, numberToHex, sliceHex } from 'viem'
import { z } from 'zod'
import type { RpcClient } from '../chain/endpoint.ts'
import { TillerError } from '../errors/base.ts'
import { endpointBadResponse } from '../errors/chain.ts'
import { simulateUnsupported } from '../errors/simulate.ts'
import {
  assetFeeOnTransfer,
  assetRebasing,
  assetUnsupported,
  deploymentRefused,
  deploymentStepTooLarge,
  deploymentUnaffordable,
} from '../errors/vault.ts'
import { factoryAbi } from './abi.ts'
import { create2Deployer } from './factory.ts'
import type { DeploymentPlan, DeploymentStep } from './plan-deployment.ts'
import { revertReason } from './revert-reason.ts'

export type Rehearsal = {
  /** The simulation ran on top of this block. */
  block: bigint
  steps: readonly { title: string; gasUsed: bigint; costWei: bigint }[]
  gasUsed: bigint
  costWei: bigint
  /** Base fee and tip with which the cost was reckoned. */
  gasPriceWei: bigint
}

/** EIP-7825. */
const largestTransactionGas = 1n << 24n

/** No such method, not supported, and what anvil says of a call that creates a contract. */
const unsupportedCodes = new Set([-32601, -32004, -32602])

const quantity = z.string().regex(/^0x[0-9a-f]+$/)
const simulatedSchema = z.array(
  z.looseObject({
    calls: z
      .array(z.looseObject({ status: quantity, returnData: z.custom<Hex>((value) => isHex(value)), gasUsed: quantity }))
      .length(1),
  }),
)

/**
 * Runs the whole plan with `eth_simulateV1` on top of the head, a block for each step, and reckons what it costs.
 *
 * So an asset that the vault refuses, a seed that can't be paid and a step that fails show before anything is sent.
 *
 * @throws ASSET_FEE_ON_TRANSFER, ASSET_REBASING, ASSET_UNSUPPORTED, DEPLOYMENT_REFUSED, DEPLOYMENT_STEP_TOO_LARGE,
 * DEPLOYMENT_UNAFFORDABLE, SIMULATE_UNSUPPORTED, and the errors of the transport
 */
export async function rehearseDeployment(client: RpcClient, plan: DeploymentPlan): Promise<Rehearsal> {
  const request = client.request as (call: { method: string; params?: unknown }) => Promise<unknown>
  const [block, balance, gasPrice] = await Promise.all([
    request({ method: 'eth_blockNumber' }),
    request({ method: 'eth_getBalance', params: [plan.deployer, 'latest'] }),
    request({ method: 'eth_gasPrice' }),
  ]).then((answers) => answers.map((answer) => BigInt(answer as Hex)))
  if (block === undefined || balance === undefined || gasPrice === undefined) throw new Error('unreachable')

  const answer = await request({
    method: 'eth_simulateV1',
    params: [
      { blockStateCalls: plan.steps.map((step) => ({ calls: [callOf(step, plan.deployer)] })), validation: false },
      numberToHex(block),
    ],
  }).catch((error: unknown) => {
    throw isMethodUnsupported(error) ? simulateUnsupported(client.transport.name) : error
  })
  const parsed = simulatedSchema.safeParse(answer)
  if (!parsed.success || parsed.data.length !== plan.steps.length) {
    const fault = parsed.success ? 'blocks are missing' : z.prettifyError(parsed.error)
    throw endpointBadResponse(client.transport.name, 'eth_simulateV1', 200, fault, true)
  }

  const calls = parsed.data.map(({ calls: [call] }) => call)
  const failed = calls.findIndex((call) => call !== undefined && BigInt(call.status) !== 1n)
  const step = plan.steps[failed]
  if (step !== undefined) {
    const data = calls[failed]?.returnData ?? '0x'
    const isSilent = data === '0x' && step.to === create2Deployer
    throw refusal(step, isSilent ? await reasonOfCreation(request, plan, failed, block) : data, plan)
  }
  const steps = plan.steps.map((step, index) => {
    const call = calls[index]
    if (call === undefined) throw new Error('unreachable: the schema asks for one call in each block')
    const gasUsed = BigInt(call.gasUsed)
    if (gasUsed > largestTransactionGas) throw deploymentStepTooLarge(step.title, gasUsed, largestTransactionGas)
    return { title: step.title, gasUsed, costWei: gasUsed * gasPrice }
  })
  const gasUsed = steps.reduce((sum, step) => sum + step.gasUsed, 0n)
  const costWei = gasUsed * gasPrice
  if (balance < costWei) throw deploymentUnaffordable(plan.deployer, balance, costWei)
  return { block, steps, gasUsed, costWei, gasPriceWei: gasPrice }
}

/** Copies its calldata to memory, creates it, and reverts with what that reverted with: the contract of CREATE2 says nothing. */
const creatorCode: Hex = '0x365f5f37365f5ff0806013573d5f5f3e3d5ffd5b5f5260205ff3'
const creator: Address = '0x00000000000000000000000000000000c4ea704a'

/** What the constructor of a step says behind the steps before it; `0x` where that can't be found out. */
async function reasonOfCreation(
  request: (call: { method: string; params?: unknown }) => Promise<unknown>,
  plan: DeploymentPlan,
  index: number,
  block: bigint,
): Promise<Hex> {
  const step = plan.steps[index]
  if (step === undefined) return '0x'
  const before = plan.steps.slice(0, index).map((earlier) => ({ calls: [callOf(earlier, plan.deployer)] }))
  const creation = {
    stateOverrides: { [creator]: { code: creatorCode } },
    // Behind the salt stands the code.
    calls: [{ from: plan.deployer, to: creator, input: sliceHex(step.data, 32) }],
  }
  const answer = await request({
    method: 'eth_simulateV1',
    params: [{ blockStateCalls: [...before, creation], validation: false }, numberToHex(block)],
  }).catch(() => undefined)
  return simulatedSchema.safeParse(answer).data?.at(-1)?.calls[0]?.returnData ?? '0x'
}

function callOf(step: DeploymentStep, from: Address) {
  return step.to === undefined ? { from, input: step.data } : { from, to: step.to, input: step.data }
}

/** Whether an endpoint refused a call because it has no such method. */
export function isMethodUnsupported(error: unknown): boolean {
  for (let link: unknown = error; link instanceof Error; link = link.cause) {
    const code = link instanceof TillerError ? link.details['rpcCode'] : 'code' in link ? link.code : undefined
    if (typeof code === 'number' && unsupportedCodes.has(code)) return true
  }
  return false
}

/** The vault's refusal of an asset gets a code of its own, the rest is told in the contract's words. */
function refusal(step: DeploymentStep, data: Hex, plan: DeploymentPlan): TillerError {
  try {
    const { errorName, args } = decodeErrorResult({ abi: factoryAbi, data })
    if (errorName === 'FeeOnTransfer') return assetFeeOnTransfer(plan.asset, args[0], args[1])
    if (errorName === 'UnsupportedAsset') return assetUnsupported(args[0])
    if ((errorName as string) === 'RebasingAsset') {
      const [asset, selector] = args as unknown as [Address, Hex]
      return assetRebasing(asset, selector)
    }
  } catch {
    // An error that no ABI knows; told below by its selector.
  }
  return deploymentRefused(step.title, revertReason(data))
}
