import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ReportError } from '../../../src/errors/report.ts'
import { readRun } from '../../../src/report/read-run.ts'
import { checkRunFolder, sha256, writeRun } from '../../../src/report/write-run.ts'
import { runCli } from '../cli/fake-io.ts'
import { makePanelFolder } from '../history/panel-folder.ts'
import { smallRun } from './small-run.ts'

const root = mkdtempSync(join(tmpdir(), 'tiller-run-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function faultOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ReportError) return `${error.code}\n${error.message}`
    throw error
  }
  return 'nothing was thrown'
}

describe('a stored run', () => {
  let small: Awaited<ReturnType<typeof smallRun>>
  beforeAll(async () => {
    small = await smallRun({ walkForward: { trainHours: 400, testHours: 300 } })
  })
  const fresh = async (name: string): Promise<string> => {
    const folder = join(root, name)
    await writeRun(folder, small.run)
    return folder
  }

  test('reads back as it was', async () => {
    const { report, windows, run } = small
    const read = await readRun(await fresh('same'), 'same')
    expect(read.head.report).toEqual(JSON.parse(JSON.stringify(report)))
    expect(read.moves).toEqual(run.moves)
    expect(Array.from(read.steps.net)).toEqual(windows.flatMap((window) => Array.from(window.run.net)))
    expect(Array.from(read.steps.bestStatic)).toEqual(windows.flatMap(({ staticSeries }) => Array.from(staticSeries)))
    expect(read.steps.weight).toEqual(run.steps.weight)
    for (const [j, row] of read.steps.apr.entries()) {
      for (const [t, apr] of row.entries()) expect(apr).toBeCloseTo(run.steps.apr[j]?.[t] as number, 6)
    }
  })

  test('gives the same bytes for the same run', async () => {
    const [one, two] = [await fresh('one'), await fresh('two')]
    for (const file of ['run.json', 'steps.csv.gz', 'moves.jsonl.gz']) {
      expect(readFileSync(join(one, file)).equals(readFileSync(join(two, file)))).toBe(true)
    }
  })

  test('adds up: net is gross less gas and swaps, and the mean of its steps is the net APR of its report', () => {
    const { steps, head } = small.run
    let sum = 0
    for (const [t, net] of steps.net.entries()) {
      expect(net).toBeCloseTo((steps.gross[t] as number) - (steps.gas[t] as number) - (steps.swap[t] as number), 15)
      sum += net
    }
    const years = (steps.net.length * head.settings.stepSeconds) / 31_536_000
    expect((100 * sum) / years).toBeCloseTo(head.report.netAprPct, 10)
    const gas = steps.gas.reduce((total, value) => total + value, 0) * head.report.capital
    expect(gas).toBeCloseTo(head.report.gasUsd, 6)
  })

  test('knows of every move what was seen, what was moved, and what it brought', () => {
    const { moves, steps, head } = small.run
    expect(moves).toHaveLength(head.report.trades)
    const { capital } = head.report
    // Where windows follow each other, what moves brought is what the run earned above doing nothing in each window.
    for (const move of moves) {
      const row = steps.time.indexOf(move.time)
      expect(move.known).toBe(move.time - 3_600)
      expect(move.legs.length).toBeGreaterThan(0)
      for (const { venue, to } of move.legs) expect(to).toBe(steps.weight[venue]?.[row])
      expect(move.gas).toBeCloseTo((steps.gas[row] as number) * capital, 9)
      expect(move.reason).toMatch(/^averages with a half-life of \d+ h; a move must pay for itself within \d+ h$/)
    }
  })

  test('gives each rule the interval of its share, and the policy none over itself', () => {
    const { intervals, report } = small.run.head
    const own = intervals['smoothed-water-filling-payback']
    expect(own?.shareCi95).toEqual(report.ci95)
    expect(own).toMatchObject({ behindPct: 0, behindCi95: [0, 0] })
    const greedy = intervals['greedy-50bp']
    expect(greedy?.behindPct).toBe(report.netAprPct - (report.baselines['greedy-50bp']?.netAprPct as number))
  })

  test('that is missing, unknown or damaged is refused by name', async () => {
    const faults: string[] = []
    const fault = async (name: string, change: (folder: string) => void): Promise<void> => {
      const folder = await fresh(name)
      change(folder)
      faults.push(await faultOf(() => readRun(folder, name)))
    }
    const edit = (file: string, change: (text: string) => string) => (folder: string) => {
      const path = join(folder, file)
      const isGzip = file.endsWith('.gz')
      const bytes = readFileSync(path)
      const text = change((isGzip ? gunzipSync(bytes) : bytes).toString('utf8'))
      writeFileSync(path, isGzip ? gzipSync(text) : text)
    }
    await fault('no-head', (folder) => rmSync(join(folder, 'run.json')))
    await fault('no-steps', (folder) => rmSync(join(folder, 'steps.csv.gz')))
    await fault('not-json', (folder) => writeFileSync(join(folder, 'run.json'), '{'))
    await fault('foreign', (folder) => writeFileSync(join(folder, 'run.json'), '{"name":"a panel"}'))
    await fault(
      'later',
      edit('run.json', (text) => text.replace('"version": 1', '"version": 2')),
    )
    await fault(
      'flattered',
      edit('run.json', (text) => text.replace(/"netAprPct": [0-9.]+/, '"netAprPct": 99')),
    )
    await fault('odd', (folder) => {
      const { digest: _, ...head } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))
      head.settings.stepSeconds = 'an hour'
      writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...head, digest: sha256(JSON.stringify(head)) }))
    })
    await fault(
      'changed',
      edit('steps.csv.gz', (text) => text.replace('\n', '\n0')),
    )
    await fault('no-gzip', (folder) => writeFileSync(join(folder, 'moves.jsonl.gz'), 'text'))
    expect(faults.join('\n\n')).toMatchInlineSnapshot(`
      "RUN_UNREADABLE
      A file of a run can not be read.
        run:    no-head
        file:   run.json
        reason: no such file
      Remedy: Name the folder that \`tiller backtest --out\` has written.

      RUN_UNREADABLE
      A file of a run can not be read.
        run:    no-steps
        file:   steps.csv.gz
        reason: no such file
      Remedy: Name the folder that \`tiller backtest --out\` has written.

      RUN_DAMAGED
      A run is damaged.
        run:   not-json
        file:  run.json
        fault: it is not JSON
      Remedy: Make the run anew with \`tiller backtest --out\`: the same input gives the same numbers.

      RUN_UNKNOWN
      The folder holds no run that this Tiller can read.
        run:       foreign
        format:    none
        version:   none
        read here: 1
      Remedy: Use the Tiller that made it, or make the run anew with \`tiller backtest --out\`.

      RUN_UNKNOWN
      The folder holds no run that this Tiller can read.
        run:       later
        format:    tiller-run
        version:   2
        read here: 1
      Remedy: Use the Tiller that made it, or make the run anew with \`tiller backtest --out\`.

      RUN_DAMAGED
      A run is damaged.
        run:   flattered
        file:  run.json
        fault: it is not what its digest says: something was changed
      Remedy: Make the run anew with \`tiller backtest --out\`: the same input gives the same numbers.

      RUN_DAMAGED
      A run is damaged.
        run:   odd
        file:  run.json
        fault: settings.stepSeconds: Invalid input: expected number, received string
      Remedy: Make the run anew with \`tiller backtest --out\`: the same input gives the same numbers.

      RUN_DAMAGED
      A run is damaged.
        run:   changed
        file:  steps.csv.gz
        fault: it is not what run.json says: its hash differs
      Remedy: Make the run anew with \`tiller backtest --out\`: the same input gives the same numbers.

      RUN_DAMAGED
      A run is damaged.
        run:   no-gzip
        file:  moves.jsonl.gz
        fault: it is not gzip, or it is cut
      Remedy: Make the run anew with \`tiller backtest --out\`: the same input gives the same numbers."
    `)
  })

  test('is not written over anything by accident', async () => {
    const folder = await fresh('taken')
    expect(await faultOf(() => checkRunFolder(folder, 'taken', false))).toMatchInlineSnapshot(`
      "RUN_EXISTS
      The folder holds a run already.
        folder: taken
      Remedy: Name another folder, or replace the run with --force."
    `)
    await checkRunFolder(folder, 'taken', true)
    writeFileSync(join(folder, 'report.html'), 'of the older run')
    await writeRun(folder, small.run)
    expect(existsSync(join(folder, 'report.html'))).toBe(false)
    await checkRunFolder(join(root, 'new'), 'new', false)
    rmSync(join(folder, 'run.json'))
    expect(await faultOf(() => checkRunFolder(folder, 'taken', true))).toMatchInlineSnapshot(`
      "RUN_EXISTS
      The folder is not empty.
        folder: taken
      Remedy: Name a folder that is new or empty."
    `)
  })
})

test('tiller backtest --out stores the run of the document that it answers', async () => {
  const panel = makePanelFolder({ hours: 720 })
  const out = join(root, 'by-command')
  const argv = ['backtest', '--panel', panel.path, '--policy', 'greedy-50bp', '--capital', '1000000', '--out', out]
  const { code, stdout } = await runCli([...argv, '--json'])
  expect(code).toBe(0)
  const { run, ...document } = JSON.parse(stdout)
  expect(run).toBe(out)
  const { head } = await readRun(out, 'out')
  expect(head.report).toEqual(document)
  expect(head.settings).toMatchObject({ stepSeconds: 3_600, asset: 'USDC', cap: 1, walkForward: null })
  const again = await runCli(argv)
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('RUN_EXISTS')
  panel.remove()
})
