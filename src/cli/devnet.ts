import { checkCode } from '../devnet/check-code.ts'
import type { CodeOrigin, DevnetDeployment } from '../devnet/deployment.ts'
import { type Devnet, type DevnetProgress, type PreparedDevnet, prepareDevnet, startDevnet } from '../devnet/devnet.ts'
import { isAlive } from '../devnet/is-alive.ts'
import { findPrepared } from '../devnet/prepare-devnet.ts'
import { createRpc, type Rpc } from '../devnet/rpc.ts'
import { inspectRun, type RunState, removeRunState, runStateFile, writeRunState } from '../devnet/run-state.ts'
import {
  devnetAlreadyRunning,
  devnetCacheCorrupt,
  devnetCodeChanged,
  devnetEnded,
  devnetNotAnswering,
  devnetNotRunning,
} from '../errors/devnet.ts'
import type { Context } from './context.ts'
import { formatDuration, formatTime } from './render/format.ts'
import { renderKeyValues } from './render/key-values.ts'
import { createLiveRegion } from './render/live-region.ts'
import { renderProgress } from './render/progress.ts'
import { renderTable } from './render/table.ts'

export type DevnetUpOptions = {
  /** Default 8545; 0 takes a free one. */
  port: number
  /** Compile and deploy again, whatever the cache has. */
  fresh: boolean
  /** Leave the node running and return. */
  detach: boolean
  /** Seconds between blocks that are mined without a transaction; absent: blocks only with transactions. */
  blockTime?: number
}

/**
 * Brings the devnet up; without `detach` it stays in the foreground until SIGINT or SIGTERM.
 *
 * @throws DEVNET_RUNNING, DEVNET_NOT_ANSWERING, PORT_IN_USE, DEVNET_ENDED, and what `startDevnet` throws
 */
export async function devnetUp(options: DevnetUpOptions, context: Context): Promise<void> {
  const { io } = context
  await refuseSecond(context)
  const prepareStart = io.now()
  const prepared = await prepareWithBar(options.fresh, context)
  const prepareMs = io.now() - prepareStart

  const signal = options.detach ? undefined : context.signal()
  const startTime = io.now()
  const devnet = await startDevnet({
    prepared,
    port: options.port,
    ...(options.blockTime === undefined ? {} : { args: ['--block-time', String(options.blockTime), '--mixed-mining'] }),
    ...(options.detach ? { detached: { logFile: `${runStateFile()}.log` } } : {}),
  })
  const startMs = io.now() - startTime
  writeRunState({ pid: devnet.pid, port: devnet.port, hash: prepared.hash, startedAt: io.now() })
  const timing = { built: prepared.built, prepareMs, startMs }
  context.answer({
    document: { ...describe(devnet.pid, devnet.port, prepared), ...timing },
    lines: upLines(devnet, prepared, timing, options.detach, context),
  })
  if (signal !== undefined) await watch(devnet, signal, context)
}

/**
 * Asks the node of the running devnet for its head, and checks the code of every contract.
 *
 * @throws DEVNET_NOT_RUNNING, DEVNET_NOT_ANSWERING, DEVNET_CACHE_CORRUPT, DEVNET_CODE_CHANGED
 */
export async function devnetStatus(context: Context): Promise<void> {
  const state = await runningState()
  const prepared = findPrepared(state.hash)
  if (prepared === undefined) throw devnetCacheCorrupt(state.hash)
  const rpc = createRpc(`http://127.0.0.1:${state.port}`)
  const head = await readHead(rpc)
  const changed = await checkCode(rpc, prepared.deployment.codeHashes)
  const codes = prepared.deployment.codeHashes
  context.answer({
    document: {
      ...describe(state.pid, state.port, prepared),
      startedAt: new Date(state.startedAt).toISOString(),
      currentHead: head,
      codeChanged: changed,
    },
    lines: [
      ...renderKeyValues(
        [
          ['node', `http://127.0.0.1:${state.port}, process ${state.pid}`],
          ['block', `${head.number}, ${formatTime(head.timestamp)}`],
          ['build', prepared.hash],
          ['code', changed.length === 0 ? `${codes.length} contracts, all as deployed` : `changed: ${changed}`],
        ],
        { title: 'Devnet', paint: context.paint },
      ),
      '',
      ...renderTable(
        [{ name: 'contract' }, { name: 'address' }, { name: 'code hash' }, { name: 'from' }],
        codes.map(({ name, address, codeHash, origin }) => [
          name,
          address,
          `${codeHash.slice(0, 10)}…`,
          originText(origin),
        ]),
        context.paint,
      ),
    ],
  })
  if (changed.length > 0) throw devnetCodeChanged(changed)
}

/** Stops the devnet that runs; says so and succeeds where none does. */
export async function devnetDown(context: Context): Promise<void> {
  const status = await inspectRun()
  if (status.kind === 'none') {
    context.answer({ document: { stopped: false }, lines: ['No devnet is running.'] })
    return
  }
  const { pid, port } = status.state
  // Forgotten first, so that an `up` in the foreground knows that this end is wanted.
  removeRunState(pid)
  if (status.kind === 'dead') {
    context.answer({ document: { stopped: false }, lines: ['No devnet is running; a stale record was removed.'] })
    return
  }
  await endProcess(pid)
  context.answer({ document: { stopped: true, pid, port }, lines: [`Devnet stopped (process ${pid}).`] })
}

async function refuseSecond(context: Context): Promise<void> {
  const status = await inspectRun()
  if (status.kind === 'none') return
  const { pid, port } = status.state
  if (status.kind === 'running') throw devnetAlreadyRunning(pid, port)
  if (status.kind === 'silent') throw devnetNotAnswering(pid, port)
  context.note(`removed the record of a devnet that has ended (process ${pid})`)
  removeRunState(pid)
}

async function runningState(): Promise<RunState> {
  const status = await inspectRun()
  if (status.kind === 'none' || status.kind === 'dead') throw devnetNotRunning()
  if (status.kind === 'silent') throw devnetNotAnswering(status.state.pid, status.state.port)
  return status.state
}

/** Prepares the devnet with a progress bar on a terminal, a line per stage elsewhere. */
export async function prepareWithBar(fresh: boolean, context: Context): Promise<PreparedDevnet> {
  const { io } = context
  const started = io.now()
  const region = createLiveRegion(io.stderr)
  let label = ''
  const onProgress = (event: DevnetProgress): void => {
    if (io.stderr.isTTY === true && !context.options.json) {
      const fraction = event.done / event.total
      region.draw([renderProgress({ label: 'devnet', fraction, elapsedMs: io.now() - started }), event.label])
    } else if (event.label !== label) {
      context.note(event.label)
      label = event.label
    }
  }
  try {
    return await prepareDevnet({ fresh, onProgress })
  } finally {
    region.end({ clear: true })
  }
}

/** Waits for the signal or for the node's end, whichever comes first, and leaves nothing behind. */
async function watch(devnet: Devnet, signal: AbortSignal, context: Context): Promise<void> {
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal.aborted) resolve('stopped')
    signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  const outcome = await Promise.race([stopped, devnet.exited])
  if (outcome === 'stopped') {
    await devnet.stop()
    removeRunState(devnet.pid)
    context.note('devnet stopped')
    return
  }
  const status = await inspectRun()
  const wanted = status.kind === 'none' || status.state.pid !== devnet.pid
  removeRunState(devnet.pid)
  if (!wanted) throw devnetEnded(outcome)
  context.note('devnet stopped by `tiller devnet down`')
}

async function endProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM')
  for (let waited = 0; waited < 5_000; waited += 20) {
    if (!isAlive(pid)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  process.kill(pid, 'SIGKILL')
}

async function readHead(rpc: Rpc): Promise<{ number: bigint; hash: string; timestamp: bigint }> {
  const block = (await rpc('eth_getBlockByNumber', ['latest', false])) as {
    number: string
    hash: string
    timestamp: string
  }
  return { number: BigInt(block.number), hash: block.hash, timestamp: BigInt(block.timestamp) }
}

function describe(pid: number, port: number, { hash, deployment }: PreparedDevnet): Record<string, unknown> {
  const { codeHashes, ...rest } = deployment
  return { running: true, url: `http://127.0.0.1:${port}`, port, pid, build: hash, deployment: rest, codeHashes }
}

function upLines(
  devnet: Devnet,
  { hash, deployment }: PreparedDevnet,
  timing: { built: boolean; prepareMs: number; startMs: number },
  detach: boolean,
  context: Context,
): string[] {
  const { head } = deployment
  const how = timing.built ? `built in ${formatDuration(timing.prepareMs)}` : 'from the cache'
  return [
    ...renderKeyValues(
      [
        ['node', `${devnet.url}, chain ${devnet.chainId}, process ${devnet.pid}`],
        ['build', `${hash}, ${how}, started in ${formatDuration(timing.startMs)}`],
        ['head', `${head.number} ${head.hash}`],
        ...mainAddresses(deployment),
      ],
      { title: 'Devnet', paint: context.paint },
    ),
    '',
    detach ? 'Next: tiller devnet status, tiller devnet down' : 'Ctrl-C stops it.',
  ]
}

function mainAddresses(deployment: DevnetDeployment): [string, string][] {
  const { tokens, aave, morpho, comet, erc4626, accounts } = deployment
  return [
    ['USDC', tokens.usdc],
    ['Aave v3.6 pool', aave.pool],
    ['StataToken USDC', aave.stataUsdc],
    ['Morpho Blue', `${morpho.morpho}, ${morpho.markets.length} markets`],
    ['Comet USDC', comet.usdc],
    ['savings vault', erc4626.usdc],
    ['deployer', accounts.deployer],
    ['alice, bob', `${accounts.alice}, ${accounts.bob}`],
  ]
}

function originText(origin: CodeOrigin): string {
  const from = `${origin.package}@${origin.version}`
  return origin.kind === 'compiled' ? `${from}, ${origin.compiler}` : `${from}, published artifact`
}
