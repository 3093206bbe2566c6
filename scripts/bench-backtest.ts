// Measures a backtest in one thread, stage by stage, on a year of a generated market: by the clock, and by the time that the
// process had a core for itself, which is less where others want it too. Nothing recorded is needed.
//   npm run bench:backtest [-- --policy seed-lending --hours 8760 --capital 10000000 --runs 5 --seed 7 --json]
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { observedPolicy } from '../src/backtest/observed-policy.ts'
import { type BacktestReport, runBacktest } from '../src/backtest/run-backtest.ts'
import { projectRoot } from '../src/chain/paths.ts'
import { readPanel } from '../src/history/read-panel.ts'
import { panelEvents, writePanel } from '../src/history/write-panel.ts'
import { generatePanel } from '../src/market/generate-panel.ts'
import { usualMarket } from '../src/market/market-spec.ts'
import { loadPolicy } from '../src/policy/load-policy.ts'

const { values } = parseArgs({
  options: {
    policy: { type: 'string', default: 'seed-lending' },
    hours: { type: 'string', default: '8760' },
    capital: { type: 'string', default: '10000000' },
    runs: { type: 'string', default: '5' },
    seed: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})
const hours = Number(values.hours)
const runs = Number(values.runs)
const folder = mkdtempSync(join(tmpdir(), 'tiller-bench-'))

type Lap = { clock: number; core: number }
const laps = new Map<string, Lap[]>()

/** Writes down what passed since the last call, under the name of the stage that ends. */
function stopwatch(): (stage: string) => void {
  let clock = performance.now()
  let usage = process.cpuUsage()
  return (stage) => {
    const { user, system } = process.cpuUsage(usage)
    const lap = { clock: (performance.now() - clock) / 1_000, core: (user + system) / 1e6 }
    laps.set(stage, [...(laps.get(stage) ?? []), lap])
    clock = performance.now()
    usage = process.cpuUsage()
  }
}

let report: BacktestReport | undefined
try {
  await writePanel(folder, panelEvents(generatePanel(usualMarket(BigInt(values.seed), 1_704_067_200), hours)))
  for (let run = -1; run < runs; run += 1) {
    const lap = stopwatch()
    const { panel } = await readPanel(folder)
    lap('load the panel')
    const policy = await loadPolicy({ reference: values.policy })
    lap('load the policy')
    let stage = 'candidates of the tuned rule'
    const result = await runBacktest({
      panel,
      policy: ({ gasPerVenue, gasPerPlan }) =>
        observedPolicy({
          policy,
          venues: panel.venues.map(({ id }) => id),
          startSeconds: panel.startSeconds,
          stepSeconds: panel.stepSeconds,
          gasUnitsPerLeg: gasPerVenue + gasPerPlan / 2,
        }),
      capital: Number(values.capital),
      lagSteps: 1,
      rung: 'guarded',
      onProgress(label) {
        const next = label === 'tuned rule' ? 'candidates of the tuned rule' : label
        if (next === stage) return
        lap(stage)
        stage = next
      },
    })
    lap(stage)
    await policy.close?.()
    report = result.report
    // The first run is slower, while code is compiled.
    if (run < 0) laps.clear()
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

const stages = [...laps].map(([name, all]) => ({
  name,
  clock: {
    median: quantile(
      all.map(({ clock }) => clock),
      0.5,
    ),
    p99: quantile(
      all.map(({ clock }) => clock),
      0.99,
    ),
  },
  core: {
    median: quantile(
      all.map(({ core }) => core),
      0.5,
    ),
    p99: quantile(
      all.map(({ core }) => core),
      0.99,
    ),
  },
}))
const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectRoot(), encoding: 'utf8' }).trim()
const document = {
  machine: `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`,
  revision,
  seed: Number(values.seed),
  policy: values.policy,
  venues: report?.windows[0]?.bestStaticWeights.length,
  hours,
  runs,
  gridStates: report?.clairvoyant.states,
  stages,
  peakMebibytes: Math.round(process.resourceUsage().maxRSS / 1_024),
}
if (values.json) {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
} else {
  const lines = [
    `machine   ${document.machine}`,
    `revision  ${revision}, seed ${values.seed}, ${document.venues} venues for ${hours} hours, ${values.policy}, ${runs} runs, one thread`,
    `memory    ${document.peakMebibytes} MiB at most; ${document.gridStates} mixes in the grid`,
    '',
    `  ${'stage'.padEnd(34)}     core: median      p99     clock: median      p99`,
    ...stages.map(({ name, clock, core }) => {
      const cells = [core.median, core.p99, clock.median, clock.p99].map((value) => `${value.toFixed(2)} s`)
      return `  ${name.padEnd(34)} ${cells[0]?.padStart(16)} ${cells[1]?.padStart(8)} ${cells[2]?.padStart(17)} ${cells[3]?.padStart(8)}`
    }),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
