import { basename, resolve } from 'node:path'
import { type MarketRun, runMarket } from '../devnet/agents/run-market.ts'
import type { Devnet } from '../devnet/devnet.ts'
import type { RunMarketState } from '../devnet/run-state.ts'
import type { MarketRequest } from '../devnet/start-market-process.ts'
import type { Context } from './context.ts'
import { type MarketViewState, renderMarket, renderMarketLine, replayEnded } from './market-view.ts'
import { createLiveRegion } from './render/live-region.ts'

/** What `devnet up` was asked to let live. */
export type MarketOptions = {
  /** Simulated hours per second of wall clock. */
  hoursPerSecond: number
  seed: number
  /** `file` as typed; `from` is Unix seconds. */
  replay?: { file: string; venue: string; from?: number }
}

/** The market as it is remembered beside the running devnet. */
export function toMarketState(market: MarketOptions, pid: number): RunMarketState {
  const { seed, hoursPerSecond, replay } = market
  return {
    pid,
    seed,
    hoursPerSecond,
    ...(replay === undefined ? {} : { replay: { file: basename(replay.file), venue: replay.venue } }),
  }
}

/** The market as it is asked for, wherever it is played. */
export function toMarketRequest(market: MarketOptions, devnet: Devnet, cwd: string): MarketRequest {
  const { seed, hoursPerSecond, replay } = market
  return {
    rpcUrl: devnet.url,
    deployment: devnet.deployment,
    seed,
    hoursPerSecond,
    ...(replay === undefined ? {} : { replay: { ...replay, file: resolve(cwd, replay.file) } }),
  }
}

export type ForegroundMarket = {
  /** Resolves once the agents have their first positions. */
  prepared: Promise<void>
  /** Resolves when stopped or at the end of a replay; rejects with what `runMarket` throws. */
  ended: Promise<MarketRun>
  /** Shows the market on standard error from here on: redrawn in place on a terminal, a line a simulated day elsewhere. */
  show(): void
  /** Ends the market after the step in progress and leaves the last picture standing. */
  stop(): Promise<void>
}

/** Plays the market in this process until it is stopped. */
export function playMarket(market: MarketOptions, devnet: Devnet, context: Context): ForegroundMarket {
  const { stderr, cwd } = context.io
  const region = createLiveRegion(stderr)
  const controller = new AbortController()
  const { seed, hoursPerSecond, replay } = toMarketState(market, process.pid)
  const state: MarketViewState = {
    seed,
    hoursPerSecond,
    ...(replay === undefined ? {} : { replay }),
    report: null,
    transactions: 0,
    failed: 0,
    elapsedMs: 0,
    ended: false,
  }
  let shown = false
  let shownAt = Number.NEGATIVE_INFINITY
  let shownDay = -1
  const began = performance.now()

  function draw(force = false): void {
    if (!shown || context.options.json) return
    const sinceMs = performance.now() - shownAt
    const isTerminal = context.redraws
    const day = Math.floor((state.report?.step ?? -1) / 24)
    if (!force && (isTerminal ? sinceMs < 80 : day === shownDay || sinceMs < 1_000)) return
    shownAt = performance.now()
    shownDay = day
    if (isTerminal) region.draw(renderMarket(state, context.errorPaint))
    else stderr.write(`${renderMarketLine(state)}\n`)
  }

  let markPrepared = (): void => undefined
  const onPrepared = new Promise<void>((resolve) => {
    markPrepared = resolve
  })
  const ended = runMarket({
    ...toMarketRequest(market, devnet, cwd),
    signal: controller.signal,
    onPrepared: ({ transactions, failed }) => {
      count(transactions, failed)
      markPrepared()
    },
    onStep: (report) => {
      state.report = report
      state.elapsedMs = performance.now() - began
      count(report.transactions, report.failed)
      draw()
    },
  })
  ended.then(
    () => {
      if (controller.signal.aborted) return
      state.ended = true
      if (context.redraws) draw(true)
      else context.note(replayEnded)
    },
    // The caller looks at it later.
    () => undefined,
  )

  function count(transactions: number, failed: readonly { what: string; reason: string }[]): void {
    const last = failed.at(-1)
    state.transactions += transactions
    state.failed += failed.length
    if (last !== undefined) state.lastFailure = last
  }

  return {
    prepared: Promise.race([onPrepared, ended.then(() => undefined)]),
    ended,
    show: () => {
      shown = true
      draw(context.redraws)
    },
    stop: async () => {
      controller.abort()
      await ended.catch(() => undefined)
      if (context.redraws) draw(true)
      region.end()
      shown = false
    },
  }
}
