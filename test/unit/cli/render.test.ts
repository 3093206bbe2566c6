import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAmount } from '../../../src/cli/parse-argument.ts'
import {
  exactAmount,
  formatAmount,
  formatBps,
  formatDuration,
  formatSupplyApr,
  formatTime,
  formatWadPercent,
} from '../../../src/cli/render/format.ts'
import { renderKeyValues } from '../../../src/cli/render/key-values.ts'
import { createLiveRegion } from '../../../src/cli/render/live-region.ts'
import { createPaint, mark } from '../../../src/cli/render/marks.ts'
import { renderProgress } from '../../../src/cli/render/progress.ts'
import { renderTable } from '../../../src/cli/render/table.ts'
import { clip, visibleWidth, wrap } from '../../../src/cli/render/text.ts'

const paint = createPaint(true)

describe('amounts', () => {
  test('are grouped and cut towards zero', () => {
    expect(formatAmount(1_234_567_899_999n, 6, 2)).toBe('1,234,567.89')
    expect(formatAmount(-1_999_999n, 6, 2)).toBe('-1.99')
    expect(formatAmount(0n, 6)).toBe('0.00')
    expect(formatAmount(5n, 6, 6)).toBe('0.000005')
    expect(formatAmount(900_000n, 0)).toBe('900,000')
  })

  test('in exact form can be typed again', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 30n), fc.integer({ min: 0, max: 18 }), (amount, decimals) => {
        expect(parseAmount(exactAmount(amount, decimals), decimals)).toBe(amount)
      }),
    )
  })

  test('with too many decimals or other signs are refused', () => {
    expect(parseAmount('1.5', 6)).toBe(1_500_000n)
    expect(parseAmount('1,000_000', 6)).toBe(1_000_000_000_000n)
    for (const text of ['', '-1', '1e6', '1.', '.5', '0x10', '1.0000001', ' ']) {
      expect(parseAmount(text, 6)).toBeUndefined()
    }
  })
})

test('rates, times and durations have one form', () => {
  expect(formatBps(3_799)).toBe('37.99 %')
  expect(formatWadPercent(32_712_345_000_000_000n)).toBe('3.27 %')
  expect([12, 850, 12_340, 245_000, 12_000_000, 187_200_000].map(formatDuration)).toEqual([
    '12 ms',
    '850 ms',
    '12.3 s',
    '4 min 05 s',
    '3 h 20 min',
    '2 d 4 h',
  ])
  expect(formatTime(1_760_000_000n)).toBe('2025-10-09 08:53:20Z')
  expect(formatTime(10n ** 20n)).toBe('100000000000000000000')
})

test('a table aligns its columns under a dim head, without a frame', () => {
  const columns = [{ name: 'venue' }, { name: 'APR', align: 'right' as const }]
  const rows = [
    ['aave-v3:usdc', '3.27 %'],
    ['x', '12.00 %'],
  ]
  expect(renderTable(columns, rows)).toEqual([
    'venue             APR',
    'aave-v3:usdc   3.27 %',
    'x             12.00 %',
  ])
  expect(renderTable(columns, [], paint)).toEqual(['\u001b[2mvenue\u001b[22m  \u001b[2mAPR\u001b[22m'])
})

test('key and value blocks align, with a title and values of several lines', () => {
  expect(
    renderKeyValues(
      [
        ['vault', '0xa1'],
        ['data', 'one\ntwo'],
      ],
      { title: 'Guard' },
    ),
  ).toEqual(['Guard', '  vault  0xa1', '  data   one', '         two'])
})

test('a progress bar shows share and time left', () => {
  const at = (fraction: number, elapsedMs: number) => renderProgress({ label: 'devnet', fraction, elapsedMs, width: 8 })
  expect(at(0, 0)).toBe('devnet ░░░░░░░░   0 %')
  expect(at(0.5, 12_000)).toBe('devnet ████░░░░  50 %  12.0 s left')
  expect(at(1, 65_000)).toBe('devnet ████████ 100 %  1 min 05 s')
  expect(at(Number.NaN, 1_000)).toBe('devnet ░░░░░░░░   0 %')
  expect(at(7, 1_000)).toBe('devnet ████████ 100 %  1.0 s')
})

test('marks differ by shape, not only by colour', () => {
  const plain = createPaint(false)
  expect((['ok', 'warn', 'fail', 'skip'] as const).map((status) => mark(status, plain))).toEqual(['✓', '!', '✗', '·'])
})

describe('clip', () => {
  test('cuts to the visible width and closes colours', () => {
    expect(clip('abcdef', 6)).toBe('abcdef')
    expect(clip('abcdef', 4)).toBe('abc…')
    expect(clip(paint.red('abcdef'), 4)).toBe('\u001b[31mabc…\u001b[0m')
  })

  test('never gives a line wider than asked for', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 30 }), (text, columns) => {
        expect(visibleWidth(clip(paint.green(text), columns))).toBeLessThanOrEqual(columns)
      }),
    )
  })
})

describe('a live region', () => {
  function terminal(isTTY = true) {
    let text = ''
    return {
      stream: { isTTY, columns: 20, rows: 5, write: (part: string) => (text += part) },
      take: () => {
        const taken = text
        text = ''
        return taken
      },
    }
  }

  test('writes only lines that changed', () => {
    const { stream, take } = terminal()
    const region = createLiveRegion(stream)
    region.draw(['one', 'two'])
    expect(take()).toBe('\u001b[?25l\r\u001b[2Kone\n\r\u001b[2Ktwo\n')
    region.draw(['one', 'two'])
    expect(take()).toBe('')
    region.draw(['one', '2'])
    expect(take()).toBe('\u001b[2A\n\r\u001b[2K2\n')
    region.draw(['one'])
    expect(take()).toBe('\u001b[2A\n\u001b[0J')
    region.end()
    expect(take()).toBe('\u001b[?25h')
  })

  test('is cut to the terminal, and lines that stay go above it', () => {
    const { stream, take } = terminal()
    const region = createLiveRegion(stream)
    region.draw(['a'.repeat(40), '2', '3', '4', '5', '6'])
    expect(take()).toBe(`\u001b[?25l\r\u001b[2K${'a'.repeat(18)}…\n\r\u001b[2K2\n\r\u001b[2K3\n\r\u001b[2K4\n`)
    region.log(['stays'])
    expect(take()).toBe(`\u001b[4A\r\u001b[0Jstays\n${'a'.repeat(18)}…\n2\n3\n4\n`)
    region.end({ clear: true })
    expect(take()).toBe('\u001b[4A\r\u001b[0J\u001b[?25h')
  })

  test('draws nothing where there is no terminal, but keeps lines that stay', () => {
    const { stream, take } = terminal(false)
    const region = createLiveRegion(stream)
    region.draw(['one'])
    region.log(['stays'])
    region.end()
    expect(take()).toBe('stays\n')
  })
})

describe('narrow terminals', () => {
  test('a line is broken at its spaces, later parts are indented, and no word is lost', () => {
    expect(wrap('  one two three', 9, '    ')).toEqual(['  one two', '    three'])
    expect(wrap(`${paint.bold('one')} two`, 7)).toEqual([`${paint.bold('one')} two`])
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
        fc.integer({ min: 14 }),
        (words, columns) => {
          const lines = wrap(words.join(' '), columns, '  ')
          expect(lines.flatMap((line) => line.trim().split(' '))).toEqual(words)
          expect(lines.every((line) => line.length <= columns)).toBe(true)
        },
      ),
    )
  })

  test('a table leaves out its last optional column first, and keeps the others', () => {
    const columns = [{ name: 'a' }, { name: 'bbb', optional: true }, { name: 'ccc', optional: true }, { name: 'd' }]
    const table = (width: number) => renderTable(columns, [['1', '2', '3', '4']], createPaint(false), width)
    expect(table(40)).toEqual(['a  bbb  ccc  d', '1  2    3    4'])
    expect(table(10)).toEqual(['a  bbb  d', '1  2    4'])
    expect(table(3)).toEqual(['a  d', '1  4'])
  })
})

test('less than nothing that rounds to nothing has no sign', () => {
  expect(formatAmount(-2_490n, 6, 2)).toBe('0.00')
})

test('a value wider than the terminal breaks at its words and keeps its indent', () => {
  const entries = [['owner', '0xa1\nat once: name curator and sentinels']] as const
  expect(renderKeyValues(entries, { title: 'Roles', columns: 30 })).toEqual([
    'Roles',
    '  owner  0xa1',
    '         at once: name curator',
    '           and sentinels',
  ])
  expect(renderKeyValues(entries)).toEqual(['owner  0xa1', '       at once: name curator and sentinels'])
})

test('an ERC-4626 names no rate, and none is made up', () => {
  const rate = { supplyAprWad: 38n * 10n ** 15n }
  expect(formatSupplyApr({ ref: { kind: 'comet' }, ...rate })).toBe('3.80 %')
  expect(formatSupplyApr({ ref: { kind: 'erc4626' }, supplyAprWad: 0n })).toBe('–')
})
