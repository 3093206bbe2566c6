import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cacheDir } from '../chain/paths.ts'
import { isAlive } from './is-alive.ts'
import { createRpc } from './rpc.ts'

/** The devnet that `tiller devnet up` started last; one per user. */
export type RunState = {
  pid: number
  port: number
  /** Content hash of the build that it runs. */
  hash: string
  /** Unix milliseconds. */
  startedAt: number
  /** Absent where no market lives on it. */
  market?: RunMarketState
}

/** The market that was started with the devnet. */
export type RunMarketState = {
  /** The process that plays it: the command in the foreground, or one of its own. */
  pid: number
  seed: number
  hoursPerSecond: number
  /** Name of the recorded history and the venue that it drives. */
  replay?: { file: string; venue: string }
}

/**
 * - `none`: no devnet was started, or it was taken down.
 * - `running`: the process lives and its node answers.
 * - `silent`: the process lives and is anvil, but its node does not answer.
 * - `dead`: the file is stale: the process is gone, or its id belongs to something else now.
 */
export type RunStatus = { kind: 'none' } | { kind: 'running' | 'silent' | 'dead'; state: RunState }

/** Where the state is kept. */
export function runStateFile(): string {
  return join(cacheDir(), 'run', 'devnet.json')
}

/** Where the log of a market lies that runs in a process of its own. Its last line says how it stands. */
export function marketLogFile(): string {
  return join(cacheDir(), 'run', 'market.log')
}

/** The state as it was written, or undefined where there is none or it can't be read. */
export function readRunState(file: string = runStateFile()): RunState | undefined {
  try {
    const { pid, port, hash, startedAt, market } = JSON.parse(readFileSync(file, 'utf8'))
    const valid = isProcessId(pid) && Number.isSafeInteger(port) && port > 0 && port < 65_536
    if (!valid) return undefined
    const state = { pid, port, hash: String(hash), startedAt: Number(startedAt) }
    return isProcessId(market?.pid) ? { ...state, market: toMarketState(market) } : state
  } catch {
    return undefined
  }
}

function isProcessId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 1
}

function toMarketState({ pid, seed, hoursPerSecond, replay }: RunMarketState): RunMarketState {
  return {
    pid,
    seed: Number(seed),
    hoursPerSecond: Number(hoursPerSecond),
    ...(replay === undefined ? {} : { replay: { file: String(replay.file), venue: String(replay.venue) } }),
  }
}

/** Writes the state whole: a reader never sees half of it. */
export function writeRunState(state: RunState, file: string = runStateFile()): void {
  mkdirSync(dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, JSON.stringify(state))
  renameSync(temporary, file)
}

/** Forgets the state, if it still is that of `pid`. */
export function removeRunState(pid: number, file: string = runStateFile()): void {
  if (readRunState(file)?.pid === pid) rmSync(file, { force: true })
}

/** Asks the operating system and the node what became of the last devnet. */
export async function inspectRun(file: string = runStateFile()): Promise<RunStatus> {
  const state = readRunState(file)
  if (state === undefined) return { kind: 'none' }
  if (!isAlive(state.pid) || !isAnvil(state.pid)) return { kind: 'dead', state }
  return { kind: (await answers(state.port)) ? 'running' : 'silent', state }
}

/**
 * What became of the market of a state:
 * - `detached`: it lives in a process of its own, which nobody else ends;
 * - `foreground`: the command that started it plays it;
 * - `ended`: its process is gone.
 */
export function inspectMarket({ pid }: RunMarketState): 'detached' | 'foreground' | 'ended' {
  if (!isAlive(pid)) return 'ended'
  const command = commandLine(pid)
  if (command?.includes('market.entry')) return 'detached'
  // Ids are reused: without a look at the command nobody knows, and nothing is ended then.
  return command === undefined || command.includes('tiller') ? 'foreground' : 'ended'
}

async function answers(port: number): Promise<boolean> {
  try {
    const version = await createRpc(`http://127.0.0.1:${port}`, 2_000)('web3_clientVersion')
    return String(version).startsWith('anvil')
  } catch {
    return false
  }
}

/** False where the process is known to be something else; ids are reused. */
function isAnvil(pid: number): boolean {
  return commandLine(pid)?.includes('anvil') ?? true
}

function commandLine(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // No /proc on this system.
  }
  try {
    return execFileSync('ps', ['-p', String(pid), '-o', 'command='], { encoding: 'utf8' })
  } catch {
    return undefined
  }
}
