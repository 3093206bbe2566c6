import { describe, expect, test } from 'vitest'
import { baselineNames } from '../../../src/backtest/baselines/make-baseline.ts'
import { endPanel } from '../../../src/backtest/garble.ts'
import { observedPolicy } from '../../../src/backtest/observed-policy.ts'
import { replay } from '../../../src/backtest/replay.ts'
import { replayPanel } from '../../../src/backtest/replay-panel.ts'
import { type BacktestInput, runBacktest } from '../../../src/backtest/run-backtest.ts'
import { rungGas } from '../../../src/backtest/rung-gas.ts'
import { defaultCosts } from '../../../src/market/step.ts'
import { loadPolicy } from '../../../src/policy/load-policy.ts'
import { runCli } from '../cli/fake-io.ts'
import { makePanelFolder } from '../history/panel-folder.ts'
import { fiveVenues, syntheticPanel } from './synthetic-panel.ts'

const panel = syntheticPanel({ seed: 31n, steps: 1_400 })
const quick: Omit<BacktestInput, 'policy'> = { panel, capital: 5e6, lagSteps: 1, boundPasses: 40 }

describe('a backtest', () => {
  test('sets the policy beside every rule and below the bound', async () => {
    const { report } = await runBacktest({ ...quick, policy: 'smoothed-water-filling-payback', rung: 'guarded' })
    expect(Object.keys(report.baselines)).toEqual([...baselineNames])
    for (const row of Object.values(report.baselines)) expect(row.netAprPct).toBeLessThan(report.bound.netAprPct)
    expect(report.clairvoyant?.netAprPct).toBeLessThanOrEqual(report.bound.netAprPct)
    expect(report.bound.gapToGridPct).toBeGreaterThanOrEqual(0)
    expect(report.sharePct).toBeCloseTo(
      (100 * (report.netAprPct - report.bestStatic.netAprPct)) / report.headroomPct,
      9,
    )
    expect(report.baselines['smoothed-water-filling-payback']?.netAprPct).toBe(report.netAprPct)
    expect(report.overTunedRulePct).toBe(0)
    expect(report.ci95[0]).toBeLessThanOrEqual(report.sharePct)
    expect(report.ci95[1]).toBeGreaterThanOrEqual(report.sharePct)
    expect(report.hashes).toEqual(panel.hashes)
  })

  test('gives the keys that a scorer reads, of the documented kinds, also above six venues', async () => {
    const venues = Array.from({ length: 8 }, (_, j) => ({ id: `v${j}`, kind: 'kinked' as const, asset: 'USDC' }))
    const of = syntheticPanel({ seed: 40n, steps: 200, venues })
    for (const input of [quick, { ...quick, panel: of }]) {
      const { report } = await runBacktest({ ...input, policy: 'water-filling-payback' })
      const { netAprPct, grossAprPct, headroomPct, sharePct, worst7dPct, clairvoyant, bestStatic, baselines } = report
      const numbers = [netAprPct, grossAprPct, headroomPct, sharePct, worst7dPct, report.gasUsd, report.turnover]
      const more = [report.trades, report.steps, report.unservedWithdrawalHours, report.capital, report.lagSteps]
      for (const value of [...numbers, ...more, ...report.ci95]) expect(Number.isFinite(value)).toBe(true)
      for (const row of Object.values(baselines)) {
        expect([row.netAprPct, row.trades].every((value) => Number.isFinite(value))).toBe(true)
      }
      expect(Object.keys(bestStatic.weights)).toEqual(input.panel.venues.map(({ id }) => id))
      expect(clairvoyant.netAprPct).toBeGreaterThanOrEqual(bestStatic.netAprPct - 1e-9)
      expect(clairvoyant.netAprPct).toBeLessThanOrEqual(report.bound.netAprPct)
      expect(headroomPct).toBeCloseTo(report.bound.netAprPct - bestStatic.netAprPct, 9)
    }
  })

  test('has no share where there is no headroom, and still says what was earned', async () => {
    const flat = syntheticPanel({ seed: 41n, steps: 100 })
    for (const row of flat.supplyApr) row.fill(0)
    const { report } = await runBacktest({ ...quick, panel: flat, policy: 'hold' })
    expect([report.netAprPct, report.sharePct]).toEqual([0, Number.NaN])
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({ sharePct: null, ci95: [null, null] })
  })

  test('shows every policy and rule data of the same age', async () => {
    const late = await runBacktest({ ...quick, policy: 'greedy-50bp', lagSteps: 6 })
    const soon = await runBacktest({ ...quick, policy: 'greedy-50bp', lagSteps: 0 })
    for (const name of ['greedy-50bp', 'water-filling', 'water-filling-payback', 'smoothed-water-filling-payback']) {
      expect(late.report.baselines[name]?.netAprPct, name).not.toBe(soon.report.baselines[name]?.netAprPct)
    }
    expect(late.report.baselines['greedy-50bp']?.netAprPct).toBe(late.report.netAprPct)
    // What is known in hindsight does not age.
    expect(late.report.bound).toEqual(soon.report.bound)
    expect(late.report.bestStatic).toEqual(soon.report.bestStatic)
  })

  test('tunes on the past where no venue was there yet, and where all died', async () => {
    const gaps = syntheticPanel({ seed: 42n, steps: 1_400 })
    for (const row of gaps.supplyApr) row.fill(Number.NaN, 0, 300).fill(Number.NaN, 1_200)
    const { report } = await runBacktest({ ...quick, panel: gaps, policy: 'best-static-causal', from: 320 })
    expect(report.steps).toBe(1_080)
    const dead = syntheticPanel({ seed: 43n, steps: 4_000 })
    for (const row of dead.supplyApr) row.fill(Number.NaN, 500)
    expect((await runBacktest({ ...quick, panel: dead, policy: 'best-static-causal' })).report.steps).toBe(4_000)
  })

  test('gives the same document for the same input', async () => {
    const once = await runBacktest({ ...quick, policy: 'greedy-50bp' })
    const again = await runBacktest({ ...quick, policy: 'greedy-50bp' })
    expect(again.report).toEqual(once.report)
  })

  test('pools windows, each behind the past on which rules are tuned', async () => {
    const walkForward = { trainHours: 400, testHours: 300 }
    const { report, windows } = await runBacktest({ ...quick, policy: 'best-static-causal', walkForward })
    expect(windows.map(({ from, steps }) => [from, steps])).toEqual([
      [400, 300],
      [700, 300],
      [1_000, 300],
    ])
    const sum = (series: Float64Array) => series.reduce((total, value) => total + value, 0)
    const gain = windows.reduce((total, { run, staticNet }) => total + sum(run.net) - staticNet, 0)
    const headroom = windows.reduce((total, { bound, staticNet }) => total + bound.net - staticNet, 0)
    expect(report.sharePct).toBeCloseTo((100 * gain) / headroom, 9)
    expect(report.steps).toBe(900)
  })

  test('of a window is what it is without the panel behind it', async () => {
    const short = endPanel(panel, 1_000)
    const policy = 'smoothed-water-filling-payback'
    const inside = await runBacktest({ ...quick, policy, to: 1_000 })
    const alone = await runBacktest({ ...quick, policy, panel: short })
    expect(alone.report.netAprPct).toBe(inside.report.netAprPct)
    expect(alone.report.bound).toEqual(inside.report.bound)
  })

  test('holds caps for the policy, the best static mix and the bound alike', async () => {
    const { report, windows } = await runBacktest({ ...quick, policy: 'greedy-50bp', cap: 0.6 })
    for (const weight of Object.values(report.bestStatic.weights)) expect(weight).toBeLessThanOrEqual(0.6 + 1e-12)
    for (const mix of windows[0]?.run.weights ?? []) for (const w of mix) expect(w).toBeLessThanOrEqual(0.6 + 1e-9)
    for (const { weights } of windows[0]?.baselines.values() ?? []) {
      for (const mix of weights) for (const w of mix) expect(w).toBeLessThanOrEqual(0.6 + 1e-9)
    }
    for (const mix of windows[0]?.grid.weights ?? []) for (const w of mix) expect(w).toBeLessThanOrEqual(0.6 + 1e-9)
    const free = await runBacktest({ ...quick, policy: 'greedy-50bp' })
    expect(report.bound.netAprPct).toBeLessThan(free.report.bound.netAprPct)
    expect(report.clairvoyant.netAprPct).toBeLessThan(free.report.clairvoyant.netAprPct)
  })

  test('charges nothing where it is told so, and the rung where one is named', async () => {
    const bare = await runBacktest({ ...quick, policy: 'water-filling', charged: false })
    expect(bare.report.netAprPct).toBe(bare.report.grossAprPct)
    const guarded = await runBacktest({ ...quick, policy: 'water-filling', rung: 'guarded' })
    const sealed = await runBacktest({ ...quick, policy: 'water-filling', rung: 'sealed' })
    expect(sealed.report.gasUsd).toBeGreaterThan(guarded.report.gasUsd)
    expect(sealed.report.rungs.sealed.reckoned).toEqual([
      'storage and reads of the observation',
      'inputs and calldata of a proof',
    ])
    expect(guarded.report.costs).toMatchObject({ rung: 'guarded', gasPerPlan: 240_000, gasPerVenue: 130_000 })
  })

  test('refuses a window without data and a capital larger than the market', async () => {
    const error = async (change: Partial<BacktestInput>): Promise<string> =>
      runBacktest({ ...quick, policy: 'hold', ...change }).then(
        () => 'nothing',
        ({ message }: Error) => message,
      )
    expect(await error({ from: 10, to: 5 })).toMatchInlineSnapshot(`
      "The window can not be replayed.
        panel:  synthetic-31
        from:   2023-11-15T08:00:00.000Z
        to:     2023-11-15T03:00:00.000Z
        reason: it is not inside the panel
      Remedy: Choose --from and --to inside what the panel holds; \`tiller data verify\` lists gaps."
    `)
    expect(await error({ walkForward: { trainHours: 2_000, testHours: 10 } })).toMatchInlineSnapshot(`
      "The window can not be replayed.
        panel:  synthetic-31
        from:   2023-11-14T22:00:00.000Z
        to:     2024-01-12T06:00:00.000Z
        reason: no test window fits: 83.33 days to tune on, and at least half of 0.42 to test on
      Remedy: Choose --from and --to inside what the panel holds; \`tiller data verify\` lists gaps."
    `)
    expect(await error({ capital: 1e9 })).toMatchInlineSnapshot(`
      "The capital is larger than the market.
        capital:                        1000000000
        deposits of the panel's venues: 200000000
        at:                             2023-11-14T22:00:00.000Z
      Remedy: Give a smaller --capital: a vault that is the market itself moves rates that a replay can not know."
    `)
    expect(await error({ panel: { ...panel, steps: 2_000_000 } })).toMatchInlineSnapshot(`
      "The window has more steps than a backtest holds in memory.
        steps:                          2000000
        venues:                         2
        most steps with so many venues: 600000
      Remedy: Choose a shorter window with --from and --to, cut it with --walk-forward, or raise stepSeconds in panel.json."
    `)
    const dark = syntheticPanel({ seed: 1n, steps: 50 })
    for (const row of dark.supplyApr) row.fill(Number.NaN, 0, 20)
    expect(await error({ panel: dark })).toMatchInlineSnapshot(`
      "The window can not be replayed.
        panel:  synthetic-1
        from:   2023-11-14T22:00:00Z
        to:     2023-11-17T00:00:00Z
        reason: no venue has a rate at its beginning; the first one has from 2023-11-15T18:00:00Z on
      Remedy: Choose --from and --to inside what the panel holds; \`tiller data verify\` lists gaps."
    `)
  })
})

describe('a policy of the keeper in a replay', () => {
  const observed = async (reference: string, of = panel) =>
    observedPolicy({
      policy: await loadPolicy({ reference, providers: ['cpu'] }),
      venues: of.venues.map(({ id }) => id),
      startSeconds: of.startSeconds,
      stepSeconds: of.stepSeconds,
      gasUnitsPerLeg: 200_000,
    })

  test('decides from what the chain would show: the shipped package and the rules run', async () => {
    const five = syntheticPanel({ seed: 32n, steps: 500, venues: fiveVenues, usdPerGas: 1e-6 })
    const market = replayPanel(five, { from: 200, steps: 300, capital: 2e7, costs: defaultCosts })
    for (const name of ['smoothed-water-filling', 'greedy', 'seed-lending']) {
      const { trades } = await replay(await observed(name, five), {
        panel: five,
        market,
        from: 200,
        lagSteps: 1,
        costs: defaultCosts,
      })
      expect(trades, name).toBeGreaterThan(0)
    }
  })

  test('is a prefix of its run over a longer panel', async () => {
    const run = async (of: typeof panel) =>
      replay(await observed('smoothed-water-filling', of), {
        panel: of,
        market: replayPanel(of, { from: 100, steps: of.steps - 100, capital: 5e6, costs: defaultCosts }),
        from: 100,
        lagSteps: 1,
        costs: defaultCosts,
      })
    const part = await run(endPanel(panel, 500))
    const whole = await run(endPanel(panel, 700))
    expect(part.weights).toEqual(whole.weights.slice(0, 400))
  })

  test('agrees with the float rule of the same constants on most hours', async () => {
    const settings = {
      panel,
      market: replayPanel(panel, { from: 600, steps: 800, capital: 5e6, costs: defaultCosts }),
      from: 600,
      lagSteps: 1,
      costs: defaultCosts,
    }
    const { waterFilling } = await import('../../../src/backtest/baselines/rules.ts')
    const integers = await replay(await observed('smoothed-water-filling'), settings)
    const floats = await replay(waterFilling('float', 72, 168, panel), settings)
    const sum = (series: Float64Array) => series.reduce((total, value) => total + value, 0)
    const perYear = 8_760 / 800
    expect(Math.abs(sum(integers.net) - sum(floats.net)) * perYear).toBeLessThan(0.0005)
  })
})

test('the gas of a rung rises from guarded to sealed, and says what is reckoned', () => {
  for (const venues of [2, 3, 5, 16]) {
    const [guarded, open, sealed] = (['guarded', 'open', 'sealed'] as const).map((rung) => rungGas(rung, venues))
    expect(open?.gasPerPlan).toBeGreaterThan(guarded?.gasPerPlan ?? 0)
    expect(sealed?.gasPerPlan).toBeGreaterThan(guarded?.gasPerPlan ?? 0)
  }
  expect(rungGas('open', 5)).toMatchInlineSnapshot(`
    {
      "gasPerLeg": 130000,
      "gasPerPlan": 916357,
      "parts": [
        {
          "basis": "measured",
          "gas": 240000,
          "what": "a plan through the Guard",
        },
        {
          "basis": "measured",
          "gas": 100774,
          "what": "observation",
        },
        {
          "basis": "reckoned",
          "gas": 135500,
          "what": "storage and reads of the observation",
        },
        {
          "basis": "measured",
          "gas": 86219,
          "what": "allocation",
        },
        {
          "basis": "reckoned",
          "gas": 353864,
          "what": "network in the EVM",
        },
      ],
    }
  `)
})

describe('tiller backtest', () => {
  test('answers one document, and a table for a person', async () => {
    const folder = makePanelFolder({ hours: 500, seed: 4 })
    try {
      const common = ['backtest', '--panel', folder.path, '--policy', 'equal-weight', '--capital', '1000000']
      const json = await runCli([...common, '--json'])
      expect([json.code, json.stderr]).toEqual([0, ''])
      const report = JSON.parse(json.stdout)
      expect(report).toMatchObject({ policy: 'equal-weight', capital: 1_000_000, lagSteps: 1, steps: 500 })
      expect(Object.keys(report.hashes).length).toBeGreaterThan(0)
      const text = await runCli([...common, '--no-costs'])
      expect(text.stderr).toBe('')
      expect(text.stdout).toContain('WITHOUT COSTS: nobody earns this.')
      expect(text.stdout).toContain('smoothed-water-filling-payback')
      expect(text.stdout.match(/, too short a run to lean on/g)).toHaveLength(2)
      const cut = await runCli([...common, '--from', '2023-02-20'])
      expect(cut.stderr).toBe('The window is cut to the panel, 2023-03-01T00:00:00Z to 2023-03-21T20:00:00Z.\n')
      expect(cut.stdout).toBe((await runCli(common)).stdout)
      const late = JSON.parse((await runCli([...common, '--lag', '500', '--to', '2030-01-01', '--json'])).stdout)
      expect(late).toMatchObject({
        trades: 0,
        warnings: [
          'The window is cut to the panel, 2023-03-01T00:00:00Z to 2023-03-21T20:00:00Z.',
          'No data of the panel is 500 steps old before the window ends: nobody decides.',
        ],
      })
    } finally {
      folder.remove()
    }
  })

  test('says where a policy pays for swaps that it can not see', async () => {
    const folder = makePanelFolder({ hours: 60 })
    try {
      folder.patch((file) => {
        const [, savings] = file['venues'] as { asset: string }[]
        if (savings !== undefined) savings.asset = 'DAI'
      })
      const common = ['backtest', '--panel', folder.path, '--capital', '1000000', '--policy']
      const blind = await runCli([...common, 'smoothed-water-filling'])
      expect(blind.stderr).toContain('knows one asset only')
      const document = JSON.parse((await runCli([...common, 'smoothed-water-filling', '--json'])).stdout)
      expect(document.warnings).toEqual([
        'smoothed-water-filling knows one asset only: on this panel it pays for swaps that it can not see.',
      ])
      expect((await runCli([...common, 'greedy-50bp'])).stderr).not.toContain('knows one asset only')
    } finally {
      folder.remove()
    }
  })

  test('refuses what it can not use, with exit code 2', async () => {
    const folder = makePanelFolder({ hours: 100 })
    try {
      const common = ['backtest', '--panel', folder.path, '--policy', 'hold', '--json']
      const outside = await runCli([...common, '--from', '2030-01-01'])
      expect([outside.code, JSON.parse(outside.stdout).error.code]).toEqual([2, 'BACKTEST_WINDOW'])
      const usage = await runCli([...common, '--walk-forward', '90'])
      expect([usage.code, JSON.parse(usage.stdout).error.code]).toEqual([2, 'USAGE'])
    } finally {
      folder.remove()
    }
  })
})
