import { type AnvilProcess, startAnvil } from '../chain/anvil.ts'
import { devnetTimeInPast } from '../errors/devnet.ts'
import type { DevnetDeployment } from './deployment.ts'
import { type DevnetProgress, devnetAnvilArguments, type PreparedDevnet, prepareDevnet } from './prepare-devnet.ts'

export { type DevnetProgress, type PreparedDevnet, prepareDevnet }

export type StartDevnetOptions = {
  /** Port to listen on; 0 or absent: a free one. */
  port?: number
  /** Unix seconds of the first block. Default: one second after the head of the build. */
  timestamp?: bigint
  /** Mine on `evm_mine` only. */
  noMining?: boolean
  /** False: anvil's log goes to standard error. */
  silent?: boolean
  /** Further arguments for anvil. */
  args?: readonly string[]
  /** Lets the node outlive this process. */
  detached?: { logFile: string }
  /** From `prepareDevnet`; else it is called here. */
  prepared?: PreparedDevnet
  onProgress?: (progress: DevnetProgress) => void
}

export type Devnet = {
  url: string
  port: number
  pid: number
  chainId: number
  deployment: DevnetDeployment
  stop(): Promise<void>
  /** Exit code once the node has ended; null if a signal ended it. */
  exited: Promise<number | null>
}

/**
 * Starts a local chain that carries the real protocols; builds it first if the cache lacks it.
 *
 * Every start is the same chain: same addresses, same head. Its clock starts at the build's head and not at today, or
 * a year of interest would fall due in the first block; from there it runs with the wall clock unless blocks get their
 * time by `evm_setNextBlockTimestamp`.
 *
 * @throws PORT_IN_USE, DEVNET_TIME_IN_PAST, and what `prepareDevnet` and `startAnvil` throw
 */
export async function startDevnet(options: StartDevnetOptions = {}): Promise<Devnet> {
  const { onProgress } = options
  const prepared = options.prepared ?? (await prepareDevnet(onProgress === undefined ? {} : { onProgress }))
  const { deployment, stateFile } = prepared
  const earliest = deployment.head.timestamp + 1n
  const timestamp = options.timestamp ?? earliest
  if (timestamp < earliest) throw devnetTimeInPast(timestamp, earliest)
  const anvil: AnvilProcess = await startAnvil({
    loadState: stateFile,
    timestamp,
    args: [...devnetAnvilArguments, ...(options.args ?? [])],
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.noMining === undefined ? {} : { noMining: options.noMining }),
    ...(options.silent === undefined ? {} : { silent: options.silent }),
    ...(options.detached === undefined ? {} : { detached: options.detached }),
  })
  return {
    url: anvil.url,
    port: anvil.port,
    pid: anvil.pid,
    chainId: deployment.chainId,
    deployment,
    stop: anvil.stop,
    exited: anvil.exited,
  }
}
