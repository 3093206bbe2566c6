import { isoTime } from '../errors/history.ts'
import type { Finding } from './finding.ts'
import type { EventRows, PanelSource, VenueColumn, VenueSource } from './panel-source.ts'
import { frozenFeed, medianGap } from './resample.ts'

const day = 86_400

/** A pause between rows is a gap above a day and above ten usual distances. */
const gapBounds = { seconds: day, gaps: 10 }

/** Base rate and slope below the kink together: no lending market of stablecoins has set more than that. */
const borrowAprAtKink = 0.2

/** The steepest slope above the kink where panel.json has none. */
const steepestSlope2 = 0.75

/** A market that nobody borrows from pays nothing; below this a rate is rounding. */
const rateTolerance = 0.001

/** Morpho's curve: at most 200 % a year at target, four times that at full use. */
const adaptiveHighestBorrowApr = 8

const largestAmount = 1e12

/** Fields of one kind of finding that are the same for all of its places. */
type Kind = Pick<Finding, 'code' | 'level' | 'what' | 'rule' | 'remedy'>

/**
 * Looks for what makes a panel mislead although it can be read: gaps, frozen feeds, rates above what the curve can pay,
 * units that change or that are raw, and a gas series that ends. Rows have passed `checkRows`.
 */
export function checkQuality(source: PanelSource): Finding[] {
  return [
    ...source.venues.flatMap(({ venue, rows }) => [
      ...findGaps(rows, source, rows.columns.supplyApr),
      ...findFrozen(rows, venue.kind),
      ...findAboveCurve({ venue, rows }),
      ...findUnitSwitch(rows),
      ...findRawUnits(rows),
      ...(venue.kind === 'exogenous' ? [] : findUnbacked(rows)),
    ]),
    ...findUnitDoubt(source),
    ...findGaps(source.gas, source, source.gas.columns.usdPerGas),
    ...findFrozenGas(source),
  ]
}

/** Pauses between rows, and between the last row and the panel's end where it is not death already. */
function findGaps(
  rows: EventRows<string>,
  { startSeconds, endSeconds }: PanelSource,
  values: Float64Array | undefined,
): Finding[] {
  const usual = medianGap(rows.timestamps)
  if (usual === undefined) return []
  const bound = Math.max(gapBounds.seconds, gapBounds.gaps * usual)
  const kind: Kind = {
    code: 'PANEL_GAP',
    level: 'warning',
    what: 'There are no rows for long.',
    rule: `at most ${span(bound)} between rows; until the next one the value stands`,
    remedy: 'Bring the rows that are missing; where nothing happened, none are needed.',
  }
  const findings: Finding[] = []
  for (let index = 1; index < rows.timestamps.length; index += 1) {
    const from = rows.timestamps[index - 1] as number
    const to = rows.timestamps[index] as number
    // A row that says that there is no value needs none after it.
    if (to - from <= bound || to <= startSeconds || from >= endSeconds || Number.isNaN(values?.[index - 1])) continue
    findings.push({
      ...kind,
      file: rows.file,
      line: rows.lines[index] ?? 0,
      timeSeconds: from,
      untilSeconds: to,
      found: `${span(to - from)} without a row`,
      rows: 1,
    })
  }
  return findings
}

/** Runs of rows over at least `frozenSeconds` that repeat the value of `values`. */
function runsOf(rows: EventRows<string>, values: Float64Array): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = []
  for (let from = 0; from < values.length; ) {
    let to = from
    while (to + 1 < values.length && values[to + 1] === values[from]) to += 1
    const seconds = (rows.timestamps[to] as number) - (rows.timestamps[from] as number)
    if (to - from + 1 >= frozenFeed.rows && seconds >= frozenFeed.seconds) runs.push({ from, to })
    from = to + 1
  }
  return runs
}

function frozenAt(rows: EventRows<string>, column: string, run: { from: number; to: number }, found: string): Finding {
  const from = rows.timestamps[run.from] as number
  const to = rows.timestamps[run.to] as number
  return {
    code: 'PANEL_FROZEN',
    level: 'warning',
    file: rows.file,
    line: rows.lines[run.from] ?? 0,
    timeSeconds: from,
    untilSeconds: to,
    column,
    what: 'A feed is frozen: a value repeats to the last digit for days.',
    found: `${found} for ${span(to - from)}, lines ${rows.lines[run.from]} to ${rows.lines[run.to]}`,
    rule: `a value that moves within ${span(frozenFeed.seconds)}`,
    remedy: 'Cut the record where it froze; a rate that governance sets may stand still.',
    rows: run.to - run.from + 1,
  }
}

function findFrozen(rows: EventRows<VenueColumn>, kind: string): Finding[] {
  const { supplyApr, totalSupply, totalBorrow } = rows.columns
  const rates = supplyApr === undefined ? [] : runsOf(rows, supplyApr).map((run) => ({ run, column: 'supplyApr' }))
  // Deposits of a market with a curve grow by interest even where nobody acts.
  const totals =
    kind === 'exogenous' || totalSupply === undefined || totalBorrow === undefined
      ? []
      : runsOf(
          rows,
          totalSupply.map((supply, index) => supply + Math.PI * (totalBorrow[index] as number)),
        ).map((run) => ({ run, column: 'totalSupply' }))
  return [
    ...rates.map(({ run, column }) => frozenAt(rows, column, run, `${short(supplyApr?.[run.from] ?? 0)}`)),
    ...totals
      .filter(({ run }) => !rates.some((rate) => rate.run.from <= run.from && rate.run.to >= run.to))
      .map(({ run, column }) => frozenAt(rows, column, run, `${short(totalSupply?.[run.from] ?? 0)}`)),
  ]
}

/** What suppliers could get at most at this utilisation, with the venue's own slope where it is known. */
function highestSupplyApr({ venue }: Pick<VenueSource, 'venue'>, utilisation: number): number {
  const { kind, slope2 = steepestSlope2, reserveFactor = 0 } = venue
  const use = Math.min(1, utilisation)
  if (kind === 'comet') return borrowAprAtKink + slope2
  const borrowApr = kind === 'adaptive' ? adaptiveHighestBorrowApr : borrowAprAtKink + slope2
  return use * (1 - reserveFactor) * borrowApr
}

function findAboveCurve({ venue, rows }: VenueSource): Finding[] {
  const { supplyApr, totalSupply, totalBorrow } = rows.columns
  if (venue.kind === 'exogenous' || !supplyApr || !totalSupply || !totalBorrow) return []
  let worst = -1
  let excess = 0
  let count = 0
  let first = -1
  for (let index = 0; index < supplyApr.length; index += 1) {
    const utilisation = (totalBorrow[index] as number) / (totalSupply[index] as number)
    const over = (supplyApr[index] as number) - highestSupplyApr({ venue }, utilisation) - rateTolerance
    if (!(over > 0)) continue
    count += 1
    if (first < 0) first = index
    if (over > excess) {
      excess = over
      worst = index
    }
  }
  if (first < 0) return []
  const utilisation = (totalBorrow[worst] as number) / (totalSupply[worst] as number)
  return [
    {
      code: 'PANEL_ABOVE_CURVE',
      level: 'warning',
      file: rows.file,
      line: rows.lines[first] ?? 0,
      timeSeconds: rows.timestamps[first] as number,
      column: 'supplyApr',
      what: 'A rate is higher than the curve of its venue can pay.',
      found: `at worst ${short(supplyApr[worst] as number)} at utilisation ${short(utilisation)}, line ${rows.lines[worst]}`,
      rule: `at most ${short(highestSupplyApr({ venue }, utilisation))} there`,
      remedy: 'Look for rewards in the rate, percent in place of fractions, or totals of another time than the rate.',
      rows: count,
    },
  ]
}

/** Percent differ from fractions by 100, basis points by 10,000; spikes of real markets stay below these. */
const unitSwitch = { percentFrom: 50, percentTo: 200, basisPointsFrom: 3_000, higher: 0.3 }

/** Weeks whose usual rates differ as percent from fractions are in different units. */
function findUnitSwitch(rows: EventRows<VenueColumn>): Finding[] {
  const rates = rows.columns.supplyApr
  if (rates === undefined) return []
  const findings: Finding[] = []
  let before: number | undefined
  for (let from = 0; from < rates.length; ) {
    const begin = rows.timestamps[from] as number
    let to = from
    while (to < rates.length && (rows.timestamps[to] as number) < begin + 7 * day) to += 1
    const sorted = rates
      .slice(from, to)
      .filter((rate) => rate > 0)
      .sort()
    const usual = sorted[sorted.length >> 1]
    if (usual !== undefined && before !== undefined && isUnitSwitch(usual, before)) {
      findings.push({
        code: 'PANEL_UNIT_SWITCH',
        level: 'warning',
        file: rows.file,
        line: rows.lines[from] ?? 0,
        timeSeconds: begin,
        column: 'supplyApr',
        what: 'Rates change from one week to the next as if their unit did.',
        found: `a median of ${short(usual)} after ${short(before)}`,
        rule: 'one unit in the whole file',
        remedy: 'Bring all rows into fractions per year.',
        rows: 1,
      })
    }
    before = usual ?? before
    from = Math.max(to, from + 1)
  }
  return findings
}

function isUnitSwitch(a: number, b: number): boolean {
  const factor = Math.max(a / b, b / a)
  const isPercent = factor > unitSwitch.percentFrom && factor < unitSwitch.percentTo
  return Math.max(a, b) > unitSwitch.higher && (isPercent || factor > unitSwitch.basisPointsFrom)
}

function findRawUnits(rows: EventRows<VenueColumn>): Finding[] {
  return (['totalSupply', 'totalBorrow', 'available'] as const).flatMap((column) => {
    const index = rows.columns[column]?.findIndex((value) => value > largestAmount) ?? -1
    if (index < 0) return []
    return [
      {
        code: 'PANEL_RAW_UNITS',
        level: 'warning' as const,
        file: rows.file,
        line: rows.lines[index] ?? 0,
        timeSeconds: rows.timestamps[index] as number,
        column,
        what: 'An amount is larger than any market.',
        found: short(rows.columns[column]?.[index] ?? Number.NaN),
        rule: `at most ${largestAmount}`,
        remedy: 'Divide by 10^decimals of the asset: amounts are whole units, not the smallest ones.',
        rows: rows.columns[column]?.filter((value) => value > largestAmount).length ?? 1,
      },
    ]
  })
}

/** A rate that is paid on nothing: rows of another time, or a missing total that was written as zero. */
function findUnbacked(rows: EventRows<VenueColumn>): Finding[] {
  const { supplyApr, totalSupply } = rows.columns
  if (supplyApr === undefined || totalSupply === undefined) return []
  const isUnbacked = (_: number, index: number): boolean =>
    (supplyApr[index] as number) > rateTolerance && totalSupply[index] === 0
  const first = supplyApr.findIndex(isUnbacked)
  if (first < 0) return []
  return [
    {
      code: 'PANEL_NO_DEPOSITS',
      level: 'warning',
      file: rows.file,
      line: rows.lines[first] ?? 0,
      timeSeconds: rows.timestamps[first] as number,
      column: 'totalSupply',
      what: 'A venue pays a rate while nothing is deposited.',
      found: `${short(supplyApr[first] as number)} on deposits of 0`,
      rule: 'a deposit of ours earns nothing there: without borrowers there is no interest to share',
      remedy: 'Leave the cell empty where the total is not known; the last one stands.',
      rows: supplyApr.filter(isUnbacked).length,
    },
  ]
}

/** No lending market of a stablecoin paid the first for most of its time; venues of one market do not differ by the second. */
const unitDoubt = { usual: 0.2, apart: 25 }

/** Usual rates that could be percent although they are low enough to be fractions. */
function findUnitDoubt({ venues }: Pick<PanelSource, 'venues'>): Finding[] {
  const medians = venues.map(({ rows }) => {
    const sorted = (rows.columns.supplyApr ?? new Float64Array()).filter((rate) => rate > 0).sort()
    return sorted[sorted.length >> 1] ?? Number.NaN
  })
  const known = medians.filter((median) => median > 0).sort((a, b) => a - b)
  const middle = known[(known.length - 1) >> 1] ?? Number.NaN
  return venues.flatMap(({ rows }, index): Finding[] => {
    const usual = medians[index] as number
    const isApart = known.length > 1 && Math.max(usual / middle, middle / usual) > unitDoubt.apart
    if (!(usual > unitDoubt.usual || isApart)) return []
    return [
      {
        code: 'PANEL_UNIT_DOUBT',
        level: 'warning',
        file: rows.file,
        line: rows.lines[0] ?? 1,
        column: 'supplyApr',
        what: 'The usual rate of a venue is not what lending markets pay.',
        found: `a median of ${short(usual)}, which is ${short(usual * 100)} % a year`,
        rule: isApart
          ? `within ${unitDoubt.apart} times the ${short(middle)} that is usual in this panel`
          : `at most ${unitDoubt.usual}`,
        remedy: 'Divide percent by 100; none is needed where the venue did pay that.',
        rows: rows.timestamps.length,
      },
    ]
  })
}

function findFrozenGas({ gas, endSeconds }: PanelSource): Finding[] {
  const values = gas.columns.usdPerGas
  if (values === undefined) return []
  const findings = runsOf(gas, values).map((run) => frozenAt(gas, 'usdPerGas', run, short(values[run.from] as number)))
  const last = gas.timestamps.at(-1)
  const usual = medianGap(gas.timestamps)
  if (
    last !== undefined &&
    usual !== undefined &&
    endSeconds - last > Math.max(frozenFeed.seconds, gapBounds.gaps * usual)
  ) {
    findings.push({
      code: 'PANEL_GAS_ENDS',
      level: 'warning',
      file: gas.file,
      line: gas.lines.at(-1) ?? 0,
      timeSeconds: last,
      untilSeconds: endSeconds,
      column: 'usdPerGas',
      what: 'The gas series ends before the panel does.',
      found: `last row ${isoTime(last)}`,
      rule: 'its last price stands to the end',
      remedy: 'Bring the gas of the later days, or end the panel earlier.',
      rows: 1,
    })
  }
  return findings
}

function span(seconds: number): string {
  return seconds >= 2 * day ? `${short(seconds / day)} days` : `${short(seconds / 3_600)} hours`
}

/** Four digits are enough to find a value. */
function short(value: number): string {
  return String(Number(value.toPrecision(4)))
}
