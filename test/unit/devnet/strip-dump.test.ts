import { expect, test } from 'vitest'
import { stripDump } from '../../../src/devnet/strip-dump.ts'

const block = (number: string): unknown => ({ header: { number }, transactions: [] })

const dump = (blocks: readonly unknown[], accounts: unknown): string =>
  JSON.stringify({
    block: { number: '0x2' },
    accounts,
    best_block_number: 2,
    blocks,
    transactions: [1, 2],
    historical_states: [3],
  })

test('keeps the head alone, wherever it stands among the blocks', () => {
  const stripped = JSON.parse(stripDump(dump([block('0x1'), block('0x2'), block('0x0')], {})))
  expect(stripped.blocks).toEqual([block('0x2')])
  expect(stripped.transactions).toEqual([])
  expect(stripped.historical_states).toBeNull()
  expect(stripped.block).toEqual({ number: '0x2' })
})

test('gives equal bytes for equal content in another order', () => {
  const one = dump([block('0x2'), block('0x1')], {
    '0xb': { nonce: 0, storage: { '0x2': '0x1', '0x1': '0x1' } },
    '0xa': { nonce: 1, storage: {} },
  })
  const other = dump([block('0x1'), block('0x2')], {
    '0xa': { nonce: 1, storage: {} },
    '0xb': { nonce: 0, storage: { '0x1': '0x1', '0x2': '0x1' } },
  })
  expect(stripDump(one)).toBe(stripDump(other))
})

test('refuses a dump without its head', () => {
  expect(() => stripDump(dump([block('0x1')], {}))).toThrow('The dump lacks its head, block 2')
})
