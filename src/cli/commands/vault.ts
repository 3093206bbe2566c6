import type { Command } from 'commander'
import { type Address, erc20Abi } from 'viem'
import { createClients } from '../../chain/create-clients.ts'
import type { ChainClient } from '../../chain/endpoint.ts'
import { signerAddress } from '../../config/keys.ts'
import type { Config } from '../../config/schema.ts'
import { venueRefs } from '../../config/venue-refs.ts'
import { amountInvalid, depositTooLarge, withdrawalTooLarge } from '../../errors/cli.ts'
import { vaultAbi } from '../../vault/abi.ts'
import { readState } from '../../vault/read.ts'
import { type AuditOptions, auditCommand } from '../audit-vault.ts'
import type { Context } from '../context.ts'
import { type DeployOptions, deployCommand } from '../deploy-vault.ts'
import { type ExitOptions, exitCommand } from '../exit-vault.ts'
import { withChain } from '../open-chain.ts'
import { openPosition } from '../open-position.ts'
import { addressText, parseAmount, wholeNumber } from '../parse-argument.ts'
import {
  type FillOptions,
  type QueueStatusOptions,
  queueCancel,
  queueClaim,
  queueFill,
  queueRequest,
  queueStatus,
} from '../queue-vault.ts'
import { exactAmount, formatAmount, formatBps, formatDuration, formatSupplyApr, formatTime } from '../render/format.ts'
import { renderKeyValues } from '../render/key-values.ts'
import { mark } from '../render/marks.ts'
import { renderTable } from '../render/table.ts'
import { sendStep } from '../send-transaction.ts'
import type { SenderOptions } from '../sender.ts'

/** `tiller vault deploy|audit|status|deposit|withdraw|exit|queue` */
export function register(command: Command, context: Context): void {
  withChain(withSender(command.command('deploy')))
    .description('deploy vault, Guard and adapters; on a running devnet without a plan, a ready-made one')
    .option('--plan <file>', 'what to deploy, as JSON; docs/examples has whole ones')
    .option('--dry-run', 'simulate it, print every address, role, timelock, cap and cost; send nothing')
    .option('--yes', 'send without asking')
    .option('--with-factory', 'put the factory of this build onto the chain where it is missing')
    .option('--out <folder>', 'where the deployment file and the bundle for source verification go')
    .option('--write', 'write the section "vault" into the configuration')
    .action((options: DeployOptions) => deployCommand(context, options))

  withChain(command.command('audit'))
    .description('say in plain words whom a live vault allows what, and what is worth worrying about')
    .argument('<address>', 'any Tiller vault', addressText)
    .option('--block <number>', 'as of this block', wholeNumber(0))
    .option(
      '--from-block <number>',
      'look for waiting calls from here on; the default is the first block',
      wholeNumber(0),
    )
    .option(
      '--deployment <file>',
      'also look at factory, Router, redeem queue and reward seller of this deployment file',
    )
    .action((address: Address, options: AuditOptions) => auditCommand(context, address, options))

  command
    .command('status')
    .description('assets, idle, venues, caps, bounds of the Guard, what could be withdrawn now')
    .action(() => status(context))

  withSender(command.command('deposit'))
    .description('approve and deposit; the shares go to the account that sends')
    .argument('<amount>', 'whole units of the asset, e.g. 1000.5')
    .action((amount: string, options: SenderOptions) => deposit(context, amount, options))

  withSender(command.command('withdraw'))
    .description('withdraw to the account that sends')
    .argument('<amount>', 'whole units of the asset, or all')
    .action((amount: string, options: SenderOptions) => withdraw(context, amount, options))

  withSender(command.command('exit'))
    .description('the cheapest way out now, also where a withdrawal is not enough; a plan unless --send')
    .argument('<amount>', 'whole units of the asset, or all')
    .option('--venue <name>', 'leave through this venue alone')
    .option('--in-kind', 'take over positions at venues for what they can not pay')
    .option('--tolerance-bps <n>', 'how much dearer than now a leg may become', wholeNumber(0, 1_000), 10)
    .option('--account <address>', 'plan for this account without its key', addressText)
    .option('--send', 'send it')
    .action((amount: string, options: ExitOptions) => exitCommand(context, amount, options))

  registerQueue(command.command('queue'), context)
  // The name that it had before there was `queue`; timers call it.
  registerFill(command.command('fill-queue', { hidden: true }), context)
}

/** `tiller vault queue status|request|claim|cancel|fill` */
function registerQueue(command: Command, context: Context): void {
  command.description('leave a vault that can not pay all of it now: ask, wait, claim')
  command
    .command('status')
    .description('what waits, and what an account has in the queue')
    .option('--account <address>', 'this account (default: the configured signer)', addressText)
    .action((options: QueueStatusOptions) => queueStatus(context, options))
  withSender(command.command('request'))
    .description('put shares into the queue, behind all that wait')
    .argument('<amount>', 'what they are worth in whole units of the asset, or all')
    .action((amount: string, options: SenderOptions) => queueRequest(context, amount, options))
  withSender(command.command('claim'))
    .description('take what was filled, to the account that sends')
    .action((options: SenderOptions) => queueClaim(context, options))
  withSender(command.command('cancel'))
    .description('take shares back that still wait')
    .argument('<request>', 'the number of a request, or all')
    .action((request: string, options: SenderOptions) => queueCancel(context, request, options))
  registerFill(command.command('fill'), context)
}

function registerFill(command: Command, context: Context): void {
  withSender(command)
    .description('redeem what waits in the redeem queue, as far as the vault can pay; anyone may')
    .option('--requests <n>', 'how many requests to touch at most', '50')
    .action((options: FillOptions) => queueFill(context, options))
}

function withSender(command: Command): Command {
  return command
    .option('--from <account>', 'an account of a devnet, by name (alice) or address')
    .option('--keystore <file>', 'a keystore of the account that sends')
    .option('--password-file <file>', 'the password is the first line of this file')
    .option('--password-env <name>', 'the password is in this environment variable')
    .option('--key-env <name>', 'the key is in this environment variable')
}

function clientsOf(config: Pick<Config, 'chain'>) {
  return createClients({ chainId: config.chain.id, ...config.chain.rpc })
}

async function status(context: Context): Promise<void> {
  const { config } = await context.loadConfig()
  const { paint, io } = context
  const keeper = (await signerAddress(config, io.env).catch(() => undefined)) ?? config.vault.guard
  const { client } = clientsOf(config).read[0]
  const state = await readState(client, {
    vault: config.vault.address,
    guard: config.vault.guard,
    keeper,
    venues: venueRefs(config.vault),
    ...(config.vault.ethUsdFeed === undefined ? {} : { ethUsdFeed: config.vault.ethUsdFeed }),
    ...(config.vault.redeemQueue === undefined ? {} : { redeemQueue: config.vault.redeemQueue }),
  })
  const { vault, market } = state
  const { guard } = vault
  const amount = (value: bigint) => formatAmount(value, vault.assetDecimals, 2)
  const symbol = await client
    .readContract({ address: vault.asset, abi: erc20Abi, functionName: 'symbol' })
    .catch(() => '')
  const share = (value: bigint) => (vault.totalAssets === 0n ? 0 : Number((value * 10_000n) / vault.totalAssets))
  const ready = guard.lastRebalanceAt + BigInt(guard.limits.cooldownSeconds) - market.block.timestamp
  context.answer({
    document: {
      block: market.block,
      symbol,
      ...vault,
      venues: market.venues,
      ethPriceUsdE8: state.ethPriceUsdE8 ?? null,
    },
    lines: [
      ...renderKeyValues(
        [
          ['vault', vault.address],
          ['block', `${market.block.number}, ${formatTime(market.block.timestamp)}`],
          ['total assets', `${amount(vault.totalAssets)} ${symbol}`],
          ['idle', `${amount(vault.idle)} ${symbol}, ${formatBps(share(vault.idle))}`],
          ['free to withdraw', `${amount(vault.liquid)} ${symbol}`],
          ...(config.vault.redeemQueue === undefined
            ? []
            : ([['waits in the redeem queue', `${amount(vault.queuedAssets)} ${symbol}`]] as [string, string][])),
          ['share price', formatAmount(vault.sharePrice, vault.assetDecimals, vault.assetDecimals)],
        ],
        { paint },
      ),
      '',
      ...renderTable(
        [
          { name: 'venue' },
          { name: 'supply APR', align: 'right' },
          { name: 'held', align: 'right' },
          { name: 'weight', align: 'right', optional: true },
          { name: 'free', align: 'right' },
          { name: 'cap', align: 'right' },
          { name: 'status' },
        ],
        market.venues.map((venue) => [
          venue.ref.name,
          formatSupplyApr(venue),
          amount(venue.assets),
          formatBps(share(venue.assets)),
          amount(venue.withdrawable),
          amount(venue.cap),
          venue.status === 'ok' ? 'ok' : `stale: ${venue.staleReason ?? ''}`,
        ]),
        paint,
        context.columns,
      ),
      '',
      ...renderKeyValues(
        [
          [
            'plans',
            `${guard.nextNonce} so far${ready > 0n ? `, the next in ${formatDuration(Number(ready) * 1_000)} at the earliest` : ''}`,
          ],
          ['turnover left', `${amount(guard.turnoverAvailable)} of ${formatBps(guard.limits.turnoverPerDayBps)} a day`],
          ...(guard.turnoverOwed === 0n
            ? []
            : [['turnover owed', `${amount(guard.turnoverOwed)}, drawn when it goes in again`] as const]),
          ['loss left', `${amount(guard.lossAvailable)} of ${formatBps(guard.limits.lossBudgetPerDayBps)} a day`],
          ['liquid floor', formatBps(guard.limits.liquidFloorBps)],
          ['frozen', guard.frozen ? paint.red('yes') : 'no'],
        ],
        { title: 'Guard', paint },
      ),
    ],
  })
}

async function deposit(context: Context, text: string, options: SenderOptions): Promise<void> {
  const { asset, decimals, client, sender, config } = await openPosition(context, options)
  const vault = config.vault.address
  const assets = parseAmount(text, decimals)
  if (assets === undefined || assets === 0n) throw amountInvalid(text, decimals)
  const owner = sender.address
  const [held, allowed] = await Promise.all([
    client.readContract({ address: asset, abi: erc20Abi, functionName: 'balanceOf', args: [owner] }),
    client.readContract({ address: asset, abi: erc20Abi, functionName: 'allowance', args: [owner, vault] }),
  ])
  if (held < assets) {
    const amounts = { wanted: exactAmount(assets, decimals), held: exactAmount(held, decimals) }
    throw depositTooLarge({ account: owner, asset, ...amounts })
  }
  if (allowed < assets) {
    await sendStep(client, sender, {
      title: 'approve',
      to: asset,
      abi: erc20Abi,
      functionName: 'approve',
      args: [vault, assets],
    })
  }
  const sent = await sendStep(client, sender, {
    title: 'deposit',
    to: vault,
    abi: vaultAbi,
    functionName: 'deposit',
    args: [assets, owner],
  })
  await answerMoved(context, 'deposited', assets, { client, owner, vault, decimals, ...sent })
}

async function withdraw(context: Context, text: string, options: SenderOptions): Promise<void> {
  const { decimals, client, sender, config } = await openPosition(context, options)
  const vault = config.vault.address
  const owner = sender.address
  const read = { address: vault, abi: vaultAbi } as const
  const [shares, free, largest] = await Promise.all([
    client.readContract({ ...read, functionName: 'balanceOf', args: [owner] }),
    client.readContract({ ...read, functionName: 'liquid' }),
    client.readContract({ ...read, functionName: 'maxWithdraw', args: [owner] }),
  ])
  const own = await client.readContract({ ...read, functionName: 'previewRedeem', args: [shares] })
  const all = text.trim().toLowerCase() === 'all'
  const assets = all ? own : parseAmount(text, decimals)
  if (assets === undefined || assets === 0n) throw amountInvalid(text, decimals)
  const shown = {
    wanted: exactAmount(assets, decimals),
    free: exactAmount(free, decimals),
    own: exactAmount(own, decimals),
  }
  if (assets > own) throw withdrawalTooLarge(shown, false)
  if (assets > largest) throw withdrawalTooLarge(shown, true)
  // Everything is redeemed by shares: by assets, a rounding would leave dust behind.
  const step = all
    ? { title: 'redeem', functionName: 'redeem', args: [shares, owner, owner] }
    : { title: 'withdraw', functionName: 'withdraw', args: [assets, owner, owner] }
  const sent = await sendStep(client, sender, { to: vault, abi: vaultAbi, ...step })
  await answerMoved(context, 'withdrawn', assets, { client, owner, vault, decimals, ...sent })
}

type Moved = {
  client: ChainClient
  owner: `0x${string}`
  vault: `0x${string}`
  decimals: number
  hash: `0x${string}`
  gasUsed: bigint
}

async function answerMoved(context: Context, verb: string, assets: bigint, moved: Moved): Promise<void> {
  const { client, owner, vault, decimals, hash, gasUsed } = moved
  const read = { address: vault, abi: vaultAbi } as const
  const shares = await client.readContract({ ...read, functionName: 'balanceOf', args: [owner] })
  const worth = await client.readContract({ ...read, functionName: 'convertToAssets', args: [shares] })
  context.answer({
    document: { [verb]: assets, account: owner, shares, worth, hash, gasUsed },
    lines: [
      `${mark('ok', context.paint)} ${formatAmount(assets, decimals, 2)} ${verb}; ${owner} now holds shares worth ${formatAmount(worth, decimals, 2)}.`,
      context.paint.dim(`  ${hash}, ${gasUsed} gas`),
    ],
  })
}
