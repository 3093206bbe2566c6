import { describe, expect, test } from 'vitest'
import { renderExplanation } from '../../../src/cli/render/explanation.ts'
import { createPaint } from '../../../src/cli/render/marks.ts'
import type { AttemptRow, DecisionRow, IntentRow } from '../../../src/journal/journal.ts'

const plain = createPaint(false)

const decision: DecisionRow = {
  id: 7,
  vault: '0x00000000000000000000000000000000000000a1',
  slot: 488_914,
  blockNumber: 196n,
  blockHash: '0x01',
  blockTimestamp: 1_760_093_729n,
  decidedAtMs: 0,
  mode: 'live',
  policyName: 'seed-lending',
  policyHash: '0x02',
  outcome: 'settled',
  refusals: [],
  document: {
    executionProvider: 'cpu',
    before: { totalAssets: '1000010000000', idle: '1000010000000', sharePrice: '1000000' },
    venues: [
      { name: 'aave', status: 'ok', assets: '0', cap: '400004000000', supplyAprWad: '32700000000000000' },
      { name: 'comet', status: 'stale', assets: '5000000', cap: '0', supplyAprWad: '0' },
    ],
    planning: {
      venues: [{ name: 'aave', assetsBefore: '0', assetsTarget: '380003800000', assetsAfter: '380003790000' }],
      expectedGain: '623450000',
      edgeBps: '6',
      cost: { gas: '900000', totalAssets: '270000' },
      limitedBy: 'turnover_exhausted',
    },
  },
  realised: {
    expected: null,
    realised: { blockNumber: 197n, totalAssets: 1n, idle: 0n, sharePrice: 1n, venueAssets: [] },
    differenceAssets: -1_500_000n,
    differenceMilliBps: 0n,
    gasUsed: 892_298n,
    gasCost: 1n,
  },
}

const intent = {
  id: 1,
  gates: {
    first: { gate: 'first', ranOn: 'node', ok: true, durationMs: 72.7, checks: [] },
    fork: {
      gate: 'fork',
      ranOn: 'fork',
      ok: false,
      durationMs: 153.2,
      revert: 'LossExceeded(5, 2)',
      checks: [{ name: 'share price', ok: false, detail: '0.9 is below 1.0' }],
    },
  },
} as unknown as IntentRow

const attempt = {
  hash: '0xabc',
  nonce: 3,
  status: 'settled',
  reason: null,
  receipt: { blockNumber: 197n, gasUsed: 892_298n },
} as unknown as AttemptRow

describe('renderExplanation', () => {
  test('tells what was seen, asked for, simulated and realised', () => {
    expect(renderExplanation({ decision, intent, attempts: [attempt] }, plain)).toEqual([
      'Decision 7: settled. The plan was sent, mined, and is final.',
      'block   196 at 2025-10-10 10:55:29Z, slot 488914',
      'policy  seed-lending on cpu',
      'mode    live',
      'assets  1,000,010.00, of which 1,000,010.00 idle',
      '',
      'venue          supply APR  held   asked for     planned         cap',
      'aave               3.27 %  0.00  380,003.80  380,003.79  400,004.00',
      'comet (stale)      0.00 %  5.00                                0.00',
      '',
      'Expected gain over the horizon 623.45, cost 0.27 (900000 gas), edge 6 bps of what moves.',
      'The step is partial: turnover_exhausted.',
      '',
      'Simulation',
      '✓ first gate on the node in 73 ms',
      '✗ fork gate on the fork in 153 ms: LossExceeded(5, 2)',
      '  ✗ share price  0.9 is below 1.0',
      '',
      'Transactions',
      '0xabc  nonce 3  settled, block 197, 892298 gas',
      'Realised against expected: -1.50 in total assets.',
    ])
  })

  test('tells every reason of a refusal, also of a row that lacks the rest', () => {
    const refused: DecisionRow = {
      ...decision,
      outcome: 'refused',
      refusals: [
        { code: 'cooldown', reason: 'The Guard is ready in 600 s.' },
        { code: 'venue_cap', reason: 'The cap is 0.', venue: 'comet' },
      ],
      document: null,
      realised: null,
    }
    expect(renderExplanation({ decision: refused, intent: null, attempts: [] }, plain)).toEqual([
      'Decision 7: refused. Nothing was moved, for the reasons below.',
      'block   196 at 2025-10-10 10:55:29Z, slot 488914',
      'policy  seed-lending on unknown',
      'mode    live',
      '',
      'Why nothing moved',
      '✗ cooldown  The Guard is ready in 600 s.',
      '✗ venue_cap (comet)  The cap is 0.',
    ])
  })
})
