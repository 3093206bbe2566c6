import { importCell, importUnknownFormat } from '../../errors/history.ts'
import type { Csv } from '../csv.ts'
import type { EventRows } from '../panel-source.ts'
import { cellReader } from './table.ts'

const day = 86_400

const formats = [
  'date,avg_gas_price_wei,eth_usd',
  'Etherscan\'s "Date(UTC)","UnixTimeStamp","Value (Wei)" with --eth-price "Date(UTC)","UnixTimeStamp","Value"',
  'timestamp,usdPerGas',
]

export type GasTable = { file: string; table: Csv }

/**
 * Imports what a unit of gas cost: dollars = gwei × 1e-9 × dollars per ether. A day's mean is known at the day's end, which
 * is where it is put; `dailyAt` moves it to the day's start.
 *
 * @throws IMPORT_UNKNOWN_FORMAT, IMPORT_CELL
 */
export function importGas(
  { file, table }: GasTable,
  dailyAt: 'start' | 'end',
  etherPrice?: GasTable,
): EventRows<'usdPerGas'> {
  const { header } = table
  const cells = cellReader(file, table)
  const shift = dailyAt === 'end' ? day : 0
  const rows: { timestamp: number; usdPerGas: number }[] = []
  if (header.includes('timestamp') && header.includes('usdPerGas')) {
    for (let row = 0; row < table.rows.length; row += 1) {
      rows.push({ timestamp: cells.unixSeconds(row, 'timestamp'), usdPerGas: cells.number(row, 'usdPerGas') })
    }
  } else if (header.includes('date') && header.includes('avg_gas_price_wei') && header.includes('eth_usd')) {
    for (let row = 0; row < table.rows.length; row += 1) {
      const usdPerGas = cells.number(row, 'avg_gas_price_wei') * 1e-18 * cells.number(row, 'eth_usd')
      rows.push({ timestamp: startOfDay(cells, row) + shift, usdPerGas })
    }
  } else if (header.includes('UnixTimeStamp') && header.includes('Value (Wei)') && etherPrice !== undefined) {
    const prices = cellReader(etherPrice.file, etherPrice.table)
    const usd = new Map(
      etherPrice.table.rows.map((_, row) => [prices.unixSeconds(row, 'UnixTimeStamp'), prices.number(row, 'Value')]),
    )
    for (const [row, { line }] of table.rows.entries()) {
      const timestamp = cells.unixSeconds(row, 'UnixTimeStamp')
      const price = usd.get(timestamp)
      if (price === undefined) {
        throw importCell(file, line, 'UnixTimeStamp', String(timestamp), `a day that ${etherPrice.file} has, too`)
      }
      rows.push({ timestamp: timestamp + shift, usdPerGas: cells.number(row, 'Value (Wei)') * 1e-18 * price })
    }
  } else throw importUnknownFormat(file, header, formats)

  const kept = rows
    .sort((a, b) => a.timestamp - b.timestamp)
    .filter(({ timestamp }, index) => timestamp !== rows[index + 1]?.timestamp)
  return {
    file: 'gas.csv',
    lines: Int32Array.from(kept, (_, index) => index + 2),
    timestamps: Float64Array.from(kept, ({ timestamp }) => timestamp),
    columns: { usdPerGas: Float64Array.from(kept, ({ usdPerGas }) => usdPerGas) },
  }
}

function startOfDay(cells: ReturnType<typeof cellReader>, row: number): number {
  const text = cells.text(row, 'date')
  const seconds = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) / 1_000 : Number.NaN
  if (Number.isNaN(seconds)) throw cells.fault(row, 'date', 'a day such as 2023-02-20')
  return seconds
}
