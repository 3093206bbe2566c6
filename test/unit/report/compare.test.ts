import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderComparison } from '../../../src/cli/render/comparison.ts'
import { createPaint } from '../../../src/cli/render/marks.ts'
import { ReportError } from '../../../src/errors/report.ts'
import { type Across, compareRuns, type NamedRun } from '../../../src/report/compare-runs.ts'
import { daysOf, heaviestDays, withoutDays } from '../../../src/report/days.ts'
import { readRun } from '../../../src/report/read-run.ts'
import { writeRun } from '../../../src/report/write-run.ts'
import { runCli } from '../cli/fake-io.ts'
import { type SmallRunOptions, smallRun } from './small-run.ts'

const root = mkdtempSync(join(tmpdir(), 'tiller-compare-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function stored(name: string, options: SmallRunOptions): Promise<NamedRun> {
  await writeRun(join(root, name), (await smallRun(options)).run)
  return { name, run: await readRun(join(root, name), name) }
}

describe('two runs', () => {
  let rule: NamedRun
  let greedy: NamedRun
  beforeAll(async () => {
    rule = await stored('rule', {})
    greedy = await stored('greedy', { policy: 'greedy-50bp' })
  })

  test('differ by what their net APRs differ, with an interval around it', () => {
    const comparison = compareRuns(greedy, rule)
    const { a, b, differencePct, ci95 } = comparison
    expect(a).toMatchObject({ run: 'greedy', policy: 'greedy-50bp', trades: greedy.run.head.report.trades })
    expect(differencePct).toBeCloseTo(b.netAprPct - a.netAprPct, 9)
    expect(ci95[0]).toBeLessThanOrEqual(differencePct)
    expect(ci95[1]).toBeGreaterThanOrEqual(differencePct)
    expect(comparison).toMatchObject({ across: [], sameCode: true, blockDays: 14, tooShort: false, seed: '1' })
  })

  test('the other way round differ by as much the other way', () => {
    const [there, back] = [compareRuns(greedy, rule), compareRuns(rule, greedy)]
    expect(back.differencePct).toBeCloseTo(-there.differencePct, 12)
    expect(back.ci95[0]).toBeCloseTo(-there.ci95[1], 9)
    expect(back.ci95[1]).toBeCloseTo(-there.ci95[0], 9)
    expect(back.days.map(({ day }) => day)).toEqual(there.days.map(({ day }) => day))
  })

  test('show the days that make the difference, and what is left without them', () => {
    const { days, withoutDaysPct: without, differencePct } = compareRuns(greedy, rule)
    const withoutDaysPct = without ?? Number.NaN
    expect(days).toHaveLength(10)
    const sizes = days.map(({ differenceBp }) => Math.abs(differenceBp))
    expect(sizes).toEqual([...sizes].sort((one, two) => two - one))
    const steps = greedy.run.steps.net.length
    const all = (differencePct / 100) * (steps / 8_760)
    const left = all - days.reduce((sum, { differenceBp }) => sum + differenceBp / 1e4, 0)
    const hours = steps - days.length * 24
    // A first or last day may be cut.
    expect(Math.abs(withoutDaysPct - 100 * left * (8_760 / hours))).toBeLessThan(Math.abs(withoutDaysPct) * 0.1 + 1e-9)
  })

  test('of one and the same differ by nothing', () => {
    const { differencePct, ci95, withoutDaysPct } = compareRuns(rule, rule)
    expect([differencePct, ...ci95, withoutDaysPct]).toEqual([0, 0, 0, 0])
  })

  test('of nine days decide nothing, and have no other days', async () => {
    const one = await stored('short-rule', { steps: 216 })
    const two = await stored('short-greedy', { steps: 216, policy: 'greedy-50bp' })
    const comparison = compareRuns(two, one)
    expect(comparison).toMatchObject({ tooShort: true, withoutDaysPct: null })
    expect(comparison.ci95[1]).toBeGreaterThan(comparison.ci95[0])
    const shown = renderComparison(comparison, createPaint(false), 80).join('\n')
    expect(shown).toContain(': too short a run to tell.')
    expect(shown).toContain('There are no other days.')
  })

  test('of other markets, windows or terms are refused by name', async () => {
    const refused = async (options: SmallRunOptions, across: Across[] = []): Promise<string> => {
      const other = await stored('other', options)
      try {
        compareRuns(rule, other, across)
      } catch (error) {
        if (error instanceof ReportError) return `${error.code}\n${error.message}`
        throw error
      }
      return 'nothing was thrown'
    }
    const all = [
      await refused({ seed: 8n }),
      await refused({ steps: 990 }),
      await refused({ capital: 4e6, lagSteps: 2 }),
      await refused({ capital: 4e6, lagSteps: 2 }, ['capital']),
      await refused({ capital: 4e6, lagSteps: 2 }, ['capital', 'lag']),
    ]
    expect(all.join('\n\n')).toMatchInlineSnapshot(`
      "RUNS_DIFFER
      The runs are not of one kind: they differ in panel.
        a:     rule
        b:     other
        panel: synthetic-7 against synthetic-8
      Remedy: Make both on the same panel and window: steps of different times can not be paired.

      RUNS_DIFFER
      The runs are not of one kind: they differ in window.
        a:      rule
        b:      other
        window: 2023-11-14T22:00:00Z to 2023-12-26T14:00:00Z against 2023-11-14T22:00:00Z to 2023-12-26T04:00:00Z
      Remedy: Make both on the same panel and window: steps of different times can not be paired.

      RUNS_DIFFER
      The runs are not of one kind: they differ in capital, lag.
        a:       rule
        b:       other
        capital: 5000000 USDC against 4000000 USDC
        lag:     1 steps against 2 steps
      Remedy: Make both with the same options; if the difference is what you want to know, say so: --across capital,lag.

      RUNS_DIFFER
      The runs are not of one kind: they differ in lag.
        a:   rule
        b:   other
        lag: 1 steps against 2 steps
      Remedy: Make both with the same options; if the difference is what you want to know, say so: --across capital,lag.

      nothing was thrown"
    `)
  })

  test('that may differ say loudly in what', async () => {
    const small = await stored('small', { capital: 4e6 })
    const comparison = compareRuns(rule, small, ['capital', 'lag'])
    expect(comparison.across).toEqual([{ what: 'capital', a: '5000000 USDC', b: '4000000 USDC' }])
    expect(renderComparison(comparison, createPaint(false), 80)[0]).toBe(
      'DIFFERENT CAPITAL: A 5000000 USDC; B 4000000 USDC.',
    )
  })

  test('are set side by side by tiller compare', async () => {
    const { code, stdout } = await runCli(['compare', 'greedy', 'rule', '--json'], { cwd: root })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(compareRuns(greedy, rule))))
    const shown = await runCli(['compare', 'greedy', 'rule'], { cwd: root })
    expect(shown.stdout).toContain(rule.run.head.report.netAprPct.toFixed(3))
    const missing = await runCli(['compare', 'greedy', 'nowhere'], { cwd: root })
    expect([missing.code, missing.stderr.split('\n')[0]]).toEqual([
      2,
      'error RUN_UNREADABLE  A file of a run can not be read.',
    ])
    const odd = await runCli(['compare', 'greedy', 'rule', '--across', 'panel'], { cwd: root })
    expect(odd.code).toBe(2)
  })
})

test('days and what is left without them add up to the whole', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 400 }),
      fc.integer({ min: 0, max: 86_399 }),
      fc.integer({ min: 0, max: 12 }),
      (values, offset, count) => {
        const series = Float64Array.from(values)
        const time = series.map((_, t) => offset + t * 3_600)
        const days = daysOf(time, series)
        expect(days.reduce((sum, { steps }) => sum + steps, 0)).toBe(series.length)
        const heaviest = heaviestDays(days, count)
        const rest = withoutDays(days, heaviest)
        const taken = heaviest.reduce((sum, day) => sum + day.sum, 0)
        expect(rest.sum + taken).toBeCloseTo(
          series.reduce((sum, value) => sum + value, 0),
          9,
        )
        expect(rest.steps + heaviest.reduce((sum, day) => sum + day.steps, 0)).toBe(series.length)
      },
    ),
    { numRuns: 60 },
  )
})
