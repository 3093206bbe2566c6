import { describe, expect, test } from 'vitest'
import { baselineNames } from '../../../src/backtest/baselines/make-baseline.ts'
import {
  baselineSubject,
  checkLookahead,
  type LookaheadReport,
  type LookaheadSubject,
} from '../../../src/backtest/check-lookahead.ts'
import { copyPanel } from '../../../src/backtest/garble.ts'
import type { ReplayPolicy } from '../../../src/backtest/replay.ts'
import { lookaheadControl, lookaheadFound, runNotRepeatable } from '../../../src/errors/checks.ts'
import type { Panel } from '../../../src/history/panel.ts'
import { defaultCosts } from '../../../src/market/step.ts'
import { syntheticPanel } from './synthetic-panel.ts'

const capital = 1_000_000

function check(panel: Panel, subjects: readonly LookaheadSubject[], lagSteps = 1): Promise<LookaheadReport> {
  const window = { from: 100, to: panel.steps }
  return checkLookahead({ panel, subjects, capital, lagSteps, costs: defaultCosts, ...window, cuts: 3, seed: 1n })
}

/** All in the venue that a panel says pays most, at a step which it may or may not know. */
function follows(panel: Panel, ahead: number): ReplayPolicy {
  return {
    name: 'follows',
    decide({ dataStep, held }) {
      const rate = (j: number) => panel.supplyApr[j]?.[dataStep + ahead] ?? 0
      const best = rate(0) >= rate(1) ? 0 : 1
      return held[best] === 1 ? undefined : held.map((_, j) => (j === best ? 1 : 0))
    },
  }
}

const causal = (make: LookaheadSubject['make'], hindsight = false): LookaheadSubject => ({
  name: 'planted',
  hindsight,
  make,
})

describe('the check for the future', () => {
  test('lets every rule of the table pass but those of hindsight, which it catches', async () => {
    const panel = syntheticPanel({ seed: 3n, steps: 700 })
    const before = copyPanel(panel)
    const report = await check(
      panel,
      baselineNames.map((name) => baselineSubject(name, { capital })),
    )
    expect(report.fault).toBeNull()
    expect(report.controlFails).toBe(true)
    expect(report.results.filter(({ fault }) => fault !== null).map(({ policy }) => policy)).toContain(
      'best-static-hindsight',
    )
    expect(report.results.some(({ moves }) => moves > 50)).toBe(true)
    // The panel is left as it was.
    expect(panel).toEqual(before)
  })

  test('lets a policy pass that reads a panel of its own up to what it was shown', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    const report = await check(panel, [causal(() => follows(panel, 0))])
    expect(report.results[0]).toMatchObject({ fault: null, runs: 19 })
    expect(report.results[0]?.moves).toBeGreaterThan(3)
  })

  test('catches a policy that reads one step further through a closure on the raw panel', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    const { fault } = await check(panel, [causal(() => follows(panel, 1))])
    expect(fault).toMatchObject({ policy: 'planted', check: 'hidden-nan', column: 'weight of a' })
  })

  test('catches the step that it is decided for, which at a lag nobody knows, and lets it pass without one', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    const peek = () => causal(({ panel: given }) => follows(given, 1))
    expect((await check(panel, [peek()])).fault?.check).toBe('hidden-nan')
    expect((await check(panel, [causal(({ panel: given }) => follows(given, 0))], 0)).fault).toBeNull()
  })

  test('catches a policy that reckons over the whole of its panel before it begins', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    // What pays most in the mean is known only once it is over.
    const mean = (given: Panel, j: number) => (given.supplyApr[j] as Float64Array).reduce((sum, apr) => sum + apr, 0)
    const subject = causal(({ panel: given }) => {
      const share = mean(given, 0) / (mean(given, 0) + mean(given, 1))
      const weights = Number.isNaN(share) ? Float64Array.of(0.5, 0.5) : Float64Array.of(share, 1 - share)
      return { name: 'ahead', decide: () => weights }
    })
    expect((await check(panel, [subject])).fault).toMatchObject({ check: 'hidden-nan', column: 'weight of a' })
  })

  test('catches by an earlier end what only looks at where the window ends', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    // Draws down before the end, as one would who knew it.
    const subject = causal(({ market }) => ({
      name: 'ends',
      decide: ({ dataStep, held }) => (dataStep > 100 + market.steps - 20 ? Float64Array.of(0, 0) : held),
    }))
    const { fault } = await check(panel, [subject])
    expect(fault).toMatchObject({ check: 'window', column: 'weight of a', found: '0' })
    expect(fault?.cut).toBeDefined()
  })

  test('catches a policy that stumbles over what it may not know', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    const subject = causal(({ panel: given }) => ({
      name: 'brittle',
      decide({ dataStep, held }) {
        const next = given.supplyApr[0]?.[dataStep + 1] ?? 0
        if (Number.isNaN(next)) throw new RangeError('no rate')
        return held
      },
    }))
    expect((await check(panel, [subject])).fault).toMatchObject({
      check: 'hidden-nan',
      column: 'the run',
      found: 'no rate',
    })
  })

  test('catches a policy in which something of an earlier run is left', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    let calls = 0
    const subject = causal(() => ({
      name: 'leaky',
      decide({ held }) {
        calls += 1
        return calls % 150 === 0 ? Float64Array.of(1, 0) : calls % 100 === 0 ? Float64Array.of(0, 1) : held
      },
    }))
    const report = await check(panel, [subject])
    expect(report.fault).toMatchObject({ policy: 'planted', check: 'again' })
  })

  test('says where nothing of hindsight could be caught', async () => {
    const panel = syntheticPanel({ seed: 4n, steps: 400 })
    const report = await check(panel, [causal(() => ({ name: 'holds', decide: () => undefined }), true)])
    expect(report).toMatchObject({ fault: null, controlFails: false })
  })

  test('names policy, check, time, column and both values in its errors', () => {
    const fault = {
      policy: 'follows',
      check: 'hidden-nan',
      time: '2024-01-01T02:00:00Z',
      column: 'weight of a',
      whole: '1',
      found: '0',
    }
    expect(lookaheadFound({ ...fault, cut: '2024-01-05T00:00:00Z' }).message).toBe(`A policy knows what comes.
  policy:                  follows
  check:                   hidden-nan
  without what comes from: 2024-01-05T00:00:00Z
  first step that differs: 2024-01-01T02:00:00Z
  column:                  weight of a
  over the whole window:   1
  found:                   0
Remedy: Let it read the market through what it is shown, and nothing of a panel after its last data step.`)
    expect(
      runNotRepeatable({ ...fault, check: 'again' }).message,
    ).toBe(`A policy does not come to the same a second time.
  policy:                  follows
  check:                   again
  first step that differs: 2024-01-01T02:00:00Z
  column:                  weight of a
  over the whole window:   1
  found:                   0
Remedy: Make it anew for each run, keep nothing outside of it, and draw from a seed.`)
    expect(
      lookaheadControl('usdc').message,
    ).toBe(`The check could not show that it can fail: no rule of hindsight was caught.
  panel: usdc
Remedy: Take a longer window, or more --cuts.`)
  })
})
