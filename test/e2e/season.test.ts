import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type PreparedDevnet, prepareDevnet } from '../../src/devnet/devnet.ts'
import { openSeason } from '../../src/devnet/season/open-season.ts'
import { runBaselines } from '../../src/devnet/season/run-baselines.ts'
import { runSeason } from '../../src/devnet/season/run-season.ts'
import type { SeasonReport, SeasonTick } from '../../src/devnet/season/season-report.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import { noopLogger } from '../../src/keeper/logger.ts'
import { loadPolicy } from '../../src/policy/load-policy.ts'

const seed = 11
const days = 2
const capitalUnits = 5_000_000n

describe('a season', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tiller-season-'))
  const ticks: SeasonTick[] = []
  let prepared: PreparedDevnet
  let report: SeasonReport

  beforeAll(async () => {
    prepared = await prepareDevnet({})
    report = await play('equal-weight', join(folder, 'first.db'), ticks)
  })

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  async function play(policy: string, journalFile: string, seen: SeasonTick[] = []): Promise<SeasonReport> {
    const season = await openSeason({ prepared, seed, capitalUnits })
    const loaded = await loadPolicy({ reference: policy })
    try {
      const result = await runSeason({
        season,
        policy: loaded,
        seed,
        days,
        journalFile,
        logger: noopLogger(),
        bare: false,
        onTick: (tick) => seen.push(tick),
      })
      return result.report
    } finally {
      await season.stop()
      await loaded.close?.()
    }
  }

  test('ticks once an hour and earns what the venues pay', () => {
    expect(report.ticks).toBe(days * 24)
    expect(ticks.map(({ step }) => step)).toEqual(Array.from({ length: days * 24 }, (_, index) => index + 1))
    expect(report.sharePriceEndE18).toBeGreaterThan(report.sharePriceStartE18)
    expect(report.netAprPct).toBeGreaterThan(1)
    expect(report.netAprPct).toBeLessThan(20)
    expect(report.failedAgentActions).toBe(0)
  })

  test('begins with even weights in every venue and nothing to speak of in idle', () => {
    expect(ticks[0]?.venues.map(({ weightBps }) => weightBps)).toEqual([1998, 1998, 1998, 1998, 1998])
    expect(ticks[0]?.idleBps).toBeLessThanOrEqual(11)
  })

  test('moves the policy’s way, and every move passed both gates before it was signed', async () => {
    const season = await play('smoothed-water-filling', join(folder, 'moves.db'))
    expect(season.rebalances).toBeGreaterThan(0)
    expect(season.gatedMoves).toBe(season.rebalances)
    const journal = await openJournal({ path: join(folder, 'moves.db'), access: 'read' })
    try {
      const attempts = await journal.attempts({ limit: 1000 })
      expect(attempts.length).toBe(season.rebalances)
      for (const attempt of attempts) {
        expect(attempt.status).toBe('settled')
        const intent = await journal.intent(attempt.intentId)
        expect(intent?.gates).toMatchObject({ first: { ok: true, ranOn: 'node' }, fork: { ok: true, ranOn: 'fork' } })
      }
    } finally {
      await journal.close()
    }
  })

  test('is the same again from the same seed, to the unit', async () => {
    const again = await play('equal-weight', join(folder, 'again.db'))
    expect({ ...again, wallSeconds: 0 }).toEqual({ ...report, wallSeconds: 0 })
  })

  test('is compared with rules that start from the same state in processes of their own', async () => {
    const progress: number[] = []
    const runs = runBaselines({
      policies: ['hold', 'equal-weight'],
      seed,
      days,
      capitalUnits,
      parallel: () => 2,
      onProgress: (_, fraction) => progress.push(fraction),
    })
    const [hold, equal] = await runs.reports
    expect(hold?.rebalances).toBe(0)
    expect(hold?.sharePriceStartE18).toBe(report.sharePriceStartE18)
    expect(equal?.sharePriceEndE18).toBe(report.sharePriceEndE18)
    expect(progress.at(-1)).toBe(1)
  })

  test('says which baseline failed and why', async () => {
    const runs = runBaselines({
      policies: ['no-such-policy'],
      seed,
      days,
      capitalUnits,
      parallel: () => 1,
      onProgress: () => undefined,
    })
    await expect(runs.reports).rejects.toMatchObject({
      code: 'BASELINE_FAILED',
      details: { policy: 'no-such-policy', reason: expect.stringContaining('POLICY_UNKNOWN') },
    })
  })
})
