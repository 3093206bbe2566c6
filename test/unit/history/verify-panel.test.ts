import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { verifyPanel } from '../../../src/history/verify-panel.ts'
import { runCli } from '../cli/fake-io.ts'
import { hour, makePanelFolder, march, type PanelFolder } from './panel-folder.ts'

const day = 24 * hour

let folder: PanelFolder

beforeEach(() => {
  folder = makePanelFolder({ hours: 480 })
})

afterEach(() => folder.remove())

const findings = async () => (await verifyPanel(folder.path)).findings

/** Rewrites the rows of a file from line 2 on; a row that becomes undefined is left out. */
function rewrite(file: string, change: (cells: string[], index: number) => string | undefined): void {
  const [header, ...rows] = folder.read(file).trim().split('\n')
  const kept = rows.map((row, index) => change(row.split(','), index)).filter((row) => row !== undefined)
  folder.write(file, `${[header, ...kept].join('\n')}\n`)
}

describe('verifying a panel', () => {
  test('finds nothing in a good one', async () => {
    expect(await findings()).toEqual([])
  })

  test('finds a gap, with the line after it and both times', async () => {
    rewrite('aave.csv', (cells, index) => (index >= 100 && index < 140 ? undefined : cells.join(',')))
    expect(await findings()).toEqual([
      {
        code: 'PANEL_GAP',
        level: 'warning',
        file: 'aave.csv',
        line: 102,
        timeSeconds: march + 99 * hour,
        untilSeconds: march + 140 * hour,
        what: 'There are no rows for long.',
        found: '41 hours without a row',
        rule: 'at most 24 hours between rows; until the next one the value stands',
        remedy: 'Bring the rows that are missing; where nothing happened, none are needed.',
        rows: 1,
      },
    ])
  })

  test('finds a frozen feed, from its first line to its last', async () => {
    rewrite('savings.csv', ([time, apr], index) => `${time},${index >= 50 && index <= 150 ? 0.0404 : apr}`)
    expect(await findings()).toMatchObject([
      {
        code: 'PANEL_FROZEN',
        file: 'savings.csv',
        line: 52,
        timeSeconds: march + 50 * hour,
        untilSeconds: march + 150 * hour,
        column: 'supplyApr',
        found: '0.0404 for 4.167 days, lines 52 to 152',
        rows: 101,
      },
    ])
  })

  test('finds totals that are frozen while the rate still moves', async () => {
    rewrite('aave.csv', ([time, apr, ...totals], index) =>
      [time, apr, ...(index > 300 ? ['1e8', '8e7'] : totals)].join(','),
    )
    expect(await findings()).toMatchObject([{ code: 'PANEL_FROZEN', column: 'totalSupply', line: 303 }])
  })

  test('finds rates that the curve can not pay', async () => {
    rewrite('aave.csv', ([time, apr, supply, borrow], index) =>
      [time, index === 7 ? 0.61 : apr, supply, borrow].join(','),
    )
    expect(await findings()).toMatchObject(
      [{ code: 'PANEL_ABOVE_CURVE', level: 'warning', line: 9, rows: 1, found: /at worst 0.61/ as never }].map(
        ({ found: _, ...rest }) => rest,
      ),
    )
  })

  test('finds percent in a whole file, and from one week on', async () => {
    rewrite('savings.csv', ([time, apr], index) => `${time},${Number(apr) * (index >= 336 ? 100 : 1)}`)
    expect(await findings()).toMatchObject([{ code: 'PANEL_UNIT_SWITCH', line: 338, timeSeconds: march + 14 * day }])
    rewrite('savings.csv', ([time, apr], index) => `${time},${Number(apr) * (index < 336 ? 100 : 1)}`)
    expect(await findings()).toMatchObject([{ code: 'PANEL_PERCENT', level: 'error', line: 2, rows: 480 }])
  })

  test('finds amounts in the smallest unit of the asset', async () => {
    rewrite('aave.csv', ([time, apr, supply, borrow]) =>
      [time, apr, Number(supply) * 1e6, Number(borrow) * 1e6].join(','),
    )
    expect((await findings()).map(({ code, column, rows }) => `${code} ${column} ${rows}`)).toEqual([
      'PANEL_RAW_UNITS totalSupply 480',
      'PANEL_RAW_UNITS totalBorrow 480',
    ])
  })

  test('finds a gas series that ends', async () => {
    folder.write('gas.csv', `timestamp,usdPerGas\n${march},0.00006\n${march + hour},0.00005\n`)
    expect(await findings()).toMatchObject([{ code: 'PANEL_GAS_ENDS', file: 'gas.csv', line: 3 }])
  })

  test('finds doubled rows, utilisation above 1, late start, death and unknown keys at once, errors first', async () => {
    rewrite('aave.csv', ([time, apr, supply, borrow], index) => {
      if (index < 5 || index > 300) return undefined
      const row = [time, apr, supply, index === 20 ? Number(supply) * 1.01 : borrow].join(',')
      return index === 30 ? `${row}\n${row}` : row
    })
    folder.setLine('savings.csv', 3, `${march + hour},-0.01`)
    folder.patch((file) => {
      file['remark'] = 'mine'
    })
    expect((await findings()).map(({ code, file, line }) => `${code} ${file}:${line}`)).toEqual([
      'PANEL_NEGATIVE savings.csv:3',
      'PANEL_DUPLICATE aave.csv:28',
      'PANEL_UTILISATION_CUT aave.csv:17',
      'PANEL_LATE_START aave.csv:2',
      'PANEL_DEATH aave.csv:298',
      'PANEL_UNKNOWN_KEY panel.json:undefined',
    ])
  })
})

describe('tiller data verify', () => {
  test('exits with 0 and one line where nothing is wrong', async () => {
    const { code, stdout } = await runCli(['data', 'verify', folder.path])
    expect(code).toBe(0)
    expect(stdout.replace(/\d+ ms/, 'N ms')).toMatchInlineSnapshot(`
      "panel  ten days, USDC, 2 venues, 960 rows
      span   2023-03-01 00:00:00Z to 2023-03-21 00:00:00Z, 480 steps of 1 h 00 min

      ✓ Nothing is wrong. N ms
      "
    `)
  })

  test('shows where, when, what and the remedy, and exits with 1', async () => {
    rewrite('aave.csv', (cells, index) => (index >= 100 && index < 140 ? undefined : cells.join(',')))
    folder.setLine('savings.csv', 3, `${march + hour},-0.01`)
    const { code, stdout } = await runCli(['data', 'verify', folder.path])
    expect(code).toBe(1)
    expect(stdout.replace(/\d+ ms/, 'N ms')).toMatchInlineSnapshot(`
      "panel  ten days, USDC, 2 venues, 920 rows
      span   2023-03-01 00:00:00Z to 2023-03-21 00:00:00Z, 480 steps of 1 h 00 min

      ✗ PANEL_NEGATIVE  A value of a panel is negative.
        where          time                  found             rows  rule
        savings.csv:3  2023-03-01 01:00:00Z  supplyApr: -0.01     1  zero or more
        Remedy: Correct the row; a loss is no rate, and a fault of the record must not look like one.

      ! PANEL_GAP  There are no rows for long.
        where         time                  found                   rows  rule
        aave.csv:102  2023-03-05 03:00:00Z  41 hours without a row     1  at most 24 hours between rows; until the next one the value stands
        Remedy: Bring the rows that are missing; where nothing happened, none are needed.

      ✗ 1 error, 1 warning, 0 notes. N ms
      "
    `)
  })

  test('accepts warnings that are allowed by code, never errors, and gives one document with --json', async () => {
    rewrite('aave.csv', (cells, index) => (index >= 100 && index < 140 ? undefined : cells.join(',')))
    const allowed = await runCli(['data', 'verify', folder.path, '--allow', 'panel_gap', '--json'])
    expect(allowed.code).toBe(0)
    expect(JSON.parse(allowed.stdout)).toMatchObject({
      panel: 'ten days',
      ok: true,
      errors: 0,
      warnings: 1,
      findings: [{ code: 'PANEL_GAP', file: 'aave.csv', line: 102, timeSeconds: march + 99 * hour }],
    })
    folder.setLine('savings.csv', 3, `${march + hour},-0.01`)
    expect((await runCli(['data', 'verify', folder.path, '--allow', 'PANEL_GAP,PANEL_NEGATIVE'])).code).toBe(1)
  })

  test('exits with 2 where there is no panel', async () => {
    const { code, stderr } = await runCli(['data', 'verify', 'nowhere'])
    expect(code).toBe(2)
    expect(stderr).toBe(
      'error PANEL_UNREADABLE  A file of a history can not be read.\n' +
        '  file:   nowhere/panel.json\n  reason: no such folder\n' +
        'Remedy: Check the path; a panel is a folder with panel.json and the files that it names, plain or gzip.\n',
    )
  })
})

describe('tiller data import', () => {
  const header = 'timestamp,totalDepositBalanceUSD,totalBorrowBalanceUSD,lenderRate'
  const market = Array.from({ length: 48 }, (_, i) => `${march + i * hour},${2e6 + i},${1.6e6 + i},${3 + i / 100}`)

  test('writes a panel, shows it, and does not replace one unasked', async () => {
    folder.write('aave_v3_eth_usdc.csv', `${header}\n${market.join('\n')}\n`)
    const line = ['data', 'import', 'aave_v3_eth_usdc.csv', '--usd-per-gas', '0.00002', '--out', 'panel']
    const { code, stdout } = await runCli(line, { cwd: folder.path })
    expect(code).toBe(0)
    expect(stdout).toMatchInlineSnapshot(`
      "panel  panel, USDC
      span   2023-03-01 00:00:00Z to 2023-03-02 23:00:00Z, 47 steps of 1 h 00 min

      venue             kind    curve  rows  from              to                median APR  by rule
      aave_v3_eth_usdc  kinked           48  2023-03-01 00:00  2023-03-02 23:00      3.23 %

      · Curves left open: a backtest assumes a kink at 0.9 and a slope of 0.6. --fit-curves takes them from the record.

      ✓ panel is written.
      Next: tiller data verify panel
      "
    `)
    expect((await runCli(['data', 'verify', 'panel'], { cwd: folder.path })).code).toBe(0)
    const again = await runCli(line, { cwd: folder.path })
    expect(again.code).toBe(2)
    expect(again.stderr).toMatchInlineSnapshot(`
      "error PANEL_EXISTS  The folder holds a panel already.
        folder: panel
      Remedy: Choose another folder, or replace it with \`--force\`.
      "
    `)
    const forced = await runCli([...line, '--force', '--json'], { cwd: folder.path })
    expect(JSON.parse(forced.stdout)).toMatchObject({
      folder: 'panel',
      start: march,
      end: march + 47 * hour,
      steps: 47,
      venues: [{ id: 'aave_v3_eth_usdc', kind: 'kinked', rowsRead: 48, rows: 48, dropped: [] }],
    })
  })

  test('says what a record of rates alone leaves out', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => `Aave,Base,USDC,${march + i * 86_400},${0.04 + i / 1000}`)
    folder.write('apys.csv', `protocol,chain,asset,unix,apy\n${rows.join('\n')}\n`)
    folder.write('aave_v3_eth_usdc.csv', `${header}\n${market.join('\n')}\n`)
    const note = async (...files: string[]) => {
      const line = ['data', 'import', ...files, '--usd-per-gas', '0.00002', '--out', 'panel', '--force']
      const { code, stdout } = await runCli(line, { cwd: folder.path })
      expect(code).toBe(0)
      return stdout.split('\n').filter((one) => one.includes('own impact'))
    }
    const what =
      'a backtest knows no own impact and no limit of exits there, which flatters whoever moves, large capital most. Nor does a panel know chains: nobody pays for a bridge.'
    expect(await note('apys.csv')).toEqual([`· No venue has amounts: ${what}`])
    expect(await note('apys.csv', 'aave_v3_eth_usdc.csv')).toEqual([`· Without amounts: 1: ${what}`])
    expect(await note('aave_v3_eth_usdc.csv')).toEqual([])
  })

  test('refuses times, prices and places that make no sense', async () => {
    const answer = async (...flags: string[]) =>
      (await runCli(['data', 'import', 'a.csv', '--out', 'panel', ...flags])).stderr.split('\n')[0]
    expect(await answer('--from', 'spring')).toMatchInlineSnapshot(
      `"error USAGE  Option '--from <time>' argument 'spring' is invalid. Give a day such as 2023-02-20, a time such as 2023-02-20T06:00:00Z, or Unix seconds."`,
    )
    expect(await answer('--usd-per-gas', '0')).toMatchInlineSnapshot(
      `"error USAGE  Option '--usd-per-gas <price>' argument '0' is invalid. Give a number above zero."`,
    )
    expect(await answer('--daily-at', 'noon')).toMatchInlineSnapshot(
      `"error USAGE  Option '--daily-at <place>' argument 'noon' is invalid. Give start or end."`,
    )
  })
})

describe('tiller data pull', () => {
  test('refuses what it can not begin with, before it asks anything', async () => {
    const vault = '0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48'
    const answer = async (...flags: string[]) => {
      const { code, stderr } = await runCli(['data', 'pull', '--out', 'pulled', ...flags], {
        env: { URL: 'http://127.0.0.1:1' },
      })
      return `${code} ${stderr.split('\n')[0]}`
    }
    expect(await answer('--rpc', 'ws://here')).toBe('2 error USAGE  An endpoint is an http or https URL.')
    expect(await answer('--rpc-env', 'OTHER')).toBe('2 error USAGE  OTHER is not set.')
    expect(await answer('--rpc-env', 'URL')).toBe('2 error USAGE  A venue is needed: give --venue, once for each.')
    expect(await answer('--rpc-env', 'URL', '--venue', 'erc4626:0x12')).toBe(
      '2 error PULL_VENUE  A venue to pull is not named in a known form.',
    )
    const twice = ['--venue', `erc4626:${vault}`, '--venue', `erc4626:${vault}`]
    expect(await answer('--rpc-env', 'URL', ...twice)).toBe(
      '2 error USAGE  Two venues are called erc4626-a0b86991: write <name>= before one of them.',
    )
    expect(await answer('--rpc-env', 'URL', '--venue', `erc4626:${vault}`)).toBe(
      '2 error USAGE  What ether costs is needed for the price of gas: give --eth-usd-feed or --usd-per-eth.',
    )
    expect(await answer('--rpc-env', 'URL', '--venue', `erc4626:${vault}`, '--usd-per-eth', '3000')).toBe(
      '75 error ENDPOINT_UNREACHABLE  The endpoint does not answer.',
    )
  })
})
