// Measures the market model in one thread: venue-steps per second, one venue-step being one venue for one hour. By the
// clock, and by the time that the process had a core for itself, which is less where others want it too.
//   npm run bench:market [-- --venues 5 --hours 8760 --runs 25 --seed 7 --json]
import { execFileSync } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/chain/paths.ts'
import { advanceMarket } from '../src/market/advance-market.ts'
import { generatePanel } from '../src/market/generate-panel.ts'
import { gas2024, type MarketSpec, venueProfiles } from '../src/market/market-spec.ts'
import { createMarket } from '../src/market/simulated-market.ts'
import { createHoldings, createReport, defaultCosts, step, totalAssets } from '../src/market/step.ts'
import { createPanelFrame, loadFrame } from '../src/market/venue-model.ts'

const { values } = parseArgs({
  options: {
    venues: { type: 'string', default: '5' },
    hours: { type: 'string', default: '8760' },
    runs: { type: 'string', default: '25' },
    seed: { type: 'string', default: '7' },
    json: { type: 'boolean', default: false },
  },
})
const venues = Number(values.venues)
const hours = Number(values.hours)
const runs = Number(values.runs)
const capital = 10e6
const profiles = Object.values(venueProfiles)

/** A market of its own for every run, so that nothing is remembered between them. */
function specOf(run: number): MarketSpec {
  return {
    seed: BigInt(values.seed) + BigInt(run),
    asset: 'USDC',
    startSeconds: 0,
    venues: Array.from({ length: venues }, (_, index) => {
      const profile = profiles[index % profiles.length]
      if (profile === undefined) throw new Error('unreachable: no profile')
      return { ...profile, id: `${profile.id}-${index}` }
    }),
    gas: gas2024,
  }
}

/** Each pass answers a checksum, so that nothing is optimised away. */
const passes: Readonly<Record<string, (run: number) => () => number>> = {
  'others, rates and our vault with a plan every 12 hours': (run) => {
    const market = createMarket(specOf(run))
    const holdings = createHoldings(venues, capital)
    const report = createReport(venues)
    const targets = new Float64Array(venues)
    return () => {
      for (let hour = 0; hour < hours; hour += 1) {
        advanceMarket(market, holdings.positions)
        const turn = (hour / 12) | 0
        for (let venue = 0; venue < venues; venue += 1) targets[venue] = ((venue + turn) % venues) * (capital / 20)
        step(market.frame, holdings, hour % 12 === 0 ? targets : undefined, defaultCosts, report)
      }
      return totalAssets(holdings)
    }
  },
  'replay of a panel, the same vault': (run) => {
    const panel = generatePanel(specOf(run), hours)
    const frame = createPanelFrame(panel)
    const holdings = createHoldings(venues, capital)
    const report = createReport(venues)
    const targets = new Float64Array(venues)
    return () => {
      for (let hour = 0; hour < hours; hour += 1) {
        loadFrame(frame, panel, hour)
        const turn = (hour / 12) | 0
        for (let venue = 0; venue < venues; venue += 1) targets[venue] = ((venue + turn) % venues) * (capital / 20)
        step(frame, holdings, hour % 12 === 0 ? targets : undefined, defaultCosts, report)
      }
      return totalAssets(holdings)
    }
  },
}

const measured = Object.entries(passes).map(([name, prepare]) => {
  const seconds: number[] = []
  const coreSeconds: number[] = []
  let checksum = 0
  for (let run = -5; run < runs; run += 1) {
    const pass = prepare(run + 5)
    const from = performance.now()
    const usageFrom = process.cpuUsage()
    checksum += pass()
    const { user, system } = process.cpuUsage(usageFrom)
    if (run < 0) continue
    seconds.push((performance.now() - from) / 1_000)
    coreSeconds.push((user + system) / 1e6)
  }
  return { name, runs, clock: quantiles(seconds), core: quantiles(coreSeconds), checksum }
})

type Quantile = { ms: number; venueStepsPerSecond: number }

function quantiles(seconds: readonly number[]): { median: Quantile; p99: Quantile } {
  const sorted = [...seconds].sort((a, b) => a - b)
  const at = (share: number): Quantile => {
    const time = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
    return { ms: time * 1_000, venueStepsPerSecond: (venues * hours) / time }
  }
  return { median: at(0.5), p99: at(0.99) }
}

const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, node ${process.version}, load ${loadavg()[0]?.toFixed(1)}`
const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectRoot(), encoding: 'utf8' }).trim()

if (values.json) {
  const document = { machine, revision, seed: Number(values.seed), venues, hours, passes: measured }
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
} else {
  const lines = [
    `machine   ${machine}`,
    `revision  ${revision}, seed ${values.seed}, ${venues} venues for ${hours} hours, ${runs} runs, one thread`,
  ]
  const line = (name: string, { ms, venueStepsPerSecond }: Quantile): string =>
    `  ${name.padEnd(14)} ${ms.toFixed(2).padStart(8)} ms  ${(venueStepsPerSecond / 1e6).toFixed(2).padStart(6)} M venue-steps/s`
  for (const pass of measured) {
    lines.push(
      '',
      pass.name,
      line('clock, median', pass.clock.median),
      line('clock, p99', pass.clock.p99),
      line('core, median', pass.core.median),
      line('core, p99', pass.core.p99),
      `  checksum ${pass.checksum}`,
    )
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}
