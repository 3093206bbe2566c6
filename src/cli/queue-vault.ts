import { type Address, BaseError, encodeFunctionData, erc20Abi, type Hex, isAddressEqual, parseEventLogs } from 'viem'
import { createClients } from '../chain/create-clients.ts'
import type { ChainClient } from '../chain/endpoint.ts'
import { signerAddress } from '../config/keys.ts'
import type { Config } from '../config/schema.ts'
import { TillerError } from '../errors/base.ts'
import { amountInvalid, usageError } from '../errors/cli.ts'
import {
  queueForeign,
  queueMissing,
  queueNothingToClaim,
  queueRequestTooLarge,
  queueRequestTooSmall,
  queueRequestUnknown,
} from '../errors/queue.ts'
import { redeemQueueAbi, vaultAbi } from '../vault/abi.ts'
import { type QueueAccount, type QueueState, readQueue, readQueueAccount } from '../vault/read-queue.ts'
import type { Context } from './context.ts'
import { openPosition } from './open-position.ts'
import { parseAmount } from './parse-argument.ts'
import { exactAmount, formatAmount, formatTime } from './render/format.ts'
import { renderKeyValues } from './render/key-values.ts'
import { mark } from './render/marks.ts'
import { renderTable } from './render/table.ts'
import { sendStep } from './send-transaction.ts'
import type { SenderOptions } from './sender.ts'

export type QueueStatusOptions = { account?: Address }
export type FillOptions = SenderOptions & { requests: string }

/** `tiller vault queue status`: the queue, and what one account has in it. Needs no key. */
export async function queueStatus(context: Context, options: QueueStatusOptions): Promise<void> {
  const { config } = await context.loadConfig()
  const { client } = createClients({ chainId: config.chain.id, ...config.chain.rpc }).read[0]
  const state = await openQueue(client, config)
  const signer = await signerAddress(config, context.io.env).catch(() => undefined)
  const account = options.account ?? signer
  const own = account === undefined ? undefined : await readQueueAccount(client, state, account)
  context.answer({ document: { ...state, account: own ?? null }, lines: statusLines(context, state, own) })
}

/** `tiller vault queue request`: puts shares behind all that wait. */
export async function queueRequest(context: Context, text: string, options: SenderOptions): Promise<void> {
  const { client, sender, config } = await openPosition(context, options)
  const state = await openQueue(client, config)
  const { queue, vault, decimals, minRequestAssets } = state
  const own = await readQueueAccount(client, state, sender.address)
  const read = { address: vault, abi: vaultAbi, blockNumber: state.block.number } as const
  const exact = (value: bigint) => exactAmount(value, decimals)
  const all = text.trim().toLowerCase() === 'all'
  const assets = all ? own.worth : parseAmount(text, decimals)
  if (assets === undefined || (assets === 0n && !all)) throw amountInvalid(text, decimals)
  const account = sender.address
  if (assets > own.worth || own.shares === 0n) {
    throw queueRequestTooLarge({ account, wanted: all ? 'all' : exact(assets), own: exact(own.worth) })
  }
  const priced = await client.readContract({ ...read, functionName: 'previewWithdraw', args: [assets] })
  // Rounded up, so that all of it may come out a share dearer than what is there.
  const shares = all || priced > own.shares ? own.shares : priced
  const worth = await client.readContract({ ...read, functionName: 'convertToAssets', args: [shares] })
  if (worth < minRequestAssets)
    throw queueRequestTooSmall({ account, worth: exact(worth), least: exact(minRequestAssets) })

  const amount = amountOf(state)
  const { free, allowed } = await readWays(client, state, account)
  const preview: [string, string][] = [
    ['queue', queue],
    ['asks for', `${amount(worth)} at the price of now; it is paid at the price of the moment in which it is filled`],
    ['waits before it', amount(state.pendingAssets)],
    ...(free >= worth
      ? [['free', `${amount(free)}: tiller vault withdraw pays that at once`] satisfies [string, string]]
      : []),
  ]
  for (const line of renderKeyValues(preview, { paint: context.errorPaint })) context.note(line)
  if (allowed < shares) {
    await sendStep(client, sender, {
      title: 'allow the queue these shares',
      ...{ to: vault, abi: erc20Abi, functionName: 'approve', args: [queue, shares] },
    })
  }
  const sent = await sendStep(client, sender, {
    title: 'request',
    ...{ to: queue, abi: redeemQueueAbi, functionName: 'requestRedeem', args: [shares, account, account] },
  })
  const { logs } = await client.getTransactionReceipt({ hash: sent.hash })
  const [event] = parseEventLogs({ abi: redeemQueueAbi, eventName: 'RedeemRequest', logs: [...logs] })
  const requestId = event?.args.requestId
  const after = await readQueue(client, queue)
  const now = await readQueueAccount(client, after, account)
  const request = now.requests.find(({ id }) => id === requestId)
  context.answer({
    document: { account, requestId, shares, worth, aheadAssets: request?.aheadAssets ?? 0n, ...sent },
    lines: [
      `${mark('ok', context.paint)} Request ${requestId} waits for ${amount(worth)}, behind ${amount(request?.aheadAssets ?? 0n)}.`,
      ...heldUpLines(after),
      'Anyone may fill it (tiller vault queue fill); what was filled is yours by tiller vault queue claim.',
      `Until then tiller vault queue cancel ${requestId} takes it back.`,
      ...hashLines(context, sent),
    ],
  })
}

/** `tiller vault queue claim`: everything that was filled for the account. */
export async function queueClaim(context: Context, options: SenderOptions): Promise<void> {
  const { client, sender, config } = await openPosition(context, options)
  const state = await openQueue(client, config)
  const account = sender.address
  const own = await readQueueAccount(client, state, account)
  const amount = amountOf(state)
  const waits = own.requests.reduce((sum, { waitingAssets }) => sum + waitingAssets, 0n)
  if (own.claimableShares === 0n) throw queueNothingToClaim({ account, waits: exactAmount(waits, state.decimals) })
  const balance = () =>
    client.readContract({ address: state.asset, abi: erc20Abi, functionName: 'balanceOf', args: [account] })
  const before = await balance()
  context.note(`${amount(own.claimableAssets)} lie in the queue for ${account}.`)
  const sent = await sendStep(client, sender, {
    title: 'claim',
    to: state.queue,
    abi: redeemQueueAbi,
    functionName: 'redeem',
    args: [own.claimableShares, account, account],
  })
  const received = (await balance()) - before
  context.answer({
    document: { account, shares: own.claimableShares, received, waits, ...sent },
    lines: [
      `${mark('ok', context.paint)} ${amount(received)} came in; ${waits === 0n ? 'nothing of yours waits any more' : `${amount(waits)} still wait`}.`,
      ...hashLines(context, sent),
    ],
  })
}

/** `tiller vault queue cancel`: takes back what still waits of one request, or of all. */
export async function queueCancel(context: Context, text: string, options: SenderOptions): Promise<void> {
  const all = text.trim().toLowerCase() === 'all'
  if (!all && !/^[1-9][0-9]{0,18}$/.test(text)) throw usageError('queue cancel takes the number of a request, or all.')
  const { client, sender, config } = await openPosition(context, options)
  const state = await openQueue(client, config)
  const account = sender.address
  const own = await readQueueAccount(client, state, account)
  const chosen = own.requests.filter(({ id }) => all || id === BigInt(text))
  if (chosen.length === 0) {
    const waiting = own.requests.map(({ id }) => id).join(', ') || 'none'
    throw queueRequestUnknown({ account, request: text, waiting })
  }
  const amount = amountOf(state)
  const assets = chosen.reduce((sum, { waitingAssets }) => sum + waitingAssets, 0n)
  const ids = chosen.map(({ id }) => id)
  const names = `${ids.length === 1 ? 'Request' : 'Requests'} ${ids.join(', ')}`
  context.note(`${names}: shares worth ${amount(assets)} come back, and the place in the queue is gone.`)
  const calls = ids.map((id) =>
    encodeFunctionData({
      abi: redeemQueueAbi,
      functionName: 'cancelRedeemRequest',
      args: [id, account, account],
    }),
  )
  const sent = await sendStep(client, sender, {
    title: 'cancel',
    to: state.queue,
    abi: redeemQueueAbi,
    ...(ids.length === 1
      ? { functionName: 'cancelRedeemRequest', args: [ids[0], account, account] }
      : { functionName: 'multicall', args: [calls] }),
  })
  const after = await readQueueAccount(client, await readQueue(client, state.queue), account)
  const claimable = after.claimableAssets
  context.answer({
    document: { account, requests: ids, assets, shares: after.shares, worth: after.worth, claimable, ...sent },
    lines: [
      `${mark('ok', context.paint)} ${names} taken back; ${account} holds shares worth ${amount(after.worth)}.`,
      ...(claimable === 0n ? [] : [`What was filled before, ${amount(claimable)}, is claimed with queue claim.`]),
      ...hashLines(context, sent),
    ],
  })
}

/** `tiller vault queue fill`: redeems what waits, as far as the vault can pay; anyone may. */
export async function queueFill(context: Context, options: FillOptions): Promise<void> {
  const requests = /^[1-9][0-9]{0,3}$/.test(options.requests) ? BigInt(options.requests) : undefined
  if (requests === undefined) throw usageError('--requests takes a whole number from 1 to 9999.')
  const { client, sender, config } = await openPosition(context, options)
  const before = await openQueue(client, config)
  const amount = amountOf(before)
  if (before.pendingShares === 0n) {
    context.answer({ document: { ...figures(before), sent: false }, lines: ['Nothing waits in the redeem queue.'] })
    return
  }
  if (!before.entriesOpen) {
    context.answer({ document: { ...figures(before), sent: false }, lines: heldUpLines(before) })
    return
  }
  const sent = await sendStep(client, sender, {
    title: 'fill',
    to: before.queue,
    abi: redeemQueueAbi,
    functionName: 'fill',
    args: [requests],
  })
  const after = await readQueue(client, before.queue)
  context.answer({
    document: { ...figures(after), sent: true, ...sent },
    lines: [
      after.pendingShares === before.pendingShares
        ? `${mark('warn', context.paint)} Nothing was filled: the vault can pay ${amount(after.liquid)} now, and ${amount(after.pendingAssets)} wait.`
        : `${mark('ok', context.paint)} ${amount(after.pendingAssets)} still wait, ${amount(after.unclaimedAssets)} can be claimed.`,
      ...heldUpLines(after),
      ...hashLines(context, sent),
    ],
  })
}

/** The configured queue. Raises CONFIG_QUEUE_MISSING and CONFIG_QUEUE_FOREIGN. */
async function openQueue(client: ChainClient, { vault }: Pick<Config, 'vault'>): Promise<QueueState> {
  const { redeemQueue, address } = vault
  if (redeemQueue === undefined) throw queueMissing()
  const found = await client
    .readContract({ address: redeemQueue, abi: redeemQueueAbi, functionName: 'share' })
    .catch((error: unknown) => {
      // What is wrong with the connection stays what it is.
      if (error instanceof BaseError && error.walk((cause) => cause instanceof TillerError) !== null) throw error
      return undefined
    })
  if (found === undefined || !isAddressEqual(found, address)) {
    throw queueForeign(redeemQueue, address, found ?? 'no redeem queue')
  }
  return readQueue(client, redeemQueue)
}

async function readWays(client: ChainClient, { queue, vault }: QueueState, account: Address) {
  const read = { address: vault, abi: vaultAbi } as const
  const [free, allowed] = await Promise.all([
    client.readContract({ ...read, functionName: 'maxWithdraw', args: [account] }),
    client.readContract({ address: vault, abi: erc20Abi, functionName: 'allowance', args: [account, queue] }),
  ])
  return { free, allowed }
}

function figures({ pendingAssets, unclaimedAssets, entriesOpen, resumesAt }: QueueState) {
  return { pending: pendingAssets, unclaimed: unclaimedAssets, entriesOpen, resumesAt }
}

function amountOf({ decimals, symbol }: QueueState) {
  return (value: bigint): string => `${formatAmount(value, decimals, 2)} ${symbol}`.trim()
}

/** Why nothing is filled now, where that is so whatever the vault could pay. */
function heldUpLines({ entriesOpen, resumesAt }: QueueState): string[] {
  if (!entriesOpen) {
    return [
      'Nothing is filled while the vault takes no deposits: a venue is quarantined or marked down, or a sudden',
      'loss may still come back. Who wants out now cancels the request and withdraws or exits.',
    ]
  }
  if (resumesAt === 0n) return []
  return [`The price fell since it was last seen; filling goes on from ${formatTime(resumesAt)}, if it is still there.`]
}

function hashLines({ paint }: Context, { hash, gasUsed }: { hash: Hex; gasUsed: bigint }): string[] {
  return [paint.dim(`  ${hash}, ${gasUsed} gas`)]
}

function statusLines(context: Context, state: QueueState, own: QueueAccount | undefined): string[] {
  const { paint, columns } = context
  const amount = amountOf(state)
  return [
    ...renderKeyValues(
      [
        ['queue', state.queue],
        ['block', `${state.block.number}, ${formatTime(state.block.timestamp)}`],
        ['takes', `requests of ${amount(state.minRequestAssets)} and more`],
        ['waits', amount(state.pendingAssets)],
        ['can be claimed', amount(state.unclaimedAssets)],
        ['free now', `${amount(state.liquid)} could be paid out of the vault`],
      ],
      { paint, columns },
    ),
    ...heldUpLines(state),
    '',
    ...(own === undefined
      ? ['--account <address> shows what an account has in it.']
      : accountLines(context, state, own)),
  ]
}

function accountLines({ paint, columns }: Context, state: QueueState, own: QueueAccount): string[] {
  const amount = amountOf(state)
  const lines = renderKeyValues(
    [
      ['account', own.account],
      ['holds', `shares worth ${amount(own.worth)} outside the queue`],
      ['can claim', amount(own.claimableAssets)],
    ],
    { paint, columns },
  )
  if (own.requests.length === 0) return [...lines, 'None of its requests waits.']
  const table = renderTable(
    [
      { name: 'request', align: 'right' },
      { name: 'waits for', align: 'right' },
      { name: 'behind', align: 'right' },
    ],
    own.requests.map(({ id, waitingAssets, aheadAssets }) => [String(id), amount(waitingAssets), amount(aheadAssets)]),
    paint,
    columns,
  )
  return [...lines, '', ...table]
}
