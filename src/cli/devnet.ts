import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { readHistory } from '../devnet/agents/replay/read-history.ts'
import { checkCode } from '../devnet/check-code.ts'
import type { CodeOrigin, DevnetDeployment } from '../devnet/deployment.ts'
import { type Devnet, type PreparedDevnet, startDevnet } from '../devnet/devnet.ts'
import { isAlive } from '../devnet/is-alive.ts'
import { findPrepared } from '../devnet/prepare-devnet.ts'
import { createRpc, type Rpc } from '../devnet/rpc.ts'
import {
  inspectMarket,
  inspectRun,
  marketLogFile,
  type RunMarketState,
  type RunState,
  removeRunState,
  runStateFile,
  writeRunState,
} from '../devnet/run-state.ts'
import { startMarketProcess } from '../devnet/start-market-process.ts'
import {
  devnetAlreadyRunning,
  devnetCacheCorrupt,
  devnetCodeChanged,
  devnetEnded,
  devnetNotAnswering,
  devnetNotRunning,
} from '../errors/devnet.ts'
import type { Context } from './context.ts'
import {
  type ForegroundMarket,
  type MarketOptions,
  playMarket,
  toMarketRequest,
  toMarketState,
} from './devnet-market.ts'
import { marketSettings } from './market-view.ts'
import { prepareWithBar } from './prepare-with-bar.ts'
import { formatDuration, formatTime } from './render/format.ts'
import { renderKeyValues } from './render/key-values.ts'
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
  /** Lets the market live on it. */
  market?: MarketOptions
}

/**
 * Brings the devnet up, with its market where one is asked for; without `detach` both stay in the foreground until
 * SIGINT or SIGTERM.
 *
 * @throws DEVNET_RUNNING, DEVNET_NOT_ANSWERING, PORT_IN_USE, DEVNET_ENDED, MARKET_PROCESS_ENDED, and what `startDevnet`
 * and `runMarket` throw
 */
export async function devnetUp(options: DevnetUpOptions, context: Context): Promise<void> {
  const { io } = context
  const replay = options.market?.replay
  // Read here only so that a bad file is told before the build, which may take half a minute.
  if (replay !== undefined) await readHistory(resolve(io.cwd, replay.file), replay.from)
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
  const state: RunState = { pid: devnet.pid, port: devnet.port, hash: prepared.hash, startedAt: io.now() }
  writeRunState(state)
  let live: LiveMarket = {}
  try {
    if (options.market !== undefined) live = await startMarket(options.market, { devnet, state, signal, context })
  } catch (error) {
    removeRunState(devnet.pid)
    await devnet.stop()
    throw error
  }
  const { market, played } = live
  const timing = { built: prepared.built, prepareMs, startMs }
  context.answer({
    document: {
      ...describe(devnet.pid, devnet.port, prepared),
      ...timing,
      ...(market === undefined ? {} : { market }),
    },
    lines: upLines({ devnet, prepared, timing, market, detach: options.detach, context }),
  })
  if (signal !== undefined) await watch(devnet, signal, context, played)
}

type LiveMarket = {
  market?: RunMarketState
  /** Absent where the market has a process of its own. */
  played?: ForegroundMarket
}

/** Lets the market live, in this process where there is a signal to end it, and resolves once it does. */
async function startMarket(
  asked: MarketOptions,
  run: { devnet: Devnet; state: RunState; signal: AbortSignal | undefined; context: Context },
): Promise<LiveMarket> {
  const { devnet, state, signal, context } = run
  // A log of every request of every simulated hour would fill the disk in days.
  await createRpc(devnet.url)('anvil_setLoggingEnabled', [false])
  if (signal !== undefined) {
    const market = toMarketState(asked, process.pid)
    writeRunState({ ...state, market })
    const played = playMarket(asked, devnet, context)
    await played.prepared
    return { market, played }
  }
  const { pid, prepared } = startMarketProcess(toMarketRequest(asked, devnet, context.io.cwd), marketLogFile())
  const market = toMarketState(asked, pid)
  // Before it lives, so that `down` ends it even if this command is killed.
  writeRunState({ ...state, market })
  await prepared
  return { market }
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
      ...(state.market === undefined ? {} : { market: describeMarket(state.market) }),
    },
    lines: [
      ...renderKeyValues(
        [
          ['node', `http://127.0.0.1:${state.port}, process ${state.pid}`],
          ['block', `${head.number}, ${formatTime(head.timestamp)}`],
          ['build', prepared.hash],
          ...marketLines(state.market),
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
  const { pid, port, market } = status.state
  // Forgotten first, so that an `up` in the foreground knows that this end is wanted.
  removeRunState(pid)
  await endMarket(market)
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
  const { pid, port, market } = status.state
  if (status.kind === 'running') throw devnetAlreadyRunning(pid, port)
  if (status.kind === 'silent') throw devnetNotAnswering(pid, port)
  context.note(`removed the record of a devnet that has ended (process ${pid})`)
  removeRunState(pid)
  await endMarket(market)
}

async function runningState(): Promise<RunState> {
  const status = await inspectRun()
  if (status.kind === 'none' || status.kind === 'dead') throw devnetNotRunning()
  if (status.kind === 'silent') throw devnetNotAnswering(status.state.pid, status.state.port)
  return status.state
}

/** Waits for the signal or for the node's end, whichever comes first, and leaves nothing behind. */
async function watch(
  devnet: Devnet,
  signal: AbortSignal,
  context: Context,
  market: ForegroundMarket | undefined,
): Promise<void> {
  const stopped = new Promise<'stopped'>((resolve) => {
    if (signal.aborted) resolve('stopped')
    signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
  market?.show()
  // The end of a replay is no end of the node; a failed step is.
  const failed = new Promise<{ error: unknown }>((resolve) => {
    market?.ended.catch(async (error: unknown) => {
      // A node that was taken down fails the step that was under way; then its end is the news.
      await new Promise((wait) => setTimeout(wait, 1_000))
      resolve({ error })
    })
  })
  const outcome = await Promise.race([stopped, devnet.exited, failed])
  await market?.stop()
  if (outcome === 'stopped') {
    await devnet.stop()
    removeRunState(devnet.pid)
    context.note('devnet stopped')
    return
  }
  if (typeof outcome === 'object' && outcome !== null) {
    removeRunState(devnet.pid)
    await devnet.stop()
    throw outcome.error
  }
  const status = await inspectRun()
  const wanted = status.kind === 'none' || status.state.pid !== devnet.pid
  removeRunState(devnet.pid)
  if (!wanted) throw devnetEnded(outcome)
  context.note('devnet stopped by `tiller devnet down`')
}

/** Ends a market that lives in a process of its own, after the step under way. */
async function endMarket(market: RunMarketState | undefined): Promise<void> {
  if (market !== undefined && inspectMarket(market) === 'detached') await endProcess(market.pid)
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

function describeMarket(market: RunMarketState): Record<string, unknown> {
  const standing = inspectMarket(market)
  return {
    ...market,
    running: standing !== 'ended',
    ...(standing === 'ended' ? { end: lastLine(marketLogFile()) } : {}),
  }
}

function marketLines(market: RunMarketState | undefined): [string, string][] {
  if (market === undefined) return []
  const standing = inspectMarket(market)
  const how = standing === 'ended' ? `ended: ${lastLine(marketLogFile())}` : `process ${market.pid}`
  return [['market', `${marketSettings(market)}, ${how}`]]
}

function lastLine(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim().split('\n').at(-1) || 'no log'
  } catch {
    return 'no log'
  }
}

type Up = {
  devnet: Devnet
  prepared: PreparedDevnet
  timing: { built: boolean; prepareMs: number; startMs: number }
  market: RunMarketState | undefined
  detach: boolean
  context: Context
}

function upLines({ devnet, prepared: { hash, deployment }, timing, market, detach, context }: Up): string[] {
  const { head } = deployment
  const how = timing.built ? `built in ${formatDuration(timing.prepareMs)}` : 'from the cache'
  return [
    ...renderKeyValues(
      [
        ['node', `${devnet.url}, chain ${devnet.chainId}, process ${devnet.pid}`],
        ['build', `${hash}, ${how}, started in ${formatDuration(timing.startMs)}`],
        ['head', `${head.number} ${head.hash}`],
        ...(market === undefined ? [] : [['market', marketSettings(market)] as [string, string]]),
        ...mainAddresses(deployment),
      ],
      { title: 'Devnet', paint: context.paint },
    ),
    '',
    ...nextLines(detach),
  ]
}

function nextLines(detach: boolean): string[] {
  return detach
    ? ['Next: tiller init (a configuration and a vault on it), tiller devnet status, tiller devnet down']
    : ['Ctrl-C stops it.', 'Next, in another terminal: tiller init (a configuration and a vault on it)']
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
