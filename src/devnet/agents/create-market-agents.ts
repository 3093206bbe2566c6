import { type Address, encodeFunctionData, type Hex, numberToHex, parseAbi } from 'viem'
import { agentTransactionsStuck, unknownMarketVenue } from '../../errors/market.ts'
import type { DevnetDeployment } from '../deployment.ts'
import { type BatchRpc, createBatchRpc, type RpcCall, requireAll } from './batch-rpc.ts'
import { createMarketPath, type MarketPath, type Response, respond } from './market-path.ts'
import {
  type AgentTransaction,
  agentAddress,
  agentEther,
  gasLimits,
  type MarketVenue,
  type VenueView,
} from './market-venue.ts'
import {
  type AgentAction,
  type AgentMove,
  type Bystanders,
  bystandersOf,
  noBystanders,
  planMoves,
  venueTargets,
} from './plan-moves.ts'
import type { Replay } from './replay/create-replay.ts'
import { venueCalibrations } from './venue-calibrations.ts'
import { aaveParameterReads, aaveParameters, aaveVenue } from './venues/aave.ts'
import { cometParameterReads, cometParameters, cometVenue } from './venues/comet.ts'
import { morphoVenue } from './venues/morpho.ts'
import { savingsVenue, setSavingsRate } from './venues/savings.ts'

export type MarketAgentsOptions = {
  rpcUrl: string
  deployment: DevnetDeployment
  /** Every draw is a function of it; cut to 64 bits. */
  seed: bigint | number
  /** Names of the venues that live, e.g. `aave-v3:usdc`. Default: all. */
  venues?: readonly string[]
  stepSeconds?: number
  /** Unix seconds of step 0. Default: the second whole step after the deployment's head. */
  startTimestamp?: bigint
  /** Drives one venue by a recorded history instead of the process. */
  replay?: Replay
}

/** One venue as the agents found it, before they acted. Amounts in asset units. */
type StepVenue = {
  name: string
  /** Spot supply APR, 1e18 = 100 %. */
  supplyAprWad: bigint
  totalSupply: bigint
  totalBorrow: bigint
  available: bigint
  frozen: boolean
  moves: readonly { agent: string; action: AgentAction; assets: bigint }[]
}

type FailedTransaction = { what: string; reason: string }

export type StepReport = {
  step: number
  /** Unix seconds of the head after the step. */
  timestamp: bigint
  blockNumber: bigint
  baseFeeWei: bigint
  ethPriceUsdE8: bigint
  venues: readonly StepVenue[]
  transactions: number
  /** Transactions that reverted, with the reason; they are counted, never retried. */
  failed: readonly FailedTransaction[]
  milliseconds: number
}

export type MarketAgents = {
  /** Names of the venues that live, in order. */
  venues: readonly string[]
  /** The exogenous path: draws of (seed, step) alone. */
  path: MarketPath
  /** Unix seconds of the head after a step. */
  timestampOf(step: number): bigint
  /** Gives the agents tokens, approvals, collateral and their first positions. Call once, before the first step. */
  prepare(): Promise<PrepareReport>
  /** Plays one step. Steps are asked for in order, each once. */
  step(step: number): Promise<StepReport>
}

export type PrepareReport = { transactions: number; failed: readonly FailedTransaction[] }

type Labelled = { what: string; transaction: AgentTransaction }

const feedAbi = parseAbi(['function setAnswer(int256 answer)'])

/** Agents act this many seconds before the step's time, so that its head block holds no transaction of theirs. */
const settleSeconds = 12n

/** High enough for any drawn base fee; transactions pay the base fee only. */
const maxFeePerGasWei = 10n ** 14n

/**
 * Creates the participants that move the devnet's market, and the process that sets base fee and ether's price.
 *
 * A step is two blocks: the agents' transactions at `timestampOf(step)` − 12 s, and an empty block at
 * `timestampOf(step)`, so that whoever observes at the head finds venues that nobody touched in that block. Others may
 * use the chain between steps: positions, nonces and liquidity are read again at the start of each step, and a
 * transaction of someone else that waits in the pool is mined along. Mining by the node itself is switched off during a
 * step and restored.
 *
 * @throws DEVNET_CALL_FAILED, UNKNOWN_MARKET_VENUE, AGENT_TRANSACTIONS_STUCK
 */
export async function createMarketAgents(options: MarketAgentsOptions): Promise<MarketAgents> {
  const { deployment } = options
  const seed = BigInt.asUintN(64, BigInt(options.seed))
  const stepSeconds = BigInt(options.stepSeconds ?? 3_600)
  const start = options.startTimestamp ?? (deployment.head.timestamp / stepSeconds + 2n) * stepSeconds
  const batch = createBatchRpc(options.rpcUrl)
  const venues = await loadVenues(batch, options)
  const path = createMarketPath(seed, new Map(venues.map(({ name, calibration }) => [name, calibration])))
  const clockwork = agentAddress('market', 'clockwork')
  const accounts = [...new Set([...venues.flatMap(({ agents }) => agents.map(({ address }) => address)), clockwork])]
  const responses = new Map<string, Response>(venues.map(({ name }) => [name, { supply: 0, borrow: 0 }]))
  const bystanders = new Map<string, Bystanders>()
  const timestampOf = (step: number): bigint => start + BigInt(step) * stepSeconds

  const feed = (to: Address, answer: bigint): AgentTransaction => ({
    from: clockwork,
    to,
    data: encodeFunctionData({ abi: feedAbi, functionName: 'setAnswer', args: [answer] }),
    gas: gasLimits.token,
  })

  async function prepare(): Promise<PrepareReport> {
    await requireAll(
      batch,
      accounts.flatMap((address) => [
        { method: 'anvil_setBalance', params: [address, numberToHex(agentEther)] },
        { method: 'anvil_impersonateAccount', params: [address] },
      ]),
    )
    const failed: FailedTransaction[] = []
    let transactions = 0
    const mine = async (list: readonly Labelled[]): Promise<void> => {
      const { head, nonces } = await readHead(batch, accounts)
      const mined = await mineTransactions(batch, list, nonces, head.timestamp + 1n, path.at(0).baseFeeWei)
      transactions += list.length
      failed.push(...mined.failed)
    }
    const { automine } = await readHead(batch, [])
    await withoutAutomine(batch, automine, async () => {
      for (const venue of venues) {
        await mine(venue.funding().map((transaction) => ({ what: `${venue.name} funding`, transaction })))
      }
      const { views } = await readMarket(batch, venues, accounts)
      for (const [index, venue] of venues.entries()) {
        const view = views[index]
        if (view === undefined) continue
        const standing = bystandersOf(venue, view)
        bystanders.set(venue.name, standing)
        const inputs = { point: path.at(0), response: { supply: 0, borrow: 0 }, bystanders: standing }
        const targets = options.replay?.initialTargets(venue.name, standing) ?? venueTargets(venue, view, inputs)
        await mine(toTransactions(venue, planMoves(venue, view, targets, { seed, step: 0 }, true)))
      }
    })
    return { transactions, failed }
  }

  async function step(index: number): Promise<StepReport> {
    const startedAt = performance.now()
    const point = path.at(index)
    const { head, automine, nonces, views } = await readMarket(batch, venues, accounts)
    const meanApr = views.reduce((sum, view) => sum + Number(view.supplyAprWad), 0) / (views.length || 1) / 1e18
    const list: Labelled[] = []
    const reports: StepVenue[] = []
    for (const [position, venue] of venues.entries()) {
      const view = views[position]
      if (view === undefined) continue
      const advantagePoints = (Number(view.supplyAprWad) / 1e18 - meanApr) * 100
      const response = respond(responses.get(venue.name) ?? { supply: 0, borrow: 0 }, advantagePoints)
      responses.set(venue.name, response)
      const standing = bystanders.get(venue.name) ?? noBystanders
      const moves =
        options.replay?.moves(venue, view, index, standing) ??
        planMoves(venue, view, venueTargets(venue, view, { point, response, bystanders: standing }), {
          seed,
          step: index,
        })
      list.push(...toTransactions(venue, moves))
      reports.push({
        name: venue.name,
        supplyAprWad: view.supplyAprWad,
        totalSupply: view.totalSupply,
        totalBorrow: view.totalBorrow,
        available: view.available,
        frozen: point.venues.get(venue.name)?.frozen ?? false,
        moves: moves.map(({ agent, action, assets }) => ({ agent: agent.name, action, assets })),
      })
    }
    list.push({ what: 'ETH / USD feed', transaction: feed(deployment.feeds.ethUsd, point.ethPriceUsdE8) })
    if (index % 24 === 0) {
      list.push({ what: 'USDC / USD feed', transaction: feed(deployment.feeds.usdcUsd, 10n ** 8n) })
      list.push({ what: 'USDT / USD feed', transaction: feed(deployment.feeds.usdtUsd, 10n ** 8n) })
    }
    const savings = views[venues.findIndex(({ kind }) => kind === 'erc4626')]
    if (savings !== undefined && savings.supplyAprWad !== point.savingsRateWad) {
      list.push({ what: 'savings rate', transaction: setSavingsRate(deployment, point.savingsRateWad) })
    }

    const timestamp = larger(timestampOf(index), head.timestamp + 2n)
    const agentsAt = larger(timestamp - settleSeconds, head.timestamp + 1n)
    let mined: MinedTransactions = { failed: [], blockNumber: head.number }
    await withoutAutomine(batch, automine, async () => {
      mined = await mineTransactions(batch, list, nonces, agentsAt, point.baseFeeWei)
      await mineBlock(batch, timestamp)
    })
    return {
      step: index,
      timestamp,
      blockNumber: mined.blockNumber + 1n,
      baseFeeWei: point.baseFeeWei,
      ethPriceUsdE8: point.ethPriceUsdE8,
      venues: reports,
      transactions: list.length,
      failed: mined.failed,
      milliseconds: performance.now() - startedAt,
    }
  }

  return { venues: venues.map(({ name }) => name), path, timestampOf, prepare, step }
}

async function loadVenues(
  batch: BatchRpc,
  { deployment, venues: wanted, replay }: MarketAgentsOptions,
): Promise<MarketVenue[]> {
  const aaveReads = aaveParameterReads(deployment)
  const answers = (await requireAll(batch, [...aaveReads, ...cometParameterReads(deployment)].map(toCall))) as Hex[]
  const calibrations = venueCalibrations(deployment)
  const all = [...calibrations].map(([name, calibration]) => {
    if (name === 'aave-v3:usdc') {
      return aaveVenue(deployment, calibration, aaveParameters(answers.slice(0, aaveReads.length)))
    }
    if (name === 'comet:usdc') {
      return cometVenue(deployment, calibration, cometParameters(answers.slice(aaveReads.length)))
    }
    const market = deployment.morpho.markets.find((each) => name === `morpho-blue:${each.name}`)
    return market === undefined ? savingsVenue(deployment, calibration) : morphoVenue(deployment, market, calibration)
  })
  const known = all.map(({ name }) => name)
  for (const name of [...(wanted ?? []), ...(replay === undefined ? [] : [replay.venue])]) {
    if (!known.includes(name)) throw unknownMarketVenue(name, known)
  }
  return wanted === undefined ? all : all.filter(({ name }) => wanted.includes(name))
}

function toTransactions(venue: MarketVenue, moves: readonly AgentMove[]): Labelled[] {
  return moves.map(({ agent, action, assets }) => ({
    what: `${venue.name} ${agent.name} ${action} ${assets}`,
    transaction: venue[action](agent, assets),
  }))
}

type Head = { number: bigint; timestamp: bigint }

/** `automine`: the node mines by itself. */
type MarketReading = { head: Head; automine: boolean; nonces: Map<Address, number>; views: VenueView[] }

const latestBlock: RpcCall = { method: 'eth_getBlockByNumber', params: ['latest', false] }

function toCall({ to, data }: { to: Address; data: Hex }): RpcCall {
  return { method: 'eth_call', params: [{ to, data }, 'latest'] }
}

async function readHead(batch: BatchRpc, accounts: readonly Address[]): Promise<Omit<MarketReading, 'views'>> {
  return readMarket(batch, [], accounts)
}

/** Reads head, nonces and venues in one request. */
async function readMarket(
  batch: BatchRpc,
  venues: readonly MarketVenue[],
  accounts: readonly Address[],
): Promise<MarketReading> {
  const answers = await requireAll(batch, [
    latestBlock,
    { method: 'anvil_getAutomine', params: [] },
    ...accounts.map((address) => ({ method: 'eth_getTransactionCount', params: [address, 'pending'] })),
    ...venues.flatMap(({ reads }) => reads.map(toCall)),
  ])
  const block = answers[0] as { number: Hex; timestamp: Hex }
  const head = { number: BigInt(block.number), timestamp: BigInt(block.timestamp) }
  const nonces = new Map(accounts.map((address, index) => [address, Number(answers[2 + index])]))
  let offset = 2 + accounts.length
  const views = venues.map((venue) => {
    const own = answers.slice(offset, offset + venue.reads.length) as Hex[]
    offset += venue.reads.length
    return venue.view(own, head.timestamp)
  })
  return { head, automine: answers[1] === true, nonces, views }
}

type MinedTransactions = { failed: FailedTransaction[]; blockNumber: bigint }

/**
 * Sends the transactions in one request and mines one block at `timestamp`. They run in the order of the list: the
 * block is ordered by `maxFeePerGas`, which falls along it. Uses up the nonces.
 */
async function mineTransactions(
  batch: BatchRpc,
  list: readonly Labelled[],
  nonces: Map<Address, number>,
  timestamp: bigint,
  baseFeeWei: bigint,
): Promise<MinedTransactions> {
  const sent = await requireAll(batch, [
    setBaseFee(baseFeeWei),
    ...list.map(({ transaction: { from, to, data, gas, value } }, index) => {
      const nonce = nonces.get(from) ?? 0
      nonces.set(from, nonce + 1)
      const request = {
        from,
        to,
        data,
        gas: numberToHex(gas),
        nonce: numberToHex(nonce),
        maxFeePerGas: numberToHex(maxFeePerGasWei - BigInt(index)),
        maxPriorityFeePerGas: '0x0',
        ...(value === undefined ? {} : { value: numberToHex(value) }),
      }
      return { method: 'eth_sendTransaction', params: [request] }
    }),
  ])
  await mineBlock(batch, timestamp)
  // The next block's base fee is set along, for the empty block of a step.
  const [block, receipts] = (await requireAll(batch, [
    latestBlock,
    { method: 'eth_getBlockReceipts', params: ['latest'] },
    setBaseFee(baseFeeWei),
  ])) as [{ number: Hex }, { transactionHash: Hex; status: Hex }[], unknown]
  const statuses = new Map(receipts.map(({ transactionHash, status }) => [transactionHash, status]))
  const failed: FailedTransaction[] = []
  for (const [index, { what, transaction }] of list.entries()) {
    const status = statuses.get(sent[1 + index] as Hex)
    if (status === undefined) throw agentTransactionsStuck(what, list.length)
    if (status === '0x1') continue
    const { from, to, data } = transaction
    const [answer] = await batch([{ method: 'eth_call', params: [{ from, to, data }, 'latest'] }])
    const reason = answer === undefined || answer.ok ? 'reverted in the block, passes after it' : answer.message
    failed.push({ what, reason })
  }
  return { failed, blockNumber: BigInt(block.number) }
}

function setBaseFee(baseFeeWei: bigint): RpcCall {
  return { method: 'anvil_setNextBlockBaseFeePerGas', params: [numberToHex(baseFeeWei)] }
}

async function mineBlock(batch: BatchRpc, timestamp: bigint): Promise<void> {
  await requireAll(batch, [{ method: 'evm_mine', params: [Number(timestamp)] }])
}

/** Runs the work with the node's own mining switched off, and switches it on again if it was on. */
async function withoutAutomine(batch: BatchRpc, automine: boolean, work: () => Promise<void>): Promise<void> {
  if (!automine) return work()
  await requireAll(batch, [{ method: 'evm_setAutomine', params: [false] }])
  try {
    await work()
  } finally {
    await requireAll(batch, [{ method: 'evm_setAutomine', params: [true] }])
  }
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
