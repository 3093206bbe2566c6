import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openSeason } from '../devnet/season/open-season.ts'
import { type BaselineRuns, runBaselines } from '../devnet/season/run-baselines.ts'
import { runSeason } from '../devnet/season/run-season.ts'
import { netAprPct, type SeasonReport, type SeasonTick } from '../devnet/season/season-report.ts'
import { interrupted } from '../errors/cli.ts'
import { createLogger } from '../keeper/logger.ts'
import { loadPolicy, ruleNames } from '../policy/load-policy.ts'
import type { Context } from './context.ts'
import { prepareWithBar } from './prepare-with-bar.ts'
import { formatAmount, formatDuration } from './render/format.ts'
import { createLiveRegion, restoreCursor } from './render/live-region.ts'
import { wrap } from './render/text.ts'
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
  const signal = context.signal()
  const folder = join(io.cwd, '.tiller', 'start')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const began = performance.now()
  const prepared = await beforeAbort(prepareWithBar(false, context), signal).catch((error: unknown) => {
    // The bar's own end comes only when the compilers have ended.
    if (signal.aborted && context.redraws) restoreCursor(io.stderr)
    throw error
  })
  const prepareMs = performance.now() - began
  const policy = await loadPolicy({ reference: options.policy })
  const view = createView(options, policy.executionProvider, policy.name, context)
  const rules = options.baselines ? ruleNames.filter((name) => name !== policy.name) : []
  view.note('opening: protocols, agents, a vault, two depositors, equal weights')
  const opening = openSeason({ prepared, seed: options.seed, capitalUnits: options.capital })
  const season = await beforeAbort(opening, signal).catch((error: unknown) => {
    view.end()
    throw error
  })
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
    const liveMs = performance.now() - began - prepareMs
    liveEnded = true
    await season.stop()
    baselines?.poke()
    const compared = baselines === undefined ? [] : await compare(baselines, signal, view)
    view.end()
    writeConfig({ file: join(folder, 'tiller.config.json'), env: io.env }, configFile, { overwrite: true })
    if (report.ticks === 0) throw interrupted()
    const totalMs = performance.now() - began
    const newestMove = view.newestMove()
    answer({ context, options, report, compared, newestMove, prepareMs, liveMs, totalMs, interrupted: signal.aborted })
  } catch (error) {
    // An interrupt of the terminal reaches compilers, nodes and baselines too: then their failure is no news.
    throw signal.aborted ? interrupted() : error
  } finally {
    view.end()
    baselines?.stop()
    await season.stop()
    await policy.close?.()
  }
}

/** The work, or INTERRUPTED as soon as the person ends it. */
function beforeAbort<result>(work: Promise<result>, signal: AbortSignal): Promise<result> {
  const cut = aborted(signal).then(() => Promise.reject(interrupted()))
  // The terminal's interrupt reaches compilers and nodes too: that the work fails of it is no news.
  return Promise.race([work.catch((error: unknown) => (signal.aborted ? cut : Promise.reject(error))), cut])
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Reports of the baselines: all of them, or those that had ended when the person ended the run. */
async function compare(baselines: BaselineRuns, signal: AbortSignal, view: View): Promise<SeasonReport[]> {
  const cut = aborted(signal).then(() => {
    baselines.stop()
    return baselines.finished()
  })
  // An interrupt of the terminal reaches the baselines too: then their failure is no news.
  const reports = baselines.reports.catch((error: unknown) => {
    if (signal.aborted) return cut
    throw error
  })
  return withView(Promise.race([reports, cut]), view)
}

type View = {
  /** What is going on before the first tick. */
  note(text: string): void
  tick(tick: SeasonTick): void
  baseline(policy: string, fraction: number): void
  draw(): void
  newestMove(): number | undefined
  end(): void
}

/** Follows the season on standard error: a region redrawn in place on a terminal, a line a simulated day elsewhere. */
function createView(options: StartOptions, executionProvider: string, policy: string, context: Context): View {
  const { stderr } = context.io
  const quiet = context.options.json
  const redraws = context.redraws
  const region = createLiveRegion(stderr)
  const began = performance.now()
  const baselines = new Map<string, number>()
  const withheld: Record<string, number> = {}
  const moves: SeasonTick[] = []
  let rebalances = 0
  let first: SeasonTick | null = null
  let newest: SeasonTick | null = null
  let preparing = ''
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
      preparing,
      columns: (stderr.columns || 80) - 1,
      rows: (stderr.rows || 24) - 1,
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
    if (!redraws || performance.now() - drawnAt < 80) return
    drawnAt = performance.now()
    region.draw(renderStart(state(), context.errorPaint))
  }

  return {
    note(text) {
      preparing = text
      if (redraws) region.draw(renderStart(state(), context.errorPaint))
      else context.note(text)
    },
    tick(tick) {
      first ??= tick
      newest = tick
      const { outcome, code } = tick.decision
      if (outcome === 'moved') rebalances += 1
      if (outcome === 'withheld' && code !== null) withheld[code] = (withheld[code] ?? 0) + 1
      if (outcome !== 'withheld') moves.push(tick)
      if (!quiet && !redraws && tick.step % 24 === 0) stderr.write(`${renderStartLine(state())}\n`)
      draw()
    },
    baseline(name, fraction) {
      baselines.set(name, fraction)
      draw()
    },
    draw,
    newestMove: () => moves.filter(({ decision }) => decision.outcome === 'moved').at(-1)?.decision.id,
    end() {
      if (redraws && newest !== null) region.draw(renderStart(state(), context.errorPaint))
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
  /** Id of the newest decision that moved something. */
  newestMove: number | undefined
  prepareMs: number
  liveMs: number
  totalMs: number
  interrupted: boolean
}

function answer({
  context,
  options,
  report,
  compared,
  newestMove,
  prepareMs,
  liveMs,
  totalMs,
  interrupted: cut,
}: Ending): void {
  const price = (e18: bigint): number => Number(formatAmount(e18, 18, 12).replaceAll(',', ''))
  const all = [report, ...compared].map((entry) => ({ name: entry.policy, report: entry }))
  const { paint } = context
  const config = '.tiller/start/tiller.config.json'
  context.answer({
    exitCode: cut ? 1 : 0,
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
      router: report.router ?? null,
      headBlock: Number(report.headBlock),
      failedAgentActions: report.failedAgentActions,
      interrupted: cut,
      journal: '.tiller/start/journal.db',
      prepareSeconds: Math.round(prepareMs) / 1000,
      liveSeconds: Math.round(liveMs) / 1000,
      totalSeconds: Math.round(totalMs) / 1000,
    },
    lines: [
      '',
      `${report.ticks} hourly ticks in ${formatDuration(liveMs)}${compared.length === 0 ? '' : `, with the baselines ${formatDuration(totalMs - prepareMs)}`}. ${report.rebalances} rebalances, ${report.gatedMoves} of them simulated on both gates before they were sent.`,
      ...(prepareMs < 3_000
        ? []
        : [`The chain was built first, in ${formatDuration(prepareMs)}; it is kept for the next time.`]),
      '',
      ...renderComparison(all, report.policy, paint),
      '',
      ...(cut
        ? [
            report.ticks === report.days * 24
              ? 'Interrupted: baselines that had not ended are missing.'
              : 'Interrupted: the figures cover the hours that ran.',
            '',
          ]
        : []),
      'Net APR is share-price growth less all gas, a year, on the capital. One seed says little: try others with --seed.',
      '',
      paint.bold('Next'),
      ...nextLines([
        [
          `explain ${newestMove ?? ''} --config ${config}`,
          'one decision in full: seen, asked for, simulated, realised',
        ],
        [`journal ls --config ${config}`, 'every decision with its reasons'],
        ['devnet up --detach --hours-per-second 1', 'a chain of your own with a market that lives'],
        ['init', 'deploys a vault there and writes a configuration'],
      ]),
    ].flatMap((line) => wrap(line, context.columns, '    ')),
  })
}

/** The commands to try next, aligned. */
function nextLines(commands: readonly (readonly [command: string, what: string])[]): string[] {
  const lines = commands.map(([command, what]) => [`npx --no-install tiller ${command.trim()}`, what] as const)
  const width = Math.max(...lines.map(([line]) => line.length))
  return lines.map(([line, what]) => `  ${line.padEnd(width)}  ${what}`)
}
