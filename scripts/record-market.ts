// Records the devnet's market without a depositor of ours: one panel per seed, for training and for comparisons.
//   node scripts/run-source.mjs scripts/record-market.ts --seeds 1000-1015 --hours 1500 --out generated/panels
//
// A panel is a folder: panel.json, a CSV per venue, gas.csv. Rows are hours; a value stands until the next row. `supplyApr` is what the
// venue's index grew by until then, a year, and not the rate quoted at the hour. Amounts are whole units of the asset.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { formatUnits } from 'viem'
import { prepareDevnet } from '../src/devnet/devnet.ts'
import { openSeason } from '../src/devnet/season/open-season.ts'
import { loadLens } from '../src/vault/lens.ts'
import { readState } from '../src/vault/read.ts'
import type { VenueState } from '../src/venues/venue.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000-1003' },
    hours: { type: 'string', default: '1500' },
    out: { type: 'string', default: 'generated/panels' },
  },
})
const hours = Number(values.hours)
const seeds = parseSeeds(values.seeds)
if (!Number.isInteger(hours) || hours < 2)
  throw new Error(`--hours is ${values.hours}; a whole number from 2 is needed.`)

const secondsPerYear = 31_536_000n
const prepared = await prepareDevnet({})
const lens = await loadLens()
for (const seed of seeds) {
  const folder = resolve(values.out, `devnet-${seed}`)
  if (isRecorded(folder)) {
    console.log(`seed ${seed}: already there`)
    continue
  }
  const began = performance.now()
  await record(seed, folder)
  console.log(`seed ${seed}: ${hours} hours in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

type Reading = { timestamp: bigint; venues: readonly VenueState[]; usdPerGas: number }

async function record(seed: number, folder: string): Promise<void> {
  // The vault is there to be read through and holds nothing in any venue.
  const season = await openSeason({ prepared, seed, capitalUnits: 10n })
  const readings: Reading[] = []
  try {
    const { accounts } = season.devnet.deployment
    const client = {
      request: ({ method, params }) => season.rpc(method, params as readonly unknown[]),
      transport: { name: 'devnet' },
    } as Parameters<typeof readState>[0]
    const { vault, guard, venues } = season.vault
    // One reading more than rows: the last row's rate needs the index after it.
    for (let step = 1; step <= hours + 1; step += 1) {
      const { baseFeeWei, ethPriceUsdE8, failed } = await season.agents.step(step)
      if (failed.length > 0) console.log(`seed ${seed}, step ${step}: ${failed[0]?.what}: ${failed[0]?.reason}`)
      const { market } = await readState(client, { vault, guard, keeper: accounts.keeper, venues, lens })
      const stale = market.venues.find(({ status }) => status === 'stale')
      if (stale !== undefined) throw new Error(`Seed ${seed}, step ${step}: ${stale.ref.name}: ${stale.staleReason}`)
      readings.push({
        timestamp: market.block.timestamp,
        venues: market.venues,
        usdPerGas: (Number(baseFeeWei) * Number(ethPriceUsdE8)) / 1e26,
      })
    }
  } finally {
    await season.stop()
  }
  write(seed, folder, readings)
}

function write(seed: number, folder: string, readings: readonly Reading[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const rows = readings.slice(0, -1)
  const first = rows[0]
  const last = rows.at(-1)
  if (first === undefined || last === undefined) throw new Error('Nothing was recorded.')
  for (const [j, { ref }] of first.venues.entries()) {
    const lines = rows.map((row, i) => venueRow(row, readings[i + 1], j))
    writeFileSync(
      join(folder, fileOf(ref.name)),
      `timestamp,supplyApr,totalSupply,totalBorrow,available\n${lines.join('\n')}\n`,
    )
  }
  writeFileSync(
    join(folder, 'gas.csv'),
    `timestamp,usdPerGas\n${rows.map(({ timestamp, usdPerGas }) => `${timestamp},${usdPerGas}`).join('\n')}\n`,
  )
  const panel = {
    name: `devnet-${seed}`,
    asset: 'USDC',
    stepSeconds: 3_600,
    start: Number(first.timestamp),
    end: Number(last.timestamp),
    gas: 'gas.csv',
    venues: first.venues.map((venue) => ({
      id: venue.ref.name,
      kind: panelKind(venue),
      asset: 'USDC',
      file: fileOf(venue.ref.name),
      ...(venue.curve.mode === 'none' ? {} : { kink: venue.curve.kinkQ16 / 65_536, curve: curveOf(venue) }),
    })),
  }
  // Last: a folder with it is whole.
  writeFileSync(join(folder, 'panel.json'), `${JSON.stringify(panel, null, 2)}\n`)
}

function venueRow(row: Reading, next: Reading | undefined, j: number): string {
  const venue = row.venues[j]
  const after = next?.venues[j]
  if (next === undefined || venue === undefined || after === undefined) throw new Error('A venue was lost on the way.')
  const grown = after.index > venue.index ? after.index - venue.index : 0n
  const aprE12 = (grown * secondsPerYear * 10n ** 12n) / (venue.index * (next.timestamp - row.timestamp))
  const supply = formatUnits(venue.totalSupply, 6)
  const borrow = formatUnits(venue.totalBorrow, 6)
  const available = formatUnits(venue.totalSupply > venue.totalBorrow ? venue.totalSupply - venue.totalBorrow : 0n, 6)
  return `${row.timestamp},${Number(aprE12) / 1e12},${supply},${borrow},${available}`
}

/** Fractions a year at utilisation 0, at the kink and at 1. Of an adaptive curve, which moves, only the shape lasts. */
function curveOf({ curve }: VenueState) {
  return {
    mode: curve.mode,
    rate0: Number(curve.rate0E9) / 1e9,
    rateKink: Number(curve.rateKinkE9) / 1e9,
    rateMax: Number(curve.rateMaxE9) / 1e9,
  }
}

function panelKind({ ref }: VenueState): string {
  if (ref.kind === 'comet') return 'comet'
  if (ref.kind === 'morpho-blue') return 'adaptive'
  return ref.kind === 'erc4626' ? 'exogenous' : 'kinked'
}

function fileOf(name: string): string {
  return `${name.replaceAll(/[^a-z0-9-]+/g, '-')}.csv`
}

/** True where a panel of at least the asked length lies. */
function isRecorded(folder: string): boolean {
  try {
    const { start, end, stepSeconds } = JSON.parse(readFileSync(join(folder, 'panel.json'), 'utf8'))
    return (end - start) / stepSeconds + 1 >= hours
  } catch {
    return false
  }
}

/** `7` or `1000-1015`, several by commas. */
function parseSeeds(text: string): number[] {
  return text.split(',').flatMap((part) => {
    const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
    if (from === undefined || Number(to) < Number(from))
      throw new Error(`--seeds: "${part}" is neither a number nor a range.`)
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, i) => Number(from) + i)
  })
}
