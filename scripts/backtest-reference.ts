// Sets this backtest beside an independent computation on the same recorded markets, once with the choices of that
// computation and once with this project's, and writes docs/results/backtest-reference.md. The recordings are not part of
// the project: TILLER_DATA names the folder that holds them (default ../shared/data).
//   node scripts/run-source.mjs scripts/backtest-reference.ts [--out FILE]
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { equalUtilisation, equalWeight, greedy, waterFilling, yearnRatio } from '../src/backtest/baselines/rules.ts'
import { type Candidate, trackCandidates, tunedWaterFilling } from '../src/backtest/baselines/tuned.ts'
import { bestStatic } from '../src/backtest/best-static.ts'
import { clairvoyant } from '../src/backtest/clairvoyant.ts'
import { type ReplayPolicy, replay } from '../src/backtest/replay.ts'
import { type PanelMarket, replayPanel } from '../src/backtest/replay-panel.ts'
import { upperBound } from '../src/backtest/upper-bound.ts'
import { projectRoot } from '../src/chain/paths.ts'
import { importHistories } from '../src/history/import/import-histories.ts'
import type { Panel } from '../src/history/panel.ts'
import { readPanel } from '../src/history/read-panel.ts'
import { writePanel } from '../src/history/write-panel.ts'
import { defaultCosts } from '../src/market/step.ts'

const { values } = parseArgs({ options: { out: { type: 'string' } } })
const data = process.env['TILLER_DATA'] ?? resolve(projectRoot(), '..', 'shared', 'data')
const snapshots = join(data, 'lucid-labs__discovery-engine-demo')
const gasFile = join(data, 'cagatayozbek__ethereum-gas-price-prediction', 'eth_gas_and_price_daily.csv')
if (!existsSync(gasFile)) {
  console.error(`No recordings in ${data}. Set TILLER_DATA to the folder that holds them.`)
  process.exit(2)
}
const out = values.out ?? join(projectRoot(), 'docs', 'results', 'backtest-reference.md')

/** Curve of each market as the independent computation took it: kink, and rise of the rate above it. */
const curves: Record<string, readonly [kink: number, slope2: number]> = {
  aave_v3_eth_usdc: [0.9, 0.6],
  compound_v3_eth_usdc: [0.93, 3],
  aave_v3_eth_usdt: [0.9, 0.75],
  aave_v3_eth_dai: [0.9, 0.75],
  compound_v2_eth_dai: [0.8, 1],
}
const twoVenues = Object.keys(curves).slice(0, 2)
const fiveVenues = Object.keys(curves)
const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 1_000

type Choices = 'theirs' | 'ours'

async function panelOf(venues: readonly string[], choices: Choices): Promise<Panel> {
  const folder = mkdtempSync(join(tmpdir(), 'tiller-reference-'))
  try {
    const { source } = await importHistories({
      name: `${venues.length} venues`,
      files: venues.map((venue) => join(snapshots, `${venue}.csv.gz`)),
      gas: gasFile,
      from: day('2023-02-20'),
      to: day('2024-07-29'),
      // Theirs: the mean of a day is known from its first hour.
      dailyAt: choices === 'theirs' ? 'start' : 'end',
      kinds: choices === 'theirs' ? Object.fromEntries(venues.map((venue) => [venue, 'kinked'])) : {},
    })
    const withCurves = source.venues.map(({ venue, rows }) => {
      const [kink, slope2] = curves[venue.id] as readonly [number, number]
      return { rows, venue: { ...venue, kink, slope2 } }
    })
    await writePanel(folder, { ...source, venues: withCurves })
    return (await readPanel(folder)).panel
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A move that liquidity would cut short is not made at all, and our own cash counts as lent on: the other's choice. */
function wholeMoves(policy: ReplayPolicy): ReplayPolicy {
  return {
    ...policy,
    async decide(view) {
      const wanted = await policy.decide(view)
      const short = wanted?.some((weight, j) => {
        const out = ((view.held[j] as number) - weight) * view.capital
        return out > Math.max(0, (view.frame.supply[j] as number) - (view.frame.borrow[j] as number)) + 1
      })
      return short === true ? undefined : wanted
    },
  }
}

const sum = (series: Float64Array): number => series.reduce((total, value) => total + value, 0)

/** Half-lives and horizons among which "the best" is sought; theirs are not known to the last, these are its coarse ones. */
const halfLives = [6, 12, 24, 72, 168, 504]
const horizons = [12, 24, 48, 72, 168, 336, 720]

type Cell = {
  grid: number
  bound: number
  bestStatic: number
  gridTrades: number
  shares: Map<string, number>
  best: { share: number; candidate: Candidate }
  bestSlow: { share: number; candidate: Candidate }
}

type Span = { from: number; steps: number }

async function score(panel: Panel, capital: number, choices: Choices, span: Span, lagSteps = 0): Promise<Cell> {
  const costs = { ...defaultCosts }
  const market: PanelMarket = replayPanel(panel, { ...span, capital, costs })
  const points = panel.venues.length === 2 ? 20 : 5
  const best = choices === 'theirs' ? bestStatic(market, points) : bestStatic(market)
  const grid = clairvoyant(market, choices === 'theirs' ? { points } : {})
  const bound = upperBound(market)
  // Theirs: the grid's own value is the ceiling.
  const ceiling = choices === 'theirs' ? grid.net : bound.net
  const shareOf = async (policy: ReplayPolicy): Promise<number> => {
    const played = choices === 'theirs' ? wholeMoves(policy) : policy
    const run = await replay(played, { panel, market, from: span.from, lagSteps, costs })
    return (100 * (sum(run.net) - best.net)) / (ceiling - best.net)
  }
  const shares = new Map<string, number>()
  const rules: (readonly [string, ReplayPolicy])[] = [
    ['equal weight', equalWeight()],
    ['greedy 50 bp', greedy()],
    ['water-filling each hour', waterFilling('each', 0, 0, panel)],
    ['water-filling, payback 24 h', waterFilling('payback', 0, 24, panel)],
    ["Morpho's equal utilisation", equalUtilisation()],
    ["Yearn's ratio", yearnRatio()],
  ]
  for (const [name, rule] of rules) shares.set(name, await shareOf(rule))
  const track = trackCandidates({ panel, market, costs })
  const tuned = tunedWaterFilling({ panel, track, trainHours: 90 * 24, retuneHours: 30 * 24 })
  shares.set('smoothed, chosen on the past 90 days', await shareOf(tuned))
  let top = { share: Number.NEGATIVE_INFINITY, candidate: { halfLifeHours: 0, horizonHours: 0 } }
  let topSlow = top
  for (const halfLifeHours of halfLives) {
    for (const horizonHours of horizons) {
      const share = await shareOf(waterFilling('smoothed', halfLifeHours, horizonHours, panel))
      const candidate = { halfLifeHours, horizonHours }
      if (share > top.share) top = { share, candidate }
      if (share > topSlow.share && halfLifeHours >= 24) topSlow = { share, candidate }
    }
  }
  const perYear = 100 / (market.steps * market.yearsPerStep)
  return {
    grid: grid.net * perYear,
    bound: bound.net * perYear,
    bestStatic: best.net * perYear,
    gridTrades: grid.trades,
    shares,
    best: top,
    bestSlow: topSlow,
  }
}

/** Half-life and horizon chosen on the first half of the span, the share of the second half. */
async function halves(
  panel: Panel,
  capital: number,
  choices: Choices,
): Promise<{ share: number; candidate: Candidate }> {
  const middle = Math.floor(panel.steps / 2)
  const first = await score(panel, capital, choices, { from: 0, steps: middle })
  const candidate = choices === 'theirs' ? first.bestSlow.candidate : first.best.candidate
  const costs = { ...defaultCosts }
  const span = { from: middle, steps: panel.steps - middle }
  const market = replayPanel(panel, { ...span, capital, costs })
  const points = panel.venues.length === 2 ? 20 : 5
  const best = choices === 'theirs' ? bestStatic(market, points) : bestStatic(market)
  const ceiling = choices === 'theirs' ? clairvoyant(market, { points }).net : upperBound(market).net
  const rule = waterFilling('smoothed', candidate.halfLifeHours, candidate.horizonHours, panel)
  const run = await replay(choices === 'theirs' ? wholeMoves(rule) : rule, {
    panel,
    market,
    from: middle,
    lagSteps: 0,
    costs,
  })
  return { share: (100 * (sum(run.net) - best.net)) / (ceiling - best.net), candidate }
}

/** What the independent computation gave. */
const independent: Record<string, Partial<Record<string, string>>> = {
  'clairvoyant, net APR %': {
    'two 1': '5.44',
    'two 10': '4.47',
    'two 50': '3.58',
    'five 1': '5.74',
    'five 10': '4.85',
  },
  'best static, net APR %': {
    'two 1': '5.17',
    'two 10': '4.14',
    'two 50': '3.13',
    'five 1': '5.20',
    'five 10': '4.41',
  },
  'equal weight': { 'two 1': '−4', 'two 10': '−1', 'two 50': '−3', 'five 1': '−37', 'five 10': '−59' },
  'greedy 50 bp': { 'two 1': '−258', 'two 10': '−111', 'two 50': '−85', 'five 1': '−2340', 'five 10': '−1372' },
  'water-filling each hour': {
    'two 1': '−2025',
    'two 10': '−106',
    'two 50': '53',
    'five 1': '−3879',
    'five 10': '−2071',
  },
  'water-filling, payback 24 h': {
    'two 1': '−101',
    'two 10': '57',
    'two 50': '59',
    'five 1': '−147',
    'five 10': '−43',
  },
  'smoothed, best in hindsight': { 'two 1': '37', 'two 10': '56', 'two 50': '85', 'five 1': '17', 'five 10': '47' },
  'smoothed, chosen on the first half, second half': {
    'two 1': '17',
    'two 10': '61',
    'five 1': '−22',
    'five 10': '28',
  },
}

const cells = [
  ['two', 1],
  ['two', 10],
  ['two', 50],
  ['five', 1],
  ['five', 10],
] as const

async function column(choices: Choices): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>()
  const put = (row: string, text: string): void => {
    rows.set(row, [...(rows.get(row) ?? []), text])
  }
  const whole = (value: number): string => value.toFixed(0).replace('-', '−')
  for (const [set, millions] of cells) {
    const panel = await panelOf(set === 'two' ? twoVenues : fiveVenues, choices)
    const capital = millions * 1e6
    const cell = await score(panel, capital, choices, { from: 0, steps: panel.steps })
    console.error(`${choices}: ${set} venues, ${millions} million`)
    put('clairvoyant, net APR %', `${cell.grid.toFixed(2)}`)
    put('upper bound, net APR %', cell.bound.toFixed(2))
    put('best static, net APR %', cell.bestStatic.toFixed(2))
    put('moves of the clairvoyant', String(cell.gridTrades))
    for (const [name, share] of cell.shares) put(name, whole(share))
    const { candidate } = cell.best
    put(
      'smoothed, best in hindsight',
      `${whole(cell.best.share)} (${candidate.halfLifeHours} h, ${candidate.horizonHours} h)`,
    )
    const slow = cell.bestSlow.candidate
    put(
      'the same, half-lives from 24 h',
      `${whole(cell.bestSlow.share)} (${slow.halfLifeHours} h, ${slow.horizonHours} h)`,
    )
    const half = await halves(panel, capital, choices)
    put(
      'smoothed, chosen on the first half, second half',
      `${whole(half.share)} (${half.candidate.halfLifeHours} h, ${half.candidate.horizonHours} h)`,
    )
  }
  return rows
}

const theirs = await column('theirs')
const ours = await column('ours')
const head = cells.map(([set, millions]) => `${set} venues, $${millions}M`)
const lines = [
  '<!-- Generated: node scripts/run-source.mjs scripts/backtest-reference.ts -->',
  `| | | ${head.join(' | ')} |`,
  `|---|---|${head.map(() => '---').join('|')}|`,
]
for (const [row, own] of ours) {
  const known = independent[row]
  if (known !== undefined) {
    lines.push(
      `| ${row} | independent | ${cells.map(([set, millions]) => known[`${set} ${millions}`] ?? '–').join(' | ')} |`,
    )
  }
  lines.push(`| ${known === undefined ? row : ''} | its choices | ${(theirs.get(row) ?? []).join(' | ')} |`)
  lines.push(`| | ours | ${own.join(' | ')} |`)
}
const marker = /<!-- table -->[\s\S]*<!-- end of table -->/

const page = readFileSync(out, 'utf8')
writeFileSync(
  out,
  page.replace(marker, () => `<!-- table -->\n${lines.join('\n')}\n<!-- end of table -->`),
)
console.log(lines.join('\n'))
