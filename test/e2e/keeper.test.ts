import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Journal } from '../../src/journal/journal.ts'
import type { Keeper } from '../../src/keeper/create-keeper.ts'
import { explainDecision } from '../../src/keeper/explain-decision.ts'
import { type Rig, startRig, toldPolicy } from './keeper-rig.ts'

let rig: Rig
let journal: Journal
let keeper: Keeper | undefined

beforeAll(async () => {
  rig = await startRig()
  journal = await rig.openStore()
})
afterEach(async () => {
  await keeper?.close()
  keeper = undefined
})
afterAll(async () => {
  await journal?.close()
  await rig?.stop()
})

const weights = (...weightsBps: number[]) => toldPolicy(() => ({ kind: 'weights', weightsBps }))

describe('a pass on the devnet', () => {
  test('observes, decides, simulates twice, signs, sends and settles', async () => {
    keeper = await rig.keeper(journal, weights(3000, 3000, 0, 2000))
    const recovery = await keeper.start()
    expect(recovery).toEqual({ abandoned: [], findings: [], blocked: false })
    expect(keeper.supportsSimulateV1()).toBe(true)
    await keeper.tick().catch((e) => {
      console.log(e.message)
      throw e
    }) // The first block of the venues' memory.
    await rig.pass(3600)
    await rig.pass(3600)
    const report = await keeper.tick().catch((e) => {
      console.log(e.message)
      throw e
    })
    console.log(
      report.outcome,
      report.refusals,
      report.gates.flatMap((g) => g.checks.filter((c) => !c.ok)),
      report.timings,
      report.totalMs,
      keeper.forkFigures(),
    )
    expect(report.outcome).toBe('settled')
    const explained = await explainDecision(journal, report.decisionId)
    console.log(JSON.stringify(explained, (_k, v) => (typeof v === 'bigint' ? v.toString() : v), 1).slice(0, 6000))
  })
})
