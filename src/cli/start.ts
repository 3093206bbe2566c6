import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openSeason } from '../devnet/season/open-season.ts'
import { type BaselineRuns, runBaselines } from '../devnet/season/run-baselines.ts'
import { runSeason } from '../devnet/season/run-season.ts'
import { netAprPct, type SeasonReport, type SeasonTick } from '../devnet/season/season-report.ts'
import { createLogger } from '../keeper/logger.ts'
import { loadPolicy, ruleNames } from '../policy/load-policy.ts'
import type { Context } from './context.ts'
import { prepareWithBar } from './devnet.ts'
import { formatAmount, formatDuration } from './render/format.ts'
import { createLiveRegion } from './render/live-region.ts'
import { renderComparison, renderStart, renderStartLine, type StartViewState } from './start-view.ts'
import { writeConfig } from './write-config.ts'

export type StartOptions = {
  days: number
  seed: number
  /** Whole asset units. */
  capital: bigint
  /** Reference of the policy that decides. */
  policy: string
  baselines: boolean
}

const assetSymbol = 'USDC'
const assetDecimals = 6

/**
 * The main job for a newcomer: a chain with the real protocols, a vault, two depositors, live agents, and the keeper on
 * a policy for a number of simulated days; then the same days under each rule, and what to try next.
 *
 * @throws what `prepareDevnet`, `openSeason`, `runSeason` and `runBaselines` throw
 */
export async function start(options: StartOptions, context: Context): Promise<void> {
  const { io } = context
  const began = performance.now()
  const signal = context.signal()
  const folder = join(io.cwd, '.tiller', 'start')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const prepared = await prepareWithBar(false, context)
  const policy = await loadPolicy({ reference: options.policy })
  const view = createView(options, policy.executionProvider, policy.name, context)
  const rules = options.baselines ? ruleNames.filter((name) => name !== policy.name) : []
  const season = await openSeason({ prepared, seed: options.seed, capitalUnits: options.capital })
  let baselines: BaselineRuns | undefined
  let liveEnded = false
  try {
    if (rules.length > 0) {
      baselines = runBaselines({
        policies: rules,
        seed: options.seed,
        days: options.days,
        capitalUnits: options.capital,
        // One beside the live run, then one per core.
        parallel: () => (liveEnded ? 2 : 1),
        onProgress: view.baseline,
      })
    }
    const journalFile = join(folder, 'journal.db')
    const { report, configFile } = await runSeason({
      season,
      policy,
      seed: options.seed,
      days: options.days,
      journalFile,
      logger: createLogger({ format: io.stderr.isTTY ? 'pretty' : 'json', level: 'error', stream: io.stderr }),
      bare: false,
      onTick: view.tick,
      signal,
    })
    const liveMs = performance.now() - began
    liveEnded = true
    await season.stop()
    const interrupted = signal.aborted
    if (interrupted) baselines?.stop()
    baselines?.poke()
    const compared = interrupted || baselines === undefined ? [] : await withView(baselines.reports, view)
    view.end()
    writeConfig({ file: join(folder, 'tiller.config.json'), env: io.env }, configFile, { overwrite: true })
    answer({ context, options, report, compared, liveMs, totalMs: performance.now() - began, interrupted })
  } finally {
    view.end()
    baselines?.stop()
    await season.stop()
    await policy.close?.()
  }
}

type View = {
  tick(tick: SeasonTick): void
  baseline(policy: string, fraction: number): void
  draw(): void
  end(): void
}

/** Follows the season on standard error: a region redrawn in place on a terminal, a line a simulated day elsewhere. */
function createView(options: StartOptions, executionProvider: string, policy: string, context: Context): View {
  const { stderr } = context.io
  const quiet = context.options.json
  const region = createLiveRegion(stderr)
  const began = performance.now()
  const baselines = new Map<string, number>()
  const withheld: Record<string, number> = {}
  const moves: SeasonTick[] = []
  let rebalances = 0
  let first: SeasonTick | null = null
  let newest: SeasonTick | null = null
  let drawnAt = 0

  function state(): StartViewState {
    const capital = options.capital * 10n ** BigInt(assetDecimals)
    return {
      policy,
      executionProvider,
      seed: options.seed,
      days: options.days,
      capital,
      assetSymbol,
      assetDecimals,
      startTimestamp: first?.timestamp ?? 0n,
      tick: newest,
      moves,
      rebalances,
      withheld,
      netAprPct:
        first === null || newest === null
          ? 0
          : netAprPct({
              sharePriceStartE18: first.sharePriceE18,
              sharePriceEndE18: newest.sharePriceE18,
              gasAssets: newest.gasAssetsTotal,
              capital,
              elapsedSeconds: newest.timestamp - first.timestamp,
            }),
      baselines: [...baselines].map(([name, progress]) => ({ name, progress })),
      elapsedMs: performance.now() - began,
    }
  }

  function draw(): void {
    if (quiet || stderr.isTTY !== true || performance.now() - drawnAt < 80) return
    drawnAt = performance.now()
    region.draw(renderStart(state(), context.errorPaint))
  }

  return {
    tick(tick) {
      first ??= tick
      newest = tick
      const { outcome, code } = tick.decision
      if (outcome === 'moved') rebalances += 1
      if (outcome === 'withheld' && code !== null) withheld[code] = (withheld[code] ?? 0) + 1
      if (outcome !== 'withheld') moves.push(tick)
      if (!quiet && stderr.isTTY !== true && tick.step % 24 === 0) stderr.write(`${renderStartLine(state())}\n`)
      draw()
    },
    baseline(name, fraction) {
      baselines.set(name, fraction)
      draw()
    },
    draw,
    end() {
      if (!quiet && stderr.isTTY === true && newest !== null) region.draw(renderStart(state(), context.errorPaint))
      region.end()
      newest = null
    },
  }
}

/** Keeps the view alive while the last baselines run. */
async function withView<result>(work: Promise<result>, view: View): Promise<result> {
  const timer = setInterval(view.draw, 100)
  try {
    return await work
  } finally {
    clearInterval(timer)
  }
}

type Ending = {
  context: Context
  options: StartOptions
  report: SeasonReport
  compared: readonly SeasonReport[]
  liveMs: number
  totalMs: number
  interrupted: boolean
}

function answer({ context, options, report, compared, liveMs, totalMs, interrupted }: Ending): void {
  const price = (e18: bigint): number => Number(formatAmount(e18, 18, 12).replaceAll(',', ''))
  const all = [report, ...compared].map((entry) => ({ name: entry.policy, report: entry }))
  const { paint } = context
  const config = '.tiller/start/tiller.config.json'
  context.answer({
    exitCode: interrupted ? 1 : 0,
    document: {
      days: report.days,
      ticks: report.ticks,
      capital: Number(options.capital),
      rebalances: report.rebalances,
      gatedMoves: report.gatedMoves,
      refusals: report.refusals,
      sharePriceStart: price(report.sharePriceStartE18),
      sharePriceEnd: price(report.sharePriceEndE18),
      netAprPct: report.netAprPct,
      baselines: Object.fromEntries(compared.map(({ policy, netAprPct: pct }) => [policy, pct])),
      gasUsed: Number(report.gasUsed),
      gasPaidAssets: Number(formatAmount(report.gasAssets, assetDecimals, assetDecimals).replaceAll(',', '')),
      policy: report.policy,
      policyHash: report.policyHash,
      executionProvider: report.executionProvider,
      seed: report.seed,
      vault: report.vault,
      headBlock: Number(report.headBlock),
      failedAgentActions: report.failedAgentActions,
      interrupted,
      journal: '.tiller/start/journal.db',
      liveSeconds: Math.round(liveMs) / 1000,
      totalSeconds: Math.round(totalMs) / 1000,
    },
    lines: [
      '',
      `${report.ticks} hourly ticks in ${formatDuration(liveMs)}, with the baselines ${formatDuration(totalMs)}. ${report.rebalances} rebalances, ${report.gatedMoves} of them simulated on both gates before they were sent.`,
      '',
      ...renderComparison(all, report.policy, paint),
      '',
      ...(interrupted ? ['Interrupted: the figures cover the hours that ran.', ''] : []),
      'Net APR is share-price growth less all gas, a year, on the capital. One seed says little: try others with --seed.',
      '',
      paint.bold('Next'),
      `  npx tiller journal ls --config ${config}      what the keeper did and why not`,
      `  npx tiller explain <decision> --config ${config}   one decision in full`,
      '  npx tiller devnet up --detach                 a chain to work on; then `npx tiller init`',
      '  npx tiller doctor                             checks a configuration, each finding with its remedy',
    ],
  })
}
