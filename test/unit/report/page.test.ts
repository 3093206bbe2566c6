import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { daysThatMatter } from '../../../src/report/days-that-matter.ts'
import { explainMove } from '../../../src/report/html/explain-move.ts'
import { renderReport } from '../../../src/report/html/page.ts'
import { dark, light, type Palette } from '../../../src/report/html/tokens.ts'
import { readRun } from '../../../src/report/read-run.ts'
import type { RunRecord } from '../../../src/report/run-record.ts'
import { writeRun } from '../../../src/report/write-run.ts'
import { runCli } from '../cli/fake-io.ts'
import { type SmallRunOptions, smallRun } from './small-run.ts'

const root = mkdtempSync(join(tmpdir(), 'tiller-page-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function stored(name: string, options: SmallRunOptions): Promise<RunRecord> {
  await writeRun(join(root, name), (await smallRun(options)).run)
  return readRun(join(root, name), name)
}

/** What no page should hold outside of its script. */
function oddities(page: string): string[] {
  return page.replace(/<script>.*<\/script>/s, '').match(/NaN|undefined|Infinity|\[object|>null</g) ?? []
}

describe('the page of a run', () => {
  let run: RunRecord
  let page: string
  beforeAll(async () => {
    run = await stored('run', { steps: 1_100, walkForward: { trainHours: 400, testHours: 350 } })
    page = renderReport(run)
  })

  test('holds every number of the rules as the run has it', () => {
    const { report, intervals } = run.head
    const table = /<table class="rules">.*?<\/table>/s.exec(page)?.[0] ?? ''
    const rows = new Map(
      [...table.matchAll(/<tr class="(?:policy|rule|reference)"><th scope="row">(.*?)<\/th>(.*?)<\/tr>/gs)].map(
        ([, name = '', cells = '']) =>
          [name.replaceAll('<wbr>', ''), [...cells.matchAll(/<data value="(.*?)">(.*?)<\/data>/g)]] as const,
      ),
    )
    const numbers = (name: string) => rows.get(name)?.map(([, value]) => Number(value))
    expect(numbers(report.policy)).toEqual([
      report.netAprPct,
      report.sharePct,
      ...report.ci95,
      report.trades,
      report.turnover,
      report.gasUsd,
    ])
    for (const [name, rule] of Object.entries(report.baselines)) {
      if (name === report.policy) continue
      const interval = intervals[name]
      expect(numbers(name)).toEqual([
        rule.netAprPct,
        rule.sharePct,
        ...(interval?.shareCi95 ?? []),
        interval?.behindPct,
        ...(interval?.behindCi95 ?? []),
        rule.trades,
        rule.turnover,
        rule.gasUsd,
      ])
    }
    expect(numbers('upper bound, proven')?.[0]).toBe(report.bound.netAprPct)
    expect(numbers('best static mix, in hindsight')?.[0]).toBe(report.bestStatic.netAprPct)
    expect(rows.size).toBe(Object.keys(report.baselines).length + 3)
    // What is shown is what stands behind it, rounded.
    for (const [, value, text] of [...rows.values()].flat()) {
      const shown = (text ?? '').replace('−', '-').replace(/[$\u202f]|[\u00a0].*/g, '')
      const digits = /\.(\d+)/.exec(shown)?.[1]?.length ?? 0
      expect(Number(shown)).toBeCloseTo(Number(value), digits === 0 ? -0.5 : digits - 0.5)
    }
  })

  test('names code, data, seed and policy by their hashes', () => {
    const { code, report, digest, files } = run.head
    for (const hash of [code.revision, code.source, digest, files.steps.sha256, files.moves.sha256]) {
      expect(page.includes(hash as string)).toBe(true)
    }
    for (const hash of Object.values(report.hashes)) expect(page.includes(hash)).toBe(true)
    expect(page.includes(`--seed ${report.seed}`)).toBe(true)
  })

  test('asks for nothing from the network and lets no other script or style in', () => {
    expect(page.includes('default-src &#39;none&#39;')).toBe(true)
    expect(page.match(/https?:|\ssrc=|@import|url\(|<link|<iframe|\sstyle=|\son[a-z]+=/g)).toBe(null)
  })

  test('tells what the ten days made, and the result without them', () => {
    const { days, all, without, withoutBest } = daysThatMatter(run)
    expect(days).toHaveLength(10)
    const { report, settings } = run.head
    expect(all.netAprPct).toBeCloseTo(report.netAprPct, 9)
    expect(all.bestStaticAprPct).toBeCloseTo(report.bestStatic.netAprPct, 9)
    expect(all.sharePct).toBeCloseTo(report.sharePct, 7)
    const years = (report.steps * settings.stepSeconds) / 31_536_000
    const lead = days.reduce((sum, day) => sum + day.lead, 0)
    const hours = days.reduce(
      (sum, { start }) => sum + run.steps.time.filter((time) => time >= start && time < start + 86_400).length,
      0,
    )
    const left = ((all.leadPct / 100) * years - lead) / (years - hours / 8_760)
    expect(without?.leadPct).toBeCloseTo(100 * left, 9)
    expect(withoutBest?.leadPct).toBeLessThanOrEqual((without?.leadPct ?? Number.NaN) + 1e-12)
  })

  test('of a run of nine days has no result without them, and no interval', async () => {
    const short = await stored('short', { steps: 216 })
    expect(daysThatMatter(short)).toMatchObject({ without: null, withoutBest: null })
    const shown = renderReport(short)
    expect(shown.match(/nothing is left/g)).toHaveLength(2)
    expect(shown).toContain('The run is too short for an interval: two blocks of 14 days are the least.')
    const table = /<table class="rules">.*?<\/table>/s.exec(shown)?.[0] ?? ''
    expect(table).not.toContain('<small>')
    expect(shown).not.toContain('95 %: ')
  })

  test('says what was wrong with its panel', () => {
    const { head } = run
    const warned = renderReport({
      ...run,
      head: { ...head, report: { ...head.report, warnings: ['PANEL_GAP <a> stands'] } },
    })
    expect(warned).toContain('<b>Of this run:</b> PANEL_GAP &lt;a&gt; stands')
    expect(page).not.toContain('Of this run')
  })

  test('leads from every mark to an explanation', () => {
    const marks = [...page.matchAll(/data-moves="([\d ]*)" data-count="(\d+)"/g)]
    const explained = marks.flatMap(([, moves]) => (moves === '' ? [] : (moves ?? '').split(' ')))
    expect(explained.map(Number)).toEqual(run.moves.map((_, i) => i))
    for (const move of explained) expect(page.includes(`<li id="move-${move}">`)).toBe(true)
  })

  test('stays small for a run that moves in every step, and says what is not listed', async () => {
    const busy = await stored('busy', { policy: 'water-filling', steps: 1_500 })
    expect(busy.moves.length).toBeGreaterThan(300)
    const text = renderReport(busy)
    expect(text.includes('The 300 largest of')).toBe(true)
    expect(text.length).toBeLessThan(800_000)
  })

  test('can be made of a run that never moves', async () => {
    const still = renderReport(await stored('still', { policy: 'hold', steps: 400 }))
    expect(still.includes('Nothing was moved.')).toBe(true)
    expect(oddities(still)).toEqual([])
  })

  test('has no number that is none', () => {
    expect(oddities(page)).toEqual([])
  })

  test('escapes names', () => {
    const head = structuredClone(run.head)
    head.report.policy = '<img src=x onerror=alert(1)>'
    head.venues[0] = { ...(head.venues[0] as RunRecord['head']['venues'][number]), id: '</script><b>"&' }
    const text = renderReport({ ...run, head })
    expect(text.includes('<img')).toBe(false)
    expect(text.includes('</script><b>')).toBe(false)
  })
})

test('a move is explained by what was known, what it cost, and what came of it', async () => {
  const { head } = await stored('explained', { steps: 400 })
  const move = {
    time: 1_678_514_400,
    known: 1_678_510_800,
    window: 0,
    legs: [
      { venue: 0, from: 0.6, to: 0.25, aprBefore: 0.0302, aprAfter: 0.0341 },
      { venue: 1, from: 0.4, to: 0.75, aprBefore: 0.0512, aprAfter: 0.0471 },
    ],
    gas: 12.4,
    swap: 0,
    lockedIn: 120_000,
    shutOut: 0,
    mixBefore: 0.0386,
    mixAfter: 0.0438,
    heldHours: 76,
    brought: -31.5,
  }
  const plain = (text: string | undefined): string => (text ?? '').replaceAll(/[\u00a0\u202f]/g, ' ')
  const { what, why, outcome, limits, words } = explainMove(move, head)
  expect([what, why, outcome, limits].map(plain).join('\n')).toMatchInlineSnapshot(`
    "35.0 % of the capital: a 60 → 25 %, b 40 → 75 %
    On the data of 2023-03-11 05:00 UTC: a paid 3.02 %, 3.41 % after the move; b paid 5.12 %, 4.71 % after the move. All of the capital would go from 3.86 % to 4.38 %: 71.23 USDC a day more, for 12.40 USDC of gas, paid back in 4.2 h at those rates.
    It then stood for 3 d 4 h and brought 31.50 USDC less than staying would have, its cost paid.
    120 000 USDC was wanted out and not free."
  `)
  expect(words).toBeUndefined()
  const closed = explainMove({ ...move, mixAfter: 0.03, reason: 'it is late' }, head)
  expect([plain(closed.why), closed.words]).toMatchInlineSnapshot(`
    [
      "On the data of 2023-03-11 05:00 UTC: a paid 3.02 %, 3.41 % after the move; b paid 5.12 %, 4.71 % after the move. All of the capital would go from 3.86 % to 3.00 %, −0.86 points: that hour alone does not speak for the move. It cost 12.40 USDC of gas.",
      "it is late",
    ]
  `)
})

describe('the colours', () => {
  const channel = (part: string): number => {
    const value = Number.parseInt(part, 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  const luminance = (color: string): number =>
    0.2126 * channel(color.slice(1, 3)) + 0.7152 * channel(color.slice(3, 5)) + 0.0722 * channel(color.slice(5, 7))
  const contrast = (a: string, b: string): number => {
    const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((one, two) => two - one)
    return (high + 0.05) / (low + 0.05)
  }
  test.each<[string, Palette]>([
    ['light', light],
    ['dark', dark],
  ])('%s: text stands out from paper by 4.5, lines and areas by 3', (_, palette) => {
    for (const name of ['ink', 'quiet', 'note', 'loss'] as const) {
      expect([name, contrast(palette[name], palette.paper) >= 4.5]).toEqual([name, true])
    }
    for (const name of ['static', 'bound', 'gas', 'swap', 'impact'] as const) {
      expect([name, contrast(palette[name], palette.paper) >= 3]).toEqual([name, true])
    }
    for (const color of palette.venues) expect([color, contrast(color, palette.paper) >= 3]).toEqual([color, true])
  })
})

describe('tiller report', () => {
  test('writes the page into the folder of the run, and again over an older one', async () => {
    await stored('by-command', { steps: 300 })
    for (let i = 0; i < 2; i += 1) {
      const { code, stdout } = await runCli(['report', 'by-command', '--json'], { cwd: root })
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ run: 'by-command', file: join('by-command', 'report.html') })
    }
  })

  test('writes over nothing else, and nowhere that is not there', async () => {
    writeFileSync(join(root, 'mine.html'), '<p>mine</p>')
    const taken = await runCli(['report', 'by-command', '--out', 'mine.html'], { cwd: root })
    expect([taken.code, taken.stderr]).toMatchInlineSnapshot(`
      [
        2,
        "error REPORT_TAKEN  The file is there already, and is no report.
        file: mine.html
      Remedy: Name another file with --out; only an older report is replaced.
      ",
      ]
    `)
    const nowhere = await runCli(['report', 'by-command', '--out', 'no/where.html'], { cwd: root })
    expect([nowhere.code, nowhere.stderr]).toMatchInlineSnapshot(`
      [
        2,
        "error REPORT_UNWRITABLE  The report can not be written.
        file:   no/where.html
        reason: ENOENT
      Remedy: Name a file in a folder that is there and may be written.
      ",
      ]
    `)
  })
})
