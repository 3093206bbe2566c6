import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Panel } from '../../../src/history/panel.ts'
import { readPanel } from '../../../src/history/read-panel.ts'
import { resample } from '../../../src/history/resample.ts'
import { panelEvents, writePanel } from '../../../src/history/write-panel.ts'
import { faultOf, hour, makePanelFolder, march, type PanelFolder, seeded } from './panel-folder.ts'

let folder: PanelFolder

beforeEach(() => {
  folder = makePanelFolder()
})

afterEach(() => folder.remove())

async function panelOf(): Promise<Panel> {
  return (await readPanel(folder.path)).panel
}

async function codes(): Promise<string[]> {
  return (await readPanel(folder.path)).findings.map(({ code, level }) => `${level} ${code}`)
}

const faultThere = () => faultOf(() => readPanel(folder.path))

describe('reading a panel', () => {
  test('puts rows on the grid, names its files by hash and finds nothing wrong in a good one', async () => {
    const { panel, findings } = await readPanel(folder.path)
    expect(findings).toEqual([])
    expect(panel).toMatchObject({
      name: 'ten days',
      asset: 'USDC',
      stepSeconds: hour,
      startSeconds: march,
      endSeconds: march + 240 * hour,
      steps: 240,
    })
    expect(panel.venues[0]).toEqual({
      id: 'aave',
      kind: 'kinked',
      asset: 'USDC',
      kink: 0.9,
      slope2: 0.6,
      reserveFactor: 0.1,
    })
    const [, apr, supply, borrow] = (folder.read('aave.csv').split('\n')[8] ?? '').split(',').map(Number)
    expect([panel.supplyApr[0]?.[7], panel.totalSupply[0]?.[7], panel.totalBorrow[0]?.[7]]).toEqual([
      apr,
      supply,
      borrow,
    ])
    expect(panel.available[0]?.[7]).toBeNaN()
    expect([panel.usdPerGas[23], panel.usdPerGas[24]]).toEqual([0.00006, 0.00004])
    expect(Object.keys(panel.hashes)).toEqual(['panel.json', 'aave.csv', 'savings.csv', 'gas.csv'])
    expect(panel.hashes['gas.csv']).toMatch(/^[0-9a-f]{64}$/)
  })

  test('lets a value stand until the next row, and an empty cell until the next one that is not empty', async () => {
    folder.write(
      'savings.csv',
      `timestamp,supplyApr\n${march},0.04\n${march + hour + 1},\n${march + 3 * hour - 1},0.05\n`,
    )
    const { supplyApr } = await panelOf()
    expect([...(supplyApr[1]?.slice(0, 5) ?? [])]).toEqual([0.04, 0.04, 0.04, 0.05, 0.05])
  })

  test('takes the row before its start for its first step', async () => {
    folder.patch((file) => {
      file['start'] = march + 10 * hour + 60
    })
    const panel = await panelOf()
    const [, apr] = (folder.read('aave.csv').split('\n')[11] ?? '').split(',').map(Number)
    expect(panel.supplyApr[0]?.[0]).toBe(apr)
    expect(panel.steps).toBe(229)
  })

  test('has no value for a venue before its first row, and says so', async () => {
    folder.write('savings.csv', `timestamp,supplyApr\n${march + 5 * hour},0.04\n`)
    const { panel, findings } = await readPanel(folder.path)
    expect(panel.supplyApr[1]?.[4]).toBeNaN()
    expect(panel.supplyApr[1]?.[5]).toBe(0.04)
    expect(findings).toMatchObject([
      { code: 'PANEL_LATE_START', level: 'warning', file: 'savings.csv', line: 2 },
      { code: 'PANEL_ONE_ROW', level: 'warning', file: 'savings.csv', line: 2 },
    ])
  })

  test('lets a venue die three days after its last row, and says when', async () => {
    const rows = folder.read('aave.csv').split('\n').slice(0, 50)
    folder.write('aave.csv', `${rows.join('\n')}\n`)
    const { panel, findings } = await readPanel(folder.path)
    const last = 48 // hours after the start
    expect(panel.supplyApr[0]?.[last + 71]).toBeGreaterThan(0)
    expect(panel.supplyApr[0]?.[last + 72]).toBeNaN()
    expect(panel.totalSupply[0]?.[last + 72]).toBeNaN()
    expect(findings).toMatchObject(
      [{ code: 'PANEL_DEATH', line: 50, timeSeconds: march + last * hour, rule: /2023-03-06T00:00:00Z/ as never }].map(
        ({ rule: _, ...rest }) => rest,
      ),
    )
    expect(findings[0]?.rule).toBe('it counts as dead from 2023-03-06T00:00:00Z on, and has no value')
  })

  test('takes NaN for: no value from here on', async () => {
    folder.write(
      'savings.csv',
      `timestamp,supplyApr\n${march},0.04\n${march + 3 * hour},NaN\n${march + 9 * hour},0.05\n`,
    )
    const { panel, findings } = await readPanel(folder.path)
    const [, rates] = panel.supplyApr
    expect([rates?.[2], rates?.[3], rates?.[8], rates?.[9]]).toEqual([0.04, Number.NaN, Number.NaN, 0.05])
    expect(findings[0]).toMatchObject({
      code: 'PANEL_NO_VALUE',
      level: 'warning',
      file: 'savings.csv',
      line: 3,
      timeSeconds: march + 3 * hour,
      untilSeconds: march + 9 * hour,
      found: 'none until 2023-03-01T09:00:00Z',
    })
  })

  test('cuts a debt above the deposits to them, and says how high it was', async () => {
    folder.setLine('aave.csv', 12, `${march + 10 * hour},0.05,100,101`)
    const { panel, findings } = await readPanel(folder.path)
    expect(panel.totalBorrow[0]?.[10]).toBe(100)
    expect(findings).toMatchObject([
      { code: 'PANEL_UTILISATION_CUT', level: 'warning', line: 12, found: 'utilisation up to 1.01' },
    ])
  })

  test('counts equal rows once, and says where', async () => {
    const lines = folder.read('aave.csv').split('\n')
    lines.splice(5, 0, lines[4] ?? '')
    folder.write('aave.csv', lines.join('\n'))
    const { findings } = await readPanel(folder.path)
    expect(findings).toMatchObject([{ code: 'PANEL_DUPLICATE', level: 'warning', file: 'aave.csv', line: 6, rows: 1 }])
  })

  test('says so where a curve has no totals, so that our deposit does not move the rate', async () => {
    folder.write('aave.csv', folder.read('savings.csv'))
    const { panel, findings } = await readPanel(folder.path)
    expect(panel.totalSupply[0]?.[0]).toBeNaN()
    expect(findings).toMatchObject([
      {
        code: 'PANEL_NO_TOTALS',
        level: 'warning',
        file: 'aave.csv',
        found: 'timestamp,supplyApr',
        rule: 'our own deposit does not move the rate of aave, which flatters every strategy',
      },
    ])
  })

  test('derives the debt from what is available', async () => {
    folder.write('aave.csv', `timestamp,supplyApr,totalSupply,available\n${march},0.04,100,20\n`)
    expect((await panelOf()).totalBorrow[0]?.[0]).toBe(80)
  })

  test('starts with its gas series, and says so', async () => {
    folder.write('gas.csv', `timestamp,usdPerGas\n${march + 90},0.00006\n`)
    const { panel, findings } = await readPanel(folder.path)
    expect(panel.startSeconds).toBe(march + hour)
    expect(panel.usdPerGas[0]).toBe(0.00006)
    expect(findings).toMatchObject([{ code: 'PANEL_GAS_STARTS_LATER' }])
  })

  test('takes a cap up to 1 for a share of capital and above for an amount', async () => {
    folder.patch((file) => {
      const [aave, savings] = file['venues'] as Record<string, unknown>[]
      Object.assign(aave ?? {}, { cap: 0.4 })
      Object.assign(savings ?? {}, { cap: 5e6, depositLimit: 7e6, kink: null })
    })
    const { venues } = await panelOf()
    expect(venues[0]).toMatchObject({ cap: 0.4 })
    expect(venues[1]).toEqual({ id: 'savings', kind: 'exogenous', asset: 'USDC', depositLimit: 5e6 })
  })

  test('reads gzip, quoted cells, a byte order mark, CRLF, and columns in any order', async () => {
    const lines = folder.read('savings.csv').trim().split('\n')
    const swapped = lines.map((line) =>
      line
        .split(',')
        .reverse()
        .map((cell) => `"${cell}"`)
        .join(','),
    )
    const { writeFileSync } = await import('node:fs')
    writeFileSync(`${folder.path}/savings.csv`, gzipSync(`\uFEFF${swapped.join('\r\n')}\r\n`))
    const before = Number(lines[9]?.split(',')[1])
    expect((await panelOf()).supplyApr[1]?.[8]).toBe(before)
  })

  test('leaves out keys that it does not know, and names them', async () => {
    folder.patch((file) => {
      file['remark'] = 'made up'
      file['source'] = { by: 'hand' }
      Object.assign((file['venues'] as object[])[0] ?? {}, { reservefactor: 0.2 })
    })
    expect(await codes()).toEqual(['note PANEL_UNKNOWN_KEY', 'note PANEL_UNKNOWN_KEY'])
  })

  test('reads a year of hourly rows over five venues in well under a second', async () => {
    const year = makePanelFolder({ hours: 8_760 })
    try {
      year.patch((file) => {
        const [aave] = file['venues'] as object[]
        file['venues'] = [1, 2, 3, 4, 5].map((n) => ({ ...aave, id: `venue${n}`, file: `venue${n}.csv` }))
      })
      for (const n of [1, 2, 3, 4, 5]) year.write(`venue${n}.csv`, year.read('aave.csv'))
      const started = performance.now()
      const { panel } = await readPanel(year.path)
      expect(performance.now() - started).toBeLessThan(900)
      expect(panel.steps * panel.venues.length).toBe(43_800)
    } finally {
      year.remove()
    }
  })
})

describe('a panel that is refused', () => {
  test('because a file is not there', async () => {
    folder.patch((file) => {
      file['gas'] = 'gaz.csv'
    })
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_UNREADABLE
      A file of a history can not be read.
        file:   gaz.csv
        reason: no such file
      Remedy: Check the path; a panel is a folder with panel.json and the files that it names, plain or gzip."
    `)
  })

  test('because panel.json does not have the form, with every fault', async () => {
    folder.patch((file) => {
      file['stepSeconds'] = 0
      file['start'] = '1 March'
      Object.assign((file['venues'] as object[])[0] ?? {}, { kind: 'aave', kink: 1.2, file: '../aave.csv' })
    })
    expect((await faultThere()).replace(/tiller-panel-\w+/, 'FOLDER')).toMatchInlineSnapshot(`
      "PANEL_FILE_INVALID
      The panel.json of a panel does not have the documented form.
        file:   FOLDER/panel.json
        faults: stepSeconds: Too small: expected number to be >=1; start: Unix seconds, a day such as 2023-02-20, or a UTC time such as 2023-02-20T06:00:00Z; venues.0.kind: Invalid option: expected one of "kinked"|"comet"|"adaptive"|"exogenous"; venues.0.file: a path inside the folder of the panel; venues.0.kink: Too big: expected number to be <1
      Remedy: Compare the file with docs/history.md."
    `)
  })

  test('because two venues have one id, or the end is before the start', async () => {
    folder.patch((file) => {
      file['end'] = march
      Object.assign((file['venues'] as object[])[1] ?? {}, { id: 'aave' })
    })
    expect((await faultThere()).replace(/tiller-panel-\w+/, 'FOLDER')).toMatchInlineSnapshot(`
      "PANEL_FILE_INVALID
      The panel.json of a panel does not have the documented form.
        file:   FOLDER/panel.json
        faults: end: at least one step after start; venues.1.id: aave twice
      Remedy: Compare the file with docs/history.md."
    `)
  })

  test('because columns are missing', async () => {
    folder.write('aave.csv', folder.read('aave.csv').replace('supplyApr', 'apy'))
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_COLUMNS_MISSING
      A file of a panel lacks columns.
        file:  aave.csv
        line:  1
        found: timestamp,apy,totalSupply,totalBorrow
        rule:  it needs supplyApr
      Remedy: Bring a header with these columns, separated by commas."
    `)
  })

  test('because a cell is no number', async () => {
    folder.setLine('savings.csv', 7, `${march + 5 * hour},4.1%`)
    folder.setLine('savings.csv', 9, `${march + 7 * hour},4.1%`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_NOT_A_NUMBER
      A cell of a panel is no number.
        file:       savings.csv
        line:       7
        column:     supplyApr
        found:      4.1%
        rule:       a number
        rows alike: 2
      Remedy: Correct or remove that row; the header and units are in docs/history.md."
    `)
  })

  test('because a row has another number of cells', async () => {
    folder.setLine('savings.csv', 7, `${march + 5 * hour},0,04`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_CELLS
      A row of a panel has another number of cells.
        file:   savings.csv
        line:   7
        column: all
        found:  3 cells
        rule:   2 cells, as in the header
      Remedy: Correct or remove that row; the header and units are in docs/history.md."
    `)
  })

  test('because its rows are not sorted', async () => {
    const lines = folder.read('savings.csv').split('\n')
    folder.setLine('savings.csv', 4, lines[6] ?? '')
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_UNSORTED
      The rows of a panel are not in order of time.
        file:   savings.csv
        line:   5
        column: timestamp
        time:   2023-03-01T03:00:00Z
        found:  2023-03-01T03:00:00Z
        rule:   not before 2023-03-01T05:00:00Z, line 4
      Remedy: Sort the rows by timestamp; where two records overlap, keep one of them."
    `)
  })

  test('because two rows contradict each other', async () => {
    folder.setLine('savings.csv', 4, `${march + hour},0.09`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_OVERLAP
      Two rows of a panel give different values for one time.
        file:   savings.csv
        line:   4
        column: timestamp
        time:   2023-03-01T01:00:00Z
        found:  2023-03-01T01:00:00Z
        rule:   another time than line 3
      Remedy: Keep the row that was recorded last; where two records overlap, keep one of them."
    `)
  })

  test('because times are in milliseconds', async () => {
    folder.write('savings.csv', `timestamp,supplyApr\n${march}000,0.04\n`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_TIMESTAMP
      A timestamp of a panel is not in whole Unix seconds.
        file:   savings.csv
        line:   2
        column: timestamp
        time:   +055131-12-11T00:00:00Z
        found:  1677628800000
        rule:   whole seconds since 1970
      Remedy: Divide milliseconds by 1000, and write whole numbers."
    `)
  })

  test('because a rate is negative', async () => {
    folder.setLine('aave.csv', 5, `${march + 3 * hour},-0.01,100,80`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_NEGATIVE
      A value of a panel is negative.
        file:   aave.csv
        line:   5
        column: supplyApr
        time:   2023-03-01T03:00:00Z
        found:  -0.01
        rule:   zero or more
      Remedy: Correct the row; a loss is no rate, and a fault of the record must not look like one."
    `)
  })

  test('because rates are in percent', async () => {
    const rows = folder.read('savings.csv').split('\n').slice(1, -1)
    const percent = rows
      .map((row) => row.split(',').map(Number))
      .map(([time, apr = 0]) => `${time},${(apr * 100).toFixed(4)}`)
    folder.write('savings.csv', `timestamp,supplyApr\n${percent.join('\n')}\n`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_PERCENT
      Rates of a panel are in percent or basis points where a fraction is due.
        file:       savings.csv
        line:       2
        column:     supplyApr
        time:       2023-03-01T00:00:00Z
        found:      a median of 4.048, which would be 404.8 % a year
        rule:       a median of at most 0.5
        rows alike: 240
      Remedy: Divide percent by 100 and basis points by 10000: 4.7 % is 0.047."
    `)
  })

  test('because a single rate is beyond belief', async () => {
    folder.setLine('savings.csv', 20, `${march + 18 * hour},41`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_RATE_TOO_HIGH
      A rate of a panel is higher than any lending market pays.
        file:   savings.csv
        line:   20
        column: supplyApr
        time:   2023-03-01T18:00:00Z
        found:  41
        rule:   at most 10 (1000 % a year)
      Remedy: Leave out the first days of a market, whose rates mean nothing, and rows of another unit."
    `)
  })

  test('because debt and deposits are not in one unit', async () => {
    folder.write('aave.csv', folder.read('aave.csv').replace('totalSupply,totalBorrow', 'totalBorrow,totalSupply'))
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_UTILISATION
      Debt is above the deposits: utilisation above 1.
        file:       aave.csv
        line:       2
        column:     totalBorrow
        time:       2023-03-01T00:00:00Z
        found:      utilisation 1.25, above 1.05 in 240 of 240 rows
        rule:       above 1.05 in at most 2 % of the rows
        rows alike: 240
      Remedy: Give deposits (not what is free) as totalSupply, and both columns in one unit."
    `)
  })

  test('because a venue has no rate before the end', async () => {
    folder.write('savings.csv', `timestamp,supplyApr\n${march + 400 * hour},0.04\n`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_VENUE_EMPTY
      A venue has no rate inside the panel.
        file:   savings.csv
        line:   2
        column: supplyApr
        found:  first row 2023-03-17T16:00:00Z
        rule:   a rate before 2023-03-11T00:00:00Z
      Remedy: Leave the venue out, or choose a later end."
    `)
  })

  test('because gas is in gwei, or starts too late', async () => {
    folder.write('gas.csv', `timestamp,usdPerGas\n${march},21.5\n`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_GAS_UNIT
      A price of gas is not in dollars per unit of gas.
        file:   gas.csv
        line:   2
        column: usdPerGas
        time:   2023-03-01T00:00:00Z
        found:  21.5
        rule:   0 to 0.05
      Remedy: usdPerGas = gwei × 1e-9 × dollars per ether: 20 gwei at $3,000 are 0.00006."
    `)
    folder.write('gas.csv', `timestamp,usdPerGas\n${march},0.00006\n${march + hour},NaN\n`)
    expect(await faultThere()).toMatch(/^PANEL_GAS_UNIT\n[\s\S]* line: +3\n[\s\S]* found: +NaN\n/)
    folder.write('gas.csv', `timestamp,usdPerGas\n${march + 300 * hour},0.00006\n`)
    expect(await faultThere()).toMatchInlineSnapshot(`
      "PANEL_GAS_LATE
      The gas series starts too late for the panel.
        file:   gas.csv
        line:   2
        column: usdPerGas
        time:   2023-03-13T12:00:00Z
        found:  first row 2023-03-13T12:00:00Z
        rule:   a price of gas at or before 2023-03-01T00:00:00Z, and no later than 2023-03-10T23:00:00Z
      Remedy: Bring the gas of earlier days, or start the panel later."
    `)
  })
})

describe('a damaged panel', () => {
  test('is read without a value that can not be, or refused by name: nothing else is thrown', async () => {
    const bits = [
      '',
      ',',
      '\n',
      '"',
      '-',
      'e',
      'NaN',
      '1e400',
      '9999999999999999',
      '\u0000',
      '.',
      '{',
      '[',
      'null',
      '\r\n',
      ';',
    ]
    const names = ['panel.json', 'aave.csv', 'savings.csv', 'gas.csv']
    const whole = new Map(names.map((name) => [name, folder.read(name)]))
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...names),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(30), fc.constantFrom(...bits)), {
          maxLength: 3,
        }),
        async (name, damages) => {
          let text = whole.get(name) ?? ''
          for (const [place, length, bit] of damages) {
            const at = Math.floor(place * text.length)
            text = text.slice(0, at) + bit + text.slice(at + length)
          }
          folder.write(name, text)
          const answer = await faultOf(async () => {
            const panel = await panelOf()
            const values = [...panel.supplyApr, ...panel.totalSupply, ...panel.totalBorrow, panel.usdPerGas]
            expect(
              values.every((column) => column.every((value) => !(value < 0) && value !== Number.POSITIVE_INFINITY)),
            ).toBe(true)
            expect(panel.usdPerGas.every((value) => !Number.isNaN(value))).toBe(true)
          })
          folder.write(name, whole.get(name) ?? '')
          expect(answer).toMatch(/^(?:PANEL_[A-Z_]+\n|nothing was thrown$)/)
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('writing a panel', () => {
  test('gives back the same numbers, bit for bit, when it is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 30 }), async (seed, steps) => {
        const random = seeded(seed)
        const values = (scale: number) => Float64Array.from({ length: steps }, () => random() * scale)
        const supply = values(1e9)
        const panel: Panel = {
          name: 'drawn',
          asset: 'USDC',
          stepSeconds: hour,
          startSeconds: march,
          endSeconds: march + steps * hour,
          steps,
          venues: [{ id: 'a/b', kind: 'comet', asset: 'USDC', cap: 0.5, slope2: 3.2 }],
          supplyApr: [values(0.4)],
          totalSupply: [supply],
          totalBorrow: [supply.map((one) => one * random())],
          available: [values(1e8)],
          usdPerGas: values(1e-4),
          hashes: {},
        }
        await writePanel(folder.path, panelEvents(panel))
        const { hashes: _, ...back } = await panelOf()
        const { hashes: __, ...wanted } = panel
        expect(back).toEqual(wanted)
      }),
      { numRuns: 25 },
    )
  })
})

describe('resampling', () => {
  test('is as-of: what comes after a step never changes it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 100 }),
        (times, stepSeconds) => {
          const timestamps = Float64Array.from(times).sort()
          const values = timestamps.map((_, index) => index)
          const grid = { startSeconds: 0, stepSeconds, steps: 10 }
          const all = resample(timestamps, values, grid)
          for (let step = 0; step < 10; step += 1) {
            const known = timestamps.filter((time) => time <= step * stepSeconds)
            expect(all[step]).toBe(known.length === 0 ? Number.NaN : known.length - 1)
          }
        },
      ),
    )
  })
})
