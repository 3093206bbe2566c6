import { isoTime } from '../errors/history.ts'
import type { Finding } from './finding.ts'
import type { EventRows, PanelSource, VenueColumn, VenueSource } from './panel-source.ts'
import { deathOf } from './resample.ts'

/** Rates per year: one above the first is no rate, and a file whose usual rate is above the second is in percent. */
const rateBounds = { highest: 10, usual: 0.5 }

/** Debt above deposits: a share of rows above `excess` that is more than `rows` is no rounding of the record. */
const utilisationBounds = { excess: 1.05, rows: 0.02 }

/** Dollars per unit of gas: $1,000 for 20,000 gas. The dearest day of Ethereum was 0.0034. */
const highestUsdPerGas = 0.05

const latestGasSeconds = 30 * 86_400

/**
 * Checks the rows of a panel at the border: everything that would make its numbers wrong is an error, and what the reader
 * handles by a rule is a note or a warning.
 */
export function checkRows(source: PanelSource): Finding[] {
  return [...source.venues.flatMap((venue) => checkVenue(venue, source)), ...checkGas(source)]
}

function checkVenue({ venue, rows }: VenueSource, source: PanelSource): Finding[] {
  const order = checkOrder(rows)
  if (order.some(({ level }) => level === 'error')) return order
  return [
    ...order,
    ...checkSigns(rows, ['supplyApr', 'totalSupply', 'totalBorrow', 'available']),
    ...checkRates(rows),
    ...(venue.kind === 'exogenous' ? [] : checkUtilisation(rows)),
    ...checkLife(rows, source),
  ]
}

/** Where a row stands. */
function at(rows: EventRows<string>, index: number): Pick<Finding, 'file' | 'line' | 'timeSeconds'> {
  const timeSeconds = rows.timestamps[index]
  return {
    file: rows.file,
    ...(rows.lines[index] === undefined ? {} : { line: rows.lines[index] }),
    ...(timeSeconds === undefined || Number.isNaN(timeSeconds) ? {} : { timeSeconds }),
  }
}

/** One finding for all rows that `isWrong`, located at the first one. */
function firstOf(
  rows: EventRows<string>,
  isWrong: (index: number) => boolean,
  finding: (index: number, count: number) => Omit<Finding, 'file' | 'line' | 'timeSeconds' | 'rows'>,
): Finding[] {
  let first = -1
  let count = 0
  for (let index = 0; index < rows.timestamps.length; index += 1) {
    if (!isWrong(index)) continue
    if (first < 0) first = index
    count += 1
  }
  return first < 0 ? [] : [{ ...at(rows, first), ...finding(first, count), rows: count }]
}

function checkOrder(rows: EventRows<string>): Finding[] {
  const { timestamps, lines } = rows
  const time = (index: number): number => timestamps[index] as number
  const values = Object.values<Float64Array | undefined>(rows.columns)
  const isSame = (index: number): boolean =>
    values.every((column) => column === undefined || Object.is(column[index], column[index - 1]))

  return [
    ...firstOf(
      rows,
      (index) =>
        !Number.isNaN(time(index)) && (!Number.isInteger(time(index)) || time(index) < 0 || time(index) >= 1e11),
      (index) => ({
        code: 'PANEL_TIMESTAMP',
        level: 'error',
        column: 'timestamp',
        what: 'A timestamp of a panel is not in whole Unix seconds.',
        found: String(time(index)),
        rule: 'whole seconds since 1970',
        remedy: 'Divide milliseconds by 1000, and write whole numbers.',
      }),
    ),
    ...firstOf(
      rows,
      (index) => time(index) < time(index - 1),
      (index) => ({
        code: 'PANEL_UNSORTED',
        level: 'error',
        column: 'timestamp',
        what: 'The rows of a panel are not in order of time.',
        found: isoTime(time(index)),
        rule: `not before ${isoTime(time(index - 1))}, line ${lines[index - 1]}`,
        remedy: 'Sort the rows by timestamp; where two records overlap, keep one of them.',
      }),
    ),
    ...firstOf(
      rows,
      (index) => time(index) === time(index - 1) && !isSame(index),
      (index) => ({
        code: 'PANEL_OVERLAP',
        level: 'error',
        column: 'timestamp',
        what: 'Two rows of a panel give different values for one time.',
        found: isoTime(time(index)),
        rule: `another time than line ${lines[index - 1]}`,
        remedy: 'Keep the row that was recorded last; where two records overlap, keep one of them.',
      }),
    ),
    ...firstOf(
      rows,
      (index) => time(index) === time(index - 1) && isSame(index),
      (index) => ({
        code: 'PANEL_DUPLICATE',
        level: 'warning',
        column: 'timestamp',
        what: 'A row of a panel is there twice.',
        found: isoTime(time(index)),
        rule: 'equal rows count once',
        remedy: 'Remove the second one.',
      }),
    ),
  ]
}

function checkSigns(rows: EventRows<string>, columns: readonly VenueColumn[]): Finding[] {
  const found: Readonly<Partial<Record<string, Float64Array>>> = rows.columns
  return columns.flatMap((column) => {
    const values = found[column]
    if (values === undefined) return []
    return firstOf(
      rows,
      (index) => (values[index] as number) < 0,
      (index) => ({
        code: 'PANEL_NEGATIVE',
        level: 'error',
        column,
        what: 'A value of a panel is negative.',
        found: String(values[index]),
        rule: 'zero or more',
        remedy: 'Correct the row; a loss is no rate, and a fault of the record must not look like one.',
      }),
    )
  })
}

function checkRates(rows: EventRows<VenueColumn>): Finding[] {
  const rates = rows.columns.supplyApr
  if (rates === undefined) return []
  const usual = medianOf(rates.filter((rate) => rate > 0))
  if (usual > rateBounds.usual) {
    return firstOf(
      rows,
      (index) => (rates[index] as number) > rateBounds.usual,
      () => ({
        code: 'PANEL_PERCENT',
        level: 'error',
        column: 'supplyApr',
        what: 'Rates of a panel are in percent or basis points where a fraction is due.',
        found: `a median of ${short(usual)}, which would be ${short(usual * 100)} % a year`,
        rule: `a median of at most ${rateBounds.usual}`,
        remedy: 'Divide percent by 100 and basis points by 10000: 4.7 % is 0.047.',
      }),
    )
  }
  return firstOf(
    rows,
    (index) => (rates[index] as number) > rateBounds.highest,
    (index) => ({
      code: 'PANEL_RATE_TOO_HIGH',
      level: 'error',
      column: 'supplyApr',
      what: 'A rate of a panel is higher than any lending market pays.',
      found: short(rates[index] as number),
      rule: `at most ${rateBounds.highest} (${rateBounds.highest * 100} % a year)`,
      remedy: 'Leave out the first days of a market, whose rates mean nothing, and rows of another unit.',
    }),
  )
}

function checkUtilisation(rows: EventRows<VenueColumn>): Finding[] {
  const { totalSupply, totalBorrow } = rows.columns
  if (totalSupply === undefined || totalBorrow === undefined) return []
  const ratio = (index: number): number => (totalBorrow[index] as number) / (totalSupply[index] as number)
  const common = {
    column: 'totalBorrow',
    what: 'Debt is above the deposits: utilisation above 1.',
  }
  const far = firstOf(
    rows,
    (index) => ratio(index) > utilisationBounds.excess,
    (index, count) => ({
      ...common,
      code: 'PANEL_UTILISATION',
      level: 'error',
      found: `utilisation ${short(ratio(index))}, above ${utilisationBounds.excess} in ${count} of ${rows.timestamps.length} rows`,
      rule: `above ${utilisationBounds.excess} in at most ${utilisationBounds.rows * 100} % of the rows`,
      remedy: 'Give deposits (not what is free) as totalSupply, and both columns in one unit.',
    }),
  )
  if ((far[0]?.rows ?? 0) > utilisationBounds.rows * rows.timestamps.length) return far
  let highest = 0
  return firstOf(
    rows,
    (index) => {
      if (ratio(index) > highest) highest = ratio(index)
      return ratio(index) > 1
    },
    () => ({
      ...common,
      code: 'PANEL_UTILISATION_CUT',
      level: 'warning',
      found: `utilisation up to ${short(highest)}`,
      rule: 'the debt is cut to the deposits',
      remedy: 'None is needed where prices and rounding of the record explain it.',
    }),
  )
}

/** Late start, holes and death; all are handled by a rule. */
function checkLife(rows: EventRows<VenueColumn>, source: PanelSource): Finding[] {
  const { startSeconds, endSeconds, stepSeconds } = source
  const rates = rows.columns.supplyApr
  if (rates === undefined) return []
  const first = rates.findIndex((rate) => !Number.isNaN(rate))
  const born = rows.timestamps[first]
  if (born === undefined || born >= endSeconds) {
    return [
      {
        file: rows.file,
        line: rows.lines[Math.max(0, first)] ?? 1,
        code: 'PANEL_VENUE_EMPTY',
        level: 'error',
        column: 'supplyApr',
        what: 'A venue has no rate inside the panel.',
        found: born === undefined ? 'no row with a rate' : `first row ${isoTime(born)}`,
        rule: `a rate before ${isoTime(endSeconds)}`,
        remedy: 'Leave the venue out, or choose a later end.',
        rows: 1,
      },
    ]
  }
  const findings: Finding[] = []
  if (born > startSeconds) {
    findings.push({
      ...at(rows, first),
      code: 'PANEL_LATE_START',
      level: born - startSeconds > stepSeconds ? 'warning' : 'note',
      column: 'supplyApr',
      what: 'A venue starts later than the panel.',
      found: isoTime(born),
      rule: `it has no value from ${isoTime(startSeconds)} until then, and takes no money`,
      remedy: 'None is needed where the market was born then; else bring its earlier rows, or start the panel later.',
      rows: 1,
    })
  }
  for (let index = first + 1; index < rates.length; index += 1) {
    if (!Number.isNaN(rates[index]) || Number.isNaN(rates[index - 1])) continue
    const back = rates.findIndex((rate, later) => later > index && !Number.isNaN(rate))
    const from = rows.timestamps[index] as number
    const until = back < 0 ? endSeconds : (rows.timestamps[back] as number)
    if (until <= startSeconds || from >= endSeconds) continue
    findings.push({
      ...at(rows, index),
      untilSeconds: until,
      code: 'PANEL_NO_VALUE',
      level: 'warning',
      column: 'supplyApr',
      what: 'A venue has no rate for a while.',
      found: `none until ${back < 0 ? 'the end' : isoTime(until)}`,
      rule: 'it earns nothing, and takes no money',
      remedy: 'Bring rows for that time, or choose a window without it.',
      rows: 1,
    })
  }
  if (rows.timestamps.length === 1) {
    findings.push({
      ...at(rows, 0),
      code: 'PANEL_ONE_ROW',
      level: 'warning',
      column: 'supplyApr',
      what: 'A venue has a single row.',
      found: `${short(rates[0] as number)} from ${isoTime(born)} on`,
      rule: 'its rate stands for all times: a venue without a usual distance of rows never dies',
      remedy: 'Bring its other rows; none is needed for a rate that is fixed.',
      rows: 1,
    })
  }
  const death = deathOf(rows.timestamps)
  if (death < endSeconds) {
    findings.push({
      ...at(rows, rows.timestamps.length - 1),
      untilSeconds: endSeconds,
      code: 'PANEL_DEATH',
      level: 'warning',
      column: 'supplyApr',
      what: 'The rows of a venue end before the panel does.',
      found: `last row ${isoTime(rows.timestamps.at(-1) ?? Number.NaN)}`,
      rule: `it counts as dead from ${isoTime(death)} on, and has no value`,
      remedy: 'Bring its later rows, or end the panel earlier.',
      rows: 1,
    })
  }
  return findings
}

function checkGas({ gas, startSeconds, endSeconds, stepSeconds }: PanelSource): Finding[] {
  const order = checkOrder(gas)
  const values = gas.columns.usdPerGas
  if (values === undefined || order.some(({ level }) => level === 'error')) return order
  const first = gas.timestamps[0]
  const latest = Math.min(startSeconds + latestGasSeconds, endSeconds - stepSeconds)
  if (first === undefined || first > latest || Number.isNaN(values[0])) {
    return [
      ...order,
      {
        file: gas.file,
        line: gas.lines[0] ?? 1,
        ...(first === undefined ? {} : { timeSeconds: first }),
        code: 'PANEL_GAS_LATE',
        level: 'error',
        column: 'usdPerGas',
        what: 'The gas series starts too late for the panel.',
        found: first === undefined ? 'no rows' : `first row ${isoTime(first)}`,
        rule: `a price of gas at or before ${isoTime(startSeconds)}, and no later than ${isoTime(latest)}`,
        remedy: 'Bring the gas of earlier days, or start the panel later.',
        rows: 1,
      },
    ]
  }
  const late: Finding[] =
    first <= startSeconds
      ? []
      : [
          {
            ...at(gas, 0),
            code: 'PANEL_GAS_STARTS_LATER',
            level: 'warning',
            column: 'usdPerGas',
            what: 'The gas series starts later than the panel.',
            found: isoTime(first),
            rule: 'the panel starts with it, since no cost can be charged before',
            remedy: 'Bring the gas of earlier days.',
            rows: 1,
          },
        ]
  return [
    ...order,
    ...late,
    ...firstOf(
      gas,
      (index) => !((values[index] as number) >= 0 && (values[index] as number) <= highestUsdPerGas),
      (index) => ({
        code: 'PANEL_GAS_UNIT',
        level: 'error',
        column: 'usdPerGas',
        what: 'A price of gas is not in dollars per unit of gas.',
        found: String(values[index]),
        rule: `0 to ${highestUsdPerGas}`,
        remedy: 'usdPerGas = gwei × 1e-9 × dollars per ether: 20 gwei at $3,000 are 0.00006.',
      }),
    ),
  ]
}

function medianOf(values: Float64Array): number {
  return values.sort()[values.length >> 1] ?? 0
}

/** Four digits are enough to find a value. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}
