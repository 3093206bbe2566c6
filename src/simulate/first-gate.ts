import { type Address, type Hex, zeroHash } from 'viem'
import { z } from 'zod'
import type { RpcClient } from '../chain/endpoint.ts'
import { TillerError } from '../errors/base.ts'
import { endpointBadResponse } from '../errors/chain.ts'
import { simulateUnsupported } from '../errors/simulate.ts'
import type { GateReport } from '../journal/journal.ts'
import { hex, quantity } from '../journal/json.ts'
import type { GateInput } from '../keeper/effects.ts'
import { encodeLensCall, loadLens } from '../vault/lens.ts'
import { readState } from '../vault/read.ts'
import { revertReason } from '../vault/revert-reason.ts'
import type { StateQuery } from '../vault/state-query.ts'
import { checkPostState, type PostStateBounds } from './check-post-state.ts'
import type { Rpc } from './rpc.ts'
import { vaultTotals } from './vault-totals.ts'

export type FirstGateParameters = {
  /** Of the node, or of the fork where the node has no eth_simulateV1. */
  rpc: Rpc
  ranOn: 'node' | 'fork'
  query: StateQuery
  bounds: PostStateBounds
  monotonicMs(): number
}

const simulatedSchema = z
  .array(
    z.looseObject({
      number: quantity,
      timestamp: quantity,
      parentHash: hex.optional(),
      calls: z
        .array(
          z.looseObject({
            status: hex,
            returnData: hex,
            gasUsed: quantity,
            error: z.looseObject({ message: z.string().optional(), data: z.string().optional() }).optional(),
          }),
        )
        .length(2),
    }),
  )
  .length(1)

/** Nobody's account: the last 20 bytes of keccak256("tiller.lens"). */
const lensAddress: Address = '0xf5cb8689c736ea41fb7d4ad9a36679f810e08263'

/** JSON-RPC codes of "no such method" and "not supported", as nodes really answer. */
const unsupportedCodes = new Set([-32601, -32004])

/**
 * Runs the unsigned call on top of the observed block with `eth_simulateV1`, at the time of the next block, and reads
 * the state that it leaves in the same bundle, so that nothing can come in between.
 *
 * @throws SIMULATE_UNSUPPORTED, RPC_ERROR and the errors of the connection; a plan that fails is a report, not an error
 */
export async function runFirstGate(parameters: FirstGateParameters, input: GateInput): Promise<GateReport> {
  const { rpc, ranOn, query, bounds, monotonicMs } = parameters
  const started = monotonicMs()
  const { transaction, before, plan, timestamp } = input
  const blockNumber = before.market.block.number
  const call = {
    from: transaction.from,
    to: transaction.to,
    data: transaction.data,
    value: toHex(transaction.value),
    gas: toHex(transaction.gas),
  }
  const answer = await rpc
    .request('eth_simulateV1', [
      {
        blockStateCalls: [
          {
            blockOverrides: { time: toHex(timestamp) },
            stateOverrides: { [lensAddress]: { code: await lensCallOf(query) } },
            calls: [call, { from: transaction.from, to: lensAddress }],
          },
        ],
        validation: false,
      },
      toHex(blockNumber),
    ])
    .catch((error: unknown) => {
      const code = error instanceof TillerError ? error.details['rpcCode'] : undefined
      if (typeof code === 'number' && unsupportedCodes.has(code)) throw simulateUnsupported(rpc.label)
      throw error
    })
  const parsed = simulatedSchema.safeParse(answer)
  if (!parsed.success) {
    throw endpointBadResponse(rpc.label, 'eth_simulateV1', 200, z.prettifyError(parsed.error), true)
  }
  const [block] = parsed.data
  const [move, lens] = block?.calls ?? []
  if (block === undefined || move === undefined || lens === undefined) throw simulateUnsupported(rpc.label)
  const report = {
    gate: 'first' as const,
    ranOn,
    blockNumber,
    timestamp: block.timestamp,
    gasUsed: move.gasUsed,
  }
  // Asked by number: this endpoint may stand on another block of that number than the one that was observed. anvil
  // leaves the field zero.
  const { parentHash: parent } = block
  const observed = before.market.block.hash
  if (parent !== undefined && parent !== zeroHash && parent !== observed) {
    const detail = `The endpoint simulates on block ${parent}, observed was ${observed}.`
    const checks = [{ name: 'block', ok: false, detail }]
    return { ...report, ok: false, checks, after: null, durationMs: monotonicMs() - started }
  }
  if (BigInt(move.status) !== 1n) {
    const revert = revertReason(move.returnData)
    const checks = [{ name: 'receipt', ok: false, detail: `The call reverts: ${revert}.` }]
    return { ...report, ok: false, checks, after: null, revert, durationMs: monotonicMs() - started }
  }
  const after = await readState(
    answeringClient(rpc.label, {
      header: {
        ...before.market.block,
        number: block.number,
        timestamp: block.timestamp,
      },
      lens: BigInt(lens.status) === 1n ? lens.returnData : null,
    }),
    { ...query, blockNumber: block.number },
  )
  const checks = [
    { name: 'receipt', ok: true, detail: `The call succeeds and uses ${move.gasUsed} gas.` },
    { name: 'time', ok: block.timestamp === timestamp, detail: `Simulated at ${block.timestamp}, asked ${timestamp}.` },
    ...checkPostState(before, after, plan, bounds),
  ]
  return {
    ...report,
    ok: checks.every(({ ok }) => ok),
    checks,
    after: vaultTotals(after),
    durationMs: monotonicMs() - started,
  }
}

/**
 * The bytes of the lens call, as `readState` would send them. That call has no target, which anvil's eth_simulateV1 does
 * not take, so the bytes stand in as the code of an account instead: they read their arguments from their own tail and
 * answer the same, called or created.
 */
async function lensCallOf(query: StateQuery): Promise<Hex> {
  return encodeLensCall(query.lens ?? (await loadLens()), query)
}

type Header = { number: bigint; hash: Hex; timestamp: bigint; baseFeePerGas: bigint }

/** A client that knows two answers, so that a simulated state is decoded by the very code that reads the real one. */
function answeringClient(label: string, known: { header: Header; lens: Hex | null }): RpcClient {
  const request = async ({ method }: { method: string }): Promise<unknown> => {
    if (method === 'eth_getBlockByNumber') {
      const { number, hash, timestamp, baseFeePerGas } = known.header
      return { number: toHex(number), hash, timestamp: toHex(timestamp), baseFeePerGas: toHex(baseFeePerGas) }
    }
    if (known.lens === null) throw Object.assign(new Error('execution reverted'), { code: 3, data: '0x' })
    return known.lens
  }
  return { request: request as RpcClient['request'], transport: { name: label } }
}

function toHex(value: bigint): Hex {
  return `0x${value.toString(16)}`
}
