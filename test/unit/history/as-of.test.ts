import { describe, expect, test } from 'vitest'
import { openAsOf } from '../../../src/history/as-of.ts'
import type { Panel } from '../../../src/history/panel.ts'
import { createPanelFrame, loadFrame, loadKnownFrame } from '../../../src/market/venue-model.ts'
import { faultOf } from './panel-folder.ts'

const panel: Panel = {
  name: 'two hours',
  asset: 'USDC',
  stepSeconds: 3_600,
  startSeconds: 1_700_000_000 - (1_700_000_000 % 3_600),
  endSeconds: 1_700_000_000 - (1_700_000_000 % 3_600) + 3 * 3_600,
  steps: 3,
  venues: [{ id: 'aave', kind: 'kinked', asset: 'USDC' }],
  supplyApr: [Float64Array.of(0.01, 0.02, 0.03)],
  totalSupply: [Float64Array.of(1, 2, 3)],
  totalBorrow: [Float64Array.of(1, 1, 1)],
  available: [Float64Array.of(0, 1, 2)],
  usdPerGas: Float64Array.of(1e-5, 2e-5, 3e-5),
  hashes: {},
}

describe('the as-of view', () => {
  test('reads what is known at the cursor, and more once it has advanced', async () => {
    const view = openAsOf(panel)
    expect(view.at(0, 'supplyApr', 0)).toBe(0.01)
    expect(view.gasAt(0)).toBe(1e-5)
    view.advanceTo(2)
    expect(view.cursor).toBe(2)
    expect(view.at(0, 'available', 1)).toBe(1)
    expect(view.at(0, 'totalSupply', 2)).toBe(3)
  })

  test('knows nothing before its first step', () => {
    expect(openAsOf(panel).at(0, 'supplyApr', -1)).toBeNaN()
  })

  test('throws with column and time where a value of the future is read', async () => {
    const view = openAsOf(panel)
    expect(await faultOf(() => view.at(0, 'supplyApr', 1))).toMatchInlineSnapshot(`
      "LOOKAHEAD
      A value was read that is not known yet at the time of the decision.
        column:      aave.supplyApr
        time:        2023-11-14T23:00:00Z
        known up to: 2023-11-14T22:00:00Z
      Remedy: Decide on values at or before the cursor only; what comes later takes effect later."
    `)
    expect(await faultOf(() => view.gasAt(2))).toMatchInlineSnapshot(`
      "LOOKAHEAD
      A value was read that is not known yet at the time of the decision.
        column:      usdPerGas
        time:        2023-11-15T00:00:00Z
        known up to: 2023-11-14T22:00:00Z
      Remedy: Decide on values at or before the cursor only; what comes later takes effect later."
    `)
  })

  test('can not forget: its cursor never goes back', async () => {
    const view = openAsOf(panel, 2)
    expect(await faultOf(() => view.advanceTo(1))).toMatchInlineSnapshot(`
      "CURSOR_BACKWARDS
      The cursor of a history was moved backwards.
        from: 2023-11-15T00:00:00Z
        to:   2023-11-14T23:00:00Z
      Remedy: Open a second as-of view: one that has seen the future can not forget it."
    `)
  })

  test('refuses steps and venues that the panel does not have', async () => {
    const view = openAsOf(panel)
    expect(await faultOf(() => view.advanceTo(3))).toMatchInlineSnapshot(`
      "OUTSIDE_PANEL
      A panel was asked for something that it does not hold.
        what:    step
        found:   3
        allowed: 0 to 2
      Remedy: Ask within the steps and venues of the panel."
    `)
    expect(await faultOf(() => view.at(1, 'supplyApr', 0))).toMatchInlineSnapshot(`
      "OUTSIDE_PANEL
      A panel was asked for something that it does not hold.
        what:    venue
        found:   1
        allowed: 0 to 0
      Remedy: Ask within the steps and venues of the panel."
    `)
  })

  test('fills the frame of a step as the panel itself does, and not that of a later one', async () => {
    const view = openAsOf(panel, 1)
    const [open, known] = [createPanelFrame(panel), createPanelFrame(panel)]
    loadFrame(open, panel, 1)
    loadKnownFrame(known, view, 1)
    expect(known).toEqual(open)
    expect(await faultOf(() => loadKnownFrame(known, view, 2))).toMatch(/^LOOKAHEAD\n/)
  })
})
