import { readFileSync } from 'node:fs'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { createContext } from '../../../src/cli/context.ts'
import { createKeeperView, renderKeeperState } from '../../../src/cli/keeper-view.ts'
import { adviceOn } from '../../../src/cli/render/advice.ts'
import { createPaint } from '../../../src/cli/render/marks.ts'
import { countCodes, renderRefusals } from '../../../src/cli/render/refusals.ts'
import { renderRecovery, renderTick, renderTickLine } from '../../../src/cli/render/tick.ts'
import { endpointUnreachable } from '../../../src/errors/chain.ts'
import type { TickReport } from '../../../src/keeper/run-tick.ts'
import { type Refusal, refusalCodes } from '../../../src/plan/plan.ts'

const plain = createPaint(false)
const hash = `0x${'ab'.repeat(32)}` as const

const tick = {
  decisionId: 12,
  outcome: 'settled',
  blockNumber: 219n,
  blockTimestamp: 1_760_172_883n,
  refusals: [],
  reading: { vault: { assetDecimals: 6, totalAssets: 1_000_061_630_000n, idle: 430_000_500_000n } },
  planning: {
    plan: {},
    refusals: [],
    expectedGain: 623_450_000n,
    cost: { totalAssets: 4_200n },
    venues: [
      { name: 'aave', assetsBefore: 0n, assetsAfter: 180_960_720_000n, weightAfterBps: 1_809 },
      { name: 'comet', assetsBefore: 5_000_000n, assetsAfter: 0n, weightAfterBps: 0 },
      { name: 'morpho', assetsBefore: 7n, assetsAfter: 7n, weightAfterBps: 0 },
    ],
  },
  gates: [{ gate: 'fork', ranOn: 'fork', ok: true, durationMs: 60.2, gasUsed: 707_896n }],
  attempts: [{ hash, nonce: 1, status: 'settled' }],
  gasUsed: 707_896n,
  totalMs: 339,
} as unknown as TickReport

const held: TickReport = {
  ...tick,
  outcome: 'refused',
  refusals: [{ code: 'hold', reason: 'The policy asks for what is held.' }],
  gates: [],
  attempts: [],
  gasUsed: 0n,
}

const stale: Refusal[] = ['aave', 'comet'].map((venue) => ({
  code: 'observation_incomplete',
  reason: `${venue} has too little or too old a history: 1 observed slots.`,
  venue,
}))

describe('a pass', () => {
  test('that moved is told with its moves, gates and transaction', () => {
    expect(renderTick(tick, plain)).toEqual([
      '✓ Decision 12: settled at block 219, 2025-10-11 08:54:43Z (339 ms)',
      '  1,000,061.63 in the vault, 430,000.50 of it idle before',
      '  venue  before       change       after   weight',
      '  aave     0.00  +180,960.72  180,960.72  18.09 %',
      '  comet    5.00        −5.00        0.00   0.00 %',
      '  Expected gain over the horizon 623.45 less a cost of 0.004200 leaves 623.44.',
      '  ✓ fork gate on the fork in 60 ms, 707,896 gas',
      `  ${hash} nonce 1 settled`,
    ])
  })

  test('is one line in a run', () => {
    expect(renderTickLine(tick, plain)).toBe(
      '2025-10-11 08:54:43Z  ✓ moved     #12  aave +180,960, comet −5 · expected gain 623.45, cost 0.004200 · 707,896 gas · 1,000,061.63 in the vault · 339 ms',
    )
    expect(renderTickLine(held, plain)).toBe(
      '2025-10-11 08:54:43Z  · held      #12  The policy asks for what is held. · 1,000,061.63 in the vault · 339 ms',
    )
    expect(renderTickLine({ ...held, refusals: stale }, plain)).toContain(
      'observation_incomplete ×2: aave has too little or too old a history: 1 observed slots.',
    )
    expect(renderTickLine({ ...tick, outcome: 'reverted' }, plain)).toContain('✗ reverted  #12')
  })

  test('that was withheld tells each code once, with what to do', () => {
    expect(renderRefusals(stale, plain)).toEqual([
      '· observation_incomplete  aave, comet',
      '    It has too little or too old a history: 1 observed slots.',
      '    What to do: Wait two slots. If it comes back, the schedule misses slots.',
    ])
    expect(renderRefusals(held.refusals, plain)).toEqual(['· hold', '    The policy asks for what is held.'])
    expect(countCodes([...stale, ...held.refusals])).toBe('observation_incomplete ×2, hold')
  })
})

test('what an earlier run left open is told in words', () => {
  const finding = { attemptId: 2, hash, nonce: 1, verdict: 'settled' as const, reason: 'Mined in block 220.' }
  expect(renderRecovery({ abandoned: [4], findings: [finding] }, plain)).toEqual([
    '✓ recovered: decision 4 was cut short before a signature; nothing of it was sent',
    `✓ recovered: the open transaction ${hash} (nonce 1) is settled. Mined in block 220.`,
  ])
})

test('the advice on every reason is that of docs/reasons.md', () => {
  const rows = readFileSync('docs/reasons.md', 'utf8').split('\n')
  for (const code of refusalCodes) {
    const row = rows.find((line) => line.startsWith(`| \`${code}\` |`))
    expect(row, code).toContain(`| ${adviceOn(code) ?? 'Nothing.'} |`)
  }
  expect(adviceOn('a_code_of_another_version')).toBeUndefined()
})

test('the line below the passes says when the next one is due', () => {
  const state = { mode: 'live', nextAtMs: 90_000, nowMs: 500, passes: 1, moves: 0, failures: 0, waitsFor: null }
  expect(renderKeeperState(state, plain)).toBe(
    'mode live · next pass in 1 min 30 s, 1970-01-01 00:01:30Z · 1 pass · 0 moved · Ctrl-C ends',
  )
  expect(renderKeeperState({ ...state, waitsFor: hash, failures: 2 }, plain)).toBe(
    'mode live · waiting for 0xabababab… to be mined · 1 pass · 0 moved · 2 failed · Ctrl-C ends',
  )
})

test('the view turns events into lines, logs what is wrong, and leaves the rest out', async () => {
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 30 })
  const context = createContext(
    {
      stdin: Readable.from([]),
      stdout: new PassThrough(),
      stderr,
      env: { TERM: 'dumb' },
      cwd: '.',
      now: () => Date.parse('2026-01-02T03:04:05Z'),
    },
    { json: false, color: true },
  )
  const view = await createKeeperView(context, { mode: 'live', schedule: '0 * * * *' })
  view.logger.info('policy.loaded', { policy: 'x' })
  view.logger.warn('tick.skipped', { reason: 'The pass before it still runs.' })
  view.logger.info('recovery.attempt', { attemptId: 2, hash, nonce: 1, verdict: 'settled', reason: 'Mined.' })
  view.logger.error('tick.failed', { code: 'X', error: endpointUnreachable('read[0]', 'eth_call', 'refused') })
  view.logger.warn('gate.first_on_fork', { code: 'SIMULATE_UNSUPPORTED' })
  view.tick(held)
  await new Promise((resolve) => setImmediate(resolve))
  view.end()
  const text = String(stderr.read())
  expect(text).not.toContain('\u001b[')
  expect(text.split('\n')).toEqual([
    `✓ recovered: the open transaction ${hash} (nonce 1) is settled. Mined.`,
    '2026-01-02 03:04:05Z  ✗ failed    X: The endpoint does not answer.',
    '    endpoint: read[0]',
    '    method:   eth_call',
    '    reason:   refused',
    '    Remedy: Check that the node runs and that the URL configured for this endpoint is right.',
    expect.stringContaining('WARN  gate.first_on_fork code=SIMULATE_UNSUPPORTED'),
    renderTickLine(held, plain),
    '',
  ])
})
