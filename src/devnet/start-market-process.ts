import { fork } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { entryPath } from '../chain/paths.ts'
import { TillerError } from '../errors/base.ts'
import { marketProcessEnded } from '../errors/market.ts'
import type { RunMarketOptions } from './agents/run-market.ts'

/** What the process plays. */
export type MarketRequest = Pick<RunMarketOptions, 'rpcUrl' | 'deployment' | 'seed' | 'hoursPerSecond' | 'replay'>

type TransferredError = Pick<TillerError, 'code' | 'message' | 'remedy' | 'retryable' | 'details'>

export type MarketMessage = { kind: 'prepared' } | { kind: 'failed'; error: TransferredError }

export type MarketProcess = {
  pid: number
  /** Resolves once the market lives; rejects with the error that kept it from living. */
  prepared: Promise<void>
}

/**
 * Starts the market in a process of its own, which outlives this one; its log goes to the file.
 *
 * `prepared` rejects with what `runMarket` throws, and with MARKET_PROCESS_ENDED.
 */
export function startMarketProcess(request: MarketRequest, logFile: string): MarketProcess {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'w')
  const child = fork(entryPath('devnet/market.entry'), {
    stdio: ['ignore', log, log, 'ipc'],
    serialization: 'advanced',
    detached: true,
  })
  closeSync(log)
  const prepared = new Promise<void>((resolve, reject) => {
    child.once('message', (message: MarketMessage) => {
      if (message.kind === 'prepared') resolve()
      else reject(toError(message.error))
    })
    child.once('error', (error) => reject(marketProcessEnded(error.message)))
    child.once('exit', () => {
      reject(marketProcessEnded(readFileSync(logFile, 'utf8').trim().split('\n').at(-1) || 'no output'))
    })
  }).finally(() => {
    if (child.connected) child.disconnect()
    child.unref()
  })
  child.send(request)
  return { pid: child.pid ?? 0, prepared }
}

function toError({ code, message, remedy, retryable, details }: TransferredError): TillerError {
  return new TillerError(message, { code, remedy, retryable, details })
}
