// Runs the same simulated days under several policies and several seeds, each on a chain of its own, and sets them side
// by side. Results are kept line by line, so an interrupted run goes on where it stopped.
//   npm run compare:seasons [-- --seeds 1-8 --days 30 --capital 5000000 --policies seed-lending,hold --out FILE]
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../src/chain/paths.ts'
import { prepareDevnet } from '../src/devnet/devnet.ts'
import { runBaselines } from '../src/devnet/season/run-baselines.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1-8' },
    days: { type: 'string', default: '30' },
    capital: { type: 'string', default: '5000000' },
    policies: { type: 'string', default: 'seed-lending,smoothed-water-filling,hold,equal-weight,greedy' },
    out: { type: 'string', default: join(projectRoot(), 'generated', 'seasons.jsonl') },
    parallel: { type: 'string', default: '2' },
  },
})

type Row = { key: string; seed: number; policy: string; netAprPct: number; rebalances: number; gas: number }

const seeds = parseSeeds(values.seeds)
const policies = values.policies.split(',')
const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: projectRoot(), encoding: 'utf8' }).trim()
const keyOf = (seed: number, policy: string): string => [revision, values.days, values.capital, seed, policy].join(' ')

mkdirSync(dirname(values.out), { recursive: true })
const rows: Row[] = existsSync(values.out)
  ? readFileSync(values.out, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
  : []
await prepareDevnet({})
for (const seed of seeds) {
  const missing = policies.filter((policy) => !rows.some(({ key }) => key === keyOf(seed, policy)))
  if (missing.length === 0) continue
  const runs = runBaselines({
    policies: missing,
    seed,
    days: Number(values.days),
    capitalUnits: BigInt(values.capital),
    parallel: () => Number(values.parallel),
    onProgress: (policy, fraction) => {
      if (process.stderr.isTTY)
        process.stderr.write(`\rseed ${seed}  ${policy.padEnd(24)} ${Math.floor(fraction * 100)} %   `)
    },
  })
  for (const [index, report] of (await runs.reports).entries()) {
    const policy = missing[index] ?? report.policy
    const gas = Number(report.gasAssets) / 10 ** report.assetDecimals
    const row = {
      key: keyOf(seed, policy),
      seed,
      policy,
      netAprPct: report.netAprPct,
      rebalances: report.rebalances,
      gas,
    }
    rows.push(row)
    appendFileSync(values.out, `${JSON.stringify(row)}\n`)
  }
}
print()

function print(): void {
  const found = (seed: number, policy: string): Row | undefined => rows.find(({ key }) => key === keyOf(seed, policy))
  const [own = ''] = policies
  const lines = [
    `${values.days} days, ${Number(values.capital).toLocaleString('en-US')} USDC, seeds ${values.seeds}, revision ${revision}, ${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, node ${process.version}`,
    '',
    `| seed | ${policies.join(' | ')} |`,
    `|---|${policies.map(() => '---').join('|')}|`,
    ...seeds.map(
      (seed) =>
        `| ${seed} | ${policies.map((policy) => found(seed, policy)?.netAprPct.toFixed(3) ?? '–').join(' | ')} |`,
    ),
    `| **mean, % a year** | ${policies.map((policy) => mean(seeds.map((seed) => found(seed, policy)?.netAprPct ?? Number.NaN)).toFixed(3)).join(' | ')} |`,
    `| rebalances, mean | ${policies.map((policy) => mean(seeds.map((seed) => found(seed, policy)?.rebalances ?? Number.NaN)).toFixed(1)).join(' | ')} |`,
    `| gas paid, USDC, mean | ${policies.map((policy) => mean(seeds.map((seed) => found(seed, policy)?.gas ?? Number.NaN)).toFixed(0)).join(' | ')} |`,
    '',
    ...policies.slice(1).map((policy) => {
      const differences = seeds.map(
        (seed) => (found(seed, own)?.netAprPct ?? Number.NaN) - (found(seed, policy)?.netAprPct ?? Number.NaN),
      )
      const error = standardError(differences)
      return `${own} less ${policy}: ${mean(differences).toFixed(3)} points a year, standard error ${error.toFixed(3)} over ${seeds.length} seeds`
    }),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, value) => sum + value, 0) / list.length
}

function standardError(list: readonly number[]): number {
  const middle = mean(list)
  return Math.sqrt(list.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (list.length - 1) / list.length)
}

function parseSeeds(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, index) => from + index)
  })
}
