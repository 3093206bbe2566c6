import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ImportOptions, importHistories } from '../../../src/history/import/import-histories.ts'
import { readPanel } from '../../../src/history/read-panel.ts'
import { verifyPanel } from '../../../src/history/verify-panel.ts'
import { writePanel } from '../../../src/history/write-panel.ts'
import { faultOf, hour, march, seeded } from './panel-folder.ts'

const day = 24 * hour

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tiller-import-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(text) : text)
  return path
}

const snapshotHeader =
  'blockNumber,timestamp,totalDepositBalanceUSD,totalBorrowBalanceUSD,lenderRate,borrowRate,hourlyBorrowUSD,hourlyDepositUSD,hourlyRepayUSD,hourlyWithdrawUSD'

/** A market that is born at `start`, has a million from day 2 on and then grows. */
function snapshots(start: number, days: number, seed = 1): string {
  const random = seeded(seed)
  const rows = [`1,${start},0.0,0.0,,,0,0,0,0`]
  for (let index = 1; index < days * 24; index += 1) {
    const deposits = index < 48 ? 1_000 : 2e6 * (1 + random())
    const rate = index < 24 ? 700 : 3 + random()
    rows.push(`${index},${start + index * hour + 7},${deposits},${deposits * 0.8},${rate},5,0,0,0,0`)
  }
  return `${snapshotHeader}\n${rows.join('\n')}\n`
}

function gasDays(days: number): string {
  const rows = Array.from({ length: days }, (_, index) => {
    const date = new Date((march + index * day) * 1_000).toISOString().slice(0, 10)
    return `${date},${20e9 + index * 1e9},2000.5`
  })
  return put('gas.csv', `date,avg_gas_price_wei,eth_usd\n${rows.join('\n')}\n`)
}

const run = (options: Partial<ImportOptions>) =>
  importHistories({ name: 'imported', files: [], usdPerGas: 2e-5, ...options })

describe('importing market snapshots', () => {
  test('turns percent into fractions, leaves out the first days and rows without a rate, and reads back', async () => {
    const file = put('aave_v3_eth_usdc.csv.gz', snapshots(march, 40))
    const { source, venues, outside } = await run({ files: [file] })
    expect(venues[0]).toMatchObject({
      venue: { id: 'aave_v3_eth_usdc', kind: 'kinked', asset: 'USDC' },
      rowsRead: 960,
      dropped: [
        { rule: 'without a rate left out', rows: 1 },
        { rule: 'of the first days left out', rows: 504 },
      ],
    })
    expect(outside).toEqual([])
    expect(source).toMatchObject({ asset: 'USDC', startSeconds: march + 506 * hour, stepSeconds: hour })
    await writePanel(join(folder, 'panel'), source)
    const { panel, findings } = await readPanel(join(folder, 'panel'))
    expect(findings).toEqual([])
    expect(panel.supplyApr[0]?.every((rate) => rate >= 0.03 && rate <= 0.04)).toBe(true)
    expect(panel.totalBorrow[0]?.[5]).toBeCloseTo(0.8 * (panel.totalSupply[0]?.[5] ?? 0), 6)
  })

  test('keeps the first days of a market that is already large when the record begins', async () => {
    const rows = snapshots(march, 40).split('\n')
    const file = put('compound_v3_eth_usdc.csv', [rows[0], ...rows.slice(80)].join('\n'))
    const { venues } = await run({ files: [file] })
    expect(venues[0]?.dropped).toEqual([])
    expect(venues[0]?.venue.kind).toBe('comet')
  })

  test('cuts a debt above the deposits, takes the last of rows at one time and sorts', async () => {
    const rows = [
      `2,${march + 2 * hour},2000000,2100000,4,5,0,0,0,0`,
      `1,${march},2000000,1000000,3,5,0,0,0,0`,
      `2,${march + 2 * hour},3000000,1000000,5,5,0,0,0,0`,
    ]
    const { source, venues } = await run({
      files: [put('spark_eth_dai.csv', `${snapshotHeader}\n${rows.join('\n')}\n`)],
    })
    expect(venues[0]?.dropped).toEqual([
      { rule: 'at the time of a later one left out', rows: 1 },
      { rule: 'cut to utilisation 1', rows: 1 },
    ])
    expect([...(venues[0]?.rows.columns.supplyApr ?? [])]).toEqual([0.03, 0.05])
    expect(source.asset).toBe('DAI')
  })

  test('takes the span that all venues have, and another one where it is asked for', async () => {
    const files = [put('aave_a_usdc.csv', snapshots(march, 60)), put('aave_b_usdc.csv', snapshots(march + 5 * day, 40))]
    const { source } = await run({ files })
    expect(source).toMatchObject({ startSeconds: march + (120 + 506) * hour, endSeconds: march + (45 * 24 - 1) * hour })
    const other = await run({ files, from: march + 20 * day, to: march + 26 * day })
    expect(other.source).toMatchObject({ startSeconds: march + 20 * day, endSeconds: march + 26 * day })
    expect(other.outside).toEqual(['aave_b_usdc'])
    expect(other.source.venues.map(({ venue }) => venue.id)).toEqual(['aave_a_usdc'])
  })

  test('takes kink and slope from the record where it is asked to', async () => {
    const random = seeded(3)
    const rows = Array.from({ length: 4_000 }, (_, index) => {
      const utilisation = 0.6 + 0.37 * random()
      const borrow = 4 * Math.min(1, utilisation / 0.9) + 60 * Math.max(0, (utilisation - 0.9) / 0.1)
      return `1,${march + index * hour},2e8,${2e8 * utilisation},${borrow * utilisation * 0.9},${borrow},0,0,0,0`
    })
    const files = [put('aave_v3_eth_usdc.csv', `${snapshotHeader}\n${rows.join('\n')}\n`)]
    const { venues } = await run({ files, fitCurves: true })
    expect(venues[0]?.venue).toEqual({
      id: 'aave_v3_eth_usdc',
      kind: 'kinked',
      asset: 'USDC',
      kink: 0.9,
      slope2: expect.closeTo(0.6, 3),
    })
    expect((await run({ files })).venues[0]?.venue).toEqual({ id: 'aave_v3_eth_usdc', kind: 'kinked', asset: 'USDC' })
  })

  test('names the kind where it is told, and refuses what it does not know', async () => {
    const files = [put('pool_usdc.csv', snapshots(march, 40))]
    const { venues } = await run({ files, kinds: { pool_usdc: 'adaptive' } })
    expect(venues[0]?.venue.kind).toBe('adaptive')
    expect(await faultOf(() => run({ files, kinds: { pool_usdc: 'curved' } }))).toMatchInlineSnapshot(`
      "IMPORT_KIND
      A venue was given a kind that can not be used.
        given: pool_usdc=curved
        kinds: kinked, comet, adaptive, exogenous
      Remedy: Write \`--kind <venue>=<kind>\` with a venue of the import."
    `)
    expect(await faultOf(() => run({ files, only: ['pool_dai'] }))).toMatchInlineSnapshot(`
      "IMPORT_VENUE_UNKNOWN
      The recorded histories have no such venue.
        venue: pool_dai
        known: pool_usdc
      Remedy: Name venues of the import with \`--venues\`, separated by commas."
    `)
  })
})

describe('importing a list of APYs', () => {
  const random = seeded(5)
  const list = (rows: readonly string[], time = 'timestamp') =>
    `protocol,chain,asset,${time},apy,date\n${rows.join('\n')}\n`
  const daily = (protocol: string, days: number, apy: (index: number) => number) =>
    Array.from({ length: days }, (_, index) => `${protocol},Base,USDC,${march + index * day},${apy(index)},2023-03-01`)

  test('makes a venue of each series, with APR = ln(1 + APY), known at the end of its day', async () => {
    const file = put(
      'list.csv',
      list([...daily('AAVEV3', 10, (i) => 0.05 + i / 1e3), ...daily('Other', 10, () => 0.1 * random())]),
    )
    const { source, venues } = await run({ files: [file] })
    expect(venues.map(({ venue }) => venue)).toEqual([
      { id: 'aavev3-base-usdc', kind: 'exogenous', asset: 'USDC' },
      { id: 'other-base-usdc', kind: 'exogenous', asset: 'USDC' },
    ])
    expect(venues[0]?.rows.timestamps[0]).toBe(march + day)
    expect(venues[0]?.rows.columns.supplyApr?.[0]).toBeCloseTo(0.04879016, 8)
    expect(source.startSeconds).toBe(march + day)
    const early = await run({ files: [file], dailyAt: 'start' })
    expect(early.venues[0]?.rows.timestamps[0]).toBe(march)
  })

  test('leaves out zeros of a floating rate, and a feed that died, but not a rate that governance set', async () => {
    const file = put(
      'list.csv',
      list([
        ...daily('AAVEV3', 30, (i) => (i === 3 ? 0 : i < 20 ? 0.05 + i / 1e3 : 0.04965012)),
        ...daily('SKY', 30, () => 0.045),
      ]),
    )
    const { source, venues } = await run({ files: [file], to: march + 31 * day })
    expect(venues.map(({ dropped }) => dropped)).toEqual([
      [
        { rule: 'of zero left out', rows: 1 },
        { rule: 'of a dead feed left out', rows: 9 },
      ],
      [],
    ])
    await writePanel(join(folder, 'panel'), source)
    const { panel } = await readPanel(join(folder, 'panel'))
    const at = (days: number) => (panel.supplyApr[0] as Float64Array)[days * 24 - 24]
    expect(at(20)).toBeCloseTo(Math.log1p(0.069), 12)
    expect(at(21)).toBeCloseTo(Math.log1p(0.04965012), 12)
    expect(at(22)).toBeNaN()
    expect(panel.supplyApr[1]?.at(-1)).toBeCloseTo(Math.log1p(0.045), 12)
  })

  test('takes one asset only where it is told, and says what was left out where nothing is left', async () => {
    const file = put('list.csv', list(daily('AAVEV3', 4, () => 0)))
    expect(await faultOf(() => run({ files: [file] }))).toMatchInlineSnapshot(`
      "IMPORT_NO_ROWS
      Nothing of a recorded history is left to import.
        file:    list.csv
        rows:    4
        dropped: 4 of zero left out
      Remedy: Bring a longer history, or choose another asset with \`--asset\`; the rules are in docs/history.md."
    `)
    expect(await faultOf(() => run({ files: [file], asset: 'DAI' }))).toMatchInlineSnapshot(`
      "IMPORT_NO_ROWS
      Nothing of a recorded history is left to import.
        file:    list.csv
        rows:    4
        dropped: none
      Remedy: Bring a longer history, or choose another asset with \`--asset\`; the rules are in docs/history.md."
    `)
  })
})

describe('importing gas', () => {
  test('gives dollars per unit of gas, a day’s mean at the end of the day', async () => {
    const files = [put('aave_v3_eth_usdc.csv', snapshots(march, 40))]
    const { source } = await run({ files, gas: gasDays(40) })
    const first = source.gas.timestamps[0] ?? 0
    expect(first).toBe(march + 21 * day)
    expect(source.gas.columns.usdPerGas?.[0]).toBeCloseTo(40e-9 * 2000.5, 12)
    const early = await run({ files, gas: gasDays(40), dailyAt: 'start' })
    expect(early.source.gas.columns.usdPerGas?.[0]).toBeCloseTo(41e-9 * 2000.5, 12)
  })

  test('reads Etherscan’s own two exports', async () => {
    const files = [put('aave_v3_eth_usdc.csv', snapshots(march, 40))]
    const gas = put('gas.csv', `"Date(UTC)","UnixTimeStamp","Value (Wei)"\r\n"3/1/2023","${march}","30000000000"\r\n`)
    const etherPrice = put('eth.csv', `"Date(UTC)","UnixTimeStamp","Value"\r\n"3/1/2023","${march}","1600"\r\n`)
    const { source } = await run({ files, gas, etherPrice })
    expect(source.gas.columns.usdPerGas?.[0]).toBeCloseTo(4.8e-5, 15)
    put('eth.csv', `"Date(UTC)","UnixTimeStamp","Value"\r\n"3/2/2023","${march + day}","1600"\r\n`)
    expect(await faultOf(() => run({ files, gas, etherPrice }))).toMatchInlineSnapshot(`
      "IMPORT_CELL
      A recorded history has a value that can not be used.
        file:   gas.csv
        line:   2
        column: UnixTimeStamp
        found:  1677628800
        rule:   a day that eth.csv has, too
      Remedy: Correct or remove that row."
    `)
  })

  test('is needed', async () => {
    const files = [put('aave_v3_eth_usdc.csv', snapshots(march, 40))]
    expect(await faultOf(() => importHistories({ name: 'none', files }))).toMatchInlineSnapshot(`
      "IMPORT_GAS_MISSING
      A panel needs what gas cost.
      Remedy: Give a series with \`--gas\`, or one price for all times with \`--usd-per-gas\`, e.g. 0.00001."
    `)
  })
})

describe('an import that is refused', () => {
  test('because a header is of no known format', async () => {
    expect(await faultOf(() => run({ files: [put('odd.csv', 'time,apy\n1,2\n')] }))).toMatchInlineSnapshot(`
      "IMPORT_UNKNOWN_FORMAT
      A recorded history is in no format that can be imported.
        file:   odd.csv
        header: time,apy
        known:  timestamp,totalDepositBalanceUSD,totalBorrowBalanceUSD,lenderRate | protocol,chain,asset,timestamp|unix,apy[,date]
      Remedy: Rename its columns to those of a known format, or write a panel by hand: docs/history.md."
    `)
    const files = [put('aave_v3_eth_usdc.csv', snapshots(march, 40))]
    expect(await faultOf(() => run({ files, gas: put('gas.csv', 'day,gwei\n1,2\n') }))).toMatchInlineSnapshot(`
      "IMPORT_UNKNOWN_FORMAT
      A recorded history is in no format that can be imported.
        file:   gas.csv
        header: day,gwei
        known:  date,avg_gas_price_wei,eth_usd | Etherscan's "Date(UTC)","UnixTimeStamp","Value (Wei)" with --eth-price "Date(UTC)","UnixTimeStamp","Value" | timestamp,usdPerGas
      Remedy: Rename its columns to those of a known format, or write a panel by hand: docs/history.md."
    `)
  })

  test('because a cell can not be used, with file and line', async () => {
    const rows = snapshots(march, 40).split('\n')
    rows[700] = (rows[700] ?? '').replace(/^(\d+),\d+/, '$1,yesterday')
    expect(await faultOf(() => run({ files: [put('a_usdc.csv', rows.join('\n'))] }))).toMatchInlineSnapshot(`
      "IMPORT_CELL
      A recorded history has a value that can not be used.
        file:   a_usdc.csv
        line:   701
        column: timestamp
        found:  yesterday
        rule:   whole Unix seconds
      Remedy: Correct or remove that row."
    `)
    rows[700] = `9,${march + 699 * hour},-5,0,3,3,0,0,0,0`
    expect(await faultOf(() => run({ files: [put('a_usdc.csv', rows.join('\n'))] }))).toMatchInlineSnapshot(`
      "IMPORT_CELL
      A recorded history has a value that can not be used.
        file:   a_usdc.csv
        line:   701
        column: totalDepositBalanceUSD
        found:  -5
        rule:   0 or more
      Remedy: Correct or remove that row."
    `)
  })

  test('because two files are of one venue, or of no common time', async () => {
    const a = put('a_usdc.csv', snapshots(march, 40))
    const b = put('a_usdc.csv.gz', snapshots(march, 40))
    expect(await faultOf(() => run({ files: [a, b] }))).toMatchInlineSnapshot(`
      "IMPORT_VENUE_TWICE
      Two recorded histories are of one venue.
        venue:  a_usdc
        first:  a_usdc.csv
        second: a_usdc.csv.gz
      Remedy: Import one of them. A file of market snapshots names its venue: where both are meant, rename it."
    `)
    const later = put('b_usdc.csv', snapshots(march + 100 * day, 40))
    expect(await faultOf(() => run({ files: [a, later] }))).toMatchInlineSnapshot(`
      "IMPORT_SPAN_EMPTY
      The panel would not have a single step.
        from:        2023-06-30T02:00:00Z
        to:          2023-04-09T23:00:00Z
        starts last: b_usdc, 2023-06-30T01:00:07Z
        ends first:  a_usdc, 2023-04-09T23:00:07Z
      Remedy: Name the venues that overlap with \`--venues\`, or a span in which there are rows with \`--from\` and \`--to\`."
    `)
  })
})

const data = resolve(process.env['TILLER_DATA'] || '../shared/data')

describe.skipIf(!existsSync(data))(`the recorded histories in ${data} (skipped where they are not there)`, () => {
  const markets = join(data, 'lucid-labs__discovery-engine-demo')
  const gas = join(data, 'cagatayozbek__ethereum-gas-price-prediction', 'eth_gas_and_price_daily.csv')

  test('give a panel of five stablecoin markets whose spikes are those of the record', async () => {
    const names = [
      'aave_v3_eth_usdc',
      'aave_v3_eth_usdt',
      'aave_v3_eth_dai',
      'compound_v3_eth_usdc',
      'compound_v2_eth_dai',
    ]
    const { source } = await run({
      files: names.map((name) => join(markets, `${name}.csv.gz`)),
      gas,
      from: Date.UTC(2023, 1, 20) / 1e3,
      to: Date.UTC(2024, 6, 28) / 1e3,
    })
    await writePanel(join(folder, 'panel'), source)
    const { panel } = await readPanel(join(folder, 'panel'))
    expect(panel.steps).toBe(12_576)
    const highest = (venue: number, from: number, to: number) => {
      const step = (time: number) => (time / 1e3 - panel.startSeconds) / panel.stepSeconds
      return Math.max(...(panel.supplyApr[venue] as Float64Array).slice(step(from), step(to)))
    }
    expect(highest(1, Date.UTC(2023, 2, 11), Date.UTC(2023, 2, 12))).toBeCloseTo(0.684, 3)
    expect(highest(0, Date.UTC(2023, 6, 30), Date.UTC(2023, 7, 1))).toBeCloseTo(0.567, 3)
    const { findings } = await verifyPanel(join(folder, 'panel'))
    expect(findings.map(({ code }) => code)).toEqual(['PANEL_LATE_START'])
  })

  test('give a panel of daily APYs without the feed that died', async () => {
    const { source, venues } = await run({
      files: [join(data, 'han1ue__yieldhouse-data', 'six_hourly_snapshots.csv.gz')],
      gas,
      asset: 'USDC',
      to: Date.UTC(2024, 7, 15) / 1e3,
    })
    expect(venues.map(({ venue }) => venue.id)).toEqual([
      'aavev3-arbitrum-usdc',
      'aavev3-base-usdc',
      'aavev3-ethereum-usdc',
    ])
    await writePanel(join(folder, 'panel'), source)
    const { panel } = await readPanel(join(folder, 'panel'))
    const july = (Date.UTC(2024, 6, 15) / 1e3 - panel.startSeconds) / panel.stepSeconds
    expect(panel.supplyApr.map((rates) => rates[july])).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })
})
