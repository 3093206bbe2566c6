import { expect, test } from 'vitest'
import { checkReading } from '../../../src/history/check-reading.ts'
import { gridPanel } from '../../../src/history/grid-panel.ts'
import type { PanelSource } from '../../../src/history/panel-source.ts'

const day = 86_400

function source(times: readonly number[]): PanelSource {
  const timestamps = Float64Array.from(times)
  const lines = Int32Array.from(times, (_, index) => index + 2)
  return {
    name: 'p',
    asset: 'USDC',
    stepSeconds: 3_600,
    startSeconds: 0,
    endSeconds: 20 * day,
    venues: [
      {
        venue: { id: 'a', kind: 'exogenous', asset: 'USDC' },
        rows: { file: 'a.csv', lines, timestamps, columns: { supplyApr: timestamps.map((time) => 0.04 + time / 1e9) } },
      },
    ],
    gas: {
      file: 'gas.csv',
      lines: Int32Array.of(2),
      timestamps: Float64Array.of(0),
      columns: { usdPerGas: Float64Array.of(1e-5) },
    },
    hashes: {},
  }
}

const hours = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => (from + i) * 3_600)

test('files with a row for every hour read the same without their later rows', () => {
  const whole = source(hours(0, 480))
  expect(checkReading(whole, gridPanel(whole), [50, 200, 479])).toEqual([])
})

test('a venue that pauses for longer than it may, and comes back, was dead for a reader of then', () => {
  const whole = source([...hours(0, 100), ...hours(300, 480)])
  const cut = 250
  expect(checkReading(whole, gridPanel(whole), [90, cut])).toEqual([
    {
      venue: 'a',
      column: 'supplyApr',
      timeSeconds: 99 * 3_600 + 3 * day,
      cutSeconds: cut * 3_600,
      whole: 0.04 + (99 * 3_600) / 1e9,
      found: Number.NaN,
    },
  ])
})
