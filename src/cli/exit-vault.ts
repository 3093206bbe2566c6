import {
  type Address,
  decodeFunctionResult,
  encodeFunctionData,
  erc20Abi,
  getAddress,
  type Hex,
  numberToHex,
} from 'viem'
import { z } from 'zod'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClient, RpcClient } from '../chain/endpoint.ts'
import type { Config } from '../config/schema.ts'
import { endpointBadResponse } from '../errors/chain.ts'
import { amountInvalid, exitImpossible, transactionReverted, usageError, withdrawalTooLarge } from '../errors/cli.ts'
import { simulateUnsupported } from '../errors/simulate.ts'
import { adapterAbi, routerAbi, vaultAbi } from '../vault/abi.ts'
import { type ExitStep, exitResult, exitSteps } from '../vault/exit-steps.ts'
import { type ExitPlan, type ExitVenue, planExit } from '../vault/plan-exit.ts'
import { isMethodUnsupported } from '../vault/rehearse-deployment.ts'
import { revertReason } from '../vault/revert-reason.ts'
import type { Context } from './context.ts'
import { parseAmount } from './parse-argument.ts'
import { exactAmount, formatAmount, formatBps } from './render/format.ts'
import { renderKeyValues } from './render/key-values.ts'
import { mark } from './render/marks.ts'
import { renderTable } from './render/table.ts'
import { sendStep } from './send-transaction.ts'
import { findSender, type Sender, type SenderOptions } from './sender.ts'

export type ExitOptions = SenderOptions & {
  venue?: string
  inKind?: boolean
  toleranceBps: number
  account?: Address
  send?: boolean
}

/** How long the Router takes a leg after the block that the plan was made on, seconds. */
const deadlineSeconds = 3_600n

/**
 * `tiller vault exit`: plans the cheapest way out of the vault now, simulates every transaction of it and shows what each
 * brings and costs; sends it with --send.
 */
export async function exitCommand(context: Context, text: string, options: ExitOptions): Promise<void> {
  const { config } = await context.loadConfig()
  const clients = createClients({ chainId: config.chain.id, ...config.chain.rpc })
  const { client } = clients.send
  const sender = await leaverOf(context, options, client, config)
  const holding = await readHolding(client, config, sender.address)
  const { decimals, shares, worth, free, penaltyBps, symbol, venues } = holding
  const all = text.trim().toLowerCase() === 'all'
  const wanted = all ? 'all' : parseAmount(text, decimals)
  if (wanted === undefined || wanted === 0n) throw amountInvalid(text, decimals)
  if (options.venue !== undefined && !venues.some(({ name }) => name === options.venue)) {
    throw usageError(`--venue is ${options.venue}; it takes one of ${venues.map(({ name }) => name).join(', ')}.`)
  }
  if (shares === 0n) {
    throw exitImpossible(
      'The account holds no shares of the vault.',
      'Give the account that does, with --account to plan, or with its key to send.',
      { account: sender.address, vault: config.vault.address },
    )
  }
  if (wanted !== 'all' && wanted > worth) {
    const [asked, paid, own] = [wanted, free, worth].map((value) => exactAmount(value, decimals))
    throw withdrawalTooLarge({ wanted: asked ?? '', free: paid ?? '', own: own ?? '' }, false)
  }

  const { router } = config.vault
  const inKind = options.inKind === true
  if (inKind && router === undefined) {
    throw usageError('--in-kind goes through a Router, and the configuration names none (vault.router).')
  }
  const plan = planExit({
    ...{ wanted, shares, worth, free, penaltyBps, venues, inKind, toleranceBps: options.toleranceBps },
    lendable: inKind && router !== undefined ? await lendable(client, router, holding.asset) : 0n,
    ...(options.venue === undefined ? {} : { only: options.venue }),
  })
  if (plan.legs.length === 0) throw nothingToDo(inKind, options.venue)
  const steps = exitSteps(plan.legs, {
    ...{ vault: config.vault.address, leaver: sender.address, toleranceBps: options.toleranceBps },
    ...(router === undefined ? {} : { router }),
    deadline: holding.timestamp + deadlineSeconds,
  })
  const simulated = await simulateExit(clients.simulate.client, sender.address, steps)
  const shown = renderExit(context, {
    ...{ ...holding, account: sender.address, plan, steps, simulated, inKind },
    isBounded: router !== undefined,
    ...(options.venue === undefined ? {} : { only: options.venue }),
  })
  const document = { account: sender.address, vault: config.vault.address, ...holding, plan, steps: simulated }
  if (options.send !== true) {
    context.answer({ document: { sent: false, ...document }, lines: [...shown, 'Nothing was sent; --send does it.'] })
    return
  }
  for (const line of shown) context.note(line)
  const transactions: { title: string; hash: Hex; gasUsed: bigint }[] = []
  for (const step of steps) {
    context.note(`… ${step.title}`)
    transactions.push({ title: step.title, ...(await sendStep(client, sender, step)) })
  }
  const after = await readHolding(client, config, sender.address)
  const received = after.held - holding.held
  context.answer({
    document: { sent: true, ...document, transactions, received, sharesAfter: after.shares, worthAfter: after.worth },
    lines: [
      `${mark('ok', context.paint)} ${formatAmount(received, decimals, 2)} ${symbol} came in; ${sender.address} now holds shares worth ${formatAmount(after.worth, decimals, 2)}.`,
      ...transactions.map(({ title, hash, gasUsed }) => context.paint.dim(`  ${title}: ${hash}, ${gasUsed} gas`)),
    ],
  })
}

/** Who leaves. A plan needs no key. */
async function leaverOf(
  context: Context,
  options: ExitOptions,
  client: ChainClient,
  config: Config,
): Promise<Pick<Sender, 'address'> & Sender> {
  if (options.account === undefined) return findSender(context, options, { client, signer: config.signer })
  if (options.send === true) throw usageError('--account only plans; --send needs a key.')
  const { toAccount } = await import('viem/accounts')
  return { address: options.account, account: toAccount(options.account) }
}

type Holding = {
  asset: Address
  symbol: string
  decimals: number
  shares: bigint
  worth: bigint
  free: bigint
  /** Asset units that the account has. */
  held: bigint
  penaltyBps: number
  /** Unix seconds of the block that was read. */
  timestamp: bigint
  venues: readonly ExitVenue[]
}

/** What an account could take out of the vault, at one block. */
async function readHolding(client: ChainClient, config: Config, account: Address): Promise<Holding> {
  const { number: blockNumber, timestamp } = await client.getBlock({ blockTag: 'latest' })
  const vault = { address: config.vault.address, abi: vaultAbi, blockNumber } as const
  const [asset, shares, free, penaltyBps, exits] = await Promise.all([
    client.readContract({ ...vault, functionName: 'asset' }),
    client.readContract({ ...vault, functionName: 'balanceOf', args: [account] }),
    client.readContract({ ...vault, functionName: 'maxWithdraw', args: [account] }),
    client.readContract({ ...vault, functionName: 'forcedExitPenaltyBps' }),
    client.readContract({ ...vault, functionName: 'exitList' }),
  ])
  const token = { address: asset, abi: erc20Abi, blockNumber } as const
  const ofAdapter = (adapter: Address) => ({ address: adapter, abi: adapterAbi, blockNumber }) as const
  const poolOf = (adapter: Address, data: Hex) =>
    client.readContract({ ...ofAdapter(adapter), functionName: 'liquidityId', args: [data] }).catch(() => adapter)
  const [worth, decimals, symbol, held, counted] = await Promise.all([
    client.readContract({ ...vault, functionName: 'previewRedeem', args: [shares] }),
    client.readContract({ ...token, functionName: 'decimals' }),
    client.readContract({ ...token, functionName: 'symbol' }).catch(() => ''),
    client.readContract({ ...token, functionName: 'balanceOf', args: [account] }),
    Promise.all(exits.map(({ adapter, data }) => poolOf(adapter, data))),
  ])
  const venues = await Promise.all(
    config.vault.venues.map(async ({ name, kind, adapter, data }): Promise<ExitVenue> => {
      const read = ofAdapter(adapter)
      const [assets, withdrawable, state, pool] = await Promise.all([
        // What does not answer pays nothing.
        client.readContract({ ...read, functionName: 'venueAssets', args: [data] }).catch(() => 0n),
        client.readContract({ ...read, functionName: 'withdrawable', args: [data] }).catch(() => 0n),
        client.readContract({ ...vault, functionName: 'adapterState', args: [adapter] }),
        poolOf(adapter, data),
      ])
      return {
        name,
        kind,
        adapter,
        data,
        assets,
        withdrawable,
        isQuarantined: state[2],
        isCounted: counted.includes(pool),
      }
    }),
  )
  return { asset: getAddress(asset), symbol, decimals, shares, worth, free, held, penaltyBps, timestamp, venues }
}

async function lendable(client: ChainClient, router: Address, asset: Address): Promise<bigint> {
  const lender = await client.readContract({ address: router, abi: routerAbi, functionName: 'flashLender' })
  return client.readContract({ address: asset, abi: erc20Abi, functionName: 'balanceOf', args: [lender] })
}

function nothingToDo(inKind: boolean, venue: string | undefined): Error {
  if (venue !== undefined) {
    const asked = { venue }
    return inKind
      ? exitImpossible('This venue can not be left as a position now.', 'Leave out --venue, or --in-kind.', asked)
      : exitImpossible(
          'This venue can not pay anything now.',
          'Leave out --venue, so that all of them are asked, or take its position over with --in-kind.',
          asked,
        )
  }
  return inKind
    ? exitImpossible('No venue pays now, and none can be left as a position.', 'Ask the redeem queue, or wait.')
    : exitImpossible(
        'Nothing can be paid out now: what the vault has is lent out.',
        'Take positions at its venues with --in-kind, ask the redeem queue, or wait.',
      )
}

type SimulatedStep = { title: string; brought: bigint; shares: bigint; gasUsed: bigint }

const quantity = z.string().regex(/^0x[0-9a-f]+$/)
const simulatedSchema = z
  .array(
    z.looseObject({
      calls: z.array(z.looseObject({ status: quantity, returnData: z.custom<Hex>(), gasUsed: quantity })),
    }),
  )
  .length(1)

/** Runs all steps in one block on top of the head. Raises TRANSACTION_REVERTED for the first that would fail. */
async function simulateExit(client: RpcClient, from: Address, steps: readonly ExitStep[]): Promise<SimulatedStep[]> {
  const request = client.request as (call: { method: string; params?: unknown }) => Promise<unknown>
  const calls = steps.map(({ to, abi, functionName, args }) => ({
    from,
    to,
    input: encodeFunctionData({ abi, functionName, args: [...args] }),
    gas: numberToHex(16_000_000n),
  }))
  const answer = await request({
    method: 'eth_simulateV1',
    params: [{ blockStateCalls: [{ calls }], validation: false }, 'latest'],
  }).catch((error: unknown) => {
    throw isMethodUnsupported(error) ? simulateUnsupported(client.transport.name) : error
  })
  const parsed = simulatedSchema.safeParse(answer)
  const results = parsed.data?.[0]?.calls
  if (results === undefined || results.length !== steps.length) {
    throw endpointBadResponse(client.transport.name, 'eth_simulateV1', 200, 'results are missing', true)
  }
  return steps.map((step, index) => {
    const { title, abi, functionName } = step
    const result = results[index]
    if (result === undefined) throw new Error('unreachable: there is a result for each step')
    if (BigInt(result.status) !== 1n) throw transactionReverted(title, revertReason(result.returnData))
    const returned = decodeFunctionResult({ abi, functionName, data: result.returnData })
    return { title, ...exitResult(step, returned), gasUsed: BigInt(result.gasUsed) }
  })
}

type ExitView = Holding & {
  account: Address
  plan: ExitPlan
  steps: readonly ExitStep[]
  simulated: readonly SimulatedStep[]
  inKind: boolean
  /** The only venue that was asked. */
  only?: string
  /** Legs through a venue go through a Router. */
  isBounded: boolean
}

function renderExit({ paint }: Context, view: ExitView): string[] {
  const { account, plan, steps, simulated, symbol, decimals, worth, free, penaltyBps } = view
  const amount = (value: bigint) => `${formatAmount(value, decimals, 2)} ${symbol}`.trim()
  const costOf = (index: number): bigint => {
    const burnt = simulated[index]?.shares ?? 0n
    return view.shares === 0n ? 0n : (worth * burnt) / view.shares
  }
  return [
    ...renderKeyValues(
      [
        ['account', account],
        ['shares worth', amount(worth)],
        ['free', `${amount(free)}, without a penalty`],
        ['penalty', `${formatBps(penaltyBps)} of what comes out of a venue by force or as a position`],
      ],
      { paint },
    ),
    '',
    ...renderTable(
      [
        { name: '#', align: 'right' },
        { name: 'transaction' },
        { name: 'brings', align: 'right' },
        { name: 'burns shares worth', align: 'right' },
        { name: 'gas', align: 'right', optional: true },
      ],
      steps.map(({ title, leg }, index) => [
        String(index + 1),
        title,
        leg === undefined ? '' : `${amount(simulated[index]?.brought ?? 0n)}${leg.way === 'in-kind' ? ' there' : ''}`,
        leg === undefined ? '' : amount(costOf(index)),
        formatAmount(simulated[index]?.gasUsed ?? 0n, 0),
      ]),
      paint,
    ),
    ...(!view.isBounded && plan.legs.some(({ way }) => way === 'force')
      ? ['Without a Router nothing bounds what a forced exit may cost when it lands.']
      : []),
    ...staysLines(view, amount),
  ]
}

/** What of the wish stays in the vault, and what would help; a missing cent is nobody's question. */
function staysLines({ plan, decimals, inKind, only, free }: ExitView, amount: (value: bigint) => string): string[] {
  if (plan.remains < 10n ** BigInt(Math.max(0, decimals - 2))) return []
  const stays = `${amount(plan.remains)} stay:`
  if (only !== undefined) {
    const can = inKind ? 'can be left with no more' : 'can pay no more'
    return [`${stays} ${only} ${can}. Without --venue, ${amount(free)} come out without a penalty.`]
  }
  if (inKind) return [`${stays} no venue can pay or be left with them now.`]
  return [`${stays} nobody can pay them now. --in-kind takes positions at venues for them.`]
}
