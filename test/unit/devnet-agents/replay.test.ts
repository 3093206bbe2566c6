import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { calibrations } from '../../../src/devnet/agents/calibration.ts'
import { lendingAgents, type MarketVenue, type VenueView } from '../../../src/devnet/agents/market-venue.ts'
import { noBystanders } from '../../../src/devnet/agents/plan-moves.ts'
import { createReplay } from '../../../src/devnet/agents/replay/create-replay.ts'
import { parseHistory } from '../../../src/devnet/agents/replay/parse-history.ts'
import { readHistory } from '../../../src/devnet/agents/replay/read-history.ts'
import { resampleHistory } from '../../../src/devnet/agents/replay/resample-history.ts'
import { loadReplay } from '../../../src/devnet/agents/run-market.ts'

const header =
  'blockNumber,timestamp,totalDepositBalanceUSD,totalBorrowBalanceUSD,lenderRate,borrowRate,hourlyBorrowUSD,hourlyDepositUSD,hourlyRepayUSD,hourlyWithdrawUSD'
const start = 1_700_000_400 - (1_700_000_400 % 3_600)

/** timestamp offset, deposits, borrows, deposit, withdraw, borrow, repay */
function csv(...rows: readonly (readonly number[])[]): string {
  const lines = rows.map(
    ([offset = 0, deposits = 0, borrows = 0, deposit = 0, withdraw = 0, borrow = 0, repay = 0], index) =>
      `${index + 1},${start + offset},${deposits},${borrows},4.5,5.5,${borrow},${deposit},${repay},${withdraw}`,
  )
  return [header, ...lines, ''].join('\n')
}

function messageOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'no error'
}

describe('parsing', () => {
  test('columns may come in any order and further ones are ignored', () => {
    const text =
      'hourlyWithdrawUSD,hourlyRepayUSD,hourlyDepositUSD,hourlyBorrowUSD,note,totalBorrowBalanceUSD,totalDepositBalanceUSD,timestamp\r\n1,2,3,4,x,50,100,1700000000\r\n'
    expect(parseHistory(text, 'a.csv')).toEqual([
      {
        timestamp: 1_700_000_000,
        totalDepositBalanceUSD: 100,
        totalBorrowBalanceUSD: 50,
        hourlyDepositUSD: 3,
        hourlyWithdrawUSD: 1,
        hourlyBorrowUSD: 4,
        hourlyRepayUSD: 2,
      },
    ])
  })

  test('missing columns are all named at once', () => {
    expect(messageOf(() => parseHistory('timestamp,supplyApr\n1700000000,0.04\n', 'panel.csv'))).toBe(
      [
        'A recorded history lacks columns.',
        '  file:    panel.csv',
        '  missing: totalDepositBalanceUSD, totalBorrowBalanceUSD, hourlyBorrowUSD, hourlyDepositUSD, hourlyRepayUSD, hourlyWithdrawUSD',
        '  header:  timestamp,supplyApr',
        'Remedy: Bring a header with the columns that docs/market-agents.md lists, separated by commas.',
      ].join('\n'),
    )
  })

  test('a value that is no number is named with file, line and column', () => {
    const text = csv([0, 100, 50], [3_600, 100, 50]).replace(/,100,50,(?=4.5,5.5,0,0,0,0\n$)/, ',1e,50,')
    expect(messageOf(() => parseHistory(text, 'bad.csv'))).toBe(
      [
        'A recorded history has a value that can not be used.',
        '  file:   bad.csv',
        '  line:   3',
        '  column: totalDepositBalanceUSD',
        '  found:  1e',
        '  rule:   a number',
        'Remedy: Correct or remove that row; the header and units are in docs/market-agents.md.',
      ].join('\n'),
    )
  })

  test.each([
    ['a negative flow', csv([0, 100, 50, -1]), 'hourlyDepositUSD', '-1', 'zero or more'],
    [
      'an empty balance',
      csv([0, 100, 50]).replace(',100,50,', ',,50,'),
      'totalDepositBalanceUSD',
      'nothing',
      'a number',
    ],
    [
      'milliseconds for seconds',
      csv([0, 100, 50]).replace(String(start), `${start}000`),
      'timestamp',
      `${start}000`,
      'whole Unix seconds',
    ],
    ['a row with too few cells', `${header}\n1,2,3\n`, 'all', '3 cells', '10 cells, as in the header'],
    [
      'rows out of order',
      csv([3_600, 100, 50], [0, 100, 50]),
      'timestamp',
      String(start),
      `not before ${start + 3_600}, the row above`,
    ],
  ])('%s is refused', (_, text, column, found, rule) => {
    expect(messageOf(() => parseHistory(text, 'bad.csv'))).toBe(
      [
        'A recorded history has a value that can not be used.',
        '  file:   bad.csv',
        `  line:   ${column === 'timestamp' && rule.startsWith('not') ? 3 : 2}`,
        `  column: ${column}`,
        `  found:  ${found}`,
        `  rule:   ${rule}`,
        'Remedy: Correct or remove that row; the header and units are in docs/market-agents.md.',
      ].join('\n'),
    )
  })
})

describe('resampling', () => {
  test('balances stand until the next row, flows add up within an hour, borrows are cut to deposits', () => {
    const rows = parseHistory(
      csv([0, 100, 50], [600, 110, 55, 12, 2, 5, 0], [3_000, 120, 130, 10, 0, 75, 0], [10_000, 90, 80, 0, 30, 0, 50]),
      'a.csv',
    )
    expect(resampleHistory(rows, 'a.csv')).toEqual([
      { timestamp: start, deposits: 100, borrows: 50, deposit: 0, withdraw: 0, borrow: 0, repay: 0, lenderRate: 4.5 },
      {
        timestamp: start + 3_600,
        deposits: 120,
        borrows: 120,
        deposit: 22,
        withdraw: 2,
        borrow: 80,
        repay: 0,
        lenderRate: 4.5,
      },
      {
        timestamp: start + 7_200,
        deposits: 120,
        borrows: 120,
        deposit: 0,
        withdraw: 0,
        borrow: 0,
        repay: 0,
        lenderRate: 4.5,
      },
      {
        timestamp: start + 10_800,
        deposits: 90,
        borrows: 80,
        deposit: 0,
        withdraw: 30,
        borrow: 0,
        repay: 50,
        lenderRate: 4.5,
      },
    ])
  })

  test('the first days of a market are left out, or what lies before the asked time', () => {
    const rows = parseHistory(
      csv([0, 0, 0], [3_600, 1, 0], [7_200, 100, 50], [10_800, 100, 50], [14_400, 100, 50]),
      'a',
    )
    expect(resampleHistory(rows, 'a').map(({ deposits }) => deposits)).toEqual([100, 100, 100])
    expect(resampleHistory(rows, 'a', start + 10_800)).toHaveLength(2)
  })

  test('too little history is refused', () => {
    const rows = parseHistory(csv([0, 100, 50]), 'short.csv')
    expect(messageOf(() => resampleHistory(rows, 'short.csv'))).toBe(
      [
        'A recorded history has too few rows to replay.',
        '  file:   short.csv',
        '  rows:   1',
        '  needed: two hours',
        'Remedy: Bring a longer history, or start it earlier with `--replay-from`.',
      ].join('\n'),
    )
    expect(messageOf(() => resampleHistory([], 'none.csv'))).toContain('  needed: rows with deposits')
  })
})

describe('reading', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tiller-history-'))
    await writeFile(join(folder, 'a.csv'), csv([0, 100, 50], [3_600, 100, 50]))
    await writeFile(join(folder, 'a.csv.gz'), gzipSync(csv([0, 100, 50], [3_600, 100, 50])))
    await writeFile(join(folder, 'broken.csv.gz'), Buffer.from([0x1f, 0x8b, 0, 1, 2, 3]))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('plain and compressed files give the same hours', async () => {
    expect(await readHistory(join(folder, 'a.csv.gz'))).toEqual(await readHistory(join(folder, 'a.csv')))
  })

  test('a file that is not there or not readable is named without its folder', async () => {
    await expect(readHistory(join(folder, 'none.csv'))).rejects.toThrow(
      [
        'A recorded history can not be read.',
        '  file:   none.csv',
        '  reason: no such file',
        'Remedy: Check the path; the file is CSV, plain or as .csv.gz.',
      ].join('\n'),
    )
    await expect(readHistory(join(folder, 'broken.csv.gz'))).rejects.toMatchObject({ code: 'HISTORY_UNREADABLE' })
  })

  test('a venue that does not exist or has no borrowers is refused', async () => {
    const deployment = { morpho: { morpho: zero, irm: zero, markets: [] } } as const
    const file = join(folder, 'a.csv')
    await expect(loadReplay(deployment, { file, venue: 'aave' })).rejects.toThrow(
      [
        'The devnet has no such venue.',
        '  venue: aave',
        '  known: aave-v3:usdc, comet:usdc, erc4626:usdc',
        'Remedy: Name one of the known venues.',
      ].join('\n'),
    )
    await expect(loadReplay(deployment, { file, venue: 'erc4626:usdc' })).rejects.toThrow(
      [
        'This venue can not be driven by a recorded history.',
        '  venue: erc4626:usdc',
        'Remedy: Name a lending venue of the devnet, e.g. `aave-v3:usdc` or `comet:usdc`.',
      ].join('\n'),
    )
    const replay = await loadReplay(deployment, { file })
    expect([replay.venue, replay.steps]).toEqual(['aave-v3:usdc', 1])
  })
})

const zero = '0x0000000000000000000000000000000000000000'

describe('moves', () => {
  const usdc = 1_000_000n
  const noTransaction = (): never => {
    throw new Error('not asked for')
  }
  const venue: MarketVenue = {
    name: 'comet:usdc',
    kind: 'comet',
    calibration: calibrations.comet,
    kink: 0.9,
    agents: lendingAgents('comet:usdc', { supplier: zero, borrower: '0x0000000000000000000000000000000000000001' }),
    reads: [],
    view: noTransaction,
    funding: noTransaction,
    deposit: noTransaction,
    withdraw: noTransaction,
    borrow: noTransaction,
    repay: noTransaction,
  }
  const hours = resampleHistory(
    parseHistory(
      csv([0, 1_000_000, 500_000], [3_600, 1_000_000, 500_000, 30_000, 30_000, 0, 0], [7_200, 1_100_000, 600_000]),
      'a.csv',
    ),
    'a.csv',
  )
  const replay = createReplay({ hours, file: 'a.csv', venue: 'comet:usdc', poolUnits: 2_000_000n * usdc })
  const view: VenueView = {
    totalSupply: 2_000_000n * usdc,
    totalBorrow: 1_000_000n * usdc,
    available: 1_000_000n * usdc,
    positions: [1_200_000n * usdc, 800_000n * usdc, 600_000n * usdc, 400_000n * usdc],
    supplyAprWad: 0n,
  }
  const summary = (step: number, of: VenueView = view): unknown[] =>
    (replay.moves(venue, of, step, noBystanders) ?? []).map(({ agent, action, assets }) => [
      agent.name,
      action,
      assets / usdc,
    ])

  test('the record is scaled so that its median deposits are the usual ones of the pool', () => {
    expect(replay.unitsPerUsd).toBe(2_000_000)
    expect(replay.steps).toBe(2)
    expect(replay.initialTargets('comet:usdc', noBystanders)).toEqual({
      supply: 2_000_000n * usdc,
      borrow: 1_000_000n * usdc,
    })
    expect(replay.initialTargets('aave-v3:usdc', noBystanders)).toBeUndefined()
  })

  test('what bystanders hold is part of the recorded pool', () => {
    const bystanders = { supply: 300_000n * usdc, borrow: 100_000n * usdc }
    const targets = { supply: 1_700_000n * usdc, borrow: 900_000n * usdc }
    expect(replay.initialTargets('comet:usdc', bystanders)).toEqual(targets)
    const among = { ...view, positions: [1_000_000n * usdc, 700_000n * usdc, 500_000n * usdc, 400_000n * usdc] }
    expect(replay.moves(venue, among, 0, bystanders)?.map(({ assets }) => assets / usdc)).toEqual([60_000n, 60_000n])
  })

  test('gross flows pass through even where they cancel', () => {
    expect(summary(0)).toEqual([
      ['supplier-1', 'deposit', 60_000n],
      ['supplier-0', 'withdraw', 60_000n],
    ])
  })

  test('what flows do not explain of the balances is made up for', () => {
    expect(summary(1)).toEqual([
      ['supplier-1', 'deposit', 200_000n],
      ['borrower-1', 'borrow', 200_000n],
    ])
  })

  test('money that came and went beyond what the pool held is played net', () => {
    const loops = createReplay({
      hours: resampleHistory(
        parseHistory(csv([0, 100, 50], [3_600, 120, 50, 1_020, 1_000, 900, 900]), 'loops.csv'),
        'loops.csv',
      ),
      file: 'loops.csv',
      venue: 'comet:usdc',
      poolUnits: 120n * usdc,
    })
    const small = { ...view, available: 50n * usdc, positions: [100n * usdc, 0n, 50n * usdc, 0n] }
    expect(
      loops.moves(venue, small, 0, noBystanders)?.map(({ agent, action, assets }) => [agent.name, action, assets]),
    ).toEqual([
      // Each agent keeps one whole unit, for interest and rounding.
      ['borrower-0', 'repay', 49n * usdc],
      ['supplier-0', 'deposit', 120n * usdc],
      ['borrower-0', 'borrow', 50n * usdc],
      ['supplier-0', 'withdraw', 100n * usdc],
    ])
  })

  test('interest that has accrued is taken out again', () => {
    const grown = { ...view, positions: [1_200_100n * usdc, 800_000n * usdc, 600_000n * usdc, 400_050n * usdc] }
    expect(summary(0, grown)).toEqual([
      ['borrower-0', 'repay', 50n],
      ['supplier-1', 'deposit', 60_000n],
      ['supplier-0', 'withdraw', 60_100n],
    ])
  })

  test('other venues are left to the process, and the end is an error', () => {
    expect(replay.moves({ ...venue, name: 'aave-v3:usdc' }, view, 0, noBystanders)).toBeUndefined()
    expect(messageOf(() => replay.moves(venue, view, 2, noBystanders))).toBe(
      [
        'The recorded history has ended.',
        '  file:  a.csv',
        '  step:  2',
        '  hours: 3',
        'Remedy: Stop at the last hour, or bring a longer history.',
      ].join('\n'),
    )
  })
})
