import { describe, expect, test } from 'vitest'
import { renderExplanation } from '../../../src/cli/render/explanation.ts'
import { createPaint } from '../../../src/cli/render/marks.ts'
import type { AttemptRow, DecisionRow, IntentRow, JsonValue } from '../../../src/journal/journal.ts'

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
    observation: {
      gridSteps: 10,
      capitalQ6: '60800608',
      venues: [
        {
          name: 'aave',
          capSteps: 4,
          ownSteps: 0,
          memory: {
            count: 30,
            averagesQ8: ['8391002112', '8391002112', '8192000000', '8391002112', '7680000000'],
            supply72Q6: '2624262158',
            borrow72Q6: '2048261902',
          },
        },
      ],
    },
    policy: { kind: 'scores', scores: [[102, 0, 0, 0, 0, 0, -512, 0]] },
    planning: {
      venues: [{ name: 'aave', assetsBefore: '0', assetsTarget: '380003800000', assetsAfter: '290003790000' }],
      expectedGain: '623450000',
      edgeBps: '6',
      cost: { gas: '900000', wei: '90000000000000', gasAssets: '270000', roundingAssets: '6', totalAssets: '270006' },
      idleAfter: '710006210000',
      limitedBy: 'turnover_exhausted',
    },
  },
  realised: {
    expected: { blockNumber: 197n, totalAssets: 1_000_010_000_000n, idle: 0n, sharePrice: 1_000_000n, venueAssets: [] },
    realised: { blockNumber: 197n, totalAssets: 1_000_008_500_000n, idle: 0n, sharePrice: 999_998n, venueAssets: [] },
    differenceAssets: -1_500_000n,
    differenceMilliBps: 0n,
    gasUsed: 892_298n,
    gasCost: 89_229_800_000_000n,
  },
}

const intent = {
  id: 1,
  gates: {
    first: {
      gate: 'first',
      ranOn: 'node',
      ok: true,
      durationMs: 72.7,
      gasUsed: '892298',
      after: { totalAssets: '1000010000000', idle: '0', sharePrice: '1000000' },
      checks: [
        { name: 'receipt', ok: true, detail: 'The call succeeds.' },
        { name: 'share_price', ok: true, detail: '1 is not below 1.' },
      ],
    },
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
  maxFeePerGas: 2_000_000_000n,
  receipt: { blockNumber: 197n, gasUsed: 892_298n, effectiveGasPrice: 100_000_000n },
} as unknown as AttemptRow

describe('renderExplanation', () => {
  test('tells what was seen, asked for, bound, simulated, paid and realised', () => {
    expect(renderExplanation({ decision, intent, attempts: [attempt] }, plain).join('\n')).toMatchInlineSnapshot(`
      "Decision 7: settled. The plan was sent, mined, and is final.
      block   196 at 2025-10-10 10:55:29Z, slot 488914
      policy  seed-lending on cpu
      mode    live
      assets  1,000,010.00, of which 1,000,010.00 idle; share price 1.000000

      What was seen
      venue          supply APR     6 h     3 d    21 d  lent out  hours  held         cap
      aave               3.27 %  3.27 %  3.20 %  3.00 %   78.05 %     30  0.00  400,004.00
      comet (stale)      0.00 %                                           5.00        0.00

      What the policy asked for
      Corrections to the allocation rule, which then solved the grid exactly.
      venue  rate by  to move   asked for     planned       change  bound by
      aave     +10 %    −50 %  380,003.80  290,003.79  +290,003.79  cap, 4 of 10 steps; turnover_exhausted
      710,006.21 stays idle.
      The step is partial: turnover_exhausted. The next plan goes on from there.
      Expected gain over the horizon 623.45 less a cost of 0.27 leaves 623.17. The cost is 900,000 gas for 0.27, and rounding of 0.000006.
      rate by: how far it corrects the smoothed rate. to move: how much dearer or cheaper it makes a leg. Its horizon is 168 h.

      Simulation
      ✓ first gate on the node: 2 of 2 checks hold, 892,298 gas, 1,000,010.00 after, share price 1.000000, 73 ms
          receipt, share_price
      ✗ fork gate on the fork: LossExceeded(5, 2), 0 of 1 checks hold, 153 ms
        ✗ share price  0.9 is below 1.0

      Transactions
      0xabc  nonce 3  settled in block 197
        fee 0.00008922 ETH: 892,298 gas at 0.1000 gwei

      Expected and realised
                                expected          realised  difference
      total assets      1,000,010.000000  1,000,008.500000   −1.500000
      idle                      0.000000          0.000000           0
      share price               1.000000          0.999998   −0.000002
      gas                        900,000           892,298      −7,702
      fee in the asset          0.270000          0.267689   −0.002311
      Assets are those of the fork gate at the next block; gas and fee are the estimates of planning."
    `)
  })

  test('fits a narrow terminal: spare columns go, sentences are broken', () => {
    const lines = renderExplanation({ decision, intent, attempts: [] }, plain, { columns: 80 })
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  })

  test('tells every reason of a refusal and what to do about it, also of a row that lacks the rest', () => {
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
    expect(
      renderExplanation({ decision: refused, intent: null, attempts: [] }, plain).join('\n'),
    ).toMatchInlineSnapshot(`
      "Decision 7: refused. Nothing was moved, for the reasons below.
      block   196 at 2025-10-10 10:55:29Z, slot 488914
      policy  seed-lending on unknown
      mode    live

      Why nothing moved
      · cooldown
          The Guard is ready in 600 s.
      · venue_cap  comet
          The cap is 0.
          What to do: Have the curator raise the cap, or wait for room in the venue."
    `)
  })

  test('a policy that holds or answers weights is told as such', () => {
    const document = decision.document as { readonly [name: string]: JsonValue }
    const answered = (policy: JsonValue) =>
      renderExplanation(
        { decision: { ...decision, document: { ...document, policy } }, intent: null, attempts: [] },
        plain,
      )
    expect(answered({ kind: 'hold' })).toContain('It asks to hold: everything stays where it is.')
    expect(answered({ kind: 'weights', weightsBps: [10_000] }).join('\n')).toContain('100.00 %')
    expect(answered({ kind: 'scores', scores: [[0, 0, 0, 0, 0, 0, 0, 0]] })).toContain(
      'No correction: the allocation rule by itself.',
    )
  })
})
