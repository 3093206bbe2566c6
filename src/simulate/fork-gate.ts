import type { Address, Hex } from 'viem'
import { z } from 'zod'
import type { AnvilOptions, AnvilProcess } from '../chain/anvil.ts'
import type { RpcClient } from '../chain/endpoint.ts'
import { TillerError } from '../errors/base.ts'
import { forkFailed, forkTimeout } from '../errors/simulate.ts'
import type { GateCheck, GateReport } from '../journal/journal.ts'
import { hex } from '../journal/json.ts'
import type { GateInput, KeeperLogger } from '../keeper/effects.ts'
import { readState } from '../vault/read.ts'
import { revertReason } from '../vault/revert-reason.ts'
import type { StateQuery } from '../vault/state-query.ts'
import { checkPostState, type PostStateBounds } from './check-post-state.ts'
import { runFirstGate } from './first-gate.ts'
import { createForkSource, type ForkedBlock, type ForkSource, type ForkSourceFigures } from './fork-source.ts'
import { createRpc, type Rpc } from './rpc.ts'
import { vaultTotals } from './vault-totals.ts'

export type CreateForkGateParameters = {
  /** The node that is forked. */
  upstream: Rpc
  chainId: number
  query: StateQuery
  bounds: PostStateBounds
  /** Hard limit for one use of the fork, start included. */
  timeoutMs: number
  startAnvil(options: AnvilOptions): Promise<AnvilProcess>
  logger: KeeperLogger
  monotonicMs(): number
}

export type ForkGate = {
  /** Starts the fork and reads the vault once on it, so that the first plan finds it warm. Never rejects. */
  warm(block: ForkedBlock): Promise<void>
  /** Begins to bring the fork to the block of the input. Never rejects: what fails shows in `run`. */
  prepare(input: GateInput): Promise<void>
  /** The second gate. A plan that fails, a time-out and a broken fork are all reports that are not ok. */
  run(input: GateInput): Promise<GateReport>
  /** The first gate, for a node without eth_simulateV1. */
  runFirst(input: GateInput): Promise<GateReport>
  figures(): ForkSourceFigures | null
  stop(): Promise<void>
}

type Fork = { anvil: AnvilProcess; rpc: Rpc; source: ForkSource; client: RpcClient; preparedFor: string }

const receiptSchema = z.looseObject({
  status: hex,
  gasUsed: hex.transform((text) => BigInt(text)),
})

/**
 * Creates the second gate: one long-lived anvil fork of the node, brought to the exact block with `anvil_reset` for each
 * plan, on which the exact unsigned transaction (from, to, data, value, gas limit, nonce, fees) is mined by
 * impersonation, and the state that it leaves is read.
 *
 * The fork mines on `evm_mine` only: with automatic mining anvil 1.7.1 loses a transaction now and then. It has a hard
 * time-out and is thrown away on any failure, since anvil is known to hang after a reset
 * (foundry issue 7966); the next plan gets a fresh one.
 */
export function createForkGate(parameters: CreateForkGateParameters): ForkGate {
  const { upstream, chainId, query, bounds, timeoutMs, logger, monotonicMs } = parameters
  let fork: Fork | null = null
  let starting: Promise<Fork> | null = null
  let queue: Promise<unknown> = Promise.resolve()
  const endings = new Set<Promise<void>>()
  let stopped = false

  /** One user at a time: a fork has one state. */
  function exclusive<result>(step: string, action: (signal: AbortSignal) => Promise<result>): Promise<result> {
    const turn = queue.then(() => withTimeout(step, action))
    queue = turn.catch(() => {})
    return turn
  }

  async function withTimeout<result>(step: string, action: (signal: AbortSignal) => Promise<result>): Promise<result> {
    if (stopped) throw forkFailed(step, 'the keeper is ending')
    const controller = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        controller.abort()
        reject(forkTimeout(step, timeoutMs))
      }, timeoutMs)
    })
    try {
      const work = action(controller.signal)
      work.catch(() => {}) // After a time-out nobody waits for it.
      return await Promise.race([work, limit])
    } catch (error) {
      logger.warn('fork.recycled', { step, error })
      discard()
      throw error instanceof TillerError ? error : forkFailed(step, reasonOf(error), error)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Does not wait for the end of the process: one that hangs takes seconds to die, and the limit is a hard one. */
  function discard(): void {
    const pending = fork === null ? starting : Promise.resolve(fork)
    fork = null
    starting = null
    // A start that was overtaken by the time-out ends its process when it gets there.
    const ending = pending?.then(end, () => {})
    if (ending === undefined) return
    endings.add(ending)
    void ending.finally(() => endings.delete(ending))
  }

  async function ready(block: ForkedBlock): Promise<Fork> {
    if (fork !== null) return fork
    starting ??= start(block)
    const mine = starting
    const started = await mine
    if (starting !== mine) throw forkFailed('start', 'the fork was thrown away while it started')
    starting = null
    fork = started
    return started
  }

  async function start(block: ForkedBlock): Promise<Fork> {
    const began = monotonicMs()
    const source = await createForkSource({ upstream, chainId })
    try {
      await source.readAhead(block, null)
      const anvil = await parameters.startAnvil({
        forkUrl: source.url,
        noMining: true,
        args: [
          '--chain-id',
          String(chainId),
          '--fork-block-number',
          String(block.number),
          '--auto-impersonate',
          '--no-rate-limit',
          // Its own accounts would be given 10 000 ether, the keeper's among them where the keeper is one of them.
          '--accounts',
          '0',
        ],
      })
      const rpc = createRpc({ url: anvil.url, label: 'fork', timeoutMs })
      const client = clientOf(rpc)
      logger.debug('fork.started', { pid: anvil.pid, ms: Math.round(monotonicMs() - began) })
      void anvil.exited.then(() => {
        if (fork?.anvil === anvil) discard()
      })
      return { anvil, rpc, source, client, preparedFor: '' }
    } catch (error) {
      await source.close()
      throw error
    }
  }

  async function end(current: Fork): Promise<void> {
    current.rpc.close()
    await Promise.all([current.anvil.stop(), current.source.close()])
  }

  async function bringTo(block: ForkedBlock, call: { from: Address; to: Address; data: Hex } | null): Promise<Fork> {
    const current = await ready(block)
    await current.source.readAhead(block, call)
    await current.rpc.request('anvil_reset', [
      { forking: { jsonRpcUrl: current.source.url, blockNumber: Number(block.number) } },
    ])
    return current
  }

  async function prepared(input: GateInput): Promise<Fork> {
    const key = preparationKey(input)
    if (fork !== null && fork.preparedFor === key) return fork
    const { from, to, data } = input.transaction
    const current = await bringTo(input.before.market.block, { from, to, data })
    current.preparedFor = key
    return current
  }

  async function mine(input: GateInput, started: number): Promise<GateReport> {
    const { transaction, before, plan, timestamp } = input
    const current = await prepared(input)
    current.preparedFor = ''
    const { rpc, client } = current
    const forked = before.market.block
    const base = {
      gate: 'fork' as const,
      ranOn: 'fork' as const,
      blockNumber: forked.number,
      timestamp,
    }
    const refused = (detail: string, gasUsed = 0n, revert?: string): GateReport => ({
      ...base,
      ok: false,
      gasUsed,
      checks: [{ name: 'receipt', ok: false, detail }],
      after: null,
      ...(revert === undefined ? {} : { revert }),
      durationMs: monotonicMs() - started,
    })
    const head = await rpc.request('eth_getBlockByNumber', ['latest', false])
    const forkedHash = z.looseObject({ hash: hex }).parse(head).hash
    if (forkedHash !== forked.hash) return refused(`The fork stands on block ${forkedHash}, not on ${forked.hash}.`)

    let hash: unknown
    try {
      hash = await rpc.request('eth_sendTransaction', [toRpcTransaction(transaction)])
    } catch (error) {
      // The pool's own verdict: nonce too low, insufficient funds, fee below the base fee.
      if (error instanceof TillerError && error.code === 'RPC_ERROR') {
        return refused(`The fork's pool refuses the transaction: ${error.details['reason']}.`)
      }
      throw error
    }
    await rpc.request('evm_setNextBlockTimestamp', [Number(timestamp)])
    await rpc.request('evm_mine', [])
    const answer = await rpc.request('eth_getTransactionReceipt', [hash])
    if (answer === null) return refused('The transaction was not mined in the next block.')
    const receipt = receiptSchema.parse(answer)
    if (BigInt(receipt.status) !== 1n) {
      const revert = await revertOnFork(rpc, input)
      return refused(`The transaction reverts: ${revert}.`, receipt.gasUsed, revert)
    }
    const [after, nonce] = await Promise.all([
      readState(client, query),
      rpc.request('eth_getTransactionCount', [transaction.from, 'latest']),
    ])
    const nonceAfter = BigInt(hex.parse(nonce))
    const checks: GateCheck[] = [
      {
        name: 'receipt',
        ok: true,
        detail: `The transaction succeeds and uses ${receipt.gasUsed} of ${transaction.gas} gas.`,
      },
      {
        name: 'block',
        ok: after.market.block.number === forked.number + 1n && after.market.block.timestamp === timestamp,
        detail: `Mined in block ${after.market.block.number} at ${after.market.block.timestamp}, expected ${forked.number + 1n} at ${timestamp}.`,
      },
      {
        name: 'account_nonce',
        ok: nonceAfter === BigInt(transaction.nonce) + 1n,
        detail: `The sender's next nonce is ${nonceAfter}, expected ${transaction.nonce + 1}.`,
      },
      ...checkPostState(before, after, plan, bounds),
    ]
    return {
      ...base,
      ok: checks.every(({ ok }) => ok),
      gasUsed: receipt.gasUsed,
      checks,
      after: vaultTotals(after),
      durationMs: monotonicMs() - started,
    }
  }

  /** A broken fork withholds the plan like a failed check does. */
  function failedReport(gate: 'first' | 'fork', input: GateInput, error: unknown, started: number): GateReport {
    const known = error instanceof TillerError ? error : forkFailed('run', reasonOf(error), error)
    return {
      gate,
      ranOn: 'fork',
      ok: false,
      blockNumber: input.before.market.block.number,
      timestamp: input.timestamp,
      gasUsed: 0n,
      checks: [{ name: known.code, ok: false, detail: `${known.shortMessage} ${detailsOf(known)}`.trim() }],
      after: null,
      durationMs: monotonicMs() - started,
    }
  }

  return {
    warm: async (block) => {
      await exclusive('warm', async () => {
        const current = await bringTo(block, null)
        await readState(current.client, query)
      }).catch(() => {})
    },

    prepare: async (input) => {
      await exclusive('prepare', () => prepared(input)).catch(() => {})
    },

    run: async (input) => {
      const started = monotonicMs()
      const report = await exclusive('run', () => mine(input, started)).catch((error: unknown) =>
        failedReport('fork', input, error, started),
      )
      // Code is kept over blocks, since a chain can't change it; a test chain can. A refusal must not rest on that.
      if (!report.ok) fork?.source.forget()
      return report
    },

    runFirst: async (input) => {
      const started = monotonicMs()
      return exclusive('first', async () => {
        const { rpc } = await prepared(input)
        return runFirstGate({ rpc, ranOn: 'fork', query, bounds, monotonicMs }, input)
      }).catch((error: unknown) => failedReport('first', input, error, started))
    },

    figures: () => fork?.source.figures() ?? null,

    stop: async () => {
      stopped = true
      await queue
      discard()
      await Promise.all(endings)
    },
  }
}

function preparationKey({ before, transaction }: GateInput): string {
  return `${before.market.block.hash} ${transaction.from} ${transaction.to} ${transaction.data}`
}

function toRpcTransaction(transaction: GateInput['transaction']): Record<string, Hex> {
  return {
    from: transaction.from,
    to: transaction.to,
    data: transaction.data,
    value: toHex(transaction.value),
    gas: toHex(transaction.gas),
    nonce: toHex(BigInt(transaction.nonce)),
    maxFeePerGas: toHex(transaction.maxFeePerGas),
    maxPriorityFeePerGas: toHex(transaction.maxPriorityFeePerGas),
  }
}

/** Runs the call again on the forked block, for the words of the revert. */
async function revertOnFork(rpc: Rpc, { transaction, before, timestamp }: GateInput): Promise<string> {
  const { from, to, data, value, gas } = toRpcTransaction(transaction)
  const [answer] = await rpc.batch([
    {
      method: 'eth_call',
      params: [{ from, to, data, value, gas }, toHex(before.market.block.number), {}, { time: toHex(timestamp) }],
    },
  ])
  if (answer === undefined || 'result' in answer) return 'out of gas, or a reason that only shows in the block'
  const found = answer.error.data
  return typeof found === 'string' && found.startsWith('0x') ? revertReason(found as Hex) : answer.error.message
}

function clientOf(rpc: Rpc): RpcClient {
  const request = ({ method, params }: { method: string; params?: readonly unknown[] }): Promise<unknown> =>
    rpc.request(method, params ?? [])
  return { request: request as RpcClient['request'], transport: { name: rpc.label } }
}

function detailsOf(error: TillerError): string {
  return Object.entries(error.details)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function toHex(value: bigint): Hex {
  return `0x${value.toString(16)}`
}
