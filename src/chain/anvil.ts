import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { anvilFailed, anvilMissing, anvilTimeout, portInUse } from '../errors/devnet.ts'

export type AnvilOptions = {
  /** Port to listen on; 0 or absent: a free one. */
  port?: number
  /** Further command line arguments, passed as they are. */
  args?: readonly string[]
  /** Endpoint to fork from. */
  forkUrl?: string
  /** State file to start from. Pass `timestamp` = its head + 1 or later with it, else the clock jumps to wall time. */
  loadState?: string
  /** File that the state is written to when anvil is stopped. */
  dumpState?: string
  /** Unix seconds of the genesis block, or of the first block after a loaded state. */
  timestamp?: bigint | number
  /** Default `prague`. */
  hardfork?: string
  /** Mine on `evm_mine` only. */
  noMining?: boolean
  /** False: anvil's own log goes to standard error. Default true. */
  silent?: boolean
  /** How long anvil may take until it listens, in milliseconds. Default 15 000. */
  readyTimeoutMs?: number
  /** Lets anvil outlive this process; its log goes to the file. */
  detached?: { logFile: string }
}

export type AnvilProcess = {
  url: string
  port: number
  pid: number
  /** Ends anvil with SIGTERM (which writes `dumpState`), after five seconds with SIGKILL. Safe to call twice. */
  stop(): Promise<void>
  /** Exit code once anvil has ended; null if a signal ended it. */
  exited: Promise<number | null>
}

/**
 * States of past blocks that anvil keeps, in memory. By itself it keeps five hundred and writes every older one to
 * `~/.foundry/anvil/tmp`, a megabyte a block on the devnet, and leaves the files there when it is ended by a signal.
 */
const keptStates = 128

/**
 * Starts anvil from the platform's npm package and resolves once it listens on 127.0.0.1.
 *
 * anvil runs in a process group of its own, so that Ctrl-C reaches this process alone and a running step can finish.
 * It is ended when this process ends, in whatever way (a small shell waits for the end of a pipe, so even SIGKILL leaves
 * no orphan), unless `detached` is set.
 *
 * @throws ANVIL_MISSING, PORT_IN_USE, ANVIL_FAILED, ANVIL_TIMEOUT
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<AnvilProcess> {
  const binary = anvilBinary()
  const log = options.detached === undefined ? undefined : openLog(options.detached.logFile)
  const stdio: StdioOptions = log === undefined ? ['ignore', 'pipe', 'pipe'] : ['ignore', log, log]
  const child = spawn(binary, anvilArguments(options), { stdio, detached: true })
  if (log !== undefined) closeSync(log)

  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => resolve(code))
    child.once('error', () => resolve(null))
  })
  const release = options.detached === undefined ? endWithThisProcess(child) : () => child.unref()
  void exited.then(release)

  let port: number
  try {
    port = await listeningPort(child, exited, options)
  } catch (error) {
    await endProcess(child, exited)
    throw error
  }
  if (options.detached !== undefined) child.unref()
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    stop: () => endProcess(child, exited),
    exited,
  }
}

/** Path of the anvil binary in the platform's package. Throws ANVIL_MISSING. */
export function anvilBinary(platform: string = process.platform, arch: string = process.arch): string {
  const packageName = `@foundry-rs/anvil-${platform}-${arch === 'x64' ? 'amd64' : arch}`
  const file = platform === 'win32' ? 'anvil.exe' : 'anvil'
  const require = createRequire(import.meta.url)
  try {
    return createRequire(require.resolve('@foundry-rs/anvil/package.json')).resolve(`${packageName}/bin/${file}`)
  } catch {
    throw anvilMissing(packageName)
  }
}

function anvilArguments(options: AnvilOptions): string[] {
  const list = ['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--color', 'never']
  list.push('--prune-history', String(keptStates))
  list.push('--hardfork', options.hardfork ?? 'prague')
  if (options.forkUrl !== undefined) list.push('--fork-url', options.forkUrl, '--no-storage-caching')
  if (options.loadState !== undefined) list.push('--load-state', options.loadState)
  if (options.dumpState !== undefined) list.push('--dump-state', options.dumpState)
  if (options.timestamp !== undefined) list.push('--timestamp', String(options.timestamp))
  if (options.noMining === true) list.push('--no-mining')
  list.push(...(options.args ?? []))
  return list
}

function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  return openSync(file, 'w')
}

/** Waits for the line that names the port. Reads the log of a detached anvil, the pipes of any other. */
function listeningPort(child: ChildProcess, exited: Promise<number | null>, options: AnvilOptions): Promise<number> {
  const timeoutMs = options.readyTimeoutMs ?? 15_000
  return new Promise((resolve, reject) => {
    let text = ''
    const check = (): void => {
      const found = /Listening on .*:(\d+)\s/.exec(text)
      if (found !== null) settle(() => resolve(Number(found[1])))
    }
    const onData = (chunk: Buffer): void => {
      if (options.silent === false) process.stderr.write(chunk)
      if (settled) return
      text += chunk.toString('utf8')
      check()
    }
    let settled = false
    const settle = (action: () => void): void => {
      if (settled) return
      settled = true
      clearTimeout(timer)
      clearInterval(poll)
      action()
    }
    const timer = setTimeout(() => settle(() => reject(anvilTimeout(timeoutMs))), timeoutMs)
    const logFile = options.detached?.logFile
    const poll =
      logFile === undefined
        ? undefined
        : setInterval(() => {
            text = readFileSync(logFile, 'utf8')
            check()
          }, 10)
    // The pipes are read to the end of anvil's life: a full pipe would stop it.
    child.stdout?.on('data', onData)
    child.stderr?.on('data', onData)
    child.once('error', (error) => settle(() => reject(anvilFailed(null, error.message))))
    void exited.then((code) => {
      // The last lines may arrive after the exit event.
      setImmediate(() => {
        if (logFile !== undefined) text = readFileSync(logFile, 'utf8')
        settle(() => reject(startFailure(code, text, options)))
      })
    })
  })
}

function startFailure(code: number | null, text: string, options: AnvilOptions): Error {
  if (/Address already in use/i.test(text)) return portInUse(options.port ?? 0)
  const lines = text.split('\n').map((line) => line.trim().replace(/^error:\s*/i, 'error: '))
  const found = lines.find((line) => line.startsWith('error: ')) ?? lines.filter((line) => line !== '').at(-1)
  const reason = (found ?? 'no output').replace(/^error: /, '')
  return anvilFailed(code, reason.replace(/\b(?:https?|wss?):\/\/[^\s)"']+/g, '<endpoint>'))
}

async function endProcess(child: ChildProcess, exited: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), 5_000)
  await exited
  clearTimeout(killer)
}

/** Ties the child's life to this process; the returned function unties it. */
function endWithThisProcess(child: ChildProcess): () => void {
  const onExit = (): void => {
    child.kill('SIGTERM')
  }
  process.setMaxListeners(process.getMaxListeners() + 1)
  process.on('exit', onExit)
  const watchdog = child.pid === undefined || process.platform === 'win32' ? undefined : startWatchdog(child.pid)
  return () => {
    process.off('exit', onExit)
    process.setMaxListeners(Math.max(0, process.getMaxListeners() - 1))
    watchdog?.kill('SIGKILL')
  }
}

/** A shell that ends `pid` when our end of its standard input closes, which the kernel does whenever we die. */
function startWatchdog(pid: number): ChildProcess {
  const script = 'while read -r _; do :; done; kill -TERM "$1" 2>/dev/null; sleep 5; kill -KILL "$1" 2>/dev/null'
  const watchdog = spawn('/bin/sh', ['-c', script, 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  watchdog.on('error', () => {})
  watchdog.stdin?.on('error', () => {})
  watchdog.unref()
  const stdin = watchdog.stdin as unknown as { unref?: () => void } | null
  stdin?.unref?.()
  return watchdog
}
